"""Figures of tables: what they are of follows from rows and columns.

Where rows are years, each figure is of what heads its column, however far above; no figure of a table is of what a later row names, nor of
the unit in its row; and what numbers the rows or columns is no figure.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from chitieu.contract import PHRASE_LABELS
from chitieu.tagging.decode import TaggedSpan, relation
from chitieu.tagging.labels import FIGURE_LABELS
from chitieu.tagging.tagged_text import TaggedText, without
from chitieu.tagging.words import role, unit_words
from chitieu.text.table_words import heads
from chitieu.text.tables import Cell, Table, cells_of, is_name, is_row, read_tables

_YEAR = re.compile(r"(?:năm\s+)?(?:19|20)\d\d(?:\s*[-–/]\s*(?:19|20)?\d\d)?(?:\s*(?:\*|\[\d+\]))*", re.IGNORECASE)
_NUMBER = re.compile(r"[-–+]?\d[\d.,]*\s*%?")
_RULE = re.compile(r"[|\s:+-]+")
_BRACKET = re.compile(r"\s*\([^()]*\)\s*$")  # behind a name: its unit
_LINE = re.compile(r"[^\n]+")
_DIGITS = re.compile(r"\d+")
_COLUMN_NUMBER = re.compile(r"\(?\d{1,2}\)?(?:\s?=[\w\s()/:*+-]+)?")
_COLUMN_LETTER = re.compile(r"\(?[^\W\d_]\)?")
_FEWEST_ORDINALS = 3
_MOST_HEAD_LINES = 6
_LONGEST_NAME = 60  # characters
_RULED = 0.9  # raw score of an INDICATOR that stands because the table says so


@dataclass(frozen=True, slots=True)
class _Line:
    cells: Sequence[Cell]
    is_row: bool


class _Places:
    """The spans by where they stand. INDICATORs that tables make are put behind all others."""

    def __init__(self, spans: list[TaggedSpan], text: TaggedText) -> None:
        """``spans`` are in text order."""
        self.spans, self._text = spans, text
        self._starts = [text.start(span) for span in spans]
        self._firsts = [span.first for span in spans]
        self._reach = list(accumulate((span.last for span in spans), max))
        self._made: dict[tuple[int, int], int] = {}

    def inside(self, start: int, end: int) -> range:
        """The indices of the spans that begin in a range of the text."""
        return range(bisect.bisect_left(self._starts, start), bisect.bisect_left(self._starts, end))

    def indicator(self, name: Cell) -> int | None:
        """The index of the INDICATOR in a name, else of one made of it; None where it is not read or another span stands."""
        end = name.start + len(_BRACKET.sub("", name.text))
        first, last = self._text.piece_at(name.start), self._text.piece_at(end)
        for number in range(bisect.bisect_right(self._reach, first), bisect.bisect_left(self._firsts, last)):
            span = self.spans[number]
            if span.first < last and span.last > first:
                return number if span.label == "INDICATOR" else None
        if not _has_letters(name) or last <= first or self._text.pieces[first].start != name.start:
            return None
        if (first, last) not in self._made:
            self._made[first, last] = len(self.spans)
            self.spans.append(TaggedSpan("INDICATOR", first, last, _RULED))
        return self._made[first, last]


def govern_tables(spans: list[TaggedSpan], text: TaggedText) -> list[TaggedSpan]:
    """The spans with the governors of tables put right; a name that heads a column of figures is an INDICATOR.

    Args:
        spans: in text order; changed in place.
    """
    if "|" not in text.text:
        return spans
    tables = list(read_tables(text.text, [match.span() for match in _LINE.finditer(text.text)]))
    spans = _without_ordinals(spans, text, tables)
    places = _Places(spans, text)
    _no_later_rows(places, text)
    _no_units(places, text, tables)
    lines = list(_lines(text.text))
    for first, last in _year_runs(lines):
        names = _names(lines[max(0, first - _MOST_HEAD_LINES) : first])
        if names:
            _govern_columns(places, lines[first:last], names)
    return _in_order(spans)


def _without_ordinals(spans: list[TaggedSpan], text: TaggedText, tables: Sequence[Table]) -> list[TaggedSpan]:
    """The spans less the figures that count a table's rows (`STT`) or its columns (`A | B | 1 | 2`), or are codes of rows."""
    cells = sorted((cell for table in tables for cell in _ordinals(table)), key=lambda cell: cell.start)
    starts = [cell.start for cell in cells]
    dropped: set[int] = set()
    for number, span in enumerate(spans):
        at = bisect.bisect_right(starts, text.start(span)) - 1
        if span.label in FIGURE_LABELS and at >= 0 and text.start(span) < cells[at].end:
            dropped.add(number)
    return without(spans, dropped)


