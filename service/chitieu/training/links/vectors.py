"""Vectors of words and pairs of words from running text: positive pointwise mutual information, cut to few dimensions.

After Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization, 2014.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

_LEAST_WORD, _LEAST_PAIR, _LEAST_NAME_PAIR = 4, 12, 5
_LEAST_PMI, _LEAST_NAME_PMI = 1.5, 1.0
_WINDOW = 6
_SMOOTHING = 0.75  # context counts to this power
_SIF = 1e-3 / 3  # smooth inverse frequency, Arora et al. 2017


@dataclass(frozen=True)
class Vectors:
    """``vocabulary`` to rows of ``matrix`` (units, size), of unit length; ``weights`` (units,) fall with frequency."""

    vocabulary: dict[str, int]
    matrix: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]


def word_vectors(sentences: Iterable[str], names: Sequence[str], *, size: int = 96, seed: int = 0) -> Vectors:
    """Vectors from folded sentences and the folded names of a catalogue; numbers are left out of both.

    Pairs of neighbouring words are units of their own where they stand together oftener than by chance, sooner so in names.
    """
    texts = [[w for w in s.split() if not w.isdecimal()] for s in sentences]
    named = [n.split() for n in names]
    texts += named * 3
    words = Counter(w for t in texts for w in t)
    pairs = Counter(f"{a} {b}" for t in texts for a, b in pairwise(t))
    total = sum(words.values())
    in_names = {f"{a} {b}" for t in named for a, b in pairwise(t)}

    def together(pair: str) -> float:
        a, b = pair.split()
        return math.log(pairs[pair] * total / (words[a] * words[b]))

    units = [w for w, n in words.items() if n >= _LEAST_WORD]
    units += [
        p
        for p, n in pairs.items()
        if (n >= _LEAST_PAIR and together(p) > _LEAST_PMI)
        or (p in in_names and n >= _LEAST_NAME_PAIR and together(p) > _LEAST_NAME_PMI)
    ]
    vocabulary = {u: at for at, u in enumerate(units)}
    counts = np.array([words.get(u) or pairs[u] for u in units], dtype=np.float64)
    matrix = _reduced(_associations(texts, vocabulary), size, seed)
    weights = _SIF / (_SIF + counts / counts.sum())
    return Vectors(vocabulary, matrix, weights.astype(np.float32))


def _associations(texts: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> torch.Tensor:
    """Positive PMI of units within the window, nearer ones counting more; sparse, symmetric."""
    size = len(vocabulary)
    held = torch.sparse_coo_tensor(torch.zeros((2, 0), dtype=torch.long), torch.zeros(0), (size, size))
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []

    def take() -> None:
        nonlocal held
        made = torch.sparse_coo_tensor(
            torch.tensor([rows, columns], dtype=torch.long), torch.tensor(values), (size, size)
        )
        held = (held + made).coalesce()
        rows.clear()
        columns.clear()
        values.clear()

    for text in texts:
        found = []
        for at, word in enumerate(text):
            one = vocabulary.get(word)
            if one is not None:
                found.append((at, one))
            pair = vocabulary.get(f"{word} {text[at + 1]}") if at + 1 < len(text) else None
            if pair is not None:
                found.append((at, pair))
        for n, (at, one) in enumerate(found):
            for other_at, other in found[n + 1 :]:
                distance = other_at - at
                if distance > _WINDOW:
                    break
                if distance:
                    rows.append(one)
                    columns.append(other)
                    values.append(1 / distance)
        if len(rows) > 4_000_000:
            take()
    if rows:
        take()
    both = (held + held.t()).coalesce()
    index, value = both.indices(), both.values().double()
    row_sums = torch.zeros(size, dtype=torch.double).index_add_(0, index[0], value)
    context = row_sums**_SMOOTHING
    context = context / context.sum()
    pmi = torch.log(value / (row_sums[index[0]] * context[index[1]]))
    kept = pmi > 0
    return torch.sparse_coo_tensor(index[:, kept], pmi[kept].float(), (size, size)).coalesce()


def _reduced(matrix: torch.Tensor, size: int, seed: int) -> npt.NDArray[np.float32]:
    torch.manual_seed(seed)
    u, s, _ = torch.svd_lowrank(matrix, q=size + 16, niter=4)
    rows = u[:, :size] * torch.sqrt(s[:size])
    return torch.nn.functional.normalize(rows, dim=1, eps=1e-9).numpy().astype(np.float32)
