"""Bounds: the words beside a number that make it more than a point (`trên`, `không quá`, `trở lên`).

``data/bounds.tsv`` lists them; a phrase that is ``exact`` there only looks like a bound (`cao hơn 3%` compares, `hơn 3%` bounds).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import cast

from chitieu.contract import BoundName
from chitieu.figures.tables import either, rows

# Words that may stand between the bound and its number and do not change it.
_BETWEEN = r"(?:\s+(?:là|mức|đạt|được|từ|tới|đến|con\s+số|cả))?"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, BoundName]]:
    names = {row["phrase"]: cast(BoundName, row["bound"]) for row in rows("bounds")}

    def at(place: str) -> str:
        return either(row["phrase"] for row in rows("bounds") if row["place"] == place)

    before = re.compile(rf"({at('before')}){_BETWEEN}[\s(~]*$")
    # Not past the clause or another number, whose bound it then is.
    after = re.compile(rf"^[^.;:,\n(\d]{{0,30}}?({at('after')})")
    return before, after, names


def find_bound(before: str, after: str) -> BoundName:
    """The bound of a number by the words right before it and shortly after it (after its unit); ``exact`` where they say none."""
    before_pattern, after_pattern, names = _patterns()
    behind = after_pattern.search(unicodedata.normalize("NFC", after[:60]).lower())
    if behind:
        return names[" ".join(behind[1].split())]
    ahead = before_pattern.search(unicodedata.normalize("NFC", before[-40:]).lower())
    if ahead:
        return names[" ".join(ahead[1].split())]
    return "exact"
