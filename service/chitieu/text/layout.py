"""From a view to paragraphs in reading order: layout repairs reading, never offsets.

Two kinds of text come in: one paragraph a line (web pages, Word files), and hard-wrapped lines (PDF text, old files), sometimes
with a blank line after every line. Which one a document is, its own line lengths say. Lines that belong to the page are set
aside, a paragraph that a page's foot interrupts is put together again, and a footnote is read behind the paragraph of its mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chitieu.text.footnotes import Footnotes, find_footnotes
from chitieu.text.furniture import find_furniture
from chitieu.text.lines import Lines, is_power, read_lines
from chitieu.text.tables import is_row, stacked_rows, tabbed_cells

_MARKER = re.compile(
    r"(?:[-–—+*•●▪◦·]\s|\(?\d{1,2}(?:\.\d{1,2}){0,3}[.)/](?!\d)|\(?\d{1,2}(?:\.\d{1,2}){1,3}\s|[IVX]{1,5}\s?[-.)–:]|[A-ZĐ]\s?[.)]\s|[a-zđ]\s?[.)]\s|#{1,6}\s|\|)"
)
_TERMINAL = re.compile(r"[.:;!?…]['\"”’)\]]*\s*$")
_CLOSING = re.compile(r"[,.;:!?)\]”’…%]")
_CELLS = " | "
_HYPHENATED = re.compile(r"[^\W_]-$")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph: the ranges of the view that it is read from, in reading order; of a footnote, where its mark stands.

    Between two ranges ``joint`` is read, but where ``glued`` holds the number of the range that follows without one.
    """

    ranges: tuple[tuple[int, int], ...]
    glued: frozenset[int] = frozenset()
    anchor: int | None = None
    joint: str = " "


class _Open:
    """A paragraph that is being put together."""

    def __init__(self, joint: str = " ") -> None:
        self.ranges: list[tuple[int, int]] = []
        self.glued: set[int] = set()
        self.marks: list[int] = []
        self.joint = joint

    def add(self, start: int, end: int, *, glue: bool = False) -> None:
        if start < end:
            if glue and self.ranges:
                self.glued.add(len(self.ranges))
            self.ranges.append((start, end))

    def close(self, anchor: int | None = None) -> Block:
        return Block(tuple(self.ranges), frozenset(self.glued), anchor, self.joint)


def read_layout(view: str) -> list[Block]:
    """The paragraphs of a view in reading order."""
    lines = read_lines(view)
    rows = stacked_rows(lines)
    furniture = find_furniture(lines).difference(*(range(first, last) for first, last in rows.items()))
    notes = find_footnotes(lines, furniture)
    aside = furniture.union(*(range(note.first, note.last) for note in notes.notes))
    cuts = _cuts(notes)
    main = _join(lines, [n for n in range(len(lines.lines)) if n not in aside], cuts, rows=rows)
    bodies: dict[int, list[Block]] = {}
    for note in notes.notes:
        body = [n for n in range(note.first, note.last) if n not in furniture]
        for part in _join(lines, body, cuts, begin=note.body_start):
            if part.ranges:
                bodies.setdefault(note.mark.start, []).append(part.close(note.mark.start))
    out: list[Block] = []
    for paragraph in main:
        if paragraph.ranges:
            out.append(paragraph.close())
        _append_bodies(paragraph.marks, bodies, out)
    # A mark inside another footnote, or one whose line is none of a paragraph.
    out.extend(block for left in bodies.values() for block in left)
    return out


def _append_bodies(marks: list[int], bodies: dict[int, list[Block]], out: list[Block]) -> None:
    for mark in marks:
        out.extend(bodies.pop(mark, []))


def _cuts(notes: Footnotes) -> dict[int, list[tuple[int, int]]]:
    """Ranges of marks to leave out, by line, in order."""
    cuts: dict[int, list[tuple[int, int]]] = {}
    for mark in sorted([*(note.mark for note in notes.notes), *notes.orphans], key=lambda m: m.start):
        cuts.setdefault(mark.line, []).append((mark.start, mark.end))
    return cuts


