"""The workbook, read by other programs than the one that wrote it."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from datetime import datetime

import openpyxl
import pytest

from chitieu.contract import Check, Period, Unit
from chitieu.output.columns import TABLES, columns, for_people
from chitieu.output.values import table
from chitieu.output.workbook import COLUMNS_SHEET, SHEETS, WorkbookWriter


def written(*answers, **options) -> bytes:
    out = io.BytesIO()
    writer = WorkbookWriter(out, **options)
    for answer in answers:
        writer.add(answer, answer.document.text or "")
    assert writer.finish() == []
    return out.getvalue()


def sheet_of(data: bytes, name: str = "observations"):
    return openpyxl.load_workbook(io.BytesIO(data))[SHEETS[name]]


def cells(data: bytes, row: int = 2, name: str = "observations") -> dict:
    sheet = sheet_of(data, name)
    return {c.name: sheet.cell(row, at) for at, c in enumerate(for_people(name), 1)}


def test_sheets_headers_and_rows(read_answer, made):
    book = openpyxl.load_workbook(io.BytesIO(written(read_answer, made({}, id="b.txt"))))
    assert book.sheetnames == [*SHEETS.values(), COLUMNS_SHEET]
    for name in TABLES:
        sheet = book[SHEETS[name]]
        expected = len(table(name, read_answer)) + (name != "checks")
        assert sheet.max_row == 1 + expected
        assert sheet.cell(1, 1).value.split("\n") == [for_people(name)[0].title_vi, for_people(name)[0].title_en]
        assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref is not None
    explained = [row[3].value for row in book[COLUMNS_SHEET].iter_rows(min_row=2)]
    assert explained == [c.name for name in TABLES for c in for_people(name)]


def test_cells_are_typed(made):
    got = cells(written(made({"number": "-3.92", "value": "-3920"})))
    assert got["number"].value == -3.92 and got["number"].number_format == "#,##0.00"
    assert got["value"].value == -3920 and got["value"].number_format == "#,##0"
    assert got["period_start"].is_date and got["period_start"].value == datetime(2021, 1, 1)
    assert got["start"].value == 10 and got["indicator"].data_type == "s"
    assert got["status"].value == "thực hiện"
    assert got["upper"].value is None


def test_percentages_look_like_percentages(made):
    percent = Unit(text="%", id="percent", factor="0.01", dimension="ratio")
    got = cells(written(made({"number": "81.4", "value": "0.814", "unit": percent})))
    assert got["value"].value == 0.814 and got["value"].number_format == "0.0%"


@pytest.mark.parametrize("number", ["1234567890123456", "0.1234567890123456789", "-98765432109876543210.5"])
def test_what_excel_would_round_is_text_with_all_digits(made, number):
    got = cells(written(made({"number": number, "value": number})))["value"]
    assert got.data_type == "s" and got.value == number and got.alignment.horizontal == "right"


@pytest.mark.parametrize("number", ["123456789012345", "8863636363640000000000", "0.000012"])
def test_what_excel_keeps_is_a_number(made, number):
    got = cells(written(made({"number": number, "value": number})))["value"]
    assert got.data_type == "n" and got.value == pytest.approx(float(number), rel=1e-15)


def test_text_is_never_a_formula_nor_a_link(made):
    harmful = ["=1+1", "+1", "@x", "-1+1", "{=A1}", "http://example.org", "mailto:a@example.org", "internal:A1"]
    data = written(*(made({"path": [text]}, id=text) for text in harmful))
    sheet = sheet_of(data)
    assert [cell.value for cell in next(sheet.iter_cols(min_row=2))] == harmful
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                text = archive.read(name)
                assert b"<f>" not in text and b"<f " not in text and b"hyperlink" not in text
    assert [sheet.cell(row, 1).quotePrefix for row in range(2, 6)] == [True] * 4


def test_long_text_control_characters_and_old_dates(made):
    old = Period(text="năm 1899", start="1899-01-01", end="1899-12-31")
    got = cells(written(made({"path": ["x" * 40_000], "period": old, "text": "12\x01,5"})))
    assert len(got["indicator"].value) == 32_767 and got["indicator"].value.endswith("…")
    assert got["period_start"].value == "1899-01-01"


def test_a_full_sheet_goes_on_in_another(made):
    book = openpyxl.load_workbook(io.BytesIO(written(made(*[{}] * 7), most_rows=4)))
    names = [n for n in book.sheetnames if n.startswith(SHEETS["observations"])]
    assert names == ["Số liệu", "Số liệu 2", "Số liệu 3"]
    assert [book[n].max_row - 1 for n in names] == [3, 3, 1]


def test_a_failed_check_is_seen(made):
    answer = made({}, {"value": "99"})
    answer.checks = [Check(kind="conflict", figures=["f1", "f2"], stated="12500", computed="99", ok=False)]
    got = cells(written(answer), name="checks")
    assert got["agrees"].value == "không khớp" and got["agrees"].fill.fgColor.rgb == "FFFFD9D3"
    assert cells(written(answer))["checks_failed"].fill.fgColor.rgb == "FFFFD9D3"


def test_no_rows(made):
    assert sheet_of(written(made())).max_row == 1


def test_a_workbook_that_is_dropped_leaves_nothing(made, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    writer = WorkbookWriter(io.BytesIO())
    writer.add(made({}), "")
    assert list(tmp_path.iterdir())
    writer.discard()
    assert not list(tmp_path.iterdir())


def test_pandas_reads_types(read_answer):
    pandas = pytest.importorskip("pandas", reason="needs the extra `dev`")
    frame = pandas.read_excel(io.BytesIO(written(read_answer)), sheet_name="Số liệu")
    frame.columns = [c.name for c in for_people("observations")]
    assert frame["number"].dtype.kind in "if" and str(frame["period_start"].dtype).startswith("datetime64")
    assert list(frame["number"].dropna()) == [
        float(r["number"]) for r in table("observations", read_answer) if r["number"] is not None
    ]


@pytest.mark.office
def test_libreoffice_opens_it(soffice, read_answer, made, tmp_path):
    path = tmp_path / "số liệu.xlsx"
    path.write_bytes(written(read_answer, made({"path": ["=1+1"], "number": "-3.92", "value": "1234567890123456.5"})))
    filters = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        [soffice, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", filters,
         "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    tables = {p.stem.rpartition("-")[2]: p for p in tmp_path.glob("*.csv")}
    assert set(tables) == {*SHEETS.values(), COLUMNS_SHEET}
    with tables["Số liệu"].open(encoding="utf-8", newline="") as lines:
        records = list(csv.reader(lines))
    names = [c.name for c in for_people("observations")]
    last = dict(zip(names, records[-1], strict=True))
    assert last["indicator"] == "=1+1" and last["number"] == "-3.92" and last["value"] == "1234567890123456.5"
    assert last["period_start"] == "01/01/2021"
    assert len(records) == 1 + len(table("observations", read_answer)) + 1


def test_widths_are_those_of_the_definition(made):
    sheet = sheet_of(written(made({})))
    for at, column in enumerate(for_people("observations"), 1):
        letter = openpyxl.utils.get_column_letter(at)
        if letter in sheet.column_dimensions:  # neighbours of one width are one record
            assert int(sheet.column_dimensions[letter].width) == column.width
    assert len(columns("observations")) == sheet.max_column
