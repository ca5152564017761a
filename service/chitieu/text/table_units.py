"""Where the unit of a number in a table is printed, if not behind it: in its row, in the head of its column, or above the table."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from chitieu.text.table_words import BRACKET, heads, role, says
from chitieu.text.tables import Cell, Table, is_name, is_row, read_tables

_RATIOS = ("ratio", "percentage_point", "multiple")
_NO_HEAD_ALONE = ("count", "time", "rank")  # `Doanh nghiệp`, `Năm`, `Xếp hạng` head what they name
_LINES_ABOVE = 3
_LONGEST_LINE = 200  # characters
_FEWEST_UNITS = 2  # in a column that nothing heads
_COMMA = re.compile(r",\s*([^,()]+)$")
_SIGN = re.compile(r"(?<!\d)(?<!\d )(?:điểm\s+)?[%‰]", re.IGNORECASE)
_SIGN_FIRST = re.compile(r"[%‰](?=\s)")
_LANGUAGES = re.compile(r"\s+[-–]\s+")  # `Người - Person`
_YEAR = re.compile(r"(?:19|20)\d\d")
_OF_A_YEAR = re.compile(r"(?<!\w)năm(?!\w)", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:[^\d|]{0,14}[^\w|])?\(?\s?[-–—+±]?\s?\d[\d.,/ ]*(?:\s?[-–]\s?\d[\d.,]*)?\s?\)?(?:\s?(?:\*|\[\d+\]))*"
)
_QUOTIENT = re.compile(r"[^\W\d_]\s*/\s*[^\W\d_]")  # `TH/KH`
_CHANGE_FIRST = re.compile(r"(?:tăng|giảm)(?!\w)", re.IGNORECASE)


class Dimension(Protocol):
    """From words to the dimension of the unit that they are, None where they are none.

    ``counted``: also a noun is a unit.
    """

    def __call__(self, words: str, *, counted: bool) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    dimension: str

    @property
    def is_ratio(self) -> bool:
        return self.dimension in _RATIOS


def table_units(
    text: str, parts: Sequence[tuple[int, int]], *, dimension: Dimension
) -> Callable[[int], tuple[int, int] | None]:
    """A function from an offset in a cell that holds a number alone to where the number's unit is printed; None where none is known.

    The unit column of the row goes before a unit in the row's name, that before one in the head of the column, and that before a line above
    the table. But what a head itself says is a percentage or counted in something else than the other columns is so in every row, and of a
    column that compares without saying in what nothing is known.

    Args:
        parts: offsets of the paragraphs, in order.
        dimension: see `Dimension`.
    """
    starts: list[int] = []
    found: list[tuple[int, _Unit]] = []
    finder = _Finder(text, parts, dimension)
    for table in read_tables(text, parts):
        for cell, unit in finder.units_of(table):
            starts.append(cell.start)
            found.append((cell.end, unit))

    def unit_at(offset: int) -> tuple[int, int] | None:
        at = bisect.bisect_right(starts, offset) - 1
        if at < 0 or offset >= found[at][0]:
            return None
        return found[at][1].start, found[at][1].end

    return unit_at


class _Finder:
    """Goes through the tables of a text; a line above counts for all that one run of rows holds."""

    def __init__(self, text: str, parts: Sequence[tuple[int, int]], dimension: Dimension) -> None:
        self.text, self.parts, self.dimension = text, parts, dimension
        self.first = -1  # of the run that the last table stood in
        self.above: _Unit | None = None

    def units_of(self, table: Table) -> Iterator[tuple[Cell, _Unit]]:
        """The cells of a table that hold a number alone whose unit is known, in text order."""
        if table.first != self.first:
            self.first, self.above = table.first, self._line_above(table.first)
        for cell in (cell for row in table.rows[: table.depth] for cell in row):
            self.above = self._told(cell) or self.above
        body = table.rows[table.depth :]
        columns = [_Column(cells, [row[at] for row in body], self) for at, cells in enumerate(table.columns)]
        values = [column for column in columns if column.units is None and not column.counts and column.holds_numbers]
        levels = [column for column in values if not column.compares and not (column.unit and column.unit.is_ratio)]
        several = len({self._words(column.unit) for column in levels}) > 1
        for number, row in enumerate(body):
            left_out = len(row) > 1 and row[-1].start == row[-2].end  # a cell, perhaps not the last
            if not (left_out and (several or len(levels) < len(values))):
                yield from self._units_of_row(number, row, columns, several=several)

    def _units_of_row(
        self, number: int, row: Sequence[Cell], columns: Sequence[_Column], *, several: bool
    ) -> Iterator[tuple[Cell, _Unit]]:
        names = (at for at, cell in enumerate(row) if columns[at].units is None and is_name(cell.text))
        named = 0 if _YEAR.fullmatch(row[0].text) else next(names, -1)
        words = row[named].text if named >= 0 else ""
        told = (column.units[number] for column in columns if column.units is not None)
        in_row = next((unit for unit in told if unit is not None), None)
        if in_row is None and named >= 0:
            in_row = self.own(row[named])
        for cell, column in zip(row[named + 1 :], columns[named + 1 :], strict=True):
            if column.units is not None or column.counts or not _NUMBER.fullmatch(cell.text):
                continue
            if _YEAR.fullmatch(cell.text) and _OF_A_YEAR.search(f"{words} {column.words}"):
                continue
            unit = self._chosen(column, words, in_row, several=several)
            if unit is not None:
                yield cell, unit

    def _chosen(self, head: _Column, name: str, in_row: _Unit | None, *, several: bool) -> _Unit | None:
        if head.unit is not None and (head.unit.is_ratio or several):
            return head.unit
        all_in_percent = self.above if self.above is not None and self.above.is_ratio else None
        if head.compares:
            return all_in_percent if in_row is None else None
        if in_row is not None:
            return in_row
        if says("ratio", name):
            return all_in_percent
        if head.unit is not None or self.above is None:
            return head.unit
        counts = self.above.dimension != "count" and (_counts_things(name) or _counts_things(head.words))
        return None if counts else self.above

    def _words(self, unit: _Unit | None) -> str:
        return " ".join(self.text[unit.start : unit.end].casefold().split()) if unit is not None else ""

    def own(self, cell: Cell, *, alone: bool = False) -> _Unit | None:
        """The unit that a name says itself: in brackets, behind a comma, as a sign; ``alone``: or as its only words."""
        for match in reversed(list(BRACKET.finditer(self.text, cell.start, cell.end))):
            unit = self._told(Cell(match.start(1), match.end(1), match[1])) or self._read(*match.span(1))
            if unit is not None:
                return unit
        tail = _COMMA.search(self.text, cell.start, cell.end)
        unit = self._read(*tail.span(1)) if tail is not None else None
        if unit is not None and unit.dimension != "time":
            return unit
        unit = self._read(cell.start, cell.end) if alone else None
        if unit is not None and unit.dimension not in _NO_HEAD_ALONE:
            return unit
        sign = _SIGN.search(self.text, cell.start, cell.end)
        return self._read(*sign.span()) if sign is not None else None

    def _read(self, start: int, end: int, *, counted: bool = False) -> _Unit | None:
        """The unit that a range says, in the first of two languages."""
        words = self.text[start:end]
        start, words = start + len(words) - len(words.lstrip()), words.strip()
        sign = _SIGN_FIRST.match(words)
        first = _LANGUAGES.split(words)[0]
        for said in (sign.group() if sign else words, first):
            dimension = self.dimension(said, counted=counted) if said else None
            if dimension is not None:
                return _Unit(start, start + len(said), dimension)
        return None

    def _told(self, cell: Cell) -> _Unit | None:
        """The unit that a line says it is: `Đơn vị tính: triệu đồng`. What goes by `Đơn vị` alone may also be an office."""
        match = _line().search(self.text, cell.start, cell.end) if cell.end - cell.start <= _LONGEST_LINE else None
        if match is None:
            return None
        return self._read(*match.span("unit"), counted=match["sure"] is not None)

    def _line_above(self, first: int) -> _Unit | None:
        for start, end in reversed(self.parts[max(0, first - _LINES_ABOVE) : first]):
            words = self.text[start:end]
            if is_row(words) or len(words) > _LONGEST_LINE:
                return None
            unit = self._told(Cell(start, end, words))
            if unit is not None:
                return unit
        return None

    def told_by(self, head: _Column, cells: Sequence[Cell]) -> list[_Unit | None] | None:
        """The unit of each row, if a column tells them: by its head, or because it holds nothing else."""
        if not heads("unit column", head.cells) and not self._holds_units(head, [cell for cell in cells if cell.text]):
            return None
        units: list[_Unit | None] = []
        for cell in cells:
            again = _is_ditto(cell.text) and units
            units.append(units[-1] if again else self._read(cell.start, cell.end, counted=True) if cell.text else None)
        return units

    def _holds_units(self, head: _Column, said: Sequence[Cell]) -> bool:
        """Whether the cells of a column without a head, or of one that may head offices, are units."""
        bare = not head.words
        if not (bare or heads("perhaps unit column", head.cells)) or not said or (bare and said[0].text[0].isdigit()):
            return False
        known = sum(self._read(cell.start, cell.end) is not None for cell in said)
        return known == len(said) >= _FEWEST_UNITS if bare else len(said) <= 2 * known


class _Column:
    """What stands above a column, and in it.

    Attributes:
        cells, words: of its head.
        unit: that its head says.
        units: of each row, where it is the column that tells them.
        counts: whether it numbers the rows.
        compares: whether its head says that it holds ratios or differences, but not in what.
    """

    def __init__(self, above: Sequence[Cell], body: Sequence[Cell], finder: _Finder) -> None:
        self.cells = [cell for cell in above if len(cell.text) > _LONGEST_LINE or _line().search(cell.text) is None]
        self.words = " ".join(dict.fromkeys(cell.text for cell in self.cells))
        units = (finder.own(cell, alone=True) for cell in reversed(self.cells))
        self.unit = next((unit for unit in units if unit is not None), None)
        self.units = finder.told_by(self, body)
        self.counts = heads("counting column", self.cells)
        self.holds_numbers = any(_NUMBER.fullmatch(cell.text) for cell in body)
        bare = BRACKET.sub("", self.words)
        self.compares = self.unit is None and (
            says("ratio", bare)
            or says("comparison", bare)
            or _QUOTIENT.search(bare) is not None
            or any(_CHANGE_FIRST.match(cell.text) for cell in self.cells)
        )


def _is_ditto(words: str) -> bool:
    said = words.strip(" -.")
    return said in ('"', "''", "”", "″", "〃") or re.fullmatch(role("ditto"), said, re.IGNORECASE) is not None


def _counts_things(words: str) -> bool:
    """Whether a name is that of a number of things (`Số dự án`), which no unit of money or mass holds for."""
    pattern = rf"(?:tổng\s+)?số\s+(?!(?:lượng\s+)?{role('amount')}(?!\w))"
    return re.match(pattern, words, re.IGNORECASE) is not None


@cache
def _line() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:(?P<sure>{role('unit column')})|{role('perhaps unit column')})\s*(?:[-–/]\s*unit\s*)?[:：]\s*"
        r"(?P<unit>[^():;|]+?)\s*(?:\([^()]*\)\s*)?[).;*_]*$",
        re.IGNORECASE,
    )
