"""The tokens of formats that label tokens: the tagger's pieces, cut again at the edges of spans, so that every span fits."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from chitieu.annotation.document import AnnotatedDocument
from chitieu.text.segmentation import pieces


def tokens(document: AnnotatedDocument) -> list[tuple[int, int]]:
    """Start and end of each token, in text order; what lies between them is white space."""
    text = document.text
    edges = {0, len(text)}
    for piece in pieces(text, 0, len(text), words=False):
        edges |= {piece.start, piece.end}
    for span in document.spans:
        edges |= {span.start, span.end}
    return [(start, end) for start, end in pairwise(sorted(edges)) if text[start:end].strip()]


def gaps(text: str, found: Iterable[tuple[int, int]]) -> list[str]:
    """The white space before each token and, last, behind them all."""
    at, out = 0, []
    for start, end in found:
        out.append(text[at:start])
        at = end
    return [*out, text[at:]]
