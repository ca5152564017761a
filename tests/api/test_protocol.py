"""The connection's limits, on a real socket."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from chitieu.api import errors
from chitieu.api.bodies import read_body
from chitieu.api.held import HeldBodies
from chitieu.api.protocol import Limits
from chitieu.settings import Settings

WAIT = 20.0
_LARGE = 50_000_000  # more than the buffers of a connection hold
GET = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


class Echo(Response):
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            message = await receive()
            await send({"type": "http.response.body", "body": message["body"], "more_body": message["more_body"]})
            if not message["more_body"]:
                return


def small_app() -> FastAPI:
    app = FastAPI()
    app.state.settings = Settings(body_seconds=1)
    app.add_middleware(HeldBodies, most=10_000)
    errors.install(app)

    @app.get("/hello")
    async def hello():
        return PlainTextResponse("hello")

    @app.post("/body")
    async def body(request: Request):
        return PlainTextResponse(str(len(await read_body(request, 1000))))

    @app.post("/unread")
    async def unread():
        return PlainTextResponse("read nothing")

    @app.post("/trusting")
    async def trusting(request: Request):
        return PlainTextResponse(str(len(await request.body())))

    @app.post("/slowly")
    async def slowly(request: Request):
        stream, going_on = request.stream(), asyncio.Event()
        size = len(await anext(stream))
        await asyncio.sleep(0.1)

        def go_on():
            """The client's time is over in the very turn in which the next part is asked for."""
            going_on.set()
            time.sleep(0.5)

        asyncio.get_running_loop().call_soon(go_on)
        await going_on.wait()
        async for part in stream:
            size += len(part)
        return PlainTextResponse(str(size))

    @app.post("/both-ways")
    async def both_ways():
        return Echo()

    @app.get("/slow")
    async def slow():
        await asyncio.sleep(1.5)
        return PlainTextResponse("slow")

    @app.get("/large")
    async def large():
        return PlainTextResponse("x" * _LARGE)

    return app


@contextmanager
def served(**limits):
    """A server with limits; gives its port."""
    given = {"header_seconds": 0.4, "body_seconds": 1.0, "connections": 50} | limits
    config = uvicorn.Config(small_app(), http=Limits(**given).as_http(), log_level="error", ws="none")
    server = uvicorn.Server(config)
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        end = time.monotonic() + WAIT
        while not server.started:
            assert time.monotonic() < end
            time.sleep(0.005)
        try:
            yield listening.getsockname()[1]
        finally:
            server.force_exit = server.should_exit = True
            thread.join(WAIT)


def connect(port) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT)


