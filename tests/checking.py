"""Checks of annotated text: from gold spans through figures, settling and rows to what is checked."""

from __future__ import annotations

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.spans import gold_spans
from chitieu.contract import Check, Figure, Period
from chitieu.figures.checks import check
from chitieu.figures.document import document_figures
from chitieu.figures.observations import build_observations
from chitieu.figures.settle import settle
from chitieu.grounding import ground
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText


def gold_checks(document: AnnotatedDocument, *, period: Period | None = None) -> tuple[dict[str, Figure], list[Check]]:
    """The figures by id, with offsets of the document's text, and the checks; without a catalogue."""
    reading = Reading(SourceText(document.text))
    spans = gold_spans(document, reading)
    figures, sections = document_figures(reading, spans, period=period)
    figures = settle(reading.text, spans, figures)
    rows, _ = build_observations(reading.text, spans, figures, sections=sections, linker=lambda *_path, **_rest: None)
    return {f.id: f for f in ground(figures, reading)}, check(reading.text, spans, figures, rows)
