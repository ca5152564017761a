"""Bounds: the words beside a number that make it more than a point (`trên`, `không quá`, `trở lên`)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import cast

from chitieu.contract import BoundName
from chitieu.figures.tables import either, rows


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, BoundName]]:
    names = {row["phrase"]: cast(BoundName, row["bound"]) for row in rows("bounds")}

    def at(place: str) -> str:
        return either(row["phrase"] for row in rows("bounds") if row["place"] == place)

    # Words that may stand between the bound and its number do not change it.
    before = re.compile(rf"({at('before')})(?:\s+(?:là|mức|đạt|được|tới|đến|khoảng))?\s*$", re.IGNORECASE)
    after = re.compile(rf"^[^.;:,\n(]{{0,30}}?({at('after')})", re.IGNORECASE)
    return before, after, names


def find_bound(before: str, after: str) -> BoundName:
    """The bound of a number by the words right before it and shortly after it (after its unit)."""
    before_pattern, after_pattern, names = _patterns()
    behind = after_pattern.search(unicodedata.normalize("NFC", after[:60]))
    if behind:
        return names[" ".join(behind[1].lower().split())]
    ahead = before_pattern.search(unicodedata.normalize("NFC", before[-40:]))
    if ahead:
        return names[" ".join(ahead[1].lower().split())]
    return "exact"
