"""A part of a whole against the percentage printed beside it: `1.050/1.130 đơn, đạt 92,9%`; `… 1.858 dịch vụ (619 dịch vụ, 33,3%)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from chitieu.contract import Figure
from chitieu.figures.checks.relation import Related, Sides, parts_of_fraction, ranges
from chitieu.figures.checks.view import View, days, is_level, is_percent, is_ratio
from chitieu.figures.precision import open_range

# A percentage restates a fraction only where it follows at once, past figures of other indicators in brackets at most.
_BESIDE = 60
_PAST_BRACKET = 160
_WHOLE = 300
_NEAR = Decimal("0.15")


def fractions(view: View) -> Iterator[Related]:
    """`fraction`: the quotient of a fraction, and the percentage of the same indicator beside it, before or behind."""
    for figures in view.of.values():
        for at, figure in enumerate(figures):
            if figure.form != "fraction" or figure.kind not in ("level", "share", "change"):
                continue
            behind = figures[at + 1] if at + 1 < len(figures) else None
            ahead = figures[at - 1] if at else None
            if behind is not None and _restates(view, behind) and _is_beside(view, figure, behind):
                # `55/55 đại biểu có mặt, đạt 98,2% tổng số đại biểu`: a whole that is named can be another.
                sure = not view.behind_number(behind) and not _names_whole(view, behind)
                yield Related("fraction", (figure, behind), _quotient_of_fraction, sure=sure)
            elif ahead is not None and _restates(view, ahead) and _opens_bracket(view, ahead, figure):
                yield Related("fraction", (figure, ahead), _quotient_of_fraction)


def _restates(view: View, figure: Figure) -> bool:
    told = is_percent(figure) and figure.form == "plain" and figure.kind in ("level", "share")
    return told and not view.is_listed(figure)


def _is_beside(view: View, fraction: Figure, percentage: Figure) -> bool:
    apart = percentage.start - fraction.end
    if apart <= _BESIDE:
        return True
    if apart > _PAST_BRACKET or not view.one_sentence(fraction, percentage):
        return False
    between = view.text[fraction.end : percentage.start]
    opened, closed = between.find("("), between.rfind(")")
    return 0 <= opened < closed and len(between) - (closed - opened) <= _BESIDE


def _opens_bracket(view: View, percentage: Figure, fraction: Figure) -> bool:
    """`đạt 75% (6/8 cơ sở)`: the fraction alone in the bracket right behind."""
    return view.text[percentage.end : fraction.start].strip() in ("(", "[")


def _quotient_of_fraction(figures: Sequence[Figure]) -> Sides | None:
    sides = parts_of_fraction(figures[0])
    stated = open_range(figures[1])
    return (stated, sides[0] / sides[1]) if sides is not None and stated is not None else None


def shares(view: View) -> Iterator[Related]:
    """`share`: a part through the whole before it, and the percentage right behind the part."""
    for indicator, figures in view.of.items():
        wider = view.wider(indicator)
        if not wider:
            continue
        for at in range(len(figures) - 1):
            part, share = figures[at], figures[at + 1]
            if not is_level(part) or is_ratio(part) or not _restates(view, share) or not view.one_clause(part, share):
                continue
            # A share that names its whole (`chiếm 3,6% dân số`) is of that one.
            if share.start - part.end > _BESIDE or view.behind_number(share) or _names_whole(view, share):
                continue
            whole = _whole(view, part, wider)
            if whole is not None:
                yield Related("share", (part, whole, share), quotient, near=_NEAR)


def _names_whole(view: View, share: Figure) -> bool:
    rest = view.text[share.end : share.end + 12].lstrip()
    return not (rest[:1] in ("", ")", ",", ";", ".", "|", "]", "(") or rest.startswith(("và ", "còn ")))


def _whole(view: View, part: Figure, wider: Sequence[str]) -> Figure | None:
    """The one level of the nearest wider indicator with any, in the same measure and of the same time."""
    for indicator in wider:
        levels = [f for f in view.before(indicator, part.start, _WHOLE) if f.kind == "level"]
        if levels:
            fits = [f for f in levels if is_level(f) and view.comparable(f, part)]
            if len(fits) != 1 or not view.one_sentence(fits[0], part) or days(fits[0].period) != days(part.period):
                return None
            # `119 trường, 01 trường ngoài công lập, 72 trường đạt chuẩn, đạt 61%`: of all of them, or of the others alone.
            others = [f for f in view.among(fits[0].end, part.start) if is_level(f) and view.comparable(f, part)]
            return fits[0] if not others or view.led_in(fits[0], part) else None
    return None


def quotient(figures: Sequence[Figure]) -> Sides | None:
    """Part through whole, and the share; part at most the whole."""
    found = ranges(figures)
    if found is None:
        return None
    part, whole, stated = found
    if not part.positive or not whole.positive or part.printed > whole.printed:
        return None
    return stated, part / whole
