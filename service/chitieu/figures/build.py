"""Figures from spans: one per QUANTITY or PERCENT, and one per ATTAINMENT that holds neither."""

from __future__ import annotations

import bisect
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

from chitieu.contract import Base, Figure, Kind, Period, Reference, Span, TableUnit, Target, Unit
from chitieu.figures.bounds import find_bound
from chitieu.figures.context import Context, Sections, SpanRow
from chitieu.figures.numbers import Number, NumberHabit, number_habit, parse_number, plain
from chitieu.figures.period_words import parse_period
from chitieu.figures.phrases import (
    PhraseKind,
    Sense,
    Told,
    met,
    names_rate,
    read_base,
    read_number,
    read_reference,
    verb_sense,
)
from chitieu.figures.precision import half_unit
from chitieu.figures.units import has_percent_sign, parse_percent_unit, parse_unit

_KINDS: dict[str, Kind] = {"ATTAINMENT": "attainment", "CHANGE": "change", "SHARE": "share"}
_NUMBER_LABELS = ("QUANTITY", "PERCENT")
# Words that tie a number to the unit behind a later one (`3, 4 và 5 tỷ đồng`, `từ 3 lên 5 tỷ đồng`).
_COORDINATION = re.compile(r"\s*(?:và|hoặc|hay|,|;|-|–|đến|tới|lên|xuống|còn|,\s*còn)\s*", re.IGNORECASE)
_COMMA = re.compile(r"\s*[,;]\s*")
_LONGEST_COORDINATION = 12  # characters between two numbers that share a unit
_FOLLOWS = re.compile(r"[\s),]*(so\s+(?:với\s+)?[^.;,()\n]{2,60})", re.IGNORECASE)
_NEGATED = re.compile(r"(?<!\w)(?:không|chưa)(?!\w)", re.IGNORECASE)
_PLUS = re.compile(r"\s*\+")
_SIGNIFICANT = 12
_BEFORE, _BEHIND = 200, 60  # characters around a number that are looked at
_PLAN_BESIDE = 300  # characters around an attainment within which a plan value is its plan


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a later phrase of the same kind in the paragraph may leave out: the verb, the plan or base, the base's period."""

    sense: Sense | None
    told: Told | None
    told_at: int = -1
    period: Period | None = None


class _Document:
    """The text with its spans, looked at by position."""

    def __init__(self, text: str, spans: Sequence[Span], context: Context) -> None:
        self.text, self.context, self.period = text, context, context.period
        self.phrases = [s for s in spans if s.label in _KINDS]
        self.phrase_by_id = {p.id: p for p in self.phrases}
        self._phrase_starts = [p.start for p in self.phrases]
        self._units = {s.start: s for s in spans if s.label == "UNIT"}
        self._periods = SpanRow([s for s in spans if s.label == "PERIOD"])
        numbers = [s for s in spans if s.label in _NUMBER_LABELS]
        self.following = {a.id: b for a, b in pairwise(numbers)}
        self.habit: NumberHabit = number_habit([nfc(s.text) for s in numbers])

    def phrase_of(self, span: Span) -> Span | None:
        at = bisect.bisect_right(self._phrase_starts, span.start) - 1
        if at >= 0 and span.end <= self.phrases[at].end:
            return self.phrases[at]
        return None

    def unit_behind(self, end: int) -> Span | None:
        """The UNIT that only white space parts from a number."""
        at = end
        while at < len(self.text) and at - end < 8 and self.text[at].isspace():
            at += 1
        return self._units.get(at)

    def periods_within(self, start: int, end: int) -> Sequence[Span]:
        return self._periods.within(start, end)


def nfc(text: str) -> str:
    """The composed form: what is parsed; offsets stay those of the text as sent."""
    return unicodedata.normalize("NFC", text)


def multiply(number: str | None, factor: str | None) -> str | None:
    """A printed number in the base of its unit, exactly; decimal strings."""
    if number is None:
        return None
    with localcontext() as context:
        context.prec = len(number) + 60
        return plain(Decimal(number) * Decimal(factor or "1"))


