import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.tables import column_heads, read_tables

PIPES = (
    "Kết quả\n| Chỉ tiêu | Đơn vị | Kế hoạch năm 2022 | Ước thực hiện |\n|---|---|---|---|\n"
    "| Sản lượng lúa | tấn | 12.400 | 12.650 |\n| Đàn bò | con | 3.150 | 2.990 |\nNhận xét: đạt 5 | 6 chỉ tiêu.\n"
)
STACKED = "Chỉ tiêu\n2018\n2019\nLúa\n12\n13\nNgô\n7\n8\nLạc\n3\n4\n"


# As the readers of files print them: empty cells stay, a merged head stands above its first column.
MERGED = (
    "Chỉ tiêu | Đơn vị | Năm 2023 |  | Năm 2024 | \n |  | KH | TH | KH | TH\nI | Nông nghiệp |  |  |  | \n"
    "Lúa | ha | 120 | 118 | 130 | \n | Vụ mùa | 60 | 58 | 61 | 62\n"
)
SHORT = "Chỉ tiêu | Đơn vị | Thực hiện 2023 | Kế hoạch 2024\nDiện tích | ha | 120\nSản lượng | tấn | 700 | 720\n"
LOWER = (
    "Chỉ tiêu | ĐVT | Năm 2023 | Năm 2024 |  | Ghi chú\n |  |  | 6/2024 | 2024/2023 | \n | Nông nghiệp |  |  |  | \n"
    "Lúa | ha | 120 | 118 | 98 | \nNgô | ha | 60 | 58 | 97 | \n"
)
TWO = "Chỉ tiêu | Kế hoạch 2024\nLúa | 500\nHuyện | Thực hiện\nTrà Lâm | 5\n"


@given(st.text(alphabet="ab1| .\n-", max_size=120))
def test_any_text(text):
    reading = Reading(SourceText(text))
    heads = column_heads(reading.text, [(p.start, p.end) for p in reading.paragraphs])
    for at in range(len(reading.text)):
        assert isinstance(heads(at), str)


@pytest.mark.parametrize(
    ("text", "cell", "head"),
    [
        (MERGED, "118", "Năm 2023 TH"),
        (MERGED, "130", "Năm 2024 KH"),
        (MERGED, "62", "Năm 2024 TH"),
        (LOWER, "118", "Năm 2024 6/2024"),
        (LOWER, "97", "Năm 2024 2024/2023"),
        (LOWER, "60", "Năm 2023"),
        (SHORT, "720", "Kế hoạch 2024"),
        (SHORT, "120", "Thực hiện 2023"),
        (TWO, "500", "Kế hoạch 2024"),
        (TWO, "5\n", "Thực hiện"),
        (PIPES, "12.400", "Kế hoạch năm 2022"),
        (PIPES, "2.990", "Ước thực hiện"),
        (PIPES, "con", "Đơn vị"),
        (PIPES, "Đàn bò", "Chỉ tiêu"),
        (PIPES, "Kết quả", ""),
        (PIPES, "5 |", ""),
        (STACKED, "13", "2019"),
        (STACKED, "7", "2018"),
        ("Lúa\t12\t13\nNgô\t7\t8\n", "13", ""),
        ("Chỉ tiêu\tKH\tTH\nLúa\t12\t13\n", "13", "TH"),
    ],
)
def test_the_head_above_a_cell(text, cell, head):
    reading = Reading(SourceText(text))
    heads = column_heads(reading.text, [(p.start, p.end) for p in reading.paragraphs])
    assert heads(reading.text.index(cell) if cell in reading.text else len(reading.text) - 1) == head


@pytest.mark.parametrize(
    "text",
    [
        "|" + "-" * 200_000 + "x",
        "\n".join("a|" * n for n in range(2, 99)) + "\n" + "a|" * 200_000,  # rows of every length under one long one
        "500|" * 50_000,
    ],
)
def test_odd_rows_cost_no_more_than_their_length(text):
    begun = time.process_time()
    lines = [match.span() for match in re.finditer(r"[^\n]+", text)]
    assert sum(len(row) for table in read_tables(text, lines) for row in table.rows) <= 4 * len(text)
    assert time.process_time() - begun < 5


def test_rows_that_begin_with_a_number_of_any_length():
    rows = "\n".join(f"{'9' * 5000}{n}\nXã Trà {name}\n12\n13\n14" for n, name in enumerate(("Lâm", "Cú", "Vinh")))
    assert "Xã Trà Cú" in Reading(SourceText(rows)).text
