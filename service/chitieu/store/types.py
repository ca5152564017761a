"""Types of columns that are the same on both engines: what one of them would refuse or lose, neither takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from chitieu.errors import BadRequest


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC; SQLite keeps no zone, so none leaves or enters without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text, of ``length`` characters at most where that is said; what is no text is refused (`storable`)."""

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if self.length is None else String(self.length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Json(TypeDecorator[Any]):
    """A JSON value whose strings are all text."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        _check_all(value)
        return value


def storable(value: str) -> str:
    """The value itself, if both engines can keep it.

    Raises:
        BadRequest: it holds a NUL or a lone surrogate.
    """
    if "\0" not in value:
        try:
            value.encode("utf-8")
            return value
        except UnicodeEncodeError:
            pass
    raise BadRequest(
        "Có ký tự không lưu được. / There is a character that cannot be stored: a NUL or a lone surrogate.",
        value=value[:60].encode("unicode_escape").decode("ascii"),
    )


def _check_all(value: Any) -> None:
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_all(key)
            _check_all(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_all(inner)
