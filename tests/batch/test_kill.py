"""Killed at any moment, as often as may be: the run after gives what an undisturbed one gives, byte for byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pyarrow.parquet
import pytest

from batch_fakes import read_texts
from batch_runs import contents, fill, report_text, zipped

TESTS = Path(__file__).resolve().parents[1]
_TEXTS = 100  # of the archive, about


@pytest.fixture
def large_archive(tmp_path) -> Path:
    """Reports of several years and provinces, doubles, ZIP files and broken ones."""
    places = ("TRÀ VINH", "YÊN BÁI", "HÀ GIANG")
    files: dict[str, str | bytes] = {
        f"{n % 7}/bc-{n:03}.txt": report_text(n, place=places[n % 3], year=2015 + n % 5) for n in range(90)
    }
    files |= {f"bản sao/{n}.txt": files[f"{n % 7}/bc-{n:03}.txt"] for n in range(0, 90, 9)}
    files |= {"hỏng.pdf": b"%PDF-1.4 cut", "trống.txt": b"", "lạ.bin": b"\0\1\2" * 99}
    files["kho.zip"] = zipped({f"{n}.txt": report_text(200 + n, year=2012) for n in range(15)})
    return fill(tmp_path / "kho", files)


def start(archive: Path, out: Path, *, engine: str, workers: int = 2) -> subprocess.Popen[bytes]:
    """A run in a session of its own."""
    command = [sys.executable, str(TESTS / "batch_child.py"), engine, "batch_fakes:slow", str(workers)]
    return subprocess.Popen(
        [*command, str(archive), str(out)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(archive: Path, out: Path, **how) -> None:
    """Run to the end."""
    child = start(archive, out, **how)
    _, said = child.communicate(timeout=300)
    assert child.returncode == 1, said.decode()  # some files are broken


def kill_at_random(archive: Path, out: Path, told: Path, *, draw: random.Random, times: int, engine: str) -> int:
    """Start and kill so often: the run, one of its workers, or all at once; how many were still running then."""
    hit = 0
    for _ in range(times):
        # By what was read, not by time: no machine is then so fast, or so slow, that all kills come too late or too early.
        enough = len(read_texts(told)) + draw.randint(0, _TEXTS // times)
        child = start(archive, out, engine=engine, workers=draw.choice((1, 2, 3)))
        while child.poll() is None and len(read_texts(told)) < enough:
            time.sleep(0.02)
        time.sleep(draw.uniform(0.0, 0.5))
        whom = draw.choice(("run", "run", "all", "worker"))
        if whom == "worker":
            workers = (
                [p for p in psutil.Process(child.pid).children() if p.is_running()] if child.poll() is None else []
            )
            for worker in workers[:1]:
                worker.kill()
            time.sleep(draw.uniform(0.0, 0.5))
        hit += child.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL) if whom == "all" else child.kill()
        child.communicate(timeout=60)
        for path in out.rglob("*.parquet"):
            pyarrow.parquet.read_metadata(path)  # whole, whenever that was
    return hit


def rehearse(archive: Path, tmp_path: Path, monkeypatch, *, times: int, engine: str, seed: int) -> None:
    told = tmp_path / "told"
    told.mkdir()
    monkeypatch.setenv("BATCH_TEST", str(told))
    finish(archive, tmp_path / "undisturbed", engine=engine)
    out = tmp_path / "out"
    hit = kill_at_random(archive, out, told, draw=random.Random(seed), times=times, engine=engine)
    assert hit >= times // 3, "most were over before they were killed"
    finish(archive, out, engine=engine)
    expected, found = contents(tmp_path / "undisturbed"), contents(out)
    assert found.keys() == expected.keys(), f"seed {seed}"
    assert [name for name in found if found[name] != expected[name]] == [], f"seed {seed}"


def test_killed_in_the_middle_of_everything(large_archive, tmp_path, monkeypatch):
    rehearse(large_archive, tmp_path, monkeypatch, times=8, engine="inline", seed=os.getpid())


def test_killed_with_its_workers(large_archive, tmp_path, monkeypatch):
    rehearse(large_archive, tmp_path, monkeypatch, times=3, engine="local", seed=os.getpid())


@pytest.mark.rehearse
def test_killed_twenty_times(large_archive, tmp_path, monkeypatch):
    rehearse(large_archive, tmp_path, monkeypatch, times=20, engine="local", seed=1)
