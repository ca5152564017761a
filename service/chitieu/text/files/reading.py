"""A file to its text: told by content, read apart, decoded, page by page. The way in for everyone else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from chitieu.contract import Notice
from chitieu.errors import (
    BadEncoding,
    ChitieuError,
    EmptyText,
    FileDamaged,
    FileEncrypted,
    FileError,
    FileTooCostly,
    FileTooLarge,
    FileUnreadable,
    FileUnsupported,
    FileWithoutText,
    NotText,
    ProgramMissing,
    TextTooLong,
)
from chitieu.settings import Settings, load_settings
from chitieu.text.encodings import EncodedPart, decode_bytes
from chitieu.text.files.decoding import as_one_part, decode_raw
from chitieu.text.files.delimited import read_csv
from chitieu.text.files.kinds import TextKind, tell_kind
from chitieu.text.files.ocr import with_ocr
from chitieu.text.files.office import CONVERTED, convert
from chitieu.text.files.raw import Code, Raw, ReadFailure, to_superscript, too_long
from chitieu.text.files.sandbox import read_apart

_ERRORS: dict[Code, type[ChitieuError]] = {
    "damaged": FileDamaged,
    "encrypted": FileEncrypted,
    "too_large": FileTooLarge,
    "unsupported": FileUnsupported,
    "without_text": FileWithoutText,
    "too_costly": FileTooCostly,
    "too_long": TextTooLong,
}
_UNNAMED = "(tệp không tên / unnamed file)"
_WRAPPED = frozenset({"txt", "md", "pdf"})
_MOST_BYTES_A_CHARACTER = 4  # in UTF-8 and VIQR; what has more bytes is too long in every encoding


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page's text stands: its 1-based number, offsets in `FileText.text`."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FileText:
    """What was read from a file.

    Attributes:
        text: what offsets count in from here on.
        kind: txt, md, html, pdf, docx, doc, odt, rtf, xlsx, xls, ods or csv.
        sha256: of the file's bytes, hexadecimal.
        pages: of a PDF, in order; between two of them stands a form feed.
        encodings: which part was read in which encoding, and how sure.
        notices: what a reader should know.
        wrapped: whether a line may be a part of a paragraph (txt, md, pdf); False where a paragraph or a row is a line.
    """

    text: str
    kind: str
    sha256: str
    pages: tuple[Page, ...] = ()
    encodings: tuple[EncodedPart, ...] = ()
    notices: tuple[Notice, ...] = ()
    wrapped: bool = True


def read_file(path: Path, *, encoding: str | None = None, settings: Settings | None = None) -> FileText:
    """The text of a file.

    Args:
        path: a regular file.
        encoding: read its bytes, or the letters of its fonts, as this, whatever they look like.
        settings: limits; those of the environment where none are given.

    Raises:
        FileUnreadable: it is missing, no regular file, or may not be read.
        ChitieuError: as `read_bytes`.
    """
    settings = settings or load_settings()
    return read_bytes(_load(path, settings.max_file_bytes), name=str(path), encoding=encoding, settings=settings)


def read_bytes(
    data: bytes,
    *,
    name: str = "",
    encoding: str | None = None,
    settings: Settings | None = None,
    kind_hint: TextKind | None = None,
) -> FileText:
    """The text of a file's bytes; ``name`` is for messages, and tells Markdown and CSV from other text.

    ``kind_hint`` tells them where the name does not: of a body sent as `text/csv`, say, which has none.

    Raises:
        EmptyText: there is nothing to read.
        TextTooLong: its text has more than ``settings.max_characters`` characters.
        BadEncoding, NotText: bytes that no encoding explains.
        FileTooLarge, FileUnsupported, FileDamaged, FileEncrypted, FileWithoutText, FileTooCostly: as they say.
        ProgramMissing: LibreOffice is needed and not installed.
        ConfigInvalid: the environment's settings are not valid.
    """
    settings = settings or load_settings()
    name = name or _UNNAMED
    if len(data) > settings.max_file_bytes:
        raise _too_large(name, len(data), settings.max_file_bytes)
    try:
        read = _read(data, name, encoding, settings, kind_hint)
    except ReadFailure as failure:
        raise to_error(failure, name) from failure
    except (BadEncoding, EmptyText, NotText, ProgramMissing) as error:
        raise type(error)(f"{name}: {error.message}", **{"file": name, **error.detail}) from error
    if len(read.text) > settings.max_characters:
        raise to_error(too_long(settings.max_characters), name)
    if not read.text.strip():
        raise EmptyText(f"{name}: không có văn bản. / {name}: there is no text in it.", file=name)
    return read


def to_error(failure: ReadFailure, name: str) -> ChitieuError:
    """A reader's failure as the coded error that names file, page and cause."""
    where = (f"{name}, trang {failure.page}", f"{name}, page {failure.page}") if failure.page else (name, name)
    page = {"page": failure.page} if failure.page else {}
    return _ERRORS[failure.code](
        f"{where[0]}: {failure.vi}. / {where[1]}: {failure.en}.",
        **{"file": name, "cause": failure.en, **page, **failure.detail},
    )


