"""Figures from spans: one per QUANTITY or PERCENT, and one per ATTAINMENT that holds neither."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Literal

from chitieu.contract import Base, Figure, Kind, Period, Reference, Span, Target, Unit
from chitieu.figures.bounds import find_bound
from chitieu.figures.numbers import Number, NumberHabit, number_habit, parse_number, plain
from chitieu.figures.periods import parse_period
from chitieu.figures.phrases import Sense, Told, met, read_base, read_number, read_reference, verb_sense
from chitieu.figures.status import find_status
from chitieu.figures.units import parse_percent_unit, parse_unit

Sections = Callable[[int], Sequence[str]]
_KINDS: dict[str, Kind] = {"ATTAINMENT": "attainment", "CHANGE": "change", "SHARE": "share"}
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
# Words that tie two numbers to one unit behind the second.
_COORDINATION = re.compile(r"\s*(?:và|hoặc|hay|-|–|đến|tới|lên|xuống|còn)\s*", re.IGNORECASE)
_FOLLOWS = re.compile(r"[\s),]*(so\s+(?:với\s+)?[^.;,()\n]{2,60})", re.IGNORECASE)
_SIGNIFICANT = 12


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a later phrase of the same kind may leave out."""

    sense: Sense | None
    told: Told | None
    period: Period | None


class _Document:
    """The text with its spans, looked at by position."""

    def __init__(
        self, text: str, spans: Sequence[Span], paragraphs: Sequence[tuple[int, int]], period: Period | None
    ) -> None:
        self.text, self.spans, self.period = text, spans, period
        self.phrases = [s for s in spans if s.label in _KINDS]
        self._phrase_starts = [p.start for p in self.phrases]
        self._units = {s.start: s for s in spans if s.label == "UNIT"}
        self._periods = [s for s in spans if s.label == "PERIOD"]
        self._period_starts = [s.start for s in self._periods]
        self._breaks = sorted({0, *(start for start, _ in paragraphs)})
        starts = set(self._breaks) | {m.end() for m in _SENTENCE_END.finditer(text)}
        self._sentences = sorted(starts)
        numbers = [s for s in spans if s.label in ("QUANTITY", "PERCENT")]
        self.habit: NumberHabit = number_habit([nfc(s.text) for s in numbers])

    def phrase_of(self, span: Span) -> Span | None:
        at = bisect.bisect_right(self._phrase_starts, span.start) - 1
        if at >= 0 and span.end <= self.phrases[at].end:
            return self.phrases[at]
        return None

    def sentence_start(self, offset: int) -> int:
        return self._sentences[bisect.bisect_right(self._sentences, offset) - 1]

    def sentence_end(self, offset: int) -> int:
        at = bisect.bisect_right(self._sentences, offset)
        return self._sentences[at] if at < len(self._sentences) else len(self.text)

    def paragraph_start(self, offset: int) -> int:
        return self._breaks[bisect.bisect_right(self._breaks, offset) - 1]

    def unit_behind(self, end: int) -> Span | None:
        at = end
        while at < len(self.text) and at - end < 8 and self.text[at].isspace():
            at += 1
        return self._units.get(at)

    def periods_within(self, start: int, end: int) -> list[Span]:
        first = bisect.bisect_left(self._period_starts, start)
        last = bisect.bisect_left(self._period_starts, end)
        return self._periods[first:last]

    def period_at(self, offset: int, end: int) -> Period | None:
        """The period that a figure holds for: the last one told before it in its sentence, else one that opens its paragraph,
        else one right behind it, else the document's."""

        def own(spans: Iterable[Span]) -> Span | None:
            return next((s for s in spans if self.phrase_of(s) is None and not self._is_base(s)), None)

        opening = self.paragraph_start(offset)
        found = (
            own(reversed(self.periods_within(self.sentence_start(offset), offset)))
            or own(self.periods_within(opening, min(offset, opening + 40)))
            or own(self.periods_within(end, min(self.sentence_end(offset), end + 60)))
        )
        return parse_period(nfc(found.text), reference=self.period) if found else self.period

    def _is_base(self, span: Span) -> bool:
        """A period behind `so với` is one to compare with."""
        return (
            re.search(r"(?<!\w)so(?:\s+với)?(?:\s+mức)?\s*$", self.text[max(0, span.start - 16) : span.start])
            is not None
        )


