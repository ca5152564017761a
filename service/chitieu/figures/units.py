"""Units: a magnitude word or several, a base unit, and what it is counted by (`triệu đồng/người/năm`).

What is in ``data/base_units.tsv`` gets its id, dimension and factor; any other noun is a counted thing, its id ``count:`` and the
noun, its dimension ``count``, its factor that of the magnitude word. A magnitude alone (`tỷ`, bare) scales an unknown base: its id
is None. Ratios join ids by `/`; a number below the line (`bác sĩ/10.000 dân`, `vạn dân`) stays part of the id.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache

from chitieu.contract import Unit
from chitieu.figures.numbers import plain
from chitieu.figures.tables import rows

_PER = re.compile(
    r"\s*/\s*|\s+(?:mỗi|trên|một)\s+(?=(?:ngày|tháng|quý|năm|người|hộ|ha|héc ta)\b)|\s+(?=hằng năm|hàng năm)"
)
_POWER = re.compile(r"\b(k?m|cm)\s*([23])(?!\d)")
_COUNT_BELOW = re.compile(r"([\d.]+|một\s+vạn|vạn|nghìn|ngàn)\s+(.+)")
_EVERY = {"hằng năm": "year", "hàng năm": "year"}


@cache
def _base_units() -> dict[str, tuple[str, str, Decimal]]:
    return {r["surface"]: (r["id"], r["dimension"], Decimal(r["factor"])) for r in rows("base_units")}


@cache
def _magnitudes() -> dict[str, Decimal]:
    return {r["word"]: Decimal(r["factor"]) for r in rows("magnitudes")}


def _fold(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(" .,;")
    return _POWER.sub(r"\1\2", folded).replace("m²", "m2").replace("m³", "m3")


def _magnitude(words: list[str]) -> tuple[Decimal, list[str]]:
    factor = Decimal(1)
    while words and (own := _magnitudes().get(words[0].rstrip("."))) is not None:
        factor *= own
        words = words[1:]
    return factor, words


def _base(text: str) -> tuple[str, str, Decimal]:
    """Id, dimension and factor of one side of a ratio, magnitudes included."""
    base = _base_units()
    glued = re.fullmatch(r"tr\.?(đ|đồng|usd)", text)
    if glued:
        text = f"triệu {glued[1]}"
    factor, words = _magnitude(text.split())
    name = " ".join(words)
    if name in base:
        id_, dimension, own = base[name]
        return id_, dimension, factor * own
    return (f"count:{name}" if name else ""), "count" if name else "scale", factor


def _below(text: str) -> tuple[str, Decimal]:
    """Id and divisor of what stands below the line."""
    if text in _EVERY:
        return _EVERY[text], Decimal(1)
    counted = _COUNT_BELOW.fullmatch(text)
    if counted:
        number = {"vạn": "10000", "một vạn": "10000", "nghìn": "1000", "ngàn": "1000"}.get(" ".join(counted[1].split()))
        return f"{number or counted[1].replace('.', '')} {_base(counted[2])[0].removeprefix('count:')}", Decimal(1)
    id_, _, factor = _base(text)
    return id_.removeprefix("count:"), factor


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[str | None, str | None, str]:
    sides = [side for side in _PER.split(_fold(text)) if side]
    if not sides:
        return None, None, "1"
    id_, dimension, factor = _base(sides[0])
    for side in sides[1:]:
        below, divisor = _below(side)
        id_, dimension = f"{id_.removeprefix('count:')}/{below}", f"{dimension}_per_{below.split(' ')[-1]}"
        factor /= divisor
    return id_ or None, dimension, plain(factor)


def parse_unit(text: str, *, shared: bool = False) -> Unit:
    """Read the text of a UNIT span; ``factor`` is to the base unit that ``id`` names."""
    id_, dimension, factor = _read(text[:200])
    return Unit(text=text, id=id_, factor=factor, dimension=dimension, shared=shared)


def parse_percent_unit(text: str) -> Unit:
    """The unit of a PERCENT span: ``percent``, ``percentage_point`` or ``permille``; its text is the sign or words."""
    folded = unicodedata.normalize("NFC", text).casefold()
    sign = re.search(r"(?:điểm\s*)?(?:%|phần\s+trăm)|‰|phần\s+nghìn|điểm", folded)
    printed = text[sign.start() : sign.end()] if sign and len(folded) == len(text) else text
    if "điểm" in folded:
        return Unit(text=printed, id="percentage_point", factor="0.01", dimension="percentage_point")
    if "‰" in folded or "phần nghìn" in " ".join(folded.split()):
        return Unit(text=printed, id="permille", factor="0.001", dimension="ratio")
    return Unit(text=printed, id="percent", factor="0.01", dimension="ratio")
