"""`chitieu batch`: what it says and how it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from functools import partial
from pathlib import Path

import pyarrow.parquet
import pytest

from batch_runs import Commands, InlineEngine, fill, report_text
from chitieu.batch.progress import Progress
from chitieu.batch.run import ENGINES
from chitieu.batch.work import Work
from chitieu.cli import batch as command
from chitieu.cli import main

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(command, "PIPELINE", "batch_fakes:pipeline")
    monkeypatch.setitem(ENGINES, "local", InlineEngine)


def test_some_failed_is_status_1_and_they_are_named(archive, tmp_path, capsys):
    assert main(["batch", str(archive), "--out", str(tmp_path / "out")]) == 1
    out = capsys.readouterr().out
    assert "đọc 14 tài liệu" in out and "14 documents read" in out
    assert "12 tài liệu" in out and "15 tên tệp" in out
    assert "\n  hỏng.pdf: file_damaged: PDF bị cắt cụt. / the PDF is cut short" in out
    assert "\n  trống.txt: text_empty: " in out and "--retry-errors" in out


def test_all_read_is_status_0_now_and_again(tmp_path, capsys):
    fill(tmp_path / "kho", {"a.txt": report_text(1), "b.txt": report_text(2)})
    argv = ["batch", str(tmp_path / "kho"), "--out", str(tmp_path / "out")]
    assert main(argv) == 0
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "Lỗi" not in said and "1 tệp đã đọc" not in said and "2 tệp đã đọc trước hoặc trùng" in said


def test_a_dry_run_says_what_would_be_read(archive, tmp_path, capsys):
    argv = ["batch", str(archive), "--out", str(tmp_path / "out")]
    assert main([*argv, "--dry-run"]) == 0
    assert "Sẽ đọc 14 tài liệu" in capsys.readouterr().out and not (tmp_path / "out").exists()
    assert main([*argv, "--match", "*.txt", "--limit", "3"]) == 0
    capsys.readouterr()
    assert main([*argv, "--dry-run"]) == 0
    assert "Sẽ đọc 11 tài liệu" in capsys.readouterr().out


def test_since_takes_files_that_changed(tmp_path, capsys):
    kho = fill(tmp_path / "kho", {"cũ.txt": report_text(1), "mới.txt": report_text(2)})
    os.utime(kho / "cũ.txt", (1e9, 1e9))
    argv = ["batch", str(kho), "--out", str(tmp_path / "out")]
    assert main([*argv, "--since", "2010-01-01"]) == 0
    assert "đọc 1 tài liệu" in capsys.readouterr().out
    assert main([*argv, "--since", "2001-01-01T00:00"]) == 0
    assert "2 tài liệu, 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ["kho"],
        ["không có", "--out", "x"],
        ["nothing-such://x", "--out", "x"],
        ["kho", "--out", "x", "--since", "hôm qua"],
        ["kho", "--out", "x", "--workers", "0"],
        ["kho", "--out", "x", "--limit", "một"],
        ["kho", "--out", "x", "--engine", "dask"],
        ["kho", "--out", "s3://kho/x"],
    ],
)
def test_wrong_usage_is_status_2(archive, tmp_path, monkeypatch, capsys, argv):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["batch", *argv])
    assert caught.value.code == 2
    assert not (tmp_path / "x").exists()


def test_two_runs_at_once(archive, tmp_path, capsys):
    out = tmp_path / "out"
    argv = ["batch", str(archive), "--out", str(out)]
    main(argv)
    first = Work(out / "_chitieu" / "work.db", key="k", limits="l")
    capsys.readouterr()
    try:
        script = f"import sys; sys.path.insert(0, {str(TESTS)!r}); import chitieu.cli.batch as b\n"
        script += f"b.PIPELINE = 'batch_fakes:pipeline'; sys.exit(__import__('chitieu.cli').cli.main({argv!r}))"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    finally:
        first.close()
    assert done.returncode == 1
    assert "output_locked: Một lần chạy khác đang ghi" in done.stderr and "Another run" in done.stderr


def test_an_output_of_a_newer_version_is_refused(archive, tmp_path, capsys):
    import sqlite3

    argv = ["batch", str(archive), "--out", str(tmp_path / "out")]
    main(argv)
    db = sqlite3.connect(tmp_path / "out/_chitieu/work.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert main(argv) == 1
    assert "output_invalid" in capsys.readouterr().err


@pytest.fixture
def child(tmp_path, told):
    """Starts the command in a process of its own over a hundred reports, with workers of its own, and waits until ten are read."""
    commands = Commands(tmp_path, told, "--workers", "2")
    yield partial(commands.start, documents=100, seconds=120, start_new_session=True)
    commands.end()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_ends_cleanly_with_what_is_done(child, tmp_path, number, status):
    process = child()
    # A terminal tells every process of the group; its workers leave that to the run.
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert "Đã dừng giữa chừng" in out and "Traceback" not in err
    done = pyarrow.parquet.read_table(tmp_path / "out" / "documents")
    assert 0 < len(done) < 100
    assert main(["batch", str(tmp_path / "kho"), "--out", str(tmp_path / "out")]) == 0


def test_a_terminal_sees_a_bar(child, tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    process = child(stderr=theirs)
    os.close(theirs)
    seen = b""
    while process.poll() is None:
        try:
            seen += os.read(ours, 10_000)
        except OSError:
            break
    os.close(ours)
    process.communicate(timeout=60)
    text = seen.decode(errors="replace")
    assert "Đọc / reading" in text and "tệp/s" in text and "lỗi/errors 0" in text
    assert "còn/left" in text and "100/100" in text


def test_without_a_terminal_a_line_comes_now_and_then(capsys):
    progress = Progress(sys.stderr, line_seconds=0.0)
    progress.advance(failed=False)
    progress.count(4)
    time.sleep(0.05)
    progress.advance(failed=True)
    progress.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Đọc / reading: 1, ")
    assert lines[-1].startswith("Đọc / reading: 2/4 (50%), ") and lines[-1].endswith("lỗi/errors 1")
    assert "còn/left 0:00:0" in lines[-1]


def test_the_script_is_the_command(root):
    script = root / "scripts" / "batch.py"
    done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, check=True)
    assert "ARCHIVE" in done.stdout and "--retry-errors" in done.stdout
