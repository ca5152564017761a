"""The words of a period: from `6 tháng đầu năm 2020` to its first and last day (ISO 8601, both inclusive).

What a period leaves out, a reference fills in: the year, and what `cùng kỳ`, `năm trước`, `tháng trước` count from. A day that is open
or cannot be known is None: `đến ngày 31/12/2021`, `hết quý III` and `cuối năm` have no first one, `từ năm 2012` and `đầu năm` no last
one; `đến nay` and `hiện nay` end where the reference does; `hằng năm`, school years and crop seasons (`vụ Đông Xuân 2024 - 2025`: each
region sows and reaps on its own days) have neither.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

from chitieu.contract import Period

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_SPELLED = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười một": 11, "mười hai": 12, "giêng": 1, "chạp": 12, "nhất": 1, "nhì": 2,
}  # fmt: skip
YEAR = r"((?:19|20)\d\d)(?!\d)"
_IN_YEAR = rf"(?:\s*(?:,|của|trong)?\s*(?:năm|/|-|–|\.)?\s*(?:{YEAR}|(nay|trước|ngoái|sau|tới)\b))?"
COUNT = r"(\d{1,2}|một|hai|ba|bốn|năm(?=\s+tháng\s+đầu)|sáu|bảy|tám|chín|mười(?: một| hai)?)"
MONTH = r"(\d{1,2}|giêng|chạp|mười một|mười hai|mười|một|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín)"
_QUARTER = r"(iv|iii|ii|i|[1-4]|một|hai|ba|bốn|tư|nhất|nhì)"
_UNTIL = r"(?:tính\s+)?(?:đến|tới|hết|trước)\s+(?:thời\s+điểm\s+|hết\s+|cuối\s+)*"
_DAY_MONTH = rf"(\d{{1,2}})\s*(?:[/.-]|tháng)\s*(\d{{1,2}})(?:\s*(?:[/.-]|,?\s*năm)\s*{YEAR})?"
_FROM_DAY_TO_DAY = (
    rf"(?:từ\s+)?(?:ngày\s+)?(\d{{1,2}})(?:\s*[/.]\s*(\d{{1,2}})(?:\s*[/.]\s*{YEAR})?)?\s*(?:-|–|đến)\s*(?:hết\s+)?(?:ngày\s+)?"
    rf"(\d{{1,2}})\s*[/.]\s*(\d{{1,2}})(?:\s*[/.]\s*{YEAR})?"
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


def _short_range(m: re.Match[str], _: Period | None) -> Days:
    """`giai đoạn 2021-25`: the last year without its century."""
    return date(int(m[1]), 1, 1), date(int(m[1][:2] + m[2]), 12, 31)


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


def _first_quarters(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[2], reference, m[3]), 1, 3 * _int(m[1]))


def _last_quarters(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[2], reference, m[3]), 13 - 3 * _int(m[1]), 12)


def _listed(item: re.Pattern[str], months: int) -> Reader:
    """`quý I, II/2024`, `tháng 12/2023 và tháng 1/2024`: days where the members follow one another; each is of the next year named."""

    def read(m: re.Match[str], reference: Period | None) -> Days:
        year = _year(m.groups()[-2], reference, m.groups()[-1])
        members: list[int] = []  # the first months, counted since year 0
        for found in reversed(list(item.finditer(m[1]))):
            year = int(found[2]) if found[2] else year
            if year is None or not 1 <= _int(found[1]) * months <= 12:
                return UNKNOWN
            members.insert(0, year * 12 + (_int(found[1]) - 1) * months)
        if members != list(range(members[0], members[-1] + 1, months)):
            return UNKNOWN
        first, last = members[0], members[-1] + months - 1
        return date(first // 12, first % 12 + 1, 1), _months(last // 12, last % 12 + 1, last % 12 + 1)[1]

    return read


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


def _until_term_end(m: re.Match[str], _: Period | None) -> Days:
    return None, date(int(m[2]), 12, 31)


def _from_year(m: re.Match[str], _: Period | None) -> Days:
    return date(int(m[1]), 1, 1), None


def _whole_year(m: re.Match[str], _: Period | None) -> Days:
    return date(int(m[1]), 1, 1), date(int(m[1]), 12, 31)


def _years(m: re.Match[str], _: Period | None) -> Days:
    """`năm 2021, 2022 và 2023`; years that do not follow one another are no period."""
    years = sorted({int(year) for year in re.findall(YEAR, m.group())})
    if years != list(range(years[0], years[-1] + 1)):
        return UNKNOWN
    return date(years[0], 1, 1), date(years[-1], 12, 31)


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


def _this_period(_: re.Match[str], reference: Period | None) -> Days:
    if reference is None:
        return UNKNOWN
    days = [date.fromisoformat(day) if day else None for day in (reference.start, reference.end)]
    return days[0], days[1]


def _last_months_of(reference: Period | None, months: int) -> int | None:
    """Of the month or quarter that a period is or ends with, the months since year 0; a whole year ends with none in particular."""
    if reference is None or not reference.end:
        return None
    last = date.fromisoformat(reference.end)
    first = date.fromisoformat(reference.start) if reference.start else None
    if (last + timedelta(days=1)).day != 1 or last.month % months:
        return None
    if first is not None and (
        first.day != 1 or first.year != last.year or last.month - first.month + 1 not in (months, last.month)
    ):
        return None
    index = last.year * 12 + last.month - months
    return None if last.month == 12 and (first is None or first.month == 1) else index


def _near(months: int, shift: int) -> Reader:
    """`trong tháng`, `tháng trước`, `quý sau`: the month or quarter that the reference ends with, or one beside it."""

    def read(_: re.Match[str], reference: Period | None) -> Days:
        index = _last_months_of(reference, months)
        if index is None:
            return UNKNOWN
        index += shift * months
        return _months(index // 12, index % 12 + 1, index % 12 + months)

    return read


def _month_end(_: re.Match[str], reference: Period | None) -> Days:
    index = _last_months_of(reference, 1)
    return (None, _months(index // 12, index % 12 + 1, index % 12 + 1)[1]) if index is not None else UNKNOWN


def _to_date(_: re.Match[str], reference: Period | None) -> Days:
    """`đến nay`: to the end of what the document reports on."""
    return None, date.fromisoformat(reference.end) if reference and reference.end else None


def _year_to_month(m: re.Match[str], reference: Period | None) -> Days:
    return _months(_year(m[3] or m[1], reference, m[4]), 1, _int(m[2]))


def _year_to_date(m: re.Match[str], reference: Period | None) -> Days:
    last = _to_date(m, reference)[1]
    year = int(m[1]) if m[1] else last.year if last else None
    return (date(year, 1, 1), last) if year else UNKNOWN


def _from_year_to_date(m: re.Match[str], reference: Period | None) -> Days:
    return date(int(m[1]), 1, 1), _to_date(m, reference)[1]


def _from_day(m: re.Match[str], reference: Period | None) -> Days:
    return _day(m[1], m[2], _year(m[3], reference)), None


def _no_days(_: re.Match[str], __: Period | None) -> Days:
    return UNKNOWN


_LIST = r"\s*(?:,|;|và|với|\+|&)\s*"
_NEXT_QUARTER = rf"{_LIST}(?:quý\s+)?{_QUARTER}\b(?!\s*tháng)(?:\s*/\s*{YEAR})?"
_NEXT_MONTH = rf"{_LIST}(?:tháng\s+{MONTH}|\d{{1,2}})\b(?!\s*tháng)(?:\s*/\s*{YEAR})?"
_QUARTER_LIST = rf"(quý\s+{_QUARTER}(?:\s*/\s*{YEAR})?(?:{_NEXT_QUARTER})+){_IN_YEAR}"
_MONTH_LIST = rf"(tháng\s+{MONTH}(?:\s*/\s*{YEAR})?(?:{_NEXT_MONTH})+){_IN_YEAR}"
_A_QUARTER = re.compile(rf"(?<![\w/]){_QUARTER}(?!\w)(?:\s*/\s*{YEAR})?")
_A_MONTH = re.compile(rf"(?<![\w/]){MONTH}(?!\w)(?:\s*/\s*{YEAR})?")

# Tried in order; the first that is found anywhere in the text decides.
_PATTERNS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"từ\s+năm\s+{YEAR}\s*(?:đến|tới)\s+nay", _from_year_to_date),
        (rf"từ\s+đầu\s+năm(?:\s+{YEAR}|\s+nay)?\s*(?:đến|tới)\s+(?:nay|hiện\s+(?:nay|tại)|thời\s+điểm\s+(?:này|hiện))", _year_to_date),
        (rf"năm học\s+{YEAR}", _no_days),  # which months it runs, each report decides
        (r"(?<!\w)vụ\s+(?:lúa\s+|sản\s+xuất\s+)?(?:đông|xuân|hè|thu|hạ|mùa|chiêm|trước|này)(?!\w)", _no_days),
        (rf"đầu\s+nhiệm\s+kỳ\s+{YEAR}", _from_year),
        (rf"cuối\s+nhiệm\s+kỳ\s+{YEAR}\s*(?:-|–|—|đến)\s*{YEAR}", _until_term_end),
        (rf"từ\s+đầu\s+năm.*?\b(?:đến|tới)\s+(?:hết\s+)?(?:ngày\s+)?{_DAY_MONTH}", _from_year_start),
        (rf"từ\s+đầu\s+năm(?:\s+{YEAR}|\s+nay)?\s*(?:đến|tới)\s+(?:hết\s+|cuối\s+)*tháng\s+{MONTH}\b{_IN_YEAR}", _year_to_month),
        (_FROM_DAY_TO_DAY, _days),
        (rf"{YEAR}\s*(?:-|–|—|đến(?: hết)?(?: năm)?|/)\s*(?:năm\s+)?{YEAR}", _range_of_years),
        (rf"(?:giai\s+đoạn|thời\s+kỳ|nhiệm\s+kỳ)(?:\s+năm)?\s+{YEAR}\s*(?:-|–|—|/)\s*(\d\d)(?![\d/.,])", _short_range),
        # the same months of two years
        (rf"(?:tháng|quý|nửa|đầu\s+năm|cuối\s+năm)[^,;\d]{{0,30}}{YEAR}\s*(?:và|,|;|với)\s*(?:năm\s+)?{YEAR}", _no_days),
        (rf"(?<![\d/]){YEAR}(?:\s*(?:và|,|;|với)\s*(?:năm\s+)?{YEAR})+", _years),
        (rf"năm\s+{YEAR}\s+(?:trở\s+)?(?:về|lại)\s+trước", _until_year),
        (rf"{_UNTIL}(?:ngày\s+)?{_DAY_MONTH}", _until_day),
        (rf"(?:sau|từ|kể\s+từ)\s+(?:ngày\s+){_DAY_MONTH}", _from_day),
        (rf"(?:ngày|thời\s+điểm)\s+{_DAY_MONTH}", _on_day),
        (rf"\b(\d{{1,2}})\s+tháng\s+(\d{{1,2}})\s+(?:năm|tháng)\s+{YEAR}", _on_day),
        (rf"\b(\d{{1,2}})\s*[/.-]\s*(\d{{1,2}})\s*[/.-]\s*{YEAR}", _on_day),
        (rf"(?:nửa|giữa)\s+(đầu|cuối)\s+(?:của\s+)?năm{_IN_YEAR}", _half_year),
        (rf"{COUNT}\s+tháng\s+cuối(?:\s+năm)?{_IN_YEAR}", _last_months),
        (rf"(?:tháng\s+)?{MONTH}(?:\s*/\s*{YEAR})?\s*(?:-|–|đến)\s*(?:hết\s+)?tháng\s+{MONTH}{_IN_YEAR}", _month_range),
        (rf"(?<!\w){COUNT}\s+quý\s+cuối(?:\s+của)?(?:\s+năm)?{_IN_YEAR}", _last_quarters),
        (rf"(?<!\w){COUNT}\s+quý\s+đầu(?:\s+của)?(?:\s+năm)?{_IN_YEAR}", _first_quarters),
        (_QUARTER_LIST, _listed(_A_QUARTER, 3)),
        (_MONTH_LIST, _listed(_A_MONTH, 1)),
        (rf"(?<!\w){COUNT}\s+tháng(?:\s+đầu)?(?:\s+của)?(?:\s+năm)?{_IN_YEAR}", _first_months),
        (rf"quý\s+{_QUARTER}\s*(?:-|–|đến)\s*(?:quý\s+)?{_QUARTER}\b{_IN_YEAR}", _quarters),
        (rf"{_UNTIL}quý\s+{_QUARTER}\b{_IN_YEAR}", _until_quarter),
        (rf"quý\s+{_QUARTER}\b{_IN_YEAR}", _quarter),
        (rf"{_UNTIL}tháng\s+{MONTH}\b{_IN_YEAR}", _until_month),
        (r"cuối\s+tháng(?!\s+\d)", _month_end),
        (rf"tháng\s+{MONTH}\b{_IN_YEAR}", _month),
        (rf"cuối\s+năm{_IN_YEAR}", _year_end),
        (rf"đầu\s+năm{_IN_YEAR}", _year_start),
        (rf"{_UNTIL}năm\s+{YEAR}", _until_year),
        (rf"(?:từ|kể từ|sau)\s+năm\s+{YEAR}", _from_year),
        (rf"(?<!\d){YEAR}", _whole_year),
        (r"tháng\s+(?:trước|liền\s+trước)", _near(1, -1)),
        (r"quý\s+(?:trước|liền\s+trước)", _near(3, -1)),
        (r"tháng\s+(?:sau|tới)", _near(1, 1)),
        (r"quý\s+(?:sau|tới)", _near(3, 1)),
        (r"năm\s+học", _no_days),
        (r"năm\s+(trước|ngoái|sau|tới|nay)\b", _relative_year),
        (r"(?:trong\s+tháng|tháng\s+này|tháng\s+qua)", _near(1, 0)),
        (r"(?:trong\s+quý|quý\s+này|quý\s+qua)", _near(3, 0)),
        (r"(?:cả|trong)\s+năm(?!\s+\d)|toàn\s+năm|^năm\s+(?:này|báo cáo)", _this_year),
        (r"(?:đến|tới)\s+nay\b|(?<!\w)hiện\s+(?:nay|tại|có)\b|(?:đến|tới)\s+thời\s+điểm\s+(?:này|hiện)", _to_date),
        (r"^trong\s+kỳ$|^kỳ\s+(?:này|báo cáo)$", _this_period),
    )
)  # fmt: skip
_SAME_PERIOD = re.compile(r"cùng\s+(?:kỳ|kì|thời\s+(?:điểm|gian))|^ck\b")
_BARE_YEAR = re.compile(rf"^cùng\s+\S+\s*(?:của\s+)?(?:năm\s*)?(?:{YEAR}|trước|ngoái)?\W*$|^ck\b\W*(?:{YEAR})?$")


# Footnote marks and page numbers that stand in a text's way.
_IN_THE_WAY = re.compile(r"[(\[]\d{1,3}[)\]]|[¹²³⁰⁴-⁹]+|\n[^\S\n]*+[-–]?[^\S\n]*+\d{1,3}[^\S\n]*+[-–]?[^\S\n]*+(?=\n)")


def fold_words(text: str) -> str:
    """Lower-case composed text, single spaces, without footnote marks and page numbers."""
    return " ".join(_IN_THE_WAY.sub(" ", unicodedata.normalize("NFC", text)).lower().split())


def parse_period(text: str, *, reference: Period | None = None) -> Period:
    """Read the text of a PERIOD.

    Args:
        reference: the document's period, or of a base the figure's own; its year stands in where the text names none, and
            `năm trước`, `tháng trước`, `cùng kỳ` count from it.

    Returns:
        The words with first and last day; either is None where it is open or cannot be known.
    """
    folded = fold_words(text[:200])
    start, end = _read(folded, reference)
    if _SAME_PERIOD.search(folded) and (_BARE_YEAR.match(folded) or (start is None and end is None)):
        year = end.year if end else _reference_year(reference)
        start, end = _same_days(reference, year if end else year - 1 if year else None)
    if start and end and start > end:  # `2021/2020` compares two years
        start, end = UNKNOWN
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


# What a heading names beside the time that it is about: brackets, documents, programmes, terms, dates, what is compared with.
_BESIDE = re.compile(
    rf"\([^()]*\)|(?:so\s+với|so|cùng\s+(?:kỳ|kì))\s+năm\s+{YEAR}|(?<!đến\s)(?<!hết\s)(?<!từ\s)ngày\s+{_DAY_MONTH}"
    rf"|(?:nghị\s+quyết|quyết\s+định|chỉ\s+thị|kết\s+luận|thông\s+tư|kế\s+hoạch|chương\s+trình)\s+(?:số\s+)?\d\S*(?:[^,.;:()]{{0,40}}năm\s+{YEAR})?"
    r"|(?:chương\s+trình|đề\s+án|dự\s+án|nghị\s+quyết|chiến\s+lược|quy\s+hoạch|kế\s+hoạch)(?:[^,.;:()\d]|\d(?!\d{3})){0,120}"
    rf"(?:giai\s+đoạn|thời\s+kỳ)(?:\s+năm)?\s+{YEAR}\s*(?:-|–|—|đến)\s*(?:năm\s+)?{YEAR}"
    rf"|nhiệm\s+kỳ\s+{YEAR}(?:\s*(?:-|–|—|đến)\s*{YEAR})?|năm\s+học\s+{YEAR}(?:\s*(?:-|–|—)\s*{YEAR})?"
)
_TOLD = re.compile(
    rf"{_UNTIL}(?:ngày\s+)?{_DAY_MONTH}|{_UNTIL}năm\s+{YEAR}|{YEAR}\s*(?:-|–|—|đến(?: năm)?)\s*(?:năm\s+)?{YEAR}"
    rf"|(?<![\w/]){COUNT}\s+tháng(?:\s+(?:đầu|cuối))?(?:\s+năm)?{_IN_YEAR}|quý\s+{_QUARTER}\b{_IN_YEAR}"
    rf"|tháng\s+{MONTH}\b{_IN_YEAR}|(?<!\d)năm\s+(?:{YEAR}|tới\b|sau\b|nay\b|trước\b)"
)


def told_in(text: str, *, reference: Period | None = None) -> Period | None:
    """The one period that a heading is about; None where it names none or several (`năm 2021, nhiệm vụ năm 2022`).

    Years in the names of documents and programmes, terms and dates are none.
    """
    folded = _BESIDE.sub(" ", fold_words(text[:600]))
    found: dict[tuple[str | None, str | None], Period] = {}
    for match in _TOLD.finditer(folded):
        period = parse_period(match.group().strip(), reference=reference)
        if period.start or period.end:
            found.setdefault((period.start, period.end), period)
    return next(iter(found.values())) if len(found) == 1 else None
