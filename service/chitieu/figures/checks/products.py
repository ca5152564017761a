"""Area and yield against the output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from chitieu.contract import Figure
from chitieu.figures.checks.relation import Related, Sides, ranges
from chitieu.figures.checks.view import REACH, View, days, is_level
from chitieu.figures.precision import base_unit

# Output comes from what was harvested: further off, the area is that of another season or of what still stands.
_NEAR = Decimal("0.1")
_HARVESTED = re.compile(r"thu hoạch")


def products(view: View) -> Iterator[Related]:
    """`product`: area times yield, and the output, all of one crop, time and neighbourhood, one of each."""
    for figure in view.figures:
        yields = _is(figure, "mass_per_ha")
        crop = view.parent(figure.indicator)
        if not yields or crop is None:
            continue
        near: list[Figure] = []
        for indicator in (crop, *view.children.get(crop, ())):
            near += [f for f in view.beside(indicator, figure.start, REACH) if days(f.period) == days(figure.period)]
        area = _only(view, [f for f in near if _is(f, "area")])
        output = _only(view, [f for f in near if _is(f, "mass")])
        if area is None or output is None or sum(_is(f, "mass_per_ha") for f in near) != 1:
            continue
        if base_unit(figure) == f"{base_unit(output)}/{base_unit(area)}":
            yield Related("product", (area, figure, output), product, near=_NEAR)


def _is(figure: Figure, dimension: str) -> bool:
    return is_level(figure) and figure.known_unit is not None and figure.known_unit.dimension == dimension


def _only(view: View, found: Sequence[Figure]) -> Figure | None:
    """The only one, or the only one that was harvested."""
    if len(found) > 1:
        found = [f for f in found if _HARVESTED.search(view.words_of(f.indicator))]
    return found[0] if len(found) == 1 else None


def product(figures: Sequence[Figure]) -> Sides | None:
    """Area times yield, and the output."""
    found = ranges(figures)
    if found is None or not all(r.positive for r in found):
        return None
    return found[2], found[0] * found[1]
