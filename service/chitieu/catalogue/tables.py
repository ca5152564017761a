"""Reading the tab-separated data files: UTF-8, a header line, no quoting, one record a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from chitieu.errors import CatalogueInvalid

DATA = Path(__file__).resolve().parent / "data"


def invalid(path: Path, line: int, column: str, what_vi: str, what_en: str) -> CatalogueInvalid:
    """The error of one cell: file, line (the header is 1) and column by name."""
    return CatalogueInvalid(
        f"{path.name}, dòng {line}, cột “{column}”: {what_vi}. / {path.name}, line {line}, column “{column}”: {what_en}.",
        file=path.name,
        line=line,
        column=column,
    )


def read_table(name: str, columns: Sequence[str], folder: Path | None = None) -> list[dict[str, str]]:
    """The records of a file as mappings of exactly ``columns`` to text (NFC, no white space around it).

    Raises:
        CatalogueInvalid: the file is missing, is not UTF-8, its header is another one, a line has more or fewer cells.
    """
    path = (folder or DATA) / name
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\r\n").split("\n")
    except OSError as error:
        raise invalid(path, 1, columns[0], "không đọc được tệp", "the file cannot be read") from error
    except UnicodeDecodeError as error:
        raise invalid(path, 1, columns[0], "không phải UTF-8", "not UTF-8") from error
    header = lines[0].removesuffix("\r").removeprefix("\ufeff").split("\t")
    if header != list(columns):
        wrong = next(
            (c for c, found in zip(columns, [*header, *[""] * len(columns)], strict=False) if c != found), header[-1]
        )
        raise invalid(
            path, 1, wrong, f"dòng tiêu đề phải là {', '.join(columns)}", f"the header must be {', '.join(columns)}"
        )
    out: list[dict[str, str]] = []
    for number, line in enumerate(lines[1:], 2):
        line = line.removesuffix("\r")
        cells = line.split("\t")
        if len(cells) != len(columns):
            column = columns[min(len(cells), len(columns)) - 1]
            raise invalid(
                path,
                number,
                column,
                f"có {len(cells)} ô, cần {len(columns)}",
                f"{len(cells)} cells, not {len(columns)}",
            )
        out.append({c: unicodedata.normalize("NFC", v).strip() for c, v in zip(columns, cells, strict=True)})
    return out
