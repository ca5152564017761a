"""The period that a document reports on, and the one that it plans for.

Read from its title, else from the years that it names most often. The grammar of the words themselves is in ``period_words``.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from dataclasses import dataclass

from chitieu.contract import Period, TextRange
from chitieu.figures.period_words import COUNT, MONTH, YEAR, parse_period
from chitieu.figures.status import plan_title

__all__ = ["document_period", "parse_period", "planned_period", "titled_period"]

_QUARTER = r"(?:iv|iii|ii|i|[1-4])"
# With its year, or without where the year stands elsewhere.
_NAMED = re.compile(
    rf"(?<![\w/])(?:{COUNT}\s+tháng(?:\s+(?:đầu|cuối))?(?:\s+năm)?\s*/?\s*{YEAR}"
    rf"|quý\s+{_QUARTER}(?:\s*[/,-]\s*|\s+năm\s+|\s+){YEAR}"
    rf"|tháng\s+{MONTH}(?:\s*[/,-]\s*|\s+năm\s+){YEAR}|năm\s+{YEAR})",
    re.IGNORECASE,
)
_YEARLESS = re.compile(
    rf"(?<![\w/])(?:{COUNT}\s+tháng(?:\s+(?:đầu|cuối)\s+năm)?|quý\s+{_QUARTER}\b|tháng\s+{MONTH}\b)(?!\s*(?:năm\s+|/|,\s*)?\s*\d)",
    re.IGNORECASE,
)
_DAYS = re.compile(
    rf"từ\s+(?:ngày\s+)?\d{{1,2}}/\d{{1,2}}(?:/{YEAR})?\s*(?:-|–|đến)\s*(?:hết\s+)?(?:ngày\s+)?\d{{1,2}}/\d{{1,2}}/{YEAR}",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?:giai\s+đoạn|thời\s+kỳ|nhiệm\s+kỳ)(?:\s+năm)?\s+(?:{YEAR}\s*(?:-|–|—|đến(?:\s+năm)?)\s*{YEAR}|{YEAR}\s*[-–]\s*\d\d(?![\d/]))",
    re.IGNORECASE,
)
# The years in the name of a programme or a congress are the report's own only where nothing else is.
_NAME_BEFORE = re.compile(
    r"(?<!\w)(?:nghị quyết|chương trình|đề án|dự án|chiến lược|quy hoạch|đại hội)(?!\w)[^.;:]{0,120}$", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<!TP)(?<!Tp)[.;]\s")
_BODY_LINE = re.compile(r"\n[^\w\n]*[^\W\d_]+")
# Between the period of a title and the longer one up to the same day: `quý III và 9 tháng`, `tháng 12 và cả năm`.
_AND_SO_FAR = re.compile(r"[\s,;()–-]*(?:và|với)?\s*(?:(?:lũy|luỹ) kế|tính chung|ước|cả)?\s*", re.IGNORECASE)
# What looks like a period and is none: datelines, terms and plans of several years.
_NOT_NAMED = re.compile(
    rf"ngày\s+\d{{1,2}}\s+tháng\s+\d{{1,2}}\s+năm\s+{YEAR}|(?:năm\s+)?{YEAR}\s*(?:-|–|đến(?: năm)?)\s*{YEAR}|năm học\s+{YEAR}"
    rf"|(?:đến|từ|so với|sau|trước)\s+năm\s+{YEAR}|(?:cùng kỳ|(?<!tháng\s)(?:cuối|đầu))\s+năm\s+{YEAR}",
    re.IGNORECASE,
)
# `kết quả thực hiện nhiệm vụ năm 2019` looks back, `nhiệm vụ năm 2020` ahead.
_PLAN_BEFORE = re.compile(
    r"(?<!thực hiện\s)(?<!thực hiện các\s)(?<!hoàn thành\s)"
    r"(?:nhiệm vụ|phương hướng|kế hoạch|mục tiêu|chỉ tiêu|giải pháp|dự toán|kịch bản)[^.;\n]{0,60}$",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?:so(?:\s+với)?|bằng|cùng kỳ|hơn|lần|từ)\s*$", re.IGNORECASE)
_KIND = re.compile(
    r"^[^\w\n]*(?:BÁO CÁO|NGHỊ QUYẾT|QUYẾT ĐỊNH|KẾ HOẠCH|CHƯƠNG TRÌNH|TỜ TRÌNH|THÔNG BÁO|THÔNG CÁO|KẾT LUẬN|CHỈ THỊ)\b"
    r"|^[^\w\n]*(?:Báo cáo|Tình hình|Nghị quyết|Quyết định|Kế hoạch)\b",
    re.MULTILINE,
)
# Characters: where a title may begin and how long it is, where a period must first stand, what is counted.
_TITLE_BEGINS, _TITLE, _HEAD, _WHOLE = 1500, 300, 1500, 60_000
_TITLE_WEIGHT = 3
_SHARE = 0.4  # of the years named, that of the year that a text without a title is about


@dataclass(frozen=True, slots=True)
class _Read:
    """A text with single spaces and line ends, what looks like a period and is none blanked, and where each character stands."""

    text: str
    blanked: str
    places: array[int] | None
    title: tuple[int, int]
    has_kind: bool

    def planned(self, at: int, begin: int = 0) -> bool:
        return _PLAN_BEFORE.search(self.blanked, max(begin, at - 80), at) is not None

    def where(self, start: int, end: int) -> TextRange | None:
        if self.places is None:
            return None
        return TextRange(start=self.places[start], end=self.places[end - 1] + 1)


_RUN = re.compile(r"\s+|\S+")


def _read(text: str, longest: int = _WHOLE) -> _Read:
    part = text[: 2 * longest]
    composed = unicodedata.normalize("NFC", part)
    out: list[str] = []
    places = array("L")
    for match in _RUN.finditer(composed):
        run = match.group()
        if run[0].isspace():
            if not out:
                continue
            run = "\n" if "\n" in run else " "
        out.append(run)
        places.extend(range(match.start(), match.start() + len(run)))
        if len(places) > longest:
            break
    squashed = "".join(out)[:longest]
    kind = _KIND.search(squashed, 0, _TITLE_BEGINS)
    begin = kind.start() if kind else 0
    blanked = _NOT_NAMED.sub(lambda m: " " * len(m.group()), squashed)
    return _Read(squashed, blanked, places if composed == part else None, (begin, begin + _TITLE), kind is not None)


def _year_of(match: re.Match[str]) -> str:
    return next(group for group in match.groups()[::-1] if group and len(group) == 4)


def document_period(text: str) -> Period | None:
    """The period that a document reports on, with the offsets it was read from (none in a text that is not composed, NFC).

    The one that its title names; of a plan or a council's resolution the one it is made for. `Quý III và 9 tháng`, `tháng 5 và 5 tháng`
    is the longer: what such a report leaves unsaid holds for the year so far, and `trong tháng` is told from its last day as well. Else
    the several years of its title (`giai đoạn 2016 - 2020`, a term). Else, of the years named as a period (not in dates or
    `2016 - 2020`), the one named most often, one of a coming plan (`nhiệm vụ năm 2022`) less; then the first words of the head that name
    it. At last the years in the name of the programme or congress in its title. None where the head names none.
    """
    read = _read(text)
    plan = plan_title(text) is not None
    return _from_title(read, plan) or _from_years(read) or _from_range(read, named=True)


def titled_period(text: str) -> Period | None:
    """The period that a document's title names, or None."""
    return _from_title(_read(text, _TITLE_BEGINS + _TITLE), plan_title(text) is not None)


