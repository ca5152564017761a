"""The connection: SQLite in a file, or PostgreSQL; transactions that are whole or not at all; faults in the project's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from chitieu.errors import ConfigInvalid, DatabaseDown, DatabaseInvalid, OutputUnwritable, ProgramMissing
from chitieu.settings import Settings

_LOCK_SECONDS = 15  # that a writer waits for another
_RETRY_SECONDS = 5
_FULL = ("disk is full", "no space left", "disk full")


def database_url(settings: Settings) -> URL:
    """Where the database is.

    Raises:
        ConfigInvalid: `CHITIEU_DATABASE_URL` is no URL of SQLite or PostgreSQL.
    """
    if settings.database_url is None:
        return URL.create("sqlite", database=str(settings.data_folder / "chitieu.db"))
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError:
        url = None
    kind = url.get_backend_name() if url is not None else ""
    if (
        url is None
        or kind not in ("sqlite", "postgresql")
        or (kind == "sqlite" and url.database in (None, "", ":memory:"))
    ):
        raise ConfigInvalid(
            "CHITIEU_DATABASE_URL phải là postgresql://… hoặc sqlite:///tệp. / "
            "CHITIEU_DATABASE_URL must be postgresql://… or sqlite:///file.",
            variable="CHITIEU_DATABASE_URL",
        )
    return url.set(drivername="sqlite" if kind == "sqlite" else "postgresql+psycopg")


class Database:
    """An engine with its transactions; safe to share between threads, to be closed at the end.

    Attributes:
        url: where it is; `url.render_as_string(hide_password=True)` is fit for eyes.
    """

    def __init__(self, url: URL, *, connections: int = 10) -> None:
        """
        Raises:
            ProgramMissing: PostgreSQL without the extra `postgres`.
            OutputUnwritable: the folder of SQLite's file cannot be made.
        """
        self.url = url
        options: dict[str, Any] = {"pool_size": connections, "max_overflow": connections, "pool_timeout": _LOCK_SECONDS}
        if self.is_sqlite:
            folder = Path(str(url.database)).parent
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise OutputUnwritable(
                    f"Không tạo được thư mục {folder}. / The folder {folder} cannot be made: {error.strerror}.",
                    file=str(folder),
                    cause=error.strerror,
                ) from error
            options["connect_args"] = {"timeout": _LOCK_SECONDS, "check_same_thread": False}
        else:
            options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": _LOCK_SECONDS}}
        try:
            self.engine: Engine = create_engine(url, **options)
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise ProgramMissing(
                "Cần cài thêm / needed: pip install 'chitieu[postgres]'.",
                program="psycopg",
                install="chitieu[postgres]",
            ) from error
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed when the block ends and undone where it fails.

        Raises:
            DatabaseDown, DatabaseInvalid: see `told`.
        """
        with told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"chitieu_writes": True})
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the data and changes nothing. Raises what `write` raises."""
        with told(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_database(settings: Settings) -> Database:
    """The database of the settings. Raises what `database_url` and `Database` raise."""
    return Database(database_url(settings))


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A writer takes its lock at once: one that reads first and then finds another writing cannot wait for it.
    writes = connection.get_execution_options().get("chitieu_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def told() -> Iterator[None]:
    """Turn the engine's faults into the project's.

    Raises:
        DatabaseDown: not reached, locked for too long, full.
        DatabaseInvalid: no database, damaged, or without our tables.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _is_damage(error):
            raise _invalid(error) from error
        cause = "full" if any(words in str(error.orig).lower() for words in _FULL) else "unreachable"
        if "locked" in str(error.orig).lower():
            cause = "locked"
        raise DatabaseDown(
            "Cơ sở dữ liệu không sẵn sàng, chưa lưu gì. / The database is not available; nothing was stored.",
            cause=cause,
            retry_after=_RETRY_SECONDS,
        ) from error
    except DatabaseError as error:
        if _is_damage(error):
            raise _invalid(error) from error
        raise


def _is_damage(error: DBAPIError) -> bool:
    words = str(error.orig).lower()
    return any(
        w in words
        for w in ("not a database", "malformed", "no such table", "no such column", "undefinedtable", "does not exist")
    )


def _invalid(error: DBAPIError) -> DatabaseInvalid:
    return DatabaseInvalid(
        "Cơ sở dữ liệu hỏng hoặc không phải của chitieu. / The database is damaged or none of chitieu's.",
        cause=str(error.orig).splitlines()[0][:200],
    )
