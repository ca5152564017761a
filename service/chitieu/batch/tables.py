"""From an answer to the rows of the output's tables, packed by the process that read it: what is left is to put them one behind another."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache

import pyarrow

from chitieu import __version__
from chitieu.batch.columns import PARTITIONED, Name, added, columns
from chitieu.batch.engine import Part, Reading
from chitieu.contract import SCHEMA, Extraction
from chitieu.output.columns import TABLES, Cell, Row, TableName
from chitieu.output.context import members, one_line
from chitieu.output.parquet import field_of, to_arrow
from chitieu.output.values import table
from chitieu.text.files.reading import FileText

UNKNOWN = "unknown"
# What one document's reading does not know: they are put in when the table is written.
_LATER = {"documents": ("name", "names")}
_LATER_ELSE = ("name",)
Facts = tuple[Extraction, FileText, int]


@cache
def schema(name: Name) -> pyarrow.Schema:
    """The schema of a table, with titles and descriptions."""
    return pyarrow.schema([field_of(column) for column in columns(name)], metadata={"schema": SCHEMA})


@cache
def _packed_schema(name: Name) -> pyarrow.Schema:
    """The schema of the rows that a reading keeps, without descriptions."""
    later = _LATER.get(name, _LATER_ELSE)
    return pyarrow.schema([pyarrow.field(f.name, f.type) for f in schema(name) if f.name not in later])


@cache
def layout() -> str:
    """A digest of all schemas: readings that were packed by another are read again."""
    return hashlib.sha256("\n".join(str(_packed_schema(name)) for name in PARTITIONED).encode()).hexdigest()[:16]


def pack_tables(answer: Extraction, file: FileText, size: int) -> Reading:
    """What the data set keeps of a document; ``size``: bytes of the file."""
    facts = (answer, file, size)
    rows: dict[TableName, list[Row]] = {}
    for name in TABLES:
        shared = {column.name: ADDED[column.name](facts) for column in added(name) if column.name in ADDED}
        rows[name] = [{**row, **shared} for row in table(name, answer)]
    links = _links(answer)
    for row in rows["figures"]:
        row["catalogue_id"], row["catalogue_name"] = links.get(str(row["figure"]), (None, None))
    parts: dict[str, Part] = {}
    is_cut = False
    for name, made in rows.items():
        packed, too_long = to_arrow(made, _packed_schema(name))
        is_cut = is_cut or too_long > 0
        parts[name] = Part(packed.num_rows, _to_bytes(packed))
    told = _document(facts)
    if is_cut:
        told["warnings"] = "; ".join(filter(None, (str(told["warnings"] or ""), "number_too_long")))
    parts["documents"] = Part(1, _to_bytes(to_arrow([told], _packed_schema("documents"))[0]))
    period, place = answer.document.period, answer.document.place
    return Reading(
        year=period.end[:4] if period is not None and period.end else UNKNOWN,
        place=place.code if place is not None and place.code else UNKNOWN,
        figures=len(answer.figures),
        parts=parts,
    )


def unpack(name: Name, data: bytes, *, file: str, names: int) -> pyarrow.Table:
    """The rows of a document in a table, whole; ``file``: its name, ``names``: how many it has."""
    packed = _packed_schema(name)
    batch = pyarrow.ipc.read_record_batch(pyarrow.py_buffer(zlib.decompress(data)), packed)
    later = {
        "name": pyarrow.repeat(pyarrow.scalar(file, pyarrow.string()), batch.num_rows),
        "names": pyarrow.repeat(pyarrow.scalar(names, pyarrow.int64()), batch.num_rows),
    }
    arrays = [later[f.name] if f.name not in packed.names else batch.column(f.name) for f in schema(name)]
    return pyarrow.Table.from_arrays(arrays, schema=schema(name))


def whole(name: Name, rows: Sequence[Row]) -> pyarrow.Table:
    """Rows as a table."""
    return to_arrow(rows, schema(name))[0]


def _to_bytes(rows: pyarrow.Table) -> bytes:
    batches = rows.combine_chunks().to_batches()
    batch = batches[0] if batches else pyarrow.record_batch([[]] * len(rows.schema), schema=rows.schema)
    return zlib.compress(batch.serialize().to_pybytes())


def _document(facts: Facts) -> Row:
    later = _LATER["documents"]
    return {c.name: (DOCUMENT | ADDED)[c.name](facts) for c in columns("documents") if c.name not in later}


def _links(answer: Extraction) -> dict[str, tuple[str, str]]:
    """The catalogue's id and name of each figure whose indicator has one."""
    out: dict[str, tuple[str, str]] = {}
    for row in answer.observations:
        if row.indicator.catalogue is not None:
            link = row.indicator.catalogue.id, row.indicator.catalogue.name
            out.update(dict.fromkeys(members(row), link))
    return out


def _joined(values: Iterable[str]) -> str | None:
    return "; ".join(dict.fromkeys(values)) or None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _place_name(facts: Facts) -> Cell:
    place = facts[0].document.place
    return (one_line(place.name or place.text) or None) if place is not None else None


DOCUMENT: dict[str, Callable[[Facts], Cell]] = {
    "document": lambda f: f[0].document.id,
    "kind": lambda f: f[1].kind,
    "bytes": lambda f: f[2],
    "characters": lambda f: f[0].document.length,
    "pages": lambda f: len(f[1].pages) or None,
    "encodings": lambda f: _joined(part.encoding for part in f[1].encodings),
    "document_period": lambda f: one_line(f[0].document.period.text) if f[0].document.period else None,
    "figures": lambda f: len(f[0].figures),
    "observations": lambda f: len(f[0].observations),
    "checks": lambda f: len(f[0].checks),
    "checks_failed": lambda f: sum(not check.ok for check in f[0].checks),
    "warnings": lambda f: _joined(notice.code for notice in f[0].warnings),
    "model": lambda f: f"{f[0].model.name} {f[0].model.version}",
    "catalogue_version": lambda f: f[0].model.catalogue,
    "software_version": lambda _: __version__,
    "document_sha256": lambda f: f[0].document.sha256,
}
ADDED: dict[str, Callable[[Facts], Cell]] = {
    "place_code": lambda f: f[0].document.place.code if f[0].document.place else None,
    "place_name": _place_name,
    "document_period_start": lambda f: _day(f[0].document.period.start) if f[0].document.period else None,
    "document_period_end": lambda f: _day(f[0].document.period.end) if f[0].document.period else None,
}
