"""Bounds and statuses, cases in ``cases/bounds.tsv`` and ``cases/status.tsv`` (headings parted by `>`, widest first)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.figures.bounds import find_bound
from chitieu.figures.status import find_status
from figures.figure_cases import load


@pytest.mark.parametrize("case", load("bounds.tsv"), ids=lambda c: f"{c['before']}…{c['after']}")
def test_bound(case: dict[str, str]) -> None:
    assert find_bound(case["before"], case["after"]) == case["bound"]


@pytest.mark.parametrize("case", load("status.tsv"), ids=lambda c: f"{c['before']}…{c['sections']}")
def test_status(case: dict[str, str]) -> None:
    sections = case["sections"].split(">") if case["sections"] else []
    year = int(case["year"]) if case["year"] else None
    assert find_status(case["before"], sections, year=year) == case["status"]


def test_a_plan_named_in_a_phrase_is_its_reference() -> None:
    assert find_status("đạt 95% kế hoạch vốn và ", in_phrase=False) == "target"
    assert find_status("đạt 95% kế hoạch vốn và ", in_phrase=True) == "actual"


@given(st.text(max_size=300), st.text(max_size=100))
def test_never_raise(before: str, after: str) -> None:
    assert find_bound(before, after) in ("exact", "about", "more_than", "at_least", "less_than", "at_most")
    assert find_status(before, [after]) in ("actual", "estimate", "target")
