"""Parquet: the observations with their types, titles and descriptions. Needs the extra `export`.

Numbers are decimal128(38, 12): exact, and what DuckDB, Arrow and pandas read as decimals. What has more than 12 decimals, as a quotient
may, is rounded to them; what has more than 26 digits before the comma is null, and counted.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, BinaryIO

import pyarrow
import pyarrow.parquet

from chitieu.contract import SCHEMA, Extraction
from chitieu.output.columns import Cell, Column, Row, columns
from chitieu.output.values import table

PRECISION, SCALE = 38, 12
_ROWS = 20_000  # of a row group
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_TYPES = {
    "text": pyarrow.string(),
    "integer": pyarrow.int64(),
    "date": pyarrow.date32(),
    "decimal": pyarrow.decimal128(PRECISION, SCALE),
}


def schema() -> pyarrow.Schema:
    """The schema of the file: each field's metadata has titles and descriptions in both languages, and its shape."""
    return pyarrow.schema([_field(column) for column in columns("observations")], metadata={"schema": SCHEMA})


def _field(column: Column) -> pyarrow.Field:
    told = {
        "title_vi": column.title_vi,
        "title_en": column.title_en,
        "description": column.description_en,
        "description_vi": column.description_vi,
        "shape": column.shape,
    }
    return pyarrow.field(column.name, _TYPES[column.type], metadata=told)


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
            arrays: list[Any] = [
                pyarrow.array([self._fitting(row[field.name]) for row in self._rows], type=field.type)
                for field in self._schema
            ]
            self._file.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
            self._rows.clear()

    def _fitting(self, cell: Cell) -> Cell:
        if not isinstance(cell, Decimal):
            return cell
        number = cell.quantize(Decimal(1).scaleb(-SCALE), context=_EXACT)
        if number.adjusted() >= PRECISION - SCALE:
            self._too_long += 1
            return None
        return number
