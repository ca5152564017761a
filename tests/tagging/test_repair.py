import pytest

from chitieu.contract import PHRASE_LABELS
from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.repair import repair
from chitieu.text.segmentation import pieces


def repaired(text, *spans):
    """Spans are (label, surface); the first occurrence counts. Returns surfaces after repair."""
    found = pieces(text, 0, len(text), words=False)
    tagged: list[TaggedSpan] = []
    for label, surface in spans:
        start = text.index(surface)
        first = next(n for n, p in enumerate(found) if p.start == start)
        last = next(n for n, p in enumerate(found) if p.end == start + len(surface)) + 1
        around = next((n for n, s in enumerate(tagged) if s.label in PHRASE_LABELS and last <= s.last), None)
        tagged.append(TaggedSpan(label, first, last, 1.0, phrase=around))
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
        (
            "hỗ trợ 300 đồng/hộ/tháng",
            [("QUANTITY", "300"), ("UNIT", "đồng"), ("UNIT", "hộ/tháng")],
            [("QUANTITY", "300"), ("UNIT", "đồng/hộ/tháng")],
        ),
        (
            "dịch vụ âm 4,1%",
            [("INDICATOR", "dịch vụ âm"), ("PERCENT", "4,1%")],
            [("INDICATOR", "dịch vụ"), ("PERCENT", "âm 4,1%")],
        ),
        ("xử 30 vụ/52 bị cáo", [("QUANTITY", "30"), ("UNIT", "vụ/")], [("QUANTITY", "30"), ("UNIT", "vụ")]),
        ("có 02 cơ quan, 5 xã", [("QUANTITY", "02"), ("UNIT", "cơ quan,")], [("QUANTITY", "02"), ("UNIT", "cơ quan")]),
        ("(có 50 giường), đạt", [("QUANTITY", "50"), ("UNIT", "giường),")], [("QUANTITY", "50"), ("UNIT", "giường")]),
        ("chỉ số giá (CPI) tăng", [("INDICATOR", "chỉ số giá (CPI)")], [("INDICATOR", "chỉ số giá (CPI)")]),
        ("giá gạo của tỉnh 9%", [("INDICATOR", "giá gạo của")], [("INDICATOR", "giá gạo")]),
        ("dài 15 m\n2 cầu mới", [("QUANTITY", "15"), ("UNIT", "m")], [("QUANTITY", "15"), ("UNIT", "m")]),
    ],
)
def test_edges(text, spans, wanted):
    assert repaired(text, *spans) == wanted


def test_an_exponent_is_no_number():
    text = "thu hồi 1.250 m2 đất"
    found = pieces(text, 0, len(text), words=False)
    spans = [TaggedSpan("QUANTITY", 2, 5, 1.0), TaggedSpan("UNIT", 5, 6, 1.0), TaggedSpan("QUANTITY", 6, 7, 1.0)]
    kept = repair(spans, text, found)
    assert [(s.label, text[found[s.first].start : found[s.last - 1].end]) for s in kept] == [
        ("QUANTITY", "1.250"),
        ("UNIT", "m2"),
    ]


def test_heads_and_phrases_follow_what_is_dropped():
    text = "9 m2 và 5 ha đất"
    found = pieces(text, 0, len(text), words=False)
    spans = [
        TaggedSpan("QUANTITY", 0, 1, 1.0),
        TaggedSpan("UNIT", 1, 2, 1.0),
        TaggedSpan("QUANTITY", 2, 3, 1.0),
        TaggedSpan("QUANTITY", 4, 5, 1.0, head=5),
        TaggedSpan("UNIT", 5, 6, 1.0),
        TaggedSpan("INDICATOR", 6, 7, 1.0),
    ]
    kept = repair(spans, text, found)
    assert [s.label for s in kept] == ["QUANTITY", "UNIT", "QUANTITY", "UNIT", "INDICATOR"]
    assert kept[2].head == 4


