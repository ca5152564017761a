"""The table of formats, which of them some bytes are in, and what a document loses in one."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import get_args

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.formats import conll, docbin, doccano, inline_xml, jsonl, label_studio
from chitieu.annotation.formats.form import Format, Part
from chitieu.errors import FormatUnknown
from chitieu.tagging.labels import TAGS

_ALL: frozenset[Part] = frozenset(get_args(Part))
_SPAN_PARTS: frozenset[Part] = frozenset({"entry", "alias", "score", "state"})

FORMATS = {
    one.name: one
    for one in (
        Format("xml", ".xml", frozenset({"name", "links"}), inline_xml.read, inline_xml.write, single=True),
        Format("jsonl", ".jsonl", _ALL, jsonl.read, jsonl.write),
        Format("label-studio", ".json", _ALL, label_studio.read, label_studio.write, offsets="code-points"),
        Format("doccano", ".jsonl", _ALL - _SPAN_PARTS, doccano.read, doccano.write, offsets="utf-16"),
        Format("conll", ".conll", _ALL, conll.read, conll.write),
        Format("docbin", ".spacy", _ALL, docbin.read, docbin.write, binary=True),
    )
}

_INLINE = re.compile(r"<(?:" + "|".join(TAGS) + r")[\s>]")
_BIO = re.compile(r"\S+(?:[ \t]\S*)*[ \t](?:O|[BI]-[A-Z]+)\s*")
_FIRST_KEYS = (("data", "label-studio"), ("entities", "doccano"), ("label", "doccano"), ("spans", "jsonl"))


def guess(data: bytes, name: str) -> str:
    """The name of the format that some bytes are in, by their content, and of a text without a mark of any by ``name``.

    Raises:
        FormatUnknown: they are in none.
    """
    if _compressed(data):
        return "docbin"
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    start = text.lstrip()[:1]
    found = _json_format(text) if start in ("{", "[") else None
    if found is not None:
        return found
    if text.startswith("# document = ") or _first_row(text):
        return "conll"
    if _INLINE.search(text) or name.lower().endswith(".xml"):
        return "xml"
    raise FormatUnknown(
        f"{name}: không rõ định dạng, hãy cho bằng --format. / The format of {name} is not known: give it with --format.",
        file=name,
        formats=list(FORMATS),
    )


def _compressed(data: bytes) -> bool:
    """Whether these are a zlib stream, as DocBin writes."""
    try:
        return bool(zlib.decompressobj().decompress(data, 1))
    except zlib.error:
        return False


def _json_format(text: str) -> str | None:
    """The format of a file whose first value is a JSON object, or a list of them."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        # Cut short or damaged: its reader says where, if it is one of ours.
        found = re.search(r'"(data|entities|spans|label)"\s*:', text[:100_000])
        return dict(_FIRST_KEYS)[found[1]] if found and not _INLINE.search(text) else None
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return None
    return next((name for key, name in _FIRST_KEYS if key in first), None)


def _first_row(text: str) -> bool:
    """Whether the first line that says anything is a row of CoNLL."""
    lines = (line for line in text.split("\n", 1000) if line.strip() and not line.startswith(("# ", "-DOCSTART-")))
    return bool(_BIO.fullmatch(next(lines, "")))


def losses(documents: Iterable[AnnotatedDocument], format: Format) -> dict[Part, int]:
    """How many of each part of the documents are lost in a format: spans' parts counted by span, others by document."""
    count: Counter[Part] = Counter()
    for document in documents:
        count.update(
            {
                "place": int(document.place is not None),
                "period": int(document.period is not None),
                "notes": len(document.notes),
                "links": sum(span.head is not None for span in document.spans),
                "entry": sum(span.entry is not None for span in document.spans),
                "alias": sum(span.alias is not None for span in document.spans),
                "score": sum(span.score is not None for span in document.spans),
                "state": sum(span.state is not None for span in document.spans),
            }
        )
    return {part: number for part, number in count.items() if number and part not in format.holds}
