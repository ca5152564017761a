"""What figures of tables are of."""

from __future__ import annotations

import time

import pytest

from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.repair import repair
from chitieu.tagging.tables import govern_tables
from chitieu.tagging.tagged_text import TaggedText
from chitieu.text.segmentation import pieces


def governed(text: str, *spans: tuple[str, str, int | None]) -> dict[str, str | None]:
    """Spans are (label, surface, index of the head); each figure or phrase that is left -> the surface of what it is of."""
    found = pieces(text, 0, len(text), words=False)
    starts, ends = [p.start for p in found], [p.end for p in found]
    tagged, at = [], 0
    for label, surface, head in spans:
        at = text.index(surface, at)
        tagged.append(TaggedSpan(label, starts.index(at), ends.index(at + len(surface)) + 1, 0.8, head=head))
    phrases = [n for n, s in enumerate(tagged) if s.label == "CHANGE"]
    for number, span in enumerate(tagged):
        holding = [n for n in phrases if n != number and tagged[n].first <= span.first and span.last <= tagged[n].last]
        span.phrase = holding[0] if holding else None

    def surface_of(span: TaggedSpan) -> str:
        return text[found[span.first].start : found[span.last - 1].end]

    left = repair(tagged, text, found)
    firsts = [(s.first, -s.last) for s in left]
    assert firsts == sorted(firsts)
    return {
        surface_of(s): None if s.head is None else surface_of(left[s.head])
        for s in left
        if s.label in ("QUANTITY", "PERCENT", "CHANGE") and s.phrase is None
    }


ROWS = "| 2011 | 52.300 |\n\n| 2012 | 53.100 |"
FIGURES = [("QUANTITY", "52.300", None), ("QUANTITY", "53.100", None)]


@pytest.mark.parametrize(
    "head",
    [
        "| Năm | Số hộ (hộ) |\n\n|---|---|",
        "| Năm học | Số hộ |",
        "| |||\n\nNăm |\n\nSố hộ\n\n| ||",
        "Năm | Số hộ |\n\nNăm | Số hộ |",
    ],
)
def test_rows_of_years_are_of_what_heads_their_column(head):
    assert governed(f"{head}\n\n{ROWS}", *FIGURES) == {"52.300": "Số hộ", "53.100": "Số hộ"}


def test_a_name_that_was_seen_governs_as_it_was_seen():
    text = "| Năm | Tổng số hộ |\n\n" + ROWS
    answer = governed(text, ("INDICATOR", "số hộ", None), *FIGURES)
    assert set(answer.values()) == {"số hộ"}


def test_several_columns_and_their_changes():
    text = "| Năm | Số hộ | ±% | Lao động |\n\n| 2011 | 520 | +1,5% | 990 |\n\n| 2012 | 531 | +2,1% | 1.020 |"
    spans = []
    for hộ, change, people in (("520", "+1,5%", "990"), ("531", "+2,1%", "1.020")):
        spans += [
            ("QUANTITY", hộ, None),
            ("CHANGE", change, None),
            ("PERCENT", change, None),
            ("QUANTITY", people, None),
        ]
    answer = governed(text, *spans)
    assert [answer[s] for s in ("520", "+1,5%", "531", "+2,1%")] == ["Số hộ"] * 4
    assert [answer[s] for s in ("990", "1.020")] == ["Lao động"] * 2


def test_a_table_that_goes_on_beside_itself():
    text = "| Năm | Số hộ | Năm | Số hộ |\n\n| 2011 | 520 | 2021 | 560 |\n\n| 2012 | 531 | 2022 | 571 |"
    answer = governed(text, *(("QUANTITY", n, None) for n in ("520", "560", "531", "571")))
    assert answer == dict.fromkeys(("520", "560", "531", "571"), "Số hộ")


@pytest.mark.parametrize(
    "head",
    [
        "Dân cư và lao động\n\n",  # no head at all
        "| Xã | Số hộ |\n\n",  # the rows are no years by their head
        "Năm\n\n" + "Phần này kể lại việc đăng ký hộ tịch qua nhiều thời kỳ, có khi đứt quãng.\n\nSố hộ\n\n",
    ],
)
def test_without_a_clear_head_nothing_is_made_up(head):
    assert governed(head + ROWS, *FIGURES) == {"52.300": None, "53.100": None}


def test_no_figure_is_of_a_later_row():
    text = "| 310 | 42 |\n\n| Mật độ | 55 | 61 |"
    answer = governed(text, ("QUANTITY", "310", 2), ("QUANTITY", "42", 2), ("INDICATOR", "Mật độ", None), ("QUANTITY", "55", 2), ("QUANTITY", "61", 2))  # fmt: skip
    assert answer == {"310": None, "42": None, "55": "Mật độ", "61": "Mật độ"}


