"""The catalogue: indicators, their other names, and the names that several of them share."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chitieu.catalogue.fold import fold
from chitieu.catalogue.tables import DATA, invalid, read_table

INDICATOR_COLUMNS = ("id", "code", "system", "name_vi", "name_en", "field", "units", "direction", "kind", "source")
ALIAS_COLUMNS = ("id", "alias", "alone", "source")
AMBIGUITY_COLUMNS = ("name", "id", "words", "note")
SYSTEMS = ("national", "provincial", "sector", "party-report")
KINDS = ("level", "count", "rate", "index", "rank")
DIRECTIONS = ("higher is better", "lower is better", "neutral")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry. ``code`` (of the official list named by ``system``) may be empty; ``units`` are printed units."""

    id: str
    code: str
    system: str
    name_vi: str
    name_en: str
    field: str
    units: tuple[str, ...]
    direction: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an entry; ``alone`` is False for one that means it only in the right context."""

    id: str
    alias: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """One reading of a name that several entries share; any of ``words`` (folded) in the context speaks for it."""

    name: str
    id: str
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All entries. Compared and hashed by identity; ``version`` is a short hash of the files' content."""

    version: str
    indicators: tuple[Indicator, ...]
    aliases: tuple[Alias, ...]
    ambiguities: tuple[Ambiguity, ...]


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in cell.split(";")) if part)


def _indicators(folder: Path) -> tuple[Indicator, ...]:
    path = folder / "indicators.tsv"
    out: list[Indicator] = []
    ids: set[str] = set()
    codes: set[tuple[str, str]] = set()
    for line, row in enumerate(read_table("indicators.tsv", INDICATOR_COLUMNS, folder), 2):
        for column in ("id", "name_vi", "name_en", "field", "source"):
            if not row[column]:
                raise invalid(path, line, column, "để trống", "is empty")
        for column, known in (("system", SYSTEMS), ("kind", KINDS), ("direction", DIRECTIONS)):
            if row[column] not in known:
                raise invalid(path, line, column, f"phải là một trong {known}", f"must be one of {known}")
        if row["id"] in ids:
            raise invalid(path, line, "id", "mã trùng", "this id is used twice")
        ids.add(row["id"])
        if row["code"] and (row["system"], row["code"]) in codes:
            raise invalid(
                path, line, "code", "mã số trùng trong cùng hệ thống", "this code is used twice in its system"
            )
        codes.add((row["system"], row["code"]))
        cells = {**row, "units": _parts(row["units"])}
        out.append(Indicator(**cells))  # type: ignore[arg-type]
    return tuple(out)


def _ambiguities(folder: Path, ids: frozenset[str]) -> tuple[Ambiguity, ...]:
    path = folder / "ambiguities.tsv"
    out: list[Ambiguity] = []
    for line, row in enumerate(read_table("ambiguities.tsv", AMBIGUITY_COLUMNS, folder), 2):
        if not row["name"]:
            raise invalid(path, line, "name", "để trống", "is empty")
        if row["id"] not in ids:
            raise invalid(path, line, "id", f"không có chỉ tiêu “{row['id']}”", f"no indicator “{row['id']}”")
        out.append(Ambiguity(fold(row["name"]), row["id"], tuple(fold(w) for w in _parts(row["words"]))))
    return tuple(out)


def _aliases(folder: Path, ids: frozenset[str]) -> tuple[Alias, ...]:
    path = folder / "aliases.tsv"
    out: list[Alias] = []
    for line, row in enumerate(read_table("aliases.tsv", ALIAS_COLUMNS, folder), 2):
        if row["id"] not in ids:
            raise invalid(path, line, "id", f"không có chỉ tiêu “{row['id']}”", f"no indicator “{row['id']}”")
        if not fold(row["alias"]):
            raise invalid(path, line, "alias", "để trống", "is empty")
        if row["alone"] not in ("yes", "no"):
            raise invalid(path, line, "alone", "phải là yes hoặc no", "must be yes or no")
        out.append(Alias(row["id"], row["alias"], row["alone"] == "yes"))
    return tuple(out)


def _check_shared_names(
    folder: Path, indicators: tuple[Indicator, ...], aliases: tuple[Alias, ...], ambiguities: tuple[Ambiguity, ...]
) -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for one in ambiguities:
        listed[one.name].add(one.id)
    owners: dict[str, set[str]] = defaultdict(set)
    for indicator in indicators:
        owners[fold(indicator.name_vi)].add(indicator.id)
        if len(owners[fold(indicator.name_vi)]) > 1:
            line = indicators.index(indicator) + 2
            raise invalid(folder / "indicators.tsv", line, "name_vi", "tên trùng", "this name is used twice")
    for line, alias in enumerate(aliases, 2):
        name = fold(alias.alias)
        owners[name].add(alias.id)
        if len(owners[name]) > 1 and not owners[name] <= listed[name]:
            rest = ", ".join(sorted(owners[name]))
            raise invalid(
                folder / "aliases.tsv",
                line,
                "alias",
                f"“{alias.alias}” là tên của nhiều chỉ tiêu ({rest}), phải ghi vào ambiguities.tsv",
                f"“{alias.alias}” names several indicators ({rest}) and must be listed in ambiguities.tsv",
            )


@lru_cache(maxsize=4)
def _load(folder: Path) -> Catalogue:
    indicators = _indicators(folder)
    ids = frozenset(i.id for i in indicators)
    ambiguities = _ambiguities(folder, ids)
    aliases = _aliases(folder, ids)
    _check_shared_names(folder, indicators, aliases, ambiguities)
    digest = hashlib.sha256()
    for name in ("indicators.tsv", "aliases.tsv", "ambiguities.tsv"):
        digest.update((folder / name).read_bytes())
    return Catalogue(digest.hexdigest()[:12], indicators, aliases, ambiguities)


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The project's own catalogue, or the one in a folder with the same three files; read once.

    Raises:
        CatalogueInvalid: a file breaks its schema; the message and ``detail`` name file, line and column.
    """
    return _load((folder or DATA).resolve())
