"""A level against its plan value or base value, both printed, and the phrase that states how they compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from chitieu.contract import Figure
from chitieu.figures.checks.relation import Related, Sides, ranges
from chitieu.figures.checks.view import View, days, is_level
from chitieu.figures.precision import base_unit, ratio_range

# A plan value or base value stands in the next bracket.
_BRACKET = 160
# More levels than a sentence holds are a table: nothing there says which is the plan.
_TABLE = 12
# Numbers further apart than a misprint were not meant to be compared.
_NEAR = Decimal("0.5")


def attainments(view: View) -> Iterator[Related]:
    """`attainment`: a level through its plan value, and the ratio that the phrase states (`đạt 90,9%`, `vượt 7,5%`)."""
    for figures in view.of.values():
        told = [f for f in figures if f.kind == "attainment" and f.measure == "relative" and f.ratio and f.number]
        for at, phrase in enumerate(told):
            # Two percentages with two plans: the text does not say which value is whose.
            if any(
                abs(f.start - phrase.start) <= _BRACKET for f in (*told[max(0, at - 1) : at], *told[at + 1 : at + 2])
            ):
                continue
            pair = _level_and_other(view, phrase)
            if pair is None:
                continue
            level, plan = pair
            both_dated = level.period is not None and plan.period is not None
            if (
                not view.one_sentence(plan, phrase)
                or plan.status != "target"
                or (both_dated and days(level.period) != days(plan.period))
            ):
                continue
            yield Related("attainment", (level, plan, phrase), quotient_of_ratio, near=_NEAR)


def changes(view: View) -> Iterator[Related]:
    """`change`: a level through its base value, or less it, and the ratio or amount that the phrase states."""
    for figures in view.of.values():
        for phrase in figures:
            if phrase.kind != "change" or phrase.form != "plain" or phrase.number is None:
                continue
            base = phrase.base
            if base is None or base.period is None or base.period.start is None or base.period.end is None:
                continue
            pair = _level_and_other(view, phrase)
            if pair is None:
                continue
            level, other = pair
            if other.status == "target" or days(other.period) != days(base.period):
                continue
            if days(level.period) == days(other.period):
                continue
            if phrase.measure == "relative" and phrase.ratio is not None:
                yield Related("change", (level, other, phrase), quotient_of_ratio, near=_NEAR)
            elif phrase.measure == "points" or base_unit(phrase) in (base_unit(level), None):
                yield from _difference(level, other, phrase)


def _difference(level: Figure, base: Figure, phrase: Figure) -> Iterator[Related]:
    if phrase.direction in ("up", "down"):
        yield Related("change", (level, base, phrase), rise if phrase.direction == "up" else fall)


def _level_and_other(view: View, phrase: Figure) -> tuple[Figure, Figure] | None:
    """The level that a phrase is told of, and the only other one of the indicator and unit near it; None where that leaves a doubt."""
    assert phrase.indicator is not None
    if view.levels[phrase.indicator] > _TABLE:
        return None
    near = [
        f
        for f in view.beside(phrase.indicator, phrase.start, 2 * _BRACKET)
        if is_level(f) and min(abs(f.start - phrase.end), abs(phrase.start - f.end)) <= _BRACKET
    ]
    results = [f for f in near if f.status != "target" and f.start < phrase.start] or [
        f for f in near if f.status != "target"
    ]
    if not results:
        return None
    wanted = days(phrase.period)
    level = next((f for f in reversed(results) if days(f.period) == wanted), results[-1])
    others = [f for f in near if f is not level and base_unit(f) == base_unit(level)]
    if len(others) != 1 or level.bound != "exact" or others[0].bound != "exact":
        return None
    return level, others[0]


def quotient_of_ratio(figures: Sequence[Figure]) -> Sides | None:
    """Level through plan or base, and the phrase's ratio."""
    found, stated = ranges(figures[:2]), ratio_range(figures[2])
    if found is None or stated is None or not found[0].positive or not found[1].positive:
        return None
    return stated, found[0] / found[1]


def rise(figures: Sequence[Figure]) -> Sides | None:
    """Level less base, and the phrase's amount."""
    found = ranges(figures)
    return (found[2], found[0] - found[1]) if found is not None else None


def fall(figures: Sequence[Figure]) -> Sides | None:
    """Base less level, and the phrase's amount."""
    found = ranges(figures)
    return (found[2], found[1] - found[0]) if found is not None else None
