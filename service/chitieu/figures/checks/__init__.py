"""Arithmetic that a text itself allows: what it states against what its other figures compute to.

Only figures that the text puts side by side are compared, and a difference counts only where the printed digits rule out
rounding. Few and sure: a check that need not hold is not made. `docs/checks.md` has the formula of each kind and when it runs.

    shares      fraction, share         plans   attainment, change      sums    sum
    limits      part, rise, rank        products  product               repeats repeat, conflict
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chitieu.contract import Check, Figure, Observation, Span
from chitieu.figures.checks.limits import parts, ranks, rises
from chitieu.figures.checks.plans import attainments, changes
from chitieu.figures.checks.products import products
from chitieu.figures.checks.relation import Related
from chitieu.figures.checks.repeats import conflicts, repeats
from chitieu.figures.checks.shares import fractions, shares
from chitieu.figures.checks.sums import hundreds, totals
from chitieu.figures.checks.view import View

_FINDERS = (fractions, shares, attainments, changes, hundreds, totals, parts, rises, ranks, products)


def check(
    text: str, spans: Sequence[Span], figures: Sequence[Figure], observations: Sequence[Observation]
) -> list[Check]:
    """All checks that a document's figures allow, by kind and then in text order.

    Args:
        text: the text that the offsets of spans and figures count in.
        figures: every figure of one document.
        observations: its rows, whose members are ids of those figures.

    Returns:
        Checks; ``stated`` and ``computed`` are decimal strings (of percentages the ratio: 92,92% is 0.9292), ``figures`` ids in
        the order of the formula.
    """
    by_id = {f.id: f for f in figures}
    view = View(text, spans, figures)
    made = [found.check() for found in relations(view)]
    return [
        *(m for m in made if m is not None),
        *repeats(observations, by_id),
        *conflicts(view, observations, by_id),
    ]


def relations(view: View) -> Iterator[Related]:
    """The figures that a document sets against each other, whether their numbers meet or not."""
    for find in _FINDERS:
        yield from sorted(find(view), key=lambda r: r.figures[0].start)
