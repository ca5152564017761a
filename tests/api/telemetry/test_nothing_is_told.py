"""No word of a report, no password and no token in any line of the log, whatever becomes of the request."""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from fakes import fake_pipeline
from serving import Served

SECRET = "lúa-vụ-mùa-Ẩn-Danh"
TEXT = f"Thu ngân sách đạt 7.215 tỷ đồng, {SECRET} bằng 81,4% dự toán. {SECRET}: 5%."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
NDJSON = {"Content-Type": "application/x-ndjson"}
TRACES = ("lúa", "Ẩn-Danh", "7.215", "ngân sách", "l%C3%BAa", "\\u1ea8n")


class Failing(Pipeline):
    """Reads what begins with another word; fails over the rest, with the text in its error."""

    def __init__(self):
        fake = fake_pipeline()
        super().__init__(fake.tagger, fake.catalogue)
        self.fails = True

    def warm_up(self):
        pass

    def extract(self, text, **more):
        if self.fails:
            try:
                raise KeyError(text)
            except KeyError as error:
                raise ValueError(f"cannot read {text}") from error
        return super().extract(text, **more)


def assert_nothing_told(written):
    for words in TRACES:
        assert words not in written, next(line for line in written.splitlines() if words in line)
    for line in written.splitlines():
        assert isinstance(json.loads(line), dict)


def ask_everything(client):
    """Requests that end in each way there is, all with words of a report in them."""
    body = json.dumps({"text": TEXT, "id": SECRET})
    yield client.post("/v1/extract", content=TEXT.encode(), headers=PLAIN, params={"name": SECRET})
    yield client.post("/v1/extract", content=body.encode(), headers={"Content-Type": "application/json"})
    yield client.post("/v1/extract", params={"store": "true"}, content=TEXT.encode(), headers=PLAIN)
    yield client.post("/v1/extract", content=f"<p>{TEXT}</p>".encode(), headers={"Content-Type": "text/html"})
    yield client.post("/v1/extract", files={"file": (f"{SECRET}.txt", TEXT.encode())})
    # What is refused.
    yield client.post("/v1/extract", content=body.encode()[:-3], headers={"Content-Type": "application/json"})
    yield client.post("/v1/extract", content=(TEXT + "\0").encode(), headers=PLAIN)
    yield client.post("/v1/extract", content=TEXT.encode() + b"\xff", headers=PLAIN)
    yield client.post("/v1/extract", content=b"%PDF-1.7 " + TEXT.encode(), params={"name": SECRET})
    yield client.post("/v1/extract", content=body.encode(), headers={"Content-Type": f"image/{SECRET}".encode()})
    yield client.post("/v1/extract", content=TEXT.encode(), headers=PLAIN | {"Accept": "image/png"})
    # Several at once: one that is read, some that are not.
    lines = [body, json.dumps({"text": ""}), json.dumps({"txt": TEXT}), TEXT]
    yield client.post("/v1/extract/batch", content="\n".join(lines).encode(), headers=NDJSON)
    # Paths and queries.
    yield client.get("/v1/indicators", params={"q": SECRET})
    yield client.get(f"/v1/indicators/{SECRET}", params={SECRET: SECRET})
    yield client.get(f"/v1/{SECRET}")
    yield client.get(f"/{SECRET}")
    yield client.get("/v1/indicators", params={"limit": SECRET})
    yield client.request("DELETE", "/v1/extract", params={"q": SECRET})
    yield client.get("/v1/model", headers={"X-Request-ID": SECRET.encode(), "User-Agent": SECRET.encode()})


@pytest.mark.parametrize("level", ["debug", "info"])
def test_reading_and_refusing(logged, tmp_path, level):
    log = logged(log_level=level)
    with TestClient(
        create_app(fake_pipeline(), settings=Settings(data=tmp_path)), raise_server_exceptions=False
    ) as client:
        statuses = [answer.status_code for answer in ask_everything(client)]
    assert statuses.count(200) >= 7 and {404, 405, 406, 415, 422} <= set(statuses) and 500 not in statuses
    assert len(log.lines("answered")) == len(statuses)
    assert_nothing_told(log.getvalue())


def test_failing(logged, tmp_path):
    log = logged(log_level="debug")
    with TestClient(create_app(Failing(), settings=Settings(data=tmp_path)), raise_server_exceptions=False) as client:
        answers = list(ask_everything(client))
        assert SECRET not in answers[0].text
    assert sum(answer.status_code == 500 for answer in answers) >= 2
    assert log.lines("request_failed")
    assert_nothing_told(log.getvalue())


def test_a_job_that_fails(logged, tmp_path):
    log = logged(log_level="debug")
    with TestClient(create_app(Failing(), settings=Settings(data=tmp_path)), raise_server_exceptions=False) as client:
        asked = client.post("/v1/jobs", content=TEXT.encode(), headers=PLAIN, params={"name": SECRET})
        assert asked.status_code == 202, asked.text
        end = time.monotonic() + 30
        while client.get(f"/v1/jobs/{asked.json()['id']}").json()["state"] not in ("failed", "done"):
            assert time.monotonic() < end
            time.sleep(0.05)
    assert any("ValueError" in line.get("exception", "") for line in log.lines()), "the log says where it failed"
    assert_nothing_told(log.getvalue())


def test_logging_in(logged, tmp_path):
    log = logged(log_level="debug")
    password, token = "một-Mật-Khẩu-dài", "chitieu_0123456789_abcdefghijklmnop"
    app = create_app(fake_pipeline(), settings=Settings(data=tmp_path, login="required", allowed_hosts=""))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        client.post("/v1/session", json={"name": SECRET, "password": password})
        client.post("/v1/session", json={"name": SECRET, "password": password, "more": password})
        client.get("/v1/model", headers={"Authorization": f"Bearer {token}"})
        client.get("/v1/model", headers={"Cookie": f"chitieu_session={token}"})
        client.get("/", params={"next": SECRET}, headers={"Accept": "text/html"}, follow_redirects=False)
    written = log.getvalue()
    assert len(log.lines("answered")) == 5
    assert_nothing_told(written)
    assert "Mật" not in written and "abcdefghijklmnop" not in written


def test_the_served_model_in_processes_of_its_own(root, tmp_path):
    if not (root / "models/current.json").is_file():
        pytest.skip("no model in models/")
    workers = 2
    served = Served(tmp_path, "--workers", str(workers), CHITIEU_LOG_LEVEL="debug")
    try:
        with httpx.Client(base_url=served.where, timeout=60) as client:
            answers = list(ask_everything(client))
            page = client.get("/metrics").text
        assert served.stop() == 0
    finally:
        served.kill()
    assert 500 not in {answer.status_code for answer in answers}
    assert_nothing_told(served.log.read_text("utf-8"))
    assert len(served.lines("answered")) == len(answers), "each request is one line, of one process"
    assert len(served.lines("ready")) == workers
    assert len(set(re.findall(r'^process_resident_memory_bytes\{pid="(\d+)"\}', page, re.M))) == workers
    total = sum(float(value) for value in re.findall(r"^chitieu_requests_total\{.*\} (\S+)$", page, re.M))
    assert total >= len(answers), "whichever process is asked tells of all"
