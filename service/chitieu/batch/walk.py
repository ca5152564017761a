"""Archives to their files, in the order of their names; never more than one folder's names in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from chitieu.batch.archives import Budget, members, open_zip
from chitieu.batch.entries import Entry, Fault, Selection, is_left_over, too_large, unreadable
from chitieu.batch.storage import Node, Storage, storage
from chitieu.errors import ChitieuError
from chitieu.settings import Settings

_SMALLEST_ZIP = 22


def walk(
    address: str, *, selection: Selection, settings: Settings, without: Path | None = None
) -> Iterator[Entry | Fault]:
    """The files of a folder, of a ZIP, of an address of fsspec, or the one file that it names.

    Folders are walked by name, ZIP files as if they were folders, one inside another once. A member must be loaded before the next entry
    is asked for.

    Args:
        without: a folder that is passed over: that of the output.

    Raises:
        BadRequest, ProgramMissing: of an address that nothing reaches (`chitieu.batch.storage.RemoteStorage`).
    """
    place = storage(address)
    root = place.root()
    if root is None:
        error = FileNotFoundError(2, "No such file or directory")
        yield Fault(place.address, "./", unreadable(error))
        return
    if root.kind != "folder":
        # A file is known by the same name alone or with its folder.
        folder = place.address.rpartition("/")[0] or "/"
        yield from _file(place, root, folder, root.name, selection, settings)
        return
    skipped = _identity(without)
    levels = [(root, "", _children(place, root))]
    while levels:
        _, prefix, rest = levels[-1]
        node = next(rest, None)
        if node is None:
            levels.pop()
        elif isinstance(node, ChitieuError):
            yield Fault(place.address, prefix or "./", node)
        elif is_left_over(node.name):
            continue
        elif node.kind == "folder":
            passed = [skipped, *(above.identity for above, _, _ in levels)]  # a circle of links ends here
            if node.identity is None or node.identity not in passed:
                levels.append((node, f"{prefix}{node.name}/", _children(place, node)))
        else:
            yield from _file(place, node, place.address, prefix + node.name, selection, settings)


def _identity(folder: Path | None) -> tuple[int, int] | None:
    try:
        found = folder.stat() if folder is not None else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found is not None else None


def _children(place: Storage, node: Node) -> Iterator[Node | ChitieuError]:
    """What a folder holds, or why it does not tell."""
    try:
        found = place.children(node)
    except Exception as error:  # storages raise errors of their own
        yield _coded(error)
    else:
        yield from found


def _file(
    place: Storage, node: Node, archive: str, name: str, selection: Selection, settings: Settings
) -> Iterator[Entry | Fault]:
    is_wanted = selection.named(name)
    if not selection.changed(node.changed) or not (is_wanted or name.lower().endswith(".zip")):
        return
    if node.size is None or node.size >= _SMALLEST_ZIP:
        try:
            with place.open(node) as stream:
                opened = open_zip(stream)
                if opened is not None:
                    with opened:
                        yield from members(
                            opened,
                            archive=archive,
                            name=name,
                            stamp=node.stamp,
                            budget=Budget.of(stream.seek(0, 2), settings),
                            selection=selection,
                            settings=settings,
                        )
                    return
        except Exception as error:  # as above
            yield Fault(archive, name, _coded(error))
            return
    if is_wanted:
        load = partial(_load, place, node, settings.max_file_bytes)
        yield Entry(archive, name, node.size, node.stamp, load)


def _load(place: Storage, node: Node, limit: int) -> bytes:
    """The bytes of a file.

    Raises:
        FileTooLarge, FileUnreadable: as they say.
    """
    if node.size is not None and node.size > limit:
        raise too_large(node.size, limit)
    try:
        stream: BinaryIO
        with place.open(node) as stream:
            data = stream.read(limit + 1)  # it may still be growing
    except Exception as error:  # as above
        raise _coded(error) from error
    if len(data) > limit:
        raise too_large(len(data), limit)
    return data


def _coded(error: Exception) -> ChitieuError:
    return error if isinstance(error, ChitieuError) else unreadable(error)
