"""The formats of `chitieu extract`: for each a writer that takes one answer after another.

A format's library is imported when the format is asked for, so that serving and the other formats do not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol

from chitieu.contract import Extraction
from chitieu.errors import ProgramMissing

FORMATS = ("table", "json", "csv", "xlsx", "parquet", "sdmx-csv", "html")
BINARY = ("xlsx", "parquet")  # no terminal shows them


class Writer(Protocol):
    """Takes answers; ``finish`` writes what is left and gives messages for the user, ``discard`` drops it."""

    def add(self, answer: Extraction, text: str) -> None: ...
    def finish(self) -> list[str]: ...
    def discard(self) -> None: ...


class LineWriter:
    """Answers as text, each written out at once."""

    def __init__(self, stream: BinaryIO, say: Callable[[Extraction], str], *, head: str = "") -> None:
        self._stream = stream
        self._say = say
        self._write(head)

    def add(self, answer: Extraction, text: str) -> None:
        self._write(self._say(answer))

    def finish(self) -> list[str]:
        """All is written."""
        return []

    def discard(self) -> None:
        """Nothing is kept."""

    def _write(self, text: str) -> None:
        self._stream.write(text.encode())
        self._stream.flush()


def writer(format: str, stream: BinaryIO, *, pretty: bool = False, several: bool = False) -> Writer:
    """The writer of a format.

    Args:
        format: one of `FORMATS`.
        stream: of bytes; that of a binary format must be able to seek.
        pretty: JSON with indents.
        several: more than one document is to come: the table names each.

    Raises:
        ProgramMissing: the format's library is not installed.
    """
    if format == "xlsx":
        from chitieu.output.workbook import WorkbookWriter

        return WorkbookWriter(stream)
    if format == "parquet":
        try:
            from chitieu.output.parquet import ParquetWriter
        except ModuleNotFoundError as error:
            raise ProgramMissing(
                f"Định dạng parquet cần gói {error.name}: pip install 'chitieu[export]'. / "
                f"The format parquet needs the package {error.name}: pip install 'chitieu[export]'.",
                package=error.name,
            ) from error
        return ParquetWriter(stream)
    if format == "sdmx-csv":
        from chitieu.output.sdmx import SdmxWriter

        return SdmxWriter(stream)
    if format == "html":
        from chitieu.output.page import PageWriter

        return PageWriter(stream)
    if format == "csv":
        from chitieu.output.table import csv_head, csv_rows

        return LineWriter(stream, csv_rows, head=csv_head())
    if format == "json":
        return LineWriter(stream, lambda answer: answer.model_dump_json(indent=2 if pretty else None) + "\n")
    from chitieu.output.table import to_screen

    return LineWriter(stream, lambda a: (f"== {a.document.id}\n" if several else "") + to_screen(a) + "\n")
