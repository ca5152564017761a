"""Where an output goes: a file, whole or not at all, or standard output."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from chitieu.errors import OutputUnwritable


def unwritable(name: str, error: OSError) -> OutputUnwritable:
    """The error of an output that the system refuses."""
    why = error.strerror or str(error)
    return OutputUnwritable(f"Không ghi được {name}: {why}. / {name} cannot be written: {why}.", file=name, cause=why)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes the file at ``path`` when the block ends; until then, or where it fails, what was there stays.

    The bytes go to a temporary file in the same folder, are forced to the disk and then take the name. A killed process leaves at most that
    ``.partial`` file. A device or pipe is written to directly.

    Raises:
        OutputUnwritable: the system refuses: no such folder, no permission, no space.
    """
    try:
        target = path.resolve()
        found = target.stat() if target.exists() else None
    except OSError as error:
        raise unwritable(str(path), error) from error
    if found is not None and not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        with _told(path), target.open("wb") as stream:
            yield stream
        return
    partial: Path | None = None
    try:
        with _told(path):
            if found is not None and stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(21, os.strerror(21))
            handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".partial", dir=target.parent)
            partial = Path(name)
            with os.fdopen(handle, "w+b") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.chmod(stat.S_IMODE(found.st_mode) if found is not None else 0o666 & ~_umask())
            partial.replace(target)
            partial = None
            _sync_folder(target.parent)
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output as a stream of bytes.

    Raises:
        OutputUnwritable: the system refuses, as on a full disk; a reader that went away is a `BrokenPipeError`.
    """
    try:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable("standard output", error) from error


@contextmanager
def seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """A temporary file whose bytes go to a stream that cannot seek when the block ends."""
    with tempfile.TemporaryFile() as made:
        yield cast(BinaryIO, made)
        made.seek(0)
        while block := made.read(1 << 20):
            stream.write(block)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(str(path), error) from error


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