def _confidence(span: Span, phrase: Span | None, unit: Span | None) -> float:
    """The probability that number, unit, phrase and link are all right, as if they failed one without the other."""
    linked = phrase or span
    parts = [span.score, linked.link_score if linked.link_score is not None else 1.0]
    if phrase is not None and phrase is not span:
        parts.append(phrase.score)
    if unit is not None:
        parts.append(unit.score)
    return round(math.prod(parts), 4)


def _rounded(value: Decimal) -> str:
    with localcontext() as context:
        context.prec = _SIGNIFICANT
        return plain(+value)


def build_figures(
    text: str,
    spans: Sequence[Span],
    *,
    paragraphs: Sequence[tuple[int, int]],
    sections: Sections,
    period: Period | None,
    anchor: Callable[[int], int] = lambda offset: offset,
    column: Callable[[int], str] = lambda _: "",
    table_unit: Callable[[int], tuple[int, int] | None] = lambda _: None,
) -> list[Figure]:
    """All figures of a document, in text order, ids ``f1, f2, …``.

    Args:
        text: the text as sent; spans are offsets into it, in text order, with ``of`` and ``in`` set.
        paragraphs: offsets of the paragraphs, in order.
        sections: the headings above an offset, widest first.
        period: the document's own period.
        anchor: of an offset in a footnote's body that of the footnote's mark in the running text, else the same offset; what a
            footnote leaves out is taken from there.
        column: the head of the table column that an offset stands in, "" outside a table.
        table_unit: where the unit of a number alone in a table's cell is printed.
    """
    context = Context(
        text, spans, paragraphs=paragraphs, sections=sections, period=period, anchor=anchor, column=column
    )
    return _Builder(_Document(text, spans, context), table_unit).build(spans)


