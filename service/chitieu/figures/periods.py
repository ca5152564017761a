"""Periods: from `6 tháng đầu năm 2020` to its first and last day (ISO 8601, both inclusive).

What a period leaves out, its document's own period fills in: the year, and what `cùng kỳ`, `năm trước`, `tháng trước` count from.
A day that is open (`đến ngày …` has no first one) or cannot be known is None.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from chitieu.contract import Period

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_SPELLED = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười một": 11, "mười hai": 12, "giêng": 1, "chạp": 12, "nhất": 1, "nhì": 2,
}  # fmt: skip
_YEAR = r"((?:19|20)\d\d)(?!\d)"
_IN_YEAR = rf"(?:\s*(?:,|của|trong)?\s*(?:năm|/|-|–|\.)?\s*(?:{_YEAR}|(nay|trước|ngoái|sau|tới)\b))?"
_COUNT = r"(\d{1,2}|một|hai|ba|bốn|năm(?=\s+tháng\s+đầu)|sáu|bảy|tám|chín|mười(?: một| hai)?)"
_MONTH = r"(\d{1,2}|giêng|chạp|mười một|mười hai|mười|một|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín)"
_QUARTER = r"(iv|iii|ii|i|[1-4]|một|hai|ba|bốn|tư|nhất|nhì)"
_UNTIL = r"(?:tính\s+)?(?:đến|tới|hết|trước)\s+(?:thời\s+điểm\s+|hết\s+|cuối\s+)*"
_DAY_MONTH = rf"(\d{{1,2}})\s*(?:[/.-]|tháng)\s*(\d{{1,2}})(?:\s*(?:[/.-]|,?\s*năm)\s*{_YEAR})?"
_FROM_DAY_TO_DAY = (
    rf"(?:từ\s+)?(?:ngày\s+)?(\d{{1,2}})(?:\s*[/.]\s*(\d{{1,2}})(?:\s*[/.]\s*{_YEAR})?)?\s*(?:-|–|đến)\s*(?:hết\s+)?(?:ngày\s+)?"
    rf"(\d{{1,2}})\s*[/.]\s*(\d{{1,2}})(?:\s*[/.]\s*{_YEAR})?"
)
_SHIFTS = {"trước": -1, "ngoái": -1, "nay": 0, "sau": 1, "tới": 1}

Days = tuple[date | None, date | None]
Reader = Callable[[re.Match[str], "Period | None"], Days]
UNKNOWN: Days = (None, None)


def _months(year: int | None, first: int, last: int) -> Days:
    if year is None or not 1 <= first <= last <= 12:
        return UNKNOWN
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


def _int(text: str) -> int:
    return int(text) if text.isdigit() else _ROMAN.get(text) or _SPELLED.get(text, 0)


def _day(day: str, month: str, year: int | None) -> date | None:
    try:
        return date(year, int(month), int(day)) if year else None
    except ValueError:
        return None


def _reference_year(reference: Period | None) -> int | None:
    day = (reference.end or reference.start) if reference else None
    return int(day[:4]) if day else None


def _year(printed: str | None, reference: Period | None, word: str | None = None) -> int | None:
    """The printed year, else the document's, shifted by `trước`, `nay`, `sau`."""
    if printed:
        return int(printed)
    year = _reference_year(reference)
    return year + _SHIFTS[word] if year and word else year


def _range_of_years(m: re.Match[str], _: Period | None) -> Days:
    return date(int(m[1]), 1, 1), date(int(m[2]), 12, 31)


def _from_year_start(m: re.Match[str], reference: Period | None) -> Days:
    last = _day(m[1], m[2], _year(m[3], reference))
    return (date(last.year, 1, 1), last) if last else UNKNOWN


def _until_day(m: re.Match[str], reference: Period | None) -> Days:
    return None, _day(m[1], m[2], _year(m[3], reference))


def _on_day(m: re.Match[str], reference: Period | None) -> Days:
    day = _day(m[1], m[2], _year(m[3], reference))
    return day, day


def _days(m: re.Match[str], reference: Period | None) -> Days:
    last = _day(m[4], m[5], _year(m[6], reference))
    if last is None:
        return UNKNOWN
    first = _day(m[1], m[2] or m[5], int(m[3]) if m[3] else last.year)
    if first is not None and first > last and not m[3]:  # `từ 16/11 đến 15/1/2021` began the year before
        first = _day(m[1], m[2] or m[5], last.year - 1)
    return (first, last) if first is not None and first <= last else (None, last)


