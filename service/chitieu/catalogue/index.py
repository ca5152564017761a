"""The names of a catalogue, folded and cut into words, ready to be looked up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.load import Ambiguity, Catalogue, Indicator
from chitieu.catalogue.tables import read_table
from chitieu.catalogue.units import unit_class

# Words by which a name says how it is measured; a mention may leave them to its unit.
_RATE_HEADS = ("tỷ lệ", "tỷ suất")
_AREA_HEADS = ("diện tích",)


Filler = tuple[str, ...]
Key = TypeVar("Key")


@lru_cache(maxsize=1)
def _fillers() -> dict[str, dict[str, tuple[Filler, ...]]]:
    """Fillers by where they may stand, then by the word that is looked at first; longest first."""
    grouped: dict[str, dict[str, list[Filler]]] = {"start": {}, "end": {}, "any": {}}
    for row in read_table("fillers.tsv", ("words", "where")):
        filler = tuple(fold(row["words"]).split())
        key = filler[-1 if row["where"] == "end" else 0]
        grouped[row["where"]].setdefault(key, []).append(filler)
    return {
        where: {key: tuple(sorted(found, key=len, reverse=True)) for key, found in by_word.items()}
        for where, by_word in grouped.items()
    }


@lru_cache(maxsize=1)
def generic_phrases() -> tuple[tuple[str, ...], ...]:
    """Words of a wider subject that say nothing of their own (`cây` of `cây lúa`, `kết quả`)."""
    return tuple(tuple(fold(row["word"]).split()) for row in read_table("generic_words.tsv", ("word",)))


@lru_cache(maxsize=1)
def generic_words() -> frozenset[str]:
    """The single words of generic phrases."""
    return frozenset(word for phrase in generic_phrases() for word in phrase)


@lru_cache(maxsize=1)
def contrast_words() -> frozenset[str]:
    """Words that make another indicator of a name that is otherwise the same."""
    return frozenset(fold(row["word"]) for row in read_table("contrast_words.tsv", ("word",)))


@lru_cache(maxsize=1)
def _basket_words() -> tuple[str, ...]:
    return tuple(fold(row["word"]) for row in read_table("basket_words.tsv", ("word",)))


def is_basket(folded: str) -> bool:
    """Whether an entry's folded name is that of many things together (`sản lượng một số loại cây trồng`)."""
    return any(f" {word} " in f" {folded} " for word in _basket_words())


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


@lru_cache(maxsize=16_384)
def core(folded: str) -> tuple[str, ...]:
    """The words of a folded name without those that may be added or left out; in order; never empty for a name."""
    words = folded.split()
    fillers = _fillers()
    changed = bool(words)
    while changed:
        changed = False
        for filler in fillers["end"].get(words[-1], ()):
            if len(words) > len(filler) and tuple(words[-len(filler) :]) == filler:
                words = words[: -len(filler)]
                changed = True
                break
        for filler in fillers["start"].get(words[0], ()):
            if len(words) > len(filler) + 1 and tuple(words[: len(filler)]) == filler:
                words = words[len(filler) :]
                changed = True
                break
    kept: list[str] = []
    at = 0
    while at < len(words):
        for filler in fillers["any"].get(words[at], ()):
            if tuple(words[at : at + len(filler)]) == filler:
                at += len(filler)
                break
        else:
            kept.append(words[at])
            at += 1
    return tuple(kept or words)


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """One name of an entry, the ``at``-th of the catalogue.

    ``core`` are its words without those that may be left out, ``sorted_core`` and ``words`` the same in no order, ``numbers`` those
    among all its words; ``implied`` is the class of unit that a mention must have to mean it (`tỷ lệ` left out).
    """

    at: int
    id: str
    folded: str
    core: tuple[str, ...]
    sorted_core: tuple[str, ...]
    words: frozenset[str]
    numbers: frozenset[str]
    alone: bool
    official: bool
    implied: str | None = None


