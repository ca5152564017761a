"""The job `train`: follows a process, ends it when the job is let go, and leaves no folder behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import URL

from chitieu.jobs.extract import extract
from chitieu.jobs.run import Tools
from chitieu.jobs.train import KEY, KIND, Training, train
from chitieu.jobs.worker import Worker
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.migrate import migrate
from fakes import fake_pipeline

RESULT = {
    "decision": "pass",
    "model": {"name": "thu", "version": "0.1.1"},
    "promoted": False,
    "parent": {"name": "thu", "version": "0.1.0"},
    "data": "d" * 64,
    "recipe": "r" * 64,
    "documents": {"corrected": 3, "rehearsed": 2, "watched": 1, "test": 1},
    "development": {"micro": 0.9},
    "gate": {"decision": "pass"},
    "page": "<!doctype html>",
}
# What a process says and does stands in for a training; it takes the same arguments.
CHILD = """
import json, os, pathlib, sys, time
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
run = sys.argv[sys.argv.index("--run") + 1]
def tell(**event):
    print(json.dumps(event), flush=True)
out.mkdir(parents=True, exist_ok=True)
"""


@pytest.fixture
def database_url(tmp_path):
    """SQLite alone: what depends on the engine is tested with the store."""
    url = URL.create("sqlite", database=str(tmp_path / "chitieu.db"))
    made = Database(url)
    migrate(made)
    made.close()
    return url


@pytest.fixture
def office(office, settings):
    """The same office, whose workers train by a script."""

    def ask_training(*, put=True):
        asked = jobs.ask(office.database, kind=KIND, settings={}, body=b"", key=KEY, by="an", room=10, until_end=True)
        if put:
            office.queue.put(asked.job.id)
        return asked.job.id

    workers = []

    def work_by(script):
        kinds = {"extract": extract, "train": partial(train, command=[sys.executable, "-c", CHILD + script])}
        worker = Worker(Tools(office.database, fake_pipeline(), settings), kinds=kinds)
        workers.append(worker)
        worker.start()
        return worker

    office.ask_training, office.work_by = ask_training, work_by
    office.folder = settings.data_folder / "training" / "runs"
    yield office
    for worker in workers:
        worker.stop(0)


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_follows_the_process_and_keeps_what_came_of_it(office):
    office.work_by(
        f"""
assert os.environ["CHITIEU_DATA"] == {str(office.settings.data_folder)!r} and "CHITIEU_DATABASE_URL" in os.environ
tell(step="training", done=3, total=10)
print("epoch 1 loss 0.5", file=sys.stderr, flush=True)
print("no event", flush=True)
while not (out / "seen").exists():
    time.sleep(0.05)
