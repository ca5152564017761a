"""Label Studio's JSON: a list of tasks with annotations or predictions, and the labelling configuration that they fit.

Label Studio counts offsets in code points; its first versions counted UTF-16 code units, which a region's own words betray.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from chitieu.annotation.document import (
    LABELS,
    AnnotatedDocument,
    AnnotatedSpan,
    Mark,
    State,
    assembled,
    invalid,
    relation,
)
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.items import Item, Metadata, checked, items, known, metadata
from chitieu.annotation.formats.label_studio_config import Layout, own_layout
from chitieu.annotation.offsets import Offsets, Unit


class _Value(Item):
    start: int
    end: int
    text: str | None = None
    labels: list[str] = Field(default_factory=list)


class _Meta(Item):
    entry: str | None = None
    alias: str | None = None
    state: State | None = None


class _Region(Item):
    id: str
    value: _Value
    score: float | None = Field(default=None, ge=0, le=1)
    meta: _Meta = _Meta()


class _Relation(Item):
    from_id: str
    to_id: str
    direction: Literal["right", "left", "bi"] = "right"


class _Made(Item):
    result: list[dict[str, Any]]
    was_cancelled: bool = False


class _Data(Metadata):
    text: str


class _Task(Item):
    data: _Data
    annotations: list[_Made] = Field(default_factory=list)
    predictions: list[_Made] = Field(default_factory=list)


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """A document for each annotation of a task that was not cancelled; of a task without any, the last prediction.

    The second annotation of a task and those behind it have its name with ``-2``, ``-3``, …
    """
    found = []
    for where, value in items(data, origin.name):
        task = checked(_Task, value, where)
        made = [one for one in task.annotations if not one.was_cancelled]
        state: State | None = None
        if not made and task.predictions:
            made, state = task.predictions[-1:], "suggested"
        for number, one in enumerate(made or [_Made(result=[])], 1):
            name = (task.data.name or origin.name) + (f"-{number}" if number > 1 else "")
            found.append(_document(name, task.data, one.result, state, origin, where))
    return found


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """A task for each document: what a model suggests as a prediction, else as an annotation."""
    tasks = [_task(document, offsets or "code-points") for document in documents]
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def _task(document: AnnotatedDocument, unit: Unit) -> dict[str, Any]:
    data = {"text": document.text, **metadata(document)}
    suggested = bool(document.spans) and all(span.state == "suggested" for span in document.spans)
    made = {"result": list(results(document, own_layout(), unit, usual="suggested" if suggested else None))}
    if suggested:
        return {"data": data, "predictions": [{"model_version": "chitieu", **made}]}
    return {"data": data, "annotations": [made]}


def results(
    document: AnnotatedDocument, layout: Layout, unit: Unit = "code-points", *, usual: State | None = None
) -> Iterator[dict[str, Any]]:
    """The regions and relations of a document; labels that the layout has no place for are left out.

    Args:
        usual: a state that is not told, as all that has no other is in it.
    """
    offsets = Offsets(document.text, unit)
    for number, span in enumerate(document.spans):
        if span.label not in layout.controls:
            continue
        start, end = offsets.told(span.start, span.end)
        meta = known(entry=span.entry, alias=span.alias, state=span.state if span.state != usual else None)
        yield {
            "id": f"s{number}",
            "from_name": layout.controls[span.label],
            "to_name": layout.text,
            "type": "labels",
            "value": {
                "start": start,
                "end": end,
                "text": document.text[span.start : span.end],
                "labels": [span.label],
            },
            **known(score=span.score, meta=meta or None),
        }
    for number, span in enumerate(document.spans):
        if span.head is not None and {span.label, document.spans[span.head].label} <= layout.controls.keys():
            yield _relation(number, span, span.head)


def _relation(number: int, span: AnnotatedSpan, head: int) -> dict[str, Any]:
    return {
        "type": "relation",
        "from_id": f"s{number}",
        "to_id": f"s{head}",
        "direction": "right",
        "labels": [relation(span.label)],
    }


def _document(
    name: str, data: _Data, result: list[dict[str, Any]], state: State | None, origin: Origin, where: str
) -> AnnotatedDocument:
    regions = [
        checked(_Region, one, f"{where}, result {number}")
        for number, one in enumerate(result)
        if one.get("type") == "labels"
    ]
    targets = _targets(result, where)
    offsets = Offsets(data.text, origin.offsets or _unit(data.text, regions))
    marks = [_mark(region, offsets, data.text, targets.get(region.id), state, where) for region in regions]
    lost = targets.keys() - {region.id for region in regions}
    if lost:
        raise invalid(where, [f"quan hệ từ vùng không có / a relation from no region: {min(lost)}"])
    document = replace(data.document(data.text, name), name=name)
    return assembled(document, marks, where=where, sha256=data.sha256)


def _targets(result: list[dict[str, Any]], where: str) -> dict[str, str]:
    """For each region that is linked the region that it is linked to."""
    targets: dict[str, str] = {}
    for number, one in enumerate(result):
        if one.get("type") != "relation":
            continue
        found = checked(_Relation, one, f"{where}, result {number}")
        source, target = (found.to_id, found.from_id) if found.direction == "left" else (found.from_id, found.to_id)
        if targets.setdefault(source, target) != target:
            raise invalid(where, [f"vùng {source} có hai quan hệ / region {source} has two relations"])
    return targets


def _mark(region: _Region, offsets: Offsets, text: str, target: str | None, state: State | None, where: str) -> Mark:
    labels = region.value.labels
    if len(labels) != 1 or labels[0] not in LABELS:
        told = ", ".join(labels) or "–"
        raise invalid(where, [f"vùng {region.id}: cần một nhãn của dự án / needs one of the labels: {told}"])
    start, end = offsets.read(region.value.start), offsets.read(region.value.end)
    if start is None or end is None or not _same(text[start:end], region.value.text):
        told = f"[{region.value.start}, {region.value.end})"
        raise invalid(
            where, [f"vùng {region.id} {told}: không khớp văn bản / region {region.id} {told} does not fit the text"]
        )
    return Mark(
        labels[0],
        start,
        end,
        id=region.id,
        target=target,
        entry=region.meta.entry,
        alias=region.meta.alias,
        score=region.score,
        state=region.meta.state or state,
    )


def _unit(text: str, regions: Sequence[_Region]) -> Unit:
    """What the offsets of a task count: code points, unless the regions' words stand where UTF-16 has them."""
    units: tuple[Unit, ...] = ("code-points", "utf-16")
    for unit in units:
        offsets = Offsets(text, unit)
        places = [(offsets.read(region.value.start), offsets.read(region.value.end)) for region in regions]
        if all(
            start is not None and end is not None and _same(text[start:end], region.value.text)
            for (start, end), region in zip(places, regions, strict=True)
        ):
            return unit
    return "code-points"


def _same(words: str, told: str | None) -> bool:
    r"""Whether a region's words are these, white space aside; Label Studio may tell a line break as ``\n``, in two characters."""
    return told is None or _plain(words) == _plain(told)


def _plain(words: str) -> list[str]:
    return words.replace("\\n", "\n").split()
