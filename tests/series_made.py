"""Rows of series from lines that people write: `tests/series/cases/rows.tsv`."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import load_catalogue
from chitieu.catalogue.places import place_named
from chitieu.contract import Period
from chitieu.figures.bounds import find_bound
from chitieu.figures.numbers import parse_number
from chitieu.figures.period_words import parse_period
from chitieu.figures.units import parse_percent_unit, parse_unit
from chitieu.series.answer import SeriesAnswer
from chitieu.series.build import series_of
from chitieu.series.query import query_of
from chitieu.series.rows import Row, row_of

CASES = Path(__file__).parent / "series" / "cases"
INDICATOR = "tong-san-pham-tren-dia-ban-binh-quan-dau-nguoi"


@cache
def lines(name: str) -> tuple[dict[str, str], ...]:
    text = (CASES / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.rstrip("\n").split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE))


def rows(case: str) -> list[Row]:
    """The rows of a case."""
    return [row(line, at) for at, line in enumerate(lines("rows.tsv")) if line["case"] == case]


def row(line: dict[str, str], at: int = 0) -> Row:
    """A row: columns of `rows.tsv`, of which those that say nothing may be missing.

    `value` is what is printed (`trên 63,5`, `10 - 11`), `attains` the percentage of the plan, `implied` the plan that it gives.
    """
    get = line.get
    bound_words, _, printed = (
        (get("value") or "").rpartition(" ") if "-" not in (get("value") or "") else ("", "", get("value"))
    )
    unit_words = get("unit") or ""
    unit = (parse_percent_unit if unit_words == "%" else parse_unit)(unit_words) if unit_words else None
    read = parse_number(printed or "", unit=unit_words or None, before=bound_words) if printed else None
    factor = Decimal(unit.factor) if unit and unit.factor else Decimal(1)
    number = Decimal(read.number) if read and read.number else None
    upper = Decimal(read.upper) if read and read.upper else None
    period = parse_period(get("period") or "") if get("period") else None
    of_document = parse_period(get("report") or "") if get("report") else None
    place = place_named(fold(get("place") or ""))
    parts = [part.split(":", 1) for part in (get("part") or "").split(" > ") if part]
    codes = [known[0] for kind, text in parts if kind == "place" and (known := place_named(fold(text)))]
    sentence = f"GRDP {get('value')}."
    return row_of(
        {
            "observation": f"o{at}",
            "place_code": place[0] if place else None,
            "place_name": place[1] if place else get("place") or None,
            "document_period": get("report") or None,
            **_days("document_period", of_document),
            "breakdown": " > ".join(text for _, text in parts) or None,
            "breakdown_kind": " > ".join(kind for kind, _ in parts) or None,
            "breakdown_code": codes[-1] if codes else None,
            "period": get("period") or None,
            **_days("period", period),
            "status": get("status") or "actual",
            "level": printed or None,
            "unit": unit_words or None,
            "value_unit": unit.id if unit else None,
            "unit_factor": factor if unit else None,
            "unit_dimension": unit.dimension if unit else None,
            "form": read.form if read else None,
            "bound": find_bound(bound_words, "") if read else None,
            "number": number,
            "upper": upper,
            "value": number * factor if number is not None and unit else None,
            "value_upper": upper * factor if upper is not None and unit else None,
            "attainments": f"đạt {get('attains')}% kế hoạch" if get("attains") else None,
            "attainment_ratio": Decimal(get("attains") or "0") / 100 if get("attains") else None,
            "implied_target": Decimal(get("implied") or "0") * factor if get("implied") else None,
            "implied_target_unit": unit.id if unit and get("implied") else None,
            "start": 10 * at + 5,
            "end": 10 * at + 9,
            "sentence": sentence,
            "sentence_start": 10 * at,
            "sentence_end": 10 * at + len(sentence),
            "score": Decimal("0.9"),
        },
        document_id=f"id of {get('document')}",
        name=get("document") or "a.txt",
    )


def _days(column: str, period: Period | None) -> dict[str, date | None]:
    return {
        f"{column}_start": date.fromisoformat(period.start) if period and period.start else None,
        f"{column}_end": date.fromisoformat(period.end) if period and period.end else None,
    }


def answer(given: list[Row], **query: str | None) -> SeriesAnswer:
    """The series of rows, as if all were linked to one indicator."""
    catalogue = load_catalogue()
    indicator = next(entry for entry in catalogue.indicators if entry.id == INDICATOR)
    return series_of(catalogue, indicator, given, query_of(**query))


def told(answer: SeriesAnswer) -> list[dict[str, str]]:
    """An answer as the lines of `points.tsv`: every point, then what was left out."""
    out = [
        {
            "place": (one.place.name or "") if one.place else "",
            "part": " > ".join(f"{part.kind}:{part.text}" for part in one.breakdown),
            "frequency": one.frequency
            + (f" {one.months}" if one.frequency in ("to_date", "multi_year", "moment") else ""),
            "unit": (one.unit.text or "") if one.unit else "",
            "period": point.period.label,
            "status": point.status,
            "number": "–".join(n for n in (point.number, point.number_upper) if n is not None),
            "from": " ".join(s.document.name for s in point.statements),
            "restated": "; ".join(f"{s.document.name} {s.number} {s.difference} {s.ratio}" for s in point.restatements),
            "conflicts": "; ".join(f"{s.document.name} {s.number} {s.difference} {s.ratio}" for s in point.conflicts),
            "plan": f"{point.plan.source} {point.plan.number} {point.plan.attainment}" if point.plan else "",
            "stated": point.attainment_stated.ratio if point.attainment_stated else "",
        }
        for one in answer.series
        for point in one.points
    ]
    for left in answer.left_out:
        statement = left.statement
        out.append({"frequency": left.reason, "number": statement.number or "", "from": statement.document.name})
    return out
