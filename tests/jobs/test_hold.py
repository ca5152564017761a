"""A worker's hold on its job: signs of life while nothing is reported, and the word to let go."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from chitieu.errors import DatabaseDown
from chitieu.jobs import hold as module
from chitieu.jobs.hold import Hold, Interrupted, JobLost
from chitieu.store import jobs

LEASE = 1.2


@contextmanager
def held(office, **more):
    job_id = office.ask(put=False)
    assert jobs.claim(office.database, job_id, "w1", lease_seconds=60, attempts=3) is not None
    stop = threading.Event()
    with Hold(office.database, job_id, "w1", lease_seconds=LEASE, stop=stop, **more) as hold:
        yield job_id, hold, stop


def until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_free(office, job_id):
    return job_id in jobs.stalled(office.database, lease_seconds=LEASE, attempts=3)


def test_the_lease_is_renewed_while_nothing_is_reported(office):
    with held(office) as (job_id, _, _):
        end = time.monotonic() + 3 * LEASE
        while time.monotonic() < end:
            assert not is_free(office, job_id)
            time.sleep(0.05)
    time.sleep(1.5 * LEASE)
    assert is_free(office, job_id), "nobody gives signs any more"


def test_reports_are_written_when_a_step_begins_and_ends_and_between_once_a_second(office, monkeypatch):
    written = []
    progress = jobs.progress

    def noted(*args):
        written.append(args[3:])
        return progress(*args)

    monkeypatch.setattr(jobs, "progress", noted)
    with held(office) as (job_id, hold, _):
        hold.report("reading")
        for done in range(101):
            hold.report("extracting", done, 100)
        hold.report("storing")
        assert written == [("reading", 0, None), ("extracting", 0, 100), ("extracting", 100, 100), ("storing", 0, None)]
        assert jobs.get(office.database, job_id).step == "storing"
        hold.report("extracting", 1, 100)
        monkeypatch.setattr(module, "_REPORT_SECONDS", 0.0)
        time.sleep(1.0)
        hold.report("extracting", 50, 100)
        assert written[-1] == ("extracting", 50, 100)


def test_signs_go_on_after_a_fault_that_nobody_foresaw(office, monkeypatch):
    tried = []

    def unforeseen(*_):
        tried.append(1)
        raise RuntimeError("unforeseen")

    with held(office) as (job_id, _, _):
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "renew", unforeseen)
            until(lambda: len(tried) > 1)
        end = time.monotonic() + 2 * LEASE
        while time.monotonic() < end:
            assert not is_free(office, job_id)
            time.sleep(0.05)


@pytest.mark.parametrize("how", ["report", "sign of life"])
def test_a_job_that_was_cancelled_is_let_go(office, how):
    with held(office) as (job_id, hold, _):
        hold.report("extracting", 0, 100)
        jobs.cancel(office.database, job_id)
        if how == "sign of life":
            time.sleep(LEASE)
            with pytest.raises(JobLost):
                hold.report("extracting", 1, 100)  # too soon to be written
        else:
            with pytest.raises(JobLost):
                hold.report("extracting", 100, 100)
        with pytest.raises(JobLost):
            hold.report("extracting", 2, 100)


def test_who_is_to_end_is_interrupted(office):
    with held(office) as (_, hold, stop):
        hold.report("extracting", 0, 100)
        stop.set()
        with pytest.raises(Interrupted):
            hold.report("extracting", 1, 100)


def test_a_database_that_is_down_costs_no_job(office, monkeypatch):
    down = DatabaseDown("Không sẵn sàng. / Not available.", cause="locked")
    fails = {"progress": 1, "renew": 2}

    def failing(name, call):
        def once(*args):
            if fails[name]:
                fails[name] -= 1
                raise down
            return call(*args)

        return once

    for name in fails:
        monkeypatch.setattr(jobs, name, failing(name, getattr(jobs, name)))
    monkeypatch.setattr(module, "_FIRST_WAIT", 0.01)
    left = [down, down]

    def change():
        if left:
            raise left.pop()
        return "kept"

    with held(office) as (job_id, hold, _):
        hold.report("reading")
        hold.report("extracting")
        assert hold.insist(change) == "kept"
        time.sleep(2 * LEASE)
        assert fails == {"progress": 0, "renew": 0}
        assert not is_free(office, job_id)


@pytest.mark.parametrize("why", [Interrupted, JobLost])
def test_who_waits_for_a_database_is_let_go_too(office, monkeypatch, why):
    monkeypatch.setattr(module, "_FIRST_WAIT", 0.01)

    def down():
        raise DatabaseDown("Không sẵn sàng. / Not available.", cause="full")

    with held(office) as (job_id, hold, stop):
        if why is Interrupted:
            threading.Timer(0.2, stop.set).start()
        else:
            jobs.cancel(office.database, job_id)
        with pytest.raises(why):
            hold.insist(down)


def test_each_report_may_pause(office):
    pauses = []
    with held(office, pause=lambda: pauses.append(1)) as (_, hold, _):
        for done in range(5):
            hold.report("extracting", done, 100)
    assert len(pauses) == 5
