"""PDFs: pages and their offsets, raised digits, hyphens, pages that are pictures, and all that is wrong with a file."""

from __future__ import annotations

import re
import time

import pytest

from chitieu.errors import FileDamaged, FileEncrypted, FileTooCostly, FileTooLarge, FileWithoutText, TextTooLong
from chitieu.settings import Settings
from chitieu.text.files.reading import read_bytes

NO_OCR = Settings(ocr="never")


def lines(*texts: str, top: float = 780, size: float = 12) -> list[tuple[float, float, float, str]]:
    return [(60.0, top - 18 * n, size, text) for n, text in enumerate(texts)]


def test_pages_lie_between_form_feeds_at_their_offsets(pdf):
    read = read_bytes(
        pdf(
            [lines("Thu ngân sách đạt 7.215 tỷ đồng,", "bằng 81,4% dự toán."), lines("Trang sau."), None, lines("Hết.")]
        )
    )
    assert read.kind == "pdf"
    assert read.text == "Thu ngân sách đạt 7.215 tỷ đồng,\nbằng 81,4% dự toán.\fTrang sau.\f\fHết."
    assert [page.number for page in read.pages] == [1, 2, 3, 4]
    assert [read.text[page.start : page.end] for page in read.pages] == read.text.split("\f")
    assert read.notices == ()  # the blank page is none that was missed


def test_raised_digits_do_not_glue_to_words_and_numbers(pdf):
    page = [
        (60.0, 780.0, 12.0, "Diện tích 1.250 m"),
        (60 + 17 * 6.0, 784.0, 7.0, "2"),
        (60 + 17 * 6.0 + 4, 780.0, 12.0, ", tăng 15"),
        (60 + 26 * 6.0 + 4, 784.0, 7.0, "12"),
        (60 + 26 * 6.0 + 12, 780.0, 12.0, " căn, khí CO"),
        (60 + 38 * 6.0 + 12, 777.0, 7.0, "2"),
        (60.0, 104.0, 6.0, "12"),
        (67.0, 100.0, 10.0, "Số liệu của Cục Thống kê năm 2021."),
    ]
    read = read_bytes(pdf([page]))
    assert read.text == "Diện tích 1.250 m², tăng 15¹² căn, khí CO2\n__________\n¹² Số liệu của Cục Thống kê năm 2021."


def test_small_digits_on_the_line_and_large_ones_above_it_stay(pdf):
    page = [(60.0, 780.0, 12.0, "Bảng "), (90.0, 780.0, 8.0, "2"), (60.0, 796.0, 12.0, "2021")]
    assert not re.search("[⁰¹²³⁴-⁹]", read_bytes(pdf([page])).text)


def test_sizes_that_stand_in_the_matrix_count(pdf):
    """Word's PDFs write `1 Tf` and scale by the matrix."""
    data = pdf([[(60.0, 780.0, 12.0, "rừng 15 m"), (114.0, 784.0, 7.0, "3"), (119.0, 780.0, 12.0, " gỗ")]], scaled=True)
    assert read_bytes(data).text == "rừng 15 m³ gỗ"


def test_hyphens_at_line_ends_stay_as_printed(pdf):
    read = read_bytes(pdf([lines("tình hình kinh tế -", "xã hội và an-", "ninh")]))
    assert read.text == "tình hình kinh tế -\nxã hội và an-\nninh"


def test_a_letter_at_the_soft_hyphens_code_is_no_hyphen(pdf):
    """TCVN3 has ư there; at a line's end pdfium takes it for a hyphen, but it is no flat stroke."""
    text = lines("C¸c chØ tiªu chñ yÕu cña tØnh ®Òu ®¹t còng nh\xad", "kÕ ho¹ch ®· ®Ò ra trong n¨m 2021.")
    read = read_bytes(pdf([text], drawn="\xad"))
    assert read.text == "Các chỉ tiêu chủ yếu của tỉnh đều đạt cũng như\nkế hoạch đã đề ra trong năm 2021."


def test_legacy_fonts_are_decoded_page_by_page(pdf):
    tcvn3 = "Tæng thu ng©n s¸ch nhµ n­íc trªn ®Þa bµn tØnh ®¹t 7.215 tû ®ång, b»ng 81,4% dù to¸n"
    read = read_bytes(pdf([lines(tcvn3), lines(tcvn3 + " n¨m 2021")]), settings=NO_OCR)
    first, second = (read.text[page.start : page.end] for page in read.pages)
    assert first == "Tổng thu ngân sách nhà nước trên địa bàn tỉnh đạt 7.215 tỷ đồng, bằng 81,4% dự toán"
    assert second == first + " năm 2021"
    assert {part.encoding for part in read.encodings} == {"tcvn3"}


