"""Scanned pages read by OCR, where OCRmyPDF and Tesseract's Vietnamese are installed."""

from __future__ import annotations

import ctypes
import time

import pytest

from chitieu.errors import FileTooLarge
from chitieu.settings import Settings
from chitieu.text.files import ocr
from chitieu.text.files.raw import Raw
from chitieu.text.files.reading import read_bytes


@pytest.fixture(scope="session")
def can_read_scans():
    lacking = ocr._lacking()
    if lacking:
        pytest.skip(f"needs {lacking} (scripts/install_programs.sh)")


def picture(data: bytes, scale: float = 3.0) -> bytes:
    """The first page of a PDF as a gray picture: what a scanner gives."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    bitmap = document[0].render(scale=scale, grayscale=True)
    pixels = bytes(ctypes.string_at(bitmap.buffer, bitmap.stride * bitmap.height))
    rows = [pixels[n * bitmap.stride : n * bitmap.stride + bitmap.width] for n in range(bitmap.height)]
    return b"%d,%d,%s" % (bitmap.width, bitmap.height, b"".join(rows))


@pytest.mark.ocr
def test_a_scanned_page_between_others(pdf, can_read_scans):
    printed = [(60.0, 740.0, 14.0, "Thu 7.215,4 va chi 6.318,2"), (60.0, 700.0, 14.0, "bang 81,4% va 95,5%")]
    scan = picture(pdf([printed], spaced=True))
    read = read_bytes(pdf([[(60.0, 700.0, 12.0, "Có chữ.")], scan, None]), name="quét.pdf")
    assert len(read.pages) == 3
    first, second, third = (read.text[page.start : page.end] for page in read.pages)
    assert first == "Có chữ."
    assert third == ""
    for figure in ("7.215,4", "6.318,2", "81,4%", "95,5%"):
        assert figure in second
    [notice] = read.notices
    assert notice.code == "pages_by_ocr"
    assert "2" in notice.message


@pytest.mark.ocr
def test_always_reads_pages_with_text_too(pdf, can_read_scans):
    read = read_bytes(
        pdf([[(60.0, 700.0, 16.0, "Tong thu 7.215,4 va 95,5%")]], spaced=True), settings=Settings(ocr="always")
    )
    assert "7.215,4" in read.text
    assert [notice.code for notice in read.notices] == ["pages_by_ocr"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("bytearray(600 * 1024 * 1024)", "512 MiB"),
        (
            "import subprocess; subprocess.run([sys.executable, '-c', 'bytearray(600 * 1024 * 1024)'], check=True)",
            "512 MiB",
        ),
        ("time.sleep(60)", "2 s"),
        ("while True: pass", "2 s"),
    ],
    ids=["memory", "memory of a program it starts", "time", "processor time"],
)
def test_ocr_has_limits_of_its_own(monkeypatch, tmp_path, body, said):
    script = tmp_path / "stand_in.py"
    script.write_text(f"import sys, time\n{body}\n")
    monkeypatch.setattr(ocr, "_lacking", lambda: "")
    monkeypatch.setattr(ocr, "_PROGRAM", [str(script)])
    start = time.monotonic()
    seconds = 60 if "MiB" in said else 2
    with pytest.raises(ocr.ReadFailure) as caught:
        ocr.with_ocr(b"", Raw("pdf", ("",), bare=(1,)), Settings(ocr_memory_mb=512, ocr_seconds=seconds))
    assert caught.value.code == "too_costly"
    assert said in caught.value.en
    assert time.monotonic() - start < 30


def test_too_many_scanned_pages(monkeypatch):
    monkeypatch.setattr(ocr, "_lacking", lambda: "")
    raw = Raw("pdf", ("",) * 9, bare=tuple(range(1, 10)))
    with pytest.raises(ocr.ReadFailure) as caught:
        ocr.with_ocr(b"", raw, Settings(max_ocr_pages=8))
    assert caught.value.code == "too_large"
    assert FileTooLarge.status == 413


def test_always_without_the_programs_keeps_the_text_and_says_so(pdf, monkeypatch):
    monkeypatch.setattr(ocr, "_lacking", lambda: "tesseract-ocr-vie")
    read = read_bytes(pdf([[(60.0, 700.0, 12.0, "Có chữ.")]]), settings=Settings(ocr="always"))
    assert read.text == "Có chữ."
    assert [notice.code for notice in read.notices] == ["ocr_missing"]


def test_pages_are_listed_in_runs():
    assert ocr._listed((1, 3, 4, 5, 9)) == "1, 3-5, 9"
