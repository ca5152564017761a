"""Names as the scorer should take them: with their own unit, with one that speaks against them, with another number in them, with the
end of another name.

Mentions of reports seldom contradict themselves, so nothing else would teach that `sản lượng lúa` in hectares is no output of rice.
"""

from __future__ import annotations

import random
import re

from chitieu.catalogue.evidence import mention
from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.units import agreement, unit_class
from chitieu.contract import Unit
from chitieu.training.links.mentions import Labelled

_UNITS = ("ha", "tấn", "con", "km", "tỷ đồng", "hộ", "%", "dự án")
_WEIGHT = 0.3
_HEAD = 3  # words of a name that say what sort of thing it counts: `số tàu thuyền`
_NUMBER = re.compile(r"\d+")


def drills(catalogue: Catalogue, seed: int) -> list[Labelled]:
    """Every entry's own name and a twelfth of the others with a unit of theirs; half of the own names with a unit that fits none, and half
    of the long ones with the end of a name of another field; those with a number in them with another."""
    chance = random.Random(seed)
    units = {i.id: i.units for i in catalogue.indicators}
    named: dict[str, set[str]] = {}
    for id_, name in ((i.id, i.name_vi) for i in catalogue.indicators):
        named.setdefault(fold(name), set()).add(id_)
    for alias in catalogue.aliases:
        named.setdefault(fold(alias.alias), set()).add(alias.id)
    out: list[Labelled] = []

    def add(name: str, unit: str, ids: set[str]) -> None:
        printed = Unit(text=unit, id="percent", dimension="ratio") if unit == "%" else Unit(text=unit) if unit else None
        one = mention([name], unit=printed, kind="level", section=(), sentence=name)
        if one is not None:
            # Rows of reports are counted from 2 upwards; each drill is a document of its own.
            out.append(Labelled(f"drill {len(out)}", -1 - len(out), one, frozenset(ids), _WEIGHT))

    for alias in catalogue.aliases:
        if alias.alone and chance.random() < 1 / 12:
            add(alias.alias, chance.choice(units[alias.id] or ("",)), named[fold(alias.alias)])
    for entry in catalogue.indicators:
        add(entry.name_vi, entry.units[0] if entry.units else "", named[fold(entry.name_vi)])
        classes = frozenset(c for c in map(unit_class, entry.units) if c)
        if classes and chance.random() < 0.5:
            wrong = [u for u in _UNITS if agreement(classes, unit_class(u)) < 0]
            if wrong:
                add(entry.name_vi, chance.choice(wrong), set())
        changed = _NUMBER.sub(lambda m: str(int(m[0]) + 2), entry.name_vi)
        if changed != entry.name_vi and fold(changed) not in named:
            add(changed, entry.units[0] if entry.units else "", set())
    # What is counted is the same, what is said of it belongs to another field: none of the catalogue's.
    for entry in catalogue.indicators:
        words, other = fold(entry.name_vi).split(), chance.choice(catalogue.indicators)
        mixed = " ".join((*words[:_HEAD], *fold(other.name_vi).split()[-2:]))
        if len(words) > _HEAD + 1 and other.field != entry.field and mixed not in named and chance.random() < 1 / 2:
            add(mixed, entry.units[0] if entry.units else "", set())
    return out
