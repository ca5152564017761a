"""Figures of an annotated document, built from its gold spans: for tests of everything behind the tagger."""

from __future__ import annotations

from chitieu.annotation.inline_xml import GoldDocument
from chitieu.annotation.spans import gold_spans
from chitieu.contract import Figure, Period
from chitieu.figures.build import build_figures
from chitieu.figures.periods import document_period
from chitieu.grounding import ground
from chitieu.text.headings import section_paths
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.tables import column_heads


def gold_figures(document: GoldDocument, *, period: Period | None = None) -> list[Figure]:
    """Figures with offsets of the document's text; ``period`` goes before the document's own."""
    reading = Reading(SourceText(document.text))
    paragraphs = [(p.start, p.end) for p in reading.paragraphs]
    figures = build_figures(
        reading.text,
        gold_spans(document, reading),
        paragraphs=paragraphs,
        sections=section_paths(reading.text, paragraphs),
        period=period or document_period(reading.text),
        anchor=reading.anchor_of,
        column=column_heads(reading.text, paragraphs),
    )
    return ground(figures, reading)
