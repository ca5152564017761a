"""Edges that the rules of annotation fix without any doubt, put right behind the model.

Where a span ends can be hard; that `âm` belongs to its number, that `đồng/` goes on below the line, and that a lone `2` under an `m` is
its exponent, is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chitieu.tagging.decode import TaggedSpan
from chitieu.text.segmentation import Piece

_Surface = Callable[[int], str]
_NEGATIVE = "âm"
_EXPONENT = re.compile(r"[23]")
_LENGTHS = {"m", "km", "dm", "cm"}
_WORD = re.compile(r"[^\W\d_]+[23²³]?")


def repair(spans: Sequence[TaggedSpan], view: str, pieces: Sequence[Piece]) -> list[TaggedSpan]:
    """The spans with their edges put right, and without numbers that were exponents; heads and phrases follow.

    Args:
        spans: as decoded, in text order; changed in place.
        view: the text that pieces are offsets of.
    """

    def surface(number: int) -> str:
        return view[pieces[number].start : pieces[number].end] if 0 <= number < len(pieces) else ""

    taken = {
        at
        for span in spans
        if span.label not in ("ATTAINMENT", "CHANGE", "SHARE")
        for at in range(span.first, span.last)
    }
    exponents: set[int] = set()
    for span in spans:
        if span.label in ("PERCENT", "QUANTITY"):
            _take_sign(span, spans, surface, taken)
        elif span.label == "UNIT":
            _finish_ratio(span, surface, taken)
            exponent = _exponent_behind(span, view, pieces, surface)
            if exponent is not None:
                exponents.add(exponent)
                span.last = exponent + 1
    dropped = {
        n for n, s in enumerate(spans) if s.label == "QUANTITY" and s.last - s.first == 1 and s.first in exponents
    }
    return without(spans, dropped)


def _take_sign(span: TaggedSpan, spans: Sequence[TaggedSpan], surface: _Surface, taken: set[int]) -> None:
    if (
        surface(span.first - 1).lower() == _NEGATIVE
        and span.first - 1 not in taken
        and surface(span.first)[:1].isdigit()
    ):
        span.first -= 1
        taken.add(span.first)
        if span.phrase is not None:
            phrase = spans[span.phrase]
            phrase.first = min(phrase.first, span.first)


def _finish_ratio(span: TaggedSpan, surface: _Surface, taken: set[int]) -> None:
    """`đồng/` + `hộ/tháng`; a line that a number follows (`vụ/724 bị cáo`) is no part of a unit."""
    while surface(span.last) == "/" and span.last not in taken and _goes_on(surface, span.last + 1, taken):
        span.last += 2
    if surface(span.last - 1) == "/" and span.last - span.first > 1:
        if _goes_on(surface, span.last, taken):
            span.last += 1
            _finish_ratio(span, surface, taken)
        else:
            span.last -= 1
    taken.update(range(span.first, span.last))


def _goes_on(surface: _Surface, at: int, taken: set[int]) -> bool:
    return at not in taken and _WORD.fullmatch(surface(at)) is not None


def _exponent_behind(span: TaggedSpan, view: str, pieces: Sequence[Piece], surface: _Surface) -> int | None:
    """The piece of a `2` or `3` alone on the line below a length, or None."""
    at = span.last
    if surface(at - 1).lower() not in _LENGTHS or not _EXPONENT.fullmatch(surface(at)):
        return None
    above = view[pieces[at - 1].end : pieces[at].start]
    below = view[pieces[at].end : pieces[at].end + 2]
    return at if "\n" in above and above.count("\n") <= 2 and below.strip(" ")[:1] in ("\n", "\r", "") else None


def without(spans: Sequence[TaggedSpan], dropped: set[int]) -> list[TaggedSpan]:
    """The spans less those at the indices dropped, which govern and hold nothing any more."""
    place: dict[int, int] = {}
    kept = []
    for number, span in enumerate(spans):
        if number not in dropped:
            place[number] = len(kept)
            kept.append(span)
    for span in kept:
        span.head = place.get(span.head) if span.head is not None else None
        span.phrase = place.get(span.phrase) if span.phrase is not None else None
    return kept
