"""Near-duplicate documents: how much of the shorter one's words stand in the longer one, in the same order."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORDS = 8  # of a shingle: reports of one office share phrases of this length, but rarely with the same number in them
NEAR = 0.4  # part of the shorter document's shingles from which on two are near-duplicates: one word in nine replaced
_WORD = re.compile(r"\w+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_FEW = 8  # documents that share a shingle, up to which pairs are counted for many shingles at once


@dataclass(frozen=True, slots=True)
class Near:
    """Two documents, by their places in the list that was compared, and the part of the shorter one that they share."""

    first: int
    second: int
    shared: float


def near_duplicates(texts: Sequence[str], *, least: float = NEAR) -> list[Near]:
    """The pairs of texts of which the shorter one stands in the longer one at least so far, in order.

    Exact, not estimated: also an excerpt of a long report is found, which a similarity of the whole sets would miss. Memory is four
    bytes a pair of texts.
    """
    sets = [_shingles(text) for text in texts]
    count = len(sets)
    if count < 2:
        return []
    shared = _shared(sets)
    sizes = np.array([s.size for s in sets])
    smaller = np.minimum(sizes[:, None], sizes[None, :])
    parts = np.divide(shared, smaller, out=np.zeros(shared.shape, dtype=np.float64), where=smaller > 0)
    rows, columns = np.nonzero(np.triu(parts >= least, k=1))
    return [Near(int(a), int(b), round(float(parts[a, b]), 4)) for a, b in zip(rows, columns, strict=True)]


def _shingles(text: str) -> NDArray[np.uint64]:
    """The distinct runs of `WORDS` words, hashed; a shorter text is one run."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    if not words:
        return np.zeros(0, dtype=np.uint64)
    known: dict[str, int] = {}
    for word in words:
        if word not in known:
            known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    hashes = np.array([known[word] for word in words], dtype=np.uint64)
    length = min(WORDS, hashes.size)
    total = np.zeros(hashes.size - length + 1, dtype=np.uint64)
    for at in range(length):  # unsigned sums and products wrap round, which is what a hash may do
        total = total * _FACTOR + hashes[at : at + total.size]
    return np.unique(total)


def _shared(sets: Sequence[NDArray[np.uint64]]) -> NDArray[np.int32]:
    """How many shingles each two texts share; above the diagonal."""
    counts = np.zeros((len(sets), len(sets)), dtype=np.int32)
    owners = np.repeat(np.arange(len(sets), dtype=np.int32), [s.size for s in sets])
    hashes = np.concatenate(sets)
    order = np.argsort(hashes, kind="stable")  # owners of a shingle stay in order
    owners, hashes = owners[order], hashes[order]
    edges = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if hashes.size else np.zeros(0, int)
    sizes = np.diff(np.append(edges, hashes.size))
    for size in np.unique(sizes[sizes > 1]):
        starts = edges[sizes == size]
        if size <= _FEW:
            groups = owners[starts[:, None] + np.arange(size)]
            for a in range(size):
                for b in range(a + 1, size):
                    np.add.at(counts, (groups[:, a], groups[:, b]), 1)
        else:
            for start in starts:
                group = owners[start : start + size]
                counts[np.ix_(group, group)] += 1
    return counts
