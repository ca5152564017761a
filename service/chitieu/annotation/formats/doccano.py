"""doccano's JSON lines of sequence labelling with relations.

doccano counts offsets in UTF-16 code units; in a project that counts grapheme clusters as one character, in those.
What it does not know it keeps as metadata of the document and gives back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from chitieu.annotation.document import AnnotatedDocument, Mark, assembled, invalid, relation
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.items import Item, Metadata, checked, items, lines, metadata
from chitieu.annotation.offsets import Offsets, Unit

_Triple = Annotated[
    tuple[int, int, str], BeforeValidator(lambda found: tuple(found) if isinstance(found, list) else found)
]


class _Entity(Item):
    label: str
    start_offset: int
    end_offset: int
    id: int | None = None


class _Relation(Item):
    from_id: int
    to_id: int


class _Example(Metadata):
    text: str
    entities: list[_Entity] | None = None
    label: list[_Triple] | None = None
    relations: list[_Relation] = Field(default_factory=list)


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """The examples of a file; without relations (``label``: lists of start, end and label) they have no links."""
    return [_document(checked(_Example, value, where), origin, where) for where, value in items(data, origin.name)]


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """A line for each document."""
    return lines(_examples(documents, offsets or "utf-16"))


def _examples(documents: Sequence[AnnotatedDocument], unit: Unit) -> Iterator[dict[str, Any]]:
    first = 0  # ids are of the whole file: doccano looks the ends of relations up by them
    for document in documents:
        offsets = Offsets(document.text, unit)
        entities = []
        for number, span in enumerate(document.spans, first):
            start, end = offsets.told(span.start, span.end)
            entities.append({"id": number, "label": span.label, "start_offset": start, "end_offset": end})
        yield {
            "text": document.text,
            "entities": entities,
            "relations": [
                {"from_id": number, "to_id": first + span.head, "type": relation(span.label)}
                for number, span in enumerate(document.spans, first)
                if span.head is not None
            ],
            **metadata(document),
        }
        first += len(document.spans)


def _document(example: _Example, origin: Origin, where: str) -> AnnotatedDocument:
    entities = example.entities
    if entities is None:
        if example.label is None:
            raise invalid(where, ["không có entities hoặc label / it has neither entities nor label"])
        entities = [_Entity(label=label, start_offset=start, end_offset=end) for start, end, label in example.label]
    targets = _targets(example, {entity.id for entity in entities}, where)
    offsets = Offsets(example.text, origin.offsets or "utf-16")
    marks = [_mark(entity, offsets, targets, where) for entity in entities]
    return assembled(example.document(example.text, origin.name), marks, where=where, sha256=example.sha256)


def _targets(example: _Example, known: set[int | None], where: str) -> dict[int, int]:
    targets: dict[int, int] = {}
    for found in example.relations:
        if found.from_id not in known:
            raise invalid(where, [f"quan hệ từ nhãn không có / a relation from no entity: {found.from_id}"])
        if targets.setdefault(found.from_id, found.to_id) != found.to_id:
            told = f"{found.from_id}"
            raise invalid(where, [f"nhãn {told} có hai quan hệ / entity {told} has two relations"])
    return targets


def _mark(entity: _Entity, offsets: Offsets, targets: dict[int, int], where: str) -> Mark:
    start, end = offsets.read(entity.start_offset), offsets.read(entity.end_offset)
    if start is None or end is None:
        told = f"{entity.label} [{entity.start_offset}, {entity.end_offset})"
        raise invalid(where, [f"{told} không khớp văn bản / {told} does not fit the text"])
    target = targets.get(entity.id) if entity.id is not None else None
    return Mark(
        entity.label,
        start,
        end,
        id=None if entity.id is None else str(entity.id),
        target=None if target is None else str(target),
    )
