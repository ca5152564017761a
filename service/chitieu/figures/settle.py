"""Readings that the words leave open, decided by the arithmetic that the text prints beside them.

`1.250 tỷ đồng` is 1250 by the habit of Vietnamese texts and 1,25 by that of English ones; `vượt 119% kế hoạch` is 2,19 times the plan
by its words and 1,19 times it as some writers mean it. Where figures are set against each other, their numbers can show which:
each reading is tried, and one that alone makes the arithmetic hold is taken and marked in ``settled_by``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product

from chitieu.contract import Figure, Span
from chitieu.figures.build import implied_target, multiply, nfc
from chitieu.figures.checks.plans import attainments, changes
from chitieu.figures.checks.products import products
from chitieu.figures.checks.relation import Related
from chitieu.figures.checks.shares import fractions, shares
from chitieu.figures.checks.view import View
from chitieu.figures.numbers import Number, NumberHabit, parse_number, plain
from chitieu.figures.phrases import PhraseKind, Sense, read_number

# Equalities alone decide: what is at most something is so in most readings, a misprint in one of them only.
_FINDERS = (fractions, shares, attainments, changes, products)
_HABITS: tuple[NumberHabit, NumberHabit] = ("vietnamese", "english")
_SEPARATED = re.compile(r"\d[.,]\d{3}(?!\d)")
_FORMS = ("plain", "fraction")


def settle(text: str, spans: Sequence[Span], figures: Sequence[Figure]) -> list[Figure]:
    """The figures with every reading decided that arithmetic can decide; the others as they are.

    Args:
        text: the text that the offsets count in.
        spans: what the tagger saw.
        figures: in text order, as `chitieu.figures.build.build_figures` gives them; they are not changed.
    """
    readings = {f.id: [f, *_others(f)] for f in figures}
    decided: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
    if any(len(found) > 1 for found in readings.values()):
        for related in _relations(View(text, spans, figures)):
            for id_, reading in _decide(related, readings):
                decided[id_].append((reading, [f.id for f in related.figures if f.id != id_]))
    out = [_taken(f, readings[f.id], decided.get(f.id, [])) for f in figures]
    return _with_targets(figures, out)


def _relations(view: View) -> Iterator[Related]:
    for find in _FINDERS:
        yield from find(view)


def _decide(related: Related, readings: dict[str, list[Figure]]) -> Iterator[tuple[str, int]]:
    """The figures of a relation that only one of their readings lets hold, with the number of that reading."""
    choices = [range(len(readings[f.id])) for f in related.figures]
    if all(len(choice) == 1 for choice in choices):
        return
    fits = [
        taken
        for taken in product(*choices)
        if related.with_figures([readings[f.id][at] for f, at in zip(related.figures, taken, strict=True)]).holds()
    ]
    for place, figure in enumerate(related.figures):
        left = {taken[place] for taken in fits}
        if len(choices[place]) > 1 and len(left) == 1:
            yield figure.id, left.pop()


def _taken(figure: Figure, readings: Sequence[Figure], decided: Sequence[tuple[int, list[str]]]) -> Figure:
    """The reading that all arithmetic agrees on; the figure itself where there is none, or no agreement."""
    if len({reading for reading, _ in decided}) != 1:
        return figure
    by = list(dict.fromkeys(id_ for _, ids in decided for id_ in ids))
    return readings[decided[0][0]].model_copy(update={"settled_by": by})


def _others(figure: Figure) -> list[Figure]:
    """The other readings that a figure's words leave open."""
    if figure.number is None or figure.form not in _FORMS or figure.settled_by:
        return []
    if _SEPARATED.search(figure.text):
        return _otherwise_separated(figure)
    loosely = _exceeded_to(figure)
    return [loosely] if loosely is not None else []


def _otherwise_separated(figure: Figure) -> list[Figure]:
    unit = nfc(figure.unit.text) if figure.unit is not None and figure.unit.dimension != "ratio" else None
    read = [parse_number(figure.text, unit=unit, habit=habit) for habit in _HABITS]
    return [
        _with_number(figure, number)
        for number in read
        if number is not None and number.ambiguous and number.form == figure.form and number.number != figure.number
    ]


def _with_number(figure: Figure, number: Number) -> Figure:
    """The figure as if its number had been read so, with all that follows from it."""
    factor = figure.known_unit.factor if figure.known_unit is not None else None
    update: dict[str, object] = {
        "number": number.number,
        "upper": number.upper,
        "denominator": number.denominator,
        "value": multiply(number.number, factor),
        "value_upper": multiply(number.upper, factor),
    }
    if figure.kind in ("attainment", "change") and figure.measure is not None:
        update |= _phrase(figure, number.number, _sense(figure))
    return figure.model_copy(update=update)


def _phrase(figure: Figure, number: str | None, sense: Sense | None) -> dict[str, object]:
    label: PhraseKind = "ATTAINMENT" if figure.kind == "attainment" else "CHANGE"
    unit = figure.known_unit.id if figure.known_unit is not None else None
    read = read_number(label, sense, number, unit=unit, level_is_percent=figure.measure == "points")
    return {"direction": read.direction, "ratio": read.ratio, "measure": read.measure}


def _sense(figure: Figure) -> Sense | None:
    """The sense that a phrase's verb was read in, by what became of its number."""
    if figure.ratio is None:
        return {"up": "more", "exceeded": "more", "down": "less", "missed": "less"}.get(figure.direction or "")  # type: ignore[return-value]
    ratio, share = Decimal(figure.ratio), Decimal(figure.value or 0)
    if ratio == 1 + share:
        return "more"
    return "less" if ratio == 1 - share and figure.kind == "change" else "ratio"


def _exceeded_to(figure: Figure) -> Figure | None:
    """`vượt 119% kế hoạch` read as `đạt 119%`; None where nobody would."""
    if figure.kind != "attainment" or figure.measure != "relative" or figure.direction != "exceeded":
        return None
    if figure.value is None or figure.ratio is None or Decimal(figure.value) < 1:
        return None
    if figure.ratio != plain(1 + Decimal(figure.value)):
        return None
    return figure.model_copy(update=_phrase(figure, figure.number, "ratio"))


def _with_targets(before: Sequence[Figure], figures: list[Figure]) -> list[Figure]:
    """The figures, the implied targets computed again where an attainment or its level was read anew."""
    anew = {f.id for old, f in zip(before, figures, strict=True) if (old.number, old.ratio) != (f.number, f.ratio)}
    levels: dict[str, Figure] = {}
    for at, figure in enumerate(figures):
        indicator = figure.indicator or ""
        if figure.kind == "attainment":
            level = levels.get(indicator)
            if figure.form != "words" and (figure.id in anew or (level is not None and level.id in anew)):
                figures[at] = figure.model_copy(update={"implied_target": implied_target(figure, level)})
        elif figure.kind == "level" and figure.status != "target":
            levels[indicator] = figure
    return figures
