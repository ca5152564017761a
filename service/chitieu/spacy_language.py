"""The steps as components of a spaCy pipeline.

``nlp = chitieu.load()``; then ``doc.spans["mentions"]``, ``doc.spans["phrases"]``, ``doc._.figures``, ``doc._.observations``,
``doc._.extraction`` (the whole contract document) and ``token._.in_word`` (the token continues underthesea's word).
Tokens are the tagger's pieces, and white space; the text of a Doc is the text as sent, offsets and all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup, Token
from spacy.util import registry
from spacy.vocab import Vocab

from chitieu.annotation.formats.docbin import MENTIONS, PHRASES
from chitieu.contract import PHRASE_LABELS, Extraction
from chitieu.pipeline import Pipeline, load_pipeline
from chitieu.text.segmentation import pieces
from chitieu.text.source import SourceText

_RUN = re.compile(r"\s+")


class Vietnamese(Language):  # type: ignore[no-untyped-call]
    """A language without spaCy's own Vietnamese rules, whose tokenizer needs another segmenter."""

    lang = "vi"


class PieceTokenizer:
    """Cuts a text at every edge where the tagger may put a span."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        source = SourceText(text)
        found = [(source.to_source(p.start, p.end), p.inside) for p in pieces(source.view, 0, len(source.view))]
        words: list[str] = []
        spaces: list[bool] = []
        inside: list[bool] = []
        at = 0

        def gap(end: int) -> None:
            """White space between pieces: one plain space belongs to the token before it, all else is a token."""
            between = text[at:end]
            if between.startswith(" ") and words and not spaces[-1]:
                spaces[-1] = True
                between = between[1:]
            if between:
                words.append(between)
                spaces.append(False)
                inside.append(False)

        for (start, end), continues in found:
            if start < at:  # two pieces of one composed run of the view are one run of the text
                continue
            gap(start)
            words.append(text[start:end])
            spaces.append(False)
            inside.append(continues)
            at = end
        gap(len(text))
        doc = Doc(self.vocab, words=words, spaces=spaces)
        for token, value in zip(doc, inside, strict=True):
            token._.in_word = value
        return doc

    def to_bytes(self, **_: Any) -> bytes:
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> PieceTokenizer:
        return self

    def to_disk(self, *_: Any, **__: Any) -> None:
        return None

    def from_disk(self, *_: Any, **__: Any) -> PieceTokenizer:
        return self


@registry.tokenizers("chitieu.PieceTokenizer.v1")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], PieceTokenizer]:
    """Factory for configuration files."""
    return lambda nlp: PieceTokenizer(nlp.vocab)


def register_extensions() -> None:
    """The attributes that documents and tokens carry; may be called again."""
    if not Token.has_extension("in_word"):
        Token.set_extension("in_word", default=False)
    if not Doc.has_extension("extraction"):
        # Kept as JSON, so that documents can be stored and sent between processes.
        Doc.set_extension("extraction_json", default=None)
        Doc.set_extension("extraction", getter=lambda doc: _parsed(doc._.extraction_json))
        Doc.set_extension("figures", getter=lambda doc: doc._.extraction.figures if doc._.extraction else [])
        Doc.set_extension("observations", getter=lambda doc: doc._.extraction.observations if doc._.extraction else [])
    if not Span.has_extension("score"):
        Span.set_extension("score", default=None)


@lru_cache(maxsize=16)
def _parsed(answer: str | None) -> Extraction | None:
    return None if answer is None else Extraction.model_validate_json(answer)


class ExtractorComponent:
    """Reads a Doc's text and hangs spans, figures and observations on it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def __call__(self, doc: Doc) -> Doc:
        if not doc.text.strip():
            return doc
        answer: Extraction = self.pipeline.extract(doc.text)
        doc._.extraction_json = answer.model_dump_json()
        groups: dict[str, list[Span]] = {MENTIONS: [], PHRASES: []}
        for span in answer.spans:
            made = doc.char_span(span.start, span.end, label=span.label, alignment_mode="expand", span_id=span.id)
            if made is None:
                continue
            made._.score = span.score
            group = PHRASES if span.label in PHRASE_LABELS else MENTIONS
            groups[group].append(made)
        for name, members in groups.items():
            doc.spans[name] = SpanGroup(doc, name=name, spans=members)
        return doc


@Language.factory("chitieu_extractor", default_config={"model": None})
def make_extractor(nlp: Language, name: str, model: str | None) -> ExtractorComponent:
    """Factory of the component; ``model`` is a model folder, or None for the current one."""
    return ExtractorComponent(load_pipeline(Path(model) if model else None))


def load_language(model: Path | None = None) -> Language:
    """A spaCy pipeline with the component ``chitieu_extractor``.

    Raises:
        ModelMissing, ModelInvalid: no usable model there.
    """
    register_extensions()
    nlp = Vietnamese()
    nlp.tokenizer = PieceTokenizer(nlp.vocab)
    nlp.add_pipe("chitieu_extractor", config={"model": str(model) if model else None})
    return nlp
