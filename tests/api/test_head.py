"""`HEAD` is answered as `GET`, without the body."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import URL
from starlette.responses import StreamingResponse

from chitieu.api.head import HeadAsGet
from members import bearer, member, service, token

PATHS = [
    "/healthz", "/readyz", "/metrics", "/docs", "/", "/login", "/openapi.json", "/v1/model", "/v1/observations", "/v1/documents",
    "/v1/indicators?q=thu", "/v1/jobs", "/v1/session", "/v1/documents/none", "/khong-co", "/v1/extract",
]  # fmt: skip
CHANGING = {"date", "x-request-id", "content-length", "etag"}


@pytest.mark.parametrize("path", PATHS)
def test_status_and_headers_are_those_of_get(client, path):
    for coding in ("gzip", "identity"):
        head, get = (client.request(method, path, headers={"Accept-Encoding": coding}) for method in ("HEAD", "GET"))
        assert head.status_code == get.status_code and head.content == b""
        assert {**head.headers, **dict.fromkeys(CHANGING)} == {**get.headers, **dict.fromkeys(CHANGING)}
        assert head.headers.get("content-length") is not None or get.headers.get("content-length") is None


def test_what_needs_a_login_needs_one(tmp_path):
    with service(URL.create("sqlite", database=str(tmp_path / "chitieu.db"))) as (client, database):
        member(database, "lan")
        assert client.head("/v1/documents").status_code == 401
        assert client.head("/v1/documents", headers=bearer(token(database, "lan"))).status_code == 200
        assert client.head("/healthz").status_code == 200


def test_an_answer_that_never_ends_is_not_waited_for():
    ended = []

    async def endless():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.01)
        finally:
            ended.append(True)

    async def main():
        sent = []

        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "HEAD", "headers": [], "path": "/"}
        await asyncio.wait_for(HeadAsGet(StreamingResponse(endless()))(scope, receive, send), 5)
        assert scope["method"] == "HEAD"
        return sent

    start, body = asyncio.run(main())
    assert start["status"] == 200 and body == {"type": "http.response.body", "body": b"", "more_body": False}
    assert ended == [True]


def test_what_fails_inside_fails():
    async def fails(scope, receive, send):
        raise ZeroDivisionError

    async def nothing(*_):
        raise AssertionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(HeadAsGet(fails)({"type": "http", "method": "HEAD"}, nothing, nothing))
