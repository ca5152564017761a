"""Units, cases in ``cases/units.tsv`` and ``cases/percent_units.tsv``."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.figures.tables import rows
from chitieu.figures.units import has_percent_sign, parse_percent_unit, parse_unit
from figures.figure_cases import load

CASES = load("units.tsv")
PERCENT = load("percent_units.tsv")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"] or "(empty)")
def test_reads(case: dict[str, str]) -> None:
    unit = parse_unit(case["text"])
    assert unit.text == case["text"] and not unit.shared
    assert (unit.id, unit.dimension, unit.factor) == (case["id"] or None, case["dimension"] or None, case["factor"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"] or "(empty)")
def test_decomposed_accents_make_no_difference(case: dict[str, str]) -> None:
    apart = parse_unit(unicodedata.normalize("NFD", case["text"]))
    assert (apart.id, apart.factor) == (case["id"] or None, case["factor"])


@pytest.mark.parametrize("case", PERCENT, ids=lambda c: c["text"])
def test_reads_percent_units(case: dict[str, str]) -> None:
    unit = parse_percent_unit(case["text"])
    assert (unit.id, unit.text) == (case["id"], case["printed"])
    assert unit.factor == ("0.001" if case["id"] == "permille" else "0.01")
    assert has_percent_sign(case["text"])


def test_a_bare_number_has_no_percent_sign() -> None:
    assert not has_percent_sign("33,7")


def test_enough_cases() -> None:
    assert len(CASES) >= 120


def test_base_units_are_sound() -> None:
    """One row a surface, every id with one dimension, factors positive decimals, one base of factor 1 for each physical id."""
    table = rows("base_units")
    surfaces = [row["surface"] for row in table]
    assert len(surfaces) == len(set(surfaces))
    dimensions = {row["id"]: row["dimension"] for row in table}
    assert all(dimensions[row["id"]] == row["dimension"] for row in table)
    assert all(Decimal(row["factor"]) > 0 for row in table)
    assert all(row["surface"] == " ".join(row["surface"].casefold().split()) for row in table)


@given(st.text(max_size=60))
def test_never_raises_and_the_factor_is_a_plain_decimal(text: str) -> None:
    for unit in (parse_unit(text), parse_percent_unit(text)):
        assert unit.factor is not None and Decimal(unit.factor) > 0 and "e" not in unit.factor.lower()


@given(st.sampled_from(["nghìn", "triệu", "tỷ", "trăm"]), st.sampled_from(["đồng", "ha", "tấn", "người", "dự án"]))
def test_a_magnitude_word_multiplies(magnitude: str, base: str) -> None:
    scale = {"trăm": 100, "nghìn": 10**3, "triệu": 10**6, "tỷ": 10**9}[magnitude]
    alone, scaled = parse_unit(base), parse_unit(f"{magnitude} {base}")
    assert alone.factor is not None and scaled.factor is not None
    assert scaled.id == alone.id and Decimal(scaled.factor) == scale * Decimal(alone.factor)
