"""Arithmetic that a text allows; cases in ``cases/checks.json`` (`at` is the figure's offset)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from chitieu.contract import Base, Check, Figure, Observation, ObservedIndicator, Period, Span, Unit
from chitieu.figures.checks import check
from chitieu.figures.numbers import plain
from chitieu.figures.precision import Range, half_unit, open_range, ratio_range, same_quantity

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


def spans_of(rows: list[dict]) -> list[Span]:
    """The INDICATORs of the rows' paths, each in the one before it."""
    wider = {}
    for given in rows:
        names = given.get("spans", ["i"])
        wider.update(zip(names, [None, *names], strict=False))
    return [
        Span(id=name, label="INDICATOR", start=0, end=1, text=name, score=1.0, in_=within)
        for name, within in wider.items()
    ]


def checks_of(figures: list[Figure], rows: list[dict]) -> list[Check]:
    text = " " * (max(f.end for f in figures) + 1)
    return check(text, spans_of(rows), figures, [row(n, r) for n, r in enumerate(rows)])


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case):
    found = checks_of([figure(f) for f in case["figures"]], case["rows"])
    assert [c.model_dump() for c in found] == [{"relation": "equal"} | c for c in case["checks"]]


def test_a_rough_level_or_plan_is_not_checked():
    case = next(c for c in CASES if c["name"].endswith("value, misprinted"))
    figures = [figure(f | {"bound": "about"}) for f in case["figures"]]
    assert checks_of(figures, case["rows"]) == []


@pytest.mark.parametrize(
    ("number", "bound", "low", "high"),
    [
        ("92.9", "exact", "92.85", "92.95"),
        ("93", "about", "92", "94"),
        ("90", "about", "80", "100"),
        ("93", "more_than", "92.5", "Infinity"),
        ("93", "at_most", "-Infinity", "93.5"),
    ],
)
def test_what_digits_and_bound_words_leave_open(number, bound, low, high):
    made = figure({"id": "a", "at": 0, "kind": "level", "number": number, "unit": "t", "bound": bound, "of": "i"})
    made.unit.dimension = "mass"
    assert open_range(made) == Range(Decimal(number), Decimal(low), Decimal(high))


@pytest.mark.parametrize(("number", "half"), [("619", "0"), ("1200", "0"), ("25000", "500")])
def test_a_count_is_exact_where_it_is_not_round(number, half):
    made = figure({"id": "a", "at": 0, "kind": "level", "number": number, "of": "i"})
    found = open_range(made)
    assert found is not None
    assert found.high - found.printed == found.printed - found.low == Decimal(half)


@pytest.mark.parametrize(
    ("kind", "number", "ratio", "direction", "bound", "low", "high"),
    [
        ("change", "8", "1.08", "up", "exact", "1.075", "1.085"),
        ("change", "8", "1.08", "up", "more_than", "1.075", "Infinity"),
        ("change", "8", "0.92", "down", "more_than", "-Infinity", "0.925"),
        ("attainment", "50", "0.5", "missed", "more_than", "0.495", "Infinity"),
    ],
)
def test_a_bound_word_turns_round_in_a_fall(kind, number, ratio, direction, bound, low, high):
    more = {"unit": "percent", "ratio": ratio, "direction": direction, "measure": "relative", "bound": bound}
    made = figure({"id": "a", "at": 0, "kind": kind, "number": number, "of": "i", **more})
    assert ratio_range(made) == Range(Decimal(ratio), Decimal(low), Decimal(high))


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
        figure({"id": f"f{n}", "at": 10 * n, "kind": "level", "number": str(204 + n), "unit": "ha", "of": f"i{n}"})
        for n in range(4)
    ]
    rows = [{"level": f"f{n}", "spans": [f"i{n}"], "path": ["x"]} for n in range(4)]
    assert checks_of(figures, rows) == []
    assert [c.figures for c in checks_of(figures[:3], rows[:3])] == [["f0", "f1"], ["f0", "f2"]]


def test_values_that_no_slip_of_the_pen_explains_are_of_two_times():
    figures = [
        figure({"id": f"f{n}", "at": 10 * n, "kind": "level", "number": number, "unit": "ha", "of": f"i{n}"})
        for n, number in enumerate(("204", "317"))
    ]
    rows = [{"level": f"f{n}", "spans": [f"i{n}"], "path": ["x"]} for n in range(2)]
    assert checks_of(figures, rows) == []
