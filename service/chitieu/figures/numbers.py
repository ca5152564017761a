"""Numbers as Vietnamese reports print them: a grammar, in Decimal, linear in the length of the text.

`40.967`, `1,16 triệu`, `10 - 11`, `1.050/1.130`, `48/63`, `âm 3,92%`, `hai triệu rưỡi`, `825 tỷ 776` (before `triệu đồng`), and in
old or translated texts `1,234.5`. What a lone separator before three digits means, the document's own habit decides.

Quantifiers are possessive, so that no pattern can go back over digits that it has read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from chitieu.contract import Form
from chitieu.figures.words import MAGNITUDES, read_words

NumberHabit = Literal["vietnamese", "english"]
VIETNAMESE: NumberHabit = "vietnamese"
_LONGEST = 4000  # characters of one span that are read; nothing that measures is longer
# One English numeral in a Vietnamese text is a misprint: a document writes the English way only where it does so by far.
_ENGLISH_LEAD = 4

_NUMERAL = r"\d++(?:[.,]\d++)*+"
_MAGNITUDE = "|".join(sorted(MAGNITUDES, key=len, reverse=True))
_SIGN = re.compile(r"(?:âm\s*+|trừ\s++|[-–]\s?)(?=\d)")
_NOISE_BEFORE = re.compile(r"^[(\[~≈±+:=*\s]++")
_PERCENT_WORDS = re.compile(
    r"điểm\s*%|điểm\s+phần\s+trăm|điểm\s+phần\s+nghìn|phần\s+trăm|phần\s+nghìn|%[o0]?(?!\d)|%|‰|\bđiểm\b"
)
_FOOTNOTE = re.compile(r"\[\d{1,3}\]")
_SPACED_SEPARATOR = re.compile(r"(?<=\d)(?: ([.,])|([.,]) )(?=\d)")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})++(?![\d.])")
_ORDINAL = re.compile(
    r"(?:xếp\s+|đứng\s+)?(?:ở\s+|tại\s+)?(?:vị\s+trí\s+)?(?:thứ|hạng|top)\s+(?:hạng\s+|thứ\s+)?"
    rf"({_NUMERAL}|[^\W\d]++(?: [^\W\d]++){{0,3}}?)(?:\s*/\s*({_NUMERAL}))?(?:\s+(?:trong|trên)\b.*)?$"
)
_OUT_OF = r"(?:/|(?:trong|trên)(?:\s+tổng)?(?:\s+số)?)"
_FRACTION = re.compile(rf"({_NUMERAL})\s*{_OUT_OF}\s*({_NUMERAL})(?!\w)")
_SPELLED_FRACTION = re.compile(r"(\w+)\s+trong(?:\s+tổng)?(?:\s+số)?(?:\s+(\S+))?")
_RANGE = re.compile(
    rf"(?:từ\s+)?({_NUMERAL})\s*((?:{_MAGNITUDE})?)\s*(?:-|–|—|đến|tới|->|→|÷)\s*({_NUMERAL})\s*((?:{_MAGNITUDE})?)\s*$"
)
_SCALED_PART = re.compile(rf"({_NUMERAL})\s*((?:(?:{_MAGNITUDE}|trăm|chục)\b\s*)++)")
_REST = re.compile(rf"({_NUMERAL})\s*$|(rưỡi)\s*$")
_PLAIN = re.compile(_NUMERAL)
_SMALL = {"trăm": Decimal(100), "chục": Decimal(10)}
_LONGEST_SCALED = 20  # digits of a number before a magnitude word, so that sums are exact
_RANK_BEFORE = re.compile(
    r"(?:(?:xếp|đứng)(?!\s+loại)|hạng|vị\s+trí|vị\s+thứ|thứ\s+hạng|(?<!lần )(?<!kỳ )thứ|top)"
    r"(?:\s+(?:thứ|hạng|vị\s+trí|ở|tại|khoảng|trong|top|lần\s+lượt|số)){0,3}\s*$",
    re.IGNORECASE,
)
# `xếp hạng 12/63 tỉnh, thành phố và 3/14 tỉnh trong vùng`: the second is a rank as the first is.
_RANK_BESIDE = re.compile(
    r"(?:xếp|đứng|hạng|vị\s+trí|thứ)(?:\s+(?:thứ|hạng|vị\s+trí))?\s+\d{1,3}/\d{1,3}[^.;\d]{0,40}(?:và|,)\s+(?:(?:xếp|đứng|thứ|hạng)\s+)*$",
    re.IGNORECASE,
)
_CLEAR_VIETNAMESE = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,})")
_CLEAR_ENGLISH = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3}(?:,\d{3})+\.\d+|\d+\.(?:\d{1,2}|\d{4,})")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read. Decimal strings; ``number`` None for words without a definite value (`hàng trăm`).

    ``ambiguous``: the separator could be read another way, and the habit decided.
    """

    form: Form
    number: str | None
    upper: str | None = None
    denominator: str | None = None
    ambiguous: bool = False


