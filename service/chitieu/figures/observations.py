"""The rows of the table a civil servant would draw: figures of one indicator, breakdown, period, status and base unit.

A level starts a row or repeats one; changes, shares and attainments go to the row of the level that they are told beside.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from chitieu.contract import (
    CatalogueLink,
    Figure,
    Notice,
    Observation,
    ObservedIndicator,
    Part,
    Period,
    Span,
    Status,
    Unit,
)
from chitieu.figures.precision import base_unit, half_unit, same_quantity

Sections = Callable[[int], Sequence[str]]


class Linked(Protocol):
    """What a linker finds: an entry, and the parts of the path that break it down, each with its level in the path."""

    @property
    def entry(self) -> CatalogueLink: ...

    @property
    def parts(self) -> Sequence[tuple[int, Part]]: ...


class Linker(Protocol):
    """From path, unit, kind and what stands around to an entry or None."""

    def __call__(
        self,
        path: Sequence[str],
        *,
        unit: Unit | None,
        kind: str,
        section: Sequence[str],
        sentence: str,
        document: str,
    ) -> Linked | None: ...


_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n|[.;:!?…][^\S\n]*\n")
_SENTENCE_END = re.compile(r"[.!?…;]\s|\n[^\S\n]*\n")
# Phrases stand near their level; past this many characters they are told of something else.
_REACH = 600
_LONGEST_PATH = 8
_CONTEXT, _HEAD = 300, 300
_RANK = Unit(text="hạng", id="rank", dimension="rank")


def reading_form(text: str) -> str:
    """The text as it is read: NFC, runs of white space and line breaks as one space, none around."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    return reading_form(text).casefold()


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence that a range stands in, or the part of a long one that is near it."""
    first, last = sentence_bounds(text, start, end)
    return reading_form(text[first:last])


def sentence_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence of a range begins and ends, or the part of a long one that is near it."""
    first = max(0, start - _CONTEXT)
    ends = [m.end() for m in _SENTENCE_END.finditer(text, first, start)]
    stop = _SENTENCE_END.search(text, end, end + _CONTEXT)
    return ends[-1] if ends else first, stop.start() if stop else min(len(text), end + _CONTEXT)


def document_head(text: str) -> str:
    """How a document begins: who reports, on what."""
    return reading_form(text[:_HEAD])


def measured_in(figure: Figure) -> Unit | None:
    """The unit that says what an indicator measures: of a level or an amount of change; a rank's is being one."""
    if figure.form == "rank":
        return _RANK
    amount = figure.kind == "change" and figure.measure == "amount"
    return figure.known_unit if figure.kind == "level" or amount else None


def indicator_path(span: Span, spans: dict[str, Span]) -> list[Span]:
    """The INDICATOR spans from the widest subject to ``span``; a cycle of `in`, or what is not there, ends it."""
    path = [span]
    seen = {span.id}
    while path[-1].in_ is not None and len(path) < _LONGEST_PATH:
        wider = spans.get(path[-1].in_)
        if wider is None or wider.id in seen or wider.label != "INDICATOR":
            break
        seen.add(wider.id)
        path.append(wider)
    return path[::-1]


# What makes two rows one series: entry and parts, or the words of the path where no entry is known.
Entity = tuple[str | tuple[str, ...], tuple[str, ...]]
PeriodKey = tuple[str | None, str | None] | str | None


@dataclass(frozen=True, slots=True)
class _Link:
    """The entry of an indicator and its parts; neither where it is in no catalogue."""

    entry: CatalogueLink | None = None
    parts: tuple[Part, ...] = ()


@dataclass(slots=True)
class _Row:
    """An observation under way."""

    entity: Entity
    path: list[Span]
    link: _Link
    period: Period | None
    status: Status
    first: Figure
    level: Figure | None = None
    repeats: list[Figure] = field(default_factory=list)
    changes: list[Figure] = field(default_factory=list)
    shares: list[Figure] = field(default_factory=list)
    attainments: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        """Put a change, share or attainment into its list."""
        {"change": self.changes, "share": self.shares, "attainment": self.attainments}[figure.kind].append(figure)


def period_key(period: Period | None) -> PeriodKey:
    """What makes two periods one: first and last day, or the words where the days are unknown."""
    if period is None:
        return None
    if period.start or period.end:
        return period.start, period.end
    return _folded(period.text)