def planned_period(text: str, period: Period | None) -> Period | None:
    """The coming period that the title of a report names beside its own (`…, nhiệm vụ năm 2022`), or None."""
    read = _read(text, _TITLE_BEGINS + _TITLE)
    begin, end = read.title
    found_all = [*_NAMED.finditer(read.blanked, begin, end), *_YEARLESS.finditer(read.blanked, begin, end)]
    for match in sorted(found_all, key=lambda m: m.start()):
        if read.planned(match.start(), begin):
            found = parse_period(match.group(), reference=period)
            if found.end and (period is None or not period.end or found.end > period.end):
                return found
    return None


def _from_title(read: _Read, plan: bool) -> Period | None:
    if not read.has_kind:
        return None
    begin, end = read.title
    days = _DAYS.search(read.text, begin, end)
    if days:
        return _told(read, days, None)
    named = list(_NAMED.finditer(read.blanked, begin, end))
    candidates = sorted([*named, *_YEARLESS.finditer(read.blanked, begin, end)], key=lambda m: m.start())
    found: list[tuple[re.Match[str], Period]] = []
    for match in candidates:
        if (read.planned(match.start(), begin) and not plan) or _COMPARED.search(
            read.blanked, max(0, match.start() - 12), match.start()
        ):
            continue
        following = next((n for n in named if n.end() > match.start()), named[-1] if named else None)
        year = _year_of(following) if following else _commonest_year(read)
        period = _told(read, match, Period(text="", end=f"{year}-12-31") if year else None)
        if period.start or period.end:
            found.append((match, period))
    years = _from_range(read, named=plan, in_first=not plan)
    if not found or (years is not None and _begins_text(read, begin, years, found[0][0])):
        return years
    last, told = found[0]
    for match, period in found[1:]:
        joined = _AND_SO_FAR.fullmatch(read.blanked, last.end(), match.start()) is not None
        if not (joined and period.start and told.start and period.end == told.end and period.start < told.start):
            break
        last, told = match, period
    return told