def _first_months(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[2], reference, m[3]), 1, _int(m[1]))


def _last_months(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[2], reference, m[3]), 13 - _int(m[1]), 12)


def _half_year(m: re.Match[str], reference: Period | None) -> Days:
    year = _year(m[2], reference, m[3])
    return _months(year, 1, 6) if m[1] == "đầu" else _months(year, 7, 12)


def _quarter(m: re.Match[str], reference: Period | None) -> Days:
    number = _int(m[1])
    return _months(_year(m[2], reference, m[3]), 3 * number - 2, 3 * number)


def _quarters(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[3], reference, m[4]), 3 * _int(m[1]) - 2, 3 * _int(m[2]))


def _until_quarter(m: re.Match[str], reference: Period | None) -> Days:
    return None, _quarter(m, reference)[1]


def _month(m: re.Match[str], reference: Period | None) -> Days:
    number = _int(m[1])
    return _months(_year(m[2], reference, m[3]), number, number)


def _month_range(m: re.Match[str], reference: Period | None) -> Days:
    year = _year(m[4], reference, m[5])
    first, last = _int(m[1]), _int(m[3])
    if m[2] and year:
        start, end = _months(int(m[2]), first, first)[0], _months(year, last, last)[1]
        return (start, end) if start and end and start <= end else UNKNOWN
    return _months(year, first, last)


def _until_month(m: re.Match[str], reference: Period | None) -> Days:
    return None, _month(m, reference)[1]


def _until_year(m: re.Match[str], _: Period | None) -> Days:
    return None, date(int(m[1]), 12, 31)


def _from_year(m: re.Match[str], _: Period | None) -> Days:
    return date(int(m[1]), 1, 1), None


def _whole_year(m: re.Match[str], _: Period | None) -> Days:
    return date(int(m[1]), 1, 1), date(int(m[1]), 12, 31)


def _years(m: re.Match[str], _: Period | None) -> Days:
    return date(min(int(m[1]), int(m[2])), 1, 1), date(max(int(m[1]), int(m[2])), 12, 31)


def _year_start(m: re.Match[str], reference: Period | None) -> Days:
    year = _year(m[1], reference, m[2])
    return (date(year, 1, 1), None) if year else UNKNOWN


def _year_end(m: re.Match[str], reference: Period | None) -> Days:
    year = _year(m[1], reference, m[2])
    return (None, date(year, 12, 31)) if year else UNKNOWN


def _relative_year(m: re.Match[str], reference: Period | None) -> Days:
    year = _year(None, reference, m[1])
    return _months(year, 1, 12)


def _this_year(_: re.Match[str], reference: Period | None) -> Days:
    return _months(_reference_year(reference), 1, 12)


def _length(reference: Period | None) -> tuple[date, int] | None:
    """First day of the document's period and its whole months, if it is of whole months within one year."""
    if reference is None or not reference.start or not reference.end:
        return None
    first, last = date.fromisoformat(reference.start), date.fromisoformat(reference.end)
    if first.day != 1 or (last + timedelta(days=1)).day != 1 or first.year != last.year:
        return None
    return first, last.month - first.month + 1


