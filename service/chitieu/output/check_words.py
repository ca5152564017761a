"""A check as people read it: what the text states, what its other figures give, and whether the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from chitieu.contract import Check, Figure
from chitieu.output.columns import in_words
from chitieu.output.context import Context, one_line
from chitieu.output.numbers import short

_RATIOS = ("percent", "percentage_point", "permille")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class CheckWords:
    """``stated`` in the text's words where it is one printed number, ``computed`` in the unit of what is stated."""

    stated: str
    computed: str
    sentence: str


def say(check: Check, context: Context) -> CheckWords:
    """A check in words."""
    figures = [context.figures[i] for i in check.figures]
    stated = Decimal(check.stated)
    figure, as_ratio = _stating(figures, stated)
    scale, unit = _unit(figures, figure, as_ratio)
    computed = f"{short(Decimal(check.computed) / scale)}{unit}"
    printed = _printed(figure, context) if figure is not None else f"{short(stated / scale)}{unit}"
    if as_ratio and figure is not None and figure.value is not None and Decimal(figure.value) != stated:
        # `vượt 7,5%` states a ratio of 107,5%, which is what the other numbers give.
        printed += f" (= {short(stated / scale)}{unit})"
    verdict = in_words("agreement", "yes" if check.ok else "no")
    if check.relation == "at_most":
        told = f"văn bản nêu {printed}, phải không quá {computed}: {verdict}"
    else:
        rounded = check.ok and stated != Decimal(check.computed)
        told = f"văn bản nêu {printed}; các số khác cho {computed}: {verdict}{' (do làm tròn)' if rounded else ''}"
    sentence = f"{in_words('check', check.kind)}: {told}."
    return CheckWords(printed, computed, sentence[0].upper() + sentence[1:])


def _stating(figures: Sequence[Figure], stated: Decimal) -> tuple[Figure | None, bool]:
    """The figure whose number is what is stated, and whether it is its ratio to plan or base; None where none is alone."""
    for figure in reversed(figures):
        if figure.ratio is not None and Decimal(figure.ratio) == stated:
            return figure, True
    for figure in figures:
        for number in (figure.value, figure.number):
            if number is not None and Decimal(number) == stated:
                return figure, False
    return None, False


def _unit(figures: Sequence[Figure], stating: Figure | None, as_ratio: bool) -> tuple[Decimal, str]:
    """What one of the shown unit is in the check's numbers, and how it is written behind the number."""
    figure = stating or (figures[0] if figures else None)
    unit = figure.known_unit if figure is not None else None
    if as_ratio or (unit is not None and unit.id in _RATIOS):
        return 1 / _HUNDRED, "%"
    if figure is None or unit is None or unit.factor is None or figure.form == "rank" or not Decimal(unit.factor):
        return Decimal(1), ""
    return Decimal(unit.factor), f" {one_line(unit.text)}"


def _printed(figure: Figure, context: Context) -> str:
    if figure.phrase is not None:
        return context.phrase(figure)
    unit = figure.known_unit
    text = one_line(figure.text)
    return f"{text} {one_line(unit.text)}" if unit is not None and unit.id not in _RATIOS else text
