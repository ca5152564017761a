"""Worker processes: killed, stopped, several at once; on both engines."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from chitieu.store import jobs
from slow import QUICK

TESTS = Path(__file__).resolve().parents[1]
TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."


@pytest.fixture
def start(office, tmp_path):
    """Starts worker processes; they are ended with the test."""
    started: list[subprocess.Popen] = []
    settings = office.settings

    def starting(*arguments, program=(TESTS / "slow.py",), shutdown_seconds=20, **more):
        environment = os.environ | {
            "CHITIEU_DATA": str(settings.data),
            "CHITIEU_DATABASE_URL": settings.database_url.get_secret_value(),
            "CHITIEU_JOB_LEASE_SECONDS": "5",
            "CHITIEU_SHUTDOWN_SECONDS": str(shutdown_seconds),
            "PYTHONPATH": str(TESTS),
            **more,
        }
        log = (tmp_path / "worker.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, *program, "worker", *arguments], env=environment, stdout=log, stderr=log
        )
        log.close()
        started.append(process)
        return process

    yield starting
    for process in started:
        process.kill()
        process.wait(60)


def until(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def notes_of(file):
    """Which process began which text."""
    return [line.split(" ", 1) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def test_a_worker_that_is_killed_leaves_its_job_to_another(office, start, tmp_path):
    notes = tmp_path / "notes"
    job_id, other = office.ask(store=True), office.ask("Đàn bò có 1 con.")
    first = start("--steps", "2000", "--seconds", "0.05", "--notes", str(notes))
    until(lambda: jobs.get(office.database, job_id).done > 0)
    first.send_signal(signal.SIGKILL)
    first.wait(60)
    assert jobs.get(office.database, job_id).state == "running"
    begun = time.monotonic()
    start("--notes", str(notes))
    office.wait(other, "done", seconds=120)
    job = office.wait(job_id, "done", seconds=120)
    assert time.monotonic() - begun < 60
    assert job.attempts == 2
    assert office.answer(job_id).figures
    assert [text for _, text in notes_of(notes)].count(TEXT) == 2


def test_a_worker_that_is_stopped_finishes_its_job_and_takes_no_other(office, start):
    job_id, other = office.ask(), office.ask("Đàn bò có 1 con.")
    worker = start("--steps", "60", "--seconds", "0.05")
    until(lambda: jobs.get(office.database, job_id).state == "running")
    worker.terminate()
    assert worker.wait(60) == 0
    assert jobs.get(office.database, job_id).state == "done"
    assert jobs.get(office.database, other).state == "queued"


def test_a_worker_that_is_stopped_gives_back_what_takes_too_long(office, start):
    job_id = office.ask()
    worker = start("--steps", "2000", "--seconds", "0.05", shutdown_seconds=1)
    until(lambda: jobs.get(office.database, job_id).done > 0)
    worker.terminate()
    assert worker.wait(60) == 0
    job = jobs.get(office.database, job_id)
    assert (job.state, job.attempts) == ("queued", 0)


def test_a_worker_whose_job_cannot_be_broken_off_ends_all_the_same(office, start, tmp_path):
    notes = tmp_path / "notes"
    job_id = office.ask()
    worker = start("--steps", "1", "--seconds", "300", "--silent", "--notes", str(notes), shutdown_seconds=1)
    until(lambda: notes_of(notes))
    worker.terminate()
    assert worker.wait(60) == 0
    assert jobs.get(office.database, job_id).state == "queued"
    start()
    assert office.wait(job_id, "done", seconds=120).attempts == 1


def test_a_second_signal_ends_a_worker_at_once(office, start):
    job_id = office.ask()
    worker = start("--steps", "2000", "--seconds", "0.05")
    until(lambda: jobs.get(office.database, job_id).done > 0)
    worker.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert worker.poll() is None
    worker.send_signal(signal.SIGINT)
    assert worker.wait(60) == -signal.SIGINT


def test_a_worker_serves_its_measures_where_that_is_wanted(office, start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused = start(CHITIEU_WORKER_METRICS_PORT=str(port))
        assert refused.wait(30) not in (0, None)
    worker = start(CHITIEU_WORKER_METRICS_PORT=str(port))
    office.wait(office.ask(), "done", seconds=120)
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'chitieu_jobs{state="done"} 1.0' in told and "process_resident_memory_bytes" in told
    assert re.search(r"^chitieu_figures_total [1-9]", told, re.MULTILINE)
    worker.terminate()
    assert worker.wait(60) == 0


def test_several_processes_do_each_job_once(office, start, tmp_path):
    notes = tmp_path / "notes"
    texts = [f"Đàn bò có {n}.000 con." for n in range(1, 21)]
    ids = [office.ask(text) for text in texts]
    for _ in range(3):
        start("--steps", "2", "--seconds", "0.05", "--threads", "2", "--notes", str(notes))
    for job_id in ids:
        assert office.wait(job_id, "done", seconds=120).attempts == 1
    assert Counter(text for _, text in notes_of(notes)) == Counter(texts)
    assert QUICK not in texts


def test_the_command_does_jobs(office, start):
    worker = start(program=("-m", "chitieu"))
    job_id = office.ask(store=True)
    job = office.wait(job_id, "done", seconds=120)
    assert office.answer(job_id).document.stored == job.document_id
    assert office.answer(job_id).model.name != "fake"
    worker.terminate()
    assert worker.wait(60) == 0