def _neighbour(months: int, shift: int) -> Reader:
    """`tháng trước`, `quý trước`: the one beside the document's own, if that is a month or a quarter."""

    def read(_: re.Match[str], reference: Period | None) -> Days:
        own = _length(reference)
        if own is None or own[1] != months or (own[0].month - 1) % months:
            return UNKNOWN
        index = own[0].year * 12 + own[0].month - 1 + shift * months
        return _months(index // 12, index % 12 + 1, index % 12 + months)

    return read


def _current(months: int) -> Reader:
    """`trong tháng`, `quý này`: the document's own, if it is of that length."""

    def read(_: re.Match[str], reference: Period | None) -> Days:
        own = _length(reference)
        return _months(own[0].year, own[0].month, own[0].month + months - 1) if own and own[1] == months else UNKNOWN

    return read


def _no_days(_: re.Match[str], __: Period | None) -> Days:
    return UNKNOWN


# Tried in order; the first that is found anywhere in the text decides.
_PATTERNS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"năm học\s+{_YEAR}", _no_days),  # which months it runs, each report decides
        (rf"từ\s+đầu\s+năm.*?\b(?:đến|tới)\s+(?:hết\s+)?(?:ngày\s+)?{_DAY_MONTH}", _from_year_start),
        (_FROM_DAY_TO_DAY, _days),
        (rf"{_YEAR}\s*(?:-|–|—|đến(?: hết)?(?: năm)?|/)\s*(?:năm\s+)?{_YEAR}", _range_of_years),
        (rf"{_YEAR}\s*(?:và|,|;|với)\s*(?:năm\s+)?{_YEAR}", _years),
        (rf"{_UNTIL}(?:ngày\s+)?{_DAY_MONTH}", _until_day),
        (rf"ngày\s+{_DAY_MONTH}", _on_day),
        (rf"\b(\d{{1,2}})\s+tháng\s+(\d{{1,2}})\s+(?:năm|tháng)\s+{_YEAR}", _on_day),
        (rf"\b(\d{{1,2}})\s*[/.-]\s*(\d{{1,2}})\s*[/.-]\s*{_YEAR}", _on_day),
        (rf"(?:nửa|giữa)\s+(đầu|cuối)\s+(?:của\s+)?năm{_IN_YEAR}", _half_year),
        (rf"{_COUNT}\s+tháng\s+cuối(?:\s+năm)?{_IN_YEAR}", _last_months),
        (rf"(?:tháng\s+)?{_MONTH}(?:\s*/\s*{_YEAR})?\s*(?:-|–|đến)\s*(?:hết\s+)?tháng\s+{_MONTH}{_IN_YEAR}", _month_range),
        (rf"(?<!\w){_COUNT}\s+tháng(?:\s+đầu)?(?:\s+của)?(?:\s+năm)?{_IN_YEAR}", _first_months),
        (rf"quý\s+{_QUARTER}\s*(?:-|–|và|đến)\s*(?:quý\s+)?{_QUARTER}\b{_IN_YEAR}", _quarters),
        (rf"{_UNTIL}quý\s+{_QUARTER}\b{_IN_YEAR}", _until_quarter),
        (rf"quý\s+{_QUARTER}\b{_IN_YEAR}", _quarter),
        (rf"{_UNTIL}tháng\s+{_MONTH}\b{_IN_YEAR}", _until_month),
        (rf"tháng\s+{_MONTH}\b{_IN_YEAR}", _month),
        (rf"cuối\s+năm{_IN_YEAR}", _year_end),
        (rf"đầu\s+năm{_IN_YEAR}", _year_start),
        (rf"{_UNTIL}năm\s+{_YEAR}", _until_year),
        (rf"(?:từ|kể từ|sau)\s+năm\s+{_YEAR}", _from_year),
        (rf"(?<!\d){_YEAR}", _whole_year),
        (r"tháng\s+(?:trước|liền\s+trước)", _neighbour(1, -1)),
        (r"quý\s+(?:trước|liền\s+trước)", _neighbour(3, -1)),
        (r"tháng\s+(?:sau|tới)", _neighbour(1, 1)),
        (r"quý\s+(?:sau|tới)", _neighbour(3, 1)),
        (r"năm\s+học", _no_days),
        (r"năm\s+(trước|ngoái|sau|tới|nay)\b", _relative_year),
        (r"(?:trong\s+tháng|tháng\s+này|tháng\s+qua)", _current(1)),
        (r"(?:trong\s+quý|quý\s+này|quý\s+qua)", _current(3)),
        (r"(?:cả|trong)\s+năm(?!\s+\d)|toàn\s+năm|^năm\s+(?:này|báo cáo)", _this_year),
    )
)  # fmt: skip
_SAME_PERIOD = re.compile(r"cùng\s+(?:kỳ|kì|thời\s+(?:điểm|gian))|^ck\b")
_BARE_YEAR = re.compile(rf"^cùng\s+\S+\s*(?:của\s+)?(?:năm\s*)?(?:{_YEAR}|trước|ngoái)?\W*$|^ck\b\W*(?:{_YEAR})?$")


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def parse_period(text: str, *, reference: Period | None = None) -> Period:
    """Read the text of a PERIOD.

    Args:
        reference: the document's period, or of a base the figure's own; its year stands in where the text names none, and
            `năm trước`, `tháng trước`, `cùng kỳ` count from it.

    Returns:
        The words with first and last day; either is None where it is open or cannot be known.
    """
    folded = _fold(text[:200])
    start, end = _read(folded, reference)
    if _SAME_PERIOD.search(folded) and (_BARE_YEAR.match(folded) or (start is None and end is None)):
        year = end.year if end else _reference_year(reference)
        start, end = _same_days(reference, year if end else year - 1 if year else None)
    return Period(text=text, start=start.isoformat() if start else None, end=end.isoformat() if end else None)