@pytest.mark.parametrize(
    ("text", "spans", "wanted"),
    [
        (
            "chi 4,2 nghìn tỷ đồng",
            [("QUANTITY", "4,2"), ("UNIT", "nghìn")],
            [("QUANTITY", "4,2"), ("UNIT", "nghìn tỷ đồng")],
        ),
        ("có 310 nghìn hộ dân", [("QUANTITY", "310"), ("UNIT", "nghìn")], [("QUANTITY", "310"), ("UNIT", "nghìn hộ")]),
        ("có 310 nghìn cây", [("QUANTITY", "310"), ("UNIT", "nghìn")], [("QUANTITY", "310"), ("UNIT", "nghìn")]),
        ("gấp 3 lần", [("CHANGE", "gấp 3 lần"), ("PERCENT", "3")], [("CHANGE", "gấp 3 lần"), ("QUANTITY", "3")]),
        ("còn 3,5 %", [("QUANTITY", "3,5")], [("PERCENT", "3,5 %")]),
        (
            "số 14 tỷ 305 triệu đồng",
            [("QUANTITY", "14"), ("UNIT", "tỷ"), ("QUANTITY", "305"), ("UNIT", "triệu đồng")],
            [("QUANTITY", "14 tỷ 305"), ("UNIT", "triệu đồng")],
        ),
    ],
)
def test_units_and_numbers(text, spans, wanted):
    assert repaired(text, *spans) == wanted


@pytest.mark.parametrize(
    ("text", "spans", "wanted"),
    [
        ("vốn đã giảm mạnh", [("CHANGE", "giảm mạnh")], []),
        ("nghèo giảm còn 4,1%", [("CHANGE", "giảm còn 4,1%"), ("PERCENT", "4,1%")], [("PERCENT", "4,1%")]),
        ("cơ sở vật chất", [("ATTAINMENT", "cơ sở")], []),
        ("sản lượng vượt kế hoạch", [("ATTAINMENT", "vượt kế hoạch")], [("ATTAINMENT", "vượt kế hoạch")]),
        ("thu không đạt dự toán", [("ATTAINMENT", "đạt dự toán")], [("ATTAINMENT", "không đạt dự toán")]),
        ("đều đạt và vượt chỉ tiêu", [("ATTAINMENT", "vượt chỉ tiêu")], [("ATTAINMENT", "đạt và vượt chỉ tiêu")]),
        (
            "vốn bằng 61% kế hoạch năm 2019, còn",
            [("ATTAINMENT", "61% kế hoạch"), ("PERCENT", "61%")],
            [("ATTAINMENT", "bằng 61% kế hoạch năm 2019"), ("PERCENT", "61%")],
        ),
        (
            "gần 26% dự toán xã giao",
            [("ATTAINMENT", "gần 26% dự toán xã giao"), ("PERCENT", "26%")],
            [("ATTAINMENT", "26% dự toán xã giao"), ("PERCENT", "26%")],
        ),
        (
            "sửa 31/40 hồ sơ, tỷ lệ 77,5%",
            [("SHARE", "77,5%"), ("PERCENT", "77,5%")],
            [("SHARE", "tỷ lệ 77,5%"), ("PERCENT", "77,5%")],
        ),
        (
            "sửa 31 hồ sơ (tỉ lệ trên 77%)",
            [("SHARE", "tỉ lệ trên 77%"), ("PERCENT", "77%")],
            [("SHARE", "tỉ lệ trên 77%"), ("PERCENT", "77%")],
        ),
        (
            "giảm 0,9% do giá",
            [("CHANGE", "giảm 0,9% do"), ("PERCENT", "0,9%")],
            [("CHANGE", "giảm 0,9%"), ("PERCENT", "0,9%")],
        ),
    ],
)
def test_phrases(text, spans, wanted):
    assert repaired(text, *spans) == wanted


def test_a_number_takes_over_the_head_of_a_phrase_that_is_none():
    text = "hộ nghèo giảm còn 4%"
    found = pieces(text, 0, len(text), words=False)
    spans = [
        TaggedSpan("INDICATOR", 0, 2, 1.0),
        TaggedSpan("CHANGE", 2, 6, 1.0, head=0),
        TaggedSpan("PERCENT", 4, 6, 1.0, phrase=1),
    ]
    kept = repair(spans, text, found)
    assert [(s.label, s.head, s.phrase) for s in kept] == [("INDICATOR", None, None), ("PERCENT", 0, None)]
