"""From an indicator as a text names it to an entry of the catalogue, or to none: a wrong link is worse than no link.

Tried in this order, the first that decides wins: the exact folded name; the name without accents, for texts that have none;
the same words but for those that may be added or left out; a name put together from the wider subject, the mention and the
counted noun (`Cây lúa` > `năng suất`); likeness of words and letters, which forgives a misprint and little else. The unit
speaks for or against each candidate. A part that an indicator is broken down by (a place, `đô thị`) is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.index import (
    Index,
    Name,
    breakdown_names,
    build_index,
    contrast_words,
    core,
    generic_words,
    measure_word_parts,
    says_measure,
)
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.places import is_place_name
from chitieu.catalogue.units import agreement, unit_class
from chitieu.contract import CatalogueLink, Unit

THRESHOLD = 0.6
# How sure each way is where nothing speaks against it, by the hand-made cases.
_OFFICIAL, _ALIAS, _PLAIN, _CORE, _COMPOSED, _CONTEXT = 0.99, 0.96, 0.9, 0.92, 0.88, 0.75
_FITS, _BROKEN_DOWN, _DECIDED = 0.01, 0.95, 0.9
_LIKENESS = 0.88
_MARGIN = 0.03

Found = tuple[str, float]


def _printed_class(unit: Unit | None, kind: str) -> str | None:
    """The class of the unit where it is that of the measure itself: a percentage of a change or plan is not."""
    if unit is None:
        return None
    found = unit_class(unit.text) or (unit_class(unit.id) if unit.id and unit.dimension != "currency" else None)
    if found is None and unit.dimension == "currency":
        found = "money"
    return None if found == "ratio" and kind != "level" else found


def _context_has(words: Iterable[str], context: str) -> bool:
    padded = f" {context} "
    return any(f" {word} " in padded for word in words)


def _fit(index: Index, id_: str, printed: str | None) -> int:
    return agreement(index.classes[id_], printed)


def _settle(
    index: Index, folded: str, names: Sequence[Name], printed: str | None, context: str, heading: str | None
) -> Found | None:
    """One entry out of the names that match: by unit, then by the words of the context; None where they leave two.

    ``heading`` is the context that a name which cannot stand alone may lean on, None where there is none.
    """
    readings = index.shared.get(folded)
    ids = {one.id for one in readings} if readings else set()
    usable = [n for n in names if n.implied is None or n.implied == printed]
    best: dict[str, float] = {}
    for name in usable:
        if not name.alone and not readings and not (heading and _supported(index, name, printed, heading)):
            continue
        score = _OFFICIAL if name.official else _ALIAS if name.alone else _CONTEXT
        best[name.id] = max(best.get(name.id, 0.0), score if name.implied is None else _COMPOSED)
    for id_ in ids:
        best.setdefault(id_, _ALIAS)
    fits = {id_: _fit(index, id_, printed) for id_ in best}
    left = {id_: score for id_, score in best.items() if fits[id_] >= 0}
    if any(fits[id_] == 1 for id_ in left):
        left = {id_: score for id_, score in left.items() if fits[id_] == 1}
    if not left:
        return None
    if len(left) > 1:
        spoken = [one.id for one in readings or () if one.id in left and _context_has(one.words, context)]
        if len(set(spoken)) == 1:
            return spoken[0], _ALIAS * _DECIDED
        named = [n.id for n in usable if n.id in left and n.official]
        if len(set(named)) == 1 and not readings:
            return named[0], left[named[0]]
        return None
    ((id_, score),) = left.items()
    return id_, min(0.99, score + _FITS * fits[id_]) * (_DECIDED if len(best) > 1 else 1.0)


def _supported(index: Index, name: Name, printed: str | None, heading: str) -> bool:
    """A name that needs its context has it: a telling word of the entry stands there, and the unit fits."""
    telling = [w for w in index.own_words[name.id] - name.words if index.rarity(w) > 2.5 and w not in generic_words()]
    return _fit(index, name.id, printed) == 1 and _context_has(telling, heading)


def _named(index: Index, folded: str, printed: str | None, context: str, heading: str | None) -> Found | None:
    """By the whole name: exact, without accents, or but for words that may be left out."""
    exact = index.exact.get(folded)
    if exact or folded in index.shared:
        return _settle(index, folded, exact or (), printed, context, heading)
    if folded == unaccented(folded) and len(folded) > 5:
        plain = index.plain.get(folded)
        if plain:
            found = _settle(index, plain[0].folded, plain, printed, context, heading)
            return (found[0], found[1] * _PLAIN) if found else None
    words = core(folded)
    names = index.cores.get(tuple(sorted(words)))
    if names and (len(words) >= 3 or any(_fit(index, n.id, printed) == 1 for n in names)):
        found = _settle(index, names[0].folded, names, printed, context, heading)
        return (found[0], found[1] * _CORE) if found else None
    joined = " ".join(words)
    if joined != folded and (joined in index.exact or joined in index.shared):
        found = _settle(index, joined, index.exact.get(joined, ()), printed, context, heading)
        return (found[0], found[1] * _CORE) if found else None
    return None


def _unit_noun(unit: Unit | None) -> tuple[str, ...]:
    """The words of a counted noun: `kiểm tra` + `tổ chức đảng`."""
    if unit is None or unit_class(unit.text) in (None, "ratio", "money", "area", "mass", "volume", "length", "yield"):
        return ()
    return core(fold(unit.text))


def _composed(index: Index, wider: Sequence[str], leaf: str, unit: Unit | None, printed: str | None) -> Found | None:
    """By a name whose words are all in the path or the counted noun, and which has all the words of the mention."""
    leaf_words = set(core(leaf))
    noun = set(_unit_noun(unit))
    wider_words = [set(core(w)) for w in wider]
    everything = leaf_words.union(noun, *wider_words)
    if everything == leaf_words:
        return None
    implied = {"ratio": {"tỷ", "lệ"}, "area": {"diện", "tích"}}.get(printed or "", set())
    rarest = max(leaf_words, key=index.rarity)
    scored: dict[str, tuple[float, float]] = {}
    for name in index.by_word.get(rarest, ()):
        if name.implied is not None and name.implied != printed:
            continue
        if not leaf_words <= name.words or not name.words - implied <= everything:
            continue
        extra = name.words - leaf_words - implied
        if not extra or _fit(index, name.id, printed) < 0:
            continue
        if not _whole_subjects(extra, wider_words, noun):
            continue
        if noun & extra and _fit(index, name.id, printed) < 1:
            continue
        worth = sum(map(index.rarity, name.words))
        if name.id not in scored or worth > scored[name.id][0]:
            scored[name.id] = (worth, _COMPOSED + _FITS * _fit(index, name.id, printed))
    if not scored:
        return None
    ranked = sorted(scored.items(), key=lambda item: -item[1][0])
    if len(ranked) > 1 and ranked[0][1][0] - ranked[1][1][0] < 0.5:
        return None
    return ranked[0][0], ranked[0][1][1]


def _whole_subjects(extra: set[str] | frozenset[str], wider: Sequence[set[str]], noun: set[str]) -> bool:
    """Each word comes from a subject that is used whole (but for generic words): `lúa đông xuân` is not `lúa`."""
    left = set(extra)
    for words in reversed(wider):
        used = words & extra
        if used and not words - extra - generic_words():
            left -= used
    if noun and noun <= extra:
        left -= noun
    return not left


def _alike(index: Index, folded: str, printed: str | None) -> Found | None:
    """By likeness: letters and words nearly all the same, and no word that makes another indicator."""
    words = core(folded)
    if len(words) < 3:
        return None
    mine = set(words)
    total = sum(map(index.rarity, mine))
    seeds = sorted(mine, key=index.rarity, reverse=True)
    candidates = {n for word in seeds[:4] for n in index.by_word.get(word, ())}
    best: dict[str, float] = {}
    joined = " ".join(words)
    for name in candidates:
        if name.implied is not None and name.implied != printed:
            continue
        # At most two words may differ on each side (see `_misprints`); the cheap test goes first.
        if not name.alone or len(mine ^ name.words) > 4:
            continue
        shared = sum(map(index.rarity, mine & name.words))
        if shared < 0.5 * total or _fit(index, name.id, printed) < 0:
            continue
        only_here, only_there = mine - name.words, name.words - mine
        matched = _misprints(index, only_here, only_there)
        if matched is None:
            continue
        unlike = (only_here | only_there) - matched
        if unlike & contrast_words() or unlike & measure_word_parts():
            continue
        missing = sum(map(index.rarity, unlike))
        half = sum(map(index.rarity, matched)) / 2
        overlap = (shared + half) / (shared + half + missing)
        letters = fuzz.ratio(joined, " ".join(core(name.folded))) / 100
        score = 0.6 * overlap + 0.4 * letters
        if score > best.get(name.id, 0.0):
            best[name.id] = score
    if not best:
        return None
    ranked = sorted(best.items(), key=lambda item: -item[1])
    if ranked[0][1] < _LIKENESS or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _MARGIN):
        return None
    return ranked[0][0], 0.85 * ranked[0][1]


def _misprints(index: Index, here: set[str], there: set[str] | frozenset[str]) -> set[str] | None:
    """The words of both sides that are one word with a misprint in it; None where too many differ.

    A word that some name has is no misprint of another: `nhập` is not `nhận`.
    """
    if len(here) > 2 or len(there) > 2:
        return None
    matched: set[str] = set()
    for a in here:
        if a.isdecimal() or a in index.weight:
            continue
        for b in there - matched:
            if unaccented(a) == unaccented(b) or (len(a) > 3 and Levenshtein.distance(a, b, score_cutoff=1) <= 1):
                matched |= {a, b}
                break
    return matched


def _is_breakdown(folded: str) -> bool:
    return folded in breakdown_names() or is_place_name(folded)


def _own_measure(index: Index, wider: Sequence[str], leaf: str, id_: str) -> bool:
    """Whether a mention found by its own name is a measure of its own, and no part of what the wider subject measures.

    `GRDP` > `dịch vụ lưu trú, ăn uống` is a part of GRDP, whatever the catalogue calls `dịch vụ lưu trú, ăn uống`.
    """
    if not wider or says_measure(leaf):
        return True
    entry = index.entries[id_]
    for subject in wider:
        names = index.exact.get(subject, ())
        related = [index.entries[n.id] for n in names]
        if any(r.field == entry.field and index.classes[r.id] & index.classes[id_] for r in related):
            continue
        if related or says_measure(subject):
            return False
    return True


def _link_path(index: Index, path: tuple[str, ...], unit: Unit | None, kind: str, context: str) -> Found | None:
    printed = _printed_class(unit, kind)
    leaf = path[-1]
    wider = path[:-1]
    around = " ".join((*wider, context))
    if wider:
        # `Tăng trưởng GRDP` > `khu vực II`: the nearest subject with the mention, read as one name.
        for joined in (f"{wider[-1]} {leaf}", f"{leaf} {wider[-1]}"):
            names = index.exact.get(joined) or index.cores.get(tuple(sorted(core(joined))))
            found = _settle(index, joined, names, printed, around, None) if names else None
            if found:
                return found[0], min(found[1], _COMPOSED + 0.02)
    if not (wider and _is_breakdown(leaf)):
        # A wider subject is for `_composed` to read: `lúa đông xuân` must not lend `sản lượng` its `lúa`.
        found = _named(index, leaf, printed, around, None if wider else context)
        if found:
            return found if _own_measure(index, wider, leaf, found[0]) else None
    found = _composed(index, wider, leaf, unit, printed)
    if found:
        return found
    rest = tuple(p for p in path if not _is_breakdown(p))
    if rest and rest != path:
        found = _link_path(index, rest, unit, kind, context)
        return (found[0], found[1] * _BROKEN_DOWN) if found else None
    # A name that is known but was not settled stays open: likeness to itself is no evidence.
    if leaf in index.exact or leaf in index.shared or (wider and _is_breakdown(leaf)):
        return None
    found = _alike(index, leaf, printed)
    return found if found and _own_measure(index, wider, leaf, found[0]) else None


@lru_cache(maxsize=8192)
def _link_cached(
    catalogue: Catalogue,
    path: tuple[str, ...],
    unit_key: tuple[str, str | None, str | None] | None,
    kind: str,
    context: str,
) -> CatalogueLink | None:
    index = build_index(catalogue)
    unit = Unit(text=unit_key[0], id=unit_key[1], dimension=unit_key[2]) if unit_key else None
    found = _link_path(index, path, unit, kind, context)
    if found is None or found[1] < THRESHOLD:
        return None
    entry = index.entries[found[0]]
    return CatalogueLink(id=entry.id, code=entry.code or None, name=entry.name_vi, score=round(found[1], 2))


def link(
    path: Sequence[str], *, unit: Unit | None, kind: str, section: Sequence[str], catalogue: Catalogue
) -> CatalogueLink | None:
    """The entry that an indicator means, or None where none is sure enough.

    Args:
        path: the words of the indicator, from the widest subject to the indicator itself.
        unit: unit of the figure; of a ``change``, ``share`` or ``attainment`` a percentage says nothing about the measure.
        kind: ``level``, ``change``, ``share`` or ``attainment``.
        section: headings above it, widest first: context for names that need one.
        catalogue: where to look.

    Returns:
        The link with a score from 0.6 to 0.99: how often such links are right.
    """
    folded = tuple(f for f in map(fold, path) if f)
    if not folded:
        return None
    key = (unit.text, unit.id, unit.dimension) if unit else None
    return _link_cached(catalogue, folded, key, kind, " ".join(map(fold, section)))
