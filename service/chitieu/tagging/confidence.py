"""Scores that mean something: the tagger's own probabilities turned into how often spans and links of that score are right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chitieu.errors import ModelInvalid
from chitieu.tagging.decode import TaggedSpan, relation

RELATIONS = ("of", "in")
_LARGEST = 30.0  # log odds
_EDGE = 1e-4  # a raw score nearer to 0 or 1 says no more than this


def logit(score: float) -> float:
    """The log odds of a raw score, kept finite."""
    score = min(max(score, _EDGE), 1.0 - _EDGE)
    return math.log(score / (1.0 - score))


@dataclass(frozen=True)
class Calibration:
    """A logistic curve per label and per relation (Platt 1999): ``1 / (1 + exp(-(slope * logit(raw) + intercept)))``.

    Attributes:
        curves: label, ``of``, ``in`` or ``figures`` to slope and intercept; a name that is not there leaves scores as they are.
    """

    curves: Mapping[str, tuple[float, float]]

    def score(self, name: str, raw: float) -> float:
        """How often what is named so and has this raw score is right."""
        if name not in self.curves:
            return raw
        slope, intercept = self.curves[name]
        odds = slope * logit(raw) + intercept
        return 1.0 / (1.0 + math.exp(-max(-_LARGEST, min(_LARGEST, odds))))

    def apply(self, spans: Sequence[TaggedSpan]) -> None:
        """Put the scores of spans and of their links right, in place."""
        for span in spans:
            span.score = self.score(span.label, span.score)
            row = relation(span)
            if row is not None:
                span.head_score = self.score(RELATIONS[row], span.head_score)


def read_calibration(manifest: Mapping[str, object]) -> Calibration:
    """The calibration in a model's manifest; one without leaves scores as they are.

    Raises:
        ModelInvalid: it does not hold pairs of numbers.
    """
    raw = manifest.get("calibration")
    try:
        curves = {} if raw is None else {str(k): (float(a), float(b)) for k, (a, b) in raw["curves"].items()}  # type: ignore[index]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelInvalid(f"manifest.json: calibration: {error}", field="calibration") from error
    return Calibration(curves)