def _ordinals(table: Table) -> Iterator[Cell]:
    """The cells that number rows or columns."""
    body = table.rows[table.depth :]
    counting = {at for at, column in enumerate(table.columns) if heads("counting column", column)}
    if _count_up([row[0].text for row in body]) and all(len(row) > 1 and _has_letters(row[1]) for row in body):
        counting.add(0)
    for row in table.rows[max(0, table.depth - 1) : table.depth + 1] if table.depth else ():
        numbers = [cell for cell in row if _COLUMN_NUMBER.fullmatch(cell.text)]
        if _number_columns(row, numbers):
            yield from numbers
    for row in body:
        yield from (row[at] for at in sorted(counting) if not _has_letters(row[at]))


def _count_up(texts: Sequence[str]) -> bool:
    """Whether at least three cells count from 1."""
    counted = [text.rstrip(".") for text in texts]
    return len(counted) >= _FEWEST_ORDINALS and counted == [str(number) for number in range(1, len(counted) + 1)]


def _number_columns(row: Sequence[Cell], numbers: Sequence[Cell]) -> bool:
    """Whether a row counts the columns: from 1, by one, and the others are letters (`A | B | 1 | 2 | 3=2/1`)."""
    counted = [int(_DIGITS.findall(cell.text)[0]) for cell in numbers]
    others = [cell.text for cell in row if cell.text and not _COLUMN_NUMBER.fullmatch(cell.text)]
    return (
        (len(counted) > 1 or (counted == [1] and len(others) > 1))
        and counted == list(range(counted[0], counted[0] + len(counted)))
        and counted[0] <= len(row) - len(counted) + 1
        and all(_COLUMN_LETTER.fullmatch(other) for other in others)
    )


def _no_units(places: _Places, text: TaggedText, tables: Sequence[Table]) -> None:
    """What stands in a column of units is a UNIT, and the figures of its row are of what the row is named by."""
    spans = places.spans
    rows = [(cell, row, names) for table in tables for cell, row, names in _unit_cells(table)]
    starts = [cell.start for cell, _, _ in rows]
    row_of: dict[int, int] = {}
    for number, span in enumerate(spans):
        at = bisect.bisect_right(starts, text.start(span)) - 1
        if span.label == "INDICATOR" and at >= 0 and text.start(span) < rows[at][0].end:
            row_of[number] = at
    named: dict[int, int | None] = {}
    for span in list(spans):
        at = row_of.get(span.head, -1) if span.head is not None else -1
        if at < 0:
            continue
        _, row, names = rows[at]
        if names and at not in named:
            named[at] = places.indicator(names[-1])
        inside = row[0].start <= text.start(span) < row[-1].end
        span.head = named.get(at) if inside and relation(span) == 0 else None
    for number in row_of:
        spans[number].label, spans[number].head = "UNIT", None


def _unit_cells(table: Table) -> Iterator[tuple[Cell, Sequence[Cell], Sequence[Cell]]]:
    """The cells of the columns of units in text order, each with its row and the names before it."""
    body = table.rows[table.depth :]
    columns = [at for at, column in enumerate(table.columns) if _holds_units(column, [row[at].text for row in body])]
    for row in body if columns else ():
        names = [cell for cell in row[: columns[0]] if is_name(cell.text)]
        yield from ((row[at], row, names) for at in columns)


