"""The columns of every table: what they are called, what they hold and where they are shown.

They are data, ``data/columns.tsv``, in the order of the CSV. Titles, descriptions, widths and what is shown can be changed there; a new
name needs a function in `chitieu.output.values`. ``data/words.tsv`` says the codes in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from chitieu.catalogue.tables import invalid, read_table

Cell = str | int | Decimal | date | None
Row = dict[str, Cell]
TableName = Literal["observations", "figures", "checks"]
Type = Literal["text", "decimal", "integer", "date"]
TABLES: tuple[TableName, ...] = get_args(TableName)

DATA = Path(__file__).resolve().parent / "data"
_COLUMNS = (
    "table", "name", "type", "shape", "order", "screen", "page", "width",
    "title_vi", "title_en", "description_vi", "description_en",
)  # fmt: skip
_WORDS = ("group", "code", "vi", "en")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    ``shape`` says what its values are in: `printed unit`, `base unit`, `ratio`, `score`, `code status` (words of that group).
    ``order`` is its place where people read (None: behind those that have one), ``screen`` its greatest width on a terminal (0: not shown
    there), ``width`` that in a workbook, in characters.
    """

    name: str
    type: Type
    shape: str
    order: int | None
    screen: int
    page: bool
    width: int
    title_vi: str
    title_en: str
    description_vi: str
    description_en: str

    @property
    def words(self) -> str | None:
        """The group of words that its codes belong to."""
        return self.shape.removeprefix("code ") if self.shape.startswith("code ") else None


@cache
def columns(table: TableName, folder: Path = DATA) -> tuple[Column, ...]:
    """The columns of a table, in the order of the file.

    Raises:
        CatalogueInvalid: a line that breaks the schema; the message names file, line and column.
    """
    return _load(folder)[table]


@cache
def _load(folder: Path) -> dict[TableName, tuple[Column, ...]]:
    path = folder / "columns.tsv"
    groups = {group for group, _ in words(folder)}
    out: dict[TableName, list[Column]] = {table: [] for table in TABLES}
    for line, cells in enumerate(read_table(path.name, _COLUMNS, folder), 2):
        known = next((out[table] for table in TABLES if table == cells["table"]), None)
        if known is None:
            raise invalid(path, line, "table", f"phải là một trong {TABLES}", f"must be one of {TABLES}")
        if not cells["name"] or any(column.name == cells["name"] for column in known):
            raise invalid(path, line, "name", "để trống hoặc trùng", "is empty or used twice")
        if cells["type"] not in get_args(Type):
            raise invalid(path, line, "type", f"phải là một trong {get_args(Type)}", f"must be one of {get_args(Type)}")
        for column in ("order", "screen", "width"):
            if cells[column] and not cells[column].isdecimal():
                raise invalid(path, line, column, "phải là số", "must be a number")
        for column in ("shape", "width", "title_vi", "title_en", "description_vi", "description_en"):
            if not cells[column]:
                raise invalid(path, line, column, "để trống", "is empty")
        group = cells["shape"].removeprefix("code ")
        if cells["shape"].startswith("code ") and group not in groups:
            raise invalid(path, line, "shape", f"words.tsv không có “{group}”", f"“{group}” is not in words.tsv")
        known.append(
            Column(
                name=cells["name"],
                type=cast(Type, cells["type"]),
                shape=cells["shape"],
                order=int(cells["order"]) if cells["order"] else None,
                screen=int(cells["screen"] or 0),
                page=cells["page"] == "yes",
                width=int(cells["width"]),
                title_vi=cells["title_vi"],
                title_en=cells["title_en"],
                description_vi=cells["description_vi"],
                description_en=cells["description_en"],
            )
        )
    return {table: tuple(found) for table, found in out.items()}


def for_people(table: TableName) -> list[Column]:
    """The columns of a table in the order in which people read: those with an ``order`` first."""
    found = columns(table)
    ordered = [column for column in found if column.order is not None]
    ordered.sort(key=lambda column: column.order or 0)
    return ordered + [column for column in found if column.order is None]


@cache
def words(folder: Path = DATA) -> dict[tuple[str, str], tuple[str, str]]:
    """From group and code to the words in Vietnamese and English."""
    return {(row["group"], row["code"]): (row["vi"], row["en"]) for row in read_table("words.tsv", _WORDS, folder)}


def in_words(group: str, code: str) -> str:
    """A code in Vietnamese; the code itself where no words are known."""
    found = words().get((group, code))
    return found[0] if found is not None else code


def as_markdown(table: TableName) -> str:
    """The columns of a table as the documentation has them."""
    lines = ["| column | type | in | Vietnamese title | what it holds |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| `{c.name}` | {c.type} | {c.shape} | {c.title_vi} | {c.description_en} |" for c in columns(table)]
    return "\n".join(lines) + "\n"
