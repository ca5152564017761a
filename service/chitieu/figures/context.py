"""What a figure takes from around it: the period that it holds for, and whether it is a result, an estimate or a target.

Both are looked for from the nearest outwards: right behind the figure, before it in its sentence, at the opening of its paragraph, in the
line that leads its list in, in the head of its table's column, in the headings above it, and in the document. A footnote that says
nothing takes what holds where its mark stands.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date

from chitieu.contract import Period, Span, Status
from chitieu.figures.period_words import fold_words, parse_period, told_in
from chitieu.figures.periods import planned_period, titled_period
from chitieu.figures.status import clause_status, column_status, plan_title, section_status

Sections = Callable[[int], Sequence[str]]
_SENTENCE_END = re.compile(r"(?<!\bTP)(?<!\bTp)[.!?](?=\s)")
_COMPARED = re.compile(r"(?<!\w)so(?:\s+với)?(?:\s+(?:mức|thời\s+điểm))?\s*$", re.IGNORECASE)
_SAME_PERIOD = re.compile(r"cùng\s+(?:k[ỳì]|thời\s+điểm)", re.IGNORECASE)
# `(cùng kỳ năm trước tăng 9,76%)`, `trong khi cùng kỳ mới có 742`: the figure behind is of that period.
_OPENS_CLAUSE = re.compile(r"(?:[(;\[]|(?:trong khi|còn|riêng)(?: đó)?)\s*$", re.IGNORECASE)
_BACKWARD = re.compile(r"cùng\s+(?:k[ỳì]|thời\s+điểm)|năm\s+(?:trước|ngoái)", re.IGNORECASE)
_OPEN_BRACKET = re.compile(r"\s*\(\s*")
_ASIDE = re.compile(r"(?:trong đó|riêng)\s*$", re.IGNORECASE)
_OFTEN = re.compile(r"(?:bình\s+quân\s+)?(?:hằng|hàng|mỗi)\s+(?:năm|tháng|quý|ngày)|mỗi\s+năm", re.IGNORECASE)
_NAME = re.compile(
    r"(?<!\w)(?:chương\s+trình|đề\s+án|dự\s+án|nghị\s+quyết|chiến\s+lược|quy\s+hoạch|kế\s+hoạch|đại\s+hội|khóa|khoá)(?:[^,.;:()\d]|\d(?!\d))*$",
    re.IGNORECASE,
)
_SEVERAL_YEARS = re.compile(r"(?:giai\s+đoạn|thời\s+kỳ|nhiệm\s+kỳ)", re.IGNORECASE)
_GOES_ON = re.compile(
    r"[\s\W]*(?:trong\s+(?:đó|số)|cụ\s+thể|riêng|theo\s+đó|bao\s+gồm|gồm|chia\s+ra|ngoài\s+ra|trong\s+tổng\s+số|như\s+vậy|nhờ\s+đó|một\s+số\s+khoản)(?!\w)",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*(?:(?:trong|vào|của|ở|tại)\s+)?$", re.IGNORECASE)
_BEHIND_FAR, _NO_CLAUSE_END = 60, re.compile(r"[^,;:()\[\]\n]*$")
_YEAR_BEGAN = re.compile(r"đầu\s+(?:năm|kỳ|nhiệm kỳ)")
_FEW_WORDS = re.compile(r"\s*(?:[^\W\d_/%]+[\s/]*){0,3}%?\s*")
_PLAN = re.compile(r"(?:kế\s+hoạch|dự\s+toán|chỉ\s+tiêu|nghị\s+quyết)[^,.;:]*$", re.IGNORECASE)
_ITEM = re.compile(r"[\s*_\\]*(?:([-–—+•●▪◦·*])\s|\(?(\d{1,2}(?:\.\d{1,2})*|[a-zđ])[.)])")
_LEADS_IN = re.compile(r":[\s*_\"”]*$")
_LEAD = re.compile(r"[^.;:]{0,220}:")
_ITEMS = 80  # list items between an item and the line that leads the list in
_SHORT = 40  # characters of a sentence that only leads in
_OPENING = 40  # characters of a paragraph within which a period opens it
_SENTENCE = 600  # characters of a sentence that are looked at
_HAS_ITS_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CHAIN = 3  # periods that are read against each other
_NEAREST = 6  # periods before a figure that are looked at
_CARRIED = 4  # sentences or lines that go on with the one before them


class SpanRow:
    """Spans in text order, found by position."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans, self._starts = spans, [s.start for s in spans]

    def within(self, start: int, end: int) -> Sequence[Span]:
        return self.spans[bisect.bisect_left(self._starts, start) : bisect.bisect_left(self._starts, end)]

    def first(self, start: int, end: int) -> Span | None:
        at = bisect.bisect_left(self._starts, start)
        return self.spans[at] if at < len(self.spans) and self._starts[at] < end else None


