"""Ids, the line of each request, and the answer where the service fails."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.testclient import TestClient

from chitieu.api import errors
from chitieu.api.telemetry.metrics import Metrics
from chitieu.api.telemetry.requests import Requests
from chitieu.errors import ServiceBusy
from measures import of as measured

SECRET = "lúa-vụ-mùa-Ẩn-Danh"


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def app(metrics, tmp_path):
    (tmp_path / "page.css").write_text("p{}")
    router = APIRouter(prefix="/v1")

    @router.post("/things/{id}")
    async def things(id: str, request: Request):
        request.state.actor = SimpleNamespace(name="lan")
        structlog.get_logger("chitieu.inside").info("inside")
        return {"size": len(await request.body())}

    @router.get("/fails")
    def fails(q: str = ""):
        raise ValueError(f"cannot read {q}")

    @router.get("/breaks-off")
    async def breaks_off():
        async def parts():
            yield b"one\n"
            await asyncio.sleep(0)
            raise ValueError(SECRET)

        return StreamingResponse(parts())

    @router.get("/busy")
    def busy():
        raise ServiceBusy("Bận. / Busy.", retry_after=3)

    made = FastAPI()
    made.get("/healthz")(lambda: {"ok": True})
    made.include_router(router)
    made.mount("/", StaticFiles(directory=tmp_path))
    errors.install(made)
    made.add_middleware(Requests, metrics=metrics)
    return made


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=True, client=("192.0.2.7", 50000)) as made:
        yield made


def test_every_answer_bears_an_id_and_no_two_the_same(client):
    paths = ["/healthz", "/v1/nothing", "/page.css", "/missing.css", "/v1/fails", "/v1/busy", "/v1/breaks-off"]
    ids = [client.get(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
    assert {len(made) for made in ids} == {16}


@pytest.mark.parametrize("given", ["a", "0" * 64, "7f3c-0a.B_9"])
def test_an_id_that_is_given_is_taken_over(client, given):
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "0" * 65, "x\ty", "a;b", '{"a":1}', "á".encode()])
def test_an_id_that_is_not_fit_for_a_log_is_not(client, given):
    kept = client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert kept != given and len(kept) == 16


def test_of_two_ids_none_is_taken(client):
    kept = client.get("/healthz", headers=[("X-Request-ID", "one"), ("X-Request-ID", "two")]).headers["x-request-id"]
    assert kept not in ("one", "two", "one, two")


def test_a_request_is_one_line(client, logged):
    log = logged()
    answer = client.post(f"/v1/things/{SECRET}?q={SECRET}", content=b"x" * 1000, headers={"X-Request-ID": "r7"})
    assert answer.json() == {"size": 1000}
    (line,) = log.lines("answered")
    assert 0 <= line.pop("seconds") < 5
    line.pop("time")
    assert line == {
        "level": "info",
        "event": "answered",
        "logger": "chitieu.api.telemetry.requests",
        "request": "r7",
        "method": "POST",
        "route": "/v1/things/{id}",
        "status": 200,
        "bytes_in": 1000,
        "bytes_out": len(answer.content),
        "actor": "lan",
        "address": "192.0.2.7",
    }
    assert log.lines("inside")[0]["request"] == "r7", "what is logged on the way bears the id too"
    assert SECRET not in log.getvalue()


def test_what_has_no_route_is_told_without_its_path(client, logged):
    log = logged()
    for path in (f"/v1/{SECRET}", f"/{SECRET}.css", "/page.css", "/openapi.json"):
        client.get(path)
    client.request("BREW", "/healthz")
    routes = [(line["method"], line["route"]) for line in log.lines("answered")]
    assert routes == [("GET", "/{file}")] * 3 + [("GET", "/openapi.json"), ("OTHER", "/{file}")]
    assert SECRET not in log.getvalue() and "BREW" not in log.getvalue()


def test_those_who_watch_leave_no_line_below_warning(client, logged):
    log = logged()
    client.get("/healthz")
    assert log.lines() == []


def test_a_fault_is_answered_with_the_id_that_the_log_tells_of(client, logged, metrics):
    log = logged()
    answer = client.get("/v1/fails", params={"q": SECRET}, headers={"X-Request-ID": "r8"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "r8"
    assert answer.json()["error"]["code"] == "internal" and answer.json()["error"]["detail"] == {"request": "r8"}
    (failed,) = log.lines("request_failed")
    assert (failed["level"], failed["request"], failed["route"]) == ("error", "r8", "/v1/fails")
    assert failed["exception"].startswith("ValueError\n") and "in fails" in failed["exception"]
    (line,) = log.lines("answered")
    assert (line["level"], line["status"], line["error"]) == ("warning", 500, "internal")
    assert SECRET not in log.getvalue()
    assert measured(metrics)["chitieu_errors_total", "internal"] == 1


def test_an_answer_that_breaks_off_is_told_and_not_mended(client, logged):
    log = logged()
    answer = client.get("/v1/breaks-off")
    assert answer.content == b"one\n"
    assert len(log.lines("request_failed")) == 1
    assert SECRET not in log.getvalue()


def test_a_client_that_goes_is_no_fault(app, logged):
    log = logged()
    sent = []

    async def talk():
        told = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])

        async def receive():
            return next(told)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/v1/things/1",
            "raw_path": b"/v1/things/1",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [],
            "server": ("testserver", 80),
            "client": None,
        }
        await app(scope, receive, send)

    asyncio.run(talk())
    (line,) = log.lines("answered")
    assert (line["status"], line["level"], line["bytes_in"], line["address"]) == (499, "info", 4, None)
    assert sent == [] and log.lines("request_failed") == []


def test_requests_are_counted_by_route_and_none_stays_in_flight(client, metrics):
    for path in ("/v1/things/1", "/v1/things/2"):
        client.post(path)
    client.get("/v1/busy")
    client.get("/v1/fails")
    counted = measured(metrics)
    assert counted["chitieu_requests_total", "/v1/things/{id}", "200", "POST"] == 2
    assert counted["chitieu_requests_total", "/v1/busy", "429", "GET"] == 1
    assert counted["chitieu_requests_total", "/v1/fails", "500", "GET"] == 1
    assert counted["chitieu_request_seconds_count", "/v1/things/{id}", "POST"] == 2
    assert counted["chitieu_errors_total", "service_busy"] == 1
    assert counted["chitieu_requests_in_flight",] == 0


def test_a_request_that_is_being_answered_is_in_flight(app, metrics):
    seen = []

    @app.get("/v1/now", name="now")
    async def now():
        seen.append(measured(metrics)["chitieu_requests_in_flight",])

    app.router.routes.insert(0, app.router.routes.pop())
    with TestClient(app) as client:
        assert client.get("/v1/now").status_code == 200
    assert seen == [1]


def test_the_id_reaches_those_inside(app):
    @app.get("/v1/state")
    async def state(request: Request):
        return request.state.request

    app.router.routes.insert(0, app.router.routes.pop())
    with TestClient(app) as client:
        answer = client.get("/v1/state", headers={"X-Request-ID": "r9"})
    assert json.loads(answer.content) == "r9"
