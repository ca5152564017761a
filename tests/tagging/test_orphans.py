"""Spans that nothing needs: which are joined, dropped, kept."""

from __future__ import annotations

import pytest

from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.repair import repair
from chitieu.text.segmentation import pieces


def kept(text: str, *spans: tuple[str, str, float, int | None]) -> list[str]:
    """Spans are (label, surface, score, head); what is left of them, as surfaces."""
    found = pieces(text, 0, len(text), words=False)
    starts, ends = [p.start for p in found], [p.end for p in found]
    tagged, at = [], 0
    for label, surface, score, head in spans:
        at = text.index(surface, at)
        first, last = starts.index(at), ends.index(at + len(surface)) + 1
        tagged.append(TaggedSpan(label, first, last, score, head=head))
    return [text[found[s.first].start : found[s.last - 1].end] for s in repair(tagged, text, found)]


def test_an_indicator_that_nothing_is_of():
    text = "Giá điện tăng nhanh, đàn trâu có 900 con."
    assert kept(text, ("INDICATOR", "Giá điện", 0.7, None), ("INDICATOR", "đàn trâu", 0.7, None), ("QUANTITY", "900", 1.0, 1), ("UNIT", "con", 1.0, None)) == ["đàn trâu", "900", "con"]  # fmt: skip


def test_one_that_is_sure_stays():
    assert kept("Giá điện tăng nhanh", ("INDICATOR", "Giá điện", 0.97, None)) == ["Giá điện"]


def test_wider_subjects_are_needed_by_narrower_ones():
    text = "Chăn nuôi: đàn trâu có 900 con."
    spans = [("INDICATOR", "Chăn nuôi", 0.5, None), ("INDICATOR", "đàn trâu", 0.5, 0), ("QUANTITY", "900", 1.0, 1)]
    assert kept(text, *spans) == ["Chăn nuôi", "đàn trâu", "900"]
    # Of a chain that ends in no figure all goes.
    assert kept(text, *spans[:2]) == []


@pytest.mark.parametrize(
    ("text", "spans", "wanted"),
    [
        ("trồng 12 nghìn gốc quế", ["12", "nghìn", "gốc quế"], ["12", "nghìn gốc quế"]),
        ("trồng 12 ha, gốc quế", ["12", "ha", "gốc quế"], ["12", "ha"]),
        ("trồng quế, tính theo gốc", ["quế", "gốc"], []),
        ("có 12 (ha)", ["12", "ha"], ["12", "ha"]),
    ],
)
def test_units(text, spans, wanted):
    rows = [("QUANTITY" if s[0].isdigit() else "UNIT", s, 1.0, None) for s in spans]
    assert kept(text, *rows) == wanted


@pytest.mark.parametrize(
    ("text", "score", "wanted"),
    [
        ("Chợ mở năm 2009.\n\nThu 5 tỷ.", 0.6, ["5"]),
        ("Chợ mở năm 2009.\n\nThu 5 tỷ.", 0.95, ["năm 2009", "5"]),
        ("Chợ mở năm 2009, thu 5 tỷ.", 0.6, ["năm 2009", "5"]),
    ],
)
def test_a_period_needs_a_figure_in_its_paragraph(text, score, wanted):
    assert kept(text, ("PERIOD", "năm 2009", score, None), ("QUANTITY", "5", 1.0, None)) == wanted


@pytest.mark.parametrize(("word", "stays"), [("nay", True), ("2009", True), ("trong", False), ("năm", False)])
def test_periods_of_one_word(word, stays):
    assert kept(f"thu {word} được 5 tỷ", ("PERIOD", word, 1.0, None), ("QUANTITY", "5", 1.0, None)) == (
        [word, "5"] if stays else ["5"]
    )


@pytest.mark.parametrize("base", ["theo giá so sánh", "giá cố định", "Giá  so\nsánh của"])
def test_the_year_of_a_price_base_is_no_period(base):
    text = f"GDP ({base} năm 1994) năm 2012 đạt 7 tỷ"
    spans = [
        ("INDICATOR", "GDP", 1.0, None),
        ("PERIOD", "năm 1994", 0.99, None),
        ("PERIOD", "năm 2012", 0.99, None),
        ("QUANTITY", "7", 1.0, 0),
    ]
    assert kept(text, *spans) == ["GDP", "năm 2012", "7"]
    assert "năm 1994" in kept(text.replace(base, "theo giá bán"), *spans)


@pytest.mark.parametrize(
    ("surer", "wanted"),
    [(0.7, ["INDICATOR", "QUANTITY", "INDICATOR"]), (0.3, ["INDICATOR", "QUANTITY", "UNIT"])],
)
def test_what_follows_a_number_is_what_it_counts_or_its_unit(surer, wanted):
    text = "Hỗ trợ cho 41 hợp tác xã."
    found = pieces(text, 0, len(text), words=False)
    spans = [
        TaggedSpan("INDICATOR", 0, 2, 0.8),
        TaggedSpan("QUANTITY", 3, 4, 1.0, head=0, head_score=0.5),
        TaggedSpan("INDICATOR", 4, 7, surer),
    ]
    other = TaggedSpan("QUANTITY", 2, 3, 1.0, head=0)  # so that the verb is needed either way
    left = repair([spans[0], other, spans[1], spans[2]], text, found)
    assert [s.label for s in left if s is not other] == wanted


def test_a_percent_sign_alone_is_no_figure():
    assert kept("| Năm | ±% |", ("PERCENT", "±%", 1.0, None)) == []
    assert kept("còn ½%", ("PERCENT", "½%", 1.0, None)) == ["½%"]
