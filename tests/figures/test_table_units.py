"""Figures whose unit stands elsewhere in their table; cases in ``cases/table_units.json``, built as those of ``build.json``."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chitieu.contract import Figure, Span
from chitieu.figures.checks.view import View
from chitieu.figures.document import document_figures
from chitieu.figures.observations import build_observations
from chitieu.figures.precision import half_unit
from chitieu.figures.units import unit_dimension
from chitieu.grounding import ground
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from figures.test_build import look, spans_of

CASES = json.loads((Path(__file__).parent / "cases" / "table_units.json").read_text(encoding="utf-8"))


def read(xml: str) -> tuple[Reading, list[Span], list[Figure]]:
    text, spans = spans_of(xml)
    reading = Reading(SourceText(text))
    inside = []
    for span in spans:
        found = reading.from_source(span.start, span.end)
        assert found is not None
        inside.append(span.model_copy(update={"start": found[0], "end": found[1], "text": reading.text[slice(*found)]}))
    return reading, inside, document_figures(reading, inside)[0]


@pytest.mark.parametrize("nfd", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_figures(case: dict[str, Any], nfd: bool) -> None:
    reading, _, figures = read(unicodedata.normalize("NFD", case["xml"]) if nfd else case["xml"])
    assert len(figures) == len(case["figures"])
    for figure, wanted in zip(figures, case["figures"], strict=True):
        got = figure.model_dump()
        assert {name: look(got, name) for name in wanted} == wanted, figure.text
        assert figure.known_unit == (figure.unit or figure.table_unit)
    for figure in ground(figures, reading):
        if figure.table_unit is not None:
            unit = figure.table_unit
            assert reading.source.text[unit.start : unit.end] == unit.text
            assert unicodedata.normalize("NFC", unit.text) in case["xml"]


TWICE = (
    'Chỉ tiêu | ĐVT | 2022 | 2023\n<ind id="1">Sắn tươi</ind> | nghìn tấn | <qty of="1">{0}</qty> | 9\n\nBảng 2\n\n'
    'Chỉ tiêu | {1} | 2022 | 2023\n<ind id="2">Sắn tươi</ind> | {2} | <qty of="2">{3}</qty> | 9'
)


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        (("8,31", "ĐVT", "tấn", "8.310"), 1),
        (("8,31", "ĐVT", "tấn", "8,31"), 2),
        (("8,31", "ĐVT", "triệu đồng", "8.310"), 2),
        (("8,31", "Vùng", "thấp", "8,31"), 2),
    ],
)
def test_rows_are_of_one_unit_wherever_it_is_printed(cells, rows):
    reading, spans, figures = read(TWICE.format(*cells))
    found, _ = build_observations(reading.text, spans, figures, sections=lambda _: [], linker=lambda *_, **__: None)
    assert len(found) == rows
    assert sum(len(row.repeats) for row in found) == 2 - rows


def test_the_linker_and_checks_are_told_of_it():
    reading, spans, figures = read(TWICE.format("8,31", "ĐVT", "tấn", "8.310"))
    told = []

    def linker(path, *, unit, **_):
        told.append(unit.id if unit else None)

    build_observations(reading.text, spans, figures, sections=lambda _: [], linker=linker)
    assert told == ["t", "t"]
    assert View(reading.text, spans, figures).comparable(*figures)
    assert [half_unit(figure) for figure in figures] == [Decimal(5), Decimal("0.5")]


@pytest.mark.parametrize(
    ("words", "counted", "dimension"),
    [
        ("tấn", False, "mass"), ("Nghìn tấn", False, "mass"), ("Tr.đ", False, "currency"), ("1000 tấn", False, "mass"),
        ("người/km²", False, "count_per_ha"), ("bác sĩ/10.000 dân", False, "count_per_person"), ("%", False, "ratio"),
        ("Điểm %", False, "percentage_point"), ("triệu đồng/người/năm", False, "currency_per_person_per_year"),
        ("ha lúa", False, "area"), ("nghìn", False, None), ("Trường", False, None), ("trường/xã", False, None), ("2024/2023", False, None),
        ("tấn, con", False, None), ("cả nái", False, None), ("đợt 2", False, None), ("", False, None), ("1", True, None),
        ("Trường", True, "count"), ("cơ sở sản xuất", True, "count"), ("xem biểu số 2", True, None), ("x", True, None),
    ],
)  # fmt: skip
def test_what_is_a_unit_by_itself(words, counted, dimension):
    assert unit_dimension(words, counted=counted) == dimension
