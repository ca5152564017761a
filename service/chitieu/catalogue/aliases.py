"""More names of the catalogue's entries: what a proposed one would do, and a table of them that is added to the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from chitieu.catalogue.fold import fold
from chitieu.catalogue.linker import link
from chitieu.catalogue.load import ALIAS_COLUMNS, Alias, Catalogue
from chitieu.catalogue.tables import invalid, read_table


@dataclass(frozen=True, slots=True)
class Standing:
    """What the catalogue makes of a name already.

    Attributes:
        is_entry: whether it has the entry at all.
        linked: id of the entry that the name alone is linked to; None: to none.
        others: ids of other entries that the name means wherever it is read.
    """

    is_entry: bool
    linked: str | None
    others: tuple[str, ...]


def standing(catalogue: Catalogue, entry: str, alias: str) -> Standing:
    """What the catalogue makes of ``alias`` as a name of ``entry``."""
    found = link([alias], unit=None, kind="level", section=(), catalogue=catalogue)
    return Standing(
        entry in {i.id for i in catalogue.indicators},
        found.entry.id if found is not None else None,
        tuple(sorted(_owners(catalogue).get(fold(alias), frozenset()) - {entry})),
    )


def written(aliases: Iterable[Alias], source: str) -> bytes:
    """A table that `with_aliases` and `aliases.tsv` take.

    Args:
        source: where the names come from.
    """
    lines = ["\t".join(ALIAS_COLUMNS)]
    lines += ["\t".join((a.id, " ".join(a.alias.split()), "yes" if a.alone else "no", source)) for a in aliases]
    return ("\n".join(lines) + "\n").encode()


def with_aliases(catalogue: Catalogue, path: Path) -> Catalogue:
    """The catalogue with the names of a table that is written as `aliases.tsv`. Names that an entry has already are passed over.

    Raises:
        CatalogueInvalid: the file breaks its schema, names an entry that is not there, or gives two entries one name that stands alone.
    """
    read = read_table(path.name, ALIAS_COLUMNS, path.parent)
    return _with(catalogue, path, tuple((row["id"], row["alias"], row["alone"]) for row in read))


@lru_cache(maxsize=4)
def _with(catalogue: Catalogue, path: Path, rows: Sequence[tuple[str, str, str]]) -> Catalogue:
    entries = {i.id for i in catalogue.indicators}
    owners = {name: set(ids) for name, ids in _owners(catalogue).items()}
    there = {(i.id, fold(i.name_vi)) for i in catalogue.indicators} | {(a.id, fold(a.alias)) for a in catalogue.aliases}
    new = []
    for line, (id_, alias, alone) in enumerate(rows, 2):
        name = fold(alias)
        if id_ not in entries:
            raise invalid(path, line, "id", f"không có chỉ tiêu “{id_}”", f"no indicator “{id_}”")
        if not name:
            raise invalid(path, line, "alias", "để trống", "is empty")
        if alone not in ("yes", "no"):
            raise invalid(path, line, "alone", "phải là yes hoặc no", "must be yes or no")
        if (id_, name) in there:
            continue
        if alone == "yes" and owners.setdefault(name, set()) - {id_}:
            rest = ", ".join(sorted(owners[name]))
            raise invalid(path, line, "alias", f"“{alias}” đã là tên của {rest}", f"“{alias}” already names {rest}")
        there.add((id_, name))
        if alone == "yes":
            owners[name].add(id_)
        new.append(Alias(id_, alias, alone == "yes"))
    told = hashlib.sha256(f"{catalogue.version}{rows}".encode()).hexdigest()[:12]
    chosen = catalogue.chosen | {(a.id, fold(a.alias)) for a in new if a.alone}
    return replace(catalogue, version=told, aliases=(*catalogue.aliases, *new), chosen=chosen)


@lru_cache(maxsize=4)
def _owners(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """By folded name, the entries that it means wherever it is read."""
    pairs = [(fold(i.name_vi), i.id) for i in catalogue.indicators]
    pairs += [(fold(a.alias), a.id) for a in catalogue.aliases if a.alone]
    found: dict[str, set[str]] = {}
    for name, id_ in pairs:
        found.setdefault(name, set()).add(id_)
    return {name: frozenset(ids) for name, ids in found.items()}
