"""Numbers in Vietnamese words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

MAGNITUDES = {
    "nghìn": Decimal(10**3), "ngàn": Decimal(10**3), "vạn": Decimal(10**4), "triệu": Decimal(10**6),
    "tỷ": Decimal(10**9), "tỉ": Decimal(10**9),
}  # fmt: skip
_ONES = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "đôi": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5, "sáu": 6,
    "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_TENS = {"mươi": 10, "chục": 10}
_SKIPPED = {"linh", "lẻ", "và"}
_VAGUE = {"hàng", "vài", "dăm", "mấy", "nhiều", "những", "một vài"}
_HALF = Decimal("0.5")
_LONGEST = 40  # words; no number that measures is spelled with more


@dataclass(frozen=True, slots=True)
class Spelled:
    """A spelled number; ``value`` None where the words name none (`hàng trăm`); ``denominator`` of `hai phần ba`."""

    value: Decimal | None
    denominator: Decimal | None = None


def read_words(text: str) -> Spelled | None:
    """Read a number in words (lower case, NFC); None where the text is none.

    `hai triệu rưỡi` is 2,500,000, `một trăm linh năm` 105, `một nửa` 0.5, `nửa triệu` 500,000, `rưỡi` alone 1.5,
    `hai phần ba` two with denominator 3, `hàng chục nghìn` unknown. A leading `gấp` is passed over.
    """
    words = text.split()[: _LONGEST + 1]
    if words[:1] == ["gấp"]:
        words = words[1:]
    if not words or len(words) > _LONGEST:
        return None
    if words[0] in _VAGUE or words[:2] == ["một", "vài"]:
        return Spelled(None) if len(words) > 1 else None
    if words == ["rưỡi"]:
        return Spelled(Decimal("1.5"))
    if "phần" in words:
        at = words.index("phần")
        top, below = _cardinal(words[:at]), _cardinal(words[at + 1 :])
        return Spelled(top, below) if top is not None and below else None
    half = 1 if words[0] == "nửa" else 2 if words[:2] == ["một", "nửa"] else 0
    if half:
        rest = words[half:]
        if any(word not in MAGNITUDES for word in rest):
            return None
        value = _HALF
        for word in rest:
            value *= MAGNITUDES[word]
        return Spelled(value)
    value_or_none = _cardinal(words)
    return Spelled(value_or_none) if value_or_none is not None else None


def _cardinal(words: list[str]) -> Decimal | None:
    total = section = Decimal(0)
    ones: int | None = None  # a digit that waits for its scale
    last_scale = Decimal(1)
    seen = False
    for word in words:
        if word in _ONES:
            if ones is not None:
                return None
            ones = _ONES[word]
        elif word == "mười":
            if ones is not None:
                return None
            section, ones, last_scale = section + 10, None, Decimal(10)
        elif word in _TENS:
            section, ones, last_scale = section + _TENS[word] * (1 if ones is None else ones), None, Decimal(10)
        elif word == "trăm":
            section, ones, last_scale = section + 100 * (1 if ones is None else ones), None, Decimal(100)
        elif word in MAGNITUDES:
            scale, counted = MAGNITUDES[word], section + (ones or 0)
            if counted:
                total += counted * scale
            else:  # `hai nghìn tỷ`, or the magnitude alone
                total = (total or Decimal(1)) * scale
            section, ones, last_scale = Decimal(0), None, scale
        elif word == "rưỡi":
            total, section, ones = total + section + (ones or 0) + last_scale / 2, Decimal(0), None
        elif word not in _SKIPPED:
            return None
        seen = seen or word not in _SKIPPED
    return total + section + (ones or 0) if seen else None