class _Resolver:
    """Entities of indicator spans; asks the linker once for each span and unit."""

    def __init__(self, text: str, spans: dict[str, Span], linker: Linker, sections: Sections) -> None:
        self.text = text
        self.head = document_head(text)
        self.spans = spans
        self.linker = linker
        self.sections = sections
        self.paths: dict[str, list[Span]] = {}
        self.entities: dict[tuple[object, ...], tuple[Entity, _Link]] = {}

    def path(self, span_id: str) -> list[Span]:
        if span_id not in self.paths:
            self.paths[span_id] = indicator_path(self.spans[span_id], self.spans)
        return self.paths[span_id]

    def texts(self, span_id: str) -> tuple[str, ...]:
        return tuple(reading_form(s.text) for s in self.path(span_id))

    def entity(self, span_id: str, unit: Unit | None, kind: str) -> tuple[Entity, _Link]:
        """The catalogue entry and the parts that break it down, else the folded path."""
        key = (span_id, kind, unit and (unit.id, unit.text, unit.dimension))
        if key not in self.entities:
            self.entities[key] = self._resolve(span_id, unit, kind)
        return self.entities[key]

    def _resolve(self, span_id: str, unit: Unit | None, kind: str) -> tuple[Entity, _Link]:
        span = self.spans[span_id]
        spans, path = self.path(span_id), self.texts(span_id)
        sentence = sentence_around(self.text, span.start, span.end)
        section = tuple(self.sections(span.start))
        found = self.linker(path, unit=unit, kind=kind, section=section, sentence=sentence, document=self.head)
        if found is None:
            return (tuple(_folded(p) for p in path), ()), _Link()
        parts = tuple(part.model_copy(update={"span": spans[level].id}) for level, part in found.parts)
        return (found.entry.id, tuple(_folded(p.code or p.text) for p in parts)), _Link(found.entry, parts)


class _Group:
    """The levels of one entity, period, status and base unit, ordered by value so that repeats are found quickly."""

    def __init__(self) -> None:
        self.values: list[Decimal] = []
        self.rows: list[_Row] = []

    def find(self, figure: Figure) -> _Row | None:
        value = _number(figure)
        if value is None:
            return None
        at = bisect.bisect_left(self.values, value)
        for near in (at, at - 1, at + 1):
            if 0 <= near < len(self.rows):
                level = self.rows[near].level
                if level is not None and same_quantity(level, figure):
                    return self.rows[near]
        return None

    def insert(self, figure: Figure, row: _Row) -> None:
        value = _number(figure)
        if value is not None:
            at = bisect.bisect_right(self.values, value)
            self.values.insert(at, value)
            self.rows.insert(at, row)


def _number(figure: Figure) -> Decimal | None:
    printed = figure.value if figure.value is not None else figure.number
    return Decimal(printed) if printed is not None else None


def _compatible(level: _Row, figure: Figure) -> bool:
    """Whether a phrase can be told of a level: no other period, and not a result of a plan or the other way round."""
    mine, other = period_key(figure.period), period_key(level.period)
    return (mine is None or other is None or mine == other) and (figure.status == "target") == (
        level.status == "target"
    )


def _warning(figure: Figure) -> Notice:
    shown = reading_form(figure.text)
    return Notice(
        code="figure_without_indicator",
        message=f"Không rõ “{shown}” là số liệu của chỉ tiêu nào. / The text does not say what “{shown}” measures.",
        start=figure.start,
        end=figure.end,
    )


def build_observations(
    text: str, spans: Sequence[Span], figures: Sequence[Figure], *, sections: Sections, linker: Linker
) -> tuple[list[Observation], list[Notice]]:
    """Group figures into observations.

    Args:
        text: the text as sent, which all offsets count in.
        spans: what the tagger saw.
        figures: in any order; those without an INDICATOR give a warning and no observation.
        sections: from an offset to the headings above it, widest first.
        linker: see `Linker`.

    Returns:
        Observations in text order of their first figure, and warnings in text order.
    """
    by_id = {s.id: s for s in spans}
    resolver = _Resolver(text, by_id, linker, sections)
    ordered = sorted(figures, key=lambda f: (f.start, f.end))
    warnings: list[Notice] = []
    known: list[Figure] = []
    for figure in ordered:
        span = by_id.get(figure.indicator) if figure.indicator is not None else None
        if span is None or span.label != "INDICATOR":
            warnings.append(_warning(figure))
        else:
            known.append(figure)
    rows, row_of_level, pending = _place_levels(known, resolver)
    _place_phrases(text, pending, rows, row_of_level, resolver)
    rows.sort(key=lambda row: (row.first.start, row.first.end))
    return [_finish(number, row, sections) for number, row in enumerate(rows, 1)], warnings


