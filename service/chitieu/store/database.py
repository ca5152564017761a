"""The connection: SQLite in a file, or PostgreSQL; transactions that are whole or not at all; faults in the project's words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from chitieu.errors import ConfigInvalid, DatabaseDown, DatabaseInvalid, OutputUnwritable, ProgramMissing
from chitieu.settings import ANSWER_SECONDS, STATEMENT_SECONDS, Settings
from chitieu.store.deadlines import give_up, socket_options, wait_for_ever
from chitieu.store.faults import first_line, told
from chitieu.store.traces import Traces

_LOCK_SECONDS = 15.0  # that a writer waits for another
_ERASE_SECONDS = 2.0
_LOG_BYTES = 32 << 20  # that SQLite's log keeps once it is in the file, however long it has been
_PASSING = ("locked", "busy", "full", "slow")  # faults of which a connection knows nothing afterwards
_REFUSED = ("unreachable", "readonly")  # the system, or the server, says more


def database_url(settings: Settings) -> URL:
    """Where the database is.

    Raises:
        ConfigInvalid: `CHITIEU_DATABASE_URL` is no URL of SQLite or PostgreSQL, or there is no password in the file that should hold it.
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
    if kind == "sqlite":
        return url.set(drivername="sqlite")
    if settings.database_password_file is not None:
        url = url.set(password=_password(settings.database_password_file))
    return url.set(drivername="postgresql+psycopg")


def _password(file: Path) -> str:
    try:
        words = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        words = ""
    if not words:
        raise ConfigInvalid(
            f"CHITIEU_DATABASE_PASSWORD_FILE: không đọc được mật khẩu trong {file}. / "
            f"CHITIEU_DATABASE_PASSWORD_FILE: no password is to be read in {file}.",
            variable="CHITIEU_DATABASE_PASSWORD_FILE",
        )
    return words


