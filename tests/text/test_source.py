import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.text.segmentation import pieces
from chitieu.text.source import SourceText

MIXED = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "đạt 90,9% Nghị quyết",
                "triệu đồng/người",
                "👩‍🌾",
                "\u200b",
                "\r\n",
                "\u0301",
                "\u1100\u1161\u11a8",
                "각",
                "ą́",
                "ﬁ",
            ]
        ),
        st.sampled_from(["Tổng thu ngân sách", "tỷ lệ hộ nghèo"]).map(lambda s: unicodedata.normalize("NFD", s)),
        st.text(alphabet="aeo\u0300\u0301\u0302\u0323\u0328\u031b", max_size=12),
    ),
    max_size=12,
).map("".join)


@given(MIXED)
def test_view_is_the_nfc_form(text):
    assert SourceText(text).view == unicodedata.normalize("NFC", text)


@given(MIXED)
def test_every_piece_of_the_view_is_its_surface_in_the_text(text):
    source = SourceText(text)
    for piece in pieces(source.view, 0, len(source.view), words=False):
        start, end = source.to_source(piece.start, piece.end)
        surface = text[start:end]
        assert unicodedata.normalize("NFC", surface) == source.view[slice(*source.to_view(start, end))]
        assert source.view[piece.start : piece.end] in unicodedata.normalize("NFC", surface)


@given(MIXED, st.data())
def test_ranges_map_back_to_what_covers_them(text, data):
    source = SourceText(text)
    start = data.draw(st.integers(0, len(source.view)))
    end = data.draw(st.integers(start, len(source.view)))
    first, last = source.to_source(start, end)
    assert 0 <= first <= last <= len(text)
    back = source.to_view(first, last)
    assert back[0] <= start or start == end
    assert back[1] >= end or start == end


@given(MIXED)
def test_ranges_follow_each_other_without_gap(text):
    source = SourceText(text)
    covered = {i for at in range(len(source.view)) for i in range(*source.to_source(at, at + 1))}
    assert covered == set(range(len(text)))


def test_composed_and_decomposed_in_one_text():
    text = "hộ " + unicodedata.normalize("NFD", "nghèo") + " 5%"
    source = SourceText(text)
    assert source.view == "hộ nghèo 5%"
    assert text[slice(*source.to_source(3, 8))] == unicodedata.normalize("NFD", "nghèo")


@pytest.mark.parametrize("span", [(-1, 2), (2, 1), (0, 99)])
def test_ranges_outside_are_refused(span):
    with pytest.raises(IndexError):
        SourceText("hộ nghèo").to_source(*span)
    with pytest.raises(IndexError):
        SourceText("hộ nghèo").to_view(*span)


@settings(max_examples=3, deadline=5000)
@given(st.sampled_from(["\u0301", "e\u0301", "\u1100\u1161", "a"]))
def test_long_runs_take_linear_time(unit):
    source = SourceText(unit * 50_000)
    assert len(source.text) == 50_000 * len(unit)
    source.to_view(0, len(source.text))