def test_a_row_that_names_itself_keeps_its_figures():
    text = "| Diện tích | 310 |\n\n| Mật độ | 55 |"
    answer = governed(text, ("INDICATOR", "Diện tích", None), ("QUANTITY", "310", 2), ("INDICATOR", "Mật độ", None), ("QUANTITY", "55", 2))  # fmt: skip
    assert answer == {"310": "Diện tích", "55": "Mật độ"}


def test_text_behind_a_table_may_govern_from_a_line_without_bars():
    text = "| 310 |\n\nMật độ là như trên."
    answer = governed(text, ("QUANTITY", "310", 1), ("INDICATOR", "Mật độ", None))
    assert answer == {"310": "Mật độ"}


def test_numbers_and_codes_of_rows_are_no_figures():
    text = "STT | Xã | Mã số | Số hộ\n\n1 | Ba Xa | 9905 | 640\n\n2 | Ba Vì | 9906 | 770"
    answer = governed(text, *(("QUANTITY", n, None) for n in ("1", "9905", "640", "2", "9906", "770")))
    assert answer == {"640": None, "770": None}


def test_rows_that_count_up_without_a_head():
    text = "1 | Ba Xa | 640\n\n2 | Ba Vì | 770\n\n3 | Ba Lế | 88"
    answer = governed(text, *(("QUANTITY", n, None) for n in ("1", "640", "2", "770", "3", "88")))
    assert answer == {"640": None, "770": None, "88": None}


@pytest.mark.parametrize("text", ["1 | 7 | 640\n\n2 | 8 | 770\n\n3 | 9 | 88", "4 | Ba Xa | 600\n\n1 | Ba Vì | 770\n\n3 | Ba Lế | 88"])  # fmt: skip
def test_what_does_not_count_rows_is_a_figure(text):
    first = [line.split(" | ")[0] for line in text.split("\n\n")]
    assert governed(text, *(("QUANTITY", n, None) for n in first)) == dict.fromkeys(first)


@pytest.mark.parametrize("numbers", ["A | B | 1 | 2", "(1) | (2) | (3) | (4)", "A | B | 1 | 2=1/A", "A | B | C | 1"])
def test_numbers_of_columns_are_no_figures(numbers):
    text = f"TT | Xã | Số hộ | Lao động\n\n{numbers}\n\nI | Ba Xa | 520 | 990"
    printed = [n for n in ("1", "2") if n in numbers]
    answer = governed(text, *(("QUANTITY", n, None) for n in (*printed, "520", "990")))
    assert answer == {"520": None, "990": None}


@pytest.mark.parametrize("name", [("INDICATOR", "Lúa nương", None), None])
def test_figures_are_of_the_name_of_their_row_and_not_of_its_unit(name):
    text = "TT | Chỉ tiêu | Đơn vị | 2022 | 2023\n\nI | Lúa nương | tấn | 520 | 531\n\nII | Lao động có việc | người | 77 | 78"
    names = [name] if name else []
    unit = len(names)
    answer = governed(text, *names, ("INDICATOR", "tấn", None), ("QUANTITY", "520", unit), ("QUANTITY", "531", unit), ("INDICATOR", "người", None), ("QUANTITY", "77", unit + 3))  # fmt: skip
    assert answer == {"520": "Lúa nương", "531": "Lúa nương", "77": "Lao động có việc"}


def test_offices_are_no_units():
    text = "Nội dung | Đơn vị | 2022\n\nThu phí | Hạt Kiểm lâm | 520"
    answer = governed(text, ("INDICATOR", "Hạt Kiểm lâm", None), ("QUANTITY", "520", 0))
    assert answer == {"520": "Hạt Kiểm lâm"}


def test_many_rows_cost_no_more_than_their_number():
    text = "| Năm | Số hộ | Đàn bò |\n" + "\n".join(f"| 2011 | {n} | {n} |" for n in range(3000))
    found = pieces(text, 0, len(text), words=False)
    spans = [
        TaggedSpan("QUANTITY", n, n + 1, 1.0)
        for n, p in enumerate(found)
        if text[p.start : p.end].isdigit() and text[p.start : p.end] != "2011"
    ]
    begun = time.process_time()
    left = govern_tables(spans, TaggedText(text, found))
    assert time.process_time() - begun < 5
    assert sum(span.head is not None for span in left) == len(spans)
