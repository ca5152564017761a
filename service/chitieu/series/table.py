"""Series as CSV, and as tables for a terminal."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from chitieu.output.columns import in_words
from chitieu.output.numbers import short, vietnamese
from chitieu.output.table import fit, harmless, width
from chitieu.series.answer import Point, Series, SeriesAnswer, Statement
from chitieu.series.columns import columns, rows
from chitieu.series.periods import Kind
from chitieu.series.periods import in_words as kind_in_words

_HEAD = ("Thời kỳ", "Loại", "Giá trị", "Kế hoạch", "Đạt", "Tài liệu", "Số liệu khác")
_WIDEST = (12, 9, 18, 18, 9, 36, 60)
_BOUNDS = {"about": "≈ ", "more_than": "> ", "at_least": "≥ ", "less_than": "< ", "at_most": "≤ "}


def to_csv(answer: SeriesAnswer) -> str:
    """CSV (RFC 4180) with a header, a row a point. Text that a spreadsheet would take for a formula is kept from it by an apostrophe."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(column.name for column in columns())
    write.writerows([harmless(cell) for cell in row.values()] for row in rows(answer))
    return out.getvalue()


def title_of(answer: SeriesAnswer, one: Series) -> str:
    """What a series is of: indicator, parts, place."""
    parts = ", ".join(part.text for part in one.breakdown)
    name = f"{answer.indicator.name_vi} ({parts})" if parts else answer.indicator.name_vi
    place = (one.place.name or one.place.code) if one.place is not None else None
    return f"{name}, {place}" if place else name


def kind_words(one: Series) -> str:
    """Its kind of periods, and its unit."""
    words = kind_in_words(Kind(one.frequency, one.months))
    return f"{words}; đơn vị: {one.unit.text}" if one.unit is not None and one.unit.text else words


def to_screen(answer: SeriesAnswer) -> str:
    """A table for each series, and how much was left out."""
    out: list[str] = []
    for one in answer.series:
        cells = [_HEAD, *(_cells(point) for point in one.points)]
        shown = [at for at in range(len(_HEAD)) if any(row[at] for row in cells[1:])]
        widths = [min(_WIDEST[at], max(width(row[at]) for row in cells)) for at in range(len(_HEAD))]
        lines = ["  ".join(fit(row[at], widths[at]) for at in shown).rstrip() for row in cells]
        lines.insert(1, "  ".join("─" * widths[at] for at in shown))
        out += [f"{title_of(answer, one)} ({kind_words(one)})", "", *lines, ""]
    if not answer.series:
        out += [
            f"{answer.indicator.name_vi}: không có số liệu nào như vậy. / No document states such a value.",
            "",
        ]
    left = len(answer.left_out) + answer.left_out_more
    out.append(
        f"{len(answer.series)} chuỗi, {answer.documents} tài liệu, {left} số liệu không xếp được / "
        f"{len(answer.series)} series, {answer.documents} documents, {left} statements left out"
    )
    return "\n".join(out) + "\n"


def number_words(point: Point) -> str:
    """A point's value as people read it: `63,15`, `≈ 63`, `10–11`."""
    ends = [point.number] if point.number_upper is None else [point.number, point.number_upper]
    return _BOUNDS.get(point.bound, "") + "–".join(vietnamese(Decimal(end)) for end in ends)


def percent_words(ratio: str) -> str:
    """A ratio as a percentage."""
    return f"{vietnamese(Decimal(ratio) * 100, places=2)}%"


def _cells(point: Point) -> tuple[str, ...]:
    plan = point.plan
    stated = point.attainment_stated
    attained = plan.attainment if plan is not None and plan.source == "target" else stated.ratio if stated else None
    mark = "≈ " if plan is not None and plan.source == "implied" else ""
    return (
        point.period.label,
        in_words("status", point.status),
        number_words(point),
        mark + short(Decimal(plan.number)) if plan is not None else "",
        percent_words(attained) if attained is not None else "",
        point.statements[0].document.name,
        "; ".join([_other(s, "") for s in point.restatements] + [_other(s, "mâu thuẫn: ") for s in point.conflicts]),
    )


def _other(statement: Statement, mark: str) -> str:
    number = short(Decimal(statement.number)) if statement.number is not None else "?"
    return f"{mark}{number} ({statement.document.name})"
