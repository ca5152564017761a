"""One change of a registry at a time, whichever processes make them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chitieu.errors import OutputLocked
from chitieu.output.destination import unwritable

FILE = ".lock"
_SECONDS = 30.0
_PAUSE = 0.05


@contextmanager
def locked(root: Path, *, seconds: float = _SECONDS) -> Iterator[None]:
    """Hold the registry's lock, which the system takes from a process that dies.

    Raises:
        OutputLocked: another held it all the time. OutputUnwritable: the system refuses.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / FILE, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise unwritable(str(root), error) from error
    try:
        end = time.monotonic() + seconds
        while not _taken(handle):
            if time.monotonic() > end:
                raise OutputLocked(
                    f"Kho mô hình {root} đang được thay đổi, hãy thử lại. / The models in {root} are being changed, try again.",
                    file=str(root),
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