def _too_large(name: str, size: int, limit: int) -> FileError:
    mib = 1024 * 1024
    return FileTooLarge(
        f"{name}: tệp dài {size / mib:.1f} MiB, tối đa {limit / mib:.1f} MiB. / "
        f"{name}: the file has {size / mib:.1f} MiB, the limit is {limit / mib:.1f} MiB.",
        file=name,
        cause="too many bytes",
        bytes=size,
        limit=limit,
    )


def _load(path: Path, limit: int) -> bytes:
    """The bytes of a regular file; a pipe, a device or a folder is never waited for."""
    name = str(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise FileUnreadable(
                f"{name}: không phải tệp thường. / {name}: this is no regular file.",
                file=name,
                cause="not a regular file",
            )
        if status.st_size > limit:
            raise _too_large(name, status.st_size, limit)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            data = stream.read(limit + 1)  # it may still be growing
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(handle)
    if len(data) > limit:
        raise _too_large(name, len(data), limit)
    return data


def _unreadable(name: str, error: Exception) -> FileUnreadable:
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return FileUnreadable(
        f"{name}: không đọc được tệp ({cause}). / {name}: cannot read it ({cause}).", file=name, cause=cause
    )


def _read(data: bytes, name: str, encoding: str | None, settings: Settings, kind_hint: TextKind | None) -> FileText:
    digest = sha256(data).hexdigest()
    if not data:
        raise EmptyText("tệp rỗng. / the file is empty.")
    kind: str = tell_kind(data, name, kind_hint)
    if kind in ("txt", "md", "csv"):
        if len(data) > _MOST_BYTES_A_CHARACTER * (settings.max_characters + 1):
            raise too_long(settings.max_characters)
        decoded = decode_bytes(data, encoding=encoding)
        if kind == "csv":
            decoded = read_csv(decoded)
        return FileText(decoded.text, kind, digest, encodings=decoded.parts, wrapped=kind in _WRAPPED)
    if kind == "html" and encoding is not None:
        whole = decode_bytes(data, encoding=encoding)
        raw = read_apart("html", whole.text.encode("utf-8-sig"), settings)
        decoded = as_one_part(raw.texts[0], encoding)
    else:
        kind, raw = _read_binary(data, kind, settings)
        decoded = decode_raw(raw, encoding)
    text = to_superscript(decoded.text)
    notices = tuple(Notice(code=notice.code, message=notice.message) for notice in raw.notices)
    pages = _pages(text) if kind == "pdf" else ()
    return FileText(text, kind, digest, pages, decoded.parts, notices, wrapped=kind in _WRAPPED)


def is_wrapped(kind: str | None) -> bool:
    """Whether a line of a file of this kind, or of a text (None), may be a part of a paragraph."""
    return kind is None or kind in _WRAPPED


def _read_binary(data: bytes, kind: str, settings: Settings) -> tuple[str, Raw]:
    """What kind the file is in the end, and what its reader took from it."""
    raw = read_apart(kind, data, settings) if kind not in ("doc", "rtf", "xls") else Raw(kind)
    kind = raw.kind
    if kind in CONVERTED:
        raw = read_apart("zip", convert(data, kind, settings), settings)
    elif kind == "pdf":
        raw = with_ocr(data, raw, settings)
    return kind, raw


def _pages(text: str) -> tuple[Page, ...]:
    """The pages of a text that form feeds part."""
    pages: list[Page] = []
    start = 0
    for number, part in enumerate(text.split("\f"), 1):
        pages.append(Page(number, start, start + len(part)))
        start += len(part) + 1
    return tuple(pages)
