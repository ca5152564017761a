"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chitieu.errors import OutputUnwritable
from chitieu.output.destination import whole_file


def test_the_file_is_there_when_the_block_ends(tmp_path):
    path = tmp_path / "số liệu.csv"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with whole_file(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" and path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_rights_that_others_have(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    with whole_file(tmp_path / "a"):
        pass
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), whole_file(path) as stream:
        stream.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(OutputUnwritable) as caught, whole_file(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.code == "output_unwritable" and caught.value.detail["cause"] == os.strerror(errno.ENOSPC)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["missing/a.csv", ".", "file/a.csv", "x" * 300])
def test_places_where_no_file_can_be(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritable), whole_file(tmp_path / name) as stream:
        stream.write(b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with whole_file(link) as stream:
        stream.write(b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"


def test_a_device_is_written_to_and_not_replaced():
    with whole_file(Path("/dev/null")) as stream:
        stream.write(b"x")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OutputUnwritable), whole_file(Path("/dev/full")) as stream:
        stream.write(b"x")


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")
    program = (
        "import sys, time, pathlib\nfrom chitieu.output.destination import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as stream:\n"
        "    stream.write(b'half'); stream.flush(); print('writing', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
    time.sleep(0.1)
    assert path.read_bytes() == b"old"
    assert [p.suffix for p in tmp_path.iterdir() if p != path] == [".partial"]
