"""Kinds by content, files that cannot be had, limits, and processes that go wrong."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import openpyxl
import pytest

from chitieu.errors import (
    BadEncoding,
    ConfigInvalid,
    EmptyText,
    FileDamaged,
    FileTooCostly,
    FileTooLarge,
    FileUnreadable,
    FileUnsupported,
    NotText,
    TextTooLong,
)
from chitieu.settings import Settings
from chitieu.text.files import sandbox
from chitieu.text.files.reading import read_bytes, read_file

TEXT = "Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.\n"


@pytest.mark.parametrize(
    ("name", "kind"), [("x.txt", "txt"), ("x.md", "md"), ("x.MARKDOWN", "md"), ("x.csv", "csv"), ("x", "txt"), ("x.pdf", "txt"), ("x.docx", "txt"), ("x.html", "txt")]
)  # fmt: skip
def test_text_by_its_content_whatever_its_name(name, kind):
    read = read_bytes(TEXT.encode(), name=name)
    assert read.kind == kind
    assert read.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert read.pages == ()


def test_text_stays_as_it_is():
    text = "Một\r\n\r\n  hai\t¹²\f\xad ba  \n"
    assert read_bytes(text.encode()).text == text


def test_a_pdf_or_word_file_under_another_name(pdf, docx):
    assert read_bytes(pdf([[(60.0, 700.0, 12.0, "Chữ.")]]), name="x.docx").kind == "pdf"
    assert read_bytes(docx("<w:p><w:r><w:t>Chữ.</w:t></w:r></w:p>"), name="x.pdf").kind == "docx"
    assert read_bytes(b"<!-- c --> <html><body><p>15%</p></body></html>", name="x.doc").kind == "html"
    assert read_bytes("\ufeff<TABLE><tr><td>a<td>15%</table>".encode(), name="x.xls").text == "a | 15%"


def test_comments_in_front_of_a_page_take_no_time():
    start = time.process_time()
    assert read_bytes(b"<!---->" * 5000 + b"x").kind == "txt"
    assert read_bytes(b"<!--" * 15_000).kind == "txt"
    assert read_bytes(b" " * 60_000 + b"x").kind == "txt"
    assert time.process_time() - start < 1
    assert read_bytes(b"<?xml version='1.0'?> <!---->" + b"<!-- > --> " * 5000 + b"<p>15%</p>").kind == "html"


def test_a_hint_tells_text_without_a_name():
    data = b"Thu,15\nChi,12\n"
    assert read_bytes(data, kind_hint="csv").text == "Thu | 15\nChi | 12"
    assert read_bytes(data, kind_hint="md").kind == "md"
    assert read_bytes(data, name="x.csv", kind_hint="md").kind == "csv"
    assert read_bytes(b"<html><body><p>15%</p></body></html>", kind_hint="csv").kind == "html"


def test_whether_lines_may_be_wrapped(pdf, docx):
    filled = openpyxl.Workbook()
    filled.active.append([15])
    book = io.BytesIO()
    filled.save(book)
    assert read_bytes(b"15%").wrapped
    assert read_bytes(b"15%", name="x.md").wrapped
    assert read_bytes(pdf([[(60.0, 700.0, 12.0, "15%")]])).wrapped
    for data, name in (
        (docx("<w:p><w:r><w:t>15%</w:t></w:r></w:p>"), ""),
        (b"<html><body><p>15%</p></body></html>", ""),
        (book.getvalue(), ""),
        (b"a,15%", "x.csv"),
    ):
        assert not read_bytes(data, name=name).wrapped


def test_a_text_about_pdf_and_html_is_text():
    assert read_bytes(b"Ghi ch\xc3\xba: m\xe1\xbb\x9f %PDF-1.7 b\xe1\xba\xb1ng <html>").kind == "txt"


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(40), b"\xff\xd8\xff\xe0" + bytes(40), b"Rar!\x1a\x07\x00", b"\x7fELF" + bytes(60), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2040)]
)  # fmt: skip
def test_what_is_not_read_is_told_with_its_name(data):
    with pytest.raises(FileUnsupported) as caught:
        read_bytes(data, name="ảnh.pdf")
    assert "ảnh.pdf" in caught.value.message
    assert caught.value.detail["file"] == "ảnh.pdf"


def test_binary_and_undecodable_bytes_name_the_file():
    with pytest.raises(NotText) as binary:
        read_bytes(bytes(range(256)) * 20, name="x.bin")
    assert binary.value.detail["file"] == "x.bin"
    with pytest.raises(BadEncoding) as unknown:
        read_bytes(TEXT.encode(), name="x.txt", encoding="no-such-encoding")
    assert unknown.value.detail["file"] == "x.txt"


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_nothing_to_read(data):
    with pytest.raises(EmptyText) as caught:
        read_bytes(data, name="trống.txt")
    assert "trống.txt" in caught.value.message


def test_files_that_cannot_be_had(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    start = time.monotonic()
    for path in (
        tmp_path / "missing.txt",
        tmp_path,
        pipe,
        Path("/dev/zero"),
        Path("/dev/null"),
        Path("a\0b"),
        tmp_path / ("x" * 300),
    ):
        with pytest.raises(FileUnreadable) as caught:
            read_file(path)
        assert caught.value.detail["file"] == str(path)
        assert caught.value.detail["cause"]
    assert time.monotonic() - start < 2


def test_a_file_that_may_not_be_read(tmp_path: Path):
    path = tmp_path / "x.txt"
    path.write_text(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(FileUnreadable):
        read_file(path)


def test_a_file_that_fails_or_vanishes_while_it_is_read(tmp_path: Path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text(TEXT)
    real = os.open

    def open_and_remove(name, flags, *rest, **more):
        handle = real(name, flags, *rest, **more)
        path.unlink(missing_ok=True)
        return handle

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", open_and_remove)
        assert read_file(path).text == TEXT  # what was opened stays readable
    with pytest.raises(FileUnreadable):
        read_file(path)
    path.write_text(TEXT)
    with monkeypatch.context() as patched, pytest.raises(FileUnreadable) as caught:
        patched.setattr(os, "fstat", _raise_stale)
        read_file(path)
    assert "Stale" in caught.value.detail["cause"]


def _raise_stale(handle: int) -> None:
    raise OSError(116, "Stale file handle")


def test_a_hundred_megabytes(tmp_path: Path):
    path = tmp_path / "lớn.txt"
    with path.open("wb") as out:
        out.truncate(100 * 1024 * 1024 + 1)
    start = time.monotonic()
    with pytest.raises(FileTooLarge) as caught:
        read_file(path)
    assert caught.value.detail["limit"] == 100 * 1024 * 1024
    path.write_bytes(TEXT.encode() * (100 * 1024 * 1024 // len(TEXT.encode())))
    with pytest.raises(TextTooLong) as long:
        read_file(path)
    assert "lớn.txt" in long.value.message
    assert long.value.detail["limit"] == Settings().max_characters
    assert time.monotonic() - start < 10


def test_the_limit_of_characters_is_exact():
    assert read_bytes(b"a" * 50, settings=Settings(max_characters=50)).text == "a" * 50
    with pytest.raises(TextTooLong):
        read_bytes(b"a" * 51, settings=Settings(max_characters=50))


def _child(monkeypatch, tmp_path: Path, body: str) -> None:
    """Have the sandbox run this program in place of the parser."""
    script = tmp_path / "stand_in.py"
    script.write_text(f"import os, signal, sys, time\nsys.stdin.buffer.read()\n{body}\n")
    monkeypatch.setattr(sandbox, "_MODULE", [str(script)])


@pytest.mark.parametrize(
    ("body", "said", "seconds"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV", 60),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "2 s", 2),
        ("time.sleep(60)", "2 s", 2),
        ("sys.exit(3)", "3", 60),
        ("raise MemoryError", "2048 MiB", 60),
        ("print('no JSON')", "", 60),
    ],
)
def test_a_parser_that_crashes_or_hangs(monkeypatch, tmp_path, pdf, body, said, seconds):
    _child(monkeypatch, tmp_path, body)
    with pytest.raises(FileTooCostly) as caught:
        read_bytes(pdf([None]), name="x.pdf", settings=Settings(read_seconds=seconds))
    assert said in caught.value.message
    assert "x.pdf" in caught.value.message


def test_what_a_hanging_parser_started_ends_with_it(monkeypatch, tmp_path, pdf):
    mark = tmp_path / "alive"
    _child(
        monkeypatch,
        tmp_path,
        f"if os.fork() == 0:\n    time.sleep(3)\n    open({str(mark)!r}, 'w').close()\n    os._exit(0)\ntime.sleep(60)",
    )
    with pytest.raises(FileTooCostly):
        read_bytes(pdf([None]), settings=Settings(read_seconds=1))
    time.sleep(3)
    assert not mark.exists()


def test_memory_is_bounded(docx):
    paragraphs = "<w:p/>" * 2_000_000
    with pytest.raises((FileTooCostly, FileDamaged)):
        read_bytes(docx(paragraphs), name="x.docx", settings=Settings(read_memory_mb=256))


def test_the_parsers_start_light():
    """Neither pydantic nor anything of the pipeline is loaded by the process that parses."""
    code = (
        "import sys\n"
        "import chitieu.text.files.child, chitieu.text.files.pdf, chitieu.text.files.word, chitieu.text.files.web, chitieu.text.files.zips, chitieu.text.files.sheets\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pydantic', 'spacy', 'numpy', 'underthesea', 'onnxruntime', 'PIL', 'openpyxl'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_overhead_of_a_process(docx, children_seconds):
    for _ in range(3):
        read_bytes(docx("<w:p><w:r><w:t>15%</w:t></w:r></w:p>"))
    assert children_seconds() / 3 < 0.5


def test_threads_read_side_by_side(docx):
    found: dict[int, str] = {}

    def read(number: int) -> None:
        found[number] = read_bytes(docx(f"<w:p><w:r><w:t>Số {number}</w:t></w:r></w:p>")).text

    threads = [threading.Thread(target=read, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: f"Số {n}" for n in range(6)}


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CHITIEU_MAX_CHARACTERS", "10")
    with pytest.raises(TextTooLong):
        read_bytes(TEXT.encode())
    monkeypatch.setenv("CHITIEU_MAX_CHARACTERS", "many")
    with pytest.raises(ConfigInvalid) as caught:
        read_bytes(TEXT.encode())
    assert caught.value.detail["variable"] == "CHITIEU_MAX_CHARACTERS"
