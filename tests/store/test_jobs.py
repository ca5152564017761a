"""Jobs in their table: asked for once, begun by one worker, ended, forgotten; on both engines."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from chitieu.errors import BadRequest, EmptyText, JobUnfinished, JobUnknown, ServiceBusy
from chitieu.store import jobs
from chitieu.store.accounts import LOCAL
from chitieu.store.database import Database
from chitieu.store.tables import Job, JobData

BODY = "Đàn bò có 8.320 con.".encode()
LEASE = 60


def asked(database, *, kind="extract", key=None, by="lan", room=100, body=BODY, **more):
    return jobs.ask(database, kind=kind, settings={"a": 1}, body=body, key=key, by=by, room=room, **more)


def ask(database, **more):
    return asked(database, **more).job


def claim(database, job_id, worker="w1", attempts=3):
    return jobs.claim(database, job_id, worker, lease_seconds=LEASE, attempts=attempts)


def stalled(database, attempts=3):
    return jobs.stalled(database, lease_seconds=LEASE, attempts=attempts)


def age(database, job_id, **columns):
    """Let something have happened so many seconds ago."""
    then = {name: datetime.now(UTC) - timedelta(seconds=seconds) for name, seconds in columns.items()}
    with database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(**then))


def body_of(database, job_id):
    with database.read() as session:
        return session.scalar(select(JobData.body).join(Job, Job.seq == JobData.job_seq).where(Job.id == job_id))


ERROR = jobs.JobError.of(EmptyText("Văn bản trống. / The text is empty.", file="a.txt"))


def test_a_job_from_first_to_last(database):
    asked = ask(database)
    assert (asked.state, asked.attempts, asked.begun_at, asked.asked_by) == ("queued", 0, None, "lan")
    assert asked.asked_at.tzinfo is not None
    work = claim(database, asked.id)
    assert (work.id, work.kind, work.settings, work.body, work.asked_by) == (
        asked.id,
        "extract",
        {"a": 1},
        BODY,
        "lan",
    )
    assert jobs.get(database, asked.id).state == "running"
    assert jobs.progress(database, asked.id, "w1", "extracting", 3, 8)
    seen = jobs.get(database, asked.id)
    assert (seen.step, seen.done, seen.total, seen.attempts) == ("extracting", 3, 8, 1)
    assert jobs.finish(database, asked.id, "w1", answer=b"answer", document_id="d" * 64)
    done = jobs.get(database, asked.id)
    assert (done.state, done.step, done.document_id, done.ended) == ("done", None, "d" * 64, True)
    assert asked.asked_at <= done.begun_at <= done.ended_at
    assert jobs.answer(database, asked.id) == b"answer"


def test_what_was_sent_is_kept_until_the_end_and_no_longer(database):
    done, failed, cancelled = (ask(database).id for _ in range(3))
    assert body_of(database, done) == BODY
    for job_id in (done, failed):
        claim(database, job_id)
    jobs.finish(database, done, "w1", answer=b"x")
    jobs.fail(database, failed, "w1", ERROR)
    jobs.cancel(database, cancelled)
    assert [body_of(database, job_id) for job_id in (done, failed, cancelled)] == [None] * 3


def test_the_same_key_is_the_same_job(database):
    first = ask(database, key="k")
    assert ask(database, key="k").id == first.id
    claim(database, first.id)
    assert ask(database, key="k").id == first.id
    jobs.finish(database, first.id, "w1", answer=b"x")
    assert ask(database, key="k") == jobs.get(database, first.id)
    assert ask(database, key="other").id != first.id
    assert [asked(database, key=key).is_new for key in ("k", "new", "new", None, None)] == [
        False,
        True,
        False,
        True,
        True,
    ]
    assert ask(database).id != ask(database).id


def test_what_failed_or_was_cancelled_can_be_asked_for_again(database):
    failed = ask(database, key="k")
    claim(database, failed.id)
    jobs.fail(database, failed.id, "w1", ERROR)
    cancelled = ask(database, key="k")
    assert cancelled.id != failed.id
    jobs.cancel(database, cancelled.id)
    assert ask(database, key="k").id not in (failed.id, cancelled.id)
    assert jobs.get(database, failed.id).error == ERROR


def test_a_job_whose_document_is_gone_can_be_asked_for_again(database):
    first = ask(database, key="k")
    claim(database, first.id)
    jobs.finish(database, first.id, "w1", answer=b"x", document_id="d" * 64)
    again = ask(database, key="k")
    assert again.id != first.id
    assert ask(database, key="k").id == again.id


def test_many_who_ask_for_the_same_at_once_get_one_job(database):
    start = threading.Barrier(8)

    def one(_):
        start.wait(10)
        return ask(database, key="k").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    assert jobs.counts(database) == {"queued": 1}


def test_too_many_that_wait_are_refused_but_not_one_that_is_there(database):
    first, _ = ask(database, key="k", room=2), ask(database, room=2, by="minh")
    with pytest.raises(ServiceBusy) as refused:
        ask(database, room=2, by="hoa")
    assert refused.value.retry_after > 0
    assert " / " in refused.value.message
    assert ask(database, key="k", room=2).id == first.id
    claim(database, first.id)  # one that is begun waits no more
    ask(database, room=2)


def test_one_account_takes_half_of_the_room_at_most(database):
    for _ in range(2):
        ask(database, room=4)
    with pytest.raises(ServiceBusy) as refused:
        ask(database, room=4)
    assert "“lan”" in refused.value.message and " / " in refused.value.message
    ask(database, room=4, by="minh")


def test_where_nobody_logs_in_all_the_room_is_to_be_had(database):
    for _ in range(4):
        ask(database, room=4, by=LOCAL)
    with pytest.raises(ServiceBusy):
        ask(database, room=4, by=LOCAL)


def test_bytes_that_wait_are_bounded_too(database):
    first = ask(database, body=b"x" * 500, room_bytes=100)  # larger by itself: it has the room alone
    with pytest.raises(ServiceBusy):
        ask(database, body=b"x", by="minh", room_bytes=100)
    claim(database, first.id)
    ask(database, body=b"x" * 40, room_bytes=100)
    with pytest.raises(ServiceBusy, match="lan"):
        ask(database, body=b"x" * 11, room_bytes=100)
    ask(database, body=b"x" * 40, by="minh", room_bytes=100)
    with pytest.raises(ServiceBusy):
        ask(database, body=b"x" * 21, by="hoa", room_bytes=100)
    ask(database, body=b"x" * 20, by="hoa", room_bytes=100)


def test_a_step_of_a_job_with_a_large_body_writes_little(in_file):
    job_id = ask(in_file, body=bytes(8 << 20)).id
    claim(in_file, job_id)
    assert in_file.erase()
    log = Path(f"{in_file.url.database}-wal")
    assert log.stat().st_size == 0
    jobs.progress(in_file, job_id, "w1", "extracting", 1, 8)
    jobs.renew(in_file, job_id, "w1")
    assert 0 < log.stat().st_size < 100_000


def test_what_a_job_was_sent_goes_with_it(database):
    deleted, old = ask(database).id, ask(database).id
    for job_id in (deleted, old):
        claim(database, job_id)
        jobs.finish(database, job_id, "w1", answer=b"x")
    jobs.forget(database, deleted)
    age(database, old, ended_at=8 * 86_400)
    jobs.purge(database, 7)
    with database.read() as session:
        assert session.scalars(select(JobData.job_seq)).all() == []


@pytest.mark.parametrize("how", ["done", "failed", "cancelled"])
def test_a_key_that_holds_until_the_end_is_free_then(database, how):
    def again():
        return asked(database, kind="train", key="train", by="an", until_end=True)

    first = again()
    assert first.is_new and again().job.id == first.job.id
    claim(database, first.job.id)
    assert not again().is_new, "it runs"
    if how == "done":
        jobs.finish(database, first.job.id, "w1", answer=b"x")
    elif how == "failed":
        jobs.fail(database, first.job.id, "w1", ERROR)
    else:
        jobs.cancel(database, first.job.id)
    new = again()
    assert new.is_new and new.job.id != first.job.id
    assert jobs.get(database, first.job.id).state == how


def test_a_job_keeps_what_it_told_after_its_end_and_only_its_worker_may_tell(database):
    job_id = ask(database).id
    assert jobs.log_of(database, job_id) == ""
    claim(database, job_id)
    assert not jobs.note(database, job_id, "w2", "lạ\n")
    assert jobs.note(database, job_id, "w1", "một\n") and jobs.note(database, job_id, "w1", "một\nhai\n")
    jobs.fail(database, job_id, "w1", ERROR)
    assert not jobs.note(database, job_id, "w1", "ba\n")
    assert jobs.log_of(database, job_id) == "một\nhai\n"
    with pytest.raises(JobUnknown):
        jobs.log_of(database, "0" * 32)


def test_of_many_workers_one_gets_a_job(database):
    ids = [ask(database).id for _ in range(5)]
    start = threading.Barrier(8)

    def one(number):
        start.wait(10)
        return [job_id for job_id in ids if claim(database, job_id, f"w{number}") is not None]

    with ThreadPoolExecutor(8) as pool:
        got = [job_id for claimed in pool.map(one, range(8)) for job_id in claimed]
    assert sorted(got) == sorted(ids)
    assert {jobs.get(database, job_id).attempts for job_id in ids} == {1}


def _claim_all(url, ids, name, start, results):
    database = Database(url)
    start.wait(60)
    results.put([job_id for job_id in ids if claim(database, job_id, name) is not None])
    database.close()


def test_of_many_processes_one_gets_a_job(database, database_url):
    ids = [ask(database).id for _ in range(10)]
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(3), spawn.Queue()
    processes = [spawn.Process(target=_claim_all, args=(database_url, ids, f"p{n}", start, results)) for n in range(3)]
    for process in processes:
        process.start()
    got = [job_id for _ in processes for job_id in results.get(timeout=60)]
    for process in processes:
        process.join(10)
    assert sorted(got) == sorted(ids)


def test_a_running_job_is_taken_over_only_after_the_lease(database):
    job_id = ask(database).id
    claim(database, job_id, "w1")
    assert claim(database, job_id, "w2") is None
    age(database, job_id, seen_at=LEASE + 1)
    jobs.renew(database, job_id, "w1")
    assert claim(database, job_id, "w2") is None
    age(database, job_id, seen_at=LEASE + 1)
    assert claim(database, job_id, "w2").body == BODY
    assert jobs.get(database, job_id).attempts == 2


@pytest.mark.parametrize("how", ["taken over", "cancelled", "forgotten"])
def test_who_lost_a_job_changes_it_no_more(database, how):
    job_id = ask(database).id
    claim(database, job_id, "w1")
    if how == "taken over":
        age(database, job_id, seen_at=LEASE + 1)
        claim(database, job_id, "w2")
    else:
        jobs.cancel(database, job_id)
        if how == "forgotten":
            jobs.forget(database, job_id)
    with database.read() as session:
        before = session.scalar(select(Job).where(Job.id == job_id))
    assert not jobs.renew(database, job_id, "w1")
    assert not jobs.progress(database, job_id, "w1", "reading", 1, 2)
    assert not jobs.finish(database, job_id, "w1", answer=b"late")
    assert not jobs.fail(database, job_id, "w1", ERROR)
    assert not jobs.give_back(database, job_id, "w1")
    with database.read() as session:
        after = session.scalar(select(Job).where(Job.id == job_id))
    names = Job.__table__.columns.keys()
    assert [getattr(before, n, None) for n in names] == [getattr(after, n, None) for n in names]
    if how == "taken over":
        assert jobs.finish(database, job_id, "w2", answer=b"x")


def test_a_job_that_is_given_back_was_not_begun(database):
    job_id = ask(database).id
    for _ in range(5):
        assert claim(database, job_id) is not None
        jobs.progress(database, job_id, "w1", "extracting", 3, 8)
        assert jobs.give_back(database, job_id, "w1")
    job = jobs.get(database, job_id)
    assert (job.state, job.attempts, job.step, job.done, job.begun_at) == ("queued", 0, None, 0, None)


def test_what_waits_and_what_was_deserted_belongs_in_the_queue(database):
    waits, runs, deserted, done, gone = (ask(database).id for _ in range(5))
    for job_id in (runs, deserted, done):
        claim(database, job_id)
    jobs.finish(database, done, "w1", answer=b"x")
    jobs.cancel(database, gone)
    age(database, deserted, seen_at=LEASE + 1)
    assert stalled(database) == [waits, deserted]
    assert jobs.get(database, deserted).state == "running"


def test_a_job_whose_workers_all_died_fails(database):
    job_id = ask(database, key="k").id
    for number in range(3):
        assert claim(database, job_id, f"w{number}") is not None
        age(database, job_id, seen_at=LEASE + 1)
        assert stalled(database) == ([job_id] if number < 2 else [])
    assert claim(database, job_id, "w4") is None
    job = jobs.get(database, job_id)
    assert (job.state, job.attempts, job.error.code, job.error.status) == ("failed", 3, "internal", 500)
    assert "3" in job.error.message
    assert " / " in job.error.message
    assert ask(database, key="k").id != job_id


def test_cancelling_what_has_ended_changes_nothing(database):
    job_id = ask(database).id
    claim(database, job_id)
    jobs.finish(database, job_id, "w1", answer=b"x")
    before = jobs.get(database, job_id)
    assert jobs.cancel(database, job_id) == before


def test_what_is_cancelled_is_begun_by_nobody(database):
    job_id = ask(database).id
    assert jobs.cancel(database, job_id).state == "cancelled"
    assert claim(database, job_id) is None
    assert stalled(database) == []


def test_what_has_not_ended_is_not_forgotten(database):
    job_id = ask(database).id
    jobs.forget(database, job_id)
    assert jobs.get(database, job_id).state == "queued"
    jobs.cancel(database, job_id)
    jobs.forget(database, job_id)
    with pytest.raises(JobUnknown) as unknown:
        jobs.get(database, job_id)
    assert unknown.value.status == 404
    assert " / " in unknown.value.message


@pytest.mark.parametrize("call", [jobs.get, jobs.answer, jobs.cancel])
def test_an_unknown_id(database, call):
    with pytest.raises(JobUnknown):
        call(database, "0" * 32)


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_without_an_answer(database, state):
    job_id = ask(database).id
    if state in ("running", "failed"):
        claim(database, job_id)
    if state == "failed":
        jobs.fail(database, job_id, "w1", ERROR)
    if state == "cancelled":
        jobs.cancel(database, job_id)
    with pytest.raises(JobUnfinished) as unfinished:
        jobs.answer(database, job_id)
    assert unfinished.value.detail["state"] == state


def test_old_jobs_go_with_their_answers_and_no_others(database):
    old, fresh, waits = (ask(database).id for _ in range(3))
    for job_id in (old, fresh):
        claim(database, job_id)
        jobs.finish(database, job_id, "w1", answer=b"x")
    age(database, old, ended_at=7 * 86_400 + 60)
    age(database, fresh, ended_at=7 * 86_400 - 60)
    age(database, waits, asked_at=30 * 86_400)
    assert jobs.purge(database, 7) == 1
    assert jobs.purge(database, 7) == 0
    with pytest.raises(JobUnknown):
        jobs.answer(database, old)
    assert {jobs.get(database, job_id).state for job_id in (fresh, waits)} == {"done", "queued"}


def test_lists_page_by_page_newest_first(database):
    ids = [ask(database, by="lan" if n % 2 else "minh").id for n in range(7)][::-1]
    assert [job.id for job in jobs.listed(database).items] == ids
    seen, cursor = [], None
    while True:
        page = jobs.listed(database, limit=3, cursor=cursor)
        seen += [job.id for job in page.items]
        ask(database)  # what is added meanwhile moves nothing
        cursor = page.next
        if cursor is None:
            break
    assert seen == ids
    assert {job.asked_by for job in jobs.listed(database, by="minh").items} == {"minh"}
    claim(database, ids[0])
    assert [job.id for job in jobs.listed(database, state="running").items] == [ids[0]]
    assert len(jobs.listed(database, limit=len(ids) + 3).items) == 10
    assert jobs.listed(database, limit=10).next is None
    with pytest.raises(BadRequest):
        jobs.listed(database, cursor="none")


def test_counts_by_state(database):
    assert jobs.counts(database) == {}
    for _ in range(3):
        ask(database)
    jobs.cancel(database, jobs.listed(database).items[0].id)
    assert jobs.counts(database) == {"queued": 2, "cancelled": 1}
