"""What a walk finds, and what it refuses."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from batch_runs import fill, zipped
from chitieu.batch.entries import Entry, Fault, Selection
from chitieu.batch.walk import walk
from chitieu.errors import BadRequest, ProgramMissing
from chitieu.settings import Settings

MIB = 1024 * 1024


def walked(address, *, without: Path | None = None, settings: Settings | None = None, **selection):
    """Names with their bytes, or with the code of the error."""
    out = {}
    for found in walk(str(address), selection=Selection(**selection), settings=settings or Settings(), without=without):
        assert found.name not in out
        if isinstance(found, Fault):
            out[found.name] = found.error.code
            continue
        try:
            out[found.name] = found.load()
        except Exception as error:
            out[found.name] = error.code
    return out


def test_a_folder_is_walked_by_name_and_what_systems_leave_is_passed_over(tmp_path):
    fill(tmp_path, {"b/2.txt": "2", "b/1.txt": "1", "a.txt": "a", "c": "c"})
    fill(tmp_path, {".ẩn/x.txt": "x", "b/~$1.docx": "x", "Thumbs.db": "x", "desktop.ini": "x", "b/.DS_Store": "x"})
    found = walked(tmp_path)
    assert list(found) == ["a.txt", "b/1.txt", "b/2.txt", "c"]
    assert found["b/2.txt"] == b"2"


def test_a_zip_is_a_folder_and_one_inside_it_too_but_no_further(tmp_path):
    deepest = zipped({"sâu nhất.txt": "3"})
    fill(tmp_path, {"kho.zip": zipped({"a.txt": "1", "trong.zip": zipped({"b.txt": "2", "nữa.zip": deepest})})})
    assert walked(tmp_path) == {
        "kho.zip/a.txt": b"1",
        "kho.zip/trong.zip/b.txt": b"2",
        "kho.zip/trong.zip/nữa.zip": "file_unsupported",
    }
    assert walked(tmp_path / "kho.zip") == walked(tmp_path), "a file has one name, however it is asked for"


def test_a_zip_is_told_by_content(tmp_path):
    word = zipped({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"})
    fill(
        tmp_path,
        {"bao cao.docx": word, "kho.dat": zipped({"a.txt": "1"}), "x.zip": b"PK\x03\x04 broken and long enough"},
    )
    found = walked(tmp_path)
    assert found["bao cao.docx"] == word
    assert found["kho.dat/a.txt"] == b"1"
    assert found["x.zip"] == b"PK\x03\x04 broken and long enough", (
        "a broken one is a document, which its reader refuses"
    )
    inside = walked(fill(tmp_path / "b", {"k.zip": zipped({"a.docx": word})}))
    assert inside == {"k.zip/a.docx": word}


def test_bombs_are_refused_before_they_are_unpacked(tmp_path):
    settings = Settings(max_unpacked_bytes=2 * MIB, max_file_bytes=MIB)
    zeros = b"\0" * MIB
    fill(tmp_path, {"bom.zip": zipped({f"{n}.txt": zeros for n in range(3)})})
    assert walked(tmp_path, settings=settings) == {"bom.zip": "file_too_large"}
    assert walked(tmp_path, settings=Settings(max_unpacked_bytes=3 * MIB, max_file_bytes=MIB)) == {
        f"bom.zip/{n}.txt": zeros for n in range(3)
    }


def test_the_bombs_in_a_zip_share_its_budget(tmp_path):
    """Each inner one is small enough alone."""
    settings = Settings(max_unpacked_bytes=2 * MIB, max_file_bytes=MIB)
    inner = zipped({"a.txt": b"\0" * MIB})
    fill(tmp_path, {"bom.zip": zipped({f"{n}.zip": inner + b"\0" * n for n in range(4)})})
    found = walked(tmp_path, settings=settings)
    assert list(found.values()).count("file_too_large") >= 2
    assert sum(len(data) for data in found.values() if isinstance(data, bytes)) <= 2 * MIB


def test_a_large_archive_of_documents_is_no_bomb(tmp_path):
    settings = Settings(max_unpacked_bytes=1000)
    fill(tmp_path, {"kho.zip": zipped({f"{n}.txt": os.urandom(400) for n in range(10)})})
    assert len(walked(tmp_path, settings=settings)) == 10


def test_a_member_that_gives_more_than_it_declares_is_damaged(tmp_path):
    data = bytearray(zipped({"a.txt": b"x" * 5000}))
    directory = data.rfind(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 100)
    fill(tmp_path, {"k.zip": bytes(data)})
    assert walked(tmp_path) == {"k.zip/a.txt": "file_damaged"}


def test_large_files_and_members_are_refused_by_name(tmp_path):
    fill(tmp_path, {"to.txt": "x" * 101, "k.zip": zipped({"to.txt": "x" * 101, "vừa.txt": "x" * 100})})
    assert walked(tmp_path, settings=Settings(max_file_bytes=100)) == {
        "to.txt": "file_too_large",
        "k.zip/to.txt": "file_too_large",
        "k.zip/vừa.txt": b"x" * 100,
    }


def test_a_list_of_members_that_fills_the_memory_is_refused(tmp_path):
    data = bytearray(zipped({"a.txt": "1"}))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<I", 0x7FFFFFFF)
    fill(tmp_path, {"k.zip": bytes(data)})
    assert walked(tmp_path) == {"k.zip": "file_too_large"}


def test_a_password_and_a_damaged_member_are_told_of_their_member_alone(tmp_path):
    data = bytearray(zipped({"a.txt": "1" * 50, "b.txt": "2" * 50, "c.txt": "3" * 50}))
    first = data.find(b"PK\x01\x02")
    data[first + 8] |= 1
    second = data.find(b"PK\x01\x02", first + 1)
    data[second + 16] ^= 0xFF  # its checksum
    fill(tmp_path, {"k.zip": bytes(data)})
    assert walked(tmp_path) == {
        "k.zip/a.txt": "file_encrypted",
        "k.zip/b.txt": "file_damaged",
        "k.zip/c.txt": b"3" * 50,
    }


def test_names_in_a_zip(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("x.txt", "1")
        made.writestr("thư mục\\hai.txt", "2")
        made.writestr("/../ba.txt", "3")
        with pytest.warns(UserWarning):
            made.writestr("x.txt", "4")
        made.writestr("zz.tx", "5")
    data = out.getvalue().replace(b"zz.tx", "ă.tx".encode())  # UTF-8, and no mark that says so
    assert walked(fill(tmp_path, {"k.zip": data})) == {
        "k.zip/x.txt": b"1",
        "k.zip/x.txt (2)": b"4",
        "k.zip/thư mục/hai.txt": b"2",
        "k.zip/ba.txt": b"3",
        "k.zip/ă.tx": b"5",
    }


def test_match_and_since(tmp_path):
    fill(
        tmp_path,
        {
            "2021/a.DOCX": "1",
            "2021/b.txt": "2",
            "2022/Báo cáo.docx": "3",
            "k.zip": zipped({"c.docx": "4", "d.txt": "5"}),
        },
    )
    assert set(walked(tmp_path, match="*.docx")) == {"2021/a.DOCX", "2022/Báo cáo.docx", "k.zip/c.docx"}
    assert set(walked(tmp_path, match="2021/*")) == {"2021/a.DOCX", "2021/b.txt"}
    assert set(walked(tmp_path, match="ba\u0301o ca\u0301o*")) == {"2022/Báo cáo.docx"}, "in another normal form"
    os.utime(tmp_path / "2021/a.DOCX", (0, 0))
    os.utime(tmp_path / "k.zip", (0, 0))
    assert set(walked(tmp_path, since=datetime(2001, 1, 1, tzinfo=UTC))) == {"2021/b.txt", "2022/Báo cáo.docx"}


def test_the_output_is_passed_over(tmp_path):
    fill(tmp_path, {"a.txt": "1", "ket-qua/names.parquet": "x"})
    assert set(walked(tmp_path, without=tmp_path / "ket-qua")) == {"a.txt"}


def test_links_are_followed_and_circles_end(tmp_path):
    fill(tmp_path / "kho", {"a.txt": "1"})
    fill(tmp_path / "nơi khác", {"b.txt": "2"})
    (tmp_path / "kho/vòng").symlink_to(tmp_path / "kho")
    (tmp_path / "kho/ngoài").symlink_to(tmp_path / "nơi khác")
    (tmp_path / "kho/cụt").symlink_to(tmp_path / "không có")
    assert walked(tmp_path / "kho") == {"a.txt": b"1", "ngoài/b.txt": b"2", "cụt": "file_unreadable"}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "ống")
    assert walked(tmp_path) == {"ống": "file_unreadable"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path):
    fill(tmp_path, {"a.txt": "1", "kín/b.txt": "2"})
    (tmp_path / "kín").chmod(0)
    assert walked(tmp_path) == {"a.txt": b"1", "kín/": "file_unreadable"}


def test_names_that_are_no_utf8(tmp_path):
    (tmp_path / os.fsdecode(b"b\xb8o c\xb8o.txt")).write_bytes(b"1")
    assert walked(tmp_path) == {"b\\xb8o c\\xb8o.txt": b"1"}


def test_what_vanishes_meanwhile_is_told(tmp_path):
    fill(tmp_path, {"a.txt": "1"})
    (entry,) = walk(str(tmp_path), selection=Selection(), settings=Settings())
    assert isinstance(entry, Entry)
    (tmp_path / "a.txt").unlink()
    with pytest.raises(Exception, match="không đọc được") as caught:
        entry.load()
    assert caught.value.code == "file_unreadable"


def test_an_address_of_fsspec():
    files = fsspec.filesystem("memory")
    files.pipe("/kho/2021/a.txt", b"1")
    files.pipe("/kho/k.zip", zipped({"b.txt": "2"}))
    try:
        assert walked("memory://kho") == {"2021/a.txt": b"1", "k.zip/b.txt": b"2"}
        assert walked("memory://kho/k.zip") == {"k.zip/b.txt": b"2"}
        assert walked("memory://kho/2021/a.txt") == {"a.txt": b"1"}
        assert walked("memory://khác") == {"./": "file_unreadable"}
    finally:
        files.rm("/kho", recursive=True)


def test_an_address_that_nothing_reaches(monkeypatch):
    with pytest.raises(BadRequest):
        walked("nothing-such://x")
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(ProgramMissing):
        walked("s3://kho/x")


def test_stamps_tell_a_change_and_are_none_while_a_file_may_still_change(tmp_path, monkeypatch):
    fill(tmp_path, {"a.txt": "1", "k.zip": zipped({"b.txt": "2" * 30, "c.txt": "3" * 30})})

    def stamps() -> dict[str, str | None]:
        return {e.name: e.stamp for e in walk(str(tmp_path), selection=Selection(), settings=Settings())}

    assert set(stamps().values()) == {None}
    monkeypatch.setattr("chitieu.batch.storage._SETTLED_NS", -1)
    first = stamps()
    assert None not in first.values() and len(set(first.values())) == 3
    assert stamps() == first
    fill(tmp_path, {"a.txt": "2"})
    assert stamps()["a.txt"] != first["a.txt"] and stamps()["k.zip/b.txt"] == first["k.zip/b.txt"]
