"""Fonts' paragraphs, encodings asked for, and what cannot be read."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from chitieu.errors import BadEncoding, NotText
from chitieu.text.encodings import ENCODINGS, Decoded, decode_bytes, decode_fonts
from text.encodings.encoder import encode, plain, shown

DATA = Path(__file__).parent / "data"
with (DATA / "fonts.tsv").open(encoding="utf-8", newline="") as handle:
    FONTS = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
TEXT = "Tổng thu ngân sách của tỉnh đạt 5 tỷ đồng, vượt kế hoạch"


@pytest.mark.parametrize("case", FONTS, ids=[c["why"] for c in FONTS])
def test_paragraphs_typed_in_fonts(case):
    decoded = decode_fonts(case["codes"])
    assert decoded.text == case["text"]
    assert [p.encoding for p in decoded.parts] == [case["encoding"]]


def test_capitals_font_in_small_letters_stays_small():
    """Typed without capitals for the capitals font, the codes are those of small letters: nothing tells them apart."""
    assert decode_fonts("céng hoµ x· héi chñ nghÜa viÖt nam").text == "cộng hoà xã hội chủ nghĩa việt nam"


def test_empty():
    assert decode_bytes(b"") == decode_fonts("") == Decoded("", ())
    assert decode_bytes(b"\xef\xbb\xbf").text == ""


@pytest.mark.parametrize("name", [n for n in ENCODINGS if n != "utf-16"])
def test_every_name_is_accepted(name):
    decoded = decode_bytes(encode(TEXT, name), encoding=name)
    assert decoded.text == TEXT
    assert [(p.start, p.end, p.encoding) for p in decoded.parts] == [(0, len(TEXT), name)]
    assert decoded.parts[0].score > 0.9


@pytest.mark.parametrize(
    "data", [TEXT.encode("utf-16"), TEXT.encode("utf-16le"), b"\xfe\xff" + TEXT.encode("utf-16be")]
)
def test_utf16_of_either_order(data):
    assert decode_bytes(data, encoding="UTF_16").text == TEXT


def test_an_encoding_asked_for_is_not_second_guessed():
    seen = shown(encode(TEXT, "tcvn3"))
    assert decode_bytes(seen.encode(), encoding="utf-8").text == seen
    wrong = decode_bytes(encode(TEXT, "tcvn3"), encoding="viscii")
    assert wrong.parts[0].encoding == "viscii"
    assert wrong.parts[0].score < 0.7


def test_a_font_asked_for_reads_a_unicode_file_of_its_characters():
    assert decode_bytes(shown(encode("b¸o cáo", "tcvn3")[:3]).encode(), encoding="tcvn3").text == "báo"


def test_unknown_name():
    with pytest.raises(BadEncoding) as caught:
        decode_bytes(b"abc", encoding="klingon")
    assert caught.value.code == "text_encoding"
    assert caught.value.detail["encodings"] == list(ENCODINGS)


@pytest.mark.parametrize(
    ("name", "data", "position"),
    [
        ("utf-8", b"abc\xb5", 3),
        ("utf-16le", b"a\0b", 2),
        ("utf-16be", b"\0a\xd8\0", 2),
        ("windows-1258", b"ab\x8e", 2),
        ("viqr", b"abcd\xe1", 4),
        ("vni-windows", b"ab \xde", 3),
        ("vps", b"a\xdf", 1),
    ],
)
def test_bytes_that_the_encoding_does_not_have(name, data, position):
    with pytest.raises(BadEncoding) as caught:
        decode_bytes(data, encoding=name)
    assert caught.value.detail["position"] == position


def test_a_damaged_utf8_file_is_not_guessed():
    good = plain((DATA / "thu_chi.txt").read_text(encoding="utf-8")).encode()
    data = good + "Kết quả thực hiện nhiệm vụ và tỷ lệ".encode()[:-1]
    with pytest.raises(BadEncoding) as caught:
        decode_bytes(data)
    assert len(data) - 3 <= caught.value.detail["position"] < len(data)


@pytest.mark.parametrize("codec", ["koi8-r", "gbk", "shift-jis"])
def test_bytes_that_no_encoding_explains(codec):
    text = {
        "koi8-r": "Доклад о развитии области за год\n",
        "gbk": "全省经济社会发展情况报告\n",
        "shift-jis": "経済の発展に関する報告書\n",
    }[codec]
    with pytest.raises(BadEncoding) as caught:
        decode_bytes((text * 5).encode(codec))
    assert caught.value.detail["position"] < 10


@pytest.mark.parametrize(
    "data", [b"\0" * 100, b"GIF89a\0\1\0", bytes(range(256)), b"\x01\x02\x03\x04\x05", "a\0b".encode("utf-16")]
)
def test_binary_data(data):
    with pytest.raises(NotText):
        decode_bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        encode(plain((DATA / "thu_chi.txt").read_text(encoding="utf-8")) * 100, "tcvn3"),
        b"\xe1" * 100_000,
        b"ab\xe1\n" * 25_000,
        b"a^'" * 30_000,
        b"ta. " * 30_000,
        b"\xb7 " * 50_000,
    ],
    ids=["report", "one word", "short lines", "viqr", "full stops", "signs"],
)
def test_time_grows_with_the_length(data):
    """Twice the bytes, twice the time, with much room for a busy machine; a quadratic step would take minutes."""

    def seconds(part: bytes) -> float:
        before = time.process_time()
        decode_bytes(part)
        return time.process_time() - before

    seconds(data[:1000])  # tables are read once
    assert seconds(data) < 8


@pytest.mark.parametrize(
    "part",
    ["Tæng thu ng©n s¸ch « tÊt ", "Tæng thu ng©n s¸ch · tÊt ", "«»© ² ", "CéNG HßA XA HéI ", "é ß µ "],
    ids=["quotation marks", "dots", "signs", "capitals", "open case"],
)
@pytest.mark.parametrize("way", ["fonts", "bytes"])
def test_one_long_line_takes_time_as_its_length(part, way):
    """A paragraph that no line break ends: four times the text, about four times the time."""

    def seconds(length: int) -> float:
        text = part * (length // len(part))
        before = time.process_time()
        if way == "fonts":
            decode_fonts(text)
        else:
            decode_bytes(text.encode("latin-1"), encoding="tcvn3")
        return time.process_time() - before

    seconds(1000)
    # The best of three: a busy machine's caches cost processor time, too.
    short, long = (min(seconds(length) for _ in range(3)) for length in (100_000, 400_000))
    assert long < 10 * max(short, 0.1)  # sixteen times where a step is quadratic
    assert long < 8


def test_marks_without_end_take_time_as_their_number():
    data = b"xin ch\xe0o a" + b"\xcc\xf2" * 100_000
    before = time.process_time()
    decoded = decode_bytes(data, encoding="windows-1258")
    assert time.process_time() - before < 2
    assert decoded.text.startswith("xin chào ạ")
