"""An Excel workbook: the observations, the figures one by one, the checks, and what the columns mean.

Numbers are numbers and dates dates. A number of more than 15 digits, which Excel would round, is text, with every digit. Text is never a
formula. Rows are written as they come: memory does not grow with their number.
"""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from chitieu.contract import Extraction
from chitieu.output.columns import TABLES, Column, Row, TableName, for_people, in_words, words
from chitieu.output.table import FORMULA, plain
from chitieu.output.values import table

SHEETS: dict[TableName, str] = {"observations": "Số liệu", "figures": "Từng con số", "checks": "Kiểm tra"}
COLUMNS_SHEET = "Giải thích cột"
_MOST_ROWS = 1_048_576  # of a sheet, its header included
_MOST_CHARACTERS = 32_767  # of a cell
_MOST_DIGITS = 15  # that a cell's number keeps
_LINE, _MOST_LINES, _HEAD_HEIGHT = 16.5, 6, 50.0
_FIRST_DAY = date(1900, 3, 1)  # before it, Excel counts a day that never was
# The unit that a value in a base unit is in stands in another column.
_UNIT_OF = {
    "value": "value_unit",
    "value_upper": "value_unit",
    "change_value": "change_unit",
    "attainment_value": "attainment_unit",
    "implied_target": "implied_target_unit",
}
_HEAD = {
    "bold": True,
    "text_wrap": True,
    "valign": "vcenter",
    "bg_color": "#1F4E79",
    "font_color": "#FFFFFF",
    "border": 1,
}
_CELL = {"valign": "top", "border": 1, "border_color": "#D0D7DE"}
_ALARM = {"bg_color": "#FFD9D3", "font_color": "#82071E", "bold": True}


class _Styles:
    """The cell formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}

    def __call__(self, **more: object) -> Format:
        key = tuple(sorted(more.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**_CELL, **more})
        return self._made[key]


class _Sheet:
    """One table of the workbook; goes on in a further sheet where one is full."""

    def __init__(self, book: xlsxwriter.Workbook, name: TableName, styles: _Styles, most_rows: int) -> None:
        self._book = book
        self._name = name
        self._styles = styles
        self._most_rows = most_rows
        self._columns = for_people(name)
        self._sheets = 0
        self._open()

    def _open(self) -> None:
        self._sheets += 1
        title = SHEETS[self._name] + (f" {self._sheets}" if self._sheets > 1 else "")
        self._sheet: Worksheet = self._book.add_worksheet(title)
        self._row = 1
        head = self._book.add_format(_HEAD)
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_row(0, _HEAD_HEIGHT)
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, f"{column.title_vi}\n{column.title_en}", head)
        _page_setup(self._sheet)

    def add(self, row: Row) -> None:
        if self._row == self._most_rows:
            self.finish()
            self._open()
        # Excel fits rows to wrapped text when it opens a file, LibreOffice does not.
        self._sheet.set_row(self._row, _LINE * min(_MOST_LINES, _lines_of(row, self._columns)))
        for at, column in enumerate(self._columns):
            _write(self._sheet, self._row, at, column, row, self._styles)
        self._row += 1

    def finish(self) -> None:
        """Set what needs the last row."""
        last = max(1, self._row - 1)
        self._sheet.autofilter(0, 0, last, len(self._columns) - 1)
        shown = sum(column.order is not None for column in self._columns)
        self._sheet.print_area(0, 0, last, shown - 1)


def _wraps(column: Column) -> bool:
    """Whether a column's text may take several lines; headings are long and the same for many rows."""
    return column.order is not None and column.shape != "headings"


def _lines_of(row: Row, columns: Sequence[Column]) -> int:
    """How many lines the longest text of the columns that people read takes."""
    texts = ((row[c.name], c.width - 2) for c in columns if _wraps(c))
    lines = (len(textwrap.wrap(t, width)) for t, width in texts if isinstance(t, str) and len(t) > width)
    return max(lines, default=1)


