"""The queue that tells workers which jobs wait. It carries ids alone; what it loses, a worker's sweep finds in the table again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import structlog
from huey import Huey
from huey.contrib.sql_huey import SqlStorage
from huey.registry import Message
from huey.serializer import Serializer
from peewee import Database as PeeweeDatabase
from peewee import PeeweeException, PostgresqlDatabase, SqliteDatabase
from sqlalchemy import URL

from chitieu.errors import OutputUnwritable
from chitieu.settings import Settings
from chitieu.store.database import database_url

log = structlog.get_logger(__name__)
_LOCK = 7_205_759_404  # any number that is ours alone: PostgreSQL's advisory lock while the table is made
_WAIT_SECONDS = 5  # for a lock of the file, for a connection
_NOT_THERE = ("no such table", "does not exist", "unable to open")  # the last: no folder, or no more files may be open
_DAMAGED = ("malformed", "not a database", "unsupported file format", "file is encrypted")
_FAULTS = (PeeweeException, OSError)
Result = TypeVar("Result")


class Queue:
    """Ids of jobs, first in, first out; safe to share between threads and processes.

    It lies in `queue.db` in the data folder, or in the table `queue` of PostgreSQL.

    Attributes:
        huey: what a consumer takes ids from; it calls ``work`` with each.
    """

    def __init__(self, settings: Settings, *, work: Callable[[str], None] | None = None) -> None:
        """
        Raises:
            ConfigInvalid: see `database_url`. OutputUnwritable: there can be no file in the data folder.
        """
        url = database_url(settings)
        is_file = url.get_backend_name() == "sqlite"
        file = settings.data_folder / "queue.db" if is_file else None
        # Services with SQLite files of their own may share a data folder.
        mark = sha256(bytes(Path(str(url.database)).resolve())).hexdigest()[:16] if is_file else ""
        self.huey = _Huey(
            f"jobs{mark}",
            results=False,
            serializer=_Plain(),
            storage_class=_Storage,
            database=_file(file) if file is not None else _postgres(url),
            file=file,
        )
        self._work = work
        self._task = self.huey.task(name="job")(self._run)

    def put(self, id: str) -> bool:
        """Tell of a job; False where the queue is not to be had: then a sweep will."""
        try:
            self._task(id)
        except _FAULTS as error:
            log.warning("queue_failed", doing="put", job=id, cause=str(error))
            return False
        return True

    def waiting(self) -> set[str] | None:
        """The ids that are in it; None where the queue is not to be had."""
        try:
            return {str(task.args[0]) for task in self.huey.pending()}
        except _FAULTS as error:
            log.warning("queue_failed", doing="look", cause=str(error))
            return None

    def close(self) -> None:
        """Close this thread's connection."""
        self.huey.storage.close()

    def _run(self, id: str) -> None:
        if self._work is not None:
            self._work(id)


class _Plain(Serializer):  # type: ignore[misc]  # huey has no types
    """Messages as JSON: whoever can write to the queue can name jobs, and no more."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class _Huey(Huey):  # type: ignore[misc]
    """Without what the table `jobs` has: results, and tasks that are revoked."""

    _down = False

    def dequeue(self) -> Any:
        try:
            task = super().dequeue()
        except _FAULTS as error:
            if not self._down:  # once, not every second
                log.warning("queue_failed", doing="take", cause=str(error))
            self._down = True
            return None
        self._down = False
        return task

    def is_revoked(self, task: Any, timestamp: Any = None, peek: bool = True) -> bool:
        return False

    def delete(self, key: str) -> bool:
        return False


class _Storage(SqlStorage):  # type: ignore[misc]
    """One table, made where it is missing; a file that is damaged is made anew.

    Of SQLite each operation has a connection of its own: one that stayed open would not notice that the file was replaced.
    """

    def __init__(self, name: str, *, database: PeeweeDatabase, file: Path | None) -> None:
        self._file = file
        super().__init__(name, database=database, create_tables=False)
        self.Task._meta.set_table_name("queue")  # in PostgreSQL it stands beside our tables
        self.Task._meta.indexes.clear()  # of the old name; so few rows need none
        try:
            self._careful(self.create_tables)
        except _FAULTS as error:
            if file is None:
                log.warning("queue_failed", doing="open", cause=str(error))
                return  # made by the first operation that reaches the server
            raise OutputUnwritable(
                f"Không ghi được {file}. / {file} cannot be written: {error}.", file=str(file), cause=str(error)
            ) from error

    def create_tables(self) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(OSError):  # SQLite says what is wrong; its owner's alone, as the database beside it
                os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        with self.database.connection_context(), self.database.atomic():
            if self._file is None:
                self.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            self.database.create_tables([self.Task])

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        self._careful(lambda: super(_Storage, self).enqueue(data, priority))

    def enqueued_items(self, limit: int | None = None) -> list[bytes]:
        def look() -> list[bytes]:
            self.check_conn()
            found: list[bytes] = super(_Storage, self).enqueued_items(limit)
            return found

        return self._careful(look)

    def dequeue(self) -> bytes | None:
        # Of PostgreSQL a worker keeps its connection: it asks every second.
        found: bytes | None = self._careful(super().dequeue, keep=self._file is None)
        return found

    def _careful(self, operation: Callable[[], Result], *, keep: bool = False) -> Result:
        """What ``operation`` gives, tried again where what stood in its way could be mended.

        Raises:
            PeeweeException, OSError: it could not.
        """
        try:
            return operation()
        except PeeweeException as error:
            self.database.close()
            self._mend(error)
            return operation()
        finally:
            if not keep:
                self.database.close()

    def _mend(self, error: PeeweeException) -> None:
        words = str(error).lower()
        if self._file is not None and any(w in words for w in _DAMAGED):
            log.warning("queue_renewed", file=str(self._file), cause=str(error))
            for file in (self._file, self._file.with_name(self._file.name + "-journal")):
                if not file.is_dir():
                    file.unlink(missing_ok=True)
        elif not any(w in words for w in _NOT_THERE):
            raise error
        self.create_tables()


def _file(path: Path) -> PeeweeDatabase:
    return SqliteDatabase(str(path), timeout=_WAIT_SECONDS, pragmas={"synchronous": "normal"})


def _postgres(url: URL) -> PeeweeDatabase:
    _, options = url.get_dialect()().create_connect_args(url)
    return PostgresqlDatabase(
        options.pop("dbname", None), prefer_psycopg3=True, **{"connect_timeout": _WAIT_SECONDS, **options}
    )
