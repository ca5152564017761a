"""Excel (xlsx) to text: a sheet's name as a heading, a row a line, numbers as the sheet shows them to a Vietnamese reader."""

from __future__ import annotations

import datetime
import io
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

from chitieu.text.files.numberformat import show
from chitieu.text.files.raw import Gathered, Options, Raw, RawNotice, ReadFailure, check_length, row, table

if TYPE_CHECKING:
    from chitieu.text.files.zips import Archive

# A formula whose value the file does not hold: written by a program that never computed it.
_NOT_COMPUTED = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f(?:\s[^<>]*)?/>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def read_xlsx(data: bytes, archive: Archive, options: Options) -> Raw:
    """The text of a workbook's visible sheets; hidden ones are named in a notice.

    Raises:
        ReadFailure: ``damaged``, ``too_long``.
    """
    # Large, optional, and of no use here: openpyxl only asks whether they are there.
    for name in ("numpy", "PIL"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl lets out whatever its parts raise
            raise ReadFailure(
                "damaged", f"bảng tính bị hỏng ({error})"[:200], f"the workbook is damaged ({error})"[:200]
            ) from error
        gathered = Gathered(options.max_characters)
        hidden: list[str] = []
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                continue
            _read_sheet(sheet, gathered)
    notices: list[RawNotice] = []
    if hidden:
        listed = ", ".join(hidden[:20])
        notices.append(
            RawNotice("sheets_hidden", f"Bỏ qua trang tính ẩn: {listed}. / Hidden sheets were left out: {listed}.")
        )
    missing = sum(len(_NOT_COMPUTED.findall(archive.read(name))) for name in _sheet_parts(archive))
    if missing:
        notices.append(
            RawNotice(
                "formulas_without_values",
                f"{missing} ô công thức chưa có giá trị: hãy mở và lưu lại bằng Excel hoặc LibreOffice. / "
                f"{missing} formula cells hold no value: open and save the file in Excel or LibreOffice.",
            )
        )
    return Raw("xlsx", (gathered.text(),), tuple(notices))


def _sheet_parts(archive: Archive) -> list[str]:
    return sorted(name for name in archive.names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name))


def _read_sheet(sheet: Any, gathered: Gathered) -> None:
    """Every row that says something; what a sheet claims of its own size is not believed.

    A line of a single text in the first column above or below the rows of a table is a title or a note, not a row.
    """
    sheet.reset_dimensions()
    blocks: list[list[dict[int, str]]] = [[]]  # parted by rows that say nothing
    length = 0
    for cells in sheet.iter_rows():
        said = {column: text for column, cell in enumerate(cells) if (text := _cell(cell)).strip()}
        if said:
            blocks[-1].append(said)
            length += sum(map(len, said.values()))
            check_length(length, gathered.limit)
        elif blocks[-1]:
            blocks.append([])
    alone: list[bool] = []
    for block in blocks:
        single = [len(said) == 1 and 0 in said for said in block]
        first = single.index(False) if False in single else len(block)
        last = len(block) - single[::-1].index(False) if False in single else 0
        alone += [not first <= at < last for at in range(len(block))]
    rows = [said for block in blocks for said in block]
    if rows:
        gathered.add(f"# {sheet.title}")
    for said, line, bare in zip(rows, table(rows), alone, strict=True):
        gathered.add(row(said.values()) if bare else line)


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return show(value, cell.number_format)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)):
        return _moment(value)
    return str(value)


def _moment(value: datetime.datetime | datetime.date | datetime.time | datetime.timedelta) -> str:
    """dd/mm/yyyy, and hh:mm where a time of day is meant."""
    if isinstance(value, datetime.datetime):
        day = f"{value.day:02d}/{value.month:02d}/{value.year}"
        return f"{day} {value.hour:02d}:{value.minute:02d}" if value.hour or value.minute else day
    if isinstance(value, datetime.date):
        return f"{value.day:02d}/{value.month:02d}/{value.year}"
    if isinstance(value, datetime.time):
        return f"{value.hour:02d}:{value.minute:02d}"
    return str(value)