class Database:
    """An engine with its transactions; safe to share between threads, to be closed at the end.

    Attributes:
        url: where it is; `url.render_as_string(hide_password=True)` is fit for eyes.
    """

    def __init__(
        self,
        url: URL,
        *,
        connections: int = 10,
        wait: float = _LOCK_SECONDS,
        answer: int = ANSWER_SECONDS,
        statement: int = STATEMENT_SECONDS,
    ) -> None:
        """
        Args:
            wait: seconds that a transaction waits for a connection, and for another that writes.
            answer: seconds after which a PostgreSQL server that says nothing is taken for gone.
            statement: seconds that PostgreSQL may take for one statement; 0: any number.

        Raises:
            ProgramMissing: PostgreSQL without the extra `postgres`.
            OutputUnwritable: the folder of SQLite's file cannot be made.
        """
        self.url = url
        options: dict[str, Any] = {"pool_size": connections, "max_overflow": connections, "pool_timeout": wait}
        if self.is_sqlite:
            _make_folder(Path(str(url.database)).parent)
            options["connect_args"] = {"timeout": wait, "check_same_thread": False}
        else:
            options |= {"pool_pre_ping": True, "connect_args": socket_options(url, answer)}
        try:
            self.engine: Engine = create_engine(url, **options)
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise ProgramMissing(
                "Cần cài thêm / needed: pip install 'chitieu[postgres]'.",
                program="psycopg",
                install="chitieu[postgres]",
            ) from error
        self._traces = Traces(self.engine, Path(str(url.database)), wait) if self.is_sqlite else None
        if self.is_sqlite:
            event.listen(self.engine, "do_connect", _private_file)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", partial(_begin_sqlite, wait))
        else:
            give_up(self.engine, answer=answer, statement=statement)
            event.listen(self.engine, "connect", partial(_prepare_postgres, wait, statement))

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self, *, at_once: bool = False) -> Iterator[Session]:
        """A transaction that is committed when the block ends and undone where it fails.

        Args:
            at_once: do not wait for another that writes; for what may be left out.

        Raises:
            DatabaseDown, DatabaseInvalid, BadRequest: see `chitieu.store.faults.told`.
        """
        with self.told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"chitieu_writes": True, "chitieu_at_once": at_once})
            if at_once and not self.is_sqlite:
                session.execute(text("SET LOCAL lock_timeout = '1ms'"))
            yield session
        if not at_once:
            self.tidy()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the data and changes nothing. Raises what `write` raises."""
        with self.told(), Session(self.engine, expire_on_commit=False) as session:
            if not self.is_sqlite:
                session.connection(
                    execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                )
            yield session
        if self._traces is not None:
            self._traces.try_again(in_file=False)  # whoever reads waits for no file that is rewritten

    def take_time(self, connection: Connection) -> None:
        """Let the statements of a transaction that has just begun take as long as they do: where all tables are read or made anew."""
        if not self.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            wait_for_ever(connection)

    def erase(self, *, wait: float = _ERASE_SECONDS) -> bool:
        """Empty SQLite's log, so that what was deleted stands there no more, nor but by chance in its file. PostgreSQL: nothing to do.

        Returns:
            Whether that is done; False where somebody reads the state before. Then it is tried again after each transaction.
        """
        return self._traces is None or self._traces.empty_log(wait)

    def rewrite(self, *, wait: float = _ERASE_SECONDS, unasked: bool = True) -> bool:
        """Rewrite SQLite's file, so that nothing at all stays of what was deleted. PostgreSQL: nothing to do.

        Args:
            wait: seconds to wait for others who write or read.
            unasked: a large file (512 MiB) is left as it is, and one that was rewritten just now for a while.

        Returns:
            Whether that is done. Where others were in the way or it was too early, it is tried again after each that writes, and by `tidy`.
        """
        return self._traces is None or self._traces.rewrite(wait, unasked=unasked)

    def close(self) -> None:
        self.engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for eyes: the path of SQLite's file, else `postgresql://host:port/name`, without user and password."""
        if self.is_sqlite:
            return str(Path(str(self.url.database)).absolute())
        host = self.url.host or self.url.query.get("host") or "localhost"
        port = self.url.port or self.url.query.get("port") or 5432
        return f"postgresql://{host}:{port}/{self.url.database or ''}"

    def tidy(self) -> None:
        """Do what `erase` and `rewrite` had to leave, if nothing is in the way any more."""
        if self._traces is not None:
            self._traces.try_again()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever is done with the engine within raises what `chitieu.store.faults.told` says."""
        try:
            with told():
                yield
        except (DatabaseDown, DatabaseInvalid) as error:
            if error.detail.get("cause") not in _PASSING:
                self.engine.dispose()  # a connection to a file that was damaged or might not be written would go on so
            if not hasattr(error, "__notes__"):  # for who runs a command; an answer of the service must not tell it
                error.add_note(self._place_and_reason(error))
            raise

    def _place_and_reason(self, error: DatabaseDown | DatabaseInvalid) -> str:
        if error.detail.get("cause") not in _REFUSED:
            return self.place
        if not self.is_sqlite:
            original = getattr(error.__cause__, "orig", None)
            return f"{self.place}: {first_line(original)}" if original is not None else self.place
        try:
            os.close(os.open(str(self.url.database), os.O_RDWR))
        except OSError as refused:  # SQLite itself says only that it could not
            return f"{self.place}: {refused.strerror}"
        return self.place


def open_database(settings: Settings) -> Database:
    """The database of the settings. Raises what `database_url` and `Database` raise."""
    return Database(
        database_url(settings), answer=settings.database_answer_seconds, statement=settings.database_statement_seconds
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError as error:
        raise OutputUnwritable(
            f"{folder} là một tệp, không phải thư mục. / {folder} is a file, not a folder.",
            file=str(folder),
            cause=error.strerror,
        ) from error
    except OSError as error:
        raise OutputUnwritable(
            f"Không tạo được thư mục {folder}. / The folder {folder} cannot be made: {error.strerror}.",
            file=str(folder),
            cause=error.strerror,
        ) from error


def _private_file(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """Make SQLite's file, where there is none, one that only its owner reads; its log and index take that over."""
    with suppress(OSError):  # SQLite says what is wrong
        os.close(os.open(arguments[0], os.O_CREAT | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    for pragma in (
        "journal_mode = WAL",
        f"journal_size_limit = {_LOG_BYTES}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(wait: float, connection: Any) -> None:
    # A writer takes its lock at once: one that reads first and then finds another writing cannot wait for it.
    options = connection.get_execution_options()
    begin = "BEGIN IMMEDIATE" if options.get("chitieu_writes", False) else "BEGIN"
    if not options.get("chitieu_at_once", False):
        connection.exec_driver_sql(begin)
        return
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        connection.exec_driver_sql(begin)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(wait * 1000)}")


def _prepare_postgres(wait: float, statement: int, connection: Any, _: object) -> None:
    connection.execute(f"SET lock_timeout = '{round(wait * 1000)}ms'")
    connection.execute(f"SET statement_timeout = '{statement}s'")
    connection.commit()
