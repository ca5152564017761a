"""How much an annotator's time teaches: where a model is unsure, or meets what the catalogue does not know."""

from __future__ import annotations

from collections.abc import Collection

from chitieu.annotation.corrections import LiveSpan

UNSURE = 0.8
_UNKNOWN = 0.5  # what an indicator without an entry adds, beside the model's own doubt
_FEWEST = 20  # spans: lest a line of two or three go before a report


def unsure(spans: Collection[LiveSpan]) -> int:
    """How many spans have a score, or a link with one, under `UNSURE`."""
    return sum(_sureness(span) < UNSURE for span in spans)


def priority(spans: Collection[LiveSpan]) -> int:
    """Doubt and novelty for each span that has to be looked at, in thousandths; what people marked leaves none."""
    doubt = sum(
        1 - _sureness(span) + _UNKNOWN * (span.label == "INDICATOR" and span.entry is None)
        for span in spans
        if span.state == "suggested"
    )
    return round(1000 * doubt / max(len(spans), _FEWEST))


def _sureness(span: LiveSpan) -> float:
    return min(1.0 if score is None else score for score in (span.score, span.link_score))
