"""Arithmetic that a text itself allows: what it states against what its other figures compute to.

Only figures that the text puts side by side are compared, and a difference counts only where the printed digits rule out
rounding. Few and sure: a check that need not hold is not made.

    fraction    `1.050/1.130`, `tỷ lệ 92,92%`: the quotient against the percentage
    attainment  a level and its stated plan value against `đạt 90,9%`, `vượt 7,5%`
    change      a level and its stated base value against `tăng 3,9%`, `giảm 12 vụ`
    sum         the shares of one whole against 100%
    conflict    two values of one indicator, period, status and unit, where the text names the indicator twice
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from chitieu.contract import Check, Figure, Observation, Period
from chitieu.figures.numbers import plain
from chitieu.figures.precision import base_unit, half_unit, quantity, rounded, same_quantity

_HUNDRED = Decimal(100)
# A percentage restates the fraction only where it follows at once; a plan value or base value stands in the next bracket.
_BESIDE = 60
_BRACKET = 160
# Shares that add up to less than this beside 100 are a partition misprinted; others are no partition at all.
_NEAR_HUNDRED = Decimal("1.5")
_PLACES = 6
# Numbers further apart than a misprint or a slip of the pen were not meant to be compared.
_MISPRINT, _FAR = Decimal("0.5"), Decimal(3)
# More values than this under one name are the cells of a table or the cases of a list, no contradiction.
_MOST_CONFLICTING = 3


def check(figures: Sequence[Figure], observations: Sequence[Observation]) -> list[Check]:
    """All checks that a document's figures allow, in the order of the kinds above.

    Args:
        figures: every figure of one document.
        observations: its rows, whose members are ids of those figures.

    Returns:
        Checks; ``stated`` and ``computed`` are decimal strings (of percentages the ratio: 92,92% is 0.9292).
    """
    ordered = sorted(figures, key=lambda f: (f.start, f.end))
    by_id = {f.id: f for f in figures}
    targets = _Plans(ordered)
    found = list(_fractions(ordered))
    for row in observations:
        found += _attainments(row, by_id, targets)
    for row in observations:
        found += _changes(row, by_id, targets)
    found += _sums(observations, by_id)
    found += _conflicts(observations, by_id)
    return found


def _is_percent(figure: Figure) -> bool:
    return figure.unit is not None and figure.unit.id == "percent"


def _fractions(ordered: Sequence[Figure]) -> Iterator[Check]:
    for one, other in pairwise(ordered):
        if one.form != "fraction" or one.number is None or not one.denominator or one.indicator is None:
            continue
        beside = other.indicator == one.indicator and 0 <= other.start - one.end <= _BESIDE
        if not beside or not _is_percent(other) or other.form != "plain" or other.number is None:
            continue
        if other.kind not in ("level", "share") or one.kind not in ("level", "share") or other.bound != "exact":
            continue
        whole = Decimal(one.denominator)
        if whole <= 0 or Decimal(one.number) > whole:
            continue
        computed = Decimal(one.number) / whole
        stated = Decimal(other.number) / _HUNDRED
        yield _made("fraction", (one, other), stated, computed, half_unit(other) or Decimal(0))


def _made(kind: str, figures: Sequence[Figure], stated: Decimal, computed: Decimal, tolerance: Decimal) -> Check:
    return Check(
        kind=kind,
        figures=[f.id for f in figures],
        stated=plain(stated),
        computed=plain(rounded(computed, _PLACES)),
        ok=abs(stated - computed) <= tolerance,
    )


class _Plans:
    """Plain levels by indicator span, in text order: where plan values and base values are looked for."""

    def __init__(self, ordered: Sequence[Figure]) -> None:
        self.levels: dict[str, list[Figure]] = defaultdict(list)
        for figure in ordered:
            if figure.kind == "level" and figure.form == "plain" and figure.indicator is not None and figure.number:
                self.levels[figure.indicator].append(figure)

    def near(self, level: Figure, phrase: Figure) -> list[Figure]:
        """Other levels of the indicator, in the same unit, within a bracket's length of the phrase."""
        assert level.indicator is not None
        found = self.levels[level.indicator]
        # More levels than a sentence holds are a table: nothing there says which is the plan.
        if len(found) > 12:
            return []
        unit = base_unit(level)
        return [
            f
            for f in found
            if f.id != level.id
            and base_unit(f) == unit
            and min(abs(f.start - phrase.end), abs(phrase.start - f.end)) <= _BRACKET
        ]


def _attainments(row: Observation, by_id: dict[str, Figure], plans: _Plans) -> Iterator[Check]:
    level = by_id.get(row.level or "")
    if level is None or level.status == "target" or level.form != "plain" or level.bound != "exact":
        return
    related = [by_id[i] for i in row.attainments]
    # Two percentages with two plans: the text does not say which value is whose.
    told = [f for f in related if f.measure == "relative" and f.ratio and f.number and f.indicator == level.indicator]
    if len(told) != 1 or told[0].bound != "exact":
        return
    phrase = told[0]
    # A third value beside them, a second plan or a base value, leaves open which of them is meant.
    beside = plans.near(level, phrase)
    if len(beside) == 1 and beside[0].status == "target" and beside[0].bound == "exact":
        yield from _quotient("attainment", level, beside[0], phrase)


