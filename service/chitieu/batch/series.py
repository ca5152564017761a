"""Rows for series, from a data set of `chitieu batch`. Needs the extra `export`."""

from __future__ import annotations

import json
from pathlib import Path

from chitieu.batch.work import FORMAT
from chitieu.errors import OutputInvalid, ProgramMissing
from chitieu.output.columns import columns
from chitieu.series.query import Query
from chitieu.series.rows import Row, row_of


def rows_of(folder: Path, indicator: str, query: Query) -> list[Row]:
    """The rows that are linked to an indicator, among them all that a query asks for.

    Args:
        folder: the output of `chitieu batch`.
        indicator: id of the catalogue.
        query: what of it narrows the search is used; the rest is left to `chitieu.series.build`.

    Raises:
        OutputInvalid: the folder is no such output, is damaged, or of another format version.
        ProgramMissing: without the extra `export`.
    """
    _check(folder)
    try:
        import pyarrow
        import pyarrow.dataset as sets
    except ModuleNotFoundError as error:
        raise ProgramMissing(
            f"Đọc bảng Parquet cần gói {error.name}: pip install 'chitieu[export]'. / "
            f"Reading a Parquet data set needs the package {error.name}: pip install 'chitieu[export]'.",
            program=error.name,
            install="chitieu[export]",
        ) from error
    wanted = sets.field("catalogue_id") == indicator
    end = sets.field("period_end")
    if query.first is not None:
        wanted &= end.is_null() | (end >= query.first)
    if query.last is not None:
        wanted &= end.is_null() | (end <= query.last)
    needed = ["document", "name", *(column.name for column in columns("observations") if column.name != "document")]
    try:
        found = sets.dataset(folder / "observations", format="parquet").to_table(columns=needed, filter=wanted)
    except (OSError, pyarrow.ArrowException) as error:
        raise _invalid(folder, str(error)) from error
    return [row_of(cells, document_id=cells["document"], name=cells["name"]) for cells in found.to_pylist()]


def _check(folder: Path) -> None:
    try:
        described = json.loads((folder / "schema.json").read_bytes())
        known = (described["format"], described["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _invalid(folder, "not an output") from error
    if known != ("chitieu-batch", FORMAT):
        raise _invalid(folder, f"format {known[0]} {known[1]}")


def _invalid(folder: Path, cause: str) -> OutputInvalid:
    return OutputInvalid(
        f"{folder}: không phải kết quả của `chitieu batch`, hoặc đã hỏng. / "
        f"{folder}: no output of `chitieu batch`, or damaged ({cause[:200]}).",
        file=str(folder),
        cause=cause,
    )