@dataclass(frozen=True, eq=False)
class Index:
    """Look-up tables over all names of a catalogue."""

    entries: dict[str, Indicator]
    classes: dict[str, frozenset[str]]
    own: dict[str, Name]
    exact: dict[str, tuple[Name, ...]]
    plain: dict[str, tuple[Name, ...]]
    cores: dict[tuple[str, ...], tuple[Name, ...]]
    weight: dict[str, float]
    shared: dict[str, tuple[Ambiguity, ...]]
    names: tuple[Name, ...]
    by_id: dict[str, tuple[Name, ...]]
    ids: tuple[str, ...]
    entry_at: dict[str, int]
    own_numbers: dict[str, frozenset[str]]
    postings: dict[str, npt.NDArray[np.int64]]
    sizes: npt.NDArray[np.float64]
    fields: tuple[str, ...]
    field_words: dict[str, npt.NDArray[np.float64]]

    def accented(self, folded: str) -> str:
        """A folded text without any accents as the name that it is but for them; any other text as it is."""
        if folded in self.exact or folded != unaccented(folded):
            return folded
        names = self.plain.get(folded)
        return names[0].folded if names else folded

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
    seen: set[tuple[str, str]] = set()

    def add(id_: str, folded: str, alone: bool, official: bool, implied: str | None = None) -> None:
        words = core(folded)
        numbers = numbers_in(folded)
        made = Name(
            len(out), id_, folded, words, tuple(sorted(words)), frozenset(words), numbers, alone, official, implied
        )
        out.append(made)

    for id_, text, alone, official in given:
        folded = fold(text)
        if (id_, folded) in seen:
            continue
        seen.add((id_, folded))
        add(id_, folded, alone, official)
        for heads, implied in ((_RATE_HEADS, "ratio"), (_AREA_HEADS, "area")):
            for head in heads:
                rest = folded.removeprefix(head + " ")
                if rest != folded and len(core(rest)) >= 2:
                    add(id_, rest, alone, False, implied)
    return out


def numbers_in(folded: str) -> frozenset[str]:
    """The words of a folded text that are numbers."""
    return frozenset(word for word in folded.split() if word.isdecimal())


def _grouped(pairs: Iterable[tuple[Key, Name]]) -> dict[Key, tuple[Name, ...]]:
    table: dict[Key, list[Name]] = defaultdict(list)
    for key, name in pairs:
        table[key].append(name)
    return {key: tuple(found) for key, found in table.items()}


@lru_cache(maxsize=4)
def build_index(catalogue: Catalogue) -> Index:
    """The look-up tables of a catalogue; built once for each."""
    names = _names(catalogue)
    counts: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for word in name.words:
            counts[word].add(name.id)
    total = len(catalogue.indicators) + 1
    weight = {word: math.log(total / len(ids)) + 0.1 for word, ids in counts.items()}
    weight[""] = math.log(total) + 0.1
    shared: dict[str, list[Ambiguity]] = defaultdict(list)
    for one in catalogue.ambiguities:
        shared[one.name].append(one)
    fields = tuple(sorted({i.field for i in catalogue.indicators}))
    field_at = {i.id: fields.index(i.field) for i in catalogue.indicators}
    field_words: dict[str, npt.NDArray[np.float64]] = {}
    for word, ids in counts.items():
        spread = np.bincount([field_at[i] for i in ids], minlength=len(fields)).astype(np.float64)
        field_words[word] = weight[word] * spread / spread.sum()
    postings: dict[str, list[int]] = defaultdict(list)
    for name in names:
        for word in name.words:
            postings[word].append(name.at)
    return Index(
        entries={i.id: i for i in catalogue.indicators},
        classes={i.id: frozenset(c for c in map(unit_class, i.units) if c) for i in catalogue.indicators},
        own={
            n.folded: n
            for n in names
            if n.implied is None and (n.id in catalogue.own or (n.id, n.folded) in catalogue.chosen)
        },
        exact=_grouped((n.folded, n) for n in names),
        plain=_grouped((unaccented(n.folded), n) for n in names),
        cores=_grouped((n.sorted_core, n) for n in names),
        weight=weight,
        shared={key: tuple(found) for key, found in shared.items()},
        names=tuple(names),
        by_id=_grouped((n.id, n) for n in names),
        ids=tuple(i.id for i in catalogue.indicators),
        entry_at={i.id: at for at, i in enumerate(catalogue.indicators)},
        own_numbers={i.id: numbers_in(fold(i.name_vi)) for i in catalogue.indicators},
        postings={word: np.array(at) for word, at in postings.items()},
        sizes=np.array([math.fsum(weight[w] for w in n.words) for n in names]),
        fields=fields,
        field_words=field_words,
    )
