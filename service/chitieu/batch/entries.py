"""What a walk over an archive finds: files that may be read, and what cannot be looked into."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from chitieu.errors import ChitieuError, FileTooLarge, FileUnreadable

# What programs and systems leave beside the files of people.
_LEFT = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file.

    Attributes:
        archive: the address that was walked: an absolute path or a URL.
        name: its path in there, parts parted by `/`; a member of a ZIP stands behind the ZIP's name as in a folder.
        size: its bytes as the archive tells them; None where it does not.
        stamp: is another one whenever its bytes are; None where nothing tells.
        load: gives its bytes; raises a `ChitieuError` that names the cause.
    """

    archive: str
    name: str
    size: int | None
    stamp: str | None
    load: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """A file, ZIP or folder that could not be looked into."""

    archive: str
    name: str
    error: ChitieuError


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files are wanted: changed at or after a moment, and with a name that matches (upper and lower case alike)."""

    since: datetime | None = None
    match: str | None = None

    def changed(self, when: float | None) -> bool:
        """Whether a file of this time (seconds since 1970; None: unknown) is wanted."""
        return self.since is None or when is None or when >= self.since.timestamp()

    def named(self, name: str) -> bool:
        """Whether a file of this name is wanted: `*.docx` matches in every folder, `2021/*` in this one."""
        if self.match is None:
            return True
        name, pattern = _folded(name), _folded(self.match)
        return fnmatchcase(name, pattern) or fnmatchcase(name, f"*/{pattern}")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def is_left_over(name: str) -> bool:
    """Whether a name, without its folders, is that of a hidden file, a lock of an open document, or a system's own."""
    return name.startswith((".", "~$")) or name.casefold() in _LEFT


def shown(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 are written as ``\\xb8``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def unreadable(error: Exception) -> FileUnreadable:
    """The error of a file that its archive does not give; its name stands beside it."""
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return FileUnreadable(f"không đọc được ({cause}). / cannot be read ({cause}).", cause=cause)


def too_large(size: int, limit: int) -> FileTooLarge:
    """The error of a file with more bytes than allowed."""
    return FileTooLarge(
        f"tệp dài {size / _MIB:.1f} MiB, tối đa {limit / _MIB:.1f} MiB. / "
        f"the file has {size / _MIB:.1f} MiB, the limit is {limit / _MIB:.1f} MiB.",
        cause="too many bytes",
        bytes=size,
        limit=limit,
    )
