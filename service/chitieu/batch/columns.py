"""The columns of the output's tables: those of every export (`chitieu.output.columns`), and those of ``data/columns.tsv``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from chitieu.catalogue.tables import invalid, read_table
from chitieu.output.columns import TABLES, Column, Type
from chitieu.output.columns import columns as exported

Name = Literal["documents", "figures", "observations", "checks", "names", "errors"]
PARTITIONED: tuple[Name, ...] = ("documents", "figures", "observations", "checks")
WHOLE: tuple[Name, ...] = ("names", "errors")

_DATA = Path(__file__).resolve().parent / "data"
_COLUMNS = ("table", "name", "type", "shape", "title_vi", "title_en", "description_vi", "description_en")


@cache
def columns(table: Name) -> tuple[Column, ...]:
    """The columns of a table. Behind the first, `document`, stands the file's `name`; what only an archive needs comes last.

    Raises:
        CatalogueInvalid: a line of the data that breaks the schema.
    """
    own = _load()[table]
    if table not in TABLES:
        return own
    document = _load()["documents"][0]
    return (document, own[0], *exported(table)[1:], *own[1:])


@cache
def added(table: Name) -> tuple[Column, ...]:
    """The columns of a table that only an archive needs, but for `name`."""
    return _load()[table][1:]


@cache
def _load() -> dict[Name, tuple[Column, ...]]:
    path = _DATA / "columns.tsv"
    out: dict[Name, list[Column]] = {name: [] for name in (*PARTITIONED, *WHOLE)}
    for line, cells in enumerate(read_table(path.name, _COLUMNS, _DATA), 2):
        if cells["table"] not in out:
            raise invalid(path, line, "table", f"phải là một trong {tuple(out)}", f"must be one of {tuple(out)}")
        if cells["type"] not in get_args(Type):
            raise invalid(path, line, "type", f"phải là một trong {get_args(Type)}", f"must be one of {get_args(Type)}")
        column = Column(
            name=cells["name"],
            type=cast(Type, cells["type"]),
            shape=cells["shape"],
            order=None,
            screen=0,
            page=False,
            width=0,
            title_vi=cells["title_vi"],
            title_en=cells["title_en"],
            description_vi=cells["description_vi"],
            description_en=cells["description_en"],
        )
        out[cells["table"]].append(column)
    return {table: tuple(found) for table, found in out.items()}