def plain(value: Decimal) -> str:
    """A decimal string without exponent, plus, trailing zeros or a sign on zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _signed(text: str, negative: bool) -> str:
    return f"-{text}" if negative and text.strip("0.") else text


def _strip_zeros(text: str) -> str:
    whole, dot, rest = text.partition(".")
    return (whole.lstrip("0") or "0") + dot + rest


def read_numeral(text: str, habit: NumberHabit = VIETNAMESE) -> tuple[str, bool]:
    """A decimal string that keeps the printed digits, and whether the habit had to decide.

    ``text`` is ASCII digits with dots and commas between them; what follows no rule is read with its last separator as the
    decimal one.
    """
    if "." not in text and "," not in text:
        return _strip_zeros(text), False
    kinds = {c for c in text if c in ".,"}
    groups = re.split(r"[.,]", text)
    thousands = 1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])
    if len(kinds) == 2:
        last = max(text.rfind("."), text.rfind(","))
        whole = re.sub(r"[.,]", "", text[:last])
        if text[last] in text[:last]:  # `1.234,567.890`: no decimals at all
            return _strip_zeros(whole + text[last + 1 :]), True
        return _strip_zeros(f"{whole}.{text[last + 1 :]}"), False
    separator = kinds.pop()
    if len(groups) > 2:
        if thousands:
            return _strip_zeros("".join(groups)), False
        return _strip_zeros("".join(groups[:-1]) + "." + groups[-1]), True
    decimal = _strip_zeros(".".join(groups))
    if not thousands or groups[0].startswith("0"):
        return decimal, False
    is_thousands = (separator == ".") == (habit == "vietnamese")
    return (_strip_zeros("".join(groups)) if is_thousands else decimal), True


def number_habit(texts: Sequence[str]) -> NumberHabit:
    """How a document writes numbers, by those of its numerals that can be read in one way only.

    Args:
        texts: the texts of its QUANTITY and PERCENT spans.
    """
    vietnamese = english = 0
    for text in texts:
        for match in _PLAIN.finditer(text[:_LONGEST]):
            vietnamese += _CLEAR_VIETNAMESE.fullmatch(match.group()) is not None
            english += _CLEAR_ENGLISH.fullmatch(match.group()) is not None
    return "english" if english > _ENGLISH_LEAD * vietnamese else "vietnamese"


def _clean(text: str) -> str:
    """Lower case, NFC, ASCII digits, single spaces; without percent words, footnote marks and spaces inside numerals."""
    folded = unicodedata.normalize("NFC", text[:_LONGEST]).lower()
    digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in folded)
    digits = _FOOTNOTE.sub(" ", digits.replace("−", "-").replace("\u2011", "-"))
    words = " ".join(_PERCENT_WORDS.sub(" ", digits).split())
    words = _SPACED_SEPARATOR.sub(lambda m: m[1] or m[2], words)
    return _NOISE_BEFORE.sub("", _GROUPED.sub(lambda m: m.group().replace(" ", ""), words))


def unit_magnitude(unit: str) -> Decimal:
    """The product of the magnitude words that a unit begins with; 1 where it begins with none."""
    scale = Decimal(1)
    for word in unicodedata.normalize("NFC", unit[:_LONGEST]).lower().split():
        if word not in MAGNITUDES:
            break
        scale *= MAGNITUDES[word]
    return scale


def parse_number(
    text: str, *, unit: str | None = None, before: str = "", habit: NumberHabit = VIETNAMESE
) -> Number | None:
    """Read the text of a QUANTITY or PERCENT.

    Args:
        unit: the unit printed behind it; its magnitude word scales compounds (`825 tỷ 776` + `triệu đồng`).
        before: what stands before it, to tell a rank (`xếp thứ 48/63`) from a fraction.
        habit: how the document writes numbers.

    Returns:
        None where there is no number at all.
    """
    words = _clean(text)
    ordinal = _ORDINAL.match(words)
    if ordinal:
        rank = _numeral_or_word(ordinal[1], habit)
        if rank is not None:
            below = read_numeral(ordinal[2], habit)[0] if ordinal[2] else None
            return Number("rank", rank, denominator=below)
    negative = False
    sign = _SIGN.match(words)
    if sign:
        negative, words = True, words[sign.end() :]
    scale = unit_magnitude(unit or "")
    span = _RANGE.match(words)
    if span:
        return _range(span, scale, negative, habit)
    fraction = _FRACTION.match(words)
    if fraction:
        top, a = read_numeral(fraction[1], habit)
        below, b = read_numeral(fraction[2], habit)
        is_rank = _RANK_BEFORE.search(before[-60:]) or _RANK_BESIDE.search(before[-90:])
        form: Form = "rank" if is_rank else "fraction"
        return Number(form, _signed(top, negative), denominator=below, ambiguous=a or b)
    compound = _compound(words, scale, habit)
    if compound is not None:
        value, unsure = compound
        return Number("plain", _signed(value, negative), ambiguous=unsure)
    spelled = _spelled_fraction(words, habit)
    if spelled is not None:
        return spelled
    numeral = _PLAIN.search(words)
    if numeral:
        value, unsure = read_numeral(numeral.group(), habit)
        alone = not unit and value.isdigit() and "%" not in text and bool(_RANK_BEFORE.search(before[-60:]))
        return Number("rank" if alone else "plain", _signed(value, negative), ambiguous=unsure)
    if words in ("nhất", "nhì") and _RANK_BEFORE.search(before[-60:]):
        return Number("rank", _numeral_or_word(words, habit))
    return _words(words, negative)


def _words(words: str, negative: bool) -> Number | None:
    if not negative and words.startswith("âm "):
        negative, words = True, words[3:]
    spelled = read_words(words)
    if spelled is None:
        return None
    if spelled.value is None:
        return Number("words", None)
    value = _signed(plain(spelled.value), negative)
    if spelled.denominator is not None:
        return Number("fraction", value, denominator=plain(spelled.denominator))
    return Number("words", value)


def _numeral_or_word(text: str, habit: NumberHabit) -> str | None:
    if "0" <= text[0] <= "9":
        return read_numeral(text, habit)[0]
    if text in ("nhất", "nhì"):
        return "1" if text == "nhất" else "2"
    spelled = read_words(text)
    return plain(spelled.value) if spelled is not None and spelled.value is not None else None


def _spelled_fraction(words: str, habit: NumberHabit) -> Number | None:
    """`một trong 16`, `hai trong số năm`; the denominator is None where it does not follow (`một trong những`)."""
    match = _SPELLED_FRACTION.match(words)
    if match is None:
        return None
    top = read_words(match[1])
    if top is None or top.value is None:
        return None
    below = _numeral_or_word(match[2], habit) if match[2] and (match[2][0].isalpha() or match[2].isdigit()) else None
    return Number("fraction", plain(top.value), denominator=below)


def _range(match: re.Match[str], scale: Decimal, negative: bool, habit: NumberHabit) -> Number:
    low, a = read_numeral(match[1], habit)
    high, b = read_numeral(match[3], habit)
    # `1,5 - 2 triệu`: the magnitude behind the second number is that of both.
    low, high = _scaled(low, match[2] or match[4], scale), _scaled(high, match[4], scale)
    return Number("range", _signed(low, negative), upper=_signed(high, negative), ambiguous=a or b)


def _scaled(numeral: str, magnitude: str, scale: Decimal) -> str:
    factor = MAGNITUDES[magnitude] / scale if magnitude else Decimal(1)
    return plain(_times(numeral, factor)) if factor != 1 else numeral


def _times(numeral: str, factor: Decimal) -> Decimal:
    """Exact however many digits there are: factors are powers of ten."""
    sign, digits, exponent = Decimal(numeral).as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, digits, exponent + factor.adjusted()))


def _compound(words: str, scale: Decimal, habit: NumberHabit) -> tuple[str, bool] | None:
    """`825 tỷ 776` + `triệu đồng`; `16 nghìn 500`; `1,2 triệu`; `3 tỷ 67 triệu`; `2 triệu rưỡi`: the value in the unit printed."""
    at, total, last, unsure = 0, Decimal(0), Decimal(0), False
    while part := _SCALED_PART.match(words, at):
        numeral, own = read_numeral(part[1], habit)
        if len(numeral) > _LONGEST_SCALED:
            return None
        last = Decimal(1)
        for word in part[2].split():
            last *= _SMALL.get(word) or MAGNITUDES[word]
        total, at, unsure = total + _times(numeral, last), part.end(), unsure or own
    if not at:
        return None
    rest = _REST.match(words, at)
    if rest is None:
        return (plain(total / scale), unsure) if at >= len(words) or not words[at].isdigit() else None
    if rest[2]:
        return plain((total + last / 2) / scale), unsure
    numeral, own = read_numeral(rest[1], habit)
    if len(numeral) > _LONGEST_SCALED:
        return None
    if scale != 1:  # the unit's own magnitude is that of the rest
        return plain(total / scale + Decimal(numeral)), unsure or own
    if len(rest[1]) <= 3 and rest[1].isdigit():  # `16 nghìn 500`, `2 triệu 5`: the next digits below the magnitude
        return plain(total + _times(numeral, last) / 10 ** len(rest[1])), len(rest[1]) == 2
    return plain(total + Decimal(numeral)), unsure or own
