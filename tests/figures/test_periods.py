"""Periods, cases in ``cases/periods.tsv``; references: y a year, h half a year, m March, j January, f a leap February, q a quarter, n nine months."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.contract import Period
from chitieu.figures.period_words import fold_words, told_in
from chitieu.figures.periods import document_period, parse_period, planned_period
from figures.figure_cases import load

CASES = load("periods.tsv")
TITLES = json.loads((Path(__file__).parent / "cases" / "document_periods.json").read_text(encoding="utf-8"))
REFERENCES = {
    "": None,
    "y": Period(text="năm 2020", start="2020-01-01", end="2020-12-31"),
    "h": Period(text="6 tháng đầu năm 2019", start="2019-01-01", end="2019-06-30"),
    "m": Period(text="tháng 3/2020", start="2020-03-01", end="2020-03-31"),
    "j": Period(text="tháng 1/2020", start="2020-01-01", end="2020-01-31"),
    "f": Period(text="tháng 2/2024", start="2024-02-01", end="2024-02-29"),
    "n": Period(text="9 tháng năm 2024", start="2024-01-01", end="2024-09-30"),
    "q": Period(text="quý II/2020", start="2020-04-01", end="2020-06-30"),
}
# The same period a year before March 2020 is March 2019, before a leap February the 28 days of the next.


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['text'] or '(empty)'}|{c['reference']}")
def test_reads(case: dict[str, str]) -> None:
    period = parse_period(case["text"], reference=REFERENCES[case["reference"]])
    assert period.text == case["text"]
    assert (period.start, period.end) == (case["start"] or None, case["end"] or None)


def test_enough_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", TITLES, ids=lambda c: c["name"])
def test_document_period(case: dict[str, str | None]) -> None:
    period = document_period(case["text"] or "")
    got = (period.start, period.end) if period else (None, None)
    assert got == (case["start"], case["end"])
    text = case["text"] or ""
    if period and unicodedata.is_normalized("NFC", text):
        assert period.read_from is not None
        assert text[period.read_from.start : period.read_from.end].split() == period.text.split()
    elif period:
        assert period.read_from is None


@pytest.mark.parametrize(
    ("title", "start", "end"),
    [
        ("BÁO CÁO\nKết quả năm 2021; phương hướng, nhiệm vụ năm 2022", "2022-01-01", "2022-12-31"),
        ("BÁO CÁO\nTình hình 6 tháng đầu năm, nhiệm vụ 6 tháng cuối năm 2021", "2021-07-01", "2021-12-31"),
        ("BÁO CÁO\nKết quả năm 2021", None, None),
        ("", None, None),
    ],
)
def test_planned_period(title: str, start: str | None, end: str | None) -> None:
    planned = planned_period(title, document_period(title))
    assert (planned.start if planned else None, planned.end if planned else None) == (start, end)


@pytest.mark.parametrize(
    ("heading", "start", "end"),
    [
        ("I. Chỉ tiêu năm 2022", "2022-01-01", "2022-12-31"),
        ("B. NHIỆM VỤ 6 THÁNG CUỐI NĂM", "2021-07-01", "2021-12-31"),
        ("II. Phương hướng năm tới", "2022-01-01", "2022-12-31"),
        ("2. Kết quả 9 tháng", "2021-01-01", "2021-09-30"),
        ("Phấn đấu đến năm 2025:", None, "2025-12-31"),
        ("Mục tiêu giai đoạn 2021 - 2025", "2021-01-01", "2025-12-31"),
        ("Kết quả thực hiện Chương trình giảm nghèo giai đoạn 2021 - 2025", None, None),
        ("Kết quả năm 2021 của Đề án số 5 giai đoạn 2020 - 2030", "2021-01-01", "2021-12-31"),
        ("Thực hiện Nghị quyết số 18-NQ/TW ngày 25/10/2017", None, None),
        ("Nghị quyết Đại hội nhiệm kỳ 2020 - 2025", None, None),
        ("Kết quả năm 2021, nhiệm vụ năm 2022", None, None),
        ("Chỉ số xếp hạng năm 2020 (công bố trong năm 2021)", "2020-01-01", "2020-12-31"),
        ("1. Trồng trọt", None, None),
        ("", None, None),
    ],
)
def test_the_period_of_a_heading(heading: str, start: str | None, end: str | None) -> None:
    found = told_in(heading, reference=Period(text="năm 2021", start="2021-01-01", end="2021-12-31"))
    assert (found.start if found else None, found.end if found else None) == (start, end)


@given(st.text(max_size=60) | st.text(alphabet="0123456789/-. ngàythángquýđến năm cùng kỳ", max_size=50))
def test_never_raises_and_days_are_in_order(text: str) -> None:
    for reference in REFERENCES.values():
        period = parse_period(text, reference=reference)
        days = [date.fromisoformat(day) for day in (period.start, period.end) if day]
        assert days == sorted(days)


@given(st.integers(1900, 2099), st.integers(1, 12))
def test_months_have_their_days(year: int, month: int) -> None:
    period = parse_period(f"tháng {month}/{year}")
    assert period.start == f"{year}-{month:02d}-01"
    following = date(year + month // 12, month % 12 + 1, 1)
    assert period.end is not None and (following - date.fromisoformat(period.end)).days == 1


@pytest.mark.parametrize("piece", ["1 ", "năm 2020 ", "tháng ", "2020 - ", "ngày 1/", "từ đầu năm ", "quý I "])
def test_long_texts_take_no_longer(piece: str) -> None:
    long = piece * (200_000 // len(piece))
    start = time.process_time()
    parse_period(long)
    document_period(long)
    planned_period(long, None)
    told_in(long)
    assert time.process_time() - start < 4


@pytest.mark.parametrize(("text", "folded"), [("Năm\n\n 12 \n2021", "năm 2021"), ("năm\n- 3 -\n2021", "năm 2021"), ("năm (2) 2021", "năm 2021")])  # fmt: skip
def test_page_numbers_and_marks_are_not_in_the_way(text, folded):
    assert fold_words(text) == folded


def test_empty_lines_cost_no_more_than_their_number():
    begun = time.process_time()
    for filler in ("\n", " ", "\n ", "- "):
        fold_words("\n" + filler * 100_000)
    assert time.process_time() - begun < 5
