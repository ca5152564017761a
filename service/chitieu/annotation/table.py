"""The table beside an annotation: figures, observations and checks of its spans as they stand, by the same steps as those of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import cast

from chitieu.annotation.corrections import ShownSpan
from chitieu.annotation.operations import NO_ENTRY
from chitieu.contract import CatalogueLink, Extraction, Label, Observation, Span
from chitieu.text.headings import section_paths
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

_KEPT = 8  # texts that are being annotated; reading a long one anew takes a second


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text and the headings above it, widest first; offsets are code points, half-open."""

    start: int
    end: int
    path: tuple[str, ...]


@lru_cache(maxsize=_KEPT)
def reading_of(text: str, wrapped: bool) -> Reading:
    """A text as it is read; ``wrapped`` as in `Reading`."""
    return Reading(SourceText(text), wrapped=wrapped)


@lru_cache(maxsize=_KEPT)
def sections_of(text: str, wrapped: bool) -> tuple[Section, ...]:
    """The sections of a text, in its order; between them is what is not read."""
    reading = reading_of(text, wrapped)
    parts = [(p.start, p.end) for p in reading.paragraphs]
    path = section_paths(reading.text, parts)
    found = []
    for headings, run in groupby(parts, key=lambda part: tuple(path(part[0]))):
        whole = list(run)
        start, _ = reading.to_source(*whole[0])
        _, end = reading.to_source(*whole[-1])
        found.append(Section(start, end, headings))
    return tuple(found)


def contract_spans(spans: Sequence[ShownSpan], reading: Reading) -> list[Span]:
    """Those that count, in text order, with offsets in the reading; one of a place that is not read is left out."""
    placed = [
        (one, place)
        for one in spans
        if one.span.counts and (place := reading.from_source(one.span.start, one.span.end)) is not None
    ]
    there = {one.span.id for one, _ in placed}
    out = [_contract_span(one, place, reading, there) for one, place in placed]
    return sorted(out, key=lambda span: (span.start, -span.end))


def _contract_span(one: ShownSpan, place: tuple[int, int], reading: Reading, there: set[str]) -> Span:
    span, is_indicator = one.span, one.span.label == "INDICATOR"
    sure = span.state == "confirmed" or span.score is None
    to = one.to if one.to in there else None
    return Span(
        id=span.id,
        label=cast(Label, span.label),
        start=place[0],
        end=place[1],
        text=reading.text[place[0] : place[1]],
        score=1.0 if sure else cast(float, span.score),
        link_score=None if to is None else 1.0 if sure else span.link_score,
        of=None if is_indicator else to,
        in_=to if is_indicator else None,
    )


def with_entries(
    answer: Extraction, spans: Sequence[ShownSpan], entry_of: Callable[[str], CatalogueLink | None]
) -> Extraction:
    """The answer with the entries that people chose in the place of those that were found; ``entry_of`` gives one by its id."""
    chosen = {
        one.span.id: one.span.entry
        for one in spans
        if (one.changed or one.span.origin == "person") and one.span.entry is not None and one.span.label == "INDICATOR"
    }
    return answer.model_copy(update={"observations": list(_chosen(answer.observations, chosen, entry_of))})


def _chosen(
    observations: Sequence[Observation], chosen: dict[str, str], entry_of: Callable[[str], CatalogueLink | None]
) -> Iterator[Observation]:
    for seen in observations:
        entry = chosen.get(seen.indicator.spans[-1]) if seen.indicator.spans else None
        found = seen.indicator.catalogue
        if entry is None or (found is not None and found.id == entry):
            yield seen
            continue
        link = None if entry == NO_ENTRY else entry_of(entry)
        # The parts are those beyond another entry's name.
        indicator = seen.indicator.model_copy(update={"catalogue": link, "breakdown": []})
        yield seen.model_copy(update={"indicator": indicator})
