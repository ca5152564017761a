"""Pictures: they hold what they should, and are the same bytes each time."""

from __future__ import annotations

import io
import struct

import pytest
from lxml import etree

pytest.importorskip("matplotlib", reason="needs the extra `charts`")

from chitieu.series.chart import MOST_PANELS, draw
from series_made import answer, row, rows

SVG = "{http://www.w3.org/2000/svg}"


def drawn(got, format) -> bytes:
    out = io.BytesIO()
    draw(got, out, format)
    return out.getvalue()


def marks(svg: bytes, gid: str) -> int:
    """How many marks stand under an id."""
    tree = etree.fromstring(svg)
    return len(tree.findall(f".//{SVG}g[@id='{gid}']//{SVG}use"))


def test_a_png_is_one_of_its_size():
    got = drawn(answer(rows("years")), "png")
    assert got[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", got[16:24]) == (1536, 832)


@pytest.mark.parametrize(
    ("case", "counts"),
    [
        ("years", {"actual": 2, "estimate": 1, "target": 1, "implied": 0, "other": 0, "conflict": 0}),
        ("restated", {"actual": 1, "other": 2, "conflict": 0}),
        ("conflict", {"actual": 1, "other": 0, "conflict": 2}),
        ("plans", {"actual": 3, "target": 2, "implied": 1, "other": 1}),
    ],
)
def test_an_svg_has_a_mark_for_each_point(case, counts):
    got = answer(rows(case))
    svg = drawn(got, "svg")
    assert {kind: marks(svg, f"{kind}-1") for kind in counts} == counts
    assert sum(marks(svg, f"{kind}-1") for kind in ("actual", "estimate", "target")) == len(got.series[0].points)


def test_an_svg_says_its_title_and_needs_no_font():
    svg = drawn(answer(rows("years")), "svg")
    tree = etree.fromstring(svg)
    title, _ = tree.findall(".//{http://purl.org/dc/elements/1.1/}title")  # and the name of the program
    assert title.text == "Tổng sản phẩm trên địa bàn bình quân đầu người, Tỉnh Trà Vinh"
    assert not tree.findall(f".//{SVG}text")  # letters are outlines


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_same_series_are_the_same_bytes(format):
    got = answer(rows("plans"))
    first = drawn(got, format)
    assert drawn(got, format) == first
    assert b"dc:date" not in first and b"tIME" not in first


def test_every_letter_has_a_glyph(recwarn):
    line = {"value": "1", "unit": "ẵ ỹ ợ ẳ Đ ư Ơ ₫ đồng", "period": "năm 2021", "place": "Xã Ữ Ỵ Ặ ệ"}
    drawn(answer([row(line)]), "svg")
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_several_series_stand_below_each_other_up_to_a_number():
    got = answer(rows("kinds"))
    assert len(got.series) > MOST_PANELS
    svg = drawn(got, "svg")
    assert [marks(svg, f"actual-{n + 1}") > 0 for n in range(MOST_PANELS + 1)] == [True] * MOST_PANELS + [False]


def test_no_series_is_a_picture_that_says_so():
    assert drawn(answer([]), "png")[:4] == b"\x89PNG"
