"""A number as a cell's format shows it, with Vietnam's separators: `#,##0.0` shows 1234567.5 as `1.234.567,5`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_GENERAL_DIGITS = 11  # what Excel shows in a wide cell at most
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<skipped>[_*].)|\[(?P<bracket>[^\]]*)\]|(?P<digits>[0#?.,]+)|(?P<general>General|@)|(?P<exponent>E[+-]0+)|(?P<fraction>/)|(?P<other>.)',
    re.IGNORECASE | re.DOTALL,
)
_CURRENCY = re.compile(r"\$([^-\]]*)")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class _Section:
    """One section of a format: what stands before and behind the number, and how it is written."""

    before: str
    behind: str
    pattern: str | None  # of 0 # ? . ,
    general: bool
    percent: int
    plain: bool  # nothing but what is understood here
    condition: tuple[str, Decimal] | None


def show(value: int | float, number_format: str | None) -> str:
    """The number in Vietnamese style: grouped, rounded and signed as its format says; `General` as it is.

    A format that is not understood (fractions, exponents) shows the number as `General` does.
    """
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return str(value)
    sections = [_parse(part) for part in _split(number_format or "General")][:3]
    section, signed = _choose(sections, exact)
    if section.general or not section.plain:
        return f"{section.before}{_general(exact)}{section.behind}" if section.plain else _general(exact)
    if section.pattern is None:
        return (section.before + section.behind).strip()
    shown = _write(abs(exact).scaleb(2 * section.percent), section.pattern)
    if not exact and set(section.pattern) == {"?"}:  # room for digits, as behind the dash of an accountant's zero
        shown = ""
    minus = "-" if signed and exact < 0 and any(char in "123456789" for char in shown) else ""
    return f"{minus}{section.before}{shown}{section.behind}".strip()


def _split(number_format: str) -> list[str]:
    """Sections between semicolons that stand outside of quotation marks."""
    parts, start, quoted, at = [], 0, False, 0
    while at < len(number_format):
        char = number_format[at]
        if char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char == ";" and not quoted:
            parts.append(number_format[start:at])
            start = at + 1
        at += 1
    return [*parts, number_format[start:]]


def _parse(text: str) -> _Section:
    before, behind = "", ""
    pattern: str | None = None
    general, plain, percent = False, True, 0
    condition: tuple[str, Decimal] | None = None
    for match in _TOKEN.finditer(text):
        said = ""
        if match["digits"] is not None:
            if pattern is None and set(match["digits"]) & set("0#?"):
                pattern = match["digits"]
            elif pattern is None:
                said = match["digits"]
            else:
                plain = False
        elif match["general"] is not None:
            general = True
        elif match["quoted"] is not None:
            said = match["quoted"]
        elif match["escaped"] is not None:
            said = match["escaped"]
        elif match["skipped"] is not None:
            said = " " if match["skipped"][0] == "_" else ""
        elif match["bracket"] is not None:
            currency, test = _CURRENCY.match(match["bracket"]), _CONDITION.match(match["bracket"])
            said = currency[1] if currency else ""
            condition = (test[1], Decimal(test[2])) if test else condition
        elif match["exponent"] is not None or match["fraction"] is not None:
            plain = False
        else:
            said = match["other"] or ""
            percent += said == "%"
        if pattern is None and not general:
            before += said
        else:
            behind += said
    return _Section(before.lstrip(), behind.rstrip(), pattern, general, percent, plain, condition)


def _choose(sections: list[_Section], value: Decimal) -> tuple[_Section, bool]:
    """The section for a value, and whether a minus is printed in front of it."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(value, *section.condition):
                return section, True
        return sections[-1], True
    if len(sections) > 1 and value < 0:
        return sections[1], False
    if len(sections) > 2 and value == 0:
        return sections[2], False
    return sections[0], True


def _holds(value: Decimal, sign: str, other: Decimal) -> bool:
    return {
        "<": value < other,
        "<=": value <= other,
        ">": value > other,
        ">=": value >= other,
        "=": value == other,
        "<>": value != other,
    }[sign]


def _write(value: Decimal, pattern: str) -> str:
    """A number that is not negative by a pattern of `0 # ? . ,`."""
    whole, _, part = pattern.partition(".")
    scaled = len(whole) - len(whole.rstrip(",")) + (len(part) - len(part.rstrip(",")) if part else 0)
    value = value.scaleb(-3 * scaled)
    whole, part = whole.rstrip(","), part.replace(",", "")
    grouped = "," in whole
    least, most = part.count("0"), len(part)
    rounded = value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP) if value.adjusted() < 20 else value
    digits, _, decimals = f"{rounded:f}".partition(".")
    while len(decimals) > least and decimals.endswith("0"):
        decimals = decimals[:-1]
    width = whole.count("0")
    digits = digits.lstrip("0").rjust(width, "0") if width else digits.lstrip("0") or ("0" if not decimals else "")
    if grouped:
        digits = f"{int(digits or 0):,}".replace(",", ".") if len(digits.lstrip("0")) > 3 else digits
    return f"{digits},{decimals}" if decimals else digits


def _general(value: Decimal) -> str:
    """At most eleven digits, a comma before the decimals, no grouping."""
    if value == value.to_integral_value():
        return f"{value.to_integral_value():f}"
    kept = max(0, _GENERAL_DIGITS - max(1, value.adjusted() + 1))
    text = f"{value.quantize(Decimal(1).scaleb(-kept), rounding=ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".").replace(".", ",") if "." in text else text
