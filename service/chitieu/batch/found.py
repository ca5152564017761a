"""Files with their SHA-256, found and loaded ahead of those who read them, and never too many at a time."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chitieu.batch.engine import Failure, Reading
from chitieu.batch.entries import Entry, Fault
from chitieu.batch.work import Work
from chitieu.errors import ChitieuError

_MOST = 64  # files that wait
_MOST_BYTES = 64 * 1024 * 1024  # of those, where it is more than one


@dataclass(frozen=True, slots=True)
class Found:
    """A file. ``data`` is None where its document has been read already."""

    archive: str
    name: str
    sha256: str
    size: int
    stamp: str | None
    data: bytes | None = field(repr=False)


def look(entry: Entry, work: Work) -> Found | Fault:
    """Load a file, unless it is as it was when it was read; tell what it holds."""
    known = work.known(entry.archive, entry.name, entry.stamp)
    if known is not None and entry.size is not None and _outcome(work, known, entry.name) is not None:
        return Found(entry.archive, entry.name, known, entry.size, entry.stamp, None)
    try:
        data = entry.load()
    except ChitieuError as error:
        return Fault(entry.archive, entry.name, error)
    sha256 = hashlib.sha256(data).hexdigest()
    is_read = _outcome(work, sha256, entry.name) is not None
    return Found(entry.archive, entry.name, sha256, len(data), entry.stamp, None if is_read else data)


def _outcome(work: Work, sha256: str, name: str) -> Reading | Failure | None:
    return work.outcome(sha256, work.hint(sha256, name=name))


class Ahead:
    """Runs an iterator in a thread of its own, a little ahead of who takes from it."""

    def __init__(self, items: Iterator[Found | Fault]) -> None:
        self._items = items
        self._waiting: deque[Found | Fault] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._is_over = False
        self._is_given_up = False
        self._thread = threading.Thread(target=self._run, name="chitieu-found", daemon=True)
        self._thread.start()

    def is_over(self) -> bool:
        """Whether nothing waits and nothing will come."""
        with self._changed:
            return self._is_over and not self._waiting

    def take(self, timeout: float) -> Found | Fault | None:
        """The next; None where none has come after ``timeout`` seconds, or none will come.

        Raises:
            Exception: what the iterator raised.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over, timeout)
            if self._waiting:
                taken = self._waiting.popleft()
                self._bytes -= _size(taken)
                self._changed.notify_all()
                return taken
            if self._error is not None:
                raise self._error
            return None

    def close(self) -> None:
        """Let the thread end, when it has loaded what it is at."""
        with self._changed:
            self._is_given_up = True
            self._waiting.clear()
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            for item in self._items:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_given_up or self._has_room(_size(item)))  # noqa: B023
                    if self._is_given_up:
                        return
                    self._waiting.append(item)
                    self._bytes += _size(item)
                    self._changed.notify_all()
        except BaseException as error:  # told to who takes
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        return not self._waiting or (len(self._waiting) < _MOST and self._bytes + size <= _MOST_BYTES)


def _size(item: Found | Fault) -> int:
    return len(item.data) if isinstance(item, Found) and item.data is not None else 0


Walk = Callable[[], Iterator[Entry | Fault]]
