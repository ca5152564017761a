"""Numbers, cases in ``cases/numbers.tsv`` (`\\n` stands for a line break; habit and before may be empty; form ``none``: no number)."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.figures.numbers import Number, number_habit, parse_number, read_numeral
from figures.figure_cases import load

CASES = load("numbers.tsv")
SIGNS = "0123456789.,/-–% []()âmtrăm tỷ triệu nghìn hai mươi từ đến thứ một trong rưỡi phần²٣\u00a0"


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"] or "(empty)")
def test_reads(case: dict[str, str]) -> None:
    habit = "english" if case["habit"] == "english" else "vietnamese"
    got = parse_number(case["text"], unit=case["unit"] or None, before=case["before"], habit=habit)
    if case["form"] == "none":
        assert got is None
        return
    assert got is not None
    want = (case["form"], case["number"] or None, case["upper"] or None, case["denominator"] or None)
    assert (got.form, got.number, got.upper, got.denominator) == want


def test_enough_cases() -> None:
    assert len(CASES) >= 250


def test_decomposed_accents_read_like_composed_ones() -> None:
    assert parse_number("a\u0302m 3,5%") == parse_number("âm 3,5%") == Number("plain", "-3.5")
    assert parse_number("hai tri\u00ea\u0323u") == Number("words", "2000000")


@pytest.mark.parametrize(
    ("text", "ambiguous"), [("40.967", True), ("33,056", True), ("1.234.567", False), ("7,5", False), ("0,125", False)]
)
def test_says_when_the_habit_decided(text: str, ambiguous: bool) -> None:
    number = parse_number(text)
    assert number is not None and number.ambiguous is ambiguous


@pytest.mark.parametrize(
    ("texts", "habit"),
    [
        ([], "vietnamese"),
        (["1.250", "3,056"], "vietnamese"),
        (["7,5%", "12,25%", "21.39%"], "vietnamese"),
        (["1,234,567", "1,234.5", "7.5%"], "english"),
        (["1,234,567", "7,5", "8,5"], "vietnamese"),
        (["1.5", "2.5", "3.5", "4.5", "6,5"], "vietnamese"),
        (["1.5", "2.5", "3.5", "4.5", "5.5", "6,5"], "english"),
    ],
)
def test_habit_is_english_only_by_far(texts: list[str], habit: str) -> None:
    assert number_habit(texts) == habit


@given(
    st.text(max_size=80) | st.text(alphabet=SIGNS, max_size=60), st.sampled_from([None, "triệu đồng", "%", "tỷ đồng"])
)
def test_never_raises_and_is_a_plain_decimal(text: str, unit: str | None) -> None:
    for habit in ("vietnamese", "english"):
        number = parse_number(text, unit=unit, before=text, habit=habit)
        if number is None:
            continue
        for printed in (number.number, number.upper, number.denominator):
            if printed is not None:
                assert Decimal(printed).is_finite() and "e" not in printed.lower() and not printed.startswith("+")


@given(st.integers(min_value=0, max_value=10**15))
def test_dot_thousands_read_back(value: int) -> None:
    number = parse_number(f"{value:,}".replace(",", "."))
    assert number is not None and number.number == str(value)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_comma_decimals_keep_their_digits(value: Decimal) -> None:
    number = parse_number(f"{value:.2f}".replace(".", ","))
    assert number is not None and number.number == f"{value:.2f}"


@given(st.text(alphabet="0123456789.,", min_size=1, max_size=40).filter(lambda t: t[0].isdigit() and t[-1].isdigit()))
def test_numerals_lose_no_digit(text: str) -> None:
    if ".." in text or ",," in text or ".," in text or ",." in text:
        return
    printed, _ = read_numeral(text)
    assert printed.replace(".", "").lstrip("0") == "".join(c for c in text if c.isdigit()).lstrip("0")


def test_four_hundred_digits() -> None:
    number = parse_number("9" * 400)
    assert number is not None and number.number == "9" * 400


HARD = [
    "1", "1 ", "1.", "1,", "1.234 - ", "11 111 ", "1 tỷ ", "một ", "âm ", "- ", "(", "từ 1 đến ", "1/", "thứ ", "[1]", "1 trong ", "% ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HARD)
def test_linear_in_the_length(piece: str) -> None:
    long = piece * (200_000 // len(piece))
    start = time.process_time()
    parse_number(long, unit="tỷ đồng", before=long)
    parse_number(long + "x", unit=long, before=long)
    assert time.process_time() - start < 1


def test_ten_thousand_numbers_in_seconds() -> None:
    texts = [f"{n % 999}.{n % 900 + 100},{n % 10}%" for n in range(10_000)]
    start = time.process_time()
    assert all(parse_number(text, before="ước đạt ") for text in texts)
    assert time.process_time() - start < 5
