from __future__ import annotations

from datetime import date

import pytest

from chitieu.asked import days_of, place_keys
from chitieu.errors import BadRequest
from chitieu.store.search import words_of


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2023", (2023, 1, 1), (2023, 12, 31)),
        ("2023-09", (2023, 9, 1), (2023, 9, 30)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("2023-Q1", (2023, 1, 1), (2023, 3, 31)),
        ("2023-Q3", (2023, 7, 1), (2023, 9, 30)),
        ("2023-H1", (2023, 1, 1), (2023, 6, 30)),
        ("2023-H2", (2023, 7, 1), (2023, 12, 31)),
        ("2023-01-31", (2023, 1, 31), (2023, 1, 31)),
        ("2021/2023", (2021, 1, 1), (2023, 12, 31)),
        ("2023-Q1/2023-Q3", (2023, 1, 1), (2023, 9, 30)),
        ("2023-01-15/2023-02", (2023, 1, 15), (2023, 2, 28)),
        (" 2023 ", (2023, 1, 1), (2023, 12, 31)),
    ],
)
def test_a_period_is_read_as_its_days(written, first, last):
    assert days_of(written) == (date(*first), date(*last))


@pytest.mark.parametrize(
    "written",
    [
        "", "23", "2023-13", "2023-00", "2023-02-30", "2023-Q5", "2023-H3", "2023-H0", "0000", "/", "2023/", "/2023", "2023/2022",
        "2023-9", "2023-q1", "quý I", "2023/2024/2025", "２０２３", "2023-01-01T00:00", "2023\x00",
    ],
)  # fmt: skip
def test_a_faulty_period_is_a_bad_request_that_names_it(written):
    with pytest.raises(BadRequest) as caught:
        days_of(written)
    assert "period" in caught.value.detail


def test_words_stand_with_and_without_their_accents_each_once():
    assert words_of(["Hộ nghèo", "Tỷ lệ hộ nghèo"]) == " hộ ho nghèo ngheo tỷ ty lệ le "


def test_words_that_do_not_fit_an_index_are_left_out_whole():
    words = words_of([f"chữ{number}x" for number in range(500)])
    assert len(words.encode()) < 2700 and " chữ0x " in words
    assert all(word.startswith(("chữ", "chu")) and word.endswith("x") for word in words.split())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Tỉnh Trà Vinh", "tỉnh trà vinh"),
        ("TP. Trà Vinh", "thành phố trà vinh"),
        ("thành phố Trà Vinh", "thành phố trà vinh"),
        ("Trà Vinh", "trà vinh"),
        ("Xã Hoà An", "xã hòa an"),
        ("…", None),
        (None, None),
    ],
)
def test_a_place_is_known_by_its_kind_and_its_folded_name(name, key):
    assert place_keys(name)[0] == key


def test_a_long_place_fits_an_index():
    key, plain = place_keys("Ố" * 5000)
    assert key and plain and len(key.encode()) < 1000 and len(plain.encode()) < 1000
