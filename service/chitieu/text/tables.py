"""Tables that were flattened to text: rows of cells parted by pipes or tabs, or one cell a line; and the head above each cell."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chitieu.text.lines import Lines

_SEPARATOR = re.compile(r"\s*\|\s*")
_TABBED = re.compile(r"[^\t]+")
_NUMBER = re.compile(r"[-–+]?\d[\d.,/]*\s*%?$|[-–…]$")
_RULE = re.compile(r"[|\s:+-]+")
_ORDINAL = re.compile(r"(?:[IVXLC]+|[A-ZĐa-zđ]|\d{1,3}(?:\.\d{1,3})*)[.)]?|[-+*]")
_TIME = re.compile(r"(?:\d{1,2}/)?(?:19|20)\d\d(?:/(?:(?:19|20)\d\d|\d\d))?$")  # `2023`, `9/2023`, `2023/2022`
_MARKED = re.compile(r"(?:[IVX]{1,5}|[A-ZĐ]|\d{1,2}(?:\.\d{1,2})*)\s?[-.)]\s")  # a heading, no cell
_LONGEST_CELL = 60
_LONGEST_UNIT = 16  # characters
_LEFT = 2  # the last cell, behind an outer bar and a number, that a group's name stands in
_FEWEST_ROWS = 3
_FEWEST_NUMBERS = 2
_MOST_FILLED = 100_000  # cells of a table, unless a quarter of them are printed
_MOST_ORDINAL = 4  # digits


def is_row(text: str) -> bool:
    """Whether a line is a table's row whose cells pipes part."""
    return "|" in text


def is_name(words: str) -> bool:
    """Whether a cell's words name something, and do not number its row."""
    return any(map(str.isalpha, words)) and not _ORDINAL.fullmatch(words)


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
class Cell:
    """What stands between two bars: its offsets, and its words without the white space around them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was flattened to rows.

    Attributes:
        rows: all of them, each with as many cells as the table has columns.
        depth: how many on top are its head; 0: it has none.
        columns: the cells above each column that say something, from the top; a merged one stands above each that it heads.
        first: the number of the paragraph that the run of rows it stands in begins with.
    """

    rows: list[list[Cell]]
    depth: int
    columns: list[list[Cell]]
    first: int


def cells_of(text: str, start: int, end: int) -> list[Cell]:
    """What stands between bars, and before the first and behind the last."""
    out: list[Cell] = []
    at = start
    for match in [*_SEPARATOR.finditer(text, start, end), None]:
        stop = match.start() if match else end
        out.append(Cell(at, stop, text[at:stop].strip()))
        at = match.end() if match else end
    return out


def _fitted(row: list[Cell], width: int) -> list[Cell]:
    """A row with as many cells as its table has: outer bars open none, and cells at the end may be left out."""
    if len(row) > max(width, 1) and not row[0].text:
        row = row[1:]
    row = row[:width]
    return [*row, *[Cell(row[-1].end, row[-1].end, "")] * (width - len(row))]


def _width(rows: Sequence[list[Cell]]) -> int:
    """How many cells most rows have, less those that outer bars would open."""
    outer = [2 * (len(row) > 2 and not row[0].text and not row[-1].text) for row in rows]
    counts = Counter(len(row) - more for row, more in zip(rows, outer, strict=True))
    return max(counts.items(), key=lambda item: (item[1], item[0]))[0]


def column_heads(text: str, parts: Sequence[tuple[int, int]]) -> Callable[[int], str]:
    """A function from an offset to the head of the table column that it stands in, "" outside a table with a clear head."""
    starts: list[int] = []
    heads: list[str] = []
    ends: list[int] = []
    for table in read_tables(text, parts):
        if not 0 < table.depth < len(table.rows):
            continue
        columns = [" ".join(dict.fromkeys(cell.text for cell in column)) for column in table.columns]
        for row in table.rows[table.depth :]:
            for cell, head in zip(row, columns, strict=True):
                starts.append(cell.start)
                ends.append(cell.end)
                heads.append(head)

    def head_of(offset: int) -> str:
        at = bisect.bisect_right(starts, offset) - 1
        return heads[at] if at >= 0 and offset <= ends[at] else ""

    return head_of


