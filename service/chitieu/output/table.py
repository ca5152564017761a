"""A row per observation: the table a civil servant would draw, as CSV and on the screen."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from chitieu.contract import Extraction
from chitieu.output.columns import Cell, columns, for_people, in_words
from chitieu.output.values import table

# What a spreadsheet would take for a formula; a negative number is none.
FORMULA = re.compile(r"[=+@\t\r\n]|-(?!\d[\d.,]*%?$)")


def plain(cell: Cell) -> str:
    """A value as text: decimal strings without an exponent, ISO 8601 dates, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def rows(answer: Extraction) -> list[dict[str, str]]:
    """One mapping of column names to text for each observation, in text order; empty text where nothing is known."""
    return [{name: plain(cell) for name, cell in row.items()} for row in table("observations", answer)]


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def csv_head() -> str:
    """The header line of the CSV."""
    return _lines([[column.name for column in columns("observations")]])


def csv_rows(answer: Extraction) -> str:
    """The lines of one answer."""
    return _lines([harmless(cell) for cell in row.values()] for row in rows(answer))


def to_csv(answers: Iterable[Extraction]) -> str:
    """CSV (RFC 4180) with a header. Text that a spreadsheet would take for a formula is kept from it by an apostrophe."""
    return csv_head() + "".join(map(csv_rows, answers))


def _lines(records: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(records)
    return out.getvalue()


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def fit(text: str, columns: int) -> str:
    """A text in so many columns, cut where it is too long."""
    if width(text) > columns:
        text = text[: columns - 1] + "…"
    return text + " " * (columns - width(text))


def to_screen(answer: Extraction) -> str:
    """The table for eyes: fixed columns, cut where too long; what is no result says so, if anything is."""
    lines_of = [
        row | {"status": "" if row["status"] == "actual" else in_words("status", row["status"])} for row in rows(answer)
    ]
    told = any(row["status"] for row in lines_of)
    shown = [c for c in for_people("observations") if c.screen and (told or c.name != "status")]
    widths = {c.name: min(c.screen, max([width(c.title_vi), *(width(row[c.name]) for row in lines_of)])) for c in shown}
    out = ["  ".join(fit(c.title_vi, widths[c.name]) for c in shown), "  ".join("─" * widths[c.name] for c in shown)]
    out += ["  ".join(fit(row[c.name], widths[c.name]) for c in shown) for row in lines_of]
    count = f"{len(answer.figures)} số liệu, {len(lines_of)} dòng / {len(answer.figures)} figures, {len(lines_of)} rows"
    return "\n".join(line.rstrip() for line in [*out, "", count]) + "\n"
