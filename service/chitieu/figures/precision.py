"""How exactly a figure is printed, and when two printed figures state one quantity."""

from __future__ import annotations

from decimal import Decimal, localcontext

from chitieu.contract import Figure

_ROUGH = frozenset({"about", "more_than", "less_than"})


def base_unit(figure: Figure) -> str | None:
    """A name for the base of a figure's unit: figures with the same one can be compared."""
    unit = figure.unit
    if unit is None:
        return None
    # The id names the base that the factor leads to; a bare magnitude (`tỷ`) has none.
    return unit.id or unit.dimension or " ".join(unit.text.casefold().split())


def factor(figure: Figure) -> Decimal:
    """Factor from the printed number to ``value``."""
    return Decimal(figure.unit.factor) if figure.unit is not None and figure.unit.factor else Decimal(1)


def half_unit(figure: Figure) -> Decimal | None:
    """Half a unit of the last printed digit, in the unit's base; of a rough figure, of its last digit that is not 0."""
    if figure.number is None:
        return None
    _, digits, exponent = Decimal(figure.number).as_tuple()
    if not isinstance(exponent, int):
        return None
    if figure.bound in _ROUGH:
        while len(digits) > 1 and digits[-1] == 0:
            digits, exponent = digits[:-1], exponent + 1
    return Decimal(5).scaleb(exponent - 1) * factor(figure)


def quantity(figure: Figure) -> Decimal | None:
    """``value``, or the number where the unit is unknown."""
    printed = figure.value if figure.value is not None else figure.number
    return Decimal(printed) if printed is not None else None


def same_quantity(one: Figure, other: Figure) -> bool:
    """Whether two figures in one base unit can be roundings of one quantity (ranges and fractions: whether they are equal)."""
    a, b = quantity(one), quantity(other)
    if a is None or b is None:
        return False
    if one.value_upper != other.value_upper or one.upper != other.upper:
        return False
    if one.denominator is not None and other.denominator is not None and one.denominator != other.denominator:
        return False
    if a == b:
        return True
    half_a, half_b = half_unit(one), half_unit(other)
    return half_a is not None and half_b is not None and abs(a - b) <= max(half_a, half_b)


def rounded(value: Decimal, places: int) -> Decimal:
    """The value rounded to ``places`` decimals, however large it is."""
    with localcontext() as context:
        context.prec = max(28, value.adjusted() + places + 3)
        return round(value, places)
