"""What a reader of one format gives back, and how it says that it cannot: plain types that cross a process border as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Code = Literal["damaged", "encrypted", "too_large", "unsupported", "without_text", "too_costly", "too_long"]
Charset = Literal["unicode", "bytes"]

# Raised digits stand in private-use characters until legacy fonts are decoded: `¹` is also the letter `ạ` of TCVN3.
_RAISED_ZERO = 0x10FFD0
_TO_RAISED = {ord("0") + n: chr(_RAISED_ZERO + n) for n in range(10)}
_TO_SUPERSCRIPT = {_RAISED_ZERO + n: digit for n, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_WIDEST = 256  # columns of a table that is filled up
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of one reading: characters, pages, unpacked bytes."""

    max_characters: int
    max_pages: int
    max_unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class RawNotice:
    """Something the reader of the text should know: a stable code, and words in two languages."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Raw:
    """The text of a file before legacy fonts are decoded.

    Attributes:
        kind: pdf, docx, xlsx, html; odt or ods with no text yet (LibreOffice reads them).
        texts: one for each page of a PDF, else one for the whole file.
        notices: what to tell.
        bare: 1-based numbers of the pages that show something but hold no text.
        charset: ``bytes`` where the characters up to U+00FF stand for bytes of an encoding that nothing names.
    """

    kind: str
    texts: tuple[str, ...] = ()
    notices: tuple[RawNotice, ...] = ()
    bare: tuple[int, ...] = ()
    charset: Charset = "unicode"

    def to_json(self) -> dict[str, Any]:
        """As plain data, characters that UTF-8 cannot write replaced."""
        return {
            "kind": self.kind,
            "texts": [text.translate(_SURROGATES) for text in self.texts],
            "notices": [[notice.code, notice.message] for notice in self.notices],
            "bare": list(self.bare),
            "charset": self.charset,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Raw:
        return cls(
            kind=data["kind"],
            texts=tuple(data["texts"]),
            notices=tuple(RawNotice(code, message) for code, message in data["notices"]),
            bare=tuple(data["bare"]),
            charset=data["charset"],
        )


class ReadFailure(Exception):
    """A file that cannot be read, told without its name: causes in Vietnamese and English, the page to blame if any."""

    def __init__(self, code: Code, vi: str, en: str, *, page: int | None = None, **detail: Any) -> None:
        super().__init__(en)
        self.code = code
        self.vi = vi
        self.en = en
        self.page = page
        self.detail = detail

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "vi": self.vi, "en": self.en, "page": self.page, "detail": self.detail}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ReadFailure:
        return cls(data["code"], data["vi"], data["en"], page=data["page"], **data["detail"])


@dataclass(slots=True)
class Gathered:
    """Lines that are being read, counted against the limit of characters."""

    limit: int
    lines: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, line: str) -> None:
        """Take a line.

        Raises:
            ReadFailure: ``too_long``.
        """
        self.length += len(line) + 1
        check_length(self.length - 1, self.limit)
        self.lines.append(line)

    def text(self) -> str:
        return "\n".join(self.lines)


def check_length(length: int, limit: int) -> None:
    """Raise ``too_long`` where a text grows over the limit."""
    if length > limit:
        raise too_long(limit)


def too_long(limit: int) -> ReadFailure:
    """The failure of a text with more characters than allowed."""
    return ReadFailure(
        "too_long", f"văn bản dài hơn {limit} ký tự", f"its text has more than {limit} characters", limit=limit
    )


def raised(text: str) -> str:
    """A raised run of digits in characters that no legacy font uses; what is not all digits stays as it is."""
    bare = text.strip()
    return text.translate(_TO_RAISED) if bare.isascii() and bare.isdigit() else text


def to_superscript(text: str) -> str:
    """Raised digits as the superscripts of Unicode; keeps the length."""
    return text.translate(_TO_SUPERSCRIPT)


def row(cells: Iterable[str]) -> str:
    """A table's row as a line: ` | ` between cells, an empty one nothing between its bars; empty where all are."""
    said = [" ".join(cell.split()) for cell in cells]
    return " | ".join(said) if any(said) else ""


def table(rows: Sequence[Mapping[int, str]]) -> Iterator[str]:
    """Rows of one table, texts by their column (0-based), as lines with the same number of cells; rows that say nothing aside.

    Columns at the right in which no row says anything are left out. A table of more than 256 columns (a stray cell far out) is
    not filled up: its rows end with their last text.
    """
    ends = [max((column + 1 for column, text in cells.items() if text.strip()), default=0) for cells in rows]
    width = max(ends, default=0)
    for cells, end in zip(rows, ends, strict=True):
        if end:
            yield row(cells.get(column, "") for column in range(width if width <= _WIDEST else end))
