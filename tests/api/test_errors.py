"""Every error has one body, and a code that programs may rely on."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.errors import ModelMissing
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
    "form": ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415, "media_type_unsupported"),
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
    class Broken:
        info = None

        def __getattr__(self, name):
            return getattr(fake_pipeline(), name)

        def warm_up(self):
            pass

        def extract(self, *_, **__):
            raise ZeroDivisionError("in the middle of a secret place")

    broken = Broken()
    broken.info = fake_pipeline().info
    with TestClient(create_app(broken), raise_server_exceptions=False) as client:
        response = client.post(URL, json={"text": "5%"})
        assert_error(response, 500, "internal")
        assert "secret" not in response.text


def test_without_a_model_it_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setenv("CHITIEU_MODELS", str(tmp_path))
    with pytest.raises(ModelMissing), TestClient(create_app()):
        pass
