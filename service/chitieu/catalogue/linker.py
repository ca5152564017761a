"""From an indicator as a text names it to an entry of the catalogue, or to none: a wrong link is worse than no link.

`meaning` says what the words are about, `evidence` finds the names that may be meant and what speaks for each, `scorer` weighs it,
`parts` says what the path names beyond the entry: `Kim ngạch xuất khẩu` > `gạo` is the value of exports, broken down by rice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chitieu.catalogue.evidence import Mention, candidates, mention
from chitieu.catalogue.fold import fold, word_at
from chitieu.catalogue.index import Index, Name, build_index, core, is_basket
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.meaning import senses
from chitieu.catalogue.parts import PathPart, parts
from chitieu.catalogue.scorer import Weights, best, load_weights
from chitieu.catalogue.units import agreement
from chitieu.contract import CatalogueLink, Part, Unit


@dataclass(frozen=True, slots=True)
class Linked:
    """An entry with its score, and the parts that the path breaks it down by, widest first, each with its level in the path."""

    entry: CatalogueLink
    parts: tuple[tuple[int, Part], ...] = ()


def _link(catalogue: Catalogue, one: Mention) -> tuple[CatalogueLink, list[PathPart]] | None:
    index = build_index(catalogue)
    weights = load_weights()
    found = _own(index, one) or _likeliest(index, one, weights, catalogue)
    if found is None or found[1] < weights.threshold:
        return None
    name, score = found
    entry = index.entries[name.id]
    made = CatalogueLink(id=entry.id, code=entry.code or None, name=entry.name_vi, score=round(min(score, 0.99), 2))
    head, _, bracket = entry.name_vi.partition(" (")
    official = fold(head)
    # A short form in the bracket (`CPI`) is a word of the name; examples there (`cà phê, cao su`) are things that it is of.
    words = one.noun | frozenset(core(official if " " in bracket else fold(entry.name_vi)))
    # `xuất khẩu gạo` is a name of the entry for all goods, and rice all the same a part of it.
    if not is_basket(official):
        words |= name.words
    whole = {name.folded for name in index.by_id[entry.id] if name.implied is None}
    return made, parts(index, one.path, words, whole)


def _own(index: Index, one: Mention) -> tuple[Name, float] | None:
    """The entry that an office or its annotators gave the mention's very name, if the unit is not against it: it goes before all others."""
    said = [one.path[-1]]
    if len(one.path) > 1:
        said += [f"{one.path[-2]} {one.path[-1]}", f"{one.path[-1]} {one.path[-2]}"]
    for text in said:
        name = index.own.get(text)
        if name is not None and agreement(index.classes[name.id], one.printed) >= 0:
            return name, 0.99
    return None


def _likeliest(index: Index, one: Mention, weights: Weights, catalogue: Catalogue) -> tuple[Name, float] | None:
    sense = senses(catalogue).log_probabilities(one.fields)
    found = best(weights, candidates(index, one, weights.often, sense))
    return (found[0].name, found[1]) if found else None


def link(
    path: Sequence[str],
    *,
    unit: Unit | None,
    kind: str,
    section: Sequence[str],
    catalogue: Catalogue,
    sentence: str = "",
    document: str = "",
) -> Linked | None:
    """The entry that an indicator means, or None where none is sure enough.

    Args:
        path: the words of the indicator, from the widest subject to the indicator itself.
        unit: unit of the figure; of a ``change``, ``share`` or ``attainment`` a percentage says nothing about the measure.
        kind: ``level``, ``change``, ``share`` or ``attainment``.
        section: headings above it, widest first: context for names that need one.
        catalogue: where to look.
        sentence: the sentence it stands in, context likewise.
        document: how the document begins (who reports on what), likewise.

    Returns:
        The link, with how likely it is right as its score, and its parts.
    """
    index = build_index(catalogue)
    said = [text for text in path if fold(text)]
    one = mention(
        [index.accented(fold(text)) for text in said],
        unit=unit,
        kind=kind,
        section=section,
        sentence=sentence,
        document=document,
    )
    found = _link(catalogue, one) if one else None
    if found is None:
        return None
    level_of = [level for level, text in enumerate(path) if fold(text)]
    made = (
        (level_of[p.level], Part(text=word_at(said[p.level], *p.words), kind=p.kind, code=p.code, name=p.name))
        for p in found[1]
    )
    return Linked(found[0], tuple(made))
