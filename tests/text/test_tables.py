import pytest

from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.tables import column_heads

PIPES = (
    "Kết quả\n| Chỉ tiêu | Đơn vị | Kế hoạch năm 2022 | Ước thực hiện |\n|---|---|---|---|\n"
    "| Sản lượng lúa | tấn | 12.400 | 12.650 |\n| Đàn bò | con | 3.150 | 2.990 |\nNhận xét: đạt 5 | 6 chỉ tiêu.\n"
)
STACKED = "Chỉ tiêu\n2018\n2019\nLúa\n12\n13\nNgô\n7\n8\nLạc\n3\n4\n"


@pytest.mark.parametrize(
    ("text", "cell", "head"),
    [
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
    assert heads(reading.text.index(cell)) == head