class Context:
    """A document's periods, sentences, paragraphs and headings, looked at from a figure."""

    def __init__(
        self,
        text: str,
        spans: Sequence[Span],
        *,
        paragraphs: Sequence[tuple[int, int]],
        sections: Sections,
        period: Period | None,
        anchor: Callable[[int], int] = lambda offset: offset,
        column: Callable[[int], str] = lambda _: "",
    ) -> None:
        """See `chitieu.figures.build.build_figures`."""
        self.text, self.sections, self.anchor, self.column = text, sections, anchor, column
        self.period = period.model_copy(update={"read_from": None}) if period is not None else None
        self._paragraphs = sorted(paragraphs)
        self._paragraph_starts = [start for start, _ in self._paragraphs]
        self._breaks = sorted({0, *self._paragraph_starts})
        self._sentences = sorted(set(self._breaks) | {m.end() for m in _SENTENCE_END.finditer(text)})
        phrases = [s for s in spans if s.label in ("ATTAINMENT", "CHANGE", "SHARE")]
        self._phrases, self._phrase_starts = phrases, [p.start for p in phrases]
        # What may hold the name of a plan that is no plan of the figure behind it: `đạt 95% kế hoạch`, `ban hành 27 kế hoạch`.
        self._references = SpanRow([s for s in spans if s.label in ("ATTAINMENT", "UNIT")])
        self._numbers = SpanRow([s for s in spans if s.label in ("QUANTITY", "PERCENT")])
        self._periods = SpanRow([s for s in spans if s.label == "PERIOD"])
        self._often = {s.id for s in self._periods.spans if _OFTEN.fullmatch(fold_words(s.text))}
        self._year_began = {s.id for s in self._periods.spans if _YEAR_BEGAN.match(fold_words(s.text))}
        outside = [s for s in spans if s.label == "PERIOD" and not self._in_phrase(s)]
        self._compared = SpanRow([s for s in outside if self.is_compared(s)])
        self._own = SpanRow([s for s in outside if not self._is_base(s) and not self._is_in_a_name(s)])
        self._last: tuple[tuple[int, int], Period | None] = ((-1, -1), None)
        self._headings: dict[str, Period | None] = {}
        self._led: dict[int, list[int]] = {}
        self._statuses: dict[tuple[str, ...], Status | None] = {}
        self.plan = plan_title(text)
        self.planned = planned_period(text, period)
        self._sure = period is not None and (period.read_from is None or titled_period(text) == period)
        end = (period.end or period.start) if period else None
        self.year = int(end[:4]) if end else None

    # Sentences and paragraphs.

    def sentence_start(self, offset: int) -> int:
        return self._sentences[bisect.bisect_right(self._sentences, offset) - 1]

    def sentence_end(self, offset: int) -> int:
        at = bisect.bisect_right(self._sentences, offset)
        return self._sentences[at] if at < len(self._sentences) else len(self.text)

    def paragraph_start(self, offset: int) -> int:
        return self._breaks[bisect.bisect_right(self._breaks, offset) - 1]

    def _paragraph(self, offset: int) -> int:
        """The number of the paragraph that an offset is in, -1 before the first."""
        return bisect.bisect_right(self._paragraph_starts, offset) - 1

    def _in_phrase(self, span: Span) -> bool:
        at = bisect.bisect_right(self._phrase_starts, span.start) - 1
        return at >= 0 and span.end <= self._phrases[at].end

    # Which periods say when a figure holds.

    def is_compared(self, span: Span) -> bool:
        return _COMPARED.search(self.text[max(0, span.start - 24) : span.start]) is not None

    def _is_base(self, span: Span) -> bool:
        if self.is_compared(span):
            return True
        if not _SAME_PERIOD.match(unicodedata.normalize("NFC", span.text)):
            return False
        return _OPENS_CLAUSE.search(self.text[max(0, span.start - 16) : span.start]) is None

    def _is_in_a_name(self, span: Span) -> bool:
        """Whether the years of a span are those of a programme or a congress."""
        words = unicodedata.normalize("NFC", span.text)
        before = unicodedata.normalize("NFC", self.text[max(0, span.start - 120) : span.start])
        return bool(_SEVERAL_YEARS.match(words) and _NAME.search(before))

    def base_before(self, offset: int) -> Span | None:
        """The last period to compare with that stands in a sentence before an offset, outside any phrase."""
        found = self._compared.within(self.sentence_start(offset), offset)
        return found[-1] if found else None

    # Periods.

    def period_at(self, start: int, end: int) -> Period | None:
        """The period that the figure or phrase at ``[start, end)`` holds for; None where nothing tells."""
        told = self._told(start, end)
        if told is not None:
            return told
        mark = self.anchor(start)
        if mark != start:
            return self.period_at(mark, mark)
        return self._around(start)

    def _told(self, start: int, end: int) -> Period | None:
        if self._last[0] != (start, end):
            self._last = ((start, end), self._tell(start, end))
        return self._last[1]

    def _tell(self, start: int, end: int) -> Period | None:
        spans = self._spans_at(start, end)
        if not spans:
            return None
        dated = [s for s in spans if s.id not in self._often]
        spans = (dated or spans)[:_CHAIN]
        if _HAS_ITS_YEAR.search(spans[0].text) and not _SAME_PERIOD.match(unicodedata.normalize("NFC", spans[0].text)):
            return parse_period(unicodedata.normalize("NFC", spans[0].text), reference=self.period)
        opening = [s for s in self._opening(self.paragraph_start(start), start) if s.id not in {s.id for s in spans}]
        period = self._resolve([*spans, *opening], start)
        return self._resolve(spans, start) if opening and not (period.start or period.end) else period

    def _resolve(self, spans: Sequence[Span], offset: int) -> Period:
        """The first of the spans, read against those that follow, at last against the period around them."""
        reference = self._around(offset)
        if reference is None or not (reference.start or reference.end):
            reference = self.period
        period = Period(text="")
        for span in reversed(spans):
            period = parse_period(unicodedata.normalize("NFC", span.text), reference=reference)
            if period.start or period.end:
                reference = period
        return period

    def _spans_at(self, start: int, end: int) -> list[Span]:
        """The periods told for a figure within its paragraph, the one that decides first."""
        named = self._named_before_bracket(start)
        if named is not None:
            return [named]
        behind = self._own.first(end, min(self.sentence_end(end - 1 if end > start else end), end + 24))
        found: list[Span] = []
        if behind is not None and end > start and _BEHIND.fullmatch(self.text[end : behind.start]):
            found.append(behind)
        found += self._before(start)
        if not found and end > start:
            far = self._own.first(end, min(self.sentence_end(end - 1), end + _BEHIND_FAR))
            if far is not None and self._is_of(far, end):
                found.append(far)
        at = self.sentence_start(start)
        for _ in range(_CARRIED):
            if found or not _GOES_ON.match(self.text, at) or at <= 0:
                break
            found += self._before(at - 1)
            at = self.sentence_start(at - 1)
        if not found:
            found += self._opening(self.paragraph_start(start), start)
        return found or self._led_in(start)

    def _named_before_bracket(self, start: int) -> Span | None:
        """`so với cuối năm 2012 (9,6%)`: the value of the period named right before its bracket."""
        spans = self._periods.within(max(0, start - 60), start)
        if not spans or not _OPEN_BRACKET.fullmatch(self.text[min(spans[-1].end, start) : start]):
            return None
        return spans[-1]

    def _is_of(self, behind: Span, end: int) -> bool:
        """Whether a period further behind still belongs to a figure: no clause or phrase ends, no number stands in between."""
        between = self.text[end : behind.start]
        at = bisect.bisect_left(self._phrase_starts, end)
        phrase = self._phrase_starts[at] if at < len(self._phrase_starts) else len(self.text)
        return (
            _NO_CLAUSE_END.match(between) is not None
            and phrase >= behind.start
            and self._numbers.first(end, behind.start) is None
        )

    def _before(self, offset: int) -> list[Span]:
        """The periods told before an offset in its sentence, the last first; none of a closed bracket or a clause that looked back."""
        out: list[Span] = []
        begin = max(self.sentence_start(offset), offset - _SENTENCE)
        for span in reversed(self._own.within(begin, offset)[-_NEAREST:]):
            between = self.text[span.end : offset]
            if len(out) == _CHAIN:
                break
            if span.id in self._year_began and self._is_right_behind_a_number(span):
                continue
            if _closes(between, "(", ")") or (";" in between and self._is_of_its_clause(span)):
                continue
            out.append(span)
        return out

    def _is_of_its_clause(self, span: Span) -> bool:
        """Whether a period holds to the next semicolon only: one that looks back, or `trong đó hết quý III`."""
        before = unicodedata.normalize("NFC", self.text[max(0, span.start - 16) : span.start])
        if before.rstrip().endswith("("):
            return False
        return _BACKWARD.match(unicodedata.normalize("NFC", span.text)) is not None or _ASIDE.search(before) is not None

    def _is_right_behind_a_number(self, span: Span) -> bool:
        """`từ 41.200 con đầu năm`: a period of that number alone."""
        numbers = self._numbers.within(max(0, span.start - 40), span.start)
        return bool(numbers) and _FEW_WORDS.fullmatch(self.text[numbers[-1].end : span.start]) is not None

    def _opening(self, paragraph: int, offset: int) -> list[Span]:
        """The period that a paragraph opens with: in its first words, or in a lead before a colon."""
        span = self._own.first(paragraph, min(offset, paragraph + 200))
        if span is None or self._numbers.first(paragraph, span.start) is not None:
            return []
        if _closes(self.text[span.end : min(offset, span.end + 200)], "(", ")"):
            return []
        lead = _LEAD.match(self.text, paragraph)
        in_lead = lead is not None and span.start < lead.end() and self._numbers.first(paragraph, lead.end()) is None
        first = self.sentence_start(offset) <= paragraph
        opens = span.start < paragraph + _OPENING and (first or not self._is_of_a_plan(span, paragraph))
        return [span] if opens or in_lead else []

    def _is_of_a_plan(self, span: Span, paragraph: int) -> bool:
        """Whether a period is that of a plan alone: `Tổng kế hoạch vốn năm 2021 là …`."""
        return _PLAN.search(unicodedata.normalize("NFC", self.text[paragraph : span.start])) is not None

    def _lead_ins(self, offset: int) -> list[int]:
        """The paragraphs that lead in the list that an offset stands in, the nearest first."""
        number = self._paragraph(offset)
        if number not in self._led:
            self._led[number] = self._find_lead_ins(number) if number >= 0 else []
        return self._led[number]

    def _find_lead_ins(self, number: int) -> list[int]:
        out: list[int] = []
        kind = self._item(number)
        if kind is None:
            if number and (_GOES_ON.match(self.text, self._paragraphs[number][0]) or self._leads_in(number - 1)):
                out.append(number - 1)
            return out
        for before in range(number - 1, max(-1, number - _ITEMS), -1):
            other = self._item(before)
            if other == kind:
                continue
            if self._leads_in(before):
                out.append(before)
                if other is None or len(out) == _CARRIED:
                    break
                kind = other
            elif other is None:
                break
        return out

    def _item(self, number: int) -> str | None:
        match = _ITEM.match(self.text, *self._paragraphs[number])
        return None if match is None else match[1] or ("1" if match[2][0].isdigit() else "a")

    def _leads_in(self, number: int) -> bool:
        start, end = self._paragraphs[number]
        return _LEADS_IN.search(self.text, max(start, end - 12), end) is not None

    def _led_in(self, offset: int) -> list[Span]:
        for number in self._lead_ins(offset):
            start, end = self._paragraphs[number]
            found = self._before(max(start, end - 1))
            last = self.sentence_start(end - 1)
            if not found and start < last and end - last < _SHORT:  # `… là 5.216 ha. Chia ra:`
                found = self._before(last - 1)
            found = found or self._opening(start, end)
            if found:
                return found
        return []

    def _above(self, offset: int) -> list[str]:
        """What stands above a figure, widest first: headings, lines that lead in, the lead of its paragraph."""
        out = list(self.sections(offset))
        for number in reversed(self._lead_ins(offset)):
            start, end = self._paragraphs[number]
            out.append(self.text[max(self.sentence_start(end - 1), start) : end])
        paragraph = self.paragraph_start(offset)
        lead = _LEAD.match(self.text, paragraph)
        if lead is not None and lead.end() <= offset and self._numbers.first(paragraph, lead.end()) is None:
            out.append(lead.group())
        return out

    def _told_by(self, heading: str) -> Period | None:
        if heading not in self._headings:
            self._headings[heading] = told_in(heading, reference=self.period)
        return self._headings[heading]

    def _around(self, offset: int) -> Period | None:
        """The period of what stands above an offset, at last the document's."""
        column = self.column(offset)
        for heading in [column, *reversed(self._above(offset))] if column else reversed(self._above(offset)):
            found = self._told_by(heading)
            if found is not None:
                return found
        if self.plan is None and self.planned is not None and self._section_status(offset) == "target":
            return self.planned
        return self.period

    # Statuses.

    def status_at(self, number: int, start: int, end: int, *, in_phrase: bool = False) -> Status:
        """The status of a figure: ``number`` is where its number begins, ``[start, end)`` the figure or the phrase around it."""
        begin = max(self.sentence_start(number), number - _SENTENCE)
        said = clause_status(self.text[begin:number], in_phrase=in_phrase, plans=self._without_plans(begin, number))
        if said is not None:
            return said
        told = self._told(start, end)
        if told is not None and self._is_later(told):
            return "target"
        mark = self.anchor(start)
        if mark != start:
            return self.status_at(mark, mark, mark, in_phrase=True)
        section = self._section_status(start)
        if section == "target" and told is not None and self._is_past(told):
            return "actual"
        return section or "actual"

    def _section_status(self, offset: int) -> Status | None:
        column = self.column(offset)
        status = column_status(column) if column else None
        if status is not None:
            return status
        above = tuple(self._above(offset))
        if above not in self._statuses:
            found = section_status(above, year=None if self.plan else self.year, later=self._heads_what_is_later)
            self._statuses[above] = found or ("target" if self.plan else None)
        return self._statuses[above]

    def _heads_what_is_later(self, heading: str) -> bool:
        period = self._told_by(heading)
        return period is not None and self._is_later(period)

    def _without_plans(self, start: int, end: int) -> str:
        """The text of a range, attainments and units that end in it blanked."""
        out, at = [], start
        for phrase in self._references.within(start, end):
            if at <= phrase.start and phrase.end <= end:
                out += [self.text[at : phrase.start], "§" * (phrase.end - phrase.start)]
                at = phrase.end
        return "".join([*out, self.text[at:end]])

    def _is_later(self, told: Period) -> bool:
        """Whether a period lies wholly behind the document's own."""
        if self.period is None or not self.period.end or not self._sure:
            return False
        if told.start:
            return told.start > self.period.end
        return told.end is not None and told.end[:4] > self.period.end[:4]

    def _is_past(self, told: Period) -> bool:
        """Whether a period told in a section of targets is one of results: over when what is planned begins."""
        if not told.end or self.period is None or not self.period.end or not self._sure:
            return False
        if self.plan:
            return bool(self.period.start) and date.fromisoformat(told.end) < date.fromisoformat(
                self.period.start or ""
            )
        return told.end <= self.period.end


def _closes(between: str, opening: str, closing: str) -> bool:
    """Whether a bracket that was open at the beginning of a stretch of text is closed in it."""
    if closing not in between:
        return False
    depth = 0
    for char in between:
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth < 0:
                return True
    return False
