"""The Parquet data set: made from the work file, in an order that follows from what was found alone, each file whole or not at all.

Every year and place is a folder, as Hive names them; the folder `unknown` is always there, empty if need be, so that every reader takes
years and places for text (`01` stays `01`) and finds the columns of a table without rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

import pyarrow
import pyarrow.parquet

from chitieu.batch.columns import PARTITIONED, WHOLE, Name, columns
from chitieu.batch.reading import Pack
from chitieu.batch.tables import UNKNOWN, layout, schema, unpack, whole
from chitieu.batch.work import FORMAT, Work
from chitieu.errors import OutputInvalid
from chitieu.output.columns import Row
from chitieu.output.destination import unwritable, whole_file

WORK = "_chitieu"
_ROWS = 50_000  # of a row group, at least
_FILE = "part-0.parquet"
_PAUSE, _SHARE = 300.0, 10.0  # seconds between two writings; how often as long as one takes


class Dataset:
    """The data set in a folder."""

    pack: Pack = "tables"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def work_file(self) -> Path:
        return self.folder / WORK / "work.db"

    @property
    def layout(self) -> str:
        """What else changes what is kept of a reading."""
        return layout()

    def pause(self, last: float) -> float:
        return max(_PAUSE, _SHARE * last)

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            OutputUnwritable: the system refuses.
            OutputInvalid: it holds something else.
        """
        try:
            made_here = (self.folder / WORK).is_dir()
            if self.folder.exists() and not made_here and any(self.folder.iterdir()):
                raise OutputInvalid(
                    f"{self.folder}: thư mục không rỗng và không phải kết quả của `chitieu batch`. / "
                    f"{self.folder}: the folder is not empty, and no output of `chitieu batch`.",
                    file=str(self.folder),
                    cause="not an output",
                )
            (self.folder / WORK).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(str(self.folder), error) from error

    def begin(self, work: Work) -> None:
        """Nothing to look up."""

    def close(self) -> None:
        """Nothing is kept open."""

    def write(self, work: Work) -> None:
        """Bring the files to what the work file holds; what is as it should be stays untouched.

        Raises:
            OutputUnwritable: the system refuses, or the disk is full; every file is whole, old or new.
        """
        work.choose()
        wanted = {self.folder / "schema.json"}
        for year, place in sorted({*work.partitions(), (UNKNOWN, UNKNOWN)}):
            wanted |= self._write_partition(work, year, place)
        wanted |= self._write_whole(work, "names", work.names)
        wanted |= self._write_whole(work, "errors", work.failures)
        described = _described()
        if not _holds(self.folder / "schema.json", described):
            with whole_file(self.folder / "schema.json") as stream:
                stream.write(described)
        try:
            self._sweep(wanted)
        except OSError as error:
            raise unwritable(str(self.folder), error) from error

    def _write_partition(self, work: Work, year: str, place: str) -> set[Path]:
        at = f"year={quote(year, safe='')}/place={quote(place, safe='')}"
        told = ((d.sha256, d.name, d.names, d.digest) for d in work.chosen(year, place))
        digest = _digest(told)
        files = self._as_written(work, at, digest)
        if files is None:
            files = set()
            for table in PARTITIONED:
                path = self.folder / table / at / _FILE
                tables = self._parts(work, table, year, place)
                if self._write_file(path, table, tables, empty=(year, place) == (UNKNOWN, UNKNOWN)):
                    files.add(path)
            self._mark(work, at, digest, files)
        return files

    def _parts(self, work: Work, table: Name, year: str, place: str) -> Iterator[pyarrow.Table]:
        for document in work.chosen(year, place):
            rows, data = work.part(document.reading, table)
            if rows:
                yield unpack(table, data, file=document.name, names=document.names)

    def _write_whole(self, work: Work, table: Name, rows: Callable[[], Iterator[Row]]) -> set[Path]:
        digest = _digest(rows())
        files = self._as_written(work, table, digest)
        if files is None:
            path = self.folder / f"{table}.parquet"
            self._write_file(path, table, (whole(table, page) for page in _pages(rows())), empty=True)
            files = {path}
            self._mark(work, table, digest, files)
        return files

    def _write_file(self, path: Path, table: Name, parts: Iterator[pyarrow.Table], *, empty: bool) -> bool:
        """Write a file of these rows; without any, only where an ``empty`` one is wanted."""
        first = next(parts, None)
        if first is None and not empty:
            return False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(str(path.parent), error) from error
        with (
            whole_file(path) as stream,
            pyarrow.parquet.ParquetWriter(stream, schema(table), compression="zstd") as out,
        ):
            for group in _groups(parts if first is None else chain([first], parts)):
                out.write_table(group, row_group_size=group.num_rows)
        return True

    def _as_written(self, work: Work, what: str, digest: str) -> set[Path] | None:
        """The files of what was written last under this title; None where it was another, or one is not as it was written."""
        known = work.written(what)
        if known is None or known[0] != digest:
            return None
        sizes: dict[str, int] = json.loads(known[1])
        files = {self.folder / name: size for name, size in sizes.items()}
        for path, size in files.items():
            if not path.is_file() or path.stat().st_size != size:
                return None
        return set(files)

    def _mark(self, work: Work, what: str, digest: str, files: set[Path]) -> None:
        sizes = {path.relative_to(self.folder).as_posix(): path.stat().st_size for path in sorted(files)}
        work.mark_written(what, digest, json.dumps(sizes))

    def _sweep(self, wanted: set[Path]) -> None:
        """Delete what an earlier writing left: half-written files of a killed run, partitions that no document is in any more."""
        for path in self.folder.glob(".*.partial"):
            path.unlink()
        for table in PARTITIONED:
            for folder in sorted(self.folder.glob(f"{table}/year=*/place=*")):
                for path in (*folder.glob("part-*.parquet"), *folder.glob(".part-*.partial")):
                    if path not in wanted:
                        path.unlink()
                for emptied in (folder, folder.parent):
                    if not any(emptied.iterdir()):
                        emptied.rmdir()


def _digest(rows: Iterable[object]) -> str:
    """A digest of what a file is made of: its rows or what they come from, and how they are written."""
    made = hashlib.sha256(f"{FORMAT} {layout()} {pyarrow.__version__}".encode())
    for row in rows:
        made.update(json.dumps(row).encode() + b"\n")
    return made.hexdigest()


def _pages(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while page := list(islice(rows, _ROWS)):
        yield page


def _groups(tables: Iterator[pyarrow.Table]) -> Iterator[pyarrow.Table]:
    """Tables put together until they have the rows of a group."""
    waiting: list[pyarrow.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= _ROWS:
            yield pyarrow.concat_tables(waiting).combine_chunks()
            waiting, rows = [], 0
    if waiting:
        yield pyarrow.concat_tables(waiting).combine_chunks()


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _described() -> bytes:
    """What the tables are, for programs and people."""
    tables = {
        table: [
            {
                "name": column.name,
                "type": str(schema(table).field(column.name).type),
                "title_vi": column.title_vi,
                "title_en": column.title_en,
                "description_vi": column.description_vi,
                "description_en": column.description_en,
            }
            for column in columns(table)
        ]
        for table in (*PARTITIONED, *WHOLE)
    }
    told = {"format": "chitieu-batch", "version": FORMAT, "partitions": ["year", "place"], "tables": tables}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