def _holds_units(column: Sequence[Cell], texts: Sequence[str]) -> bool:
    """Whether a column's head says that it holds units; `Đơn vị` alone may also head offices."""
    if heads("unit column", column):
        return True
    return heads("perhaps unit column", column) and any(unit_words().fullmatch(f" {text}") for text in texts)


def _no_later_rows(places: _Places, text: TaggedText) -> None:
    spans = places.spans
    for span in spans:
        if span.head is None or relation(span) != 0:
            continue
        start, end = text.line(span)
        head = spans[span.head]
        if text.start(head) < end or not is_row(text.text[start:end]):
            continue
        if is_row(text.text[slice(*text.line(head))]):
            before = places.inside(start, text.start(span))
            span.head = next((n for n in before if spans[n].label == "INDICATOR"), None)


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text.split("\n"):
        if line.strip():
            cells = cells_of(text, at, at + len(line))
            outer = len(cells) > 1 and not cells[0].text
            yield _Line(cells[1:] if outer else cells, is_row(line))
        at += len(line) + 1


def _year_runs(lines: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """Lines in a run that are rows, begin with a year and hold a number."""
    first = None
    for number in range(len(lines) + 1):
        if number < len(lines) and _is_year_row(lines[number]):
            first = number if first is None else first
        elif first is not None:
            yield first, number
            first = None


def _is_year_row(line: _Line) -> bool:
    return (
        line.is_row
        and bool(_YEAR.fullmatch(line.cells[0].text))
        and any(_NUMBER.fullmatch(cell.text) for cell in line.cells[1:])
    )


@cache
def _time_head() -> re.Pattern[str]:
    return re.compile(role("time column"), re.IGNORECASE)


def _names(above: Sequence[_Line]) -> list[Cell]:
    """The names of the columns behind that of the years, from the lines of a head; none without a clear one.

    They stand in one row, or one a line.
    """
    for number in range(len(above) - 1, -1, -1):
        line = above[number]
        times = [at for at, cell in enumerate(line.cells) if _time_head().fullmatch(cell.text)]
        if not times:
            if not line.is_row and len(line.cells[0].text) > _LONGEST_NAME:
                return []
            continue
        first, later = times[0], times[1] if len(times) > 1 else len(line.cells)
        names = list(line.cells[first + 1 : later])
        if any(cell.text for cell in names):
            return names
        below = [cell for other in above[number + 1 :] for cell in other.cells]
        return [cell for cell in below if cell.text and not _RULE.fullmatch(cell.text)]
    return []


def _govern_columns(places: _Places, rows: Sequence[_Line], names: Sequence[Cell]) -> None:
    heads: dict[int, int | None] = {}
    for row in rows:
        column = 0
        for cell in row.cells[1:]:
            if _YEAR.fullmatch(cell.text) and column >= len(names):
                column = 0  # the table goes on beside itself
                continue
            column += 1
            inside = [n for n in places.inside(cell.start, cell.end) if relation(places.spans[n]) == 0]
            if not inside or column > len(names):
                continue
            at = column - 1
            while at > 0 and not _has_letters(names[at]):
                at -= 1  # `±%` is the change of the column before it
            if at not in heads:
                heads[at] = places.indicator(names[at])
            for number in inside:
                if heads[at] is not None:
                    places.spans[number].head = heads[at]


def _has_letters(cell: Cell) -> bool:
    return any(character.isalpha() for character in cell.text)


def _in_order(spans: Sequence[TaggedSpan]) -> list[TaggedSpan]:
    order = sorted(
        range(len(spans)), key=lambda n: (spans[n].first, -spans[n].last, spans[n].label not in PHRASE_LABELS)
    )
    place = {old: new for new, old in enumerate(order)}
    for span in spans:
        span.head = None if span.head is None else place[span.head]
        span.phrase = None if span.phrase is None else place[span.phrase]
    return [spans[n] for n in order]