def _read(folded: str, reference: Period | None) -> Days:
    for pattern, read in _PATTERNS:
        match = pattern.search(folded)
        if match:
            try:
                return read(match, reference)
            except ValueError:  # no such day, or a year out of range
                return UNKNOWN
    return UNKNOWN


def _same_days(reference: Period | None, year: int | None) -> Days:
    """The document's own days, in another year; an open first day stays open."""
    if reference is None or not reference.end or year is None:
        return UNKNOWN
    last = date.fromisoformat(reference.end)
    try:
        start = None
        if reference.start:
            first = date.fromisoformat(reference.start)
            start = first.replace(year=year - (last.year - first.year))
        if (last + timedelta(days=1)).day == 1:
            return start, date(year, last.month, calendar.monthrange(year, last.month)[1])
        return start, last.replace(year=year)
    except ValueError:  # 29 February, or no such year
        return UNKNOWN


_NAMED = re.compile(
    rf"(?<![\w/])(?:{_COUNT}\s+tháng(?:\s+(?:đầu|cuối))?(?:\s+năm)?\s*/?\s*{_YEAR}"
    rf"|quý\s+(?:iv|iii|ii|i|[1-4])(?:\s*[/,-]\s*|\s+năm\s+|\s+){_YEAR}"
    rf"|tháng\s+{_MONTH}(?:\s*[/,-]\s*|\s+năm\s+){_YEAR}|năm\s+{_YEAR})",
    re.IGNORECASE,
)
# What looks like a period and is none: datelines, terms and plans of several years.
_NOT_NAMED = re.compile(
    rf"ngày\s+\d{{1,2}}\s+tháng\s+\d{{1,2}}\s+năm\s+{_YEAR}|(?:năm\s+)?{_YEAR}\s*(?:-|–|đến(?: năm)?)\s*{_YEAR}|năm học\s+{_YEAR}"
    rf"|(?:đến|từ|so với|sau|trước)\s+năm\s+{_YEAR}|(?:cùng kỳ|(?<!tháng\s)(?:cuối|đầu))\s+năm\s+{_YEAR}",
    re.IGNORECASE,
)
# `kết quả thực hiện nhiệm vụ năm 2019` looks back, `nhiệm vụ năm 2020` ahead.
_PLAN_BEFORE = re.compile(
    r"(?<!thực hiện\s)(?<!thực hiện các\s)(?<!hoàn thành\s)"
    r"(?:nhiệm vụ|phương hướng|kế hoạch|mục tiêu|chỉ tiêu|giải pháp|dự toán|kịch bản)[^.;\n]{0,60}$",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_HEAD, _TITLE, _WHOLE = (
    1500,
    300,
    60_000,
)  # characters: where a period must first stand, where a title is, what is counted
_TITLE_WEIGHT = 3


def _space(match: re.Match[str]) -> str:
    return "\n" if "\n" in match.group() else " "


def document_period(text: str) -> Period | None:
    """The period that a document reports on; None where its head names none.

    Of the years named as a period (`năm 2021`, `tháng 7/2020`, not in dates or `2016 - 2020`), the one named most often, one in
    the title counting more and one of a coming plan (`nhiệm vụ năm 2022`) less; then the first words of the head that name it.
    """
    squashed = _SPACES.sub(_space, unicodedata.normalize("NFC", text[: 2 * _WHOLE])).strip()[:_WHOLE]
    blanked = _NOT_NAMED.sub(lambda m: " " * len(m.group()), squashed)
    weights: Counter[str] = Counter()
    first: dict[str, re.Match[str]] = {}
    for match in _NAMED.finditer(blanked):
        year = next(group for group in match.groups()[::-1] if group and len(group) == 4)
        planned = _PLAN_BEFORE.search(blanked, max(0, match.start() - 80), match.start()) is not None
        in_title = match.start() < _TITLE
        weights[year] += 0 if planned else _TITLE_WEIGHT if in_title else 1
        if match.start() < _HEAD and not (planned and in_title):
            first.setdefault(year, match)
    if not first:
        return None
    year = max(first, key=lambda y: (weights[y], -first[y].start()))
    return parse_period(first[year].group())
