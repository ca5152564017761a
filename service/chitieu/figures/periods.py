"""Periods: from `6 tháng đầu năm 2020` to its first and last day. Source of the terms: how reports write them; dates ISO 8601."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

from chitieu.contract import Period

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_SPELLED = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười một": 11, "mười hai": 12, "giêng": 1, "chạp": 12,
}  # fmt: skip
_YEAR = r"((?:19|20)\d\d)"
_IN_YEAR = rf"(?:\s*(?:,|của|trong)?\s*(?:năm|/|-|\.)?\s*{_YEAR})?"
_COUNT = r"(\d{1,2}|một|hai|ba|bốn|sáu|bảy|tám|chín|mười(?: một| hai)?)"

Days = tuple[date | None, date | None]


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _months(year: int, first: int, last: int) -> Days:
    if not 1 <= first <= last <= 12:
        return None, None
    return date(year, first, 1), _month_end(year, last)


def _int(text: str) -> int:
    return int(text) if text.isdigit() else _SPELLED.get(text, 0)


def _day(day: str, month: str, year: int | None) -> date | None:
    try:
        return date(year, int(month), int(day)) if year else None
    except ValueError:
        return None


def _year(text: str | None, reference: int | None) -> int | None:
    return int(text) if text else reference


def _range_of_years(m: re.Match[str], _: int | None) -> Days:
    return date(int(m[1]), 1, 1), date(int(m[2]), 12, 31)


def _until_day(m: re.Match[str], reference: int | None) -> Days:
    return None, _day(m[1], m[2], _year(m[3], reference))


def _on_day(m: re.Match[str], reference: int | None) -> Days:
    day = _day(m[1], m[2], _year(m[3], reference))
    return day, day


def _first_months(m: re.Match[str], reference: int | None) -> Days:
    year = _year(m[2], reference)
    return _months(year, 1, _int(m[1])) if year else (None, None)


def _last_months(m: re.Match[str], reference: int | None) -> Days:
    year, count = _year(m[2], reference), _int(m[1])
    return _months(year, 13 - count, 12) if year and 1 <= count <= 12 else (None, None)


def _quarter(m: re.Match[str], reference: int | None) -> Days:
    year, number = _year(m[2], reference), _ROMAN.get(m[1]) or _int(m[1])
    return _months(year, 3 * number - 2, 3 * number) if year and 1 <= number <= 4 else (None, None)


def _month(m: re.Match[str], reference: int | None) -> Days:
    year, number = _year(m[2], reference), _int(m[1])
    return _months(year, number, number) if year else (None, None)


def _until_month(m: re.Match[str], reference: int | None) -> Days:
    return None, _month(m, reference)[1]


def _until_year(m: re.Match[str], _: int | None) -> Days:
    return None, date(int(m[1]), 12, 31)


def _from_year(m: re.Match[str], reference: int | None) -> Days:
    return date(int(m[1]), 1, 1), None


def _whole_year(m: re.Match[str], _: int | None) -> Days:
    return date(int(m[1]), 1, 1), date(int(m[1]), 12, 31)


def _year_start(m: re.Match[str], reference: int | None) -> Days:
    year = _year(m[1], reference)
    return (date(year, 1, 1), None) if year else (None, None)


def _year_end(m: re.Match[str], reference: int | None) -> Days:
    year = _year(m[1], reference)
    return (None, date(year, 12, 31)) if year else (None, None)


def _relative(shift: int) -> Callable[[re.Match[str], int | None], Days]:
    def read(_: re.Match[str], reference: int | None) -> Days:
        year = reference + shift if reference else None
        return (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)

    return read


_UNTIL = r"(?:tính\s+)?(?:đến|tới|hết|sau|trước)\s+(?:thời\s+điểm\s+|cuối\s+|hết\s+)?"
# Tried in order; the first that is found anywhere in the text decides.
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int | None], Days]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"{_YEAR}\s*(?:-|–|đến(?: năm)?|/)\s*(?:năm\s+)?{_YEAR}", _range_of_years),
        (rf"{_UNTIL}(?:ngày\s+)?(\d{{1,2}})\s*[/.-]\s*(\d{{1,2}})(?:\s*[/.-]\s*{_YEAR})?", _until_day),
        (rf"{_UNTIL}ngày\s+(\d{{1,2}})\s+tháng\s+(\d{{1,2}})(?:\s+năm\s+{_YEAR})?", _until_day),
        (rf"ngày\s+(\d{{1,2}})\s+tháng\s+(\d{{1,2}})(?:\s+năm\s+{_YEAR})?", _on_day),
        (rf"(?:ngày\s+)?\b(\d{{1,2}})\s*[/.-]\s*(\d{{1,2}})\s*[/.-]\s*{_YEAR}", _on_day),
        (rf"ngày\s+(\d{{1,2}})\s*[/.-]\s*(\d{{1,2}})(?:\s*[/.-]\s*{_YEAR})?", _on_day),
        (rf"{_COUNT}\s+tháng\s+cuối\s+năm{_IN_YEAR}", _last_months),
        (rf"{_COUNT}\s+tháng(?:\s+đầu)?(?:\s+năm)?{_IN_YEAR}", _first_months),
        (rf"quý\s+(iv|iii|ii|i|[1-4]|một|hai|ba|bốn|tư){_IN_YEAR}", _quarter),
        (rf"{_UNTIL}tháng\s+{_COUNT}{_IN_YEAR}", _until_month),
        (rf"tháng\s+(\d{{1,2}}|giêng|mười một|mười hai|mười|một|hai|ba|tư|năm|sáu|bảy|tám|chín|chạp){_IN_YEAR}", _month),
        (rf"(?:đến\s+)?cuối\s+năm{_IN_YEAR}", _year_end),
        (rf"đầu\s+năm{_IN_YEAR}", _year_start),
        (rf"{_UNTIL}năm\s+{_YEAR}", _until_year),
        (rf"(?:từ|kể từ|sau)\s+năm\s+{_YEAR}", _from_year),
        (rf"\b{_YEAR}\b", _whole_year),
        (r"năm\s+(?:trước|ngoái)|cùng\s+kỳ", _relative(-1)),
        (r"năm\s+(?:sau|tới)", _relative(1)),
        (r"cả\s+năm|năm\s+nay|trong\s+năm", _relative(0)),
    )
)  # fmt: skip


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def parse_period(text: str, *, reference: Period | None = None) -> Period:
    """Read the text of a PERIOD.

    Args:
        reference: the document's period; its year stands in where the text names none, and `năm trước`, `cùng kỳ` count from it.

    Returns:
        The words with first and last day; either is None where it is open or cannot be known.
    """
    reference_year = int(reference.end[:4]) if reference and reference.end else None
    folded = _fold(text[:200])
    start: date | None = None
    end: date | None = None
    for pattern, read in _PATTERNS:
        match = pattern.search(folded)
        if match:
            try:
                start, end = read(match, reference_year)
            except ValueError:
                start = end = None
            break
    same_period = folded.startswith("cùng kỳ")
    if same_period and reference and reference.start and reference.end and (start is None or start.month == 1):
        year = end.year if end else (reference_year or 0) - 1
        start, end = _same_days(reference, year)
    return Period(text=text, start=start.isoformat() if start else None, end=end.isoformat() if end else None)


def _same_days(reference: Period, year: int) -> Days:
    first, last = date.fromisoformat(reference.start or ""), date.fromisoformat(reference.end or "")
    span = last.year - first.year
    is_month_end = (last + timedelta(days=1)).day == 1
    try:
        start = first.replace(year=year - span)
        end = _month_end(year, last.month) if is_month_end else last.replace(year=year)
    except ValueError:  # 29 February, or no such year
        return None, None
    return start, end


_HEADLINE = re.compile(
    rf"(?:\b{_COUNT}\s+tháng(?:\s+(?:đầu|cuối))?\s+năm\s+{_YEAR}|quý\s+(?:iv|iii|ii|i|[1-4])(?:\s*[/,-]?\s*|\s+năm\s+){_YEAR}"
    rf"|tháng\s+\d{{1,2}}\s*(?:/|-|năm|,)\s*{_YEAR}|năm\s+{_YEAR})"
)
_HEAD = 1500
_DATELINE = re.compile(rf"ngày\s+(?:\d{{1,2}})\s+tháng\s+\d{{1,2}}\s+năm\s+{_YEAR}")


def document_period(text: str) -> Period | None:
    """The period that a document reports on, by the first one its head names; None where it names none.

    A dateline (`ngày 5 tháng 12 năm 2021`) is no period of a report.
    """
    head = _fold(text[: 4 * _HEAD])[:_HEAD]
    head = _DATELINE.sub(" ", head)
    match = _HEADLINE.search(head)
    return parse_period(match.group()) if match else None
