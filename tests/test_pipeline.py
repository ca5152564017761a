"""Whatever text comes in: an answer, whose every offset is right, or an error with a name."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chitieu.api.answers import OFFERED, render
from chitieu.contract import Extraction, Notice, Period, Place
from chitieu.errors import BadEncoding, ChitieuError, EmptyText, NotText, TextTooLong
from chitieu.pipeline import check_text
from chitieu.settings import MAX_CHARACTERS
from chitieu.text.encodings import EncodedPart
from chitieu.text.files.reading import FileText, Page
from fakes import chaos_pipeline, fake_pipeline
from whole import assert_whole

FRAGMENTS = (
    "Tổng thu ngân sách ước đạt 215,4 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so với cùng kỳ. ",
    "Đàn bò có 8.320 con, giảm 3,1% so với cùng kỳ; ",
    "đạt chỉ tiêu", " 48/63 ", "âm 3,92%", "10 - 11", "từ 75 đến 80%", "1.050/1.130", "năm 2021", "825 tỷ 776 triệu đồng",
    "\r\n", "\n\n", "\n- ", "\u2028", "\u00a0", "\u200b", "\ufeff", "\u0301", "\u0323", "e\u0302\u0301", "😀", "👨‍👩‍👧", "가", "ก็",
    "\u202e", "١٢٣", "²", "½", "%", "‰", "...", "I. ", "A. KẾT QUẢ\n", "1. Kinh tế\n", "|", "\t",
)  # fmt: skip
UNTIDY = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=20).map("".join)


@pytest.fixture(scope="module")
def fake():
    return fake_pipeline()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=UNTIDY)
def test_any_text_is_answered_with_right_offsets_or_refused_by_name(fake, text):
    try:
        answer = fake.extract(text)
    except ChitieuError as error:
        assert error.code in ("text_empty", "text_binary", "text_encoding")
        return
    assert_whole(text, answer)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=UNTIDY, seed=st.integers(0, 2**32 - 1))
def test_whatever_the_tagger_sees_the_answer_is_whole_in_every_form(text, seed):
    try:
        answer = chaos_pipeline(seed).extract(text)
    except ChitieuError as error:
        assert error.code in ("text_empty", "text_binary", "text_encoding")
        return
    assert_whole(text, answer)
    assert_whole(text, Extraction.model_validate_json(answer.model_dump_json()))
    for media in OFFERED:
        assert render(media, answer, text).decode("utf-8")


REPORT = (
    "BÁO CÁO\nTình hình kinh tế - xã hội 9 tháng đầu năm 2023 của tỉnh Quảng Trị\n"
    "- Tổng thu ngân sách ước đạt 215,4 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so với cùng kỳ.\n"
    "- Đàn bò có 8.320 con, giảm 3,1% so với cùng kỳ.\n"
)


def plain(answer: Extraction) -> list[tuple[object, ...]]:
    """What an answer says, without offsets and ids."""
    nfc = [unicodedata.normalize("NFC", f.text) for f in answer.figures]
    return [(t, f.kind, f.value, f.ratio, f.direction) for t, f in zip(nfc, answer.figures, strict=True)]


def test_the_report_is_read(fake):
    answer = fake.extract(REPORT, id="x")
    assert_whole(REPORT, answer)
    assert [f.value for f in answer.figures if f.kind == "level"] == ["215400000000", "8320"]
    assert [f.ratio for f in answer.figures if f.kind == "attainment"] == ["0.814"]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: unicodedata.normalize("NFD", t),
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "😀" + t,
        lambda t: "\ufeff" + t,
        lambda t: t + "\n" * 50,
    ],
    ids=["NFD", "CRLF", "emoji", "BOM", "blank lines"],
)
def test_the_same_report_in_another_dress_says_the_same(fake, change):
    text = change(REPORT)
    answer = fake.extract(text)
    assert_whole(text, answer)
    assert plain(answer) == plain(fake.extract(REPORT))


def test_hints_go_before_what_the_text_says(fake):
    period = Period(text="cả năm 2019", start="2019-01-01", end="2019-12-31")
    place = Place(text="Bến Lâm", code="00")
    answer = fake.extract(REPORT, id="ten", period=period, place=place, with_text=True)
    assert (answer.document.id, answer.document.period, answer.document.place) == ("ten", period, place)
    assert answer.document.text == REPORT
    own = fake.extract(REPORT)
    assert own.document.period != period
    assert own.document.place is not None
    assert own.document.place.name == "Tỉnh Quảng Trị"
    assert own.document.text is None


def test_two_readings_are_equal(fake):
    assert fake.extract(REPORT, id="x") == fake.extract(REPORT, id="x")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", EmptyText), (" \n\t\u00a0\u2003", EmptyText), ("x\ud800y 5%", BadEncoding), ("thu 5%\0", NotText),
        ("\x01\x02\x03\x04 5", NotText), ("a" * (MAX_CHARACTERS + 1), TextTooLong),
    ],
)  # fmt: skip
def test_what_is_refused(text, error):
    with pytest.raises(error):
        check_text(text)


def test_the_limit_itself_is_allowed():
    assert check_text("á" * 20, limit=20) == "á" * 20


def file_of(text: str, **more) -> FileText:
    return FileText(text, "pdf", "0" * 64, **more)


def test_a_file_s_answer_holds_its_text_and_says_what_was_read(fake):
    text = "Thu ngân sách đạt 5 tỷ đồng.\fĐàn bò có 8.320 con."
    parts = (EncodedPart(0, 29, "unicode", 1.0), EncodedPart(29, len(text), "tcvn3", 0.4))
    notice = Notice(code="pages_by_ocr", message="x / y")
    file = file_of(text, pages=(Page(1, 0, 28), Page(2, 29, len(text))), encodings=parts, notices=(notice,))
    answer = fake.extract_file(file, id="a.pdf")
    assert_whole(text, answer)
    document = answer.document
    assert (document.text, document.kind, document.file_sha256, document.id) == (text, "pdf", "0" * 64, "a.pdf")
    assert [(p.number, text[p.start : p.end]) for p in document.pages] == [(1, text[:28]), (2, text[29:])]
    assert [(e.encoding, e.score) for e in document.encodings] == [("unicode", 1.0), ("tcvn3", 0.4)]
    assert [w.code for w in answer.warnings] == ["pages_by_ocr", "encoding_unsure"]
    assert (answer.warnings[1].start, answer.warnings[1].end) == (29, len(text))
    assert plain(answer) == plain(fake.extract(text))


def test_a_period_and_a_place_say_where_they_were_read(fake):
    text = "\u200b" + REPORT
    document = fake.extract(text).document
    for told in (document.period, document.place):
        assert told.read_from is not None
        assert told.text in text[told.read_from.start : told.read_from.end]


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100_000,
        "1," * 20_000,
        ", ".join(["12,5%"] * 10_000),
        "Đạt " * 30_000,
        "(" * 20_000 + "5",
        "- 5\n" * 10_000,
        "Thu 5" + "." * 200_000 + "x",
        "Thu 5%\n" + " " * 300_000 + "\nabc",
        "Thu e\u0302 5% " + ("\u0301" * 400 + "a") * 200,
    ],
    ids=["one number", "commas", "percents", "verbs", "brackets", "lines", "leader dots", "white space", "accents"],
)
def test_time_grows_no_faster_than_the_text_does(fake, text):
    """A loose bound on processor time: what is quadratic takes minutes here."""
    begun = time.process_time()
    assert_whole(text, fake.extract(text))
    assert time.process_time() - begun < 40


class TestServedModel:
    """The same promises of the model that is served."""

    def test_the_report(self, pipeline):
        answer = pipeline.extract(REPORT, id="x")
        assert_whole(REPORT, answer)
        assert {f.value for f in answer.figures} >= {"215400000000", "8320"}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text=UNTIDY)
    def test_any_text(self, pipeline, text):
        try:
            answer = pipeline.extract(text)
        except ChitieuError as error:
            assert error.code in ("text_empty", "text_binary", "text_encoding")
            return
        assert_whole(text, answer)
