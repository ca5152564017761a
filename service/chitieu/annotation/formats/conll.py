"""CoNLL: a token a line with tab-separated columns, BIO tags of mentions and of phrases in two of them.

The columns are token, mention tag, phrase tag, offsets (``start:end``), and for the first token of a mention and of a phrase what else is
known of it as JSON. The text stands above as a JSON string. A blank line parts documents' lines of text; ``# document`` begins the next.
Plain CoNLL (token first; the last column, or the last two, BIO tags) is read with the text that it annotates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from chitieu.annotation.formats.items import Item, Metadata, checked_json, known, metadata
from chitieu.annotation.formats.tokens import tokens
from chitieu.annotation.inline_xml import decoded
from chitieu.annotation.offsets import Unit
from chitieu.contract import PHRASE_LABELS

_HEAD = "# document = "
_COLUMNS = "# columns = token, mention, phrase, offsets, mention's, phrase's\n"
_RANGE = re.compile(r"(\d{1,12}):(\d{1,12})")
_TAG = re.compile(r"O|[BI]-\w+")
_COMMENT = re.compile(r"# (?!(?:\S+ )*(?:O|[BI]-\w+)\s*$)")


class _Head(Metadata):
    text: str


class _Known(Item):
    id: str
    of: str | None = None
    in_: str | None = Field(default=None, alias="in")
    entry: str | None = None
    alias: str | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    state: State | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    """A token with where it stands in file and text, and for each layer its tag and what else is known of a span that it begins."""

    where: str
    start: int
    end: int
    tags: tuple[str, str]
    known: tuple[str, str] = ("_", "_")


@dataclass(frozen=True, slots=True)
class _Part:
    """A document of a file: where it begins, the words of its head (None: plain CoNLL), and the columns of its tokens."""

    where: str
    head: str | None
    rows: list[tuple[str, list[str]]] = field(default_factory=list)


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """The documents of a file; plain CoNLL is one document, and ``origin.text`` its text."""
    first, *others = _parts(decoded(data, origin.name), origin)
    if not others:
        return [_plain(first, origin)]
    if first.rows:
        raise invalid(first.rows[0][0], ["từ đứng trước tài liệu / a token before its document"])
    return [_own(part, origin) for part in others]


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """Documents one after another."""
    return "".join(line for document in documents for line in _told(document)).encode()


def _told(document: AnnotatedDocument) -> Iterator[str]:
    yield _HEAD + _json({**metadata(document), "text": document.text}) + "\n"
    yield _COLUMNS
    text = document.text
    starts: list[dict[int, int]] = [{}, {}]
    found = tokens(document)
    for at, span in enumerate(document.spans):
        starts[int(span.label in PHRASE_LABELS)][span.start] = at
    inside: list[AnnotatedSpan | None] = [None, None]
    before = 0
    for start, end in found:
        if "\n" in text[before:start] and before:
            yield "\n"
        before = end
        tags, more = [], []
        for layer in (0, 1):
            number = starts[layer].get(start)
            if number is not None:
                inside[layer] = document.spans[number]
            around = inside[layer]
            if around is None or around.end <= start:
                tags.append("O")
                more.append("_")
            else:
                tags.append(f"{'I' if number is None else 'B'}-{around.label}")
                more.append("_" if number is None else _json(_known(around, number)))
        yield "\t".join([text[start:end], *tags, f"{start}:{end}", *more]) + "\n"
    yield "\n"


def _known(span: AnnotatedSpan, number: int) -> dict[str, Any]:
    link = {relation(span.label): f"s{span.head}"} if span.head is not None else {}
    return {"id": f"s{number}", **link, **known(entry=span.entry, alias=span.alias, score=span.score, state=span.state)}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parts(text: str, origin: Origin) -> Iterator[_Part]:
    """What stands before the first document, then the documents."""
    part = _Part(origin.name, None)
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{origin.name}, dòng / line {number}"
        if line.startswith(_HEAD):
            yield part
            part = _Part(where, line.removeprefix(_HEAD))
        elif line.strip() and not _COMMENT.match(line) and not line.startswith("-DOCSTART-"):
            row = line.rstrip("\r")
            part.rows.append((where, row.split("\t") if "\t" in row else row.split()))
    yield part


def _plain(part: _Part, origin: Origin) -> AnnotatedDocument:
    """Plain CoNLL: the tokens stand in the text one behind the other."""
    if origin.text is None:
        told = "CoNLL thường cần văn bản, hãy cho bằng --text / plain CoNLL needs its text: give it with --text"
        raise invalid(part.where, [told])
    found: list[_Token] = []
    at = 0
    for where, columns in part.rows:
        start = origin.text.find(columns[0], at)
        if start < 0 or origin.text[at:start].strip():
            told = f"{columns[0]!r} không đứng kế tiếp trong văn bản / is not what comes next in the text"
            raise invalid(where, [told])
        at = start + len(columns[0])
        tags = [column for column in columns[1:][-2:] if _TAG.fullmatch(column)]
        if not tags:
            raise invalid(where, ["không có nhãn BIO / no BIO tag in the last column"])
        found.append(_Token(where, start, at, (tags[0], tags[1] if len(tags) > 1 else "O")))
    return assembled(AnnotatedDocument(origin.name, origin.text, ()), _marks(found), where=part.where)


def _own(part: _Part, origin: Origin) -> AnnotatedDocument:
    """A document as `write` tells it."""
    head = checked_json(_Head, part.head or "", part.where)
    found = []
    for where, columns in part.rows:
        place = _RANGE.fullmatch(columns[3]) if len(columns) == 6 else None
        if place is None:
            raise invalid(where, ["cần 6 cột, cột 4 là đầu:cuối / needs 6 columns, the fourth start:end"])
        start, end = int(place[1]), int(place[2])
        if start == end or head.text[start:end] != columns[0]:
            raise invalid(where, [f"{columns[0]!r} không đứng ở {place[0]} / does not stand at {place[0]}"])
        wrong = [tag for tag in columns[1:3] if not _TAG.fullmatch(tag)]
        if wrong:
            raise invalid(where, [f"không phải nhãn BIO / no BIO tag: {wrong[0]!r}"])
        found.append(_Token(where, start, end, (columns[1], columns[2]), (columns[4], columns[5])))
    marks = _marks(found)
    return assembled(head.document(head.text, origin.name), marks, where=part.where, sha256=head.sha256)


def _marks(tokens: Sequence[_Token]) -> Iterator[Mark]:
    """The spans of both layers. A tag ``I-`` that continues nothing begins a span, as in the older of the two BIO schemes."""
    for layer in (0, 1):
        begun: _Token | None = None
        end = 0
        for token in tokens:
            edge, _, label = token.tags[layer].partition("-")
            if label and label not in LABELS:
                raise invalid(token.where, [f"nhãn lạ / unknown label {label!r}"])
            goes_on = edge == "I" and begun is not None and begun.tags[layer][2:] == label
            if begun is not None and not goes_on:
                yield _mark(begun, end, layer)
                begun = None
            if label and not goes_on:
                begun = token
            end = token.end
        if begun is not None:
            yield _mark(begun, end, layer)


def _mark(token: _Token, end: int, layer: int) -> Mark:
    label, more = token.tags[layer][2:], token.known[layer]
    if more == "_":
        return Mark(label, token.start, end)
    found = checked_json(_Known, more, token.where)
    target = found.in_ if relation(label) == "in" else found.of
    return Mark(
        label,
        token.start,
        end,
        id=found.id,
        target=target,
        entry=found.entry,
        alias=found.alias,
        score=found.score,
        state=found.state,
    )
