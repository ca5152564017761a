"""An office's own catalogue: a table of indicators that is added to the project's or stands in its place."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

from chitieu.catalogue.aliases import with_aliases
from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import INDICATOR_COLUMNS, Alias, Catalogue, check_rows, load_catalogue
from chitieu.catalogue.tables import invalid

Mode = Literal["add", "replace"]
REQUIRED = ("id", "name_vi")
_DEFAULTS = {"system": "own", "field": "khác", "direction": "neutral", "kind": "level"}
_MOST_BYTES = 20 * 1024 * 1024


def with_own(path: Path, mode: Mode = "add") -> Catalogue:
    """The catalogue with an office's own entries.

    Args:
        path: a table with a header, as Excel saves one: `.xlsx` (the first sheet), or text with tabs, commas or semicolons in UTF-8 or
            UTF-16. Columns are those of `load.INDICATOR_COLUMNS` and ``aliases`` (names parted by `;`), in any order; ``id`` and
            ``name_vi`` are needed, what else is missing has a default.
        mode: ``add``: an id of the project's catalogue is replaced by the own entry, a name that an own entry has means that entry
            alone; ``replace``: the own entries are all there are.

    Raises:
        CatalogueInvalid: the file cannot be read or breaks the schema; the message and ``detail`` name file, line and column.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else None
    except OSError as error:
        raise invalid(path, 1, "id", "không đọc được tệp", "the file cannot be read") from error
    if data is None:
        raise invalid(path, 1, "id", "tệp lớn hơn 20 MiB", "the file is larger than 20 MiB")
    return _merged(path, hashlib.sha256(data).hexdigest(), mode)


def catalogue_of(path: Path | None, mode: Mode, aliases: Path | None = None) -> Catalogue:
    """The catalogue of the settings: the project's, with an office's own and more names where it has these.

    Raises:
        CatalogueInvalid: see `with_own` and `with_aliases`.
    """
    catalogue = with_own(path, mode) if path is not None else load_catalogue()
    return with_aliases(catalogue, aliases) if aliases is not None else catalogue


@lru_cache(maxsize=4)
def _merged(path: Path, digest: str, mode: Mode) -> Catalogue:
    project = load_catalogue()
    table = list(_rows(path))
    rows = [(line, _filled(path, cells)) for line, cells in table]
    known = {} if mode == "replace" else {i.id: i.parent for i in project.indicators}
    own = check_rows(path, rows, known=known, needed=REQUIRED)
    aliases = tuple(
        Alias(row["id"], name.strip(), True)
        for _, row in table
        for name in row.get("aliases", "").split(";")
        if fold(name)
    )
    _check_names(path, table)
    ids = frozenset(i.id for i in own)
    version = hashlib.sha256(f"{project.version}{mode}{digest}".encode()).hexdigest()[:12]
    if mode == "replace":
        return Catalogue(version, own, aliases, (), ids)
    names = {fold(i.name_vi) for i in own} | {fold(a.alias) for a in aliases}
    return Catalogue(
        version,
        (*(i for i in project.indicators if i.id not in ids), *own),
        (*(a for a in project.aliases if a.id not in ids and fold(a.alias) not in names), *aliases),
        tuple(a for a in project.ambiguities if a.id not in ids and a.name not in names),
        ids,
    )


def _filled(path: Path, row: dict[str, str]) -> dict[str, str]:
    default = {**_DEFAULTS, "name_en": row.get("name_vi", ""), "source": path.name}
    return {column: row.get(column) or default.get(column, "") for column in INDICATOR_COLUMNS}


def _check_names(path: Path, table: list[tuple[int, dict[str, str]]]) -> None:
    owner: dict[str, str] = {}
    for line, row in table:
        for column, given in (("name_vi", [row["name_vi"]]), ("aliases", row.get("aliases", "").split(";"))):
            for name in filter(None, map(fold, given)):
                if owner.setdefault(name, row["id"]) != row["id"]:
                    raise invalid(
                        path,
                        line,
                        column,
                        f"“{name}” đã là tên của “{owner[name]}”",
                        f"“{name}” already names “{owner[name]}”",
                    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and cells by column; empty lines are passed over."""
    lines = _sheet(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _text(path)
    header = [unicodedata.normalize("NFC", cell).strip().lower() for cell in next(lines, (1, []))[1]]
    while header and not header[-1]:
        header.pop()
    allowed = (*INDICATOR_COLUMNS, "aliases")
    for column in header:
        if column not in allowed:
            listed = ", ".join(allowed)
            raise invalid(
                path, 1, column or "?", f"không có cột này; có: {listed}", f"no such column; there are: {listed}"
            )
    for column in REQUIRED:
        if column not in header:
            raise invalid(path, 1, column, "thiếu cột", "the column is missing")
    if len(set(header)) < len(header):
        twice = next(c for c in header if header.count(c) > 1)
        raise invalid(path, 1, twice, "cột lặp lại", "the column is there twice")
    found = False
    for line, cells in lines:
        values = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
        if not any(values):
            continue
        if any(values[len(header) :]):
            raise invalid(path, line, header[-1], "nhiều ô hơn dòng tiêu đề", "more cells than the header has")
        found = True
        yield line, dict(zip(header, [*values, *[""] * len(header)], strict=False))
    if not found:
        raise invalid(path, 2, "id", "không có chỉ tiêu nào", "there are no indicators")


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(path, 1, "id", "không phải UTF-8 hay UTF-16", "neither UTF-8 nor UTF-16") from error
    head = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        line = max(1, reader.line_num)
        raise invalid(path, line, "id", "không phải bảng (dấu ngoặc kép?)", f"not a table: {error}") from error


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    # Only an office whose file is a workbook pays for the library.
    from openpyxl import load_workbook

    book = None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = list(book.worksheets[0].iter_rows(values_only=True))
    except Exception as error:  # openpyxl raises whatever its zip and XML readers do
        raise invalid(path, 1, "id", "không phải tệp Excel đọc được", "not a readable Excel file") from error
    finally:
        if book is not None:
            book.close()
    for line, row in enumerate(rows, 1):
        yield line, ["" if cell is None else str(cell) for cell in row]