def read_tables(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[Table]:
    """The tables of a text, in order.

    A table is a run of rows; its head, the rows on top that hold no number but years and months. A cell that is empty in a row of
    the head goes on with the one before it; a later row that names every column and holds no number is a new head.

    Args:
        parts: offsets of the paragraphs, in order.
    """
    for first, run in _runs(text, parts):
        for table in _headed(run):
            depth, width = _depth(table), _width(table)
            if width * len(table) > max(_MOST_FILLED, 4 * sum(map(len, table))):
                continue  # rows of any length under one long one are no table
            rows = [_fitted(row, width) for row in table]
            yield Table(rows, depth, _columns(rows[:depth], width), first)


def _is_value(text: str) -> bool:
    return bool(_NUMBER.match(text)) and not _TIME.match(text)


def _holds_values(row: list[Cell]) -> bool:
    return any(_is_value(cell.text) for cell in row)


def _depth(rows: list[list[Cell]]) -> int:
    """How many rows on top are the head; a row of one name behind them heads a group, not the columns."""
    depth = 0
    while depth < len(rows) and not _holds_values(rows[depth]):
        depth += 1
    while depth > 1 and _heads_a_group(rows[depth - 1], len(rows[0])):
        depth -= 1
    return depth


def _heads_a_group(row: list[Cell], width: int) -> bool:
    """Whether a row is one name on its left, perhaps with its number; what stands in brackets alone are the columns' units."""
    said = [at for at, cell in enumerate(row) if cell.text]
    units = all(row[at].text.startswith("(") and row[at].text.endswith(")") for at in said)
    return len(said) <= 2 < width and not units and max(said, default=0) <= _LEFT


def _columns(head: list[list[Cell]], width: int) -> list[list[Cell]]:
    """The cells above each column that say something, from the top."""
    columns: list[list[Cell]] = [[] for _ in range(width)]
    for number, row in enumerate(head):
        cells = list(row)
        if number + 1 < len(head):
            for at in range(1, width):
                if not cells[at].text and head[number + 1][at].text:
                    cells[at] = cells[at - 1]
        for column, cell in zip(columns, cells, strict=True):
            if cell.text:
                column.append(cell)
    return columns


def _headed(run: list[list[Cell]]) -> Iterator[list[list[Cell]]]:
    """A run of rows cut where a row behind numbers names every column anew."""
    begin, values = 0, False
    for number, row in enumerate(run):
        names_all = len(row) > 1 and all(cell.text for cell in row) and not _holds_values(row)
        if values and names_all and number + 1 < len(run):
            yield run[begin:number]
            begin, values = number, False
        values = values or _holds_values(row)
    yield run[begin:]


def _runs(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[list[Cell]]]]:
    """Rows that follow each other, with the number of the first one's paragraph."""
    first = 0
    run: list[list[Cell]] = []
    for number, (start, end) in enumerate(parts):
        row = text[start:end]
        cells = cells_of(text, start, end) if is_row(row) else []
        if cells and not (run and len(cells) < len(run[0]) and row[-1] in ".;:"):  # a sentence that holds a bar
            if "---" not in row or not _RULE.fullmatch(row):
                first = first if run else number
                run.append(cells)
        elif run:
            yield first, run
            run = []
    if run:
        yield first, run


def stacked_rows(lines: Lines) -> dict[int, int]:
    """Rows of a table that was flattened to one cell a line: first line of each row -> the line behind its last.

    A row is a name, perhaps its unit, and at least two numbers, perhaps with the row's own number in front; at least three rows in a
    run are built alike. The lines above that make as many cells without a number are the head.
    """
    out: dict[int, int] = {}
    runs = list(_word_runs(lines))
    at = 0
    while at + 1 < len(runs):
        # Between numbers stand the words of a row alone; above the first row, the table's head, too.
        words = runs[at + 1][1] - runs[at + 1][0]
        starts = [runs[at][1] - words]
        last = at + 1
        size = runs[last][0] - starts[0]
        while last < len(runs) and runs[last][1] - runs[last][0] == words and runs[last][0] - starts[-1] == size:
            starts.append(runs[last][0])
            last += 1
        values = size - words
        fits = words <= 2 and starts[0] >= runs[at][0] and len(starts) >= _FEWEST_ROWS and values >= _FEWEST_NUMBERS
        if fits and all(_is_name(lines, start, start + words) for start in starts):
            ordinals = _ordinals(lines, starts) if values > _FEWEST_NUMBERS else 0
            end = _numbers_end(lines, starts[-1] + words, values - ordinals)
            if end is not None:
                firsts = [start - ordinals for start in starts]
                out |= dict(zip(firsts, [*firsts[1:], end], strict=True))
                out |= _head(lines, firsts[0], size)
        at = max(last - 1, at + 1) if len(starts) > 1 else at + 1
    return out


def _word_runs(lines: Lines) -> Iterator[tuple[int, int]]:
    """Lines that are no numbers, in front of lines that are."""
    number, count = 0, len(lines.lines)
    while number < count:
        end = number
        while end < count and not _NUMBER.match(lines.text(end)):
            end += 1
        if number < end < count:
            yield number, end
        number = end
        while number < count and _NUMBER.match(lines.text(number)):
            number += 1


def _is_name(lines: Lines, start: int, end: int) -> bool:
    """Whether lines are a row's name and perhaps its unit."""
    texts = [lines.text(number) for number in range(start, end)]
    if any(len(text) > _LONGEST_CELL or is_row(text) for text in texts) or not any(c.isalpha() for c in texts[0]):
        return False
    return len(texts) == 1 or len(texts[1]) <= _LONGEST_UNIT


def _ordinals(lines: Lines, starts: Sequence[int]) -> int:
    """1 where the line in front of each name counts the rows, else 0."""
    before = [lines.text(start - 1) if start else "" for start in starts]
    if not before[0].isdecimal() or len(before[0]) > _MOST_ORDINAL:
        return 0
    return int(all(text == str(n + int(before[0])) for n, text in enumerate(before)))


def _numbers_end(lines: Lines, start: int, values: int) -> int | None:
    """The line behind so many numbers, if they are there."""
    end = start + values
    if end > len(lines.lines) or not all(_NUMBER.match(lines.text(n)) for n in range(start, end)):
        return None
    return end


def _head(lines: Lines, first: int, size: int) -> dict[int, int]:
    top = first - size
    head = [lines.text(n) for n in range(max(top, 0), first)]
    fits = top >= 0 and all(len(t) <= _LONGEST_CELL and not _is_value(t) and not _MARKED.match(t) for t in head)
    return {top: first} if fits else {}
