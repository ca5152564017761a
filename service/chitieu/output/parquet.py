"""Parquet: the observations with their types, titles and descriptions. Needs the extra `export`.

Numbers are decimal128(38, 12): exact, and what DuckDB, Arrow and pandas read as decimals. What has more than 12 decimals, as a quotient
may, is rounded to them; what has more than 26 digits before the comma is null, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, BinaryIO

import pyarrow
import pyarrow.parquet

from chitieu.contract import SCHEMA, Extraction
from chitieu.output.columns import Cell, Column, Row, TableName, columns
from chitieu.output.values import table

PRECISION, SCALE = 38, 12
_ROWS = 20_000  # of a row group
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_TOO_LONG = Decimal("NaN")  # a mark, told by identity
_TYPES = {
    "text": pyarrow.string(),
    "integer": pyarrow.int64(),
    "date": pyarrow.date32(),
    "decimal": pyarrow.decimal128(PRECISION, SCALE),
}


def schema(name: TableName = "observations") -> pyarrow.Schema:
    """The schema of a table: each field's metadata has titles and descriptions in both languages, and its shape."""
    return pyarrow.schema([field_of(column) for column in columns(name)], metadata={"schema": SCHEMA})


def field_of(column: Column) -> pyarrow.Field:
    """The field of a column."""
    told = {
        "title_vi": column.title_vi,
        "title_en": column.title_en,
        "description": column.description_en,
        "description_vi": column.description_vi,
        "shape": column.shape,
    }
    return pyarrow.field(column.name, _TYPES[column.type], metadata=told)


def to_arrow(rows: Sequence[Row], schema: pyarrow.Schema) -> tuple[pyarrow.Table, int]:
    """Rows as a table of ``schema``, and how many of their numbers were too long for it and are null."""
    too_long = 0
    arrays: list[Any] = []
    for field in schema:
        cells = [_fitting(row[field.name]) for row in rows]
        too_long += sum(cell is _TOO_LONG for cell in cells)
        arrays.append(pyarrow.array([None if cell is _TOO_LONG else cell for cell in cells], type=field.type))
    return pyarrow.Table.from_arrays(arrays, schema=schema), too_long


def _fitting(cell: Cell) -> Cell:
    if not isinstance(cell, Decimal):
        return cell
    number = cell.quantize(Decimal(1).scaleb(-SCALE), context=_EXACT)
    return _TOO_LONG if number.adjusted() >= PRECISION - SCALE else number


class ParquetWriter:
    """Answers into a Parquet file on a stream, in groups of rows."""

    def __init__(self, stream: BinaryIO) -> None:
        self._schema = schema()
        self._file = pyarrow.parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._rows: list[Row] = []
        self._too_long = 0

    def add(self, answer: Extraction, text: str) -> None:
        self._rows += table("observations", answer)
        if len(self._rows) >= _ROWS:
            self._flush()

    def finish(self) -> list[str]:
        """Write the rest; what did not fit."""
        self._flush()
        self._file.close()
        if not self._too_long:
            return []
        return [
            f"{self._too_long} số quá dài cho Parquet, để trống / {self._too_long} numbers too long for Parquet are null"
        ]

    def discard(self) -> None:
        """Nothing is kept outside the stream."""
        self._rows.clear()

    def _flush(self) -> None:
        if self._rows:
            made, too_long = to_arrow(self._rows, self._schema)
            self._too_long += too_long
            self._file.write_table(made)
            self._rows.clear()
