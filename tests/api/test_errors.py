"""Every error has one body, and a code that programs may rely on."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from fastapi.testclient import TestClient

from chitieu.api import bodies
from chitieu.api.app import create_app
from chitieu.api.schemas import ExtractRequest
from chitieu.errors import ModelMissing
from chitieu.pipeline import Pipeline
from fakes import fake_pipeline

URL = "/v1/extract"
JSON = {"Content-Type": "application/json"}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def assert_error(response, status, code):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "detail"}
    assert body["error"]["code"] == code
    assert " / " in body["error"]["message"]
    assert isinstance(body["error"]["detail"], dict)
    return body["error"]


def body(text) -> bytes:
    return json.dumps({"text": text}).encode()


CASES = {
    "empty": (JSON, body(""), 422, "text_empty"),
    "only spaces": (JSON, body(" \t\n\u00a0\u3000"), 422, "text_empty"),
    "empty plain": (PLAIN, b"", 422, "text_empty"),
    "only a byte order mark": (PLAIN, b"\xef\xbb\xbf", 422, "text_empty"),
    "five megabytes": (JSON, body("Thu đạt 5%. " * 420_000), 413, "text_too_long"),
    "five megabytes plain": (PLAIN, b"Thu 5%. " * 655_360, 413, "text_too_long"),
    "too many bytes to read": (PLAIN, b"x" * 4_000_001, 413, "text_too_long"),
    "one character too many": (PLAIN, b"x" * 1_000_001, 413, "text_too_long"),
    "PDF": (PLAIN, b"%PDF-1.7\n1 0 obj", 422, "text_binary"),
    "Word": (PLAIN, b"PK\x03\x04\x14\x00\x06", 422, "text_binary"),
    "UTF-16 that is said to be UTF-8": (PLAIN, "Thu đạt 5%".encode("utf-16"), 422, "text_encoding"),
    "NUL in JSON": (JSON, body("thu 5%\0"), 422, "text_binary"),
    "control characters": (JSON, body("\x01\x02\x03 5%"), 422, "text_binary"),
    "invalid UTF-8": (PLAIN, b"thu 5% \xff\xfe", 422, "text_encoding"),
    "windows-1258": (PLAIN, "thu đạt 5% đ".encode("cp1258", "replace"), 422, "text_encoding"),
    "lone surrogate": (JSON, b'{"text": "thu \\ud800 5%"}', 422, "text_encoding"),
    "lone low surrogate": (JSON, b'{"text": "\\udc00"}', 422, ("text_encoding", "request_invalid")),
    "invalid UTF-8 in JSON": (JSON, b'{"text": "\xff 5%"}', 422, ("text_encoding", "request_invalid")),
    "no JSON": (JSON, b"thu 5%", 422, "request_invalid"),
    "cut JSON": (JSON, b'{"text": "thu', 422, "request_invalid"),
    "deep JSON": (JSON, b"[" * 100_000, 422, "request_invalid"),
    "JSON list": (JSON, b'["thu 5%"]', 422, "request_invalid"),
    "no body": (JSON, b"", 422, "request_invalid"),
    "missing field": (JSON, b'{"id": "x"}', 422, "request_invalid"),
    "unknown field": (JSON, b'{"text": "thu 5%", "txt": 1}', 422, "request_invalid"),
    "wrong type": (JSON, b'{"text": 5}', 422, "request_invalid"),
    "id too long": (JSON, json.dumps({"text": "5%", "id": "x" * 401}).encode(), 422, "request_invalid"),
    "faulty hint": (JSON, b'{"text": "5%", "period": {"tu": "2020"}}', 422, "request_invalid"),
    "XML": ({"Content-Type": "application/xml"}, b"<a/>", 415, "media_type_unsupported"),
    # A form is read since it may hold a file; one that holds none is a faulty request, no other kind of body.
    "form without a file": ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 422, "request_invalid"),
    "form without a boundary": ({"Content-Type": "multipart/form-data"}, b"--x--", 422, "request_invalid"),
    "form that is cut short": (
        {"Content-Type": "multipart/form-data; boundary=x"},
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nthu',
        422,
        "request_invalid",
    ),
    "form of fields alone": (
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"file=5%25",
        415,
        "media_type_unsupported",
    ),
    "parts that are no form": (
        {"Content-Type": "multipart/mixed; boundary=x"},
        b"--x--",
        415,
        "media_type_unsupported",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_refused(client, name):
    headers, data, status, code = CASES[name]
    response = client.post(URL, content=data, headers=headers)
    codes = (code,) if isinstance(code, str) else code
    assert_error(response, status, next((c for c in codes if c in response.text), codes[0]))


def test_the_fields_at_fault_are_named(client):
    error = assert_error(client.post(URL, json={"text": "5%", "periodd": 1}), 422, "request_invalid")
    assert error["detail"]["problems"][0]["where"] == "periodd"
    error = assert_error(client.post(f"{URL}?with_text=maybe", json={"text": "5%"}), 422, "request_invalid")
    assert error["detail"]["problems"][0]["where"] == "query.with_text"


def test_the_limit_is_told(client):
    error = assert_error(client.post(URL, content=b"x" * 1_000_001, headers=PLAIN), 413, "text_too_long")
    assert error["detail"]["limit"] == 1_000_000


def test_the_text_of_a_faulty_request_is_not_told_again(client):
    response = client.post(URL, json={"text": "bí mật 5%", "x": "bí mật"})
    assert "bí mật" not in response.text


@pytest.mark.parametrize("path", ["/khong-co", "/v1/khong-co", "/v2/extract", "/../../etc/passwd", "/%2e%2e/app.py"])
def test_unknown_path(client, path):
    assert_error(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", URL), ("DELETE", URL), ("POST", "/healthz"), ("PUT", "/"), ("POST", "/")]
)
def test_wrong_method(client, method, path):
    assert_error(client.request(method, path), 405, "method_not_allowed")


def test_a_fault_of_ours_is_told_without_its_inner_life():
    class Broken(Pipeline):
        def warm_up(self):
            pass

        def extract(self, *_, **__):
            raise ZeroDivisionError("in the middle of a secret place")

    whole = fake_pipeline()
    broken = Broken(whole.tagger, whole.catalogue)
    with TestClient(create_app(broken), raise_server_exceptions=False) as client:
        response = client.post(URL, json={"text": "5%"})
        assert_error(response, 500, "internal")
        assert "secret" not in response.text


def test_without_a_model_it_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setenv("CHITIEU_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing), TestClient(create_app()):
        pass


@pytest.mark.parametrize("path", ["/v1/extract", "/v1/extract/batch", "/v1/session", "/v1/jobs"])
@pytest.mark.parametrize("where", ["outside", "inside", "twice the same"])
def test_a_body_of_very_many_fields_is_refused_in_few_words(client, path, where):
    names = ("x" if where == "twice the same" else f"x{n}" for n in range(2000))
    many = "{" + ",".join(f'"{name}":1' for name in names) + ', "y":1}'
    body = many if where != "inside" else f'{{"text": "5%", "period": {many}}}'
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "request_invalid"
    assert len(answer.content) < 5000


def test_no_more_problems_are_told_than_one_reads(client):
    answer = client.post("/v1/extract", json={f"x{n}": 1 for n in range(90)} | {"text": "5%", "z" * 5000: 1})
    detail = answer.json()["error"]["detail"]
    assert len(detail["problems"]) == 20 and detail["more"] == 71
    assert len(client.post("/v1/extract", json={"text": "5%", "z" * 5000: 1}).content) < 1000


def test_a_large_body_keeps_no_other_request_waiting(monkeypatch):
    threads = []
    whole = bodies.parse
    monkeypatch.setattr(bodies, "parse", lambda *a: threads.append(threading.current_thread()) or whole(*a))

    async def main():
        for size in (10, 100_000):
            await bodies.parsed(ExtractRequest, b'{"text": "%s"}' % (b"x" * size))

    asyncio.run(main())
    assert [thread is threading.main_thread() for thread in threads] == [True, False]
