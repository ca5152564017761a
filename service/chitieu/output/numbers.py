"""Numbers as people read them here: `1.234,5`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

# Further digits of a quotient tell nobody anything.
_SHOWN = 4
_EXACT = Context(prec=400)


def vietnamese(value: Decimal, *, places: int | None = None) -> str:
    """A number with points between thousands and a decimal comma.

    Args:
        value: any finite number.
        places: decimals at most, rounded half up; None: all.
    """
    with localcontext(_EXACT):
        if places is not None and -int(value.as_tuple().exponent) > places:
            value = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = format(value, ",f")
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    shown = whole.replace(",", ".") + (f",{rest}" if rest else "")
    return "0" if shown == "-0" else shown


def short(value: Decimal) -> str:
    """The same with few decimals: four, or so many more that three digits are left of a small number."""
    places = _SHOWN if not value else min(12, max(_SHOWN, 2 - value.adjusted()))
    return vietnamese(value, places=places)
