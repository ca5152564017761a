"""Kinds of periods: a year's value and one of nine months are never points of one line."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from chitieu.series.answer import Frequency

_QUARTER, _HALF, _NINE, _YEAR = 3, 6, 9, 12


class Kind(NamedTuple):
    """What a period is: its frequency, and how many months it has (of a day: the month that it ends, None: it ends none)."""

    frequency: Frequency
    months: int | None


def kind_of(start: date | None, end: date) -> Kind | None:
    """The kind of a period; None of one that is no whole months, or of no usual number of them.

    Without a start, or of one day, it is a moment: `đến cuối năm 2021`, `đến hết tháng 9`. Three, six, nine and twelve months
    from January are a quarter, a half, nine months, a year; other numbers of months from January are `to_date`.
    """
    ends_month = (end + timedelta(days=1)).day == 1
    if start is None or start == end:
        return Kind("moment", end.month if ends_month else None)
    if start.day != 1 or not ends_month or start > end:
        return None
    months = (end.year - start.year) * _YEAR + end.month - start.month + 1
    usual: dict[int, Frequency] = {1: "monthly", _QUARTER: "quarterly", _HALF: "semi_annual", _YEAR: "annual"}
    if months in usual and (start.month - 1) % months == 0:
        return Kind(usual[months], months)
    if start.month != 1:
        return None
    if months < _YEAR:
        return Kind("nine_month" if months == _NINE else "to_date", months)
    return Kind("multi_year", months) if months % _YEAR == 0 else None


def label_of(start: date | None, end: date) -> str:
    """A period of a kind in short: `2021`, `Q1/2021`, `6T/2021`, `6TC/2021` (its second half), `9T/2021`, `03/2021`, `2016–2020`."""
    kind = kind_of(start, end)
    if kind is None or start is None or kind.frequency == "moment":
        return f"{end:%d/%m/%Y}"
    year = str(end.year)
    match kind.frequency:
        case "annual":
            return year
        case "multi_year":
            return f"{start.year}–{year}"
        case "monthly":
            return f"{end:%m/%Y}"
        case "quarterly":
            return f"Q{end.month // _QUARTER}/{year}"
        case "semi_annual" if start.month > 1:
            return f"6TC/{year}"
    return f"{kind.months}T/{year}"


def in_words(kind: Kind) -> str:
    """A kind of periods in Vietnamese."""
    words: dict[Frequency, str] = {
        "annual": "cả năm",
        "semi_annual": "6 tháng",
        "quarterly": "quý",
        "monthly": "tháng",
        "nine_month": "9 tháng",
        "to_date": f"{kind.months} tháng đầu năm",
        "multi_year": f"giai đoạn {(kind.months or 0) // _YEAR} năm",
        "moment": f"đến cuối tháng {kind.months}" if kind.months else "đến ngày",
    }
    return words[kind.frequency]
