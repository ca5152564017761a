"""How exactly a figure is printed, and when two printed figures state one quantity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from chitieu.contract import BoundName, Figure

_ROUGH = frozenset({"about", "more_than", "less_than"})
_ENDLESS = Decimal("Infinity")
# A count that ends in so many zeros was rounded, whatever its words say.
_ROUND_ZEROS = 3


def base_unit(figure: Figure) -> str | None:
    """A name for the base of a figure's unit: figures with the same one can be compared."""
    unit = figure.known_unit
    if unit is None:
        return None
    # The id names the base that the factor leads to; a bare magnitude (`tỷ`) has none.
    return unit.id or unit.dimension or " ".join(unit.text.casefold().split())


def factor(figure: Figure) -> Decimal:
    """Factor from the printed number to ``value``."""
    unit = figure.known_unit
    return Decimal(unit.factor) if unit is not None and unit.factor else Decimal(1)


def half_unit(figure: Figure) -> Decimal | None:
    """Half a unit of the last printed digit, in the unit's base; of a rough figure, of its last digit that is not 0."""
    return half_printed(figure.number, figure.bound, factor(figure)) if figure.number is not None else None


def half_printed(number: str, bound: BoundName, factor: Decimal) -> Decimal:
    """`half_unit` of a number as a decimal string with its printed digits, its bound word and what it is times ``factor``."""
    return _half(number, without_zeros=bound in _ROUGH) * factor


def _half(number: str, *, without_zeros: bool) -> Decimal:
    """Half a unit of a decimal string's last digit, or of its last that is not 0."""
    whole, _, rest = number.lstrip("-").partition(".")
    exponent = -len(rest)
    if without_zeros:
        digits = whole + rest
        exponent += len(digits[1:]) - len(digits[1:].rstrip("0"))
    return Decimal((0, (5,), exponent - 1))


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


@dataclass(frozen=True, slots=True)
class Range:
    """A quantity as printed, and the least and greatest that its digits and bound words leave open (infinite: no limit)."""

    printed: Decimal
    low: Decimal
    high: Decimal

    @property
    def positive(self) -> bool:
        return self.printed > 0

    def meets(self, other: Range) -> bool:
        """Whether both can be one quantity."""
        return self.low <= other.high and other.low <= self.high

    def may_be_at_most(self, other: Range) -> bool:
        return self.low <= other.high

    def __add__(self, other: Range) -> Range:
        return Range(self.printed + other.printed, self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.printed - other.printed, self.low - other.high, self.high - other.low)

    def __mul__(self, other: Range) -> Range:
        """The product of two positive quantities."""
        low, high = max(self.low, Decimal(0)), max(other.low, Decimal(0))
        return Range(self.printed * other.printed, low * high, self.high * other.high)

    def __truediv__(self, other: Range) -> Range:
        """The quotient of two positive quantities."""
        low = Decimal(0) if other.high == _ENDLESS else max(self.low, Decimal(0)) / other.high
        high = _ENDLESS if other.low <= 0 or self.high == _ENDLESS else self.high / other.low
        return Range(self.printed / other.printed, low, high)


def exactly(value: Decimal) -> Range:
    """A quantity that nothing is left open of."""
    return Range(value, value, value)


def around(value: Decimal, half: Decimal, bound: BoundName) -> Range:
    """What the digits of a value and its bound word leave open: `trên 87%` anything above, `gần 93%` a unit of the last digit each way.

    Args:
        half: half a unit of the last printed digit; for `khoảng`, `gần` of the last that is not 0.
    """
    if bound == "about":
        return Range(value, value - 2 * half, value + 2 * half)
    above = bound in ("more_than", "at_least")
    below = bound in ("less_than", "at_most")
    return Range(value, -_ENDLESS if below else value - half, _ENDLESS if above else value + half)


def is_counted(figure: Figure) -> bool:
    """Whether a figure counts things one by one: a whole number of a counted unit or of none, without a magnitude word."""
    unit = figure.known_unit
    if figure.number is None or "." in figure.number or factor(figure) != 1:
        return False
    return unit is None or unit.dimension == "count"


def open_range(figure: Figure) -> Range | None:
    """The range of a figure's value; None where it has none. A count is exact, if it does not end in thousands."""
    unit = figure.known_unit
    factor_, dimension = (unit.factor, unit.dimension) if unit is not None else (None, "count")
    return _open_range(figure.value, figure.number, factor_ or "1", dimension, figure.bound)


@lru_cache(maxsize=65536)  # each figure is asked for once for each relation and reading
def _open_range(
    value: str | None, number: str | None, factor_: str, dimension: str | None, bound: BoundName
) -> Range | None:
    printed = value if value is not None else number
    if printed is None or number is None:
        return None
    counted = dimension == "count" and "." not in number and factor_ == "1"
    half = _half(number, without_zeros=counted or bound == "about") * Decimal(factor_)
    if counted and bound != "about" and not number.endswith("0" * _ROUND_ZEROS):
        half = Decimal(0)
    return around(Decimal(printed), half, bound)


def ratio_range(figure: Figure) -> Range | None:
    """The range of a phrase's ratio: of `tăng hơn 8%` from 1.08 up, of `giảm hơn 8%` from 0.92 down; None where it has none."""
    if figure.ratio is None or figure.value is None or figure.form != "plain":
        return None
    ratio, share = Decimal(figure.ratio), Decimal(figure.value)
    printed = open_range(figure)
    if printed is None:
        return None
    one = exactly(Decimal(1))
    # Of half, both readings give one ratio; only what a bound word loosens tells them apart.
    if figure.kind == "attainment" and ratio == share:
        return printed
    if ratio == 1 - abs(share):
        return one + printed if share < 0 else one - printed
    if ratio == 1 + share:
        return one + printed
    # `giảm 2 lần` is the inverse of what is printed: its digits are those of another number.
    return printed if ratio == share else None
