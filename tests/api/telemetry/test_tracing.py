"""Traces, where they are wanted: spans of what was done, with nothing of what was read."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.api.telemetry import tracing
from chitieu.errors import ProgramMissing
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from fakes import fake_pipeline

SECRET = "lúa-vụ-mùa-Ẩn-Danh"
TEXT = f"Thu ngân sách đạt 7.215 tỷ đồng, {SECRET} bằng 81,4% dự toán."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
ODD = {"X-Secret": "lua-vu-mua", "User-Agent": "tests"}


class Failing(Pipeline):
    """Fails once it is warm, with the text in its error."""

    def __init__(self):
        fake = fake_pipeline()
        super().__init__(fake.tagger, fake.catalogue)

    def warm_up(self):
        pass

    def extract(self, text, **more):
        raise ValueError(f"cannot read {text}")


@pytest.fixture
def exported(monkeypatch):
    """Where spans go in the place of a collector."""
    memory = pytest.importorskip(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="needs the extra `otel`"
    )
    exporter = memory.InMemorySpanExporter()
    monkeypatch.setattr(tracing, "otlp_exporter", lambda: exporter)
    return exporter


@pytest.fixture
def traced(exported, tmp_path):
    """A function that opens a service, hands its client to another, and gives all spans once it is closed."""

    def run(use, pipeline=None):
        app = create_app(pipeline or fake_pipeline(), settings=Settings(data=tmp_path, otel=True))
        with TestClient(app, raise_server_exceptions=False) as client:
            use(client)
        return exported.get_finished_spans()

    return run


def named(spans, name):
    return [span for span in spans if span.name == name]


def everything(spans):
    """All that would be sent."""
    return "\n".join(span.to_json() for span in spans)


def assert_tells_nothing(spans):
    sent = everything(spans).encode().decode("unicode_escape") + everything(spans)
    for words in (SECRET, "lúa-vụ-mùa", "lua-vu-mua", "7.215", "l%C3%BAa"):
        assert words not in sent


def test_a_request_with_its_file_and_text_is_one_trace(traced):
    html = f"<html><body><p>{TEXT}</p></body></html>".encode()
    spans = traced(
        lambda client: client.post(
            "/v1/extract", params={"name": SECRET}, content=html, headers={"Content-Type": "text/html", **ODD}
        )
    )
    (request,) = named(spans, "POST /v1/extract")
    (file,) = named(spans, "read file")
    (text,) = named(spans, "extract")
    for span in (file, text):
        assert span.context.trace_id == request.context.trace_id
        assert span.parent.span_id == request.context.span_id
    assert file.attributes["bytes"] == len(html)
    assert text.attributes["characters"] > 0
    assert request.attributes["http.route"] == "/v1/extract"
    assert request.resource.attributes["service.name"] == "chitieu"
    assert_tells_nothing(spans)


def test_what_is_written_to_the_database_is_a_span_of_the_request(traced):
    spans = traced(
        lambda client: client.post("/v1/extract", params={"store": "true"}, content=TEXT.encode(), headers=PLAIN)
    )
    (request,) = named(spans, "POST /v1/extract")
    writes = [span for span in named(spans, "database write") if span.context.trace_id == request.context.trace_id]
    assert writes and all(span.attributes["db.system.name"] == "sqlite" for span in writes)
    assert named(spans, "database write") != writes, "migrating is one, too"
    assert_tells_nothing(spans)


def test_a_write_that_is_undone_says_so(exported, tmp_path):
    app = create_app(fake_pipeline(), settings=Settings(data=tmp_path, otel=True))
    with TestClient(app), pytest.raises(ValueError, match="x"), app.state.database.write():
        raise ValueError("x" + SECRET)
    last = named(exported.get_finished_spans(), "database write")[-1]
    assert not last.status.is_ok and last.attributes["error.type"] == "rolled back"
    assert_tells_nothing([last])


def test_failures_are_told_by_their_kind(traced):
    def use(client):
        assert client.post("/v1/extract", content=TEXT.encode(), headers=PLAIN).status_code == 500
        assert client.get("/v1/indicators/" + SECRET, headers=ODD).status_code == 404
        assert client.get("/v1/model", params={SECRET: SECRET}).status_code == 422
        assert client.get("/" + SECRET).status_code == 404

    spans = traced(use, Failing())
    (text,) = named(spans, "extract")
    assert not text.status.is_ok and text.attributes["error.type"] == "ValueError"
    (request,) = named(spans, "POST /v1/extract")
    assert request.attributes["http.status_code"] == 500 or request.attributes["http.response.status_code"] == 500
    assert named(spans, "GET /v1/indicators/{id}")
    assert_tells_nothing(spans)


@pytest.mark.parametrize("conventions", ["http", "http/dup"])
def test_neither_do_the_newer_conventions_tell_what_was_sent(traced, monkeypatch, conventions):
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", conventions)
    spans = traced(lambda client: client.get("/v1/indicators", params={"q": SECRET}))
    assert_tells_nothing(spans)


def test_those_who_watch_are_not_traced(traced):
    spans = traced(lambda client: [client.get(path) for path in ("/healthz", "/readyz", "/metrics")])
    assert [span.name for span in spans if span.name.startswith("GET")] == []


def test_a_trace_that_came_with_the_request_goes_on(traced):
    came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    spans = traced(lambda client: client.get("/v1/model", headers={"traceparent": came}))
    (request,) = named(spans, "GET /v1/model")
    assert f"{request.context.trace_id:032x}" == came.split("-")[1]


def test_spans_go_where_the_variables_of_opentelemetry_say(monkeypatch, tmp_path):
    pytest.importorskip("opentelemetry.sdk", reason="needs the extra `otel`")
    received = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "chitieu-of-tests")
        app = create_app(fake_pipeline(), settings=Settings(data=tmp_path, otel=True))
        with TestClient(app) as client:
            client.post("/v1/extract", content=TEXT.encode(), headers=PLAIN)
        server.shutdown()
    assert {path for path, _ in received} == {"/v1/traces"}
    sent = b"".join(body for _, body in received)
    assert b"chitieu-of-tests" in sent and b"/v1/extract" in sent and b"extract" in sent
    assert SECRET.encode() not in sent


def test_without_the_setting_nothing_of_it_is_loaded(tmp_path):
    import subprocess

    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from chitieu.api.app import create_app\n"
        "from fakes import fake_pipeline\n"
        "from chitieu.settings import Settings\n"
        "create_app(fake_pipeline(), settings=Settings())\n"
        "parts = {'.'.join(name.split('.')[:2]) for name in sys.modules if name.startswith('opentelemetry.')}\n"
        "assert not parts & {'opentelemetry.sdk', 'opentelemetry.instrumentation', 'opentelemetry.exporter'}, parts"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_without_the_extra_it_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.fastapi", None)
    with pytest.raises(ProgramMissing) as caught:
        create_app(fake_pipeline(), settings=Settings(data=tmp_path, otel=True))
    assert caught.value.detail["install"] == "chitieu[otel]"
    assert "pip install 'chitieu[otel]'" in caught.value.message
