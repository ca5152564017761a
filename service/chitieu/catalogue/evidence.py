"""What speaks for and against each name of the catalogue, for one mention: plain numbers that the scorer weighs.

Words count by their rarity among names, so that `tỷ lệ` or `số` carry little. A mention is its own words (the leaf), the wider
subjects of its path, the counted noun of its unit, the headings above it and the sentence around it; a word is looked for in
that order and counted once, where it is first found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.index import Index, Name, contrast_words, core, generic_words, numbers_in, says_measure
from chitieu.catalogue.meaning import Array, fields_of
from chitieu.catalogue.parts import is_part_name
from chitieu.catalogue.units import agreement, unit_class
from chitieu.contract import Unit

FEATURES = (
    "leaf_is_name", "leaf_has_words", "numbers_differ", "joined_is_name", "whole_is_name", "whole_has_words",
    "leaf_covered", "wider_covered", "name_by_leaf", "name_by_wider", "name_by_unit", "name_by_section", "name_by_sentence",
    "name_unsaid", "letters", "misprints", "unit_fits", "unit_against", "unit_unknown", "rate_against", "leaf_contrast",
    "name_contrast", "needs_context", "official", "short_name", "shared_name", "spoken_for", "leaf_vague", "leaf_measures",
    "leaf_part", "part_of_whole", "leaf_elsewhere", "growth_of_change", "growth_unsaid", "field_near", "known_often",
    "sense", "sense_lead", "sense_of_none", "sense_probability", "sense_first",
)  # fmt: skip
_NO_NOUN = frozenset({"", "None", "ratio", "money", "area", "mass", "volume", "length", "yield"})
_MOST_NAMES, _MOST_SENSES = 16, 5
_VAGUE = 4.0


@dataclass(frozen=True, slots=True)
class Mention:
    """An indicator of a text, folded: ``path`` from the widest subject to itself, ``printed`` the class of its level's unit."""

    path: tuple[str, ...]
    printed: str | None
    noun: frozenset[str]
    kind: str
    section: str
    sentence: str
    fields: tuple[str, ...]


def printed_class(unit: Unit | None, kind: str) -> str | None:
    """The class of the unit where it is that of the measure itself: a percentage of a change or plan is not."""
    if unit is None:
        return None
    found = unit_class(unit.text) or (unit_class(unit.id) if unit.id and unit.dimension != "currency" else None)
    if found is None and unit.dimension == "currency":
        found = "money"
    return None if found == "ratio" and kind != "level" else found


def counted_noun(unit: Unit | None) -> frozenset[str]:
    """The words of a counted noun: `kiểm tra` + `tổ chức đảng`."""
    found = unit_class(unit.text) if unit is not None else None
    if unit is None or (found or "").partition("/")[0] in _NO_NOUN:
        return frozenset()
    return frozenset(core(fold(unit.text)))