def _page_setup(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P/&N")


def _write(sheet: Worksheet, row: int, at: int, column: Column, cells: Row, styles: _Styles) -> None:
    cell = cells[column.name]
    look: dict[str, object] = {"text_wrap": True} if _wraps(column) else {}
    if (column.name == "checks_failed" and cell) or (column.name == "agrees" and cell == "no"):
        look |= _ALARM
    if cell is None:
        if column.order is not None:  # the lines around what people read
            sheet.write_blank(row, at, None, styles(**look))
    elif isinstance(cell, str):
        if column.name == "level":
            look["align"] = "right"
        _write_text(sheet, row, at, in_words(column.words, cell) if column.words else cell, styles, look)
    elif isinstance(cell, date) and cell >= _FIRST_DAY:
        sheet.write_datetime(row, at, cell, styles(num_format="dd/mm/yyyy", align="left", **look))
    elif isinstance(cell, Decimal) and _digits(cell) > _MOST_DIGITS:
        _write_text(sheet, row, at, plain(cell), styles, look | {"align": "right"})
    elif isinstance(cell, int | Decimal):
        shown = _number_format(column, cell, cells)
        sheet.write_number(row, at, float(cell), styles(num_format=shown, **look))
    else:
        _write_text(sheet, row, at, plain(cell), styles, look)


def _write_text(sheet: Worksheet, row: int, at: int, text: str, styles: _Styles, look: dict[str, object]) -> None:
    if FORMULA.match(text):
        # Where a person edits the cell, what looks like a formula stays text.
        look = look | {"quote_prefix": True}
    if len(text) > _MOST_CHARACTERS:
        text = text[: _MOST_CHARACTERS - 1] + "…"
    look.setdefault("align", "left")
    sheet.write_string(row, at, text, styles(indent=1, **look))


def _digits(number: Decimal) -> int:
    """How many digits a number has between its first and its last that is no zero."""
    return len("".join(map(str, number.as_tuple().digits)).strip("0"))


def _number_format(column: Column, cell: int | Decimal, cells: Row) -> str:
    if isinstance(cell, int):
        return "0" if column.shape in ("offset", "count") else "#,##0"
    if column.shape == "score":
        return "0.00"
    percent = column.shape == "ratio" or cells.get(_UNIT_OF.get(column.name, "")) == "percent"
    number = (cell * 100 if percent else cell).normalize()
    places = min(10, max(0, -int(number.as_tuple().exponent)))
    return ("0" if percent else "#,##0") + ("." + "0" * places if places else "") + ("%" if percent else "")


class WorkbookWriter:
    """Answers into a workbook, written to a stream that can seek when finished."""

    def __init__(self, stream: BinaryIO, *, most_rows: int = _MOST_ROWS) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="chitieu-")
        self._book = xlsxwriter.Workbook(
            stream, {"constant_memory": True, "tmpdir": self._folder.name, "default_date_format": "dd/mm/yyyy"}
        )
        self._book.set_properties({"title": "Số liệu / figures", "author": "chitieu"})
        self._styles = _Styles(self._book)
        self._sheets = {name: _Sheet(self._book, name, self._styles, most_rows) for name in TABLES}

    def add(self, answer: Extraction, text: str) -> None:
        for name, sheet in self._sheets.items():
            for row in table(name, answer):
                sheet.add(row)

    def finish(self) -> list[str]:
        """Write the workbook; nothing to tell."""
        for sheet in self._sheets.values():
            sheet.finish()
        _explain(self._book, self._styles)
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.__context__ if isinstance(error.__context__, OSError) else OSError(str(error)) from error
        self._folder.cleanup()
        return []

    def discard(self) -> None:
        """Leave nothing behind of a workbook that is not to be."""
        self._book.fileclosed = True
        for sheet in self._book.worksheets():
            sheet._opt_close()
        self._folder.cleanup()


def _explain(book: xlsxwriter.Workbook, styles: _Styles) -> None:
    sheet: Worksheet = book.add_worksheet(COLUMNS_SHEET)
    head = book.add_format(_HEAD)
    titles = (
        ("Trang\nSheet", 13), ("Cột", 22), ("Column", 22), ("Tên trong CSV\nName in the CSV", 24), ("Kiểu\nType", 10),
        ("Tính bằng\nIn", 16), ("Nghĩa", 60), ("Meaning", 60),
    )  # fmt: skip
    for at, (title, width) in enumerate(titles):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, title, head)
    sheet.set_row(0, _HEAD_HEIGHT)
    sheet.freeze_panes(1, 2)
    row = 0
    for name in TABLES:
        for column in for_people(name):
            row += 1
            cells = (
                SHEETS[name], column.title_vi, column.title_en, column.name, column.type, column.shape,
                column.description_vi + _codes_of(column), column.description_en,
            )  # fmt: skip
            sheet.set_row(row, _LINE * -(-max(map(len, cells[-2:])) // 55))
            for at, cell in enumerate(cells):
                sheet.write_string(row, at, cell, styles(text_wrap=True))
    sheet.autofilter(0, 0, row, len(titles) - 1)
    _page_setup(sheet)


def _codes_of(column: Column) -> str:
    """What the words of a column of codes are in the CSV."""
    found = [f"{vi} = {code}" for (group, code), (vi, _) in words().items() if group == column.words]
    return f" ({'; '.join(found)})" if found else ""
