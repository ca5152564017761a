"""The catalogue: indicators, their other names, and the names that several of them share."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from chitieu.catalogue.fold import fold
from chitieu.catalogue.tables import DATA, invalid, read_table
from chitieu.catalogue.units import unit_class
from chitieu.contract import PartKind
from chitieu.errors import CatalogueInvalid

INDICATOR_COLUMNS = (
    "id", "code", "system", "name_vi", "name_en", "definition", "field", "units", "direction", "kind",
    "parent", "breakdowns", "valid_from", "valid_until", "source",
)  # fmt: skip
NEEDED = ("id", "name_vi", "name_en", "definition", "field", "source")
ALIAS_COLUMNS = ("id", "alias", "alone", "source")
AMBIGUITY_COLUMNS = ("name", "id", "words", "note")
SYSTEMS = ("national", "provincial", "sector", "party-report", "own")
KINDS = ("level", "count", "rate", "index", "rank")
DIRECTIONS = ("higher is better", "lower is better", "neutral")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry.

    ``code`` (of the official list named by ``system``) may be empty; ``units`` are printed units, the usual one first; ``parent`` is the
    id of the whole that it is a part or a measure of; ``breakdowns`` are kinds of parts (`contract.PartKind`) that it is usually given
    for; ``valid_from`` and ``valid_until`` are years, where a definition began or ended.
    """

    id: str
    code: str
    system: str
    name_vi: str
    name_en: str
    definition: str
    field: str
    units: tuple[str, ...]
    direction: str
    kind: str
    parent: str
    breakdowns: tuple[str, ...]
    valid_from: str
    valid_until: str
    source: str

    @property
    def dimension(self) -> str | None:
        """The kind of thing that its usual unit measures (`ratio`, `money`, `person` …), None where it has no unit."""
        return unit_class(self.units[0]) if self.units else None


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
    """All entries. Compared and hashed by identity; ``version`` is a short hash of the files' content; ``own`` are the ids of an office.

    ``chosen`` are ids with names, folded, that people decided to mean them wherever they are read.
    """

    version: str
    indicators: tuple[Indicator, ...]
    aliases: tuple[Alias, ...]
    ambiguities: tuple[Ambiguity, ...]
    own: frozenset[str] = frozenset()
    chosen: frozenset[tuple[str, str]] = frozenset()


_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_YEAR = re.compile(r"(19|20)\d\d")


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in (p.strip() for p in cell.split(";")) if part)


def check_rows(
    path: Path,
    rows: Sequence[tuple[int, dict[str, str]]],
    *,
    known: Mapping[str, str] | None = None,
    needed: Sequence[str] = NEEDED,
) -> tuple[Indicator, ...]:
    """Entries of rows that hold every column, each with its line number.

    Args:
        path: the file, for messages.
        rows: line and cells.
        known: ids outside these rows that a ``parent`` may name, with their own parents.
        needed: columns that may not be empty.

    Raises:
        CatalogueInvalid: a cell breaks the schema.
    """
    known = known or {}
    out: list[Indicator] = []
    ids: set[str] = set()
    codes: set[tuple[str, str]] = set()
    names: set[str] = set()
    for line, row in rows:
        for column in needed:
            if not row[column]:
                raise invalid(path, line, column, "để trống", "is empty")
        if not fold(row["name_vi"]):
            raise invalid(path, line, "name_vi", "không có chữ nào", "has no words")
        if not _ID.fullmatch(row["id"]):
            raise invalid(
                path,
                line,
                "id",
                "chỉ gồm chữ thường không dấu, số và gạch nối",
                "only lower-case ASCII letters, digits and hyphens",
            )
        parts = get_args(PartKind)
        for column, allowed in (("system", SYSTEMS), ("kind", KINDS), ("direction", DIRECTIONS)):
            if row[column] not in allowed:
                raise _not_one_of(path, line, column, allowed)
        for kind in _parts(row["breakdowns"]):
            if kind not in parts:
                raise _not_one_of(path, line, "breakdowns", parts)
        for column in ("valid_from", "valid_until"):
            if row[column] and not _YEAR.fullmatch(row[column]):
                raise invalid(path, line, column, "phải là năm có bốn chữ số", "must be a year of four digits")
        if row["id"] in ids:
            raise invalid(path, line, "id", "mã trùng", "this id is used twice")
        if fold(row["name_vi"]) in names:
            raise invalid(path, line, "name_vi", "tên trùng", "this name is used twice")
        if row["code"] and (row["system"], row["code"]) in codes:
            raise invalid(
                path, line, "code", "mã số trùng trong cùng hệ thống", "this code is used twice in its system"
            )
        ids.add(row["id"])
        names.add(fold(row["name_vi"]))
        codes.add((row["system"], row["code"]))
        cells = {**row, "units": _parts(row["units"]), "breakdowns": _parts(row["breakdowns"])}
        out.append(Indicator(**{column: cells[column] for column in INDICATOR_COLUMNS}))  # type: ignore[arg-type]
    whole = {**known, **{entry.id: entry.parent for entry in out}}
    for (line, _), entry in zip(rows, out, strict=True):
        if _goes_round(whole, entry.id):
            raise invalid(
                path,
                line,
                "parent",
                "vòng tròn: chỉ tiêu là thành phần của chính nó",
                "an indicator that is a part of itself",
            )
        if entry.parent and entry.parent not in ids and entry.parent not in known:
            raise invalid(path, line, "parent", f"không có chỉ tiêu “{entry.parent}”", f"no indicator “{entry.parent}”")
    return tuple(out)


def _goes_round(whole: dict[str, str], id_: str) -> bool:
    seen = {id_}
    at = whole.get(id_, "")
    while at:
        if at in seen:
            return at == id_
        seen.add(at)
        at = whole.get(at, "")
    return False


def _not_one_of(path: Path, line: int, column: str, allowed: Collection[str]) -> CatalogueInvalid:
    listed = ", ".join(allowed)
    return invalid(path, line, column, f"phải là một trong: {listed}", f"must be one of: {listed}")


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
    # Of a name that cannot stand alone the context says which it is; one that can must be listed where it is shared.
    owners: dict[str, set[str]] = defaultdict(set)
    for indicator in indicators:
        owners[fold(indicator.name_vi)].add(indicator.id)
    for line, alias in enumerate(aliases, 2):
        name = fold(alias.alias)
        if not alias.alone:
            continue
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
    path = folder / "indicators.tsv"
    indicators = check_rows(path, list(enumerate(read_table("indicators.tsv", INDICATOR_COLUMNS, folder), 2)))
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