def nfc(text: str) -> str:
    """The composed form: what is parsed; offsets stay those of the text as sent."""
    return unicodedata.normalize("NFC", text)


def _multiply(number: str | None, factor: str | None) -> str | None:
    if number is None:
        return None
    with localcontext() as context:
        context.prec = len(number) + 60
        return plain(Decimal(number) * Decimal(factor or "1"))


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
) -> list[Figure]:
    """All figures of a document, in text order, ids ``f1, f2, …``.

    Args:
        text: the text as sent; spans are offsets into it, in text order, with ``of`` and ``in`` set.
        paragraphs: offsets of the paragraphs, in order.
        sections: the headings above an offset, widest first.
        period: the document's own period.
    """
    document = _Document(text, spans, paragraphs, period)
    holds_number: set[str] = set()
    for span in spans:
        if span.label in ("QUANTITY", "PERCENT"):
            phrase = document.phrase_of(span)
            if phrase is not None:
                holds_number.add(phrase.id)
    figures: list[Figure] = []
    levels: dict[str, Figure] = {}
    carried: dict[str, tuple[int, _Carried]] = {}
    numbers = [s for s in spans if s.label in ("QUANTITY", "PERCENT")]
    following = {a.id: b for a, b in pairwise(numbers)}
    for span in spans:
        if span.label == "ATTAINMENT" and span.id not in holds_number:
            figure = _without_number(document, span)
        elif span.label in ("QUANTITY", "PERCENT"):
            figure = _with_number(document, span, following.get(span.id), sections)
            phrase = document.phrase_of(span)
            if phrase is not None and phrase.label in ("ATTAINMENT", "CHANGE"):
                _read_phrase(document, figure, span, phrase, levels, carried)
            elif figure.kind == "level" and figure.indicator and figure.status != "target":
                levels[figure.indicator] = figure
        else:
            continue
        figure.id = f"f{len(figures) + 1}"
        figures.append(figure)
    return figures


def _without_number(document: _Document, span: Span) -> Figure:
    told = read_reference(nfc(span.text).split(maxsplit=1)[-1])
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
        reference=Reference(text=told.text, kind=told.kind, issuer=told.issuer) if told else None,
        period=document.period_at(span.start, span.end),
        score=span.score,
    )


def _unit_of(document: _Document, span: Span, following: Span | None) -> tuple[Unit | None, Span | None]:
    if span.label == "PERCENT":
        return parse_percent_unit(nfc(span.text)), None
    own = document.unit_behind(span.end)
    if own is not None:
        return parse_unit(own.text), own
    if following is not None and following.label == "QUANTITY" and following.start - span.end <= 12:
        later = document.unit_behind(following.end)
        if later is not None and _COORDINATION.fullmatch(nfc(document.text[span.end : following.start])):
            return parse_unit(later.text, shared=True), None
    return None, None


def _with_number(document: _Document, span: Span, following: Span | None, sections: Sections) -> Figure:
    text = document.text
    unit, unit_span = _unit_of(document, span, following)
    sentence = document.sentence_start(span.start)
    before = text[max(sentence, span.start - 200) : span.start]
    behind = text[unit_span.end if unit_span else span.end :][:60]
    number = parse_number(
        span.text,
        unit=nfc(unit.text) if unit and span.label == "QUANTITY" else "",
        before=nfc(before),
        habit=document.habit,
    ) or Number("words", None)
    if number.form == "rank":
        unit = None if unit is None or unit.dimension != "ratio" else unit
    phrase = document.phrase_of(span)
    factor = unit.factor if unit else None
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
        value=_multiply(number.number, factor),
        value_upper=_multiply(number.upper, factor),
        indicator=(phrase or span).of,
        phrase=phrase.id if phrase else None,
        period=document.period_at((phrase or span).start, (phrase or span).end),
        status=find_status(text[max(sentence, span.start - 160) : span.start], sections(span.start)),
        score=min(span.score, phrase.score) if phrase else span.score,
    )


