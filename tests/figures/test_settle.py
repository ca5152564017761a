"""Readings that arithmetic decides; cases in ``cases/settled.json``: fields by the printed figure, figures named as printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checking import gold_checks
from chitieu.annotation.inline_xml import parse

CASES = json.loads((Path(__file__).parent / "cases" / "settled.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case: dict[str, Any]) -> None:
    figures, _ = gold_checks(parse(case["xml"]))
    for printed, wanted in case["figures"].items():
        (figure,) = (f for f in figures.values() if f.text == printed)
        got = figure.model_dump()
        got["settled_by"] = [figures[i].text for i in figure.settled_by]
        assert {name: got[name] for name in wanted} == wanted, printed
