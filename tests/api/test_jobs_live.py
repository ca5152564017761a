"""Jobs of a service in a process of its own: watched over a real connection, by clients that go away, until it stops or is killed."""

from __future__ import annotations

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

    def starting(*arguments):
        port = free_port()
        environment = os.environ | {
            "CHITIEU_DATA": str(tmp_path),
            "CHITIEU_JOB_LEASE_SECONDS": "5",
            "CHITIEU_ALLOWED_HOSTS": "",
            "CHITIEU_SHUTDOWN_SECONDS": "1",
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


def test_a_service_that_stops_ends_the_streams_and_leaves_the_job(start):
    process, client = start("--steps", "100000", "--seconds", "0.05")
    url = ask(client)
    wait(client, url, "running")
    ended = threading.Event()

    def watch():
        with httpx.Client(base_url=client.base_url, timeout=SECONDS) as other:
            try:
                with other.stream("GET", url, headers=EVENTS) as events:
                    events.read()
            except httpx.RemoteProtocolError:
                pass  # cut in the middle: the client asks again
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    time.sleep(1.0)
    process.terminate()
    assert ended.wait(10)
    assert process.wait(15) in (0, -signal.SIGTERM)  # uvicorn raises the signal again when it has ended
    _, client = start()
    assert wait(client, url, "done")["attempts"] == 1


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
