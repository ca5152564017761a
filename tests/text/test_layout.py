import textwrap
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.text.layout import heading_rank, paragraphs, section_paths

REPORT = [
    "I. KẾT QUẢ ĐẠT ĐƯỢC",
    "1. Nông nghiệp",
    "- Diện tích gieo trồng cả năm ước đạt 125.430 ha, bằng 101,2% kế hoạch, tăng 0,8% so với cùng kỳ năm trước; năng suất "
    "lúa bình quân đạt 58,3 tạ/ha, sản lượng lương thực có hạt ước đạt 612 nghìn tấn, vượt kế hoạch đề ra từ đầu năm.",
    "- Chăn nuôi phát triển ổn định, đàn lợn có 312 nghìn con, tăng 4,1%; đàn gia cầm có 5,2 triệu con, tăng 6,3% so với "
    "cùng kỳ; công tác phòng, chống dịch bệnh được triển khai đồng bộ, không để phát sinh ổ dịch lớn trên địa bàn.",
    "II. HẠN CHẾ",
    "Giải ngân vốn đầu tư công mới đạt 61% kế hoạch, thấp hơn bình quân chung của cả nước và thấp hơn cùng kỳ năm trước; một "
    "số dự án trọng điểm vướng mặt bằng, năng lực của một số chủ đầu tư và nhà thầu thi công còn hạn chế.",
]


def texts(view):
    return [" ".join(view[p.start : p.end].split()) for p in paragraphs(view)]


def test_one_paragraph_a_line():
    assert texts("\n".join(REPORT)) == REPORT


@pytest.mark.parametrize("joint", ["\n", " \n\n", "\r\n"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_hard_wrapped_lines_are_joined(width, joint):
    wrapped = joint.join(line for part in REPORT for line in textwrap.wrap(part, width))
    assert texts(wrapped) == REPORT


@given(st.text(alphabet="ab 1.-\n\r\t\u2028A%", max_size=200))
def test_paragraphs_hold_every_character_in_order(view):
    found = paragraphs(view)
    assert all(p.start < p.end for p in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    held = {i for p in found for i in range(p.start, p.end)}
    assert all(c.isspace() or i in held for i, c in enumerate(view))


def test_sections_nest():
    view = "\n".join(REPORT)
    section = section_paths(view, paragraphs(view))
    assert section(view.index("gieo trồng")) == ("I. KẾT QUẢ ĐẠT ĐƯỢC", "1. Nông nghiệp")
    assert section(view.index("Giải ngân")) == ("II. HẠN CHẾ",)


@pytest.mark.parametrize(
    ("text", "is_heading"),
    [
        ("A. KẾT QUẢ NĂM 2020", True),
        ("2.1. Thu ngân sách", True),
        ("b) Y tế", True),
        ("BÁO CÁO TỔNG KẾT", True),
        ("Thu ngân sách đạt 5 tỷ đồng.", False),
        ("1. Thu ngân sách đạt 5.210 tỷ đồng, bằng 91% dự toán", False),
        ("", False),
    ],
)
def test_headings(text, is_heading):
    assert (heading_rank(text) is not None) == is_heading