def mention(
    path: Sequence[str], *, unit: Unit | None, kind: str, section: Sequence[str], sentence: str = "", document: str = ""
) -> Mention | None:
    """A mention as it is compared; None where nothing of the path is left after folding."""
    folded = tuple(f for f in map(fold, path) if f)
    if not folded:
        return None
    printed = printed_class(unit, kind)
    said = fold(unit.text) if unit is not None and (printed is not None or unit.dimension != "ratio") else ""
    fields = fields_of(folded, said, section, sentence, document)
    return Mention(folded, printed, counted_noun(unit), kind, " ".join(map(fold, section)), fold(sentence), fields)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that may be meant, and the evidence for it, in the order of FEATURES."""

    name: Name
    evidence: tuple[float, ...]


class _Words:
    """The words of a mention by where they stand, and their weights."""

    def __init__(self, index: Index, one: Mention) -> None:
        rarity = index.rarity
        self.one = one
        self.leaf_core = core(one.path[-1])
        self.leaf = frozenset(self.leaf_core)
        self.wider_cores = tuple(core(p) for p in one.path[:-1])
        self.wider = frozenset(w for words in self.wider_cores for w in words) - self.leaf
        self.noun = one.noun - self.leaf - self.wider
        seen = self.leaf | self.wider | self.noun
        self.section = frozenset(core(one.section)) - seen
        self.sentence = frozenset(core(one.sentence)) - seen - self.section
        self.leaf_weight = fsum(map(rarity, self.leaf))
        self.wider_weight = fsum(map(rarity, self.wider))
        self.leaf_sorted = tuple(sorted(self.leaf_core))
        self.joined_text: set[str] = set()
        self.joined_core: set[tuple[str, ...]] = set()
        if self.wider_cores:
            last, leaf = one.path[-2], one.path[-1]
            self.joined_text = {f"{last} {leaf}", f"{leaf} {last}"}
            self.joined_core = {tuple(sorted(core(f"{last} {leaf}")))}
        self.wider_texts = set(one.path[:-1])
        self.wider_sorted = {tuple(sorted(words)) for words in self.wider_cores}
        self.numbers = numbers_in(" ".join(one.path))
        self.leaf_ids = {n.id for n in index.exact.get(one.path[-1], ())}
        self.leaf_part = is_part_name(one.path[-1])
        self.measures = says_measure(one.path[-1])
        self.around = f" {' '.join(one.path)} {one.section} {one.sentence} "


def candidates(index: Index, one: Mention, often: Mapping[str, float], sense: Array) -> list[Candidate]:
    """The names that may be meant, with their evidence; one entry may be there by several names.

    Args:
        index: all names.
        one: the mention.
        often: how usual an entry is in reports, 0 to 1.
        sense: logarithms of the probabilities of the entries, in the catalogue's order, and last of none (`meaning`).
    """
    words = _Words(index, one)
    found = _shortlist(index, words, sense)
    near = _fields(index, words)
    order = np.argsort(-sense[:-1])[:2]
    first, second = float(sense[order[0]]), float(sense[order[-1]])
    out = []
    for at in found:
        name = index.names[at]
        own = float(sense[index.entry_at[name.id]])
        lead = own - (second if own == first else first)
        told = (
            max(own, -12.0) / 4,
            min(max(lead, -8.0), 8.0) / 4,
            max(float(sense[-1]), -12.0) / 4,
            exp(own),
            float(own == first),
        )
        out.append(Candidate(name, (*_evidence(index, words, name, near, often.get(name.id, 0.0)), *told)))
    return out


def _shortlist(index: Index, words: _Words, sense: Array) -> list[int]:
    worth = np.zeros(len(index.names))
    for group, factor in (
        (words.leaf, 1.0),
        (words.noun, 0.6),
        (words.wider, 0.8),
        (words.section, 0.1),
        (words.sentence, 0.15),
    ):
        # Sorted: in another order a sum may round to another number, and a tie fall to another name.
        for word in sorted(group):
            at = index.postings.get(word)
            if at is not None:
                worth[at] += factor * index.rarity(word)
    worth /= index.sizes + 2.0
    exact = [
        n for key in (words.one.path[-1], *words.joined_text, *words.wider_texts) for n in index.exact.get(key, ())
    ]
    exact += [
        n for key in (words.leaf_sorted, *words.joined_core, *words.wider_sorted) for n in index.cores.get(key, ())
    ]
    kept = {n.at for n in exact}
    size = min(_MOST_NAMES, len(worth))
    best = np.argpartition(-worth, size - 1)[:size]
    kept |= {int(i) for i in best if worth[i] > 0}
    for entry in np.argsort(-sense[:-1])[:_MOST_SENSES]:
        at = np.array([n.at for n in index.by_id[index.ids[entry]]])
        kept.add(int(at[worth[at].argmax()]))
    kept |= {n.at for one in index.shared.get(words.one.path[-1], ()) for n in index.by_id[one.id][:1]}
    return sorted(i for i in kept if _possible(index, words, index.names[i]))


def _possible(index: Index, words: _Words, name: Name) -> bool:
    """Whether a name can be meant at all: the unit is the one that it implies, and `dưới 3 tuổi` is not `dưới 5 tuổi`."""
    mine, its = words.numbers, name.numbers | index.own_numbers[name.id]
    return name.implied in (None, words.one.printed) and not (mine and its and mine.isdisjoint(its))


def _fields(index: Index, words: _Words) -> dict[str, float]:
    """How near the words around the mention are to each field, 0 to 1."""
    total = np.zeros(len(index.fields))
    for word in sorted(words.section | words.sentence | words.wider):
        spread = index.field_words.get(word)
        if spread is not None:
            total += spread
    top = total.max() if len(total) else 0.0
    return dict(zip(index.fields, (total / top).tolist() if top > 0 else total.tolist(), strict=True))


def _evidence(index: Index, words: _Words, name: Name, near: dict[str, float], often: float) -> tuple[float, ...]:
    one, rarity = words.one, index.rarity
    entry = index.entries[name.id]
    total = fsum(map(rarity, name.words)) or 1.0

    def part(group: frozenset[str]) -> float:
        return fsum(map(rarity, name.words & group)) / total

    by_leaf, by_wider, by_noun = part(words.leaf), part(words.wider), part(words.noun)
    by_section, by_sentence = part(words.section), part(words.sentence)
    sorted_core = name.sorted_core
    leaf_is = name.folded == one.path[-1]
    leaf_has = not leaf_is and sorted_core == words.leaf_sorted
    joined = name.folded in words.joined_text or sorted_core in words.joined_core
    whole_is = name.folded in words.wider_texts
    whole_has = not whole_is and sorted_core in words.wider_sorted
    fit = agreement(index.classes[name.id], one.printed)
    misprints = _misprints(index, words.leaf - name.words, name.words - words.leaf)
    readings = index.shared.get(name.folded, ())
    spoken = any(f" {w} " in words.around for r in readings if r.id == name.id for w in r.words)
    rate = entry.kind in ("rate", "index", "rank")
    growth = entry.id.startswith("toc-do-tang")
    known_as_rate = name.folded.startswith(("tỷ lệ", "tỷ trọng", "tỷ suất", "cơ cấu", "tốc độ"))
    says_rate = any(p.startswith(("tỷ lệ", "tỷ trọng", "tỷ suất", "cơ cấu", "tốc độ", "mức độ")) for p in one.path)
    contrast = contrast_words()
    return (
        float(leaf_is),
        float(leaf_has),
        float(bool(words.numbers ^ name.numbers)),
        float(joined),
        float(whole_is),
        float(whole_has),
        fsum(map(rarity, words.leaf & name.words)) / (words.leaf_weight or 1.0),
        fsum(map(rarity, words.wider & name.words)) / words.wider_weight if words.wider_weight else 0.0,
        by_leaf,
        by_wider,
        by_noun,
        by_section,
        by_sentence,
        max(0.0, 1.0 - by_leaf - by_wider - by_noun - by_section - by_sentence),
        fuzz.ratio(" ".join(words.leaf_core), " ".join(name.core)) / 100,
        float(misprints),
        float(fit == 1),
        float(fit == -1),
        float(one.printed is None),
        float(one.printed == "ratio" and not rate) + float(says_rate and not (rate or known_as_rate)),
        float(len((words.leaf & contrast) - name.words)),
        float(len((name.words & contrast) - words.leaf - words.wider - words.noun)),
        float(not name.alone),
        float(name.official),
        float(len(name.words) == 1),
        float(len({n.id for n in index.exact.get(name.folded, ())}) > 1),
        float(spoken),
        float(words.leaf_weight < _VAGUE or words.leaf <= generic_words()),
        float(words.measures),
        float(words.leaf_part),
        float((whole_is or whole_has) and (words.leaf_part or not words.measures) and fit >= 0),
        float(bool(words.leaf_ids) and name.id not in words.leaf_ids),
        float(growth and one.kind == "change"),
        float(growth and not (words.leaf | words.wider) & {"tăng", "trưởng", "tốc"}),
        near.get(entry.field, 0.0),
        often,
    )


def _misprints(index: Index, here: frozenset[str], there: frozenset[str]) -> int:
    """Words of the mention that are a word of the name with a misprint; a word that some name has is none."""
    if not here or len(here) > 2 or len(there) > 2:
        return 0
    return sum(
        any(
            unaccented(a) == unaccented(b) or (len(a) > 3 and Levenshtein.distance(a, b, score_cutoff=1) <= 1)
            for b in there
        )
        for a in here
        if not a.isdecimal() and a not in index.weight
    )
