"""Periods, cases in ``cases/periods.tsv``; references: y a year, h half a year, m March, j January, f a leap February, q a quarter."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.contract import Period
from chitieu.figures.periods import document_period, parse_period
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
    start = time.perf_counter()
    parse_period(long)
    document_period(long)
    assert time.perf_counter() - start < 4
