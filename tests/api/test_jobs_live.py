"""Jobs of a service in a process of its own: watched over a real connection, by clients that go away, until it stops or is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import open_database

TESTS = Path(__file__).resolve().parents[1]
TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
EVENTS = {"Accept": "text/event-stream"}
SECONDS = 60.0


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    """Starts the service; it is ended with the test."""
    started = []

    def starting(*arguments, shutdown_seconds=1):
        port = free_port()
        environment = os.environ | {
            "CHITIEU_DATA": str(tmp_path),
            "CHITIEU_JOB_LEASE_SECONDS": "5",
            "CHITIEU_ALLOWED_HOSTS": "",
            "CHITIEU_SHUTDOWN_SECONDS": str(shutdown_seconds),
            "PYTHONPATH": str(TESTS),
        }
        with (tmp_path / "service.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, TESTS / "slow.py", "serve", "--port", str(port), *arguments],
                env=environment,
                stdout=log,
                stderr=log,
            )
        started.append(process)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS)
        end = time.monotonic() + SECONDS
        while True:
            try:
                client.get("/healthz").raise_for_status()
                return process, client
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.1)

    yield starting
    for process in started:
        process.kill()
        process.wait(10)


def ask(client, text=TEXT):
    answer = client.post("/v1/jobs", content=text.encode(), headers=PLAIN)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def wait(client, url, *states):
    end = time.monotonic() + SECONDS
    while (job := client.get(url).json())["state"] not in states:
        assert time.monotonic() < end, job
        time.sleep(0.1)
    return job


def quiet(folder):
    """Whether nothing went wrong, by the service's log."""
    told = (folder / "service.log").read_text("utf-8")
    return not any(word in told.lower() for word in ("error", "traceback", "exception"))


def test_events_come_as_they_happen(start):
    _, client = start("--steps", "80", "--seconds", "0.05")
    url = ask(client)
    with client.stream("GET", url, headers=EVENTS) as events:
        lines = events.iter_lines()
        assert next(lines) == "event: progress"
        assert client.get(url).json()["state"] in ("queued", "running")
        assert "event: done" in list(lines)


def test_a_job_goes_on_when_its_client_goes_away(start):
    process, client = start("--steps", "60", "--seconds", "0.05")
    url = ask(client)
    for _ in range(20):
        with client.stream("GET", url, headers=EVENTS) as events:
            next(events.iter_lines())  # and away
    assert wait(client, url, "done")["attempts"] == 1
    begun = time.monotonic()
    process.terminate()
    process.wait(15)
    assert time.monotonic() - begun < 10, "nobody is left to be waited for"


def test_a_service_that_stops_ends_the_streams_and_leaves_the_job(start, tmp_path):
    process, client = start("--steps", "100000", "--seconds", "0.05")
    url = ask(client)
    wait(client, url, "running")
    ended, lines = threading.Event(), []

    def watch():
        with (
            httpx.Client(base_url=client.base_url, timeout=SECONDS) as other,
            other.stream("GET", url, headers=EVENTS) as events,
        ):
            lines.extend(events.iter_lines())
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    time.sleep(1.0)
    process.terminate()
    assert ended.wait(10)
    last = [line for line in lines if line][-3:]
    assert last[0] == "event: stopping" and last[2] == "retry: 5000"
    assert json.loads(last[1].removeprefix("data: "))["id"] == url.rpartition("/")[2]
    assert process.wait(15) in (0, -signal.SIGTERM)  # uvicorn raises the signal again when it has ended
    assert quiet(tmp_path)
    _, client = start()
    assert wait(client, url, "done")["attempts"] == 1


def batch_while_stopping(start, texts, **how):
    """The lines of a batch whose service is told to stop when the first text is read, and how long it lived on."""
    process, client = start("--steps", "40", "--seconds", "0.05", **how)
    body = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    lines = []
    headers = {"Content-Type": "application/x-ndjson"}
    with client.stream("POST", "/v1/extract/batch", content=body, headers=headers) as answer:
        for line in answer.iter_lines():
            if not lines:
                process.terminate()
                begun = time.monotonic()
            lines.append(json.loads(line))
    assert process.wait(30) in (0, -signal.SIGTERM)
    return lines, time.monotonic() - begun


def test_a_batch_whose_service_stops_ends_with_what_was_done(start, tmp_path):
    lines, _ = batch_while_stopping(start, [f"Đàn bò có {n} con." for n in range(1, 60)], shutdown_seconds=30)
    *told, last = lines
    assert 0 < last["done"] == len(told) < 59 and last["failed"] == 0
    assert all("answer" in line for line in told)  # what was begun is finished
    assert last["error"]["code"] == "stopping" and last["error"]["detail"] == {"retry_after": 5}
    assert quiet(tmp_path)


def test_a_batch_that_is_not_done_in_the_time_of_the_stop_says_so(start, tmp_path):
    texts = [f"Đàn bò có {n} con." for n in range(1, 60)]
    process, client = start("--steps", "100000", "--seconds", "0.05")
    body = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    threading.Timer(1.0, process.terminate).start()
    answer = client.post("/v1/extract/batch", content=body, headers={"Content-Type": "application/x-ndjson"})
    *told, last = [json.loads(line) for line in answer.text.splitlines() if line]
    assert told and {line["error"]["code"] for line in told} == {last["error"]["code"]} == {"stopping"}
    assert (last["done"], last["failed"]) == (0, len(told))
    assert process.wait(15) in (0, -signal.SIGTERM)
    assert quiet(tmp_path)


def test_a_job_inside_is_given_back_at_once_while_requests_are_finished(start, tmp_path):
    process, client = start("--steps", "80", "--seconds", "0.05", "--silent", shutdown_seconds=60)
    url = ask(client)
    wait(client, url, "running")
    database = open_database(Settings(data=tmp_path))
    answered = []
    reading = threading.Thread(
        target=lambda: answered.append(client.post("/v1/extract", content=TEXT.encode(), headers=PLAIN))
    )
    reading.start()
    time.sleep(0.5)
    process.terminate()
    end = time.monotonic() + 2
    while (job := jobs.get(database, url.rpartition("/")[2])).state != "queued":
        assert time.monotonic() < end, job
        time.sleep(0.05)
    assert job.attempts == 0 and not answered
    database.close()
    reading.join(20)
    assert answered[0].status_code == 200
    begun = time.monotonic()
    assert process.wait(20) in (0, -signal.SIGTERM)
    assert time.monotonic() - begun < 5
    assert quiet(tmp_path)


def test_a_service_that_is_killed_does_the_job_when_it_is_back(start):
    process, client = start("--steps", "100000", "--seconds", "0.05")
    url = ask(client)
    other = ask(client, "Đàn bò có 1 con.")
    wait(client, url, "running")
    process.kill()
    process.wait(10)
    _, client = start()
    assert wait(client, other, "done")["attempts"] == 1
    assert wait(client, url, "done")["attempts"] == 2
    assert client.get(f"{url}/result").json()["figures"]
