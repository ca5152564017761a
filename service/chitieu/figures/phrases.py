"""What a phrase says around its number: direction, ratio and measure, the plan it refers to, the base it compares with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from typing import Literal, cast

from chitieu.contract import Direction, Measure
from chitieu.figures.numbers import plain
from chitieu.figures.tables import either, rows

Sense = Literal["more", "less", "times", "ratio"]
PhraseKind = Literal["ATTAINMENT", "CHANGE"]
_EDGE = " \t\r\n,.;:()"
_AGAINST = re.compile(r"(?<!\w)so(?:\s+với)?\s", re.IGNORECASE)
_ELSEWHERE = re.compile(r"cả nước|toàn quốc|(?<!\w)vùng(?!\w)|khu vực")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _words(match: re.Match[str]) -> str:
    return " ".join(match.group().split())


@cache
def _verbs() -> tuple[re.Pattern[str], dict[str, Sense], frozenset[str]]:
    senses = {row["verb"]: cast(Sense, row["sense"]) for row in rows("verbs")}
    weak = frozenset(row["verb"] for row in rows("verbs") if row["note"].startswith("weak"))
    return re.compile(either(senses)), senses, weak


def verb_sense(before: str, label: PhraseKind = "CHANGE") -> Sense | None:
    """The sense of the verb that stands nearest before a number, or None where there is none.

    ``more`` and ``less``: the number is a difference. ``ratio``: it is the ratio itself. ``times``: `gấp`. In a CHANGE, `đạt` behind
    `tăng` (`tăng bình quân đạt 7%`) leaves it a difference.
    """
    pattern, senses, weak = _verbs()
    found = list(pattern.finditer(_fold(before)))
    if not found:
        return None
    if label == "CHANGE" and _words(found[-1]) in weak:
        strong = [m for m in found if _words(m) not in weak]
        return senses[_words((strong or found)[-1])]
    return senses[_words(found[-1])]


@cache
def _rate_words() -> re.Pattern[str]:
    return re.compile(either(row["phrase"] for row in rows("rate_words")))


def names_rate(indicator: str) -> bool:
    """Whether an indicator's own words say that it is a percentage (`Tỷ lệ hộ nghèo`)."""
    return _rate_words().match(_fold(indicator)) is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """Direction, ratio (decimal string) and measure of a phrase's number; each None where the phrase does not say."""

    direction: Direction | None
    ratio: str | None
    measure: Measure | None


def _ratio(sense: Sense, number: Decimal, is_percent: bool) -> Decimal | None:
    """Ratio to plan or base. `tăng 2 lần` is read as `gấp 2 lần`, as reports mean it; `giảm 2 lần` as its half."""
    with localcontext() as context:
        context.prec = 60
        share = number / 100 if is_percent else number
        if not is_percent:
            if sense == "less":
                return _rounded(1 / share) if share else None
            return share
        if sense == "more":
            return 1 + share
        if sense == "less":
            return 1 - share
        return share


