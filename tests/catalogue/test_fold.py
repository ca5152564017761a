"""Two spellings of one name are one key."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.catalogue.fold import fold, unaccented


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tỉ lệ hộ nghèo", "tỷ lệ hộ nghèo"),
        ("mười ngàn tấn", "mười nghìn tấn"),
        ("hàng hoá", "hàng hóa"),
        ("thuỷ sản", "thủy sản"),
        ("uỷ ban", "ủy ban"),
        ("xoè", "xòe"),
        ("công nghiệp – xây dựng", "công nghiệp, xây dựng"),
        ("GRDP  bình\nquân", "grdp bình quân"),
        ("số HTX", "số hợp tác xã"),
        ("trẻ em dưới 05 tuổi", "trẻ em dưới 5 tuổi"),
        ("bác sỹ", "bác sĩ"),
    ],
)
def test_same_key(one, other):
    assert fold(one) == fold(other)
    assert fold(unicodedata.normalize("NFD", one)) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoàn thành", "hòan thành"),
        ("quý I", "quy I"),
        ("thu", "thù"),
        ("xóa", "xoa"),
        ("khu vực I", "khu vực II"),
        ("5 tuổi", "1 tuổi"),
    ],
)
def test_different_keys(one, other):
    assert fold(one) != fold(other)


def test_closed_syllables_keep_their_tone_mark():
    assert fold("hoàn huỳnh quý") == "hoàn huỳnh quý"


def test_unaccented():
    assert unaccented(fold("Đường đến Nghệ An")) == "duong den nghe an"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)
    assert unaccented(unaccented(fold(text))) == unaccented(fold(text))
