"""`/v1/jobs`: asked for, watched, fetched, cancelled; each sees their own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from chitieu.api import jobs as api_jobs
from chitieu.api.app import create_app
from chitieu.api.telemetry import health
from chitieu.api.working import polite
from chitieu.jobs.run import Tools
from chitieu.jobs.worker import Worker
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.tables import Job
from fakes import fake_pipeline
from members import bearer, code_of, member, token
from slow import slow_pipeline

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."
PAGE = f"<!doctype html><html><body><p>{TEXT}</p></body></html>".encode()
TCVN3 = "Tæng thu ng©n s¸ch ®¹t 215,4 tû ®ång, t¨ng 6,2% so víi cïng kú.".encode("cp1252")
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
EVENTS = {"Accept": "text/event-stream"}
URL = "/v1/jobs"


@contextmanager
def service(folder, database_url, pipeline=None, **more):
    settings = Settings(
        **{
            "data": folder,
            "database_url": database_url.render_as_string(hide_password=False),
            "login": "open",
            "allowed_hosts": "testserver",
            "job_lease_seconds": 5,
            "rate_per_minute": 0,
        }
        | more
    )
    app = create_app(pipeline or fake_pipeline(), settings=settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(tmp_path, database_url):
    with service(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def slow(tmp_path, database_url):
    """A service whose jobs end when `go` is set."""
    pipeline = slow_pipeline(4000, 0.02)
    with service(tmp_path, database_url, pipeline) as made:
        yield SimpleNamespace(client=made, go=pipeline.tagger.go, tagger=pipeline.tagger)


@pytest.fixture
def office(tmp_path, database_url):
    """Nobody does the jobs of a service that needs a login; `lan` and `minh` may ask, `hoa` may read, `admin` may all."""
    with service(tmp_path, database_url, login="required", jobs="apart") as made:
        database = made.app.state.database
        roles = {"admin": "admin", "lan": "annotator", "minh": "reviewer", "hoa": "reader"}
        told = {}
        for name, role in roles.items():
            member(database, name, role, password=False)
            told[name] = bearer(token(database, name))
        yield SimpleNamespace(client=made, database=database, **told)


def ask(client, text=TEXT, *, status=202, **more):
    answer = client.post(URL, content=text.encode(), headers=PLAIN | more.pop("headers", {}), **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["location"] == f"{URL}/{answer.json()['id']}"
    return answer.headers["location"]


def wait(client, url, *states, seconds=20.0, **more):
    end = time.monotonic() + seconds
    while (job := client.get(url, **more).json())["state"] not in (states or ("done", "failed", "cancelled")):
        assert time.monotonic() < end, job
        time.sleep(0.02)
    return job


def events_of(answer):
    """Name, id and data of each event."""
    found = []
    for part in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def without_id(answer):
    return {**answer, "document": {**answer["document"], "id": None}}


SENT = {
    "json": {"json": {"text": TEXT, "id": "thu.txt", "with_text": True}},
    "hints": {"json": {"text": TEXT, "period": {"text": "năm 2019", "start": "2019-01-01", "end": "2019-12-31"}}},
    "text": {"content": TEXT.encode(), "headers": PLAIN, "params": {"name": "thu.txt", "with_text": "true"}},
    "text of before Unicode": {"content": TCVN3, "headers": {"Content-Type": "text/plain; charset=tcvn3"}},
    "old font as JSON": {"json": {"text": TCVN3.decode("cp1252")}},
    "file": {"content": PAGE, "headers": {"Content-Type": "application/octet-stream"}, "params": {"name": "a.html"}},
    "CSV": {"content": "Chỉ tiêu;Số lượng\nĐàn bò;8.320 con\n".encode(), "headers": {"Content-Type": "text/csv"}},
    "form": {"files": {"file": ("a.html", PAGE, "text/html")}, "data": {"with_text": "true"}},
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_job_answers_what_a_request_would(client, sent):
    asked = client.post(URL, **sent)
    assert asked.status_code == 202, asked.text
    job = wait(client, asked.headers["location"])
    assert (job["state"], job["error"]) == ("done", None)
    got = client.get(job["links"]["result"])
    want = client.post("/v1/extract", **sent)
    assert got.headers["content-type"] == want.headers["content-type"] == "application/json"
    assert without_id(got.json()) == without_id(want.json())


@pytest.mark.parametrize("media", ["application/x-ndjson", "text/csv", "text/html"])
def test_the_answer_comes_in_every_form(client, media):
    url = ask(client, params={"name": "thu.txt"})
    wait(client, url, "done")
    got = client.get(f"{url}/result", headers={"Accept": media})
    want = client.post(
        "/v1/extract", content=TEXT.encode(), headers=PLAIN | {"Accept": media}, params={"name": "thu.txt"}
    )
    assert got.headers["content-type"] == want.headers["content-type"]
    assert got.content == want.content
    assert code_of(client.get(f"{url}/result", headers={"Accept": "image/png"})) == (406, "not_acceptable")


def test_what_is_shown_of_a_job(client):
    asked = client.post(URL, json={"text": TEXT, "id": "mật.txt"}).json()
    assert asked["links"] == {"job": f"{URL}/{asked['id']}", "result": f"{URL}/{asked['id']}/result", "document": None}
    shown = wait(client, f"{URL}/{asked['id']}", "done")
    assert set(shown) == {
        "id", "kind", "state", "step", "done", "total", "attempts", "document_id", "error", "asked_by",
        "asked_at", "begun_at", "ended_at", "links", "waiting_for_worker",
    }  # fmt: skip
    assert TEXT not in json.dumps(shown, ensure_ascii=False)
    assert shown["asked_at"].endswith("Z")


def test_a_document_is_stored_where_that_was_asked(client):
    job = wait(client, ask(client, params={"store": "true", "name": "thu.txt"}), "done")
    stored = client.get(job["links"]["document"]).json()
    assert (stored["id"], stored["name"], stored["stored_by"]) == (job["document_id"], "thu.txt", "local")
    assert client.get(job["links"]["result"]).json()["document"]["stored"] == job["document_id"]
    again = client.post(
        "/v1/extract", content=TEXT.encode(), headers=PLAIN, params={"store": "true", "name": "thu.txt"}
    )
    assert again.headers["x-chitieu-stored"] == "again"


def test_the_same_asked_for_again_is_the_same_job(slow):
    first = ask(slow.client)
    assert ask(slow.client, status=200) == first
    assert ask(slow.client, params={"name": "thu.txt"}) != first
    assert ask(slow.client, params={"with_text": "true"}) != first
    assert ask(slow.client, TEXT + " ") != first
    slow.go.set()
    wait(slow.client, first, "done")
    assert ask(slow.client, status=200) == first
    slow.client.delete(first)
    assert ask(slow.client) != first


def test_what_failed_is_begun_anew(client):
    headers = {"Content-Type": "application/pdf"}
    asked = [client.post(URL, content=b"%PDF-1.7 cut short", headers=headers).headers["location"]]
    assert wait(client, asked[0])["state"] == "failed"
    asked.append(client.post(URL, content=b"%PDF-1.7 cut short", headers=headers).headers["location"])
    assert asked[0] != asked[1]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"content": b" \n", "headers": PLAIN}, 422, "text_empty"),
        ({"content": b"", "headers": {"Content-Type": "application/pdf"}}, 422, "text_empty"),
        ({"content": b"\x89PNG\r\n\x1a\n", "headers": {"Content-Type": "application/octet-stream"}}, 415, "file_unsupported"),
        ({"content": b"x", "headers": {"Content-Type": "image/png"}}, 415, "media_type_unsupported"),
        ({"content": b"a\0b", "headers": PLAIN}, 422, "text_binary"),
        ({"content": b"x" * 4001, "headers": PLAIN}, 413, "text_too_long"),
        ({"json": {"text": "x" * 1001}}, 413, "text_too_long"),
        ({"content": b"x" * 5001, "headers": {"Content-Type": "application/octet-stream"}}, 413, "text_too_long"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "request_invalid"),
        ({"json": {"text": TEXT, "more": 1}}, 422, "request_invalid"),
        ({"json": {"text": TEXT, "period": {"text": "?", "start": "2023-13-01"}}}, 422, "request_invalid"),
        ({"json": {"text": TEXT, "id": "a\0b"}}, 422, "request_invalid"),
        ({"json": {"text": TEXT, "store": True, "place": {"text": "xã " + "x" * 600}}}, 422, "request_invalid"),
        ({"content": TEXT.encode(), "headers": PLAIN, "params": {"name": "x" * 401}}, 422, "request_invalid"),
    ],
)  # fmt: skip
def test_what_is_seen_to_be_of_no_use_is_refused_at_once(tmp_path, sent, status, code):
    where = sqlalchemy.URL.create("sqlite", database=str(tmp_path / "chitieu.db"))
    with service(tmp_path, where, max_characters=1000, max_file_bytes=5000) as client:
        client.app.state.served.pipeline.limit = 1000
        refused = client.post(URL, **sent)
        assert code_of(refused) == (status, code)
        assert " / " in refused.json()["error"]["message"]
        assert client.get(URL).json()["jobs"] == []


def test_a_file_that_cannot_be_read_answers_as_a_request_does(client):
    sent = {
        "content": b"%PDF-1.7 cut short",
        "headers": {"Content-Type": "application/pdf"},
        "params": {"name": "bao-cao.pdf"},
    }
    job = wait(client, client.post(URL, **sent).headers["location"])
    got, want = client.get(job["links"]["result"]), client.post("/v1/extract", **sent)
    assert (got.status_code, got.json()) == (want.status_code, want.json())
    assert code_of(got) == (422, "file_damaged")
    assert job["error"] == {**got.json()["error"], "status": 422}


def test_too_many_jobs_that_wait(tmp_path, database_url):
    with service(tmp_path, database_url, jobs="apart", max_jobs=2) as client:
        first = ask(client)
        ask(client, "Đàn bò có 1 con.")
        refused = client.post(URL, content=b"x", headers=PLAIN)
        assert code_of(refused) == (429, "service_busy")
        assert int(refused.headers["retry-after"]) == refused.json()["error"]["detail"]["retry_after"] > 0
        assert ask(client, status=200) == first
        client.delete(first)
        ask(client, "Đàn bò có 2 con.")


def test_without_an_answer(slow):
    url = ask(slow.client)
    wait(slow.client, url, "running")
    unfinished = slow.client.get(f"{url}/result")
    assert code_of(unfinished) == (409, "job_unfinished")
    assert unfinished.json()["error"]["detail"]["state"] == "running"
    slow.client.delete(url)
    assert slow.client.get(f"{url}/result").json()["error"]["detail"]["state"] == "cancelled"


def test_a_job_is_cancelled_and_then_forgotten(slow):
    url = ask(slow.client)
    wait(slow.client, url, "running")
    assert slow.client.delete(url).status_code == 204
    assert slow.client.get(url).json()["state"] == "cancelled"
    other = ask(slow.client, "Đàn bò có 1 con.")
    wait(slow.client, other, "running")  # the thread is free
    assert slow.client.delete(url).status_code == 204
    assert code_of(slow.client.get(url)) == (404, "job_unknown")
    slow.go.set()
    wait(slow.client, other, "done")
    assert slow.client.delete(other).status_code == 204
    assert code_of(slow.client.get(f"{other}/result")) == (404, "job_unknown")


@pytest.mark.parametrize("name", ["0" * 32, "x", "ệ%00"])
def test_an_unknown_job(client, name):
    url = f"{URL}/{name}"
    for answer in (client.get(url), client.get(f"{url}/result"), client.get(url, headers=EVENTS), client.delete(url)):
        assert code_of(answer) in ((404, "job_unknown"), (422, "request_invalid"))
        assert " / " in answer.json()["error"]["message"]


def test_events_come_in_order_and_end(slow):
    url = ask(slow.client)
    wait(slow.client, url, "running")
    threading.Timer(2.0, slow.go.set).start()
    answer = slow.client.get(url, headers=EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    *before, (name, last, job) = events_of(answer)
    assert {event for event, _, _ in before} == {"progress"}
    assert (name, last, job["state"]) == ("done", "end", "done")
    counts = [job["done"] for _, _, job in before]
    assert len(set(counts)) >= 2
    assert counts == sorted(counts)
    assert {job["step"] for _, _, job in before} <= {None, "reading", "extracting"}
    assert [job["id"] for _, _, job in before] == [job["id"]] * len(before)


def test_many_who_watch_a_job_cost_one_query_now_and_then(slow):
    url = ask(slow.client)
    wait(slow.client, url, "running")
    asked = []

    def count(connection, cursor, statement, *_):
        if statement.partition("WHERE")[2].lstrip().startswith("jobs.id ") and statement.startswith("SELECT"):
            asked.append(statement)

    async def main(app):
        following, job_id = app.state.following, url.rpartition("/")[2]
        job = await asyncio.to_thread(jobs.get, app.state.database, job_id)

        async def watch():
            return [event.event async for event in api_jobs._events(job, following, app.state.stopping)]

        watching = [asyncio.create_task(watch()) for _ in range(200)]
        engine = app.state.database.engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", count)
        begun = time.monotonic()
        await asyncio.sleep(2.2)
        looks = len(asked)
        assert 2 <= looks <= (time.monotonic() - begun) / 0.5 + 1
        sqlalchemy.event.remove(engine, "before_cursor_execute", count)
        slow.go.set()
        async with asyncio.timeout(20):
            ends = await asyncio.gather(*watching)
        assert {events[-1] for events in ends} == {"done"}
        assert not following._followed

    slow.client.portal.call(main, slow.client.app)


def test_who_joins_during_a_look_waits_for_the_next(slow):
    url = ask(slow.client)
    wait(slow.client, url, "running")

    async def main(app):
        following, job_id = app.state.following, url.rpartition("/")[2]
        job = await asyncio.to_thread(jobs.get, app.state.database, job_id)
        looked, go_on = threading.Event(), threading.Event()

        def ask_slowly(ids, ask=following._ask):
            look = ask(ids)
            if not looked.is_set():
                looked.set()
                assert go_on.wait(20)
            return look

        async def watch():
            return [event.event async for event in api_jobs._events(job, following, app.state.stopping)]

        following._ask = ask_slowly
        with following.follow("another"):
            first = asyncio.create_task(following.look())
            await asyncio.to_thread(looked.wait, 20)
            watching = asyncio.create_task(watch())
            await asyncio.sleep(0.1)
            go_on.set()
            await first
            slow.go.set()
            async with asyncio.timeout(20):
                assert (await watching)[-1] == "done"

    slow.client.portal.call(main, slow.client.app)


def let_wait(database, seconds, seen=None):
    """Let all jobs have been asked for, and the oldest seen by a worker, so long ago."""
    now = datetime.now(UTC)
    seen_at = None if seen is None else now - timedelta(seconds=seen)
    with database.write() as session:
        session.execute(sqlalchemy.update(Job).values(asked_at=now - timedelta(seconds=seconds), seen_at=seen_at))


def test_a_job_that_no_worker_sees_says_so(tmp_path, database_url):
    with service(tmp_path, database_url, jobs="apart") as client:
        database, url = client.app.state.database, ask(client)
        assert client.get(url).json()["waiting_for_worker"] is None  # not for long
        let_wait(database, 100, seen=50)
        assert 50 <= client.get(url).json()["waiting_for_worker"] < 60
        let_wait(database, 100)
        assert 100 <= client.get(URL).json()["jobs"][0]["waiting_for_worker"] < 110
        measure = "chitieu_jobs_waiting_for_worker_seconds"
        told = [line for line in client.get("/metrics").text.splitlines() if line.startswith(measure)]
        assert len(told) == 1 and float(told[0].split()[1]) >= 0
        worker = Worker(Tools(database, slow_pipeline(), client.app.state.settings))
        worker.start()
        other = ask(client, "Đàn bò có 1 con.")
        wait(client, url, "running")
        assert client.get(other).json()["waiting_for_worker"] is None  # it waits behind another, not for a worker
        worker.stop(0)


def test_the_log_says_once_that_no_worker_is_there(tmp_path, database_url, monkeypatch):
    monkeypatch.setattr(health, "_WORKERS_SECONDS", 0.05)
    with capture_logs() as logs, service(tmp_path, database_url, jobs="apart") as client:
        client.app.state.vitals._unseen._fresh = 0.0
        ask(client)
        let_wait(client.app.state.database, 100)
        time.sleep(1.0)
        assert [entry["log_level"] for entry in logs if entry["event"] == "no_worker"] == ["warning"]


def test_who_has_had_the_last_event_is_told_to_stop(client):
    url = ask(client)
    wait(client, url, "done")
    assert [event for event, _, _ in events_of(client.get(url, headers=EVENTS))] == ["done"]
    again = client.get(url, headers=EVENTS | {"Last-Event-ID": "end"})
    assert (again.status_code, again.content) == (204, b"")


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_events_of_what_ends_badly(slow, how):
    if how == "failed":
        headers = {"Content-Type": "application/pdf"}
        url = slow.client.post(URL, content=b"%PDF-1.7 cut short", headers=headers).headers["location"]
    else:
        url = ask(slow.client)
        wait(slow.client, url, "running")
        threading.Timer(1.0, lambda: jobs.cancel(slow.client.app.state.database, url.rsplit("/", 1)[1])).start()
    name, _, job = events_of(slow.client.get(url, headers=EVENTS))[-1]
    assert (name, job["state"]) == (how, how)
    assert (job["error"] is not None) == (how == "failed")


def test_events_of_a_job_that_is_forgotten_end(tmp_path, database_url):
    with service(tmp_path, database_url, jobs="apart") as client:
        url = ask(client)

        def drop():
            database = client.app.state.database
            jobs.cancel(database, url.rsplit("/", 1)[1])
            jobs.forget(database, url.rsplit("/", 1)[1])

        threading.Timer(0.2, drop).start()
        assert [event for event, _, _ in events_of(client.get(url, headers=EVENTS))] in (
            ["progress"],
            ["progress", "cancelled"],
        )


def test_a_worker_apart_does_the_jobs_of_a_service(tmp_path, database_url):
    with service(tmp_path, database_url, jobs="apart") as client:
        url = ask(client)
        time.sleep(1.0)
        assert client.get(url).json()["state"] == "queued"
        state = client.app.state
        worker = Worker(Tools(state.database, fake_pipeline(), state.settings))
        threading.Timer(0.5, worker.start).start()
        assert [event for event, _, _ in events_of(client.get(url, headers=EVENTS))][-1] == "done"
        worker.stop(5)
        assert client.get(f"{url}/result").json()["figures"]


def test_a_service_that_ends_leaves_its_job_to_the_next(tmp_path, database_url):
    with service(tmp_path, database_url, slow_pipeline()) as client:
        url = ask(client)
        wait(client, url, "running")
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    with service(tmp_path, database_url) as client:
        job = wait(client, url, "done", seconds=8)
        assert job["attempts"] == 1


def test_others_jobs_are_unknown(office):
    client = office.client
    url = ask(client, headers=office.lan)
    for who in (office.minh, office.hoa):
        for answer in (
            client.get(url, headers=who),
            client.get(f"{url}/result", headers=who),
            client.get(url, headers=who | EVENTS),
            client.delete(url, headers=who),
        ):
            assert code_of(answer) == (404, "job_unknown")
        assert client.get(URL, headers=who).json()["jobs"] == []
    assert client.get(url, headers=office.lan).json()["asked_by"] == "lan"
    assert client.get(url, headers=office.admin).json()["asked_by"] == "lan"
    assert [job["asked_by"] for job in client.get(URL, headers=office.admin).json()["jobs"]] == ["lan"]
    assert client.delete(url, headers=office.admin).status_code == 204
    assert client.get(url, headers=office.lan).json()["state"] == "cancelled"


def test_the_same_asked_for_by_two_is_two_jobs(office):
    assert ask(office.client, headers=office.lan) != ask(office.client, headers=office.minh)


def test_who_may_ask(office):
    client = office.client
    refused = client.post(URL, content=TEXT.encode(), headers=PLAIN | office.hoa)
    assert code_of(refused) == (403, "forbidden")
    assert refused.json()["error"]["detail"]["needs"] == "annotator"
    for answer in (client.post(URL, content=TEXT.encode(), headers=PLAIN), client.get(URL), client.get(f"{URL}/x")):
        assert code_of(answer) == (401, "login_needed")


def test_lists_page_by_page(office):
    client, who = office.client, office.lan
    urls = [ask(client, f"Đàn bò có {n} con.", headers=who) for n in range(5)]
    for n in range(3):
        ask(client, f"Đàn bò có {n} con.", headers=office.minh)
    client.delete(urls[0], headers=who)
    seen, url = [], f"{URL}?limit=2"
    while url:
        page = client.get(url, headers=who)
        seen += [job["links"]["job"] for job in page.json()["jobs"]]
        url = page.links.get("next", {}).get("url")
        assert (url is not None) == (page.json()["next"] is not None)
    assert seen == urls[::-1]
    cancelled = client.get(URL, params={"state": "cancelled"}, headers=who).json()["jobs"]
    assert [job["links"]["job"] for job in cancelled] == urls[:1]
    for wrong in ({"state": "lost"}, {"cursor": "x"}, {"limit": 0}):
        assert code_of(client.get(URL, params=wrong, headers=who)) == (422, "request_invalid")


def test_jobs_let_go_first_whose_clients_wait():
    pool = SimpleNamespace(waiting=1, running=0, threads=2)
    pause = polite(pool)
    begun = time.monotonic()
    pause()
    assert 0.9 < time.monotonic() - begun < 3, "not for ever"
    begun = time.monotonic()
    threading.Timer(0.1, lambda: setattr(pool, "waiting", 0)).start()
    pause()
    assert time.monotonic() - begun < 0.9
    pool.running = 2
    threading.Timer(0.1, lambda: setattr(pool, "running", 1)).start()
    begun = time.monotonic()
    pause()
    assert 0.05 < time.monotonic() - begun < 0.9


def test_what_is_asked_for_again_is_put_into_the_queue_once(tmp_path, database_url, monkeypatch):
    with service(tmp_path, database_url, jobs="apart") as client:
        put = []
        monkeypatch.setattr(client.app.state.queue, "put", put.append)
        places = {ask(client, status=status) for status in (202, 200, 200)}
        assert len(places) == 1 and [f"{URL}/{job}" for job in put] == [*places]


def test_a_job_that_ends_while_it_is_to_be_cancelled_is_forgotten(tmp_path, database_url, monkeypatch):
    from chitieu.api import jobs as routes

    with service(tmp_path, database_url, jobs="apart") as client:
        where = ask(client)
        whole = routes.may_see

        def then_it_ends(database, id, actor):
            seen = whole(database, id, actor)
            stored = routes.jobs.claim(database, id, "w", lease_seconds=60, attempts=3)
            assert stored is not None and routes.jobs.finish(database, id, "w", answer=b"x")
            return seen

        monkeypatch.setattr(routes, "may_see", then_it_ends)
        assert client.delete(where).status_code == 204
        monkeypatch.undo()
        assert client.get(where).status_code == 404