def _rounded(value: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 12
        return +value


def read_number(
    label: PhraseKind,
    sense: Sense | None,
    number: str | None,
    *,
    unit: str | None,
    level_is_percent: bool,
) -> Reading:
    """Read an ATTAINMENT's or CHANGE's number (of a range, its lower end).

    Args:
        sense: of its verb, carried over from an earlier phrase where it has none of its own.
        number: decimal string; a negative one turns `more` into `less`.
        unit: unit id; ``percent``, ``times`` or another.
        level_is_percent: the indicator's own level is a percentage, so that a difference in percent is one in points.
    """
    sense = sense or ("ratio" if label == "ATTAINMENT" else None)
    value = Decimal(number) if number is not None else None
    if value is not None and value < 0 and sense in ("more", "less", None):
        sense, value = "less", -value
    is_percent = unit in ("percent", "permille")
    is_ratio = is_percent or unit == "times" or sense == "times"
    measure: Measure
    if unit == "percentage_point" or (is_percent and level_is_percent and sense in ("more", "less")):
        measure = "points"
    elif is_ratio:
        measure = "relative"
    else:
        measure = "amount"
    ratio = None
    if measure == "relative" and value is not None and sense is not None:
        ratio = _ratio(sense, value / 10 if unit == "permille" else value, is_percent)
    direction = _direction(label, sense, value, ratio)
    return Reading(direction, plain(ratio) if ratio is not None else None, measure)


def _direction(
    label: PhraseKind, sense: Sense | None, value: Decimal | None, ratio: Decimal | None
) -> Direction | None:
    if label == "CHANGE":
        if ratio is not None:
            return "flat" if ratio == 1 else "up" if ratio > 1 else "down"
        if value == 0:
            return "flat"
        return "up" if sense == "more" else "down" if sense == "less" else None
    if ratio is not None:
        return "reached" if ratio == 1 else "exceeded" if ratio > 1 else "missed"
    return "exceeded" if sense == "more" else "missed" if sense == "less" else None


@cache
def _met() -> tuple[re.Pattern[str], dict[str, Direction]]:
    directions = {row["phrase"]: cast(Direction, row["direction"]) for row in rows("met")}
    return re.compile(either(directions)), directions


def met(text: str) -> Direction | None:
    """Whether an ATTAINMENT without a number says that its plan was reached, exceeded or missed."""
    pattern, directions = _met()
    found = [directions[_words(m)] for m in pattern.finditer(_fold(text))]
    for direction in ("missed", "exceeded"):
        if direction in found:
            return cast(Direction, direction)
    return found[0] if found else None


@cache
def _references() -> tuple[re.Pattern[str], dict[str, str]]:
    kinds = {row["phrase"]: row["kind"] for row in rows("references")}
    return re.compile(either(kinds)), kinds


@cache
def _issuers() -> tuple[re.Pattern[str], dict[str, str]]:
    names = {row["phrase"].lower(): row["issuer"] for row in rows("issuers")}
    return re.compile(either(names)), names


@dataclass(frozen=True, slots=True)
class Told:
    """What stands behind a number: its words, their kind, and for a plan who issued it."""

    text: str
    kind: str | None
    issuer: str | None = None


def read_reference(words: str) -> Told | None:
    """The plan that an attainment stands against, from the words behind its number (or all of its words); None where there is none.

    Kinds: ``resolution``, ``budget``, ``plan``, ``target``, ``scenario``, ``standard``, ``contract``, ``forecast``. Where several
    stand together, a resolution or else a budget says what it is (`chỉ tiêu Nghị quyết`), or else the first. The text runs
    from the first word of it to the end. Several issuers are joined by a semicolon.
    """
    pattern, kinds = _references()
    folded = _fold(words)
    named = list(pattern.finditer(folded))
    issuers, names = _issuers()
    issued = list(issuers.finditer(folded))
    if not named and not issued:
        return None
    found = [kinds[_words(m)] for m in named]
    kind = next((k for k in ("resolution", "budget") if k in found), found[0] if found else None)
    composed = unicodedata.normalize("NFC", words)
    start = min(m.start() for m in [*named, *issued]) if len(composed) == len(folded) else 0
    issuer = "; ".join(dict.fromkeys(names[_words(m)] for m in issued)) or None
    return Told(composed[start:].strip(_EDGE), kind, issuer)


@cache
def _bases() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(row["pattern"]), row["kind"]) for row in rows("bases"))


def read_base(before: str, behind: str) -> Told | None:
    """What a change is compared with, from the phrase's words before and behind its number.

    `… so với cùng kỳ` behind it goes first, then a base before the verb (`so với năm 2019 tăng …`), then any words that name a base
    (`tăng 5% cùng kỳ`, `cao hơn năm 2019 là 5%`). The text keeps the `so`.
    """
    for part in (behind, before):
        against = _AGAINST.search(part)
        if against:
            words = part[against.start() :]
            if part is before:
                verb = _verbs()[0].search(_fold(words))
                if verb and len(_fold(words)) == len(words):
                    words = words[: verb.start()]
            return Told(words.strip(_EDGE), _base_kind(words))
    for words in (behind.strip(_EDGE), _behind_verb(before)):
        kind = _base_kind(words) if words else None
        # `tăng bình quân 7%` names no base, `thấp hơn bình quân cả nước 7%` does.
        if kind and kind != "whole" and (kind != "average" or _ELSEWHERE.search(_fold(words))):
            return Told(words, kind)
    return None


def _behind_verb(before: str) -> str:
    """The words between a phrase's verb and its number, without those that only link (`là`, `khoảng`)."""
    folded = _fold(before)
    verbs = list(_verbs()[0].finditer(folded))
    if not verbs or len(folded) != len(before):
        return ""
    return re.sub(r"(?:\s+(?:là|khoảng|trên|hơn|gần|tới|thêm))+$", "", before[verbs[-1].end() :].strip(_EDGE))


def _base_kind(words: str) -> str | None:
    folded = " ".join(_fold(words).split())
    return next((kind for pattern, kind in _bases() if pattern.search(folded)), None)