def test_raised_digits_are_no_letters_of_a_legacy_font(pdf):
    """`¹` is the letter ạ of TCVN3: a footnote mark must not become one."""
    text = "Tæng thu ng©n s¸ch nhµ n­íc trªn ®Þa bµn tØnh ®¹t 7.215 tû ®ång"
    page = [(20.0, 780.0, 10.0, text), (20.0 + 5 * len(text), 784.0, 6.0, "1")]
    assert read_bytes(pdf([page])).text == "Tổng thu ngân sách nhà nước trên địa bàn tỉnh đạt 7.215 tỷ đồng¹"


def test_an_encoding_that_is_asked_for_is_used(pdf):
    read = read_bytes(pdf([lines("®Þa bµn")]), encoding="tcvn3")
    assert read.text == "địa bàn"
    assert [part.encoding for part in read.encodings] == ["tcvn3"]


SCAN = b"2,2," + b"\x80" * 4


def test_scanned_pages_are_told_where_others_have_text(pdf):
    read = read_bytes(pdf([lines("Có chữ."), SCAN, None, SCAN, SCAN]), settings=NO_OCR)
    assert read.text == "Có chữ.\f\f\f\f"
    [notice] = read.notices
    assert notice.code == "pages_without_text"
    assert "2, 4-5" in notice.message


def test_a_stamp_does_not_make_a_scan_text(pdf):
    page = pdf([SCAN])
    with pytest.raises(FileWithoutText) as caught:
        read_bytes(page, name="quét.pdf", settings=NO_OCR)
    assert caught.value.detail["file"] == "quét.pdf"
    assert caught.value.detail["page"] == 1
    assert "quét.pdf, trang 1" in caught.value.message


def test_scans_without_ocr_say_what_to_install(pdf, monkeypatch):
    monkeypatch.setattr("chitieu.text.files.ocr.shutil.which", lambda program: None)
    with pytest.raises(FileWithoutText) as caught:
        read_bytes(pdf([SCAN, SCAN]))
    assert "tesseract-ocr-vie" in caught.value.message
    assert "chitieu[ocr]" in caught.value.message


def test_a_truncated_pdf_is_an_error_even_where_its_pages_open(pdf):
    whole = pdf([lines(f"Trang {n}") for n in range(30)])
    for share in (0.2, 0.5, 0.9, 0.995):
        with pytest.raises(FileDamaged) as caught:
            read_bytes(whole[: int(len(whole) * share)], name="cụt.pdf")
        assert "cụt.pdf" in caught.value.message
        assert caught.value.detail["cause"]


def test_a_damaged_page_is_named(pdf):
    data = pdf([lines("Một."), lines("Hai.")])
    kids = re.search(rb"/Kids \[(\d+) 0 R (\d+) 0 R\]", data)
    assert kids is not None
    broken = data.replace(kids[2] + b" 0 R]", b"9" * len(kids[2]) + b" 0 R]")
    with pytest.raises(FileDamaged) as caught:
        read_bytes(broken, name="x.pdf")
    assert caught.value.detail["page"] == 2


def test_a_pdf_without_pages(pdf):
    with pytest.raises(FileDamaged):
        read_bytes(pdf([]))


def test_noise_behind_a_pdf_header():
    with pytest.raises(FileDamaged):
        read_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"%%EOF")


def test_an_encrypted_pdf_is_told(pdf):
    """The standard handler with a password that is not empty: an /O and /U that no empty password fits."""
    handler = f"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'5a' * 32}> /U <{'a5' * 32}> >>"
    with pytest.raises(FileEncrypted) as caught:
        read_bytes(pdf([lines("Mật.")], trailer=handler), name="mật.pdf")
    assert "mật.pdf" in caught.value.message


def test_two_thousand_pages_in_bounded_time(pdf, children_seconds):
    data = pdf(
        [lines(f"Trang {n}: thu ngân sách đạt {n} tỷ đồng, bằng 81,4% dự toán năm 2021 của tỉnh.") for n in range(2000)]
    )
    read = read_bytes(data, settings=Settings(read_seconds=600))
    assert children_seconds() < 30
    assert len(read.pages) == 2000
    assert read.text[read.pages[1234].start :].startswith("Trang 1234:")
    with pytest.raises(FileTooLarge) as caught:
        read_bytes(data, settings=Settings(max_pages=1999))
    assert caught.value.detail["limit"] == 1999
    with pytest.raises(TextTooLong):
        read_bytes(data, settings=Settings(max_characters=10_000))


def test_a_pdf_that_takes_too_long(pdf):
    page = [(60.0, float(y % 800), 10.0, f"m{y}") for y in range(20_000)]
    data = pdf([page] * 8)
    start = time.monotonic()
    with pytest.raises(FileTooCostly) as caught:
        read_bytes(data, name="chậm.pdf", settings=Settings(read_seconds=1))
    assert time.monotonic() - start < 10
    assert "chậm.pdf" in caught.value.message
