"""Inline XML, the form that training reads: one document a file, its name that of the file."""

from __future__ import annotations

from collections.abc import Sequence

from chitieu.annotation.document import AnnotatedDocument, AnnotatedSpan, relation
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.inline_xml import decoded, parse
from chitieu.annotation.offsets import Unit
from chitieu.tagging.labels import TAGS

_TAG_OF = {label: tag for tag, label in TAGS.items()}


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """The one document of a file."""
    return [parse(decoded(data, origin.name), origin.name)]


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """The one document as a file.

    Indicators keep the ids that they had in inline XML; where one has none, all are numbered in text order.
    """
    (document,) = documents
    return as_xml(document).encode()


def as_xml(document: AnnotatedDocument) -> str:
    """The text with tags around its spans."""
    text, spans = document.text, document.spans
    ids = _ids(spans)
    out: list[str] = []
    open_spans: list[AnnotatedSpan] = []
    at = 0

    def up_to(offset: int) -> None:
        nonlocal at
        out.append(_escape(text[at:offset]))
        at = offset

    def close(before: int) -> None:
        while open_spans and open_spans[-1].end <= before:
            span = open_spans.pop()
            up_to(span.end)
            out.append(f"</{_TAG_OF[span.label]}>")

    for number, span in enumerate(spans):
        close(span.start)
        up_to(span.start)
        own = f' id="{ids[number]}"' if number in ids else ""
        link = f' {relation(span.label)}="{ids[span.head]}"' if span.head is not None else ""
        out.append(f"<{_TAG_OF[span.label]}{own}{link}>")
        open_spans.append(span)
    close(len(text))
    up_to(len(text))
    return "".join(out)


def _ids(spans: Sequence[AnnotatedSpan]) -> dict[int, str]:
    """An id for the index of every INDICATOR."""
    at = [number for number, span in enumerate(spans) if span.label == "INDICATOR"]
    own = [spans[number].id for number in at]
    kept = [name for name in own if name is not None and not set(name) & set('"<>&')]
    if len(set(kept)) < len(at):
        kept = [str(number) for number in range(1, len(at) + 1)]
    return dict(zip(at, kept, strict=True))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
