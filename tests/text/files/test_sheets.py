"""Workbooks: rows, number formats, dates, hidden sheets, formulas nobody computed, and sheets that lie about their size."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from chitieu.errors import FileDamaged, FileTooLarge, TextTooLong
from chitieu.settings import Settings
from chitieu.text.files.numberformat import show
from chitieu.text.files.reading import read_bytes

CASES = [
    line.split("\t")
    for line in Path(__file__).with_name("data").joinpath("number_formats.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("value", "number_format", "shown"), CASES)
def test_a_number_is_shown_as_its_format_says(value, number_format, shown):
    number = float(value) if "." in value or "e" in value else int(value)
    assert show(number, number_format) == shown


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_rows_dates_percentages_and_sheets():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Biểu 01"
    sheet.append(["Chỉ tiêu", None, "Năm 2021", "So kế hoạch", None])
    sheet.append([])
    sheet.append(["Thu ngân sách", "tỷ đồng", 7215.5, 0.814])
    sheet["C3"].number_format, sheet["D3"].number_format = "#,##0.0", "0.0%"
    sheet.append([datetime.date(2021, 12, 31), datetime.datetime(2021, 3, 5, 7, 30), True, "hai\ndòng"])
    sheet.merge_cells("A6:C6")
    sheet["A6"] = "Gộp"
    other = book.create_sheet("Trống")
    secret = book.create_sheet("Ẩn")
    secret.append(["Không đọc", 99])
    secret.sheet_state = "hidden"
    assert other.max_row == 1
    read = read_bytes(saved(book))
    assert read.kind == "xlsx"
    assert read.text.split("\n") == [
        "# Biểu 01",
        "Chỉ tiêu |  | Năm 2021 | So kế hoạch",
        "Thu ngân sách | tỷ đồng | 7.215,5 | 81,4%",
        "31/12/2021 | 05/03/2021 07:30 | TRUE | hai dòng",
        "Gộp",
    ]
    [notice] = read.notices
    assert notice.code == "sheets_hidden"
    assert "Ẩn" in notice.message


def test_rows_of_a_sheet_have_the_same_number_of_cells_but_titles_stand_alone():
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (["Sản lượng"], ["Tên", "Năm 2021"], [None, "Kế hoạch", "Thực hiện"], ["Cây", None], ["Lúa", 120], [],
                  ["Ngô", None, 5], ["Nguồn: tự viết"]):  # fmt: skip
        sheet.append(cells)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("B2:C2")
    assert read_bytes(saved(book)).text.split("\n") == [
        "# Sheet", "Sản lượng", "Tên | Năm 2021 | ", " | Kế hoạch | Thực hiện", "Cây |  | ", "Lúa | 120 | ", "Ngô |  | 5", "Nguồn: tự viết",
    ]  # fmt: skip


def test_a_stray_cell_far_out_does_not_fill_up_the_sheet():
    book = openpyxl.Workbook()
    for n in range(300):
        book.active.append(["a", n])
    book.active["ZZ150"] = "x"
    assert len(read_bytes(saved(book)).text) < 10_000


def test_formulas_that_nobody_computed_are_told():
    book = openpyxl.Workbook()
    book.active.append(["Tổng", 1, 2, "=B1+C1"])
    read = read_bytes(saved(book))
    assert read.text == "# Sheet\nTổng | 1 | 2"
    assert [notice.code for notice in read.notices] == ["formulas_without_values"]


def _with_sheet(data: bytes, rows: str, dimension: str) -> bytes:
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = (
                    f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="{dimension}"/>'
                    f"<sheetData>{rows}</sheetData></worksheet>"
                ).encode()
            target.writestr(name, text)
    return out.getvalue()


def test_a_million_empty_rows(children_seconds):
    rows = (
        "".join(f'<row r="{n}"/>' for n in range(1, 1_000_001)) + '<row r="1000001"><c r="A1000001"><v>15</v></c></row>'
    )
    data = _with_sheet(saved(openpyxl.Workbook()), rows, "A1:XFD1048576")
    assert read_bytes(data, settings=Settings(read_seconds=600)).text == "# Sheet\n15"
    assert children_seconds() < 50


def test_a_sheet_that_claims_to_be_vast(children_seconds):
    data = _with_sheet(saved(openpyxl.Workbook()), '<row r="1"><c r="A1"><v>15</v></c></row>', "A1:XFD1048576")
    assert read_bytes(data).text == "# Sheet\n15"
    assert children_seconds() < 5


def test_limits():
    book = openpyxl.Workbook()
    for n in range(2000):
        book.active.append([f"Chỉ tiêu {n}", n])
    data = saved(book)
    with pytest.raises(TextTooLong):
        read_bytes(data, settings=Settings(max_characters=1000))
    with pytest.raises(FileTooLarge):
        read_bytes(data, settings=Settings(max_unpacked_bytes=20_000))
    with pytest.raises(FileDamaged):
        read_bytes(data[: len(data) // 2])


def test_a_workbook_with_a_dtd():
    data = _with_sheet(saved(openpyxl.Workbook()), "", "A1")
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name == "xl/workbook.xml":
                text = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + text
            target.writestr(name, text)
    with pytest.raises(FileDamaged) as caught:
        read_bytes(out.getvalue())
    assert "DTD" in caught.value.message


def test_csv_by_its_delimiter():
    text = 'Chỉ tiêu;Năm 2021;"So kế hoạch; %"\nThu ngân sách;7.215,5;81,4\n\n"hai\ndòng";12;\n'
    read = read_bytes(text.encode(), name="biểu.csv")
    assert read.kind == "csv"
    assert read.text == "Chỉ tiêu | Năm 2021 | So kế hoạch; %\nThu ngân sách | 7.215,5 | 81,4\nhai dòng | 12 | "
    assert read.encodings[-1].end == len(read.text)
    assert read_bytes(b"a;b;c\n1;2\n;;3\n;;\n", name="x.csv").text == "a | b | c\n1 | 2 | \n |  | 3"
    assert read_bytes(b"a\tb,c\n1\t2,5\n", name="x.tsv").text == "a | b,c\n1 | 2,5"
    assert read_bytes('a,b\n"không đóng,12\n'.encode(), name="x.csv").text.endswith("12")
    assert read_bytes("một dòng".encode(), name="x.csv").text == "một dòng"


def test_csv_parts_follow_to_their_rows():
    unicode = "Báo cáo tình hình kinh tế - xã hội,năm 2021 của tỉnh\n"
    tcvn3 = "Tæng thu ng©n s¸ch nhµ n­íc trªn ®Þa bµn tØnh,®¹t 7.215 tû ®ång\n"
    read = read_bytes((unicode * 3 + tcvn3 * 3).encode(), name="x.csv")
    assert read.text.count("Tổng thu ngân sách nhà nước trên địa bàn tỉnh | đạt 7.215 tỷ đồng") == 3
    at = read.text.index("Tổng")
    assert [(part.start, part.end) for part in read.encodings if part.encoding == "tcvn3"] == [(at, len(read.text))]
