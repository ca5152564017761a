"""The names of a catalogue, folded and cut into words, ready to be looked up."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.load import Ambiguity, Catalogue, Indicator
from chitieu.catalogue.tables import read_table
from chitieu.catalogue.units import unit_class

# Words by which a name says how it is measured; a mention may leave them to its unit.
_RATE_HEADS = ("tỷ lệ", "tỷ suất")
_AREA_HEADS = ("diện tích",)


@lru_cache(maxsize=1)
def _fillers() -> dict[str, tuple[tuple[str, ...], ...]]:
    by_place: dict[str, list[tuple[str, ...]]] = {"start": [], "end": [], "any": []}
    for row in read_table("fillers.tsv", ("words", "where")):
        by_place[row["where"]].append(tuple(fold(row["words"]).split()))
    return {where: tuple(sorted(found, key=len, reverse=True)) for where, found in by_place.items()}


@lru_cache(maxsize=1)
def generic_words() -> frozenset[str]:
    """Words of a wider subject that say nothing of their own (`cây` of `cây lúa`)."""
    return frozenset(w for row in read_table("generic_words.tsv", ("word",)) for w in fold(row["word"]).split())


@lru_cache(maxsize=1)
def contrast_words() -> frozenset[str]:
    """Words that make another indicator of a name that is otherwise the same."""
    return frozenset(fold(row["word"]) for row in read_table("contrast_words.tsv", ("word",)))


@lru_cache(maxsize=1)
def _measure_words() -> tuple[str, ...]:
    return tuple(fold(row["word"]) for row in read_table("measure_words.tsv", ("word",)))


@lru_cache(maxsize=4096)
def says_measure(folded: str) -> bool:
    """Whether a folded name begins with what is measured (`doanh thu`, `số`, `diện tích`), not only with a subject."""
    return any(folded == word or folded.startswith(word + " ") for word in _measure_words())


@lru_cache(maxsize=1)
def measure_word_parts() -> frozenset[str]:
    """The single words of the measure words."""
    return frozenset(part for word in _measure_words() for part in word.split())


@lru_cache(maxsize=1)
def breakdown_names() -> frozenset[str]:
    """Folded names of the usual parts that one indicator is broken down by."""
    return frozenset(fold(row["name"]) for row in read_table("breakdowns.tsv", ("name", "note")))


@lru_cache(maxsize=16_384)
def core(folded: str) -> tuple[str, ...]:
    """The words of a folded name without those that may be added or left out; in order; never empty for a name."""
    words = folded.split()
    fillers = _fillers()
    changed = True
    while changed:
        changed = False
        for filler in fillers["end"]:
            if len(words) > len(filler) and tuple(words[-len(filler) :]) == filler:
                words = words[: -len(filler)]
                changed = True
        for filler in fillers["start"]:
            if len(words) > len(filler) + 1 and tuple(words[: len(filler)]) == filler:
                words = words[len(filler) :]
                changed = True
    kept: list[str] = []
    at = 0
    while at < len(words):
        for filler in fillers["any"]:
            if tuple(words[at : at + len(filler)]) == filler:
                at += len(filler)
                break
        else:
            kept.append(words[at])
            at += 1
    return tuple(kept or words)


@dataclass(frozen=True, slots=True)
class Name:
    """One name of an entry. ``implied`` is the class of unit that a mention must have to mean it (`tỷ lệ` left out)."""

    id: str
    folded: str
    words: frozenset[str]
    alone: bool
    official: bool
    implied: str | None = None


@dataclass(frozen=True, eq=False)
class Index:
    """Look-up tables over all names of a catalogue."""

    entries: dict[str, Indicator]
    classes: dict[str, frozenset[str]]
    exact: dict[str, tuple[Name, ...]]
    plain: dict[str, tuple[Name, ...]]
    cores: dict[tuple[str, ...], tuple[Name, ...]]
    by_word: dict[str, tuple[Name, ...]]
    weight: dict[str, float]
    shared: dict[str, tuple[Ambiguity, ...]]
    own_words: dict[str, frozenset[str]]

    def rarity(self, word: str) -> float:
        """How much a word tells names apart; a word of no name counts as the rarest."""
        return self.weight.get(word, self.weight[""])


def _names(catalogue: Catalogue) -> list[Name]:
    given = [(i.id, i.name_vi, True, True) for i in catalogue.indicators]
    for i in catalogue.indicators:
        # `Tổng sản phẩm trên địa bàn (GRDP)`: without the bracket, and what stands in it where it is a short form.
        head, bracket, rest = i.name_vi.partition(" (")
        inside = rest.rstrip(")")
        if bracket and len(head.split()) > 2:
            given.append((i.id, head, True, False))
        if bracket and inside.isupper() and " " not in inside and len(inside) > 2:
            given.append((i.id, inside, True, False))
    given += [(a.id, a.alias, a.alone, False) for a in catalogue.aliases]
    out: list[Name] = []
    seen: dict[tuple[str, str], int] = {}
    for id_, text, alone, official in given:
        folded = fold(text)
        if (id_, folded) in seen:
            continue
        seen[id_, folded] = len(out)
        out.append(Name(id_, folded, frozenset(core(folded)), alone, official))
        for heads, implied in ((_RATE_HEADS, "ratio"), (_AREA_HEADS, "area")):
            for head in heads:
                rest = folded.removeprefix(head + " ")
                if rest != folded and len(core(rest)) >= 2:
                    out.append(Name(id_, rest, frozenset(core(rest)), alone, False, implied))
    return out


def _grouped(pairs: list[tuple[str, Name]]) -> dict[str, tuple[Name, ...]]:
    table: dict[str, list[Name]] = defaultdict(list)
    for key, name in pairs:
        table[key].append(name)
    return {key: tuple(found) for key, found in table.items()}


@lru_cache(maxsize=4)
def build_index(catalogue: Catalogue) -> Index:
    """The look-up tables of a catalogue; built once for each."""
    names = _names(catalogue)
    by_core: dict[tuple[str, ...], list[Name]] = defaultdict(list)
    for name in names:
        by_core[tuple(sorted(core(name.folded)))].append(name)
    counts: dict[str, set[str]] = defaultdict(set)
    own: dict[str, set[str]] = defaultdict(set)
    for name in names:
        own[name.id] |= name.words
        for word in name.words:
            counts[word].add(name.id)
    total = len(catalogue.indicators) + 1
    weight = {word: math.log(total / len(ids)) + 0.1 for word, ids in counts.items()}
    weight[""] = math.log(total) + 0.1
    shared: dict[str, list[Ambiguity]] = defaultdict(list)
    for one in catalogue.ambiguities:
        shared[one.name].append(one)
    return Index(
        entries={i.id: i for i in catalogue.indicators},
        classes={i.id: frozenset(c for c in map(unit_class, i.units) if c) for i in catalogue.indicators},
        exact=_grouped([(n.folded, n) for n in names]),
        plain=_grouped([(unaccented(n.folded), n) for n in names]),
        cores={key: tuple(found) for key, found in by_core.items()},
        by_word=_grouped([(word, n) for n in names for word in n.words]),
        weight=weight,
        shared={key: tuple(found) for key, found in shared.items()},
        own_words={id_: frozenset(words) for id_, words in own.items()},
    )