class _Builder:
    """Goes through a document's spans once and keeps what later figures lean on: the levels told, the verbs and plans carried over."""

    def __init__(self, document: _Document, table_unit: Callable[[int], tuple[int, int] | None]) -> None:
        self.document, self.context, self.table_unit = document, document.context, table_unit
        self.figures: list[Figure] = []
        self.levels: dict[str, Figure] = {}
        self.plans: dict[str, list[Figure]] = {}
        self.carried: dict[str, tuple[int, _Carried]] = {}
        self.attainments: list[tuple[Figure, Figure | None]] = []
        self.names: dict[str, str] = {}

    def build(self, spans: Sequence[Span]) -> list[Figure]:
        self.names = {s.id: s.text for s in spans if s.label == "INDICATOR"}
        phrases = (self.document.phrase_of(s) for s in spans if s.label in _NUMBER_LABELS)
        with_number = {phrase.id for phrase in phrases if phrase is not None}
        for span in spans:
            if span.label == "ATTAINMENT" and span.id not in with_number:
                self._add(self._without_number(span))
            elif span.label in _NUMBER_LABELS:
                phrase = self.document.phrase_of(span)
                figure = self._with_number(span, phrase)
                self._add(figure)
                if phrase is not None and phrase.label in ("ATTAINMENT", "CHANGE"):
                    self._read_phrase(figure, span, phrase)
                elif figure.kind == "level" and figure.indicator:
                    if figure.status == "target":
                        self.plans.setdefault(figure.indicator, []).append(figure)
                    else:
                        self.levels[figure.indicator] = figure
        for figure, level in self.attainments:
            self._settle_points(figure, level)
            figure.implied_target = implied_target(figure, level)
        return self.figures

    def _add(self, figure: Figure) -> None:
        figure.id = f"f{len(self.figures) + 1}"
        self.figures.append(figure)

    def _without_number(self, span: Span) -> Figure:
        told = read_reference(span.text)
        if told is not None:
            self.carried["ATTAINMENT"] = (span.start, _Carried(None, told))
        return Figure(
            id="",
            start=span.start,
            end=span.end,
            text=span.text,
            kind="attainment",
            form="words",
            indicator=span.of,
            phrase=span.id,
            direction=met(span.text),
            reference=_reference(told, inherited=False),
            period=self.context.period_at(span.start, span.end),
            status=self.context.status_at(span.start, span.start, span.end, in_phrase=True),
            score=_confidence(span, span, None),
        )

    def _with_number(self, span: Span, phrase: Span | None) -> Figure:
        document, text = self.document, self.document.text
        unit, unit_span = self._unit(span)
        before = text[max(self.context.sentence_start(span.start), span.start - _BEFORE) : span.start]
        end = unit_span.end if unit_span else span.end
        behind = text[end : end + _BEHIND]
        number = parse_number(
            span.text,
            unit=nfc(unit.text) if unit and span.label == "QUANTITY" else None,
            before=nfc(before),
            habit=document.habit,
        ) or Number("words", None)
        if number.form == "rank" and unit is not None and unit.dimension != "ratio":
            unit = None
        table_unit = self._table_unit(span) if unit is None and number.form != "rank" else None
        known = unit or table_unit
        factor = known.factor if known else None
        place = (phrase.start, phrase.end) if phrase else (span.start, end)
        return Figure(
            id="",
            start=span.start,
            end=span.end,
            text=span.text,
            kind=_KINDS[phrase.label] if phrase else "level",
            form=number.form,
            number=number.number,
            upper=number.upper,
            denominator=number.denominator,
            bound=find_bound(before, behind),
            unit=unit,
            table_unit=table_unit,
            value=multiply(number.number, factor),
            value_upper=multiply(number.upper, factor),
            indicator=(phrase or span).of,
            phrase=phrase.id if phrase else None,
            period=self.context.period_at(*place),
            status="target"
            if (self._is_plan_of(span, known) if phrase is None else self._is_of_a_plan(phrase))
            else self.context.status_at(span.start, *place, in_phrase=bool(phrase)),
            score=_confidence(span, phrase, unit_span),
        )

    def _is_plan_of(self, span: Span, unit: Unit | None) -> bool:
        """Whether a level is the plan value of the figure before it: `5.817 tỷ đồng/5.937 tỷ đồng`, and after an attainment
        `… kế hoạch (67.000 tỷ đồng)`."""
        if not self.figures or not span.of or self.figures[-1].indicator != span.of:
            return False
        last = self.figures[-1]
        between = self.document.text[max(last.end, span.start - _BEFORE) : span.start]
        if last.kind == "level":
            # `508 vụ/724 bị cáo` are two counts of one event.
            other = last.known_unit
            one_unit = unit is None or other is None or (unit.id or unit.text) == (other.id or other.text)
            return one_unit and between.rstrip().endswith("/")
        if last.kind != "attainment" or not between.rstrip().endswith("("):
            return False
        phrase = self.document.phrase_by_id.get(last.phrase or "")
        return phrase is not None and not self.document.text[phrase.end : span.start].strip(" \t\r\n(")

    def _is_of_a_plan(self, phrase: Span) -> bool:
        """Whether a change or share is that of the plan value right before it: `kế hoạch vốn 500 tỷ đồng, gấp 1,3 lần năm trước`."""
        if phrase.label == "ATTAINMENT" or not self.figures:
            return False
        last = self.figures[-1]
        between = self.document.text[last.end : phrase.start]
        return (
            last.kind == "level"
            and last.status == "target"
            and last.indicator == phrase.of
            and len(between) < _BEFORE
            and not set(between) & set(".;()")
        )

    def _unit(self, span: Span) -> tuple[Unit | None, Span | None]:
        """The unit of a number, and its own UNIT span; one that stands behind a later number is shared."""
        document = self.document
        if span.label == "PERCENT":
            if has_percent_sign(span.text):
                return parse_percent_unit(nfc(span.text)), None
            later = self._coordinated(span)
            return parse_percent_unit(nfc(later.text if later else span.text), shared=later is not None), None
        own = document.unit_behind(span.end)
        if own is not None:
            return parse_unit(own.text), own
        later = self._coordinated(span)
        unit = document.unit_behind(later.end) if later is not None else None
        return (parse_unit(unit.text, shared=True), None) if unit is not None else (None, None)

    def _table_unit(self, span: Span) -> TableUnit | None:
        found = self.table_unit(span.start)
        if found is None:
            return None
        start, end = found
        unit = parse_unit(self.document.text[start:end])
        return TableUnit(**unit.model_dump(), start=start, end=end)

    def _coordinated(self, span: Span) -> Span | None:
        """The later number whose unit is this one's, too: the next that has one, if words or commas and then a word tie them."""
        document, at, commas_only = self.document, span, True
        for _ in range(8):
            following = document.following.get(at.id)
            if following is None or following.label != span.label or following.start - at.end > _LONGEST_COORDINATION:
                return None
            between = nfc(document.text[at.end : following.start])
            if _COORDINATION.fullmatch(between) is None:
                return None
            commas_only = commas_only and _COMMA.fullmatch(between) is not None
            has_unit = (
                has_percent_sign(following.text) if span.label == "PERCENT" else document.unit_behind(following.end)
            )
            if has_unit:
                return None if commas_only else following
            at = following
        return None

    def _read_phrase(self, figure: Figure, span: Span, phrase: Span) -> None:
        """Set direction, ratio, measure, and reference or base."""
        document = self.document
        label: PhraseKind = "ATTAINMENT" if phrase.label == "ATTAINMENT" else "CHANGE"
        own_unit = document.unit_behind(span.end)
        before = nfc(document.text[phrase.start : span.start])
        behind = nfc(document.text[own_unit.end if own_unit and own_unit.end <= phrase.end else span.end : phrase.end])
        place, last = self.carried.get(label, (-1, _Carried(None, None)))
        near = last if place >= self.context.paragraph_start(phrase.start) else _Carried(None, None)
        sense = verb_sense(before, label) or ("more" if _PLUS.match(span.text) else near.sense)
        level = self.levels.get(figure.indicator or "")
        level_is_percent = self._is_percentage(figure, level, sense)
        unit_id = figure.known_unit.id if figure.known_unit else None
        reading = read_number(label, sense, figure.number, unit=unit_id, level_is_percent=level_is_percent)
        figure.direction, figure.ratio, figure.measure = reading.direction, reading.ratio, reading.measure
        if label == "ATTAINMENT":
            if _NEGATED.search(before) and reading.direction in ("reached", "exceeded"):
                figure.direction, figure.ratio = "missed", None  # `không hoàn thành 100% kế hoạch`: less, not how much
            told = _joined(read_reference(before), read_reference(behind))
            figure.reference = _reference(told or near.told, inherited=told is None and near.told is not None)
            self.carried[label] = (phrase.start, _Carried(sense, told or near.told))
            self.attainments.append((figure, level))
            return
        figure.base, told, told_at, period = self._base(figure, phrase, before, behind, near)
        self.carried[label] = (phrase.start, _Carried(sense, told, told_at, period))

    def _is_percentage(self, figure: Figure, level: Figure | None, sense: Sense | None) -> bool:
        """Whether a difference in percent is one between percentages: by the indicator's level, else by its name."""
        if level is None or level.known_unit is None:
            return names_rate(self.names.get(figure.indicator or "", ""))
        if level.known_unit.dimension != "ratio":
            return False
        if sense == "more" and level.value and figure.value:  # a percentage cannot have risen by more than itself
            return Decimal(level.value) < 0 or Decimal(figure.value) <= Decimal(level.value)
        return True

    def _base(
        self, figure: Figure, phrase: Span, before: str, behind: str, near: _Carried
    ) -> tuple[Base | None, Told | None, int, Period | None]:
        """What a change is compared with, and what to carry on: its words, where they stand, their period.

        Within the phrase; behind it, past a bracket (`giảm 1,76% (giảm 2.111 ha) so với cùng kỳ`); else of what stands before it
        in the sentence (`So với cùng kỳ, A tăng 3%`) and what an earlier change told, the nearer.
        """
        document = self.document
        reference = _known(figure.period) or document.period
        inside = document.periods_within(phrase.start, phrase.end)
        told, told_at = read_base(before, behind), phrase.start
        period = parse_period(nfc(inside[-1].text), reference=reference) if inside else None
        if told is None:
            told, period = self._base_behind(phrase, reference)
        inherited = told is None
        if inherited:
            told, told_at, period = near.told, near.told_at, near.period
            ahead = self.context.base_before(phrase.start)
            if ahead is not None and ahead.start > told_at:
                start = max(self.context.sentence_start(ahead.start), ahead.start - 24)
                words = nfc(document.text[start : ahead.end])
                told, told_at, period = read_base("", words), ahead.start, parse_period(nfc(ahead.text))
            if period is not None:  # the same words, seen from this figure's own period
                period = parse_period(period.text, reference=reference)
        if told is None:
            return None, None, -1, None
        period = period or _known(parse_period(told.text, reference=reference))
        return Base(text=told.text, kind=told.kind, period=period, inherited=inherited), told, told_at, period

    def _base_behind(self, phrase: Span, reference: Period | None) -> tuple[Told | None, Period | None]:
        document = self.document
        stop = min(self.context.sentence_end(phrase.end), phrase.end + 80)
        ahead = _FOLLOWS.match(document.text, phrase.end, stop)
        told = read_base("", nfc(ahead[1])) if ahead else None
        beside = document.periods_within(phrase.end, ahead.end()) if ahead and told else []
        return told, parse_period(nfc(beside[0].text), reference=reference) if beside else None

    def _settle_points(self, figure: Figure, level: Figure | None) -> None:
        """A gap in percent to a percentage is one in points, unless the plan printed beside it says that it is relative."""
        if figure.measure != "points" or level is None or level.value is None or figure.value is None:
            return
        if figure.known_unit is None or figure.known_unit.id != "percent":
            return
        plans = [p for p in self.plans.get(figure.indicator or "", []) if abs(p.start - figure.start) < _PLAN_BESIDE]
        slack = half_unit(figure)
        for plan in plans:
            unit = plan.known_unit
            if plan.value is None or slack is None or unit is None or unit.dimension != "ratio":
                continue
            target, gap = Decimal(plan.value), Decimal(figure.value)
            if not target:
                continue
            sign = -1 if figure.direction == "missed" else 1
            difference, ratio = Decimal(level.value) - target, Decimal(level.value) / target
            if abs(difference - sign * gap) > slack and abs(ratio - 1 - sign * gap) <= slack:
                figure.measure, figure.ratio = "relative", plain(1 + sign * gap)
                figure.settled_by = [level.id, plan.id]
                return


