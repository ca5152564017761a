"""The place that a text is about; cases in ``cases/places.tsv`` (a bar is a line break; a commune has no name and code)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from chitieu.catalogue.places import find_place, place_named
from chitieu.catalogue.tables import read_table
from chitieu.contract import Period

CASES = read_table("places.tsv", ("text", "name", "code", "printed"), Path(__file__).parent / "cases")


@pytest.mark.parametrize("case", CASES, ids=[c["printed"] or c["text"][:20] for c in CASES])
def test_case(case):
    text = "\n".join(part.strip() for part in case["text"].split("|"))
    found = find_place(text)
    if not case["printed"]:
        assert found is None
        return
    assert found is not None and found.read_from is not None
    assert (found.name, found.code, found.text) == (case["name"] or None, case["code"] or None, case["printed"])
    assert text[found.read_from.start : found.read_from.end] == case["printed"]


def test_no_offsets_in_a_text_that_is_not_composed():
    found = find_place(unicodedata.normalize("NFD", "UBND TỈNH LAI CHÂU\nBáo cáo năm 2020"))
    assert found is not None and found.name == "Tỉnh Lai Châu" and found.read_from is None


@pytest.mark.parametrize(
    ("end", "code"), [("2025-06-30", "45"), ("2025-07-31", "44"), ("2021-12-31", "45"), ("2026-03-31", "44")]
)
def test_the_period_dates_a_text_without_a_dateline(end, code):
    found = find_place("UBND TỈNH QUẢNG TRỊ\nBáo cáo", period=Period(text="kỳ", start=None, end=end))
    assert found is not None and found.code == code


def test_a_term_dates_no_text():
    term = Period(text="nhiệm kỳ 2020 - 2025", start="2020-01-01", end="2025-12-31")
    found = find_place("ĐẢNG BỘ TỈNH QUẢNG TRỊ\nBáo cáo tháng 10/2020", period=term)
    assert found is not None and found.code == "45"


def test_a_dateline_goes_before_the_period():
    text = "UBND TỈNH QUẢNG TRỊ\nĐông Hà, ngày 15 tháng 6 năm 2025\nBáo cáo năm 2025"
    found = find_place(text, period=Period(text="năm 2025", start="2025-01-01", end="2025-12-31"))
    assert found is not None and found.code == "45"


def test_nothing_in_an_empty_text():
    assert find_place("") is None


def test_place_names():
    assert place_named("nam định") == ("36", "Tỉnh Nam Định")
    assert place_named("thành phố đà nẵng") and place_named("tp đà nẵng") and place_named("huyện cần giờ")
    assert place_named("châu thành") is None and place_named("công nghiệp") is None


def test_long_text_is_read_quickly():
    import time

    text = "Báo cáo của tỉnh Gia Lai năm 2022\n" + "Tổng đàn bò tăng 3%. " * 40_000
    begin = time.process_time()
    found = find_place(text)
    assert found is not None and found.name == "Tỉnh Gia Lai"
    assert time.process_time() - begin < 1