def _begins_text(read: _Read, begin: int, years: Period, match: re.Match[str]) -> bool:
    """Whether a period stands in the text under a title, behind the ``years`` that it told: from a line that opens a sentence on."""
    at = read.text.find(years.text, begin, match.start())
    if at < 0:
        return False
    openings = _BODY_LINE.finditer(read.text, at, match.start() + 4)
    return any(word.istitle() for word in (m.group().lstrip("\n *#-_") for m in openings))


def _from_range(read: _Read, *, named: bool, in_first: bool = True) -> Period | None:
    """The several years that a title names; with ``named`` those in the name of a programme or congress as well.

    With ``in_first`` none behind its first sentence: what begins as a title may be an article.
    """
    if not read.has_kind:
        return None
    begin, end = read.title
    for match in _RANGE.finditer(read.text, begin, end):
        line = read.text.rfind("\n", 0, match.start()) + 1, read.text.find("\n", match.end())
        is_prose = (line[1] if line[1] >= 0 else len(read.text)) - line[0] > _TITLE
        if in_first and (is_prose or _SENTENCE_END.search(read.text, begin, match.start())):
            return None
        if named or not _NAME_BEFORE.search(read.text, max(begin, match.start() - 140), match.start()):
            period = _told(read, match, None)
            if period.start:
                return period
    return None


def _told(read: _Read, match: re.Match[str], reference: Period | None) -> Period:
    words = read.text[match.start() : match.end()].strip()
    period = parse_period(words, reference=reference)
    period.read_from = read.where(match.start(), match.start() + len(words))
    return period


def _commonest_year(read: _Read) -> str | None:
    years = Counter(_year_of(m) for m in _NAMED.finditer(read.blanked) if not read.planned(m.start()))
    return max(years, key=lambda y: years[y]) if years else None


def _from_years(read: _Read) -> Period | None:
    weights: Counter[str] = Counter()
    first: dict[str, re.Match[str]] = {}
    in_head: set[str] = set()
    for match in _NAMED.finditer(read.blanked):
        year, at = _year_of(match), match.start()
        planned = read.planned(at)
        compared = _COMPARED.search(read.blanked, max(0, at - 12), at) is not None
        weights[year] += 0 if planned or compared else _TITLE_WEIGHT if at < _TITLE else 1
        if not (planned and at < _TITLE):
            first.setdefault(year, match)
            if at < _HEAD:
                in_head.add(year)
    if not in_head:
        return None
    year = max(first, key=lambda y: (weights[y], y))
    if weights[year] < _SHARE * weights.total():
        return None
    line_end = read.blanked.find("\n")
    headline = _YEARLESS.search(read.blanked, 0, max(0, line_end))
    if headline and not read.planned(headline.start()) and first[year].start() > line_end:
        return _told(read, headline, Period(text="", end=f"{year}-12-31"))
    return _told(read, first[year], None)
