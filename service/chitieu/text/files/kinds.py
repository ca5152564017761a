"""What a file is, told by its first bytes and the names inside it; its own name, or a hint, only tells `md` and `csv` from `txt`."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from pathlib import PurePath
from typing import Literal

from chitieu.text.files.raw import ReadFailure

Kind = Literal["txt", "md", "csv", "html", "pdf", "rtf", "doc", "xls", "zip"]
TextKind = Literal["csv", "md"]

_BY_NAME: dict[str, Kind] = {".md": "md", ".markdown": "md", ".csv": "csv", ".tsv": "csv"}
_PDF_HEADER = 1024  # bytes in which the mark of a PDF may stand, as other readers allow
_SPACE = re.compile(r"\s*")
_XML = re.compile(r"\s*<\?xml[^>]*>")
_HTML = re.compile(
    r"\s*<(?:!doctype\s+html|(?:html|head|body|title|meta|table|div|p|span|center|font|article|section|h[1-6]|pre|ul|ol)\b)",
    re.IGNORECASE,
)
_HTML_LATER = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3\0", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"%!PS", "PostScript"),
)


def tell_kind(data: bytes, name: str = "", hint: TextKind | None = None) -> Kind:
    """The kind of a file; a ZIP is told further by `tell_zip`, text by its name's ending, else by ``hint``.

    Raises:
        ReadFailure: ``unsupported`` (pictures, slides, archives) or ``encrypted`` (an Office file with a password).
    """
    head = data[:_PDF_HEADER]
    at = head.find(b"%PDF-")
    if at == 0 or (at > 0 and not _is_text(head[:at])) or (at > 0 and not head[:at].strip()):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(_OLE):
        return _tell_ole(data)
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    for mark, what in _OTHERS:
        if head.startswith(mark):
            raise _unsupported(what)
    if _is_html(data):
        return "html"
    return _BY_NAME.get(PurePath(name).suffix.lower(), hint or "txt")


def tell_zip(names: Collection[str]) -> str:
    """docx, xlsx, odt or ods, by the members of a ZIP.

    Raises:
        ReadFailure: ``unsupported``.
    """
    if "word/document.xml" in names or any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        return "docx"
    if any(re.fullmatch(r"xl/workbook\d*\.xml", name) for name in names):
        return "xlsx"
    if any(name.startswith("xl/") and name.endswith(".bin") for name in names):
        raise _unsupported("xlsb")
    if any(name.startswith("ppt/") for name in names):
        raise _unsupported("PowerPoint")
    if "content.xml" in names:
        return "odf"
    raise _unsupported("ZIP")


def tell_odf(media_type: str) -> str:
    """odt or ods, by the media type that an OpenDocument file names.

    Raises:
        ReadFailure: ``unsupported``.
    """
    for part, kind in (("opendocument.text", "odt"), ("opendocument.spreadsheet", "ods")):
        if part in media_type:
            return kind
    raise _unsupported("OpenDocument " + media_type.rpartition(".")[2][:40])


def _unsupported(what: str) -> ReadFailure:
    return ReadFailure(
        "unsupported",
        f"loại tệp {what} không đọc được",
        f"files of this kind ({what}) are not read",
        kind=what,
    )


def _tell_ole(data: bytes) -> Kind:
    """Of the streams in an OLE file: a directory entry is 128 bytes, aligned, and begins with its name in UTF-16."""
    if _has_stream(data, "EncryptedPackage"):
        raise ReadFailure("encrypted", "tệp có mật khẩu", "it is protected by a password")
    if _has_stream(data, "WordDocument"):
        return "doc"
    if _has_stream(data, "Workbook") or _has_stream(data, "Book"):
        return "xls"
    raise _unsupported("PowerPoint" if _has_stream(data, "PowerPoint Document") else "OLE")


def _has_stream(data: bytes, name: str) -> bool:
    wanted = name.encode("utf-16-le") + b"\0\0"
    at = data.find(wanted)
    while at >= 0:
        length = int.from_bytes(data[at + 64 : at + 66], "little")
        if at % 128 == 0 and length == len(wanted) and data[at + 66 : at + 67] in (b"\x01", b"\x02"):
            return True
        at = data.find(wanted, at + 1)
    return False


def _is_text(data: bytes) -> bool:
    """Whether words stand there: a sentence that quotes `%PDF-` is no PDF."""
    return (
        b"\0" not in data
        and sum(byte >= 32 or byte in (9, 10, 13) for byte in data) == len(data)
        and bool(data.strip())
    )


def _is_html(data: bytes) -> bool:
    head = data[:65536]
    if head.startswith(codecs.BOM_UTF16_LE) or head[1:2] == b"\0":
        text = head.decode("utf-16-le", "replace").removeprefix("\ufeff")
    elif head.startswith(codecs.BOM_UTF16_BE) or head[:1] == b"\0":
        text = head.decode("utf-16-be", "replace").removeprefix("\ufeff")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    if _HTML.match(text, _begin(text)):
        return True
    later = text[:4096]
    return later.lstrip().startswith("<") and bool(_HTML_LATER.search(later))


def _begin(text: str) -> int:
    """Where a page begins behind its XML declaration and leading comments."""
    declared = _XML.match(text)
    at = _skip_space(text, declared.end() if declared else 0)
    while text.startswith("<!--", at):
        end = text.find("-->", at + 4)
        if end < 0:
            break
        at = _skip_space(text, end + 3)
    return at


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