def _quotient(kind: str, level: Figure, whole: Figure, phrase: Figure) -> Iterator[Check]:
    """Level through whole against the phrase's ratio, the errors of all three printed numbers allowed for."""
    a, b = quantity(level), quantity(whole)
    half_a, half_b, half_p = half_unit(level), half_unit(whole), half_unit(phrase)
    if a is None or b is None or b <= 0 or half_a is None or half_b is None or half_p is None or phrase.ratio is None:
        return
    computed = a / b
    stated = Decimal(phrase.ratio)
    if abs(stated - computed) > _MISPRINT * abs(computed):
        return
    tolerance = half_p + half_a / b + abs(a) * half_b / (b * b)
    yield _made(kind, (level, whole, phrase), stated, computed, tolerance)


def _changes(row: Observation, by_id: dict[str, Figure], plans: _Plans) -> Iterator[Check]:
    level = by_id.get(row.level or "")
    if level is None or level.status == "target" or level.form != "plain" or level.bound != "exact":
        return
    for phrase in (by_id[i] for i in row.changes):
        if phrase.bound != "exact" or phrase.form != "plain" or phrase.indicator != level.indicator:
            continue
        base = phrase.base
        if base is None or base.period is None or not _dated(base.period):
            continue
        beside = plans.near(level, phrase)
        if len(beside) != 1 or beside[0].status == "target" or beside[0].bound != "exact":
            continue
        other = beside[0].period
        if (
            other is None
            or _days(other) != _days(base.period)
            or (level.period and _days(level.period) == _days(other))
        ):
            continue
        if phrase.measure == "relative" and phrase.ratio is not None:
            yield from _quotient("change", level, beside[0], phrase)
        elif phrase.measure in ("amount", "points") and phrase.direction in ("up", "down"):
            yield from _difference(level, beside[0], phrase)


def _difference(level: Figure, base: Figure, phrase: Figure) -> Iterator[Check]:
    a, b, stated = quantity(level), quantity(base), quantity(phrase)
    halves = [half_unit(f) for f in (level, base, phrase)]
    if a is None or b is None or stated is None or any(h is None for h in halves):
        return
    if phrase.measure == "amount" and base_unit(phrase) not in (base_unit(level), None):
        return
    computed = a - b if phrase.direction == "up" else b - a
    yield _made(
        "change", (level, base, phrase), stated, computed, sum((h for h in halves if h is not None), Decimal(0))
    )


def _dated(period: Period) -> bool:
    return period.start is not None and period.end is not None


def _days(period: Period) -> tuple[str | None, str | None]:
    return period.start, period.end


def _sums(observations: Sequence[Observation], by_id: dict[str, Figure]) -> Iterator[Check]:
    wholes: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for row in observations:
        if len(row.indicator.spans) < 2 or not row.shares:
            continue
        for figure in (by_id[i] for i in row.shares):
            if _is_percent(figure) and figure.form == "plain" and figure.number and figure.bound == "exact":
                period = _days(figure.period) if figure.period else None
                wholes[tuple(row.indicator.spans[:-1]), period, figure.status].append(figure)
    for parts in wholes.values():
        parts.sort(key=lambda f: f.start)
        if len(parts) < 3 or len({f.indicator for f in parts}) != len(parts):
            continue
        total = sum((Decimal(f.number or 0) for f in parts), Decimal(0))
        if abs(total - _HUNDRED) > _NEAR_HUNDRED:
            continue
        tolerance = sum((half_unit(f) or Decimal(0) for f in parts), Decimal(0))
        yield _made("sum", parts, Decimal(1), total / _HUNDRED, tolerance)


def _conflicts(observations: Sequence[Observation], by_id: dict[str, Figure]) -> Iterator[Check]:
    stated: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for row in observations:
        level = by_id.get(row.level or "")
        if level is None or level.unit is None or level.form != "plain" or level.bound != "exact":
            continue
        path = tuple(p.casefold() for p in row.indicator.path)
        # Short names that no catalogue knows (`phát hiện`) mean another thing in another section.
        place = () if row.indicator.catalogue else tuple(row.section)
        period = row.period and (row.period.start or row.period.text, row.period.end)
        stated[path, place, period, row.status, base_unit(level)].append(level)
    for levels in stated.values():
        if len(levels) > _MOST_CONFLICTING:
            continue
        known = levels[0]
        for level in levels[1:]:
            # Two values of one mention are told in one breath: of two times, places or cases, whatever was read of that.
            if level.indicator == known.indicator:
                continue
            a, b = quantity(known), quantity(level)
            if a is None or b is None or max(abs(a), abs(b)) > _FAR * min(abs(a), abs(b)):
                continue
            if not same_quantity(known, level):
                yield Check(kind="conflict", figures=[known.id, level.id], stated=plain(a), computed=plain(b), ok=False)
