"""Arithmetic that a text allows; cases in ``cases/checks.json`` (`at` is the figure's offset)."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from chitieu.contract import Base, Figure, Observation, ObservedIndicator, Period, Unit
from chitieu.figures.checks import check
from chitieu.figures.numbers import plain
from chitieu.figures.precision import half_unit, same_quantity

CASES = json.loads((Path(__file__).parent / "cases" / "checks.json").read_text(encoding="utf-8"))


def year(given: str | None) -> Period | None:
    return Period(text=f"năm {given}", start=f"{given}-01-01", end=f"{given}-12-31") if given else None


def figure(given: dict) -> Figure:
    unit = None
    factor = given.get("factor", "0.01" if given.get("unit") == "percent" else "1")
    if "unit" in given:
        unit = Unit(text=given["unit"], id=given["unit"], factor=factor)
    return Figure(
        id=given["id"],
        start=given["at"],
        end=given["at"] + 5,
        text=given["number"],
        kind=given["kind"],
        form=given.get("form", "plain"),
        number=given["number"],
        denominator=given.get("denominator"),
        unit=unit,
        value=str(Decimal(given["number"]) * Decimal(factor)),
        indicator=given["of"],
        ratio=given.get("ratio"),
        measure=given.get("measure"),
        direction=given.get("direction"),
        base=Base(period=year(given["base"])) if "base" in given else None,
        period=year(given.get("period")),
        bound=given.get("bound", "exact"),
        status=given.get("status", "actual"),
    )


def row(number: int, given: dict) -> Observation:
    spans = given.get("spans", ["i"])
    members = {k: given[k] for k in ("level", "changes", "shares", "attainments", "status") if k in given}
    path = given.get("path", spans)
    seen = ObservedIndicator(text=path[-1], path=path, spans=spans)
    return Observation(id=f"o{number}", indicator=seen, period=year(given.get("period")), **members)


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case):
    found = check([figure(f) for f in case["figures"]], [row(n, r) for n, r in enumerate(case["rows"])])
    assert [c.model_dump() for c in found] == case["checks"]


def test_rough_figures_are_not_checked():
    case = next(c for c in CASES if c["name"].endswith("misprinted"))
    figures = [figure(f | {"bound": "about"}) for f in case["figures"]]
    assert check(figures, [row(n, r) for n, r in enumerate(case["rows"])]) == []


@pytest.mark.parametrize(
    ("number", "bound", "half"),
    [("1.16", "exact", "0.005"), ("800", "exact", "0.5"), ("800", "about", "50"), ("16500", "more_than", "50")],
)
def test_half_unit(number, bound, half):
    made = figure({"id": "a", "at": 0, "kind": "level", "number": number, "bound": bound, "of": "i"})
    assert half_unit(made) == Decimal(half)


def test_same_quantity_is_rounding_not_nearness():
    def level(number: str, **more: str) -> Figure:
        return figure({"id": "a", "at": 0, "kind": "level", "number": number, "of": "i", **more})

    assert same_quantity(level("1.16"), level("1.157"))
    assert not same_quantity(level("1.16"), level("1.15"))
    assert not same_quantity(level("77"), level("78"))
    assert not same_quantity(level("5", form="fraction", denominator="6"), level("5", form="fraction", denominator="7"))


def test_plain_decimals():
    assert [plain(Decimal(v)) for v in ("1E+3", "-0.0", "0.9200", "-2.50", "100")] == [
        "1000",
        "0",
        "0.92",
        "-2.5",
        "100",
    ]


def test_many_values_of_one_name_are_a_table():
    figures = [
        figure({"id": f"f{n}", "at": 10 * n, "kind": "level", "number": str(20 + n), "unit": "ha", "of": f"i{n}"})
        for n in range(4)
    ]
    rows = [row(n, {"level": f"f{n}", "spans": [f"i{n}"], "path": ["x"]}) for n in range(4)]
    assert check(figures, rows) == []
    assert [c.figures for c in check(figures[:3], rows[:3])] == [["f0", "f1"], ["f0", "f2"]]


def test_ten_thousand_figures_in_two_seconds():
    figures, rows = [], []
    for n in range(5_000):
        figures.append(figure({"id": f"a{n}", "at": 20 * n, "kind": "level", "number": str(n), "of": f"i{n % 50}"}))
        percent = {"number": "9", "unit": "percent", "ratio": "1.09", "measure": "relative", "direction": "up"}
        figures.append(
            figure({"id": f"b{n}", "at": 20 * n + 10, "kind": "change", "base": "2021", "of": f"i{n % 50}", **percent})
        )
        rows.append(row(n, {"level": f"a{n}", "changes": [f"b{n}"], "spans": [f"i{n % 50}"]}))
    begin = time.process_time()
    assert check(figures, rows) == []
    assert time.process_time() - begin < 2
