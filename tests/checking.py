"""Checks of annotated text: from gold spans through figures, settling and rows to what is checked."""

from __future__ import annotations

from chitieu.annotation.inline_xml import GoldDocument
from chitieu.contract import Check, Figure, Period
from chitieu.figures.build import build_figures
from chitieu.figures.checks import check
from chitieu.figures.observations import build_observations
from chitieu.figures.periods import document_period
from chitieu.figures.settle import settle
from chitieu.grounding import ground
from chitieu.text.headings import section_paths
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.tables import column_heads
from gold import gold_spans


def gold_checks(document: GoldDocument, *, period: Period | None = None) -> tuple[dict[str, Figure], list[Check]]:
    """The figures by id, with offsets of the document's text, and the checks; without a catalogue."""
    reading = Reading(SourceText(document.text))
    spans = gold_spans(document, reading)
    paragraphs = [(p.start, p.end) for p in reading.paragraphs]
    sections = section_paths(reading.text, paragraphs)
    figures = build_figures(
        reading.text,
        spans,
        paragraphs=paragraphs,
        sections=sections,
        period=period or document_period(reading.text),
        anchor=reading.anchor_of,
        column=column_heads(reading.text, paragraphs),
    )
    figures = settle(reading.text, spans, figures)
    rows, _ = build_observations(reading.text, spans, figures, sections=sections, linker=lambda *_path, **_rest: None)
    return {f.id: f for f in ground(figures, reading)}, check(reading.text, spans, figures, rows)
