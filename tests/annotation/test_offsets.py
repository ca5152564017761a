from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.offsets import Offsets

TEXT = (
    "a\u0301😀b👩‍🌾c\r\nd"  # a with an accent, a sign of two units, three signs in one, a line break of two characters
)


def test_code_points_are_what_they_are():
    offsets = Offsets(TEXT, "code-points")
    assert offsets.told(2, 5) == (2, 5)
    assert [offsets.read(at) for at in (-1, 0, len(TEXT), len(TEXT) + 1)] == [None, 0, len(TEXT), None]


def test_utf_16_as_its_encoding_has_it():
    offsets = Offsets(TEXT, "utf-16")
    for at in range(len(TEXT) + 1):
        units = len(TEXT[:at].encode("utf-16-le")) // 2
        assert offsets.told(at, at) == (units, units) and offsets.read(units) == at
    assert offsets.read(3) is None, "between the halves of a sign"
    assert offsets.read(-1) is None and offsets.read(len(TEXT.encode("utf-16-le")) // 2 + 1) is None


def test_graphemes_count_what_one_sees():
    offsets = Offsets(TEXT, "graphemes")  # á 😀 b 👩‍🌾 c ⏎ d
    assert [offsets.read(at) for at in range(9)] == [0, 2, 3, 4, 7, 8, 10, 11, None]
    assert offsets.told(2, 3) == (1, 2)
    assert offsets.told(1, 5) == (0, 4), "an edge inside a cluster takes all of it"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.data())
def test_ranges_come_back(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    offsets = Offsets(text, "utf-16")
    assert tuple(map(offsets.read, offsets.told(start, end))) == (start, end)
