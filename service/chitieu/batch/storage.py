"""Where archives lie: folders of this machine, and whatever fsspec reaches."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, cast

from chitieu.batch.entries import shown
from chitieu.errors import BadRequest, FileUnreadable, ProgramMissing

# A file that was changed a moment ago may be changed again without its times telling so.
_SETTLED_NS = 2_000_000_000
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "versionId", "version_id")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


@dataclass(frozen=True, slots=True)
class Node:
    """A name in a folder.

    Attributes:
        name: without its folders, as text.
        path: what the storage opens.
        changed: seconds since 1970; None: unknown.
        stamp: as of `Entry`.
        identity: of a folder, by which a circle of links is known.
    """

    name: str
    path: str
    kind: Literal["folder", "file", "other"]
    size: int | None = None
    changed: float | None = None
    stamp: str | None = None
    identity: tuple[int, int] | None = None


class Storage(Protocol):
    """Folders and files at one place."""

    address: str

    def root(self) -> Node | None:
        """What the address names; None where there is nothing."""

    def children(self, node: Node) -> list[Node]:
        """What a folder holds, by name. Raises OSError, or whatever the storage does."""

    def open(self, node: Node) -> BinaryIO:
        """A file as a stream that can seek. Raises as `children`."""


class LocalStorage:
    """Files of this machine. Links are followed."""

    def __init__(self, address: str) -> None:
        self._path = Path(address).expanduser().absolute()
        self.address = shown(str(self._path))

    def root(self) -> Node | None:
        return _local(str(self._path)) if self._path.exists() else None

    def children(self, node: Node) -> list[Node]:
        return sorted((_local(os.path.join(node.path, name)) for name in os.listdir(node.path)), key=lambda n: n.name)  # noqa: PTH118, PTH208

    def open(self, node: Node) -> BinaryIO:
        # A pipe or a device is never waited for.
        handle = os.open(node.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _irregular()
            return os.fdopen(handle, "rb")
        except BaseException:
            os.close(handle)
            raise


def _irregular() -> FileUnreadable:
    return FileUnreadable("không phải tệp thường. / this is no regular file.", cause="not a regular file")


def _local(path: str) -> Node:
    name = shown(os.path.basename(path))  # noqa: PTH119
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:  # a link to nowhere, or gone meanwhile
        return Node(name, path, "other")
    if stat.S_ISDIR(found.st_mode):
        return Node(name, path, "folder", identity=(found.st_dev, found.st_ino))
    if not stat.S_ISREG(found.st_mode):
        return Node(name, path, "other")
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    stamp = f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"
    is_settled = time.time_ns() - newest > _SETTLED_NS
    return Node(name, path, "file", found.st_size, found.st_mtime, stamp if is_settled else None)


class RemoteStorage:
    """Files at an address of fsspec.

    Raises:
        BadRequest: no storage is known by this name.
        ProgramMissing: the storage needs a package that is not installed.
    """

    def __init__(self, address: str) -> None:
        import fsspec

        protocol = address.partition("://")[0]
        self.address = address.rstrip("/")
        try:
            self._files, self._path = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise ProgramMissing(
                f"{protocol}:// cần cài thêm. / {protocol}:// needs a package: {error}.",
                program=protocol,
                cause=str(error),
            ) from error
        except ValueError as error:
            raise BadRequest(
                f"Không biết loại địa chỉ {protocol}://. / No storage is known for {protocol}://.", address=protocol
            ) from error

    def root(self) -> Node | None:
        try:
            return _remote(self._files.info(self._path))
        except FileNotFoundError:
            return None

    def children(self, node: Node) -> list[Node]:
        listed: list[dict[str, Any]] = self._files.ls(node.path, detail=True)
        found = [_remote(info) for info in listed if str(info["name"]).rstrip("/") != node.path.rstrip("/")]
        return sorted(found, key=lambda n: n.name)

    def open(self, node: Node) -> BinaryIO:
        return cast(BinaryIO, self._files.open(node.path, "rb"))


def _remote(info: Mapping[str, Any]) -> Node:
    path = str(info["name"])
    name = path.rstrip("/").rpartition("/")[2]
    if info.get("type") == "directory":
        return Node(name, path, "folder")
    size = info.get("size")
    version = next((str(info[key]) for key in _VERSIONS if info.get(key)), None)
    return Node(
        name,
        path,
        "file",
        size if isinstance(size, int) else None,
        next(_seconds(info), None),
        f"{version}:{size}" if version is not None else None,
    )


def _seconds(info: Mapping[str, Any]) -> Iterator[float]:
    for key in _TIMES:
        value = info.get(key)
        if isinstance(value, datetime):
            yield value.timestamp()
        elif isinstance(value, (int, float)):
            yield float(value)


def storage(address: str) -> Storage:
    """The storage of an address: a path, or a URL of fsspec. Raises what `RemoteStorage` raises."""
    protocol, mark, path = address.partition("://")
    if mark and protocol not in ("file", "local"):
        return RemoteStorage(address)
    return LocalStorage(path if mark else address)
