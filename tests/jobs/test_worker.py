"""Workers: each job once, none lost, whatever happens to queue, database and other workers."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from chitieu.errors import JobUnknown
from chitieu.jobs import run as running
from chitieu.jobs.extract import KIND, Options
from chitieu.jobs.queue import Queue
from chitieu.jobs.run import Outcome, Tools
from chitieu.jobs.worker import Worker
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.tables import Job
from slow import slow_pipeline

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_progress_is_told_while_it_works(office):
    pipeline = slow_pipeline(200, 0.05)
    office.work(pipeline)
    job_id = office.ask()
    job = office.wait(job_id, "running")
    assert job.begun_at is not None
    until(lambda: jobs.get(office.database, job_id).done > 0)
    job = jobs.get(office.database, job_id)
    assert (job.step, job.total) == ("extracting", 200)
    pipeline.tagger.go.set()
    assert office.wait(job_id).state == "done"


def test_several_workers_do_each_job_once(office):
    pipelines = [slow_pipeline(1, 0.01) for _ in range(3)]
    ids = [office.ask(f"Đàn bò có {n}.000 con.") for n in range(1, 13)]
    for job_id in ids:
        office.queue.put(job_id)  # told twice
    for pipeline in pipelines:
        office.work(pipeline, threads=2)
    for job_id in ids:
        job = office.wait(job_id)
        assert (job.state, job.attempts) == ("done", 1)
    read = [text for pipeline in pipelines for text in pipeline.tagger.read]
    assert sorted(read) == sorted(f"Đàn bò có {n}.000 con." for n in range(1, 13))


def test_what_the_queue_never_heard_of_is_found(office):
    ids = [office.ask(f"Đàn bò có {n} con.", put=False) for n in range(3)]
    office.work()
    assert [office.wait(job_id).state for job_id in ids] == ["done"] * 3


@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_a_lost_queue_loses_no_job(office, lose, how):
    pipeline = slow_pipeline()
    office.work(pipeline)
    running = office.ask("Đàn bò có 1 con.")
    office.wait(running, "running")
    waiting = [office.ask(f"Đàn bò có {n} con.") for n in range(2, 5)]
    lose(how)
    later = office.ask("Đàn bò có 5 con.")
    pipeline.tagger.go.set()
    for job_id in (running, *waiting, later):
        assert office.wait(job_id).state == "done"
    assert len(pipeline.tagger.read) == 5


def test_a_deserted_job_is_begun_again(office):
    job_id = office.ask(put=False)
    jobs.claim(office.database, job_id, "dead", lease_seconds=60, attempts=3)
    office.work()
    time.sleep(1)
    assert jobs.get(office.database, job_id).state == "running"
    seen_at = datetime.now(UTC) - timedelta(seconds=6)
    with office.database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(seen_at=seen_at))
    job = office.wait(job_id)
    assert (job.state, job.attempts) == ("done", 2)


def test_a_job_that_waits_is_cancelled(office):
    pipeline = slow_pipeline()
    office.work(pipeline)
    first, second = office.ask("Đàn bò có 1 con."), office.ask("Đàn bò có 2 con.")
    office.wait(first, "running")
    jobs.cancel(office.database, second)
    pipeline.tagger.go.set()
    office.wait(first, "done")
    office.wait(office.ask("Đàn bò có 3 con."), "done")
    assert "Đàn bò có 2 con." not in pipeline.tagger.read
    assert jobs.get(office.database, second).state == "cancelled"


@pytest.mark.parametrize("silent", [False, True], ids=["reports", "reports nothing"])
def test_a_job_that_runs_is_cancelled(office, silent):
    pipeline = slow_pipeline(60 if silent else 2000, 0.05, silent=silent)
    office.work(pipeline)
    job_id = office.ask(store=True)
    office.wait(job_id, "running")
    until(lambda: pipeline.tagger.read)
    jobs.cancel(office.database, job_id)
    other = office.ask("Đàn bò có 3 con.")
    pipeline.tagger.steps = 1
    assert office.wait(other).state == "done"
    job = jobs.get(office.database, job_id)
    assert (job.state, job.document_id) == ("cancelled", None)


def test_an_unexpected_fault_is_told_to_the_log_alone(office):
    def broken(work, tools, hold):
        raise RuntimeError("mật: " + work.body.decode())

    office.work(kinds={"extract": broken})
    job = office.wait(office.ask())
    assert (job.state, job.error.code, job.error.status, job.error.detail) == ("failed", "internal", 500, {})
    assert "RuntimeError" not in job.error.message
    assert " / " in job.error.message


def test_a_kind_that_nobody_knows_fails(office):
    office.work(kinds={})
    job = office.wait(office.ask())
    assert (job.state, job.error.code) == ("failed", "internal")


def test_an_answer_that_cannot_be_kept_fails_the_job(office, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("too large")

    monkeypatch.setattr(running.jobs, "finish", refuse)
    office.work()
    job = office.wait(office.ask())
    assert (job.state, job.error.code) == ("failed", "internal")


def test_another_kind_of_job(office):
    def count(work, tools, hold):
        hold.report("counting", 1, 1)
        return Outcome(str(len(work.body)).encode())

    office.work(kinds={"extract": count})
    job_id = office.ask()
    office.wait(job_id)
    assert jobs.answer(office.database, job_id) == str(len(TEXT.encode())).encode()


def test_a_worker_that_is_stopped_finishes_what_it_has_in_hand(office):
    pipeline = slow_pipeline()
    worker = office.work(pipeline)
    first, second = office.ask("Đàn bò có 1 con."), office.ask("Đàn bò có 2 con.")
    office.wait(first, "running")
    threading.Timer(0.5, pipeline.tagger.go.set).start()
    worker.stop(10)
    assert not worker.alive
    assert jobs.get(office.database, first).state == "done"
    assert jobs.get(office.database, second).state == "queued"
    office.work()
    assert office.wait(second).state == "done"


def test_what_is_not_finished_in_time_is_given_back(office):
    worker = office.work(slow_pipeline())
    job_id = office.ask()
    office.wait(job_id, "running")
    begun = time.monotonic()
    worker.stop(0.3)
    assert time.monotonic() - begun < 5
    assert not worker.alive
    job = jobs.get(office.database, job_id)
    assert (job.state, job.attempts) == ("queued", 0)
    office.work()
    assert office.wait(job_id, seconds=8).attempts == 1  # at once, not after the lease


def test_a_step_that_cannot_be_broken_off_does_not_hold_up_the_end(office):
    pipeline = slow_pipeline(1, 60, silent=True)
    worker = office.work(pipeline)
    job_id = office.ask()
    office.wait(job_id, "running")
    until(lambda: pipeline.tagger.read)
    begun = time.monotonic()
    worker.stop(0.3)
    assert time.monotonic() - begun < 5
    assert worker.alive
    job = jobs.get(office.database, job_id)
    assert (job.state, job.attempts) == ("queued", 0)
    pipeline.tagger.go.set()
    until(lambda: not worker.alive)
    assert jobs.get(office.database, job_id) == job  # what it read meanwhile counts for nothing


def test_old_jobs_are_forgotten(office):
    job_id = office.ask()
    jobs.cancel(office.database, job_id)
    with office.database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(ended_at=datetime.now(UTC) - timedelta(days=8)))

    def gone():
        try:
            jobs.get(office.database, job_id)
        except JobUnknown:
            return True
        return False

    office.work()
    until(gone)


def test_a_job_pauses_for_who_is_in_a_hurry(office):
    pauses = []
    office.work(pause=lambda: pauses.append(1))
    office.wait(office.ask(), "done")
    assert len(pauses) >= 3


@contextmanager
def locked(url):
    """Nobody else can write, or in PostgreSQL even read, jobs."""
    if url.get_backend_name() == "sqlite":
        other = sqlite3.connect(str(url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        import psycopg

        other = psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database)
        other.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
    yield
    other.rollback()
    other.close()


def test_a_database_that_is_locked_for_a_while_loses_no_job(office, database_url):
    """The job is in hand, and cannot be renewed, reported or ended."""
    impatient = Database(database_url, wait=0.3)
    pipeline = slow_pipeline()
    worker = Worker(Tools(impatient, pipeline, office.settings))
    worker.start()
    try:
        job_id, other = office.ask(), office.ask("Đàn bò có 1 con.", put=False)
        office.wait(job_id, "running")
        with locked(database_url):
            pipeline.tagger.go.set()
            time.sleep(4)
        assert office.wait(job_id).attempts == 1
        assert jobs.get(office.database, job_id).state == "done"
        assert office.wait(other).state == "done"
    finally:
        worker.stop(5)
        impatient.close()


@pytest.mark.postgres
def test_a_server_that_goes_away_for_a_while_loses_no_job(postgres, tmp_path):
    with postgres.new_database() as url:
        settings = Settings(data=tmp_path, database_url=url.render_as_string(hide_password=False), job_lease_seconds=5)
        database, queue = Database(url, wait=2), Queue(settings)
        pipeline = slow_pipeline()
        worker = Worker(Tools(database, pipeline, settings))
        worker.start()
        try:
            ids = []
            for words in ("Đàn bò có 1 con.", "Đàn bò có 2 con."):
                job = jobs.ask(
                    database,
                    kind=KIND,
                    settings=Options(content="text").model_dump(mode="json"),
                    body=words.encode(),
                    key=None,
                    by="lan",
                    room=9,
                ).job
                queue.put(job.id)
                ids.append(job.id)
            until(lambda: pipeline.tagger.read)
            postgres.crash()
            pipeline.tagger.go.set()
            time.sleep(2)
            postgres.start()
            until(lambda: all(jobs.get(database, job_id).state == "done" for job_id in ids), seconds=40)
            assert jobs.get(database, ids[0]).attempts == 1
        finally:
            worker.stop(5)
            queue.close()
            database.close()
