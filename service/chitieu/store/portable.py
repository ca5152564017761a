"""Rows of any table as lines of JSON that mean the same on both engines, and back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, LargeBinary, String, TypeDecorator, column, table
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import TypeEngine

from chitieu.errors import BadRequest
from chitieu.store.types import Json, Moment, Words, storable

Kind = Literal["text", "integer", "date", "moment", "bytes", "json"]
_TYPES: dict[Kind, TypeEngine[Any]] = {
    "text": Words(),
    "integer": BigInteger(),
    "date": Date(),
    "moment": Moment(),
    "bytes": LargeBinary(),
    "json": Json(),
}
_FAMILIES: tuple[tuple[Kind, type[TypeEngine[Any]]], ...] = (
    ("json", JSON),
    ("bytes", LargeBinary),
    ("moment", DateTime),
    ("date", Date),
    ("integer", Integer),
    ("text", String),
)
_LEAST, _MOST = -(2**63), 2**63 - 1


def kinds(columns: Iterable[tuple[str, TypeEngine[Any]]]) -> dict[str, Kind]:
    """What columns hold, by name; their types are our own or those that a database tells of."""
    return {name: _kind(found) for name, found in columns}


def _kind(found: TypeEngine[Any]) -> Kind:
    plain = found.impl_instance if isinstance(found, TypeDecorator) else found
    return next(kind for kind, family in _FAMILIES if isinstance(plain, family))


def to_line(row: Mapping[str, Any], columns: Mapping[str, Kind]) -> bytes:
    """A row as one line of JSON, in UTF-8 and with its line feed."""
    cells = {name: _to_json(row[name], kind) for name, kind in columns.items()}
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def from_line(line: bytes, columns: Mapping[str, Kind]) -> dict[str, Any]:
    """The row of a line.

    Raises:
        ValueError: it is no row with these columns.
    """
    try:
        cells = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(cells, dict) or cells.keys() != columns.keys():
        raise ValueError("other columns")
    try:
        return {name: _from_json(cells[name], kind) for name, kind in columns.items()}
    except (TypeError, BadRequest, binascii.Error) as error:
        raise ValueError(str(error)) from error


def clause(name: str, columns: Mapping[str, Kind]) -> TableClause:
    """A table of these columns to insert into."""
    return table(name, *(column(key, _TYPES[kind]) for key, kind in columns.items()))


def _to_json(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "bytes":
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if kind in ("date", "moment") else value


def _from_json(value: Any, kind: Kind) -> Any:
    if value is None or kind == "json":
        return value
    if kind == "integer":
        if type(value) is not int or not _LEAST <= value <= _MOST:
            raise ValueError("no whole number")
        return value
    if type(value) is not str:
        raise ValueError("no text")
    if kind == "bytes":
        return base64.b64decode(value, validate=True)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "moment":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment
    return storable(value)
