"""A relation: figures that a text sets against each other, and the formula that they should meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from chitieu.contract import Check, Figure, Relation
from chitieu.figures.numbers import plain
from chitieu.figures.precision import Range, exactly, open_range, rounded

_PLACES = 6
_MOST_PLACES = 12

Sides = tuple[Range, Range]  # what is stated, what it computes to
Formula = Callable[[Sequence[Figure]], Sides | None]


@dataclass(frozen=True, slots=True)
class Related:
    """Figures in the order of their formula.

    ``near`` is how far, relative to what is computed, the two sides can be apart where the figures were meant to meet: further
    apart, they are not what they seem, and no check is made. None: any distance. Where the words leave open whether the figures
    belong together, the relation is not ``sure``: it is then its holding that says so, and no check is made where it does not hold.
    """

    kind: str
    figures: tuple[Figure, ...]
    formula: Formula
    relation: Relation = "equal"
    near: Decimal | None = None
    sure: bool = True

    def holds(self) -> bool | None:
        """Whether the sides stand to each other as they should; None where the figures allow no arithmetic."""
        sides = self.formula(self.figures)
        return self._holds(sides) if sides is not None else None

    def with_figures(self, figures: Sequence[Figure]) -> Related:
        """The same relation of other figures, or of other readings of them."""
        return replace(self, figures=tuple(figures))

    def check(self) -> Check | None:
        """The check; None where the figures allow no arithmetic, or it does not hold and they need not have been meant to meet."""
        sides = self.formula(self.figures)
        if sides is None:
            return None
        ok = self._holds(sides)
        stated, computed = (side.printed for side in sides)
        if not ok and (not self.sure or (self.near is not None and abs(stated - computed) > self.near * abs(computed))):
            return None
        return Check(
            kind=self.kind,
            figures=[f.id for f in self.figures],
            relation=self.relation,
            stated=plain(stated),
            computed=shown(computed),
            ok=ok,
        )

    def _holds(self, sides: Sides) -> bool:
        stated, computed = sides
        return stated.meets(computed) if self.relation == "equal" else stated.may_be_at_most(computed)


def shown(value: Decimal) -> str:
    """A computed value to six decimals; to more where that would leave less than three digits."""
    places = _PLACES if not value else min(_MOST_PLACES, max(_PLACES, 2 - value.adjusted()))
    return plain(rounded(value, places))


def ranges(figures: Sequence[Figure]) -> list[Range] | None:
    """The ranges of all figures; None where one has none."""
    found = [open_range(f) for f in figures]
    known = [r for r in found if r is not None]
    return known if len(known) == len(found) else None


def parts_of_fraction(figure: Figure) -> tuple[Range, Range] | None:
    """Numerator and denominator of a fraction."""
    if figure.number is None or not figure.denominator:
        return None
    top, below = Decimal(figure.number), Decimal(figure.denominator)
    return (exactly(top), exactly(below)) if 0 <= top <= below and below > 0 else None
