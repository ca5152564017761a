"""Spreadsheets, read the whole way: values are in the unit that stands in another cell."""

from __future__ import annotations

import io

import openpyxl
import pytest

from chitieu.contract import Extraction
from chitieu.output.table import rows
from chitieu.text.files.reading import read_bytes
from whole import assert_whole

ROWS = [
    (1, "Sản lượng lúa", "Nghìn tấn", 41.2, 43.5, 105.6),
    (2, "Tổng đàn bò", "Con", 8120, 8320, 102.5),
    (3, "Thu ngân sách nhà nước", "Tỷ đồng", 1210, 1344, 111.1),
    (4, "Tỷ lệ hộ nghèo", "%", 6.1, 5.4, None),
    (5, "Trường đạt chuẩn quốc gia", "Trường", 14, 17, 121.4),
]
CSV = (
    "Chỉ tiêu;ĐVT;Kế hoạch năm 2023;Thực hiện năm 2023;TH/KH (%)\nSản lượng thủy sản;Tấn;12400;12650;102\n"
    "Giải quyết việc làm;Người;1500;1612;107,5\nTỷ lệ che phủ rừng;%;41,5;41,8;100,7\n"
)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Biểu 02"
    sheet.append(["Kết quả thực hiện một số chỉ tiêu năm 2023"])
    sheet.append([])
    sheet.append(["STT", "Chỉ tiêu", "Đơn vị tính", "Năm 2022", "Năm 2023", None])
    sheet.append([None, None, None, None, "Thực hiện", "So cùng kỳ (%)"])
    sheet.merge_cells("E3:F3")
    for row in ROWS:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def told(answer: Extraction) -> dict[str, tuple[str | None, ...]]:
    """Each figure by its words: the unit's id, the value and what it is of."""
    names = {span.id: span.text for span in answer.spans}
    return {
        f.text: (f.table_unit.id if f.table_unit else None, f.value, names.get(f.indicator or ""))
        for f in answer.figures
    }


@pytest.fixture(scope="module")
def sheet(pipeline):
    file = read_bytes(workbook(), name="bieu.xlsx")
    answer = pipeline.extract_file(file)
    assert_whole(file.text, answer)
    return answer


def test_a_workbook_with_a_column_of_units(sheet):
    got = told(sheet)
    assert got["43,5"] == ("t", "43500", "Sản lượng lúa")
    assert got["8320"] == ("head", "8320", "Tổng đàn bò")
    assert got["1344"] == ("VND", "1344000000000", "Thu ngân sách nhà nước")
    assert got["5,4"] == ("percent", "0.054", "Tỷ lệ hộ nghèo")
    assert got["17"] == ("count:trường", "17", "Trường đạt chuẩn quốc gia")
    assert {got[n][0] for n in ("105,6", "102,5", "111,1", "121,4") if n in got} == {"percent"}
    assert not {"1", "2", "3", "4", "5"} & got.keys()
    assert all(figure.unit is None for figure in sheet.figures if figure.table_unit)


def test_its_units_are_told_where_they_stand(sheet):
    text = sheet.document.text
    for figure in sheet.figures:
        line = text[: figure.start].rpartition("\n")[2]
        unit = figure.table_unit
        before = text[: unit.start].rpartition("\n")[2]
        assert before in line if unit.text != "%" or "Tỷ lệ" in line else before.endswith("So cùng kỳ (")


def test_its_rows_are_exported_in_base_units(sheet):
    table = {row["level"]: row for row in rows(sheet)}
    assert (table["43,5"]["unit"], table["43,5"]["value"], table["43,5"]["value_unit"]) == ("Nghìn tấn", "43500", "t")
    assert (table["1344"]["unit"], table["1344"]["value_unit"]) == ("Tỷ đồng", "VND")


def test_a_csv_with_a_column_of_units(pipeline):
    file = read_bytes(CSV.encode(), name="bieu.csv")
    answer = pipeline.extract_file(file)
    assert_whole(file.text, answer)
    got = told(answer)
    assert got["12650"] == ("t", "12650", "Sản lượng thủy sản")
    assert got["1612"] == ("person", "1612", "Giải quyết việc làm")
    assert got["41,8"] == ("percent", "0.418", "Tỷ lệ che phủ rừng")
    assert got["107,5"][:2] == ("percent", "1.075")
