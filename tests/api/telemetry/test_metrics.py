"""What Prometheus reads: of one process, and of several that serve together."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.api.telemetry.metrics import Metrics, Standing, multiprocess_folder
from chitieu.settings import Settings
from fakes import fake_pipeline
from measures import of, samples

TEXT = "Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.fixture
def service(tmp_path):
    with TestClient(create_app(fake_pipeline(), settings=Settings(data=tmp_path))) as made:
        yield made


def asked(client):
    return samples(client.get("/metrics").content)


def test_the_page_is_in_the_form_of_prometheus(service):
    answer = service.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"# HELP chitieu_requests_total " in answer.content
    assert b"_created" not in answer.content
    opened = service.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert opened.headers["content-type"].startswith("application/openmetrics-text")
    assert opened.content.endswith(b"# EOF\n")


def test_texts_figures_and_files_are_counted(service):
    before = asked(service)
    figures = len(service.post("/v1/extract", content=TEXT, headers=PLAIN).json()["figures"])
    html = f"<html><body><p>{TEXT}</p></body></html>".encode()
    figures += len(service.post("/v1/extract", content=html, headers={"Content-Type": "text/html"}).json()["figures"])
    service.post("/v1/extract", content=b"", headers=PLAIN)
    service.post("/v1/extract", content=b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "application/octet-stream"})
    after = asked(service)

    def more(*key):
        return after.get(key, 0) - before.get(key, 0)

    assert more("chitieu_figures_total") == figures > 0
    assert more("chitieu_files_total", "html") == 1
    assert more("chitieu_encoder_pass_windows_count") == 2, "the tests' tagger reads a text at once"
    assert more("chitieu_text_seconds_count") == 3, "the empty text was begun, too"
    assert more("chitieu_text_wait_seconds_count") == 3
    assert more("chitieu_text_characters_sum") >= 2 * len(TEXT)
    assert more("chitieu_errors_total", "text_empty") == more("chitieu_errors_total", "file_unsupported") == 1
    assert more("chitieu_requests_total", "/v1/extract", "200", "POST") == 2
    assert more("chitieu_requests_total", "/v1/extract", "415", "POST") == 1


def test_what_is_served_and_what_it_takes_is_told(service):
    told = asked(service)
    info = fake_pipeline().info
    assert any(key[0] == "chitieu_info" and {info.name, info.catalogue} <= set(key) for key in told)
    assert told["chitieu_database_up",] == 1
    assert told["chitieu_jobs", "queued"] == told["chitieu_jobs", "failed"] == 0
    assert told["chitieu_texts_waiting",] == told["chitieu_texts_running",] == 0
    assert told["process_resident_memory_bytes",] > 10_000_000
    assert abs(told["process_start_time_seconds",] - time.time()) < 3600 * 24


def test_two_applications_count_apart(service, tmp_path):
    with TestClient(create_app(fake_pipeline(), settings=Settings(data=tmp_path / "other"))) as other:
        other.post("/v1/extract", content=TEXT, headers=PLAIN)
        assert asked(other)["chitieu_figures_total",] > 0
    assert asked(service)["chitieu_figures_total",] == 0


def test_a_pipeline_that_outlives_the_application_forgets_it(tmp_path):
    pipeline = fake_pipeline()
    for _ in range(2):
        with TestClient(create_app(pipeline, settings=Settings(data=tmp_path))):
            assert len(pipeline.observers) == 1
    assert pipeline.observers == []


@pytest.mark.parametrize(
    ("path", "route"),
    [("/v1/indicators/no-such-thing", "/v1/indicators/{id}"), ("/v1/no/such", "none"), ("/no.css", "/{file}")],
)
def test_no_path_that_a_caller_wrote_is_a_label(service, path, route):
    service.get(path)
    page = service.get("/metrics").text
    assert path not in page
    assert asked(service)["chitieu_requests_total", *sorted((route, "404", "GET"))] >= 1


def test_without_a_database_the_rest_is_told(tmp_path):
    page, _ = Metrics().page(Standing({"version": "1"}, database_up=False))
    told = samples(page)
    assert told["chitieu_database_up",] == 0
    assert not any(name.startswith("chitieu_jobs") for name, *_ in told)


CHILD = """
import sys, time
from chitieu.api.telemetry.metrics import Metrics, multiprocess_folder
metrics = Metrics(multiprocess_folder())
for number in range(int(sys.argv[1])):
    metrics.answered("/v1/extract", "POST", 200, 0.1)
    metrics.text_read(waited=0.1, worked=0.2, characters=100)
metrics.waiting.set(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""
PARENT = """
import sys
from chitieu.api.telemetry.metrics import Metrics, Standing, multiprocess_folder
assert multiprocess_folder() is not None
sys.stdout.buffer.write(Metrics(multiprocess_folder()).page(Standing({"version": "1"}, True, {"queued": 4}))[0])
"""


@pytest.fixture
def processes(tmp_path):
    """A function that starts a process that counts to a number, and one that reads what all have counted."""
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    started = []

    def start(number):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(number)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(child)
        assert child.stdout.readline() == b"ready\n"
        return child

    def read():
        done = subprocess.run([sys.executable, "-c", PARENT], env=env, capture_output=True, check=True, timeout=60)
        return samples(done.stdout)

    yield start, read
    for child in started:
        child.kill()
        child.wait()


def test_processes_that_serve_together_are_added_up(processes):
    start, read = processes
    first, second = start(2), start(3)
    told = read()
    assert told["chitieu_requests_total", "/v1/extract", "200", "POST"] == 5
    assert told["chitieu_text_seconds_count",] == 5
    assert told["chitieu_texts_waiting",] == 5
    assert told["chitieu_jobs", "queued"] == 4, "what all share is not added up"
    for child in (first, second):
        assert told["process_resident_memory_bytes", str(child.pid)] > 1_000_000


def test_a_process_that_died_waits_for_nothing_and_its_counts_stay(processes):
    start, read = processes
    start(2)
    dead = start(3)
    dead.kill()
    dead.wait()
    told = read()
    assert told["chitieu_texts_waiting",] == 2
    assert told["chitieu_requests_total", "/v1/extract", "200", "POST"] == 5
    assert ("process_resident_memory_bytes", str(dead.pid)) not in told


def test_a_folder_that_is_named_too_late_counts_for_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert multiprocess_folder() is None, "the library was imported without it, and keeps its values in memory"
    assert of(Metrics(multiprocess_folder()))["chitieu_database_up",] == 1


def test_passes_of_the_served_model_make_up_all_windows(pipeline):
    told, passes = [], []

    class Watching:
        def passed(self, windows):
            passes.append(windows)

        def answer_made(self, answer):
            pass

    pipeline.observers.append(watching := Watching())
    try:
        pipeline.extract((TEXT + " ") * 60, progress=lambda done, of: told.append((done, of)))
    finally:
        pipeline.observers.remove(watching)
    assert len(passes) > 1 and sum(passes) == told[-1][0] == told[-1][1]
