"""Units: a magnitude word or several, a base unit, and what it is counted by (`triệu đồng/người/năm`).

What is in ``data/base_units.tsv`` gets its id, dimension and factor; one marked ``takes_noun`` also with a noun behind it (`ha lúa`,
`km đường`). Any other noun is a counted thing: its id ``count:`` and the noun, its dimension ``count``, its factor that of the
magnitude word. A magnitude alone (`tỷ`, bare) scales an unknown base: its id is None. Ratios join ids by `/` (`VND/person/year`);
a number below the line (`bác sĩ/10.000 dân`, `vạn dân`) stays part of the id.
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
    r"\s*/\s*|\s+(?:mỗi|một|trên)\s+(?=(?:ngày|tháng|quý|năm|người|hộ|ha|héc ta)\b)|\s+(?=(?:hằng|hàng) (?:năm|tháng|ngày)\b)"
    r"|\s+trên\s+(?=(?:1\.000|10\.000|100\.000|một vạn|1 vạn|vạn|nghìn|ngàn)\s)"
)
_POWER = re.compile(r"\b(k?m|cm)\s*\^?\s*([23])(?!\d)")
_COUNT_BELOW = re.compile(r"((?:\d[\d.]*|một)?\s*(?:chục\s+)?(?:vạn|nghìn|ngàn|triệu)|\d[\d.]*)\s+(\D.*)")
_LEADING_COUNT = re.compile(r"(10{1,6}|1\.000(?:\.000)?)\s+(?=\D)")
_GLUED = re.compile(r"tr\.?\s?(đ|đồng|usd|kwh)")
_EVERY = {"năm": "year", "tháng": "month", "ngày": "day"}
_LONGEST = 200  # characters of a unit that are read
_NOUN = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]+){0,3}")


@cache
def _base_units() -> dict[str, tuple[str, str, Decimal]]:
    return {r["surface"]: (r["id"], r["dimension"], Decimal(r["factor"])) for r in rows("base_units")}


@cache
def _heads() -> frozenset[str]:
    return frozenset(r["surface"] for r in rows("base_units") if r["takes_noun"])


@cache
def _magnitudes() -> dict[str, Decimal]:
    return {r["word"]: Decimal(r["factor"]) for r in rows("magnitudes")}


def _fold(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(" .,;")
    return _POWER.sub(r"\1\2", folded.replace("²", "2").replace("³", "3"))


def _magnitude(words: list[str]) -> tuple[Decimal, list[str]]:
    factor = Decimal(1)
    while words and (own := _magnitudes().get(words[0].rstrip("."))) is not None:
        factor *= own
        words = words[1:]
    return factor, words


def _named(name: str) -> tuple[str, str, Decimal] | None:
    known = _base_units().get(name)
    if known is not None:
        return known
    head = name.split(" ")
    for length in (3, 2, 1):
        if len(head) > length and (start := " ".join(head[:length])) in _heads():
            return _base_units()[start]
    return None


def _base(text: str) -> tuple[str, str, Decimal]:
    """Id, dimension and factor of one side of a ratio, magnitudes included."""
    glued = _GLUED.fullmatch(text)
    if glued:
        text = f"triệu {glued[1]}"
    factor = Decimal(1)
    counted = _LEADING_COUNT.match(text)
    if counted:
        factor, text = Decimal(counted[1].replace(".", "")), text[counted.end() :]
    own, words = _magnitude(text.split())
    factor *= own
    name = " ".join(words)
    known = _named(name)
    if known is not None:
        id_, dimension, own = known
        return id_, dimension, factor * own
    return (f"count:{name}" if name else ""), "count" if name else "scale", factor


def _below(text: str) -> tuple[str, str, Decimal]:
    """Id, name in the dimension and divisor of what stands below the line."""
    every = re.fullmatch(r"(?:hằng|hàng) (năm|tháng|ngày)", text)
    if every:
        return _EVERY[every[1]], _EVERY[every[1]], Decimal(1)
    counted = _COUNT_BELOW.fullmatch(text)
    if counted:
        thing = _base(counted[2])[0].removeprefix("count:")
        return f"{_count(counted[1])} {thing}", _word(thing), Decimal(1)
    id_, _, factor = _base(text)
    id_ = id_.removeprefix("count:")
    return id_, _word(id_), factor


def _word(id_: str) -> str:
    return id_.replace(" ", "_")


def _count(text: str) -> str:
    """`một vạn`, `1 vạn`, `10.000` as plain digits."""
    factor = Decimal(1)
    for word in text.split():
        digits = word.replace(".", "")
        factor *= int(digits) if digits.isascii() and digits.isdigit() else _magnitudes().get(word, Decimal(1))
    return plain(factor)


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[str | None, str | None, str]:
    folded = _fold(text)
    if folded in _base_units():  # `mb/s` has a name of its own
        sides = [folded]
    else:
        sides = [side for side in _PER.split(folded) if side]
    if not sides:
        return None, None, "1"
    id_, dimension, factor = _base(sides[0])
    for side in sides[1:]:
        below, name, divisor = _below(side)
        id_, dimension = f"{id_.removeprefix('count:')}/{below}", f"{dimension}_per_{name}"
        factor /= divisor
    return id_ or None, dimension, plain(factor)


def parse_unit(text: str, *, shared: bool = False) -> Unit:
    """Read the text of a UNIT span; ``factor`` is to the base unit that ``id`` names.

    Args:
        shared: whether the unit stands behind a later number and is that one's, too.
    """
    id_, dimension, factor = _read(text[:_LONGEST])
    return Unit(text=text, id=id_, factor=factor, dimension=dimension, shared=shared)


def unit_dimension(words: str, *, counted: bool = False) -> str | None:
    """The dimension of a unit that stands alone, as in the head of a column; None where the words are no unit.

    Args:
        counted: whether a noun of a few words that is not listed is a unit, too, as in a column of units.
    """
    folded = _fold(words[:_LONGEST])
    sides = [folded] if folded in _base_units() else [side for side in _PER.split(folded) if side]
    if not sides or not all(_is_listed(side) or (counted and _NOUN.fullmatch(side)) for side in sides):
        return None
    return _read(words[:_LONGEST])[1]


def _is_listed(side: str) -> bool:
    """Whether one side of a ratio is a listed unit, magnitudes and numbers before it aside."""
    if _GLUED.fullmatch(side) or re.fullmatch(r"(?:hằng|hàng) (?:năm|tháng|ngày)", side):
        return True
    below = _COUNT_BELOW.fullmatch(side)
    counted = _LEADING_COUNT.match(side)
    name = " ".join(_magnitude((below[2] if below else side[counted.end() if counted else 0 :]).split())[1])
    return bool(name) and _named(name) is not None


_PERCENT_SIGN = re.compile(
    r"(?:điểm\s*)?(?:%(?![o0](?!\w))|phần\s+trăm)|‰|%[o0](?!\w)|phần\s+nghìn|điểm", re.IGNORECASE
)


def has_percent_sign(text: str) -> bool:
    """Whether a PERCENT span's text holds its own sign (`33,7` in `33,7 và 31,8%` does not)."""
    return _PERCENT_SIGN.search(unicodedata.normalize("NFC", text[-_LONGEST:])) is not None


def parse_percent_unit(text: str, *, shared: bool = False) -> Unit:
    """The unit of a PERCENT span: ``percent``, ``percentage_point`` or ``permille``; its text is the sign or words (NFC)."""
    composed = unicodedata.normalize("NFC", text[-_LONGEST:])
    sign = _PERCENT_SIGN.search(composed)
    printed = sign.group() if sign else "%"
    words = " ".join(printed.casefold().split())
    if words.startswith("điểm"):
        return Unit(text=printed, id="percentage_point", factor="0.01", dimension="percentage_point", shared=shared)
    if words in ("‰", "%o", "%0", "phần nghìn"):
        return Unit(text=printed, id="permille", factor="0.001", dimension="ratio", shared=shared)
    return Unit(text=printed, id="percent", factor="0.01", dimension="ratio", shared=shared)