def _place_levels(figures: Sequence[Figure], resolver: _Resolver) -> tuple[list[_Row], dict[str, _Row], list[Figure]]:
    """A row or repeat for every level; what is left are the phrases' figures."""
    rows: list[_Row] = []
    row_of: dict[str, _Row] = {}
    groups: dict[tuple[object, ...], _Group] = defaultdict(_Group)
    pending: list[Figure] = []
    for figure in figures:
        if figure.kind != "level":
            pending.append(figure)
            continue
        assert figure.indicator is not None
        entity, link = resolver.entity(figure.indicator, measured_in(figure), "level")
        group = groups[entity, period_key(figure.period), figure.status, base_unit(figure)]
        row = group.find(figure)
        if row is None:
            row = _Row(
                entity, resolver.path(figure.indicator), link, figure.period, figure.status, figure, level=figure
            )
            rows.append(row)
            group.insert(figure, row)
        elif row.level is not None and _finer(figure, row.level):
            row.repeats.append(row.level)
            row.level = figure
        else:
            row.repeats.append(figure)
        row_of[figure.id] = row
    return rows, row_of, pending


def _finer(one: Figure, other: Figure) -> bool:
    """Whether one statement is more precise than another; what is exact goes before `gần`, `hơn`."""
    a, b = half_unit(one), half_unit(other)
    if a is None or b is None:
        return False
    return ((one.bound != "exact"), a) < ((other.bound != "exact"), b)


class _Levels:
    """Where each indicator's levels stand, to find the nearest before and after an offset."""

    def __init__(self, row_of_level: dict[str, _Row], levels: Sequence[Figure], resolver: _Resolver) -> None:
        self.by_key: dict[object, tuple[list[int], list[Figure]]] = {}
        self.row_of = row_of_level
        for figure in levels:
            assert figure.indicator is not None
            row = row_of_level[figure.id]
            path = tuple(_folded(t) for t in resolver.texts(figure.indicator))
            for key in {("span", figure.indicator), ("path", path), ("entity", row.entity)}:
                starts, found = self.by_key.setdefault(key, ([], []))
                starts.append(figure.start)
                found.append(figure)

    def before(self, key: object, at: int) -> list[Figure]:
        """The last few levels before an offset, nearest first."""
        starts, found = self.by_key.get(key, ([], []))
        end = bisect.bisect_left(starts, at)
        return found[max(0, end - 3) : end][::-1]

    def after(self, key: object, at: int) -> list[Figure]:
        starts, found = self.by_key.get(key, ([], []))
        begin = bisect.bisect_left(starts, at)
        return found[begin : begin + 1]


def _place_phrases(
    text: str, pending: Sequence[Figure], rows: list[_Row], row_of_level: dict[str, _Row], resolver: _Resolver
) -> None:
    """Put changes, shares and attainments into the rows of their levels, or into rows of their own."""
    levels_seen = sorted(
        {f.id: f for row in rows for f in (row.level, *row.repeats) if f is not None}.values(), key=lambda f: f.start
    )
    levels = _Levels(row_of_level, levels_seen, resolver)
    own: dict[tuple[object, ...], _Row] = {}
    for figure in pending:
        assert figure.indicator is not None
        path = tuple(_folded(t) for t in resolver.texts(figure.indicator))
        entity, link = resolver.entity(figure.indicator, measured_in(figure), figure.kind)
        keys = (("span", figure.indicator), ("path", path), ("entity", entity))
        row = _told_beside(text, figure, keys, levels)
        if row is None:
            key = (entity, period_key(figure.period), figure.status)
            row = own.get(key)
            if row is None:
                spans = resolver.path(figure.indicator)
                row = own[key] = _Row(entity, spans, link, figure.period, figure.status, figure)
                rows.append(row)
        row.add(figure)
        if figure.start < row.first.start:
            row.first = figure


def _told_beside(text: str, figure: Figure, keys: Sequence[object], levels: _Levels) -> _Row | None:
    """The row of the nearest level before in the same paragraph, else of the next in the same sentence."""
    for key in keys:
        for level in levels.before(key, figure.start):
            row = levels.row_of[level.id]
            if figure.start - level.end > _REACH or _PARAGRAPH_END.search(text, level.end, figure.start):
                break
            if _compatible(row, figure):
                return row
    for key in keys:
        for level in levels.after(key, figure.end):
            row = levels.row_of[level.id]
            near = level.start - figure.end <= _REACH and not _SENTENCE_END.search(text, figure.end, level.start)
            if near and _compatible(row, figure):
                return row
    return None


def _finish(number: int, row: _Row, sections: Sections) -> Observation:
    path = [reading_form(s.text) for s in row.path]

    def ids(found: Sequence[Figure]) -> list[str]:
        return [f.id for f in sorted(found, key=lambda f: (f.start, f.end))]

    return Observation(
        id=f"o{number}",
        indicator=ObservedIndicator(
            text=path[-1],
            path=path,
            spans=[s.id for s in row.path],
            catalogue=row.link.entry,
            breakdown=list(row.link.parts),
        ),
        section=list(sections(row.first.start)),
        period=row.period,
        status=row.status,
        level=row.level.id if row.level else None,
        repeats=ids(row.repeats),
        changes=ids(row.changes),
        shares=ids(row.shares),
        attainments=ids(row.attainments),
    )
