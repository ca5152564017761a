"""How likely each entry is the one that a mention means, from the evidence for its names.

A small network, the same for every name: ``w·x + b + v·relu(U·x + c)``. An entry scores as its best name does, "no entry of the
catalogue" scores 0, and a softmax over them gives probabilities. Weights are fitted on mentions read by hand (`chitieu fit-links`), so
that the score is a probability.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chitieu.catalogue.evidence import FEATURES, Candidate
from chitieu.catalogue.tables import DATA
from chitieu.errors import CatalogueInvalid

WEIGHTS = DATA / "link_weights.json"
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """``direct`` (features,), ``bias``, ``hidden`` (units, features), ``hidden_bias`` (units,), ``out`` (units,)."""

    direct: Array
    bias: float
    hidden: Array
    hidden_bias: Array
    out: Array
    threshold: float
    often: dict[str, float]


def load_weights(path: Path = WEIGHTS) -> Weights:
    """The weights in a file; read once.

    Raises:
        CatalogueInvalid: no such file, or one of other features.
    """
    return _load(path)


@lru_cache(maxsize=2)
def _load(path: Path) -> Weights:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["features"] != list(FEATURES):
            raise ValueError("other features")
        return Weights(
            direct=np.array(raw["direct"]),
            bias=float(raw["bias"]),
            hidden=np.array(raw["hidden"]).reshape(-1, len(FEATURES)),
            hidden_bias=np.array(raw["hidden_bias"]),
            out=np.array(raw["out"]),
            threshold=float(raw["threshold"]),
            often=raw["often"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueInvalid(
            f"Trọng số liên kết không đọc được. / The weights of links cannot be read: {error}.", file=path.name
        ) from error


def best(weights: Weights, candidates: Sequence[Candidate]) -> tuple[Candidate, float] | None:
    """The likeliest entry by its best name, and its probability (0 to 1); None where nothing is a candidate."""
    if not candidates:
        return None
    x = np.array([c.evidence for c in candidates])
    scores = x @ weights.direct + weights.bias
    scores += np.maximum(x @ weights.hidden.T + weights.hidden_bias, 0.0) @ weights.out
    by_entry: dict[str, tuple[float, Candidate]] = {}
    for candidate, score in zip(candidates, scores.tolist(), strict=True):
        id_ = candidate.name.id
        if id_ not in by_entry or score > by_entry[id_][0]:
            by_entry[id_] = (score, candidate)
    top = max(0.0, max(score for score, _ in by_entry.values()))
    total = np.exp(-top) + sum(np.exp(score - top) for score, _ in by_entry.values())
    score, found = max(by_entry.values(), key=lambda pair: pair[0])
    return found, float(np.exp(score - top) / total)