tell(step="gating", done=0, total=None)
tell(result={RESULT!r})
"""
    )
    job_id = office.ask_training()
    until(lambda: jobs.get(office.database, job_id).step == "training")
    assert (jobs.get(office.database, job_id).done, jobs.get(office.database, job_id).total) == (3, 10)
    (office.folder / job_id / "seen").touch()
    job = office.wait(job_id)
    assert (job.state, job.error) == ("done", None)
    training = Training.unpack(jobs.answer(office.database, job_id))
    assert training.model_dump() | {"page": training.page} == RESULT
    log = jobs.log_of(office.database, job_id)
    assert "epoch 1 loss 0.5\n" in log and "no event\n" in log
    assert not (office.folder / job_id).exists()


@pytest.mark.parametrize(
    ("script", "code", "detail"),
    [
        ('tell(error={"code": "data_leak", "message": "a / b", "detail": {"number": 2}, "status": 409})\nsys.exit(1)', "data_leak", {"number": 2}),
        ("os.kill(os.getpid(), 9)", "training_failed", {"cause": "memory", "status": -9}),
        ('sys.exit("MemoryError")', "training_failed", {"cause": "memory", "status": 1}),
        ("os.kill(os.getpid(), 11)", "training_failed", {"cause": "crash", "status": -11}),
        ('print("no module", file=sys.stderr)\nsys.exit(3)', "training_failed", {"cause": "crash", "status": 3}),
        ("pass", "training_failed", {"cause": "crash", "status": 0}),
    ],
    ids=["told", "killed", "memory", "crashed", "ended", "silent"],
)  # fmt: skip
def test_what_goes_wrong_is_the_jobs_error_and_the_worker_goes_on(office, script, code, detail):
    office.work_by(script)
    job_id = office.ask_training()
    job = office.wait(job_id)
    assert (job.state, job.error.code) == ("failed", code)
    assert detail.items() <= job.error.detail.items() and " / " in job.error.message
    assert not (office.folder / job_id).exists()
    if "no module" in script:
        assert "no module" in job.error.detail["log"][-1] and "no module" in jobs.log_of(office.database, job_id)
    office.wait(office.ask(), "done")


WAITS = """
(out / "pid").write_text(str(os.getpid()))
tell(step="training", done=1, total=10)
time.sleep(600)
"""


def begun(office, job_id):
    pid = office.folder / job_id / "pid"
    until(lambda: pid.is_file() and pid.read_text() and jobs.get(office.database, job_id).step == "training")
    return int(pid.read_text())


def test_one_that_is_cancelled_ends_at_once_and_leaves_nothing(office):
    office.work_by(WAITS)
    job_id = office.ask_training()
    pid = begun(office, job_id)
    jobs.cancel(office.database, job_id)
    cancelled = time.monotonic()
    until(lambda: not is_alive(pid))
    assert time.monotonic() - cancelled < 15
    until(lambda: not (office.folder / job_id).exists())
    assert jobs.get(office.database, job_id).state == "cancelled"


def test_others_are_read_meanwhile_and_a_second_training_waits(office):
    office.work_by(WAITS)
    job_id = office.ask_training()
    begun(office, job_id)
    assert office.wait(office.ask()).state == "done"
    assert office.ask_training() == job_id
    jobs.cancel(office.database, job_id)
    assert office.ask_training(put=False) != job_id


def test_a_worker_that_stops_gives_it_back_and_another_goes_on(office):
    worker = office.work_by(WAITS)
    job_id = office.ask_training()
    pid = begun(office, job_id)
    worker.stop(0)
    until(lambda: not is_alive(pid))
    job = jobs.get(office.database, job_id)
    assert (job.state, job.attempts) == ("queued", 0)
    assert (office.folder / job_id / "pid").is_file(), "what was done so far is kept"
    office.work_by(f'assert (out / "pid").is_file()\ntell(result={RESULT!r})')
    office.queue.put(job_id)
    assert office.wait(job_id).state == "done"


def test_the_process_ends_with_a_worker_that_is_killed(office, tmp_path):
    """As `chitieu train --events` does: when standard input ends, so does it."""
    job_id = office.ask_training(put=False)
    child = CHILD + (
        "import threading\nfrom chitieu.cli.tuning import _end_with_the_parent\n_end_with_the_parent()\n" + WAITS
    )
    program = f"""
import sys, threading
from functools import partial
from chitieu.jobs.run import Tools, run
from chitieu.jobs.train import train
from chitieu.settings import load_settings
from chitieu.store.database import open_database
settings = load_settings()
tools = Tools(open_database(settings), None, settings)
run({job_id!r}, tools=tools, kinds={{"train": partial(train, command=[sys.executable, "-c", {child!r}])}},
    worker="w", stop=threading.Event(), holds=set())
"""
    environment = os.environ | {
        "CHITIEU_DATA": str(office.settings.data),
        "CHITIEU_DATABASE_URL": office.settings.database_url.get_secret_value(),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    worker = subprocess.Popen([sys.executable, "-c", program], env=environment)
    try:
        pid = begun(office, job_id)
        worker.kill()
        worker.wait(10)
        until(lambda: not is_alive(pid))
    finally:
        worker.kill()
        worker.wait(10)


def test_folders_of_trainings_that_are_over_are_removed(office):
    gone = office.ask_training(put=False)
    jobs.cancel(office.database, gone)
    for name in (gone, "0" * 32):
        (office.folder / name).mkdir(parents=True)
    office.work_by(f"tell(result={RESULT!r})")
    assert office.wait(office.ask_training()).state == "done"
    assert list(office.folder.iterdir()) == []


def test_a_long_log_keeps_its_end(office):
    office.work_by(f'for n in range(4000):\n    print("dòng", n, "x" * 40, file=sys.stderr)\ntell(result={RESULT!r})')
    job_id = office.ask_training()
    office.wait(job_id)
    log = jobs.log_of(office.database, job_id)
    assert 60_000 < len(log) <= 65_536 and "dòng 3999 " in log.splitlines()[-1]


def test_the_answer_is_what_training_gives():
    """The job's own type and that of `chitieu.training.tuning.run.Result`, which it must not import, are one."""
    run = pytest.importorskip("chitieu.training.tuning.run")
    result = run.Result.model_validate(RESULT)
    assert json.loads(result.model_dump_json()) == RESULT
    assert Training.model_validate(result.model_dump(mode="json")).page == RESULT["page"]
    assert set(Training.model_fields) == set(run.Result.model_fields)
    assert Path(run.__file__).is_file()
