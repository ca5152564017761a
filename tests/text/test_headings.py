import csv
from pathlib import Path

import pytest

from chitieu.text.headings import heading_of, heading_tree, section_paths
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A. KẾT QUẢ NĂM 2020", "capital"),
        ("I- Kinh tế", "roman"),
        ("IV/ Tổ chức thực hiện", "roman"),
        ("Phần thứ nhất: Tình hình năm 2019", "part"),
        ("Điều 1. Mục tiêu chủ yếu năm 2024", "article"),
        ("2.1. Thu ngân sách", "dotted2"),
        ("3) Quốc phòng, an ninh", "number"),
        ("b) Y tế", "letter"),
        ("## Nông nghiệp", "markdown2"),
        ("BÁO CÁO TỔNG KẾT", "capitals"),
        ("2. Kết quả 6 tháng đầu năm 2023", "number"),
        ("Thu ngân sách đạt 5 tỷ đồng.", None),
        ("1. Thu ngân sách đạt 5.210 tỷ đồng, bằng 91% dự toán", None),
        ("1.5 triệu đồng mỗi hộ", None),
        ("10 - 11 xã", None),
        ("đ/c Bí thư", None),
        ("H5N1", None),
        ("", None),
    ],
)
def test_what_a_heading_looks_like(text, kind):
    found = heading_of(text)
    assert (found and found[0]) == kind


def paths(*parts: str) -> dict[str, tuple[str, ...]]:
    text = "\n\n".join(parts)
    at, bounds = 0, []
    for part in parts:
        bounds.append((at, at + len(part)))
        at += len(part) + 2
    section = section_paths(text, bounds)
    return {part: section(start) for part, (start, _) in zip(parts, bounds, strict=True)}


def test_any_order_of_markers():
    found = paths("I. Kinh tế", "A. Thu", "1. Nội địa", "x", "B. Chi", "y", "II. Xã hội", "z")
    assert found["x"] == ("I. Kinh tế", "A. Thu", "1. Nội địa")
    assert found["y"] == ("I. Kinh tế", "B. Chi")
    assert found["z"] == ("II. Xã hội",)
    found = paths("A. KẾT QUẢ", "I. Kinh tế", "1. Thu", "x", "II. Xã hội", "y", "B. MỤC TIÊU", "I. Kinh tế chung", "z")
    assert found["x"] == ("A. KẾT QUẢ", "I. Kinh tế", "1. Thu")
    assert found["y"] == ("A. KẾT QUẢ", "II. Xã hội")
    assert found["z"] == ("B. MỤC TIÊU", "I. Kinh tế chung")


def test_capitals_without_a_marker():
    found = paths("BÁO CÁO", "B. CHỈ TIÊU NĂM 2024", "LĨNH VỰC KINH TẾ", "- Thu ngân sách 5.500 tỷ đồng.")
    assert found["- Thu ngân sách 5.500 tỷ đồng."] == ("B. CHỈ TIÊU NĂM 2024", "LĨNH VỰC KINH TẾ")
    assert paths("NÔNG NGHIỆP", "x", "CÔNG NGHIỆP", "y")["y"] == ("CÔNG NGHIỆP",)


def test_a_row_in_capitals_is_no_heading():
    found = paths("II. MỤC TIÊU NĂM 2025", "TỔNG CỘNG | 500 | 480", "x")
    assert found["x"] == ("II. MỤC TIÊU NĂM 2025",)


def test_bold_of_markdown():
    found = paths("**I. KẾT QUẢ**", "**1. Nông nghiệp**", "x", "**II. MỤC TIÊU NĂM 2025**", "y")
    assert found["x"] == ("**I. KẾT QUẢ**", "**1. Nông nghiệp**")
    assert found["y"] == ("**II. MỤC TIÊU NĂM 2025**",)


def test_an_item_that_says_something_ends_the_heading_before_it():
    found = paths("I. Xã hội", "3. Văn hóa", "x", "4. Y tế còn 5 xã chưa đạt chuẩn, giảm 2 xã.", "y")
    assert found["x"] == ("I. Xã hội", "3. Văn hóa")
    assert found["y"] == ("I. Xã hội",)


def test_lists_within_lists():
    found = paths("1. Nông nghiệp", "- Trồng trọt:", "+ Lúa 5 ha.", "+ Ngô 7 ha.", "- Chăn nuôi có 9 con.", "x")
    assert found["+ Ngô 7 ha."] == ("1. Nông nghiệp", "- Trồng trọt:")
    assert found["x"] == ("1. Nông nghiệp",)


def test_before_the_first_heading_there_is_none():
    assert paths("x", "I. Kinh tế")["x"] == ()
    assert section_paths("", [])(0) == ()


@pytest.mark.shared
def test_the_headings_of_the_first_report_against_a_table_made_by_hand(shared):
    reading = Reading(SourceText((shared / "gold" / "seed.txt").read_text(encoding="utf-8")))
    parts = [(p.start, p.end) for p in reading.paragraphs]
    found: dict[int, int | None] = {}
    for path in heading_tree(reading.text, parts):
        starts = [reading.to_source(h.start, h.end)[0] for h in path]
        found |= dict(zip(starts, [None, *starts], strict=False))
    with (DATA / "seed_headings.tsv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    wanted = {int(r["start"]): int(r["parent"]) if r["parent"] else None for r in rows}
    assert len(wanted) > 30
    right = sum(found.get(start, -1) == parent for start, parent in wanted.items())
    assert right >= 0.95 * len(wanted)
    assert len(found) <= 1.05 * len(wanted)
