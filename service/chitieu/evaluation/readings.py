"""The numbers that a printed figure may stand for: what an evaluation holds a system to.

Deliberately wider than the figures' own grammar: `33,056` counts as right in either reading, a misprint is held against no one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_ONES = {
    "một": "1", "hai": "2", "đôi": "2", "ba": "3", "bốn": "4", "tư": "4", "năm": "5", "sáu": "6", "bảy": "7",
    "tám": "8", "chín": "9", "mười": "10", "rưỡi": "1.5",
}  # fmt: skip
_MAGNITUDES = {"nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9}
_NUMERAL = re.compile(r"\d(?:[.,]?\d)*")
_COMPOUND = re.compile(r"([\d.,]+) (nghìn|ngàn|triệu|tỷ|tỉ) ([\d.,]+)$")
_MISPRINT = re.compile(r"\d [,.]?\d|\d[,.] \d")
_NEGATIVE = re.compile(r"(âm|-|–|−)\s*\d")


def squash(text: str | None) -> str:
    """NFC, lower case, single spaces: how words are compared."""
    return " ".join(unicodedata.normalize("NFC", text or "").split()).lower()


def numeral_readings(numeral: str) -> set[Decimal]:
    """Every way to read digits with separators."""
    found = set()
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", numeral):  # English thousands
        found.add(numeral.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", numeral):  # Vietnamese thousands
        found.add(numeral.replace(".", "").replace(",", "."))
    if "." not in numeral and numeral.count(",") <= 1:  # comma decimal
        found.add(numeral.replace(",", "."))
    if "," not in numeral and numeral.count(".") <= 1 and not re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", numeral):
        found.add(numeral)
    return {Decimal(text) for text in found}


def readings(text: str, unit: str = "") -> set[Decimal] | None:
    """The values that a QUANTITY or PERCENT may have, of a range or fraction its first; None where any will do."""
    words = " ".join(text.lower().split())
    if re.match(r"một trong\b", words):
        return {Decimal(1)}
    numerals = [numeral_readings(m.group()) for m in _NUMERAL.finditer(words)]
    if not numerals:
        return {Decimal(_ONES[words])} if words in _ONES else None
    first = numerals[0]
    scale = _MAGNITUDES.get(unit.split(" ")[0]) if unit else None
    compound = _COMPOUND.match(words)
    if compound and scale:
        high = Decimal(_MAGNITUDES[compound[2]]) / scale
        first = {a * high + b for a in numeral_readings(compound[1]) for b in numeral_readings(compound[3])}
    if not first or _MISPRINT.search(words):
        return None
    return {-value for value in first} if _NEGATIVE.match(words) else first
