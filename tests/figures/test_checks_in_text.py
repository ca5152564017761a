"""Checks of whole sentences; cases in ``cases/checks_in_text.json``: the kind, the printed figures in the order of the formula, ok."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from checking import gold_checks
from chitieu.annotation.inline_xml import parse
from chitieu.annotation.spans import gold_spans
from chitieu.contract import Figure, Period, Span
from chitieu.figures.build import build_figures
from chitieu.figures.checks import check
from chitieu.figures.settle import settle
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

CASES = json.loads((Path(__file__).parent / "cases" / "checks_in_text.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case: dict[str, Any]) -> None:
    days = case.get("period")
    period = Period(text="kỳ báo cáo", start=days[0], end=days[1]) if days else None
    figures, checks = gold_checks(parse(case["xml"]), period=period)
    assert [[c.kind, [figures[i].text for i in c.figures], c.ok] for c in checks] == case["checks"]


def test_every_kind_has_a_case_that_agrees_and_one_that_does_not() -> None:
    seen = {(kind, ok) for case in CASES for kind, _, ok in case["checks"]}
    both = {"fraction", "share", "sum", "part", "rise", "rank", "product"}
    assert {(kind, ok) for kind in both for ok in (True, False)} <= seen
    assert {("attainment", True), ("change", True), ("repeat", True), ("conflict", False)} <= seen


PIECE = (
    '<ind id="{0}">Tổng thu</ind> <qty of="{0}">1.250</qty> <unit>tỷ đồng</unit>, <att of="{0}">vượt <pct>125%</pct> kế hoạch</att> '
    '(<qty of="{0}">1.000</qty> <unit>tỷ đồng</unit>), gồm <ind id="{0}a" in="{0}">thu tỉnh</ind> <qty of="{0}a">800</qty> '
    '<unit>tỷ đồng</unit> (<shr of="{0}a"><pct>64%</pct></shr>), <ind id="{0}b" in="{0}">thu huyện</ind> <qty of="{0}b">450</qty> <unit>tỷ đồng</unit>'
)
ONE_NAME = '<qty of="0">1.250</qty> <unit>tỷ đồng</unit>, <chg of="0">tăng <pct>5%</pct></chg>'


def prepared(pieces: list[str]) -> tuple[str, list[Span], list[Figure]]:
    document = parse("; ".join(pieces))
    reading = Reading(SourceText(document.text))
    spans = gold_spans(document, reading)
    figures = build_figures(
        reading.text, spans, paragraphs=[(0, len(reading.text))], sections=lambda _: (), period=None
    )
    return reading.text, spans, figures


def seconds(text: str, spans: list[Span], figures: list[Figure]) -> float:
    def once() -> float:
        begin = time.process_time()
        check(text, spans, settle(text, spans, figures), [])
        return time.process_time() - begin

    return min(once() for _ in range(3))


@pytest.mark.parametrize("shape", ["many indicators", "one indicator"])
def test_eight_times_the_figures_take_no_more_than_twenty_four_times_as_long(shape: str) -> None:
    def pieces(count: int) -> list[str]:
        if shape == "many indicators":
            return [PIECE.format(n) for n in range(count)]
        return ['<ind id="0">Tổng thu</ind>', *[ONE_NAME] * count]

    few, many = prepared(pieces(600)), prepared(pieces(4_800))
    assert len(many[2]) > 7 * len(few[2]) > 7 * 1_190
    assert seconds(*many) < 24 * seconds(*few)  # quadratic: 64 times
