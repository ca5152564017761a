"""Where the unit of a number in a table is printed; cases in ``data/table_units.json``: ``where`` is the words that the unit stands in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.figures.units import unit_dimension
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.text.table_units import table_units

CASES = json.loads((Path(__file__).parent / "data" / "table_units.json").read_text(encoding="utf-8"))


def units_of(text: str) -> tuple[str, Callable[[int], tuple[int, int] | None]]:
    reading = Reading(SourceText(text))
    parts = [(p.start, p.end) for p in reading.paragraphs]
    return reading.text, table_units(reading.text, parts, dimension=unit_dimension)


@pytest.mark.parametrize(
    ("text", "number", "unit", "where"),
    [
        pytest.param(case["text"], one["number"], one["unit"], one["where"], id=f"{case['kind']}: {one['number']}")
        for case in CASES
        for one in case["wanted"]
    ],
)
def test_the_unit_of_a_cell(text, number, unit, where):
    read, unit_at = units_of(text)
    found = unit_at(read.index(number))
    if unit is None:
        assert found is None
    else:
        start = read.index(where) + where.index(unit)
        assert found == (start, start + len(unit))


@given(st.text(alphabet="a1|(%) .\n\t-,:ĐVTtấnha", max_size=150))
def test_any_text(text):
    read, unit_at = units_of(text + "\n\nMột câu ngăn hai bảng.\n\n| Sản lượng (tấn) | 12 |")
    for at in range(len(read)):
        found = unit_at(at)
        assert found is None or read[slice(*found)].strip() == read[slice(*found)] != ""
    assert unit_at(len(read) - 3) is not None


@pytest.mark.parametrize("cell", ["1 " + "*" * 3000 + "x", "1 " * 3000 + "x", "(" * 3000, "9" * 3000 + "x"])
def test_odd_cells_are_passed_over(cell):
    _, unit_at = units_of(f"Xã | Diện tích (ha) | Ghi chú\nBa Xa | {cell} | 7\nBa Vì | 8 | 9\n")
    assert unit_at(40) is None
