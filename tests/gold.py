"""Figures of an annotated document, built from its gold spans: for tests of everything behind the tagger."""

from __future__ import annotations

from chitieu.annotation.inline_xml import GoldDocument
from chitieu.contract import Figure, Period, Span
from chitieu.figures.build import build_figures
from chitieu.figures.periods import document_period
from chitieu.grounding import ground
from chitieu.text.headings import section_paths
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.tables import column_heads


def gold_spans(document: GoldDocument, reading: Reading) -> list[Span]:
    """The gold spans as the contract has them, offsets in the reading; one of a place that is not read is left out."""
    out = []
    for number, gold in enumerate(document.spans):
        place = reading.from_source(gold.start, gold.end)
        if place is None:
            continue
        head = f"s{gold.head}" if gold.head is not None else None
        is_indicator = gold.label == "INDICATOR"
        out.append(
            Span(
                id=f"s{number}",
                label=gold.label,
                start=place[0],
                end=place[1],
                text=reading.text[place[0] : place[1]],
                score=1.0,
                of=None if is_indicator else head,
                in_=head if is_indicator else None,
            )
        )
    return sorted(out, key=lambda s: (s.start, -s.end))


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