def _joined(before: Told | None, behind: Told | None) -> Told | None:
    """The plan named around a number: behind it, unless only who issued it stands there (`vượt chỉ tiêu 6% Bộ giao`)."""
    if before is None or behind is None or behind.kind is not None:
        return behind or before
    return Told(f"{before.text} {behind.text}", before.kind, behind.issuer)


def _known(period: Period | None) -> Period | None:
    return period if period is not None and (period.start or period.end) else None


def _reference(told: Told | None, *, inherited: bool) -> Reference | None:
    if told is None:
        return None
    return Reference(text=told.text, kind=told.kind, issuer=told.issuer, inherited=inherited)


def implied_target(figure: Figure, level: Figure | None) -> Target | None:
    """The plan value that an attainment's figure and the level before it imply: level / ratio, or level less the gap."""
    if level is None or level.value is None or level.form not in ("plain", "words", "fraction"):
        return None
    unit = level.known_unit.id if level.known_unit else None
    value = Decimal(level.value)
    with localcontext() as context:
        context.prec = 50
        if figure.measure == "relative" and figure.ratio and Decimal(figure.ratio) > 0:
            return Target(value=_rounded(value / Decimal(figure.ratio)), unit=unit)
        gap = Decimal(figure.value) if figure.value is not None else None
        same = figure.measure == "points" or (figure.known_unit is not None and figure.known_unit.id == unit)
        if gap is not None and same and figure.direction in ("exceeded", "missed"):
            return Target(
                value=_rounded(value - gap if figure.direction == "exceeded" else value + abs(gap)), unit=unit
            )
    return None
