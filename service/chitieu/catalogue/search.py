"""Search in the catalogue by people: without accents, with a word cut short or misspelt, in Vietnamese or English, by code or id."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.load import Catalogue, Indicator

# A word of the query counts as found where a word of the name is so alike (0 to 100).
_ALIKE = 80
_PREFIX = 0.9
_LEAST = 0.55
_NOT_ALONE = 0.05


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a query finds: the name by which, and how well (0 to 1)."""

    indicator: Indicator
    matched: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    number: int
    at: int
    text: str
    folded: str
    plain: str
    words: tuple[str, ...]
    alone: bool


@lru_cache(maxsize=4)
def _with_word(catalogue: Catalogue) -> dict[str, tuple[_Name, ...]]:
    found: dict[str, list[_Name]] = defaultdict(list)
    for name in _names(catalogue):
        for word in set(name.words):
            found[word].append(name)
    return {word: tuple(names) for word, names in found.items()}


@lru_cache(maxsize=4)
def _weights(catalogue: Catalogue) -> dict[str, float]:
    """How much a word tells entries apart: `số` is in a hundred of them, `địa` of `nội địa` in few."""
    counts: dict[str, set[int]] = defaultdict(set)
    for name in _names(catalogue):
        for word in name.words:
            counts[word].add(name.at)
    return {word: math.log(1 + len(catalogue.indicators) / len(found)) for word, found in counts.items()}


@lru_cache(maxsize=4)
def _names(catalogue: Catalogue) -> tuple[_Name, ...]:
    position = {i.id: at for at, i in enumerate(catalogue.indicators)}
    given = [
        (at, text, True) for at, i in enumerate(catalogue.indicators) for text in (i.name_vi, i.name_en, i.code) if text
    ]
    given += [(position[a.id], a.alias, a.alone) for a in catalogue.aliases]
    out: list[_Name] = []
    for at, text, alone in given:
        folded = fold(text)
        plain = unaccented(folded)
        out.append(_Name(len(out), at, text, folded, plain, tuple(plain.split()), alone))
    return tuple(out)


def _alike(word: str, vocabulary: Iterable[str]) -> dict[str, float]:
    """The words of names that a word of a query may be, and how well: whole, its beginning, or with a misprint."""
    out: dict[str, float] = {}
    for other in vocabulary:
        if other == word:
            out[other] = 1.0
        elif len(word) > 1 and other.startswith(word):
            out[other] = _PREFIX
        elif len(word) > 2 and abs(len(other) - len(word)) < 3:
            likeness = fuzz.ratio(word, other, score_cutoff=_ALIKE)
            if likeness:
                out[other] = likeness / 125
    return out


def search(catalogue: Catalogue, query: str) -> list[Hit]:
    """The entries that a query finds, best first, each once.

    Every word of the query should be in the name; one that is missing weighs, and a name that says more than the query comes after one
    that says just that. Accents count where the query has any, as a finer order.
    """
    folded = fold(query)
    plain = unaccented(folded)
    words = plain.split()
    if not words:
        return []
    weights = _weights(catalogue)
    unknown = math.log(1 + len(catalogue.indicators))
    weight = [weights.get(w, unknown) for w in words]
    alike = [_alike(word, weights) for word in words]
    named = set().union(*(_with_word(catalogue)[word] for found in alike for word in found))
    best: dict[int, Hit] = {}
    for name in sorted(named, key=lambda n: n.number):
        found = (max(matches.get(other, 0.0) for other in name.words) for matches in alike)
        covered = sum(w * f for w, f in zip(weight, found, strict=True)) / sum(weight)
        if covered < _LEAST:
            continue
        said = min(1.0, len(words) / len(name.words))
        score = 0.8 * covered + 0.12 * said + (0.04 if name.plain == plain else 0.0)
        score += 0.04 if name.folded == folded else 0.02 if folded in name.folded else 0.0
        if not name.alone:
            score -= _NOT_ALONE
        if name.at not in best or score > best[name.at].score:
            best[name.at] = Hit(catalogue.indicators[name.at], name.text, round(score, 4))
    exact = next((i for i in catalogue.indicators if i.id == query.strip()), None)
    hits = sorted(best.values(), key=lambda hit: (-hit.score, len(hit.indicator.name_vi), hit.indicator.id))
    return hits if exact is None else [Hit(exact, exact.id, 1.0), *(h for h in hits if h.indicator is not exact)]
