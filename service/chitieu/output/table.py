"""A row per observation: the table a civil servant would draw."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from chitieu.contract import Extraction, Figure, Observation

COLUMNS = (
    "document", "section", "indicator", "catalogue_id", "catalogue_name", "period", "period_start", "period_end", "status",
    "level", "unit", "value", "value_unit", "changes", "shares", "attainments", "start", "end",
)  # fmt: skip
_SCREEN = {
    "indicator": ("Chỉ tiêu", 46), "level": ("Giá trị", 14), "unit": ("Đơn vị", 18), "changes": ("Tăng giảm", 26),
    "shares": ("Tỷ trọng", 20), "attainments": ("So kế hoạch", 30), "period": ("Thời kỳ", 20), "status": ("Loại", 8),
}  # fmt: skip
_STATUS = {"actual": "", "estimate": "ước", "target": "mục tiêu"}


_FORMULA = re.compile(r"[=+@\t\r]|-(?!\d[\d.,]*%?$)")


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def rows(answer: Extraction) -> list[dict[str, str]]:
    """One mapping of COLUMNS to text for each observation, in text order; empty text where nothing is known.

    ``level`` is as printed, ``value`` in the unit's base (``value_unit``); ``start`` and ``end`` are those of the level, or of
    the first figure of the row.
    """
    figures = {f.id: f for f in answer.figures}
    spans = {s.id: s for s in answer.spans}

    def phrases(ids: Sequence[str]) -> str:
        seen = (figures[i] for i in ids)
        return "; ".join(_one_line(spans[f.phrase].text if f.phrase in spans else f.text) for f in seen)

    def row(observation: Observation) -> dict[str, str]:
        level = figures[observation.level] if observation.level else None
        members = [level] if level else []
        others = [*observation.changes, *observation.shares, *observation.attainments]
        members += [figures[i] for i in others]
        first: Figure | None = members[0] if members else None
        unit = level.unit if level else None
        link = observation.indicator.catalogue
        period = observation.period
        return {
            "document": answer.document.id,
            "section": " / ".join(observation.section),
            "indicator": " > ".join(observation.indicator.path),
            "catalogue_id": link.id if link else "",
            "catalogue_name": link.name if link else "",
            "period": _one_line(period.text) if period else "",
            "period_start": (period.start or "") if period else "",
            "period_end": (period.end or "") if period else "",
            "status": observation.status,
            "level": _one_line(level.text) if level else "",
            "unit": _one_line(unit.text) if unit else "",
            "value": (level.value or "") if level else "",
            "value_unit": (unit.id or "") if unit else "",
            "changes": phrases(observation.changes),
            "shares": phrases(observation.shares),
            "attainments": phrases(observation.attainments),
            "start": str(first.start) if first else "",
            "end": str(first.end) if first else "",
        }

    return [row(o) for o in answer.observations]


def to_csv(answers: Iterable[Extraction]) -> str:
    """CSV (RFC 4180) with a header. Text that a spreadsheet would take for a formula is kept from it by an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for answer in answers:
        for row in rows(answer):
            writer.writerow({k: f"'{v}" if _FORMULA.match(v) else v for k, v in row.items()})
    return out.getvalue()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def _fit(text: str, width: int) -> str:
    if _width(text) > width:
        text = text[: width - 1] + "…"
    return text + " " * (width - _width(text))


def to_screen(answer: Extraction) -> str:
    """The table for eyes: fixed columns, cut where too long; what is no result says so, if anything is."""
    table = [row | {"status": _STATUS[row["status"]]} for row in rows(answer)]
    told = any(row["status"] for row in table)
    names = {c: (title, limit) for c, (title, limit) in _SCREEN.items() if told or c != "status"}
    widths = {
        column: min(limit, max([_width(title), *(_width(r[column]) for r in table)]))
        for column, (title, limit) in names.items()
    }
    lines = ["  ".join(_fit(names[c][0], widths[c]) for c in names), "  ".join("─" * widths[c] for c in names)]
    lines += ["  ".join(_fit(row[c], widths[c]) for c in names) for row in table]
    count = f"{len(answer.figures)} số liệu, {len(table)} dòng / {len(answer.figures)} figures, {len(table)} rows"
    return "\n".join(line.rstrip() for line in [*lines, "", count]) + "\n"
