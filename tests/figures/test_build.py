"""Figures from annotated text; cases in ``cases/build.json``: the text with the annotation's tags, and of each figure what is to hold.

A dotted name looks into a part (`unit.id`); `indicator` is the tag's id; `period` is the document's, first and last day.
"""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from chitieu.annotation.inline_xml import parse
from chitieu.contract import Figure, Period, Span
from chitieu.figures.build import build_figures

CASES = json.loads((Path(__file__).parent / "cases" / "build.json").read_text(encoding="utf-8"))


def spans_of(xml: str) -> tuple[str, list[Span]]:
    document = parse(xml)
    names = [span.id or f"s{at}" for at, span in enumerate(document.spans)]
    out = []
    for name, gold in zip(names, document.spans, strict=True):
        head = names[gold.head] if gold.head is not None else None
        is_indicator = gold.label == "INDICATOR"
        out.append(
            Span(
                id=name,
                label=gold.label,
                start=gold.start,
                end=gold.end,
                text=document.text[gold.start : gold.end],
                score=0.75 if gold.label == "UNIT" else 0.9 if is_indicator else 0.8,
                of=None if is_indicator else head,
                in_=head if is_indicator else None,
            )
        )
    return document.text, out


def paragraphs_of(text: str) -> list[tuple[int, int]]:
    out, at = [], 0
    for part in text.split("\n\n"):
        out.append((at, at + len(part)))
        at += len(part) + 2
    return out


def figures_of(case: dict[str, Any]) -> tuple[str, list[Figure]]:
    xml = unicodedata.normalize("NFD", case["xml"]) if case.get("nfd") else case["xml"]
    text, spans = spans_of(xml)
    days = case.get("period")
    period = Period(text="kỳ báo cáo", start=days[0], end=days[1]) if days else None
    sections = case.get("sections", [])
    return text, build_figures(text, spans, paragraphs=paragraphs_of(text), sections=lambda _: sections, period=period)


def look(figure: dict[str, Any], name: str) -> Any:
    part: Any = figure
    for key in name.split("."):
        if part is None:
            return None
        part = part[key]
    return part


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_figures(case: dict[str, Any]) -> None:
    _, figures = figures_of(case)
    assert len(figures) == len(case["figures"])
    for figure, wanted in zip(figures, case["figures"], strict=True):
        got = figure.model_dump()
        assert {name: look(got, name) for name in wanted} == wanted, figure.text


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_offsets_ids_and_scores(case: dict[str, Any]) -> None:
    text, figures = figures_of(case)
    assert [f.id for f in figures] == [f"f{n + 1}" for n in range(len(figures))]
    for figure in figures:
        assert text[figure.start : figure.end] == figure.text
        # Numbers and phrases have 0.8, units 0.75, links nothing to say.
        in_phrase, own_unit = figure.kind != "level" and figure.number is not None, figure.unit is not None
        assert figure.score in ({0.64, 0.48} if in_phrase else {0.8, 0.6} if own_unit else {0.8})


def test_the_score_is_that_of_number_unit_phrase_and_link_together() -> None:
    text, spans = spans_of('<ind id="1">Thu</ind> <chg of="1">tăng <qty>90</qty> <unit>tỷ đồng</unit></chg>')
    for span in spans:
        span.score = {"QUANTITY": 0.9, "UNIT": 0.8, "CHANGE": 0.5}.get(span.label, 0.1)
        span.link_score = 0.7 if span.label == "CHANGE" else None
    (figure,) = build_figures(text, spans, paragraphs=[(0, len(text))], sections=lambda _: (), period=None)
    assert figure.score == 0.252


@pytest.mark.parametrize("separator", ["; ", ".\n\n"])
def test_ten_thousand_figures_in_one_sentence_or_many(separator: str) -> None:
    piece = '<ind id="{0}">Thu</ind> <per>năm 2019</per> <qty of="{0}">1.5</qty> <unit>tỷ đồng</unit>, <chg of="{0}">tăng <pct>5%</pct></chg>'
    text, spans = spans_of(separator.join(piece.format(n) for n in range(5_000)))
    start = time.process_time()
    figures = build_figures(text, spans, paragraphs=paragraphs_of(text), sections=lambda _: (), period=None)
    assert len(figures) == 10_000
    assert time.process_time() - start < 8