def rest(connection) -> bytes:
    """All that comes until the other side closes; a reset is an end, too."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def until_said(connection, words, times=1) -> None:
    answer = b""
    while answer.count(words) < times:
        part = connection.recv(65536)
        assert part, answer
        answer += part


def get(port) -> bytes:
    with connect(port) as connection:
        connection.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return rest(connection)


def seconds_until_closed(connection, data=b"", every=0.1) -> float:
    """How long the server bears a client that sends a byte now and then."""
    begin = time.monotonic()
    connection.settimeout(every)
    while time.monotonic() - begin < WAIT:
        try:
            if data:
                connection.send(data)
            if not connection.recv(65536):
                return time.monotonic() - begin
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return time.monotonic() - begin
    raise AssertionError("never closed")


@pytest.mark.parametrize(
    "begun", [b"", b"GET", b"GET /hello HTTP/1.1\r\n", b"GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: "], ids=repr
)
def test_a_head_that_does_not_come_closes_the_connection(begun):
    with served() as port, connect(port) as connection:
        connection.sendall(begun)
        assert 0.2 < seconds_until_closed(connection) < 5
        assert get(port).endswith(b"hello")


def test_a_head_that_comes_byte_by_byte_has_no_more_time():
    with served() as port, connect(port) as connection:
        connection.sendall(b"GET /hello HTTP/1.1\r\nX-Slow: ")
        assert 0.2 < seconds_until_closed(connection, b"a", every=0.05) < 5


def test_the_second_head_of_a_connection_has_its_time_too():
    with served() as port, connect(port) as connection:
        connection.sendall(GET)
        until_said(connection, b"hello")
        connection.sendall(b"GET /hello HTTP/1.1\r\nX-Slow: ")
        assert seconds_until_closed(connection, b"a", every=0.05) < 5


def test_an_answer_that_takes_its_time_is_not_cut_off():
    with served() as port, connect(port) as connection:
        connection.sendall(GET.replace(b"/hello", b"/slow"))
        until_said(connection, b"slow")


def test_a_connection_serves_several_requests_also_sent_at_once():
    with served() as port, connect(port) as connection:
        connection.sendall(GET * 3)
        until_said(connection, b"hello", 3)
        time.sleep(0.1)
        connection.sendall(GET)
        until_said(connection, b"hello")


def test_a_body_that_stops_is_answered_and_the_connection_closed():
    with served() as port, connect(port) as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        answer = rest(connection)
        assert answer.startswith(b"HTTP/1.1 408")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]["code"] == "body_too_slow"
        assert get(port).endswith(b"hello")


def test_a_body_that_drips_is_given_up_too():
    with served() as port, connect(port) as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert seconds_until_closed(connection, b"a", every=0.05) < 8


def test_a_body_that_the_application_would_wait_for_forever_is_cut_off(monkeypatch):
    monkeypatch.setattr("chitieu.api.protocol._GRACE", 0.2)
    with served(body_seconds=0.5) as port, connect(port) as connection:
        connection.sendall(b"POST /trusting HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert seconds_until_closed(connection, b"a", every=0.05) < 8
        assert get(port).endswith(b"hello")


def test_a_body_that_is_answered_while_it_comes_is_the_applications(monkeypatch):
    monkeypatch.setattr("chitieu.api.protocol._GRACE", 0.1)
    with served(body_seconds=0.1, header_seconds=0.1) as port, connect(port) as connection:
        connection.sendall(b"POST /both-ways HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n")
        for letter in b"abcdefgh":
            connection.sendall(bytes([letter]))
            time.sleep(0.15)
        until_said(connection, b"h\r\n0\r\n")


def test_a_body_whose_taker_is_slow_is_not_cut_off_between_two_reads(monkeypatch):
    monkeypatch.setattr("chitieu.api.protocol._GRACE", 0.1)
    body = b"x" * 3_000_000
    with served(body_seconds=0.2, header_seconds=0.05) as port, connect(port) as connection:
        connection.sendall(
            b"POST /slowly HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        )
        connection.sendall(body)
        assert rest(connection).endswith(b"3000000")


def test_a_client_that_is_slow_is_cut_off_however_slow_the_taker_was(monkeypatch):
    monkeypatch.setattr("chitieu.api.protocol._GRACE", 0.1)
    with served(body_seconds=0.2, header_seconds=0.05) as port, connect(port) as connection:
        connection.sendall(b"POST /slowly HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
        connection.sendall(b"x" * 500_000)
        assert seconds_until_closed(connection) < 10


def test_the_rest_of_a_body_that_nobody_reads_has_its_time():
    with served() as port, connect(port) as connection:
        connection.sendall(b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        until_said(connection, b"read nothing")
        assert seconds_until_closed(connection, b"a", every=0.05) < 5


def test_a_body_that_is_cut_short_does_no_harm():
    with served() as port:
        with connect(port) as connection:
            connection.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        assert get(port).endswith(b"hello")


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off():
    with served() as port, connect(port) as connection:
        connection.sendall(GET.replace(b"/hello", b"/large"))
        time.sleep(3)
        assert len(rest(connection)) < _LARGE
        assert get(port).endswith(b"hello")


def test_a_client_that_takes_its_answer_slowly_gets_all_of_it():
    with served() as port, connect(port) as connection:
        connection.sendall(GET.replace(b"/hello", b"/large").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        size = 0
        while part := connection.recv(1 << 20):
            size += len(part)
            time.sleep(0.02)
        assert size > _LARGE


def test_one_connection_too_many_is_told_so_and_those_before_it_go_on():
    with served(connections=3, header_seconds=WAIT) as port:
        held = [connect(port) for _ in range(3)]
        try:
            with connect(port) as other:
                answer = rest(other)
            assert answer.startswith(b"HTTP/1.1 429")
            assert b"\r\nRetry-After: 5\r\n" in answer
            error = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]
            assert (error["code"], error["detail"]) == ("service_busy", {"retry_after": 5})
            held[0].sendall(GET)
            until_said(held[0], b"hello")
        finally:
            for connection in held:
                connection.close()
        end = time.monotonic() + WAIT
        while not get(port).endswith(b"hello"):
            assert time.monotonic() < end


def test_ten_thousand_connections_at_once_are_survived():
    wanted = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted + 4000:
        pytest.skip(f"needs as many open files; the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held: list[socket.socket] = []
    try:
        with served(connections=2000, header_seconds=2.0) as port:
            for _ in range(wanted):
                connection = socket.socket()
                connection.setblocking(False)
                connection.connect_ex(("127.0.0.1", port))
                held.append(connection)
            end = time.monotonic() + 60
            while not get(port).endswith(b"hello"):
                assert time.monotonic() < end
                time.sleep(0.1)
    finally:
        for connection in held:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
