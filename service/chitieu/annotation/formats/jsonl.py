"""Stand-off JSON, a document a line: the form that holds all of an annotated document.

An answer of the API, or of `chitieu extract --format json`, is read as well: its spans are suggestions of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from chitieu.annotation.document import AnnotatedDocument, Mark, State, assembled, invalid, relation
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.items import Item, Metadata, checked, items, known, lines, metadata
from chitieu.annotation.offsets import Unit

SCHEMA = "chitieu-annotation/1"


class _Span(Item):
    label: str
    start: int
    end: int
    id: str | None = None
    text: str | None = None
    of: str | None = None
    in_: str | None = Field(default=None, alias="in")
    entry: str | None = None
    alias: str | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    state: State | None = None


class _Line(Metadata):
    text: str | None = None
    spans: list[_Span]


class _Words(Item):
    text: str
    name: str | None = None


class _Read(Item):
    id: str
    sha256: str
    text: str | None = None
    place: _Words | None = None
    period: _Words | None = None


class _Link(Item):
    id: str


class _Indicator(Item):
    spans: list[str]
    catalogue: _Link | None = None


class _Observation(Item):
    indicator: _Indicator


class _Answer(Item):
    document: _Read
    spans: list[_Span]
    observations: list[_Observation] = Field(default_factory=list)


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """The documents of a file, or the answers."""
    found = []
    for where, value in items(data, origin.name):
        if isinstance(value, dict) and "document" in value:
            found.append(_of_answer(checked(_Answer, value, where), origin, where))
        else:
            found.append(_of_line(checked(_Line, value, where), origin, where))
    return found


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """A line for each document."""
    return lines(_told(document) for document in documents)


def _told(document: AnnotatedDocument) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        **metadata(document),
        "text": document.text,
        "spans": [
            {
                "id": f"s{number}",
                "label": span.label,
                "start": span.start,
                "end": span.end,
                "text": document.text[span.start : span.end],
                **({relation(span.label): f"s{span.head}"} if span.head is not None else {}),
                **known(entry=span.entry, alias=span.alias, score=span.score, state=span.state),
            }
            for number, span in enumerate(document.spans)
        ],
    }


def _of_line(line: _Line, origin: Origin, where: str) -> AnnotatedDocument:
    document = line.document(_text(line.text, origin, where), origin.name)
    return assembled(document, _marks(line.spans, where), where=where, sha256=line.sha256)


def _of_answer(answer: _Answer, origin: Origin, where: str) -> AnnotatedDocument:
    read = answer.document
    document = AnnotatedDocument(
        read.id,
        _text(read.text, origin, where),
        (),
        place=(read.place.name or read.place.text) if read.place else None,
        period=read.period.text if read.period else None,
    )
    entries = {
        o.indicator.spans[-1]: o.indicator.catalogue.id
        for o in answer.observations
        if o.indicator.catalogue and o.indicator.spans
    }
    marks = _marks(answer.spans, where, state="suggested", entries=entries)
    return assembled(document, marks, where=where, sha256=read.sha256)


def _marks(
    spans: list[_Span], where: str, *, state: State | None = None, entries: dict[str, str] | None = None
) -> Iterator[Mark]:
    for number, span in enumerate(spans):
        target, wrong = (span.in_, span.of) if span.label == "INDICATOR" else (span.of, span.in_)
        if wrong is not None:
            told = "in" if relation(span.label) == "of" else "of"
            raise invalid(where, [f"spans.{number}: {span.label} không có '{told}' / has no '{told}'"])
        yield Mark(
            span.label,
            span.start,
            span.end,
            id=span.id,
            target=target,
            words=span.text,
            entry=span.entry or (entries or {}).get(span.id or ""),
            alias=span.alias,
            score=span.score,
            state=span.state or state,
        )


def _text(text: str | None, origin: Origin, where: str) -> str:
    """The item's own text, else the one that was given with it."""
    found = text if text is not None else origin.text
    if found is None:
        raise invalid(where, ["không có văn bản, hãy cho bằng --text / it holds no text: give it with --text"])
    return found
