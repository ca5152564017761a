"""Footnotes: marks in the running text, their bodies at the foot of a page or the end, and which belongs to which.

A mark is only taken for one where a body with its number follows; `(2)` of an enumeration, `m2` and `Điều 5` stay text. Marks that
nothing else looks like, `[3]` and a raised `³` glued to a word, are set aside even where the body is missing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chitieu.text.lines import POWER, Lines, is_power

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
# Glued to what is before it, or before a comma. A bare number is one only behind a word of lower case (no `m2`, `CO2`, `Covid19`).
_INLINE = re.compile(
    r"(?:(?<=[^\s(\[⁽])|(?<=[^\s(\[]\s)(?=\(\d{1,3}\)(?:[,.;:]|$)|\[\^?\d{1,3}\]))"
    r"(?:(?P<bracket>[(\[]\^?(?P<a>\d{1,3})[)\]])|⁽?(?P<raised>[⁰¹²³⁴-⁹]{1,3})⁾?|(?<=[^\W\d_])(?P<bare>\d{1,2})(?=[\s,.;:)]|$))"
)
_BRACKETED = re.compile(r"\((\d{1,3})\)(?=[,.;:])")
_ALONE = re.compile(
    r"(?:(?P<bracket>[(\[])(?P<a>\d{1,3})[)\]]|⁽?(?P<raised>[⁰¹²³⁴-⁹]{1,3})⁾?|(?P<bare>\d{1,2}))(?P<behind>\s*[,.;:)]*)$"
)
_BODY = re.compile(
    r"(?:[(\[]\^?(?P<a>\d{1,3})[)\]]:?\s*|⁽?(?P<raised>[⁰¹²³⁴-⁹]{1,3})⁾?\s*|(?P<bare>\d{1,2})\s*(?=[^\W\d_]|[“\"]))"
)
_LOWER_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,}$")
_GOES_ON = re.compile(r"[,.;:)\]”’…%]")
_ENDED = re.compile(r"[.!?…]['\"”’)\]]*\s*$")
_ITEM = re.compile(r"(?:[-–—+*•●▪]\s|(?:[IVX]{1,5}|[A-ZĐ]|[a-zđ]|\d{1,2}(?:\.\d{1,2})*)\s?[-.)]\s)")
_BARE = re.compile(r"\d{1,3}$")
_LONGEST_NOTE = 60  # lines
_LOOK_BACK = 24  # characters before a mark that say whether it is one


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in running text: its number, its view offsets, the line it stands in.

    Attributes:
        bracketed: printed in brackets.
        certain: nothing else looks like it: set aside even where its body is missing.
    """

    number: int
    start: int
    end: int
    line: int
    bracketed: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: its mark, where its body begins behind its own mark (view offset), and the numbers of the body's lines."""

    mark: Mark
    body_start: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Footnotes:
    """All that was found: notes, marks whose body is missing, and the lines of page numbers that stand below notes."""

    notes: tuple[Note, ...]
    orphans: tuple[Mark, ...]
    page_numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Opening:
    """A line that may open a body."""

    number: int
    line: int
    body_start: int
    alone: bool
    bare: bool


def find_footnotes(lines: Lines, furniture: frozenset[int]) -> Footnotes:
    """Pair every body with the nearest mark before it that has its number and no body yet."""
    open_marks: dict[int, list[Mark]] = defaultdict(list)
    marks: list[Mark] = []
    pairs: list[tuple[Mark, _Opening]] = []
    for number in range(len(lines.lines)):
        if number in furniture:
            continue
        opening = _opening(number, lines)
        mark = _mark_of(opening, open_marks, lines) if opening is not None else None
        if opening is not None and mark is not None and _may_open(opening, lines, furniture):
            pairs.append((mark, opening))
            open_marks[opening.number].clear()
            found = list(_marks_in(number, lines, skip=opening.body_start))
        else:
            found = list(_marks_in(number, lines))
        for mark in found:
            open_marks[mark.number].append(mark)
            marks.append(mark)
    paired = {mark for mark, _ in pairs}
    openings = {opening.line for _, opening in pairs}
    notes = [Note(m, o.body_start, tuple(_body(o, openings, lines, furniture))) for m, o in pairs]
    below = {note.lines[-1] + 1 for note in notes} - openings
    page_numbers = frozenset(n for n in below if lines.width and n < len(lines.lines) and _BARE.match(lines.text(n)))
    return Footnotes(tuple(notes), tuple(m for m in marks if m.certain and m not in paired), page_numbers)


def _mark_of(opening: _Opening, open_marks: Mapping[int, Sequence[Mark]], lines: Lines) -> Mark | None:
    """The nearest mark before a line that may open a body which is still without one, printed as this body's own mark may be."""
    if opening.alone:  # the number of a body that begins on the next line, unless that line opens one itself
        following = _opening(opening.line + 1, lines)
        if following is not None and not following.alone and open_marks.get(following.number):
            return None
    marks = open_marks.get(opening.number, ())
    return next((m for m in reversed(marks) if not (opening.bare and m.bracketed)), None)


def _value(match: re.Match[str]) -> int:
    groups = match.groupdict()
    return int((groups.get("a") or groups.get("bare") or groups["raised"]).translate(_RAISED))


