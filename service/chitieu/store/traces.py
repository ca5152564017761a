"""What SQLite leaves in its files of rows that were deleted, and how it goes.

The log holds the state before until it is emptied. The file has zeros in the place of what was deleted (`secure_delete`), but where SQLite
moved rows from page to page, old copies of them may stay in the unused part of a page until the file is rewritten.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from sqlalchemy import Engine

from chitieu.errors import DatabaseDown, DatabaseInvalid
from chitieu.store.faults import told

_LARGEST = 512 << 20  # bytes of a file that is rewritten unasked: some seconds, in which others wait to write
_QUICK = 0.5  # seconds; a file that took longer to rewrite is then left alone for so many times as long
_REST = 20


class Traces:
    """The traces in the files of one database, and whether any are still to go; safe to share between threads."""

    def __init__(self, engine: Engine, path: Path, wait: float) -> None:
        """``wait``: seconds for which the engine's connections wait for another; they do so again afterwards."""
        self._engine = engine
        self._path = path
        self._wait = wait
        self._in_log = self._in_file = False
        self._not_before = 0.0

    def empty_log(self, wait: float) -> bool:
        """Bring the log into the file and empty it; False where somebody who reads the state before needs it."""
        self._in_log = not self._done(_checkpoint, wait)
        return not self._in_log

    def rewrite(self, wait: float, *, unasked: bool = True) -> bool:
        """Rewrite the file and empty its log; False where that must wait.

        ``unasked``: not if the file is large, nor if it was rewritten just now.
        """
        large = self._size() > _LARGEST
        if unasked and (large or time.monotonic() < self._not_before):
            self._in_file = not large  # nobody would come to do a large one
            self.empty_log(wait)
            return False
        begun = time.monotonic()
        self._in_file = not self._done(_vacuum, wait)
        took = time.monotonic() - begun
        self._not_before = begun + took + (_REST * took if took > _QUICK else 0)
        return self.empty_log(wait) and not self._in_file

    def try_again(self, *, in_file: bool = True) -> None:
        """Do what had to wait, if it need not any more; without ``in_file`` the log alone, which takes no time."""
        if in_file and self._in_file and time.monotonic() >= self._not_before:
            self.rewrite(0)
        elif self._in_log:
            self.empty_log(0)

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def _done(self, work: Callable[[sqlite3.Cursor], bool], wait: float) -> bool:
        with suppress(DatabaseDown, DatabaseInvalid), told():  # what was to be deleted is
            connection = self._engine.raw_connection()
            try:
                cursor = cast(sqlite3.Cursor, connection.cursor())
                cursor.execute(f"PRAGMA busy_timeout = {round(wait * 1000)}")
                try:
                    return work(cursor)
                finally:
                    cursor.execute(f"PRAGMA busy_timeout = {round(self._wait * 1000)}")
            finally:
                connection.close()
        return False


def _checkpoint(cursor: sqlite3.Cursor) -> bool:
    return not cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _vacuum(cursor: sqlite3.Cursor) -> bool:
    with _in_memory(cursor):
        cursor.execute("VACUUM")
    return True


@contextmanager
def _in_memory(cursor: sqlite3.Cursor) -> Iterator[None]:
    """No copy of the data goes to the folder for temporary files."""
    cursor.execute("PRAGMA temp_store = MEMORY")
    try:
        yield
    finally:
        cursor.execute("PRAGMA temp_store = DEFAULT")
