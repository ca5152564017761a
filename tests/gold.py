"""Figures of an annotated document, built from its gold spans: for tests of everything behind the tagger."""

from __future__ import annotations

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.spans import gold_spans
from chitieu.contract import Figure, Period
from chitieu.figures.document import document_figures
from chitieu.grounding import ground
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText


def gold_figures(document: AnnotatedDocument, *, period: Period | None = None) -> list[Figure]:
    """Figures with offsets of the document's text; ``period`` goes before the document's own."""
    reading = Reading(SourceText(document.text))
    figures, _ = document_figures(reading, gold_spans(document, reading), period=period)
    return ground(figures, reading)
