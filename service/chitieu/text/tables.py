"""Tables that were flattened to text: rows of cells parted by pipes or tabs, or one cell a line; and the head above each cell."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chitieu.text.lines import Lines

_SEPARATOR = re.compile(r"\s*\|\s*")
_TABBED = re.compile(r"[^\t]+")
_NUMBER = re.compile(r"[-–+]?\d[\d.,/]*\s*%?$|[-–…]$")
_RULE = re.compile(r"[|\s:+-]*-{3,}[|\s:+-]*$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_LONGEST_CELL = 60
_FEWEST_ROWS = 3
_FEWEST_NUMBERS = 2


def is_row(text: str) -> bool:
    """Whether a line is a table's row whose cells pipes part."""
    return "|" in text


def tabbed_cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The cells of a line that two tabs or more part, without white space; else none."""
    if text.count("\t", start, end) < _FEWEST_NUMBERS:
        return []
    cells = []
    for match in _TABBED.finditer(text, start, end):
        cell = match.group()
        if not cell.isspace():
            cells.append((match.start() + len(cell) - len(cell.lstrip()), match.start() + len(cell.rstrip())))
    return cells if len(cells) > _FEWEST_NUMBERS else []


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


def _cells(text: str, start: int, end: int) -> list[_Cell]:
    """The cells of a row; an outer pipe opens none."""
    out: list[_Cell] = []
    at = start
    for match in [*_SEPARATOR.finditer(text, start, end), None]:
        stop = match.start() if match else end
        if stop > at or start < at < end or (match and match.start() > start):
            out.append(_Cell(at, stop, text[at:stop].strip()))
        at = match.end() if match else end
    return out


def column_heads(text: str, parts: Sequence[tuple[int, int]]) -> Callable[[int], str]:
    """A function from an offset to the head of the table column that it stands in, "" outside a table with a clear head.

    A table is a run of rows with as many cells; its head, the rows on top that hold no number but years.
    """
    starts: list[int] = []
    heads: list[str] = []
    ends: list[int] = []
    for rows in _tables(text, parts):
        depth = 0
        while depth < len(rows) and not any(_is_value(cell.text) for cell in rows[depth]):
            depth += 1
        if not 0 < depth < len(rows):
            continue
        columns = [
            " ".join(dict.fromkeys(c.text for c in column if c.text)) for column in zip(*rows[:depth], strict=True)
        ]
        for row in rows[depth:]:
            for cell, head in zip(row, columns, strict=True):
                starts.append(cell.start)
                ends.append(cell.end)
                heads.append(head)

    def head_of(offset: int) -> str:
        at = bisect.bisect_right(starts, offset) - 1
        return heads[at] if at >= 0 and offset <= ends[at] else ""

    return head_of


def _is_value(text: str) -> bool:
    return bool(_NUMBER.match(text)) and not _YEAR.match(text)


def _tables(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[list[list[_Cell]]]:
    run: list[list[_Cell]] = []
    for start, end in parts:
        row = text[start:end]
        if is_row(row):
            if _RULE.match(row):
                continue
            cells = _cells(text, start, end)
            if run and len(cells) != len(run[-1]):
                yield run
                run = []
            run.append(cells)
        elif run:
            yield run
            run = []
    if run:
        yield run


def stacked_rows(lines: Lines) -> dict[int, int]:
    """Rows of a table that was flattened to one cell a line: first line of each row -> the line behind its last.

    A row is a name and at least two numbers; at least three rows in a run have as many. The lines above that make as
    many cells without a number are the head.
    """
    rows: list[tuple[int, int]] = []
    number, count = 0, len(lines.lines)
    while number < count:
        end = number + 1
        while end < count and end - number <= 24 and _NUMBER.match(lines.text(end)):
            end += 1
        text = lines.text(number)
        name = len(text) <= _LONGEST_CELL and any(c.isalpha() for c in text) and not is_row(text)
        if name and end - number > _FEWEST_NUMBERS:
            rows.append((number, end))
        number = end
    out: dict[int, int] = {}
    at = 0
    while at < len(rows):
        last = at + 1
        size = rows[at][1] - rows[at][0]
        while last < len(rows) and rows[last][0] == rows[last - 1][1] and rows[last][1] - rows[last][0] == size:
            last += 1
        if last - at >= _FEWEST_ROWS:
            out |= dict(rows[at:last])
            top = rows[at][0] - size
            head = [lines.text(n) for n in range(max(top, 0), rows[at][0])]
            if top >= 0 and all(len(t) <= _LONGEST_CELL and not _is_value(t) for t in head):
                out[top] = rows[at][0]
        at = last
    return out
