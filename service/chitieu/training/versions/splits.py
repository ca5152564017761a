"""Which split a document is in: decided once, by its text, and never again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chitieu.errors import DataLeak
from chitieu.training.versions.documents import Source, Split
from chitieu.training.versions.near import near_duplicates

_TEST, _DEVELOPMENT = 0.1, 0.2  # upper ends of their parts of the digests
_MOST_TOLD = 20  # pairs in an error


@dataclass(frozen=True, slots=True)
class Placed:
    """A document in its split."""

    source: Source
    split: Split


def split_of(sha256: str) -> Split:
    """The split that a text's SHA-256 alone decides: a tenth each for test and development.

    It is digested once more, so that no other choice that is made by the first digits of a text's digest goes together with this one.
    """
    at = int(hashlib.sha256(f"split {sha256}".encode()).hexdigest()[:13], 16) / 16**13
    return "test" if at < _TEST else "development" if at < _DEVELOPMENT else "train"


def placed(base: Sequence[Source], corrected: Sequence[Source], before: Mapping[str, Split]) -> list[Placed]:
    """Every document in its split; a corrected one takes the place of the base document of the same text, in that one's split.

    A document stays where an earlier version had it. A new one follows its near-duplicates, of the base first; what has none is placed by
    its digest.

    Args:
        before: splits of earlier versions, by the text's SHA-256.

    Raises:
        DataLeak: near-duplicates are in different splits all the same; ``detail["pairs"]`` names them.
    """
    own = _own(base, before)
    # Only what was reviewed takes the place of a base document, and nothing that of one of the frozen test set.
    texts = {s.document.sha256: s for s in base} | {
        s.document.sha256: s
        for s in corrected
        if s.document.sha256 not in own or (s.state == "reviewed" and own[s.document.sha256] != "test")
    }
    sources = list(texts.values())
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    pairs = near_duplicates([s.document.text for s in sources])
    for pair in pairs:
        near[pair.first].append((pair.second, pair.shared))
        near[pair.second].append((pair.first, pair.shared))
    splits: dict[int, Split] = {}
    for at, source in enumerate(sources):
        known = own.get(source.document.sha256) or before.get(source.document.sha256)
        if known is not None:
            splits[at] = known
    for at, source in enumerate(sources):
        if at in splits:
            continue
        # The nearest of those that have their split; of the new ones the first that was given decides for all of its kind.
        kin = max(_family(at, near) & splits.keys(), key=lambda other: _nearness(at, other, near), default=None)
        splits[at] = splits[kin] if kin is not None else split_of(source.document.sha256)
    counts = [source.is_base or source.state == "reviewed" for source in sources]  # nothing is made of the others
    leaks = [p for p in pairs if splits[p.first] != splits[p.second] and counts[p.first] and counts[p.second]]
    if leaks:
        raise _leak([(sources[p.first], splits[p.first], sources[p.second], splits[p.second], p.shared) for p in leaks])
    return [Placed(source, splits[at]) for at, source in enumerate(sources)]


def _own(base: Sequence[Source], before: Mapping[str, Split]) -> dict[str, Split]:
    """The splits that the base's lists say; a document in two of them, or in another one than before, is a leak."""
    splits: dict[str, Split] = {}
    seen: dict[str, Source] = {}
    leaks: list[tuple[Source, Split, Source, Split, float]] = []
    for source in base:
        assert source.split is not None
        sha256 = source.document.sha256
        known = splits.get(sha256) or before.get(sha256)
        if known not in (None, source.split):
            leaks.append((seen.get(sha256, source), known, source, source.split, 1.0))
        splits[sha256], seen[sha256] = source.split, source
    if leaks:
        raise _leak(leaks)
    return splits


def _family(at: int, near: Mapping[int, Sequence[tuple[int, float]]]) -> set[int]:
    """All that are near to a document, to those that are, and so on."""
    found, left = {at}, [at]
    while left:
        for other, _ in near.get(left.pop(), ()):
            if other not in found:
                found.add(other)
                left.append(other)
    return found - {at}


def _nearness(at: int, other: int, near: Mapping[int, Sequence[tuple[int, float]]]) -> tuple[float, int]:
    return next((shared for one, shared in near.get(at, ()) if one == other), 0.0), -other


def _leak(pairs: Sequence[tuple[Source, Split, Source, Split, float]]) -> DataLeak:
    told = [
        {
            "documents": [a.document.name, b.document.name],
            "sources": [a.where, b.where],
            "splits": [x, y],
            "shared": part,
        }
        for a, x, b, y, part in pairs[:_MOST_TOLD]
    ]
    first = f"“{pairs[0][0].document.name}” ({pairs[0][1]}), “{pairs[0][2].document.name}” ({pairs[0][3]})"
    return DataLeak(
        f"{len(pairs)} cặp tài liệu gần giống nhau nằm ở hai phần khác nhau, không huấn luyện: {first}. / "
        f"{len(pairs)} pairs of near-duplicate documents are in different splits, nothing is trained: {first}.",
        pairs=told,
        number=len(pairs),
    )
