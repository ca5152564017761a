"""The spans of an annotated document as the contract has them, for every step behind the tagger."""

from __future__ import annotations

from chitieu.annotation.document import AnnotatedDocument
from chitieu.contract import Span
from chitieu.text.reading import Reading


def gold_spans(document: AnnotatedDocument, reading: Reading) -> list[Span]:
    """Spans in text order, with offsets in the reading; one of a place that is not read is left out."""
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
