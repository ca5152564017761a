import csv
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "layout_cases.json").read_text(encoding="utf-8"))
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


def read(text: str) -> Reading:
    return Reading(SourceText(text))


def paragraphs(reading: Reading) -> list[str]:
    return [reading.text[p.start : p.end] for p in reading.paragraphs]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_cases(case):
    reading = read(case["text"])
    assert paragraphs(reading) == case["paragraphs"]
    anchored = {
        reading.text[p.start : p.end]: reading.text[: p.anchor] for p in reading.paragraphs if p.anchor is not None
    }
    for body, words in case.get("anchors", {}).items():
        assert anchored[body].endswith(words), body


@pytest.mark.parametrize("joint", ["\n", " \n\n", "\r\n"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_hard_wrapped_lines_are_joined(width, joint):
    wrapped = joint.join(line for part in REPORT for line in textwrap.wrap(part, width))
    assert paragraphs(read(wrapped)) == REPORT


def test_page_numbers_without_form_feeds():
    pages = [line for part in REPORT * 6 for line in textwrap.wrap(part, 80)]
    for page, at in ((4, 60), (3, 40), (2, 20)):
        pages.insert(at, str(page))
    assert paragraphs(read("\n".join(pages))) == REPORT * 6


UNTIDY = st.text(alphabet="aĐ1 2.,;()[]-|¹²\n\r\t\f\u2028\u00ad\u200b\u0301%A", max_size=160)


@given(UNTIDY)
def test_what_is_read_is_the_source(text):
    reading = read(text)
    source = reading.source
    assert all(p.start < p.end for p in reading.paragraphs)
    assert reading.text == "\n\n".join(paragraphs(reading))
    for paragraph in reading.paragraphs:
        for at in range(paragraph.start, paragraph.end):
            start, end = reading.to_source(at, at + 1)
            begin, stop = source.to_view(start, end)
            assert reading.text[at] in source.view[begin:stop] or reading.text[at] in " |"


@given(UNTIDY)
def test_there_and_back(text):
    reading = read(text)
    for at, char in enumerate(reading.text):
        if not char.isspace() and char != "|":
            start, end = reading.to_source(at, at + 1)
            back = reading.from_source(start, end)
            assert back is not None
            assert back[0] <= at < back[1]


LINES = st.sampled_from(
    ["Thu đạt 5 tỷ(1), chi 4 tỷ[2].", "(1) Trong đó 3 tỷ.", "2", "[2] Còn lại.", "mật độ 650 người/km", "Tổng số¹ là 12", "¹ Gồm 5.",
     "\f", "(2)", ", bằng 52%", "11", "một dòng dài của văn bản đã ngắt dòng theo bề rộng của trang giấy nên chưa hết câu"]
)  # fmt: skip


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_nothing_is_read_twice(text):
    reading = read(text)
    places = [
        reading.to_source(at, at + 1) for at, char in enumerate(reading.text) if not char.isspace() and char != "|"
    ]
    assert len(places) == len(set(places))


@given(st.lists(st.sampled_from(["Thu", "chi", "năm", "đạt,", "tăng.", "\n", "\n\n", " "]), max_size=60).map(" ".join))
def test_words_are_neither_lost_nor_moved(text):
    assert read(text).text.split() == text.split()


def test_a_span_that_a_page_parts_is_told_by_its_longer_side():
    source = "Tổng vốn " + "\n" * 80 + "đầu tư toàn xã hội"
    reading = read("x\n" * 3 + source)
    at = reading.text.index("đầu tư")
    start, end = reading.to_source(at, at + 6)
    assert reading.source.text[start:end] == "đầu tư"


def test_out_of_range():
    reading = read("Thu 5%")
    for start, end in ((0, 0), (3, 2), (0, 7), (-1, 2)):
        with pytest.raises(IndexError):
            reading.to_source(start, end)


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.mark.shared
class TestSeed:
    """The report that the project began with, against a table made by hand: offsets only."""

    @pytest.fixture
    def reading(self, shared) -> Reading:
        return read((shared / "gold" / "seed.txt").read_text(encoding="utf-8"))

    def test_footnotes_belong_to_the_passages_that_carry_their_marks(self, reading):
        found = rows("seed_footnotes.tsv")
        assert len(found) == 11
        for row in found:
            assert reading.from_source(int(row["mark_start"]), int(row["mark_end"])) is None
            first, last = (reading.from_source(int(row["body_end"]) - n, int(row["body_end"])) for n in (3, 1))
            own = [p for p in reading.paragraphs if first and p.start <= first[0] < p.end]
            assert own, row
            assert own[0].end == (last or first)[1]
            assert own[0].anchor is not None
            before = reading.to_source(own[0].anchor - 1, own[0].anchor)[1]
            assert reading.source.text[before : int(row["mark_start"])].strip() == ""

    def test_what_belongs_to_the_page_is_not_read(self, reading):
        numbers = [r for r in rows("seed_pages.tsv") if r["kind"] != "ornament"]
        assert numbers
        for row in numbers:
            assert reading.from_source(int(row["start"]), int(row["end"])) is None, row
