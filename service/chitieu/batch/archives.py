"""ZIP files as folders: told by content, their members loaded one by one, bombs refused before they are unpacked."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from chitieu.batch.entries import Entry, Fault, Selection, is_left_over, too_large, unreadable
from chitieu.errors import ChitieuError, FileDamaged, FileEncrypted, FileTooLarge, FileUnsupported
from chitieu.settings import Settings
from chitieu.text.files.kinds import tell_zip
from chitieu.text.files.raw import ReadFailure

_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK = 1024 * 1024
_IN_MEMORY = 16 * _CHUNK  # a larger ZIP inside a ZIP is unpacked to a temporary file
_MOST_DIRECTORY = 64 * _CHUNK  # of the list of members, some 700,000 of them
_LONGEST_TAIL = 65_557 + 20  # bytes in which the end record stands, and the locator before it
_RATIO = 200  # texts and office files pack to a tenth, blank scans to a hundredth
_ENCRYPTED = 0x1
_UTF8 = 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


@dataclass(slots=True)
class Budget:
    """Bytes that a ZIP may still unpack to, ZIPs inside it included."""

    left: int

    @classmethod
    def of(cls, size: int, settings: Settings) -> Budget:
        """For a ZIP of ``size`` bytes: what one file may unpack to, or for a large archive what packing can do."""
        return cls(max(settings.max_unpacked_bytes, _RATIO * size))


def open_zip(stream: BinaryIO) -> zipfile.ZipFile | None:
    """A stream as an archive of files; None where it is none: a Word file is a ZIP, too, and a broken ZIP a broken document.

    Raises:
        FileTooLarge: it lists more members than anybody has.
    """
    head = stream.read(4)
    stream.seek(0)
    if head not in _HEADS:
        return None
    _check_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except _DAMAGED:
        stream.seek(0)
        return None
    try:
        tell_zip(archive.namelist())
    except ReadFailure as failure:
        if failure.detail.get("kind") == "ZIP":
            return archive
    archive.close()
    stream.seek(0)
    return None


def _check_directory(stream: BinaryIO) -> None:
    """Refuse a list of members that would fill the memory: it is read whole."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _LONGEST_TAIL))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    declared = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    wide = tail.rfind(b"PK\x06\x06")
    if declared == 0xFFFFFFFF and wide >= 0:
        declared = int.from_bytes(tail[wide + 40 : wide + 48], "little")
    if declared > _MOST_DIRECTORY and declared != 0xFFFFFFFF:
        raise FileTooLarge(
            "tệp nén có quá nhiều tệp bên trong. / the ZIP lists too many files.", cause="too many members"
        )


def members(
    opened: zipfile.ZipFile,
    *,
    archive: str,
    name: str,
    stamp: str | None,
    budget: Budget,
    selection: Selection,
    settings: Settings,
    nested: bool = False,
) -> Iterator[Entry | Fault]:
    """The files in a ZIP and in ZIPs inside it, by name. The ZIP must stay open while they are loaded.

    Args:
        archive, name, stamp: of the ZIP.
        budget: is lessened by what the members declare; a member never gives more than it declares.
        nested: it lies in a ZIP itself: one inside it is refused.
    """
    listed = [info for info in opened.infolist() if not info.is_dir()]
    budget.left -= sum(info.file_size for info in listed)
    if budget.left < 0:
        yield Fault(archive, name, _bomb(settings.max_unpacked_bytes))
        return
    named = sorted(((_name(info), info) for info in listed), key=lambda pair: (pair[0], pair[1].header_offset))
    seen: Counter[str] = Counter()
    for member, info in named:
        if not member or any(is_left_over(part) for part in member.split("/")):
            continue
        seen[member] += 1  # a ZIP may hold two files of one name
        path = f"{name}/{member}" + (f" ({seen[member]})" if seen[member] > 1 else "")
        own_stamp = f"{stamp}|{info.header_offset}:{info.CRC:08x}" if stamp is not None else None
        if member.lower().endswith(".zip") or info.file_size >= 22:
            inner = _inner(opened, info, settings)
            if isinstance(inner, ChitieuError):
                if selection.named(path) or member.lower().endswith(".zip"):
                    yield Fault(archive, path, inner)
                continue
            if inner is not None:
                with inner:
                    if nested:
                        yield Fault(archive, path, _too_deep())
                        continue
                    yield from members(
                        inner,
                        archive=archive,
                        name=path,
                        stamp=own_stamp,
                        budget=budget,
                        selection=selection,
                        settings=settings,
                        nested=True,
                    )
                continue
        if selection.named(path):
            load = partial(load_member, opened, info, settings.max_file_bytes)
            yield Entry(archive, path, info.file_size, own_stamp, load)


def load_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of a member.

    Raises:
        FileTooLarge, FileEncrypted, FileDamaged: as they say.
    """
    if info.file_size > limit:
        raise too_large(info.file_size, limit)
    try:
        with _opened(opened, info) as stream:
            data = stream.read(limit + 1)
    except _DAMAGED as error:
        raise _damaged(error) from error
    if len(data) > limit:
        raise too_large(len(data), limit)
    return data


def _opened(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipExtFile:
    if info.flag_bits & _ENCRYPTED:
        raise FileEncrypted("tệp có mật khẩu. / it is protected by a password.", cause="password")
    return cast(zipfile.ZipExtFile, opened.open(info))


def _inner(opened: zipfile.ZipFile, info: zipfile.ZipInfo, settings: Settings) -> zipfile.ZipFile | ChitieuError | None:
    """A member as an archive of its own; None where it is none; or why it cannot be told."""
    try:
        with _opened(opened, info) as stream:
            head = stream.read(4)
            if head not in _HEADS:
                return None
            if info.file_size > settings.max_unpacked_bytes:
                return too_large(info.file_size, settings.max_unpacked_bytes)
            kept = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115
            kept.write(head)
            while block := stream.read(_CHUNK):
                kept.write(block)
    except ChitieuError as error:
        return error if isinstance(error, FileTooLarge) else None  # of a password its own loading tells
    except _DAMAGED:
        return None
    kept.seek(0)
    try:
        found = open_zip(kept)
    except ChitieuError as error:
        kept.close()
        return error
    if found is None:
        kept.close()
    return found


def _name(info: zipfile.ZipInfo) -> str:
    """The path of a member; without the mark of UTF-8 names are often UTF-8 all the same."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = (part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    return "/".join(parts).encode("utf-8", "backslashreplace").decode()


def _bomb(limit: int) -> FileTooLarge:
    mib = limit / _CHUNK
    return FileTooLarge(
        f"giải nén ra hơn {mib:.0f} MiB và hơn {_RATIO} lần cỡ tệp. / "
        f"it unpacks to more than {mib:.0f} MiB and more than {_RATIO} times its size.",
        cause="unpacks to too much",
        limit=limit,
    )


def _too_deep() -> FileUnsupported:
    return FileUnsupported(
        "tệp nén nằm trong hai lớp tệp nén. / a ZIP inside a ZIP inside a ZIP is not read.", cause="nested too deeply"
    )


def _damaged(error: Exception) -> FileDamaged:
    cause = str(unreadable(error).detail["cause"])
    return FileDamaged(
        f"tệp nén bị hỏng hoặc thiếu ({cause}). / the ZIP is damaged or cut short ({cause}).", cause=cause
    )
