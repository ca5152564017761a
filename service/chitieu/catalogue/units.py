"""What kind of thing a printed unit counts: the evidence that a unit gives for or against an indicator."""

from __future__ import annotations

from functools import lru_cache

from chitieu.catalogue.fold import fold
from chitieu.catalogue.tables import read_table

_MAGNITUDES = frozenset({"trăm", "nghìn", "vạn", "triệu", "tỷ", "1000", "000", "1", "10", "100"})


@lru_cache(maxsize=1)
def _classes() -> dict[str, str]:
    return {fold(row["unit"]): row["class"] for row in read_table("unit_classes.tsv", ("unit", "class"))}


@lru_cache(maxsize=4096)
def unit_class(text: str) -> str | None:
    """The class of a unit (``ratio``, ``money``, ``area``, ``person`` …), ``=noun`` for any other counted noun.

    None where the unit says nothing: no words, or a bare magnitude (``tỷ`` may be money or people).
    """
    words = fold(text).split()
    head, slash, rest = text.partition("/")
    # `tỷ/năm` is some amount a year, no age: the magnitude stands for what is above the line.
    bare = slash and set(fold(head).split()) <= _MAGNITUDES
    while words and words[0] in _MAGNITUDES:
        words.pop(0)
    if not words or bare:
        return None
    noun = " ".join(words)
    known = _classes().get(noun)
    if known is not None:
        return known
    if slash:
        return f"{unit_class(head)}/{fold(rest)}"
    # `lượt khách quốc tế`, `đảng viên mới`: the longest known beginning decides.
    for end in range(len(words) - 1, 0, -1):
        known = _classes().get(" ".join(words[:end]))
        if known is not None:
            return known
    return f"={noun}"


def agreement(indicator_classes: frozenset[str], printed: str | None) -> int:
    """1 where the printed unit fits an indicator's units, -1 where it speaks against it, 0 where nothing is known."""
    if printed is None or not indicator_classes:
        return 0
    if printed in indicator_classes:
        return 1
    if printed.startswith("="):
        noun = set(printed[1:].split())
        if any(
            c.startswith("=") and (noun <= set(c[1:].split()) or set(c[1:].split()) <= noun) for c in indicator_classes
        ):
            return 1
    if printed.partition("/")[0] == "money" and any(
        c.partition("/")[0] == "money" and "/" in c for c in indicator_classes
    ):
        # `65 triệu đồng` of a measure per head: the denominator is often left to the indicator's name.
        return 1 if printed == "money" else 0
    return -1
