"""The columns of series as a table, a row a point: ``data/columns.tsv``, in the order of the CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chitieu.catalogue.tables import invalid, read_table
from chitieu.series.answer import Point, Series, SeriesAnswer, Statement

_DATA = Path(__file__).resolve().parent / "data"
_COLUMNS = ("name", "shape", "title_vi", "title_en", "description_vi", "description_en")


class Column(NamedTuple):
    """A column: its name, what its values are in, titles and descriptions."""

    name: str
    shape: str
    title_vi: str
    title_en: str
    description_vi: str
    description_en: str


@cache
def columns(folder: Path = _DATA) -> tuple[Column, ...]:
    """The columns, in order.

    Raises:
        CatalogueInvalid: a line whose name has no value here, or with an empty cell.
    """
    out: list[Column] = []
    for line, cells in enumerate(read_table("columns.tsv", _COLUMNS, folder), 2):
        if cells["name"] not in _CELLS or any(column.name == cells["name"] for column in out):
            raise invalid(folder / "columns.tsv", line, "name", "không có, hoặc trùng", "is unknown, or used twice")
        empty = next((name for name in _COLUMNS if not cells[name]), None)
        if empty is not None:
            raise invalid(folder / "columns.tsv", line, empty, "để trống", "is empty")
        out.append(Column(*(cells[name] for name in _COLUMNS)))
    return tuple(out)


def rows(answer: SeriesAnswer) -> Iterable[dict[str, str]]:
    """A row for each point, by column; empty text where nothing is known."""
    for one in answer.series:
        for point in one.points:
            yield {
                column.name: "" if (cell := _CELLS[column.name](answer, one, point)) is None else str(cell)
                for column in columns()
            }


def as_markdown() -> str:
    """The columns as the documentation has them."""
    lines = ["| column | in | Vietnamese title | what it holds |", "| --- | --- | --- | --- |"]
    lines += [f"| `{c.name}` | {c.shape} | {c.title_vi} | {c.description_en} |" for c in columns()]
    return "\n".join(lines) + "\n"


def _others(statements: Iterable[Statement]) -> str:
    return "; ".join(f"{s.number} ({s.document.name})" for s in statements)


_Cell = str | int | None
_CELLS: dict[str, Callable[[SeriesAnswer, Series, Point], _Cell]] = {
    "series": lambda a, s, p: s.id,
    "indicator": lambda a, s, p: a.indicator.id,
    "indicator_name": lambda a, s, p: a.indicator.name_vi,
    "place_code": lambda a, s, p: s.place.code if s.place else None,
    "place_name": lambda a, s, p: s.place.name if s.place else None,
    "breakdown": lambda a, s, p: " > ".join(part.text for part in s.breakdown),
    "frequency": lambda a, s, p: s.frequency,
    "months": lambda a, s, p: s.months,
    "period": lambda a, s, p: p.period.label,
    "period_start": lambda a, s, p: p.period.start.isoformat() if p.period.start else None,
    "period_end": lambda a, s, p: p.period.end.isoformat() if p.period.end else None,
    "status": lambda a, s, p: p.status,
    "number": lambda a, s, p: p.number,
    "number_upper": lambda a, s, p: p.number_upper,
    "unit": lambda a, s, p: s.unit.text if s.unit else None,
    "value": lambda a, s, p: p.value,
    "value_upper": lambda a, s, p: p.value_upper,
    "value_unit": lambda a, s, p: s.unit.id if s.unit else None,
    "bound": lambda a, s, p: p.bound,
    "statements": lambda a, s, p: len(p.statements),
    "restatements": lambda a, s, p: _others(p.restatements),
    "conflicts": lambda a, s, p: _others(p.conflicts),
    "plan": lambda a, s, p: p.plan.number if p.plan else None,
    "plan_source": lambda a, s, p: p.plan.source if p.plan else None,
    "attainment": lambda a, s, p: p.plan.attainment if p.plan else None,
    "attainment_stated": lambda a, s, p: p.attainment_stated.ratio if p.attainment_stated else None,
    "document": lambda a, s, p: p.statements[0].document.name,
    "document_id": lambda a, s, p: p.statements[0].document.id,
    "document_period": lambda a, s, p: d.period.text if (d := p.statements[0].document).period else None,
    "start": lambda a, s, p: p.statements[0].start,
    "end": lambda a, s, p: p.statements[0].end,
    "sentence": lambda a, s, p: p.statements[0].sentence,
}
