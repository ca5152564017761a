import pytest

from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.repair import repair
from chitieu.text.segmentation import pieces


def repaired(text, *spans):
    """Spans are (label, surface); the first occurrence counts. Returns surfaces after repair."""
    found = pieces(text, 0, len(text), words=False)
    tagged = []
    for label, surface in spans:
        start = text.index(surface)
        first = next(n for n, p in enumerate(found) if p.start == start)
        last = next(n for n, p in enumerate(found) if p.end == start + len(surface)) + 1
        tagged.append(TaggedSpan(label, first, last, 1.0))
    return [(s.label, text[found[s.first].start : found[s.last - 1].end]) for s in repair(tagged, text, found)]


@pytest.mark.parametrize(
    ("text", "spans", "wanted"),
    [
        ("xây dựng âm 4,1%", [("PERCENT", "4,1%")], [("PERCENT", "âm 4,1%")]),
        ("số âm trong bảng 4,1%", [("PERCENT", "4,1%")], [("PERCENT", "4,1%")]),
        ("5 tạ/ha.", [("QUANTITY", "5"), ("UNIT", "tạ")], [("QUANTITY", "5"), ("UNIT", "tạ/ha")]),
        ("5 tạ/ha.", [("QUANTITY", "5"), ("UNIT", "tạ/")], [("QUANTITY", "5"), ("UNIT", "tạ/ha")]),
        (
            "hỗ trợ 300 đồng/hộ/tháng",
            [("QUANTITY", "300"), ("UNIT", "đồng/")],
            [("QUANTITY", "300"), ("UNIT", "đồng/hộ/tháng")],
        ),
        ("xử 30 vụ/52 bị cáo", [("QUANTITY", "30"), ("UNIT", "vụ/")], [("QUANTITY", "30"), ("UNIT", "vụ")]),
        ("dài 15 m\n2 cầu mới", [("QUANTITY", "15"), ("UNIT", "m")], [("QUANTITY", "15"), ("UNIT", "m")]),
    ],
)
def test_edges(text, spans, wanted):
    assert repaired(text, *spans) == wanted


def test_an_exponent_on_the_line_below_is_no_number():
    text = "thu hồi 1.250 m\n2\n đất"
    found = pieces(text, 0, len(text), words=False)
    spans = [TaggedSpan("QUANTITY", 2, 5, 1.0), TaggedSpan("UNIT", 5, 6, 1.0), TaggedSpan("QUANTITY", 6, 7, 1.0)]
    kept = repair(spans, text, found)
    assert [(s.label, text[found[s.first].start : found[s.last - 1].end]) for s in kept] == [
        ("QUANTITY", "1.250"),
        ("UNIT", "m\n2"),
    ]


def test_heads_and_phrases_follow_what_is_dropped():
    text = "m\n2\n và 5 ha đất"
    found = pieces(text, 0, len(text), words=False)
    spans = [
        TaggedSpan("UNIT", 0, 1, 1.0),
        TaggedSpan("QUANTITY", 1, 2, 1.0),
        TaggedSpan("QUANTITY", 3, 4, 1.0, head=4),
        TaggedSpan("UNIT", 4, 5, 1.0),
        TaggedSpan("INDICATOR", 5, 6, 1.0),
    ]
    kept = repair(spans, text, found)
    assert [s.label for s in kept] == ["UNIT", "QUANTITY", "UNIT", "INDICATOR"]
    assert kept[1].head == 3
