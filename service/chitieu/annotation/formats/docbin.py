"""spaCy's DocBin: span groups ``mentions`` and ``phrases``, and what spaCy's spans do not hold in the documents' user data.

Tokens are the tagger's pieces, cut again where a span begins or ends within one; the text of a Doc is the text of the document.
spaCy is imported when the format is asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from chitieu.annotation.document import LABELS, AnnotatedDocument, Mark, State, assembled, invalid
from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.items import Item, Metadata, checked, known, metadata
from chitieu.annotation.formats.tokens import gaps, tokens
from chitieu.annotation.offsets import Unit
from chitieu.contract import PHRASE_LABELS

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

MENTIONS, PHRASES = "mentions", "phrases"
KEY = "chitieu"  # of the user data


class _Known(Item):
    head: str | None = None
    alias: str | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    state: State | None = None


class _UserData(Metadata):
    spans: dict[str, _Known] = Field(default_factory=dict)


def read(data: bytes, origin: Origin) -> list[AnnotatedDocument]:
    """The documents of a DocBin; where neither of the two groups is there, ``sc`` and the entities are read."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    try:
        docs = list(DocBin().from_bytes(data).get_docs(Vocab()))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, zlib.error) as error:
        raise invalid(origin.name, [f"không phải DocBin / no DocBin ({error})"]) from error
    return [
        _document(doc, origin.name if len(docs) == 1 else f"{origin.name}-{number}", f"{origin.name}, {number}")
        for number, doc in enumerate(docs, 1)
    ]


def write(documents: Sequence[AnnotatedDocument], offsets: Unit | None = None) -> bytes:
    """A Doc for each document."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    vocab = Vocab()
    made = DocBin(store_user_data=True)
    for document in documents:
        made.add(_doc(document, vocab))
    return bytes(made.to_bytes())


def _doc(document: AnnotatedDocument, vocab: Vocab) -> Doc:
    from spacy.tokens import Doc, SpanGroup

    words, spaces = _words(document)
    doc = Doc(vocab, words=words, spaces=spaces)
    groups: dict[str, list[Span]] = {MENTIONS: [], PHRASES: []}
    more = {}
    for number, span in enumerate(document.spans):
        made = doc.char_span(span.start, span.end, label=span.label, kb_id=span.entry or 0, span_id=f"s{number}")
        assert made is not None, "tokens are cut at the edges of spans"
        groups[PHRASES if span.label in PHRASE_LABELS else MENTIONS].append(made)
        head = None if span.head is None else f"s{span.head}"
        more[f"s{number}"] = known(head=head, alias=span.alias, score=span.score, state=span.state)
    for name, members in groups.items():
        doc.spans[name] = SpanGroup(doc, name=name, spans=members)
    doc.user_data[KEY] = {**metadata(document), "spans": {key: value for key, value in more.items() if value}}
    return doc


def _words(document: AnnotatedDocument) -> tuple[list[str], list[bool]]:
    """Words and the spaces behind them; white space other than one plain space is a word of its own."""
    text = document.text
    found = tokens(document)
    words: list[str] = []
    spaces: list[bool] = []
    for gap, token in zip(gaps(text, found), [*found, None], strict=True):
        if gap.startswith(" ") and words:
            spaces[-1], gap = True, gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        if token is not None:
            words.append(text[token[0] : token[1]])
            spaces.append(False)
    return words, spaces


def _document(doc: Doc, name: str, where: str) -> AnnotatedDocument:
    told = checked(_UserData, _plain(doc.user_data.get(KEY) or {}), where)
    return assembled(told.document(doc.text, name), _marks(doc, told, where), where=where, sha256=told.sha256)


def _marks(doc: Doc, told: _UserData, where: str) -> Iterator[Mark]:
    spans = [span for group in (MENTIONS, PHRASES) if group in doc.spans for span in doc.spans[group]]
    if not spans and MENTIONS not in doc.spans and PHRASES not in doc.spans:
        spans = [*doc.spans.get("sc", ()), *doc.ents]
    for span in spans:
        if span.label_ not in LABELS:
            raise invalid(where, [f"nhãn lạ / unknown label {span.label_!r}"])
        more = told.spans.get(span.id_, _Known())
        yield Mark(
            span.label_,
            span.start_char,
            span.end_char,
            id=span.id_ or None,
            target=more.head,
            entry=span.kb_id_ or None,
            alias=more.alias,
            score=more.score,
            state=more.state,
        )


def _plain(value: Any) -> Any:
    """msgpack gives tuples where lists were written."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
