"""What belongs to the page and not to the text: page numbers, and headers and footers that every page repeats."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

from chitieu.text.lines import Lines, is_power

_NAMED_NUMBER = re.compile(r"(?:[Tt]rang|TRANG|[Pp]age)\s+\d{1,4}(?:\s*(?:/|trên|of)\s*\d{1,4})?$")
_NUMBER = re.compile(r"(?P<dash>[-–—]\s*)?(?P<value>\d{1,3})(?(dash)\s*[-–—])$")
# Words that a number belongs to, wherever its line ends.
_NUMBERED = re.compile(r"(?:năm|tháng|quý|ngày|số|thứ|khóa|khoá|Điều|là|đạt|có|gồm|được|còn|trên|hơn)$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_ENDS = ".;:!?…"
_LINES_APART = 5  # of two pages' numbers, at least
_LARGEST_ALONE = 60  # a page number that no other supports
_FULL = 0.8  # of the width: a line that a page's foot may have broken off
_EDGE = 2  # lines at the top and bottom of a page that may be its header or footer
_REPEATED = 3


def find_furniture(lines: Lines) -> frozenset[int]:
    """Numbers of the lines that are page numbers, headers or footers.

    A lost figure is worse than a page number that is read: a bare number is the page's only where it counts as pages do.
    """
    named = {n for n in range(len(lines.lines)) if _NAMED_NUMBER.match(lines.text(n))}
    values = {n: int(m["value"]) for n in range(len(lines.lines)) if (m := _NUMBER.match(lines.text(n)))}
    pages = _pages(lines)
    repeated = _repeated(lines, pages)
    if len(pages) > 1:
        numbers = _at_edges(lines, pages, repeated, values)
    else:
        numbers = _between_prose(lines, values) if lines.width else set()
    return frozenset(named | numbers | repeated)


def _pages(lines: Lines) -> list[list[int]]:
    """Line numbers by page, where form feeds part them."""
    pages: list[list[int]] = [[]]
    for number, line in enumerate(lines.lines):
        if line.page_break:
            pages.append([])
        pages[-1].append(number)
    return pages


def _edge(page: list[int]) -> set[int]:
    return {*page[:_EDGE], *page[-_EDGE:]}


def _opens_or_closes(number: int, lines: Lines, repeated: set[int]) -> bool:
    """Whether a line is the first or last of its page, headers and footers aside."""
    before, after = number - 1, number + 1
    while before in repeated:
        before -= 1
    while after in repeated:
        after += 1
    first = before < 0 or any(line.page_break for line in lines.lines[before + 1 : number + 1])
    last = after >= len(lines.lines) or any(line.page_break for line in lines.lines[number + 1 : after + 1])
    return first or last


def _at_edges(lines: Lines, pages: list[list[int]], repeated: set[int], values: dict[int, int]) -> set[int]:
    """Numbers that open or close their pages, as far from the pages' own count as on another page, or not at all."""
    offsets: dict[int, int] = {}
    for count, page in enumerate(pages, 1):
        for number in _edge(page):
            if number in values and _opens_or_closes(number, lines, repeated):
                offsets[number] = values[number] - count
    common = Counter(offsets.values())
    return {n for n, offset in offsets.items() if offset == 0 or common[offset] > 1}


def _repeated(lines: Lines, pages: list[list[int]]) -> set[int]:
    """Lines at the edges of at least three pages that say the same, but for a number that counts the pages."""
    if len(pages) < _REPEATED:
        return set()
    alike: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for count, page in enumerate(pages):
        for number in _edge(page):
            text = lines.text(number)
            if any(c.isalpha() for c in text):
                alike[_DIGITS.sub("#", text)].append((count, number))
    found: set[int] = set()
    for places in alike.values():
        if len({count for count, _ in places}) >= max(_REPEATED, len(pages) // 3) and _counts(lines, places):
            found.update(number for _, number in places)
    return found


def _counts(lines: Lines, places: list[tuple[int, int]]) -> bool:
    """Whether the numbers in lines that are alike otherwise are the same on every page, but for one that rises with it."""
    rows = [[int(d) for d in _DIGITS.findall(lines.text(number))] for _, number in places]
    varying = [column for column in zip(*rows, strict=True) if len(set(column)) > 1]
    if len(varying) > 1:
        return False
    return not varying or len({value - count for value, (count, _) in zip(varying[0], places, strict=True)}) == 1


def _between_prose(lines: Lines, values: dict[int, int]) -> set[int]:
    """Numbers alone on a line of wrapped text, where they would share it with other words, that count up, or one alone.

    An exponent, and a footnote mark whose sentence goes on below with a comma, do stand so.
    """
    alone = [n for n in values if _is_apart(n, lines)]
    found: set[int] = set()
    for one, other in pairwise(alone):
        if values[other] == values[one] + 1 and other - one >= _LINES_APART:
            found |= {one, other}
    return found or {n for n in alone if len(alone) == 1 and values[n] <= _LARGEST_ALONE}


def _is_apart(number: int, lines: Lines) -> bool:
    if number == 0 or is_power(lines, number) or _NUMBERED.search(lines.text(number - 1)):
        return False
    before = lines.text(number - 1)
    following = lines.text(number + 1) if number + 1 < len(lines.lines) else ""
    broken_off = len(before) >= _FULL * lines.width and (following[:1].islower() or following[:1] == "(")
    return (
        (before[-1] in _ENDS or broken_off)
        and (not following or any(c.isalpha() for c in following))
        and (following[:1] not in tuple(",.;:)"))
    )