def _read_phrase(
    document: _Document,
    figure: Figure,
    span: Span,
    phrase: Span,
    levels: dict[str, Figure],
    carried: dict[str, tuple[int, _Carried]],
) -> None:
    """Set direction, ratio, measure, reference or base, and the implied target."""
    label: Literal["ATTAINMENT", "CHANGE"] = "ATTAINMENT" if phrase.label == "ATTAINMENT" else "CHANGE"
    own_unit = document.unit_behind(span.end)
    before = nfc(document.text[phrase.start : span.start])
    behind = nfc(document.text[own_unit.end if own_unit and own_unit.end <= phrase.end else span.end : phrase.end])
    place, last = carried.get(label, (-1, _Carried(None, None, None)))
    near = place >= document.paragraph_start(phrase.start)
    sense = verb_sense(before)
    inherited_sense = sense is None and near
    if inherited_sense:
        sense = last.sense
    level = levels.get(figure.indicator or "")
    level_is_percent = bool(level and level.unit and level.unit.dimension == "ratio")
    reading = read_number(
        label, sense, figure.number, unit=figure.unit.id if figure.unit else None, level_is_percent=level_is_percent
    )
    figure.direction, figure.ratio, figure.measure = reading.direction, reading.ratio, reading.measure
    if label == "ATTAINMENT":
        told = read_reference(behind) or read_reference(before)
        inherited = told is None and near and last.told is not None
        told = told or (last.told if near else None)
        figure.reference = Reference(
            text=told.text if told else None,
            kind=told.kind if told else None,
            issuer=told.issuer if told else None,
            inherited=inherited,
        )
        figure.implied_target = _implied_target(figure, level)
        carried[label] = (phrase.start, _Carried(sense, told, None))
        return
    told = read_base(before, behind)
    inside = document.periods_within(phrase.start, phrase.end)
    base_period = parse_period(nfc(inside[-1].text), reference=document.period) if inside else None
    inherited = False
    if told is None:
        ahead = _FOLLOWS.match(document.text[phrase.end : document.sentence_end(phrase.end)])
        if ahead:
            told = read_base("", nfc(ahead[1]))
            beside = document.periods_within(phrase.end, phrase.end + ahead.end())
            base_period = parse_period(nfc(beside[0].text), reference=document.period) if beside else None
        elif near and last.told is not None:
            told, base_period, inherited = last.told, last.period, True
    if told is not None:
        figure.base = Base(text=told.text, kind=told.kind, period=base_period, inherited=inherited)
    carried[label] = (phrase.start, _Carried(sense, told, base_period))


def _implied_target(figure: Figure, level: Figure | None) -> Target | None:
    """The plan value that a level and its attainment imply: level / ratio, or level less the gap."""
    if level is None or level.value is None or level.form not in ("plain", "words", "fraction"):
        return None
    unit = level.unit.id if level.unit else None
    value = Decimal(level.value)
    with localcontext() as context:
        context.prec = 50
        if figure.measure == "relative" and figure.ratio and Decimal(figure.ratio) > 0:
            return Target(value=_rounded(value / Decimal(figure.ratio)), unit=unit)
        gap = Decimal(figure.value) if figure.value is not None else None
        same = figure.measure == "points" or (figure.unit is not None and figure.unit.id == unit)
        if gap is not None and same and figure.direction in ("exceeded", "missed"):
            return Target(value=_rounded(value - gap if figure.direction == "exceeded" else value + gap), unit=unit)
    return None
