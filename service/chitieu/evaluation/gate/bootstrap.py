"""The paired bootstrap over documents (Efron and Tibshirani 1993; Berg-Kirkpatrick et al. 2012), from counts of each document.

Both models read the same documents, and documents are what chance draws, so a replica draws as many of them with replacement and
takes both models' counts of each. Few documents make such intervals too narrow: they are widened as Student's t asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Difference:
    """Candidate less current of one quantity.

    ``low`` and ``high``: its own interval. ``error``: its standard error. ``highest``: what it is at most, of all quantities that are
    judged together at once; None where it is not judged. ``detectable``: the smallest loss that would be seen with the wanted power;
    None where it is not judged or the models do not differ at all. What has nothing to measure is nan.
    """

    current: float
    candidate: float
    difference: float
    low: float
    high: float
    error: float
    highest: float | None = None
    detectable: float | None = None


def resamples(documents: int, replicas: int, seed: int) -> Array:
    """How often each replica draws each document, replicas x documents."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(documents, np.full(documents, 1.0 / documents), size=replicas).astype(np.float64)


def widened(z: float, documents: int) -> float:
    """A normal deviate as few documents need it: that of Student's t, times the bias of the bootstrap's variance.

    The t is Abramowitz and Stegun's expansion 26.7.5, off by under a hundredth for five documents. With `interval` this is Hesterberg's
    expanded percentile interval (2015).
    """
    n = documents - 1
    if n < 1:
        return math.inf
    terms: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    t = z + math.fsum(term / float(n**power) for power, term in enumerate(terms, 1))
    return t * math.sqrt(documents / n)


def quotients(weights: Array, right: Array, of: Array) -> Array:
    """Measures of every replica, replicas x measures, from counts, documents x measures; nan where there is nothing to measure."""
    below = weights @ of
    return np.divide(weights @ right, below, out=np.full_like(below, np.nan), where=below > 0)


def interval(values: Array, documents: int, confidence: float) -> tuple[float, float]:
    """Percentiles of replicas between which the truth lies with this confidence; nan of nothing.

    ``documents``: how many say something of the quantity.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return math.nan, math.nan
    tail = _NORMAL.cdf(-widened(_NORMAL.inv_cdf(0.5 + confidence / 2), documents))
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


def differences(
    current: tuple[Array, Array],
    candidate: tuple[Array, Array],
    weights: Array,
    *,
    judged: Sequence[bool],
    confidence: float,
    power: float,
) -> list[Difference]:
    """Every measure's difference.

    Args:
        current: what is right, and of how much, documents x measures each; ``candidate`` likewise.
        weights: see `resamples`.
        judged: which measures a verdict is wanted of: ``highest`` holds for these together.
        confidence: of each interval, and of the highest values together.
        power: chance with which a detectable loss is seen.
    """
    one = np.ones((1, len(current[0])))
    points = [quotients(one, *side)[0] for side in (current, candidate)]
    difference = points[1] - points[0]
    replicas = quotients(weights, *candidate) - quotients(weights, *current)
    errors = np.array([_spread(column) for column in replicas.T])
    speaking = ((current[1] + candidate[1]) > 0).sum(axis=0)
    together = _together(replicas, difference, errors, np.asarray(judged), confidence)
    alone = _NORMAL.inv_cdf(0.5 + confidence / 2)
    out: list[Difference] = []
    for m, documents in enumerate(speaking.tolist()):
        highest = detectable = None
        if judged[m]:
            error = float(errors[m])
            highest = float(difference[m]) + (widened(together, documents) * error if error > 0 else 0.0)
            if error > 0:
                detectable = (widened(max(alone, together), documents) + _NORMAL.inv_cdf(power)) * error
        low, high = interval(replicas[:, m], documents, confidence)
        before, after = (float(side[m]) for side in points)
        out.append(Difference(before, after, float(difference[m]), low, high, float(errors[m]), highest, detectable))
    return out


def _spread(column: Array) -> float:
    found = column[~np.isnan(column)]
    return float(found.std()) if len(found) else math.nan


def _together(replicas: Array, difference: Array, errors: Array, judged: NDArray[np.bool_], confidence: float) -> float:
    """How many standard errors the worst placed of the judged measures lies under its truth, but for one time in twenty or so.

    The single-step method of Westfall and Young (1993): replicas keep how measures move together, so that five of one cause count as one.
    """
    used = judged & (errors > 0)
    if not used.any():
        return 0.0
    deviates = (replicas[:, used] - difference[used]) / errors[used]
    lowest = np.nanmin(np.where(np.isnan(deviates), np.inf, deviates), axis=1)
    return max(0.0, -float(np.quantile(lowest, 1.0 - confidence)))


def difference_of(
    current: Array, candidate: Array, point: tuple[float, float], documents: int, confidence: float
) -> Difference:
    """The difference of a quantity that is no quotient of counts, from its replicas on either side and its values."""
    replicas = candidate - current
    low, high = interval(replicas, documents, confidence)
    return Difference(point[0], point[1], point[1] - point[0], low, high, _spread(replicas))
