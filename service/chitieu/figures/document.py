"""The figures of a whole document: what its reading says of paragraphs, headings, footnotes and tables, handed to the builder."""

from __future__ import annotations

from collections.abc import Sequence

from chitieu.contract import Figure, Period, Span
from chitieu.figures.build import build_figures
from chitieu.figures.observations import Sections
from chitieu.figures.periods import document_period
from chitieu.figures.units import unit_dimension
from chitieu.text.headings import section_paths
from chitieu.text.reading import Reading
from chitieu.text.table_units import table_units
from chitieu.text.tables import column_heads


def document_figures(
    reading: Reading, spans: Sequence[Span], *, period: Period | None = None
) -> tuple[list[Figure], Sections]:
    """The figures in text order, with offsets in the reading, and the headings above each offset.

    Args:
        reading: the document.
        spans: in text order, with offsets in the reading.
        period: the document's own; None: the one that its text tells.
    """
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
        table_unit=table_units(reading.text, paragraphs, dimension=unit_dimension),
    )
    return figures, sections
