"""Whether scores mean what they say: outcomes by score, the curve that puts them right, and the table that shows it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chitieu.annotation.document import AnnotatedDocument
from chitieu.contract import Extraction
from chitieu.evaluation.measures import judged_figures, same_indicator
from chitieu.tagging.confidence import RELATIONS, logit

FIGURES = "figures"
_FEWEST = 40  # outcomes for a curve of their own; fewer take the curve of all labels together
_RIDGE = 1.0  # as much as one doubtful outcome
_BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class Outcome(NamedTuple):
    """One answer: a label, ``of``, ``in`` or ``figures``; its score; whether it was right.

    A span is right where label, start and end are the gold's; a link, of a span that is right, where it goes to the same indicator;
    a figure where value, unit, kind and indicator are (``complete`` of the measures).
    """

    name: str
    score: float
    right: bool


def outcomes(document: AnnotatedDocument, answer: Extraction) -> Iterator[Outcome]:
    """Every span, link and figure of an answer with how it turned out."""
    gold = {(s.label, s.start, s.end): s for s in document.spans}
    by_id = {s.id: s for s in answer.spans}
    for span in answer.spans:
        want = gold.get((span.label, span.start, span.end))
        yield Outcome(span.label, span.score, want is not None)
        if want is None or span.link_score is None:
            continue
        head = document.spans[want.head] if want.head is not None else None
        relation = RELATIONS[span.label == "INDICATOR"]
        yield Outcome(relation, span.link_score, same_indicator(by_id.get(span.of or span.in_ or ""), head))
    right = {id(f) for _, f, verdict in judged_figures(document, answer) if f is not None and verdict.complete}
    numbers = {(s.start, s.end) for s in answer.spans if s.label in ("QUANTITY", "PERCENT")}
    for figure in answer.figures:
        if (figure.start, figure.end) in numbers:
            yield Outcome(FIGURES, figure.score, id(figure) in right)


def _curve(rows: Sequence[Outcome]) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of being right on the log odds of the score.

    Newton's method, each step halved until it lowers the penalised loss; a weak penalty draws towards leaving scores as they are.
    """
    x = np.array([logit(row.score) for row in rows])
    right = np.array([row.right for row in rows], dtype=float)
    rest = np.array([1.0, 0.0])

    def loss(curve: NDArray[np.float64]) -> float:
        odds = curve[0] * x + curve[1]
        return float(np.logaddexp(0.0, odds).sum() - right @ odds + _RIDGE / 2 * ((curve - rest) ** 2).sum())

    inputs = np.stack([x, np.ones_like(x)])
    curve = rest
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(curve @ inputs, -30.0, 30.0)))
        gradient = inputs @ (p - right) + _RIDGE * (curve - rest)
        curvature = (inputs * (p * (1.0 - p))) @ inputs.T + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while loss(curve - step) > loss(curve) and np.abs(step).max() > 1e-9:
            step = step / 2
        curve = curve - step
        if np.abs(step).max() < 1e-7:
            break
    return round(float(curve[0]), 4), round(float(curve[1]), 4)


def fit(rows: Iterable[Outcome]) -> dict[str, tuple[float, float]]:
    """A curve per label, relation and for figures, from outcomes with raw scores. A label that is rare takes that of all labels."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for row in rows:
        groups[row.name].append(row)
    alone = (*RELATIONS, FIGURES)
    labels = [row for name, group in groups.items() if name not in alone for row in group]
    return {
        name: _curve(group if len(group) >= _FEWEST or name in alone else labels)
        for name, group in sorted(groups.items())
    }


def kind_of(name: str) -> str:
    """``spans``, ``links`` or ``figures``: what an outcome of this name is one of."""
    return FIGURES if name == FIGURES else "links" if name in RELATIONS else "spans"


def reliability(rows: Iterable[Outcome]) -> dict[str, dict[str, object]]:
    """For spans, links and figures: by range of scores how many there were, their mean score and the part that was right.

    ``error`` is the expected calibration error over these ranges.
    """
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for row in rows:
        kinds[kind_of(row.name)].append(row)
    return {kind: _table(binned(group)) for kind, group in sorted(kinds.items())}


def binned(rows: Iterable[Outcome]) -> NDArray[np.float64]:
    """For each range of scores: how many outcomes, the sum of their scores, how many were right."""
    out = np.zeros((len(_BINS) - 1, 3))
    for row in rows:
        out[min(bisect_right(_BINS, row.score), len(_BINS) - 1) - 1] += (1.0, row.score, row.right)
    return out


def calibration_error(bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """The expected calibration error (Naeini et al. 2015) of `binned`, over its last two axes; nan of nothing.

    It is the mean distance of score and truth.
    """
    counts = bins[..., 0].sum(axis=-1)
    gaps = np.abs(bins[..., 1] - bins[..., 2]).sum(axis=-1)
    errors: NDArray[np.float64] = np.divide(gaps, counts, out=np.full_like(gaps, np.nan), where=counts > 0)
    return errors


def _table(bins: NDArray[np.float64]) -> dict[str, object]:
    rows = [
        {"from": low, "to": high, "count": int(n), "score": round(scores / n, 3), "right": round(right / n, 3)}
        for (low, high), (n, scores, right) in zip(pairwise(_BINS), bins.tolist(), strict=True)
        if n
    ]
    return {"error": round(float(calibration_error(bins)), 4), "bins": rows}
