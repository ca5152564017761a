"""The work file: what was found, what it gave, what was written of it. One SQLite file; each document is one transaction.

It is the truth of an output. What is written from it can be lost or half done and is made again; a document whose reading stands here is
not read again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chitieu.batch.engine import Failure, Reading, Result
from chitieu.batch.entries import Fault
from chitieu.batch.reading import hint_of
from chitieu.errors import ChitieuError, OutputInvalid, OutputLocked, OutputUnwritable

FORMAT = 1
_MARK = 0x63746262  # SQLite's application id
_BUSY_SECONDS = 1
_PAGE = 500  # rows fetched at a time
_TABLES = """
CREATE TABLE keys (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE names (
    archive TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, stamp TEXT,
    PRIMARY KEY (archive, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_of ON names (sha256, name);
CREATE TABLE faults (
    archive TEXT NOT NULL, name TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (archive, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE readings (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, hint TEXT NOT NULL, key INTEGER NOT NULL REFERENCES keys,
    code TEXT, message TEXT, limits TEXT NOT NULL, year TEXT, place TEXT, figures INTEGER, digest TEXT,
    partial INTEGER NOT NULL,
    UNIQUE (sha256, hint, key)
) STRICT;
CREATE TABLE parts (
    reading INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE, name TEXT NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (reading, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE written (what TEXT PRIMARY KEY, digest TEXT NOT NULL, files TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stored (
    sha256 TEXT PRIMARY KEY, digest TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
# For each document that has a name: its first name, and its reading by the present key if there is one, else by the last.
_CHOOSE = """
CREATE TEMP TABLE chosen AS
SELECT sha256, name, names, bytes, id, code, message, year, place, digest, figures FROM (
    SELECT n.sha256, n.name, n.names, n.bytes, r.id, r.code, r.message, r.year, r.place, r.digest, r.figures,
        ROW_NUMBER() OVER (
            PARTITION BY n.sha256 ORDER BY r.key = :key DESC, r.hint = hint_of(n.name) DESC, r.key DESC, r.hint
        ) AS rank
    FROM (SELECT sha256, MIN(name) AS name, COUNT(*) AS names, MAX(bytes) AS bytes FROM names GROUP BY sha256) AS n
    JOIN readings AS r ON r.sha256 = n.sha256
) WHERE rank = 1
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document as the output has it.

    Attributes:
        name: the first of its names.
        names: how many it has.
        reading: by which `Work.part` gives its tables.
        digest: of these.
    """

    sha256: str
    name: str
    names: int
    bytes: int
    reading: int
    digest: str


@dataclass(frozen=True, slots=True)
class Totals:
    """How much an output holds: documents that were read, their figures, names, and what could not be read."""

    documents: int
    figures: int
    names: int
    errors: int


class Work:
    """The work file, open. Safe to share between threads; no other process can open it meanwhile."""

    def __init__(self, path: Path | None, *, key: str, limits: str) -> None:
        """
        Args:
            path: of the file, made where it is missing; None: in memory.
            key: what changes results: readings by another key are not its own.
            limits: what may make a failure succeed: one under other limits is tried again.

        Raises:
            OutputLocked: another run has it.
            OutputInvalid: of another version of this software, damaged, or none of ours.
            OutputUnwritable: the system refuses, or the disk is full.
        """
        self._path = path or Path(":memory:")
        self._lock = threading.RLock()
        self._limits = limits
        self.key = key
        with self._told():
            self._db = sqlite3.connect(
                str(self._path), timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._db.create_function("hint_of", 1, hint_of, deterministic=True)
            with self._told():
                self._prepare()
            self._check()
            with self._write():
                self._db.execute("INSERT OR IGNORE INTO keys (key) VALUES (?)", (key,))
            found = self._one("SELECT id FROM keys WHERE key = ?", (key,))
            self._key = int(found[0]) if found else 0
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        # EXCLUSIVE: without the shared memory of several processes the file may also lie on a network share.
        # NORMAL: a power cut may take the last documents, which are read again, but never breaks the file.
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        if not self._db.execute("SELECT 1 FROM sqlite_schema").fetchone():
            with self._write():
                for statement in _TABLES.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {_MARK}")
                self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def _check(self) -> None:
        mark = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if mark != _MARK:
            raise _invalid(self._path, "không phải tệp công việc của chitieu", "it is no work file of chitieu")
        if version != FORMAT:
            raise _invalid(
                self._path,
                f"thuộc phiên bản định dạng {version}, phần mềm này dùng {FORMAT}",
                f"it is of format version {version}, this software has {FORMAT}",
                version=version,
                supported=FORMAT,
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's faults into the project's."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if not code:
                raise
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise _locked(self._path) from error
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
                raise _invalid(
                    self._path, "bị hỏng hoặc không phải của chitieu", f"it is damaged or none of ours ({error})"
                ) from error
            raise OutputUnwritable(
                f"Không ghi được {self._path}: {error}. / {self._path} cannot be written: {error}.",
                file=str(self._path),
                cause=str(error),
            ) from error

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._lock, self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _one(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self._lock, self._told():
            found: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
            return found

    def _rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, some at a time: others get their turn between."""
        with self._lock, self._told():
            cursor = self._db.execute(query, values)
        while True:
            with self._lock, self._told():
                page = cursor.fetchmany(_PAGE)
            if not page:
                return
            yield from page

    # What is found

    def known(self, archive: str, name: str, stamp: str | None) -> str | None:
        """The SHA-256 of a file that is as it was when it was found last; None where nobody can tell."""
        if stamp is None:
            return None
        found = self._one(
            "SELECT sha256 FROM names WHERE archive = ? AND name = ? AND stamp = ?", (archive, name, stamp)
        )
        return str(found[0]) if found else None

    def note(self, archive: str, name: str, *, sha256: str, size: int, stamp: str | None) -> None:
        """Remember what a name stands for now."""
        values = (sha256, size, stamp, archive, name)
        same = self._one(
            "SELECT 1 FROM names WHERE sha256 = ? AND bytes = ? AND stamp IS ? AND archive = ? AND name = ?", values
        )
        if same and not self._one("SELECT 1 FROM faults WHERE archive = ? AND name = ?", (archive, name)):
            return
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO names (sha256, bytes, stamp, archive, name) VALUES (?, ?, ?, ?, ?)", values
            )
            self._db.execute("DELETE FROM faults WHERE archive = ? AND name = ?", (archive, name))

    def note_fault(self, fault: Fault) -> None:
        """Remember what could not be looked into; what the name stood for before stays."""
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO faults (archive, name, code, message) VALUES (?, ?, ?, ?)",
                (fault.archive, fault.name, fault.error.code, fault.error.message),
            )

    def hint(self, sha256: str, *, name: str = "") -> str:
        """What the first of a document's names tells of its kind; ``name`` is one that is not noted yet."""
        found = self._one("SELECT MIN(name) FROM names WHERE sha256 = ?", (sha256,))
        first = str(found[0]) if found and found[0] is not None else name
        return hint_of(min(first, name) if name else first)

    # What it gave

    def outcome(self, sha256: str, hint: str) -> Reading | Failure | None:
        """What a document gave, without its parts; None where it has not been read."""
        found = self._one(
            "SELECT code, message, year, place, figures FROM readings WHERE sha256 = ? AND hint = ? AND key = ?",
            (sha256, hint, self._key),
        )
        if found is None:
            return None
        code, message, year, place, figures = found
        return Failure(code, message) if code is not None else Reading(year, place, figures, {})

    def put(self, result: Result) -> None:
        """Keep a document's end, whole or not at all; readings by other keys and hints go."""
        with self._write():
            self._db.execute("DELETE FROM readings WHERE sha256 = ?", (result.sha256,))
            outcome = result.outcome
            row = (
                (outcome.code, outcome.message, None, None, None, None, False)
                if isinstance(outcome, Failure)
                else (None, None, outcome.year, outcome.place, outcome.figures, _digest(outcome), outcome.is_partial)
            )
            cursor = self._db.execute(
                "INSERT INTO readings (sha256, hint, key, limits, code, message, year, place, figures, digest, partial) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (result.sha256, result.hint, self._key, self._limits, *row),
            )
            if isinstance(outcome, Reading):
                self._db.executemany(
                    "INSERT INTO parts (reading, name, rows, data) VALUES (?, ?, ?, ?)",
                    [(cursor.lastrowid, name, part.rows, part.data) for name, part in outcome.parts.items()],
                )

    def forget_failures(self, *, everything: bool, passing: Sequence[str]) -> None:
        """Let failures be tried again: those with a code of ``passing`` and costly ones under other limits; or ``everything``
        that failed, and what was read in part."""
        marks = ", ".join("?" * len(passing))
        some = f"code IN ({marks}) OR (code = 'file_too_costly' AND limits <> ?)"
        with self._write():
            if everything:
                self._db.execute("DELETE FROM readings WHERE code IS NOT NULL OR partial")
            else:
                self._db.execute(
                    f"DELETE FROM readings WHERE code IS NOT NULL AND ({some})",  # nosec B608  # only marks are put in
                    (*passing, self._limits),
                )

    def forget_failed_names(self, archive: str) -> None:
        """Forget which names of an archive could not be opened or read: a file that was taken away is no failure any more."""
        with self._write():
            self._db.execute("DELETE FROM faults WHERE archive = ?", (archive,))
            self._db.execute(
                "DELETE FROM names WHERE archive = ? AND sha256 IN (SELECT sha256 FROM readings WHERE code IS NOT NULL)",
                (archive,),
            )

    def unread(self) -> Iterator[tuple[str, str]]:
        """Archive and name of documents that have no reading under their first name's hint, but under another's."""
        query = (
            "SELECT archive, name FROM names AS n WHERE name = (SELECT MIN(name) FROM names WHERE sha256 = n.sha256) "
            "AND EXISTS (SELECT 1 FROM readings WHERE sha256 = n.sha256 AND key = :key) AND NOT EXISTS "
            "(SELECT 1 FROM readings WHERE sha256 = n.sha256 AND key = :key AND hint = hint_of(n.name)) GROUP BY sha256"
        )
        yield from self._rows(query, {"key": self._key})

    # What is written of it

    def choose(self) -> None:
        """Take a view of the documents for the output: `partitions` and `chosen` go by it until the next."""
        with self._lock, self._told():
            self._db.execute("DROP TABLE IF EXISTS temp.chosen")
            self._db.execute(_CHOOSE, {"key": self._key})
            self._db.execute("CREATE INDEX temp.chosen_at ON chosen (year, place, name, sha256)")

    def partitions(self) -> list[tuple[str, str]]:
        """Years and places of the view, in order."""
        return list(self._rows("SELECT DISTINCT year, place FROM temp.chosen WHERE code IS NULL ORDER BY year, place"))

    def chosen(self, year: str, place: str) -> Iterator[Chosen]:
        """The documents of a partition, by name."""
        query = (
            "SELECT sha256, name, names, bytes, id, digest FROM temp.chosen "
            "WHERE code IS NULL AND year = ? AND place = ? ORDER BY name, sha256"
        )
        for row in self._rows(query, (year, place)):
            yield Chosen(*row)

    def part(self, reading: int, name: str) -> tuple[int, bytes]:
        """Rows and packed data of a table of a reading."""
        found = self._one("SELECT rows, data FROM parts WHERE reading = ? AND name = ?", (reading, name))
        if found is None:
            raise _invalid(self._path, "thiếu dữ liệu", f"the part {name} of reading {reading} is missing")
        return int(found[0]), bytes(found[1])

    def failures(self) -> Iterator[dict[str, Any]]:
        """What could not be read: documents by their first name, then what could not be looked into."""
        columns = ("name", "archive", "document", "code", "message")
        query = (
            "SELECT c.name, (SELECT MIN(archive) FROM names WHERE sha256 = c.sha256 AND name = c.name), c.sha256, c.code, c.message "
            "FROM temp.chosen AS c WHERE c.code IS NOT NULL "
            "UNION ALL SELECT name, archive, NULL, code, message FROM faults ORDER BY 1, 2, 3"
        )
        for row in self._rows(query):
            yield dict(zip(columns, row, strict=True))

    def names(self) -> Iterator[dict[str, Any]]:
        """All names, in order."""
        columns = ("name", "archive", "document", "bytes")
        for row in self._rows("SELECT name, archive, sha256, bytes FROM names ORDER BY name, archive"):
            yield dict(zip(columns, row, strict=True))

    def written(self, what: str) -> tuple[str, str] | None:
        """Digest and files of what was written last under this title."""
        found = self._one("SELECT digest, files FROM written WHERE what = ?", (what,))
        return (str(found[0]), str(found[1])) if found else None

    def mark_written(self, what: str, digest: str, files: str) -> None:
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO written (what, digest, files) VALUES (?, ?, ?)", (what, digest, files)
            )

    # What is stored of it in a database

    def unstored(self) -> Iterator[Chosen]:
        """The documents of the view that the database does not have yet, or under another name, in order."""
        query = (
            "SELECT c.sha256, c.name, c.names, c.bytes, c.id, c.digest FROM temp.chosen AS c "
            "LEFT JOIN stored AS s ON s.sha256 = c.sha256 AND s.digest = c.digest AND s.name = c.name "
            "WHERE c.code IS NULL AND s.sha256 IS NULL ORDER BY c.name, c.sha256"
        )
        for row in self._rows(query):
            yield Chosen(*row)

    def mark_stored(self, document: Chosen, id: str) -> None:
        """Remember that the database has a document, under this id."""
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO stored (sha256, digest, name, id) VALUES (?, ?, ?, ?)",
                (document.sha256, document.digest, document.name, id),
            )

    def refuse(self, document: Chosen, error: ChitieuError) -> None:
        """Turn a reading that the database does not take into a failure."""
        with self._write():
            self._db.execute(
                "UPDATE readings SET code = ?, message = ? WHERE id = ?", (error.code, error.message, document.reading)
            )

    def keep_stored(self, ids: Iterable[str]) -> None:
        """Forget that documents were stored that the database does not have; ``ids``: of those that it has."""
        with self._write():
            self._db.execute("CREATE TEMP TABLE there (id TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO temp.there VALUES (?)", ((one,) for one in ids))
            self._db.execute("DELETE FROM stored WHERE id NOT IN (SELECT id FROM temp.there)")
            self._db.execute("DROP TABLE temp.there")

    def totals(self) -> Totals:
        """How much the output holds."""
        found = self._one(
            "SELECT COUNT(*), TOTAL(figures), (SELECT COUNT(*) FROM names), "
            "(SELECT COUNT(*) FROM temp.chosen WHERE code IS NOT NULL) + (SELECT COUNT(*) FROM faults) "
            "FROM temp.chosen WHERE code IS NULL"
        )
        assert found is not None
        return Totals(*(int(value) for value in found))


def _digest(reading: Reading) -> str:
    made = hashlib.sha256(f"{reading.year}/{reading.place}".encode())
    for name, part in sorted(reading.parts.items()):
        made.update(f"\n{name} {part.rows} {len(part.data)}\n".encode() + part.data)
    return made.hexdigest()


def _locked(path: Path) -> OutputLocked:
    """The error of an output that another run writes to."""
    return OutputLocked(
        f"Một lần chạy khác đang ghi vào {path.parent}. / Another run is writing to {path.parent}.",
        file=str(path.parent),
    )


def _invalid(path: Path, vi: str, en: str, **detail: Any) -> OutputInvalid:
    return OutputInvalid(f"{path}: {vi}. / {path}: {en}.", file=str(path), cause=en, **detail)