def _join(
    lines: Lines,
    numbers: list[int],
    cuts: dict[int, list[tuple[int, int]]],
    *,
    begin: int = 0,
    rows: Mapping[int, int] | None = None,
) -> list[_Open]:
    """Put lines together into paragraphs; what stands before ``begin`` is left out, and ``rows`` are kept as they are."""
    out: list[_Open] = []
    before: int | None = None
    inline, length = (
        False,
        0,
    )  # whether a mark or an exponent stood between, and how long the line is that they interrupt
    row_end = 0
    for number in numbers:
        text, marks, line = lines.text(number), cuts.get(number, []), lines.lines[number]
        cells = tabbed_cells(lines.view, line.start, line.end)
        if cells or number < row_end or (rows and number in rows):
            if cells or number >= row_end:
                out.append(_Open(_CELLS))
                row_end = rows[number] if rows and number in rows else row_end
            for start, end in cells or [(line.start, line.end)]:
                out[-1].add(start, end)
            before, inline = None, False
            continue
        alone = len(marks) == 1 and marks[0][0] == line.start and line.end - marks[0][1] < 4
        if marks and marks[0][0] == line.start and not alone:
            text = text[marks[0][1] - line.start :].lstrip() or text
        power = is_power(lines, number)
        goes_on = before is not None and (
            power
            or alone
            or _CLOSING.match(text)
            or (inline and text[0].islower())
            or _goes_on(lines, before, number, text, length)
        )
        if not goes_on:
            out.append(_Open())
        _add_line(out[-1], lines, number, marks, begin, glue=power or _hyphenated(lines, before))
        length = length + len(text) if goes_on and (inline or power or alone) else len(text)
        inline = power or alone
        if not alone:
            before = number
    return out


def _hyphenated(lines: Lines, before: int | None) -> bool:
    return before is not None and lines.width > 0 and bool(_HYPHENATED.search(lines.text(before)))


def _add_line(open_: _Open, lines: Lines, number: int, marks: list[tuple[int, int]], begin: int, *, glue: bool) -> None:
    """Add what a line says between its footnote marks."""
    line, view = lines.lines[number], lines.view
    at = max(line.start, begin)
    for start, end in [*(m for m in marks if m[0] >= at), (line.end, line.end)]:
        part = view[at:start]
        first, last = at + len(part) - len(part.lstrip()), at + len(part.rstrip())
        if first < last:
            open_.add(first, last, glue=glue or _CLOSING.match(view, first) is not None)
            # What a mark parted without white space is tight again, but two words are not run into one.
            glue = not view[start : start + 1].isspace() and not view[end : end + 1].isspace()
            glue = glue and not (view[last - 1].isalnum() and view[end : end + 1].isalnum())
        if start < end:
            open_.marks.append(start)
        at = end


def _goes_on(lines: Lines, before: int, number: int, following: str, length: int) -> bool:
    """Whether a line that says ``following`` goes on with the paragraph of the line before it, ``length`` characters long."""
    text = lines.text(before)
    if is_row(text) or is_row(following):
        return False
    ended = _TERMINAL.search(text) is not None
    lower = following[0].islower() or following[0] == "(" or (lines.width > 0 and following[0].isdecimal())
    # A wrapped line is full where the next word would not have fitted; type of varying width needs some slack.
    word = following.split(maxsplit=1)[0]
    full = (
        length >= 0.6 * lines.width
        if lower and text[-1] not in ".!?…"
        else length + 1 + len(word) >= 0.88 * lines.width
    )
    interrupted = number != before + 1 or lines.lines[number].page_break
    if not interrupted and lines.lines[number].gap > lines.usual_gap:
        return False
    if _MARKER.match(following):
        return False
    if interrupted:
        return lines.width > 0 and not ended and (full or lower)
    # A line that begins in lower case goes on with an unfinished one, however short that was.
    return (lines.width > 0 and full) or (not ended and lower)
