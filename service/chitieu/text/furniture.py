"""What belongs to the page and not to the text: page numbers, and headers and footers that every page repeats."""

from __future__ import annotations

import re
from collections import Counter

from chitieu.text.lines import Lines, is_power

_DRESSED_NUMBER = re.compile(
    r"(?:[-–—|]\s*\d{1,4}\s*[-–—|]|(?:[Tt]rang|TRANG|[Pp]age)\s+\d{1,4}(?:\s*(?:/|trên|of)\s*\d{1,4})?)$"
)
_BARE_NUMBER = re.compile(r"\d{1,3}$")
# Words that a number belongs to, wherever its line ends.
_NUMBERED = re.compile(r"(?:năm|tháng|quý|ngày|số|thứ|khóa|khoá|Điều|là|đạt|có|gồm|được|còn|trên|hơn)$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_PROSE = 20  # characters of a line that is no table's cell
_EDGE = 2  # lines at the top and bottom of a page that may be its header or footer
_REPEATED = 3


def find_furniture(lines: Lines) -> frozenset[int]:
    """Numbers of the lines that are page numbers, headers or footers."""
    dressed = {n for n in range(len(lines.lines)) if _DRESSED_NUMBER.match(lines.text(n))}
    pages = _pages(lines)
    repeated = _repeated(lines, pages)
    edges = {n for page in pages for n in (*page[:_EDGE], *page[-_EDGE:])} if len(pages) > 1 else set()
    bare = [n for n in range(len(lines.lines)) if _BARE_NUMBER.match(lines.text(n))]
    numbers = {n for n in bare if n in edges and _opens_or_closes(n, lines, repeated)}
    if lines.width and not numbers:
        numbers = {n for n in bare if _between_prose(n, lines)}
    return frozenset(dressed | numbers | repeated)


def _pages(lines: Lines) -> list[list[int]]:
    """Line numbers by page, where form feeds part them."""
    pages: list[list[int]] = [[]]
    for number, line in enumerate(lines.lines):
        if line.page_break:
            pages.append([])
        pages[-1].append(number)
    return pages


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


def _repeated(lines: Lines, pages: list[list[int]]) -> set[int]:
    """Lines at the edges of pages that say the same, numbers aside, on at least three pages."""
    if len(pages) < _REPEATED:
        return set()
    said: dict[int, str] = {}
    count: Counter[str] = Counter()
    for page in pages:
        edge = {*page[:_EDGE], *page[-_EDGE:]}
        words = {n: _DIGITS.sub("#", lines.text(n)) for n in edge}
        said |= {n: text for n, text in words.items() if any(c.isalpha() for c in text)}
        count.update({text for n, text in words.items() if n in said})
    return {n for n, text in said.items() if count[text] >= max(_REPEATED, len(pages) // 3)}


def _between_prose(number: int, lines: Lines) -> bool:
    """Whether a number stands alone between lines of prose: in wrapped text it would share its line with other words.

    An exponent, and a footnote mark whose sentence goes on below with a comma, do stand so.
    """
    if number == 0 or is_power(lines, number):
        return False
    before = lines.text(number - 1)
    if _NUMBERED.search(before):
        return False
    prose = len(before) >= _PROSE or before[-1] in ".;:!?"
    if number + 1 == len(lines.lines):
        return prose
    following = lines.text(number + 1)
    return prose and any(c.isalpha() for c in following) and following[0] not in ",.;:)"
