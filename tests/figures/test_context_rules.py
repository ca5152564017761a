"""Period and status by rule, cases in ``cases/context.json``: text with the annotation's tags, of each figure first day, last day, status.

The document is of 2021 unless ``period`` says otherwise; `# ` begins a heading, wider ones first; with ``footnote`` the paragraph that
begins with `(1)` is the body of the mark before it.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from chitieu.contract import Figure, Period
from chitieu.figures.build import build_figures
from chitieu.text.tables import column_heads
from figures.test_build import paragraphs_of, spans_of

CASES = json.loads((Path(__file__).parent / "cases" / "context.json").read_text(encoding="utf-8"))
_LEVELS = ("A", "B", "C", "I", "Đ"), ("1", "2"), ("a", "b")


def _level(heading: str) -> int:
    return next((n for n, firsts in enumerate(_LEVELS) if heading.startswith(firsts)), 0)


def figures_of(case: dict[str, Any]) -> list[Figure]:
    xml = case.get("title", "") + case["xml"]
    text, spans = spans_of(unicodedata.normalize("NFD", xml) if case.get("nfd") else xml)
    parts = paragraphs_of(text)
    mark, body = text.find("(1)"), text.find("\n(1)") + 1

    def sections(offset: int) -> list[str]:
        path: list[str] = []
        for start, end in parts:
            if start > offset or not text.startswith("# ", start):
                continue
            heading = text[start + 2 : end]
            path = [h for h in path if _level(h) < _level(heading)] + [heading]
        return path

    def anchor(offset: int) -> int:
        return mark if case.get("footnote") and offset >= body else offset

    days = case.get("period", ["2021-01-01", "2021-12-31"])
    period = Period(text="kỳ báo cáo", start=days[0], end=days[1])
    return build_figures(
        text, spans, paragraphs=parts, sections=sections, period=period, anchor=anchor, column=column_heads(text, parts)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_period_and_status(case: dict[str, Any]) -> None:
    got = [
        [(f.period.start if f.period else None) or "", (f.period.end if f.period else None) or "", f.status]
        for f in figures_of(case)
    ]
    assert got == case["figures"]


def test_the_words_of_a_period_are_kept() -> None:
    (figure, *_) = figures_of(next(c for c in CASES if c["name"] == "how often alone"))
    assert figure.period is not None and figure.period.text == "Hằng năm"
