"""The engines' faults in the project's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chitieu.errors import BadRequest, ChitieuError, DatabaseDown, DatabaseInvalid

_RETRY_SECONDS = 5
# By the beginning of SQLite's error name, or of PostgreSQL's SQLSTATE: what is the matter.
_SQLITE = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "readonly",
    "SQLITE_CANTOPEN": "unreachable",
    "SQLITE_PERM": "unreachable",
    "SQLITE_AUTH": "unreachable",
    "SQLITE_IOERR": "disk",
    "SQLITE_NOMEM": "memory",
    "SQLITE_NOTADB": "damaged",
    "SQLITE_CORRUPT": "damaged",
}
_POSTGRES = {
    "40": "locked",  # deadlock, serialization
    "55P03": "locked",
    "57014": "slow",
    "53100": "full",
    "53": "busy",
    "25006": "readonly",
    "58": "disk",
    "3D000": "unreachable",
    "3F000": "damaged",
    "42P01": "damaged",
    "42703": "damaged",
    "XX001": "damaged",
    "XX002": "damaged",
    "22001": "words",
    "22021": "words",
    "22P05": "words",
}
_MISSING = ("no such table", "no such column", "has no column named")


@contextmanager
def told() -> Iterator[None]:
    """Turn the engine's faults into the project's; `IntegrityError` stays, as only the caller knows what it means.

    Raises:
        DatabaseDown: not reached, locked for too long, full, not to be written; ``detail["cause"]`` is `unreachable`, `locked`, `busy`,
            `slow`, `full`, `readonly`, `disk` or `memory`.
        DatabaseInvalid: no database, damaged, or without our tables.
        BadRequest: words that the database cannot hold.
    """
    try:
        yield
    except (StatementError, PoolTimeout, sqlite3.Error) as error:
        found = _in_our_words(error)
        if found is None:
            raise
        raise found from error


def _in_our_words(error: StatementError | PoolTimeout | sqlite3.Error) -> ChitieuError | None:
    original = error.orig if isinstance(error, StatementError) else error
    if isinstance(original, ChitieuError):  # a column's type refused a value
        return original
    cause = _cause(error, original)
    if cause is None:
        return None
    if cause == "words":
        return BadRequest(
            "Có nội dung không lưu được. / There is something that the database cannot hold.",
            cause=first_line(original),
        )
    if cause == "damaged":
        return DatabaseInvalid(
            "Cơ sở dữ liệu hỏng hoặc không phải của chitieu. / The database is damaged or none of chitieu's.",
            cause=first_line(original),
        )
    return DatabaseDown(
        "Cơ sở dữ liệu không sẵn sàng, chưa lưu gì. / The database is not available; nothing was stored.",
        cause=cause,
        retry_after=_RETRY_SECONDS,
    )


def _cause(error: BaseException, original: BaseException | None) -> str | None:
    if isinstance(error, PoolTimeout):
        return "busy"
    if isinstance(original, sqlite3.Error):
        name = str(getattr(original, "sqlite_errorname", ""))
        if name == "SQLITE_ERROR" and any(words in str(original) for words in _MISSING):
            return "damaged"
        return _of_longest(_SQLITE, name)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _of_longest(_POSTGRES, state) or ("unreachable" if state.startswith(("08", "28", "57")) else None)
    if isinstance(error, OperationalError | InterfaceError):
        return "unreachable"  # PostgreSQL was not reached at all, or went away
    return None


def _of_longest(causes: dict[str, str], name: str) -> str | None:
    return next((causes[start] for start in sorted(causes, key=len, reverse=True) if name.startswith(start)), None)


def first_line(error: BaseException | None) -> str:
    """The first line of an error's message, 200 characters of it at most."""
    return (str(error).splitlines() or [""])[0][:200]
