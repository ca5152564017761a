"""What phrases say, cases in ``cases/phrase_numbers.tsv``, ``references.tsv``, ``bases.tsv`` and ``met.tsv``."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.contract import Direction
from chitieu.figures.phrases import Sense, met, names_rate, read_base, read_number, read_reference, verb_sense
from chitieu.figures.tables import rows
from figures.figure_cases import load

NUMBERS, REFERENCES, BASES, MET = (load(f"{name}.tsv") for name in ("phrase_numbers", "references", "bases", "met"))


@pytest.mark.parametrize("case", NUMBERS, ids=lambda c: f"{c['label'][:3]} {c['before']}{c['number']} {c['unit']}")
def test_number(case: dict[str, str]) -> None:
    label = "ATTAINMENT" if case["label"] == "ATTAINMENT" else "CHANGE"
    got = read_number(
        label,
        verb_sense(case["before"], label),
        case["number"],
        unit=case["unit"] or None,
        level_is_percent=case["level_percent"] == "yes",
    )
    assert (got.direction, got.ratio, got.measure) == (
        case["direction"] or None,
        case["ratio"] or None,
        case["measure"],
    )


@pytest.mark.parametrize("case", REFERENCES, ids=lambda c: c["words"] or "(empty)")
def test_reference(case: dict[str, str]) -> None:
    told = read_reference(case["words"])
    got = (told.text, told.kind, told.issuer) if told else ("", None, None)
    assert got == (case["text"], case["kind"] or None, case["issuer"] or None)


@pytest.mark.parametrize("case", BASES, ids=lambda c: f"{c['before']}…{c['behind']}")
def test_base(case: dict[str, str]) -> None:
    told = read_base(case["before"], case["behind"])
    assert ((told.text, told.kind) if told else ("", None)) == (case["text"], case["kind"] or None)


@pytest.mark.parametrize("case", MET, ids=lambda c: c["words"])
def test_met(case: dict[str, str]) -> None:
    assert met(case["words"]) == (case["direction"] or None)


def test_enough_cases() -> None:
    assert len(NUMBERS) + len(REFERENCES) + len(BASES) + len(MET) >= 80


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("Tỷ lệ hộ nghèo", True),
        ("tỉ trọng dịch vụ", True),
        ("Tốc độ tăng GRDP", True),
        ("Thu nội địa", False),
        ("", False),
    ],
)
def test_rates_by_name(name: str, rate: bool) -> None:
    assert names_rate(name) is rate


def test_the_lists_hold_what_the_contract_knows() -> None:
    assert {row["sense"] for row in rows("verbs")} <= set(get_args(Sense))
    assert {row["direction"] for row in rows("met")} <= set(get_args(Direction))
    for name, column in (("verbs", "verb"), ("met", "phrase"), ("references", "phrase"), ("issuers", "phrase")):
        phrases = [row[column] for row in rows(name)]
        assert len(phrases) == len(set(phrases)), name


@given(st.text(max_size=80), st.text(max_size=80))
def test_never_raise(one: str, other: str) -> None:
    met(one)
    verb_sense(one)
    for told in (read_reference(one), read_base(one, other)):
        assert told is None or told.kind is None or told.text or told.issuer