def _marks_in(number: int, lines: Lines, skip: int = 0) -> Iterator[Mark]:
    line, text = lines.lines[number], lines.text(number)
    alone = _ALONE.match(text)
    if alone and not skip:
        if _stands_in_text(number, alone, lines):
            end = line.start + alone.start("behind")
            yield Mark(_value(alone), line.start, end, number, bool(alone["bracket"]), certain=False)
        return
    opens = _BRACKETED.match(text)
    if opens and not skip and number:  # wrapping has brought the mark to the next line
        yield Mark(int(opens[1]), line.start, line.start + opens.end(1) + 1, number, bracketed=True, certain=False)
    for match in _INLINE.finditer(text, max(0, skip - line.start)):
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        if match["raised"] and _is_exponent(before, _value(match)):
            continue
        if match["bare"] and not (_LOWER_WORD.search(before) and before[-1].islower() and not POWER.search(before)):
            continue
        glued = not before[-1:].isspace()
        certain = glued and (bool(match["raised"]) or match.group().startswith("["))
        yield Mark(
            _value(match), line.start + match.start(), line.start + match.end(), number, bool(match["bracket"]), certain
        )


def _is_exponent(before: str, value: int) -> bool:
    """Whether a raised number belongs to what it is glued to: `km²`, `10⁶`, `10⁻³`, no `15 căn¹`; behind a number it may be either."""
    return (value in (2, 3) and POWER.search(before) is not None) or before[-2:] == "10" or before[-1:] in ("⁻", "⁺")


def _stands_in_text(number: int, alone: re.Match[str], lines: Lines) -> bool:
    """Whether a line of a mark alone interrupts a sentence; a bare number in a table's cell does not."""
    if not number or is_power(lines, number):
        return False
    following = lines.text(number + 1) if number + 1 < len(lines.lines) else ""
    goes_on = bool(alone["behind"].strip() or following[:1].islower() or _GOES_ON.match(following))
    if alone["bare"]:
        return bool(lines.width and goes_on and lines.text(number - 1)[-1].isalpha())
    return goes_on or not lines.text(number - 1)[-1].isdecimal()


def _opening(number: int, lines: Lines) -> _Opening | None:
    line, text = lines.lines[number], lines.text(number)
    if is_power(lines, number):
        return None
    alone = _ALONE.match(text)
    if alone:
        following = lines.text(number + 1) if number + 1 < len(lines.lines) else ""
        if (
            (alone["bare"] and not lines.width)
            or alone["behind"].strip()
            or not following
            or following[0].islower()
            or _GOES_ON.match(following)
        ):
            return None
        return _Opening(_value(alone), number, lines.lines[number + 1].start, True, bool(alone["bare"]))
    match = _BODY.match(text)
    if match is None or match.end() == len(text) or (match["bare"] and text[match.end()].islower()):
        return None
    return _Opening(_value(match), number, line.start + match.end(), False, bool(match["bare"]))


def _may_open(opening: _Opening, lines: Lines, furniture: frozenset[int]) -> bool:
    """Whether a line that begins with an open mark's number is the body: a bare number also opens list items, so there
    something must part it from the text."""
    if opening.alone or not opening.bare:
        return True
    line = lines.lines[opening.line]
    return line.ruler or line.page_break or not lines.width or _note_like(opening, lines, furniture)


def _note_like(opening: _Opening, lines: Lines, furniture: frozenset[int]) -> bool:
    """In wrapped text without rulers: the page ends not far below, or the sentence above is left unfinished."""
    above = opening.line - 1
    while above in furniture:
        above -= 1
    unfinished = above >= 0 and _ENDED.search(lines.text(above)) is None
    below = range(opening.line + 1, min(opening.line + 30, len(lines.lines)))
    ends = any(n in furniture or lines.lines[n].page_break for n in below) or opening.line + 30 >= len(lines.lines)
    return unfinished or ends


def _body(opening: _Opening, openings: set[int], lines: Lines, furniture: frozenset[int]) -> list[int]:
    """The lines of a body, one that goes on at the foot of the next page with it."""
    first = opening.line + (2 if opening.alone else 1)
    found = list(range(opening.line, first))
    if not lines.width:
        return found
    number = first
    while number < len(lines.lines) and len(found) < _LONGEST_NOTE:
        line = lines.lines[number]
        if (
            number in furniture
            or number in openings
            or line.page_break
            or line.ruler
            or _BARE.match(lines.text(number))
        ):
            break
        if _ENDED.search(lines.text(number - 1)) and _resumes(number, lines):
            return found
        found.append(number)
        number += 1
    if number < len(lines.lines) and not _ENDED.search(lines.text(found[-1])):
        found += _continuation(number, openings, lines, furniture)
    return found


def _continuation(number: int, openings: set[int], lines: Lines, furniture: frozenset[int]) -> list[int]:
    """The lines between the next page's rule and its own notes or end, where a body was broken off before line ``number``."""
    count = len(lines.lines)
    while number < count and number in furniture and not lines.lines[number].page_break:
        number += 1
    if number == count or not lines.lines[number].page_break:
        return []
    number += 1
    while number < count and not lines.lines[number].ruler:
        if lines.lines[number].page_break:
            return []
        number += 1
    out: list[int] = []
    while number < count and number not in openings and not lines.lines[number].page_break and len(out) < _LONGEST_NOTE:
        if number not in furniture:
            out.append(number)
        number += 1
    return out


def _resumes(number: int, lines: Lines) -> bool:
    """Whether the running text goes on at a line behind a finished sentence of a body."""
    text = lines.text(number)
    before = lines.lines[number - 1]
    full = before.end - before.start >= 0.85 * lines.width
    return text[0].islower() or bool(_ITEM.match(text)) or not full
