"""Settings of a database of either engine, jobs in it, and workers that are stopped at the end."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from chitieu.jobs.extract import KIND, Kept, Options
from chitieu.jobs.queue import Queue
from chitieu.jobs.run import Tools
from chitieu.jobs.worker import Worker
from chitieu.settings import Settings
from chitieu.store import jobs
from fakes import fake_pipeline

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."


@pytest.fixture
def settings(database_url, tmp_path):
    url = SecretStr(database_url.render_as_string(hide_password=False))
    return Settings(data=tmp_path, database_url=url, job_lease_seconds=5, shutdown_seconds=10)


@pytest.fixture
def lose(settings, database):
    """Has the queue `deleted` or `damaged`."""

    def lost(how):
        file = settings.data_folder / "queue.db"
        if not database.is_sqlite:
            with database.write() as session:
                session.execute(text("DROP TABLE queue"))
        elif how == "deleted":
            file.unlink()
        else:
            file.write_bytes(b"no database at all" * 500)

    return lost


@pytest.fixture
def office(settings, database):
    """A queue, and what is done with it: `ask` for jobs, `work` on them, `wait` for their ends."""
    queue = Queue(settings)
    workers: list[Worker] = []

    def ask(words=TEXT, *, put=True, key=None, by="lan", body=None, **options):
        told = Options(**({"content": "text"} | options)).model_dump(mode="json")
        job = jobs.ask(
            database,
            kind=KIND,
            settings=told,
            body=words.encode() if body is None else body,
            key=key,
            by=by,
            room=1000,
        ).job
        if put:
            queue.put(job.id)
        return job.id

    def work(pipeline=None, **more):
        worker = Worker(Tools(database, pipeline or fake_pipeline(), settings), **more)
        workers.append(worker)
        worker.start()
        return worker

    def wait(id, *states, seconds=20.0):
        end = time.monotonic() + seconds
        while (job := jobs.get(database, id)).state not in (states or ("done", "failed", "cancelled")):
            assert time.monotonic() < end, job
            time.sleep(0.02)
        return job

    def answer(id):
        return Kept.unpack(jobs.answer(database, id)).answer

    yield SimpleNamespace(
        queue=queue, ask=ask, work=work, wait=wait, answer=answer, database=database, settings=settings
    )
    for worker in workers:
        worker.stop(0)
    queue.close()
