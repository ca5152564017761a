from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import closing

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request

from chitieu.api.app import create_app
from chitieu.api.streams import while_connected, within_time
from chitieu.errors import BodyTooSlow
from fakes import FakeTagger, fake_pipeline

WAIT = 20.0
TEXT = "Thu ngân sách đạt 7.215 tỷ đồng."


async def stream(*pauses):
    for number, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        yield bytes([65 + number])


def collected(made, seconds):
    async def collect():
        return [part async for part in within_time(made, seconds)]

    return asyncio.run(collect())


def test_a_stream_that_comes_in_time_is_whole():
    assert collected(stream(0, 0.01, 0), WAIT) == [b"A", b"B", b"C"]
    assert collected(stream(), WAIT) == []


@pytest.mark.parametrize("pauses", [(60,), (0, 60), tuple([0.02] * 100)])
def test_a_stream_that_stops_or_drips_is_given_up(pauses):
    begin = time.monotonic()
    with pytest.raises(BodyTooSlow) as slow:
        collected(stream(*pauses), 0.2)
    assert time.monotonic() - begin < 5
    assert (slow.value.status, slow.value.detail) == (408, {"seconds": 0.2})


def test_a_timeout_of_the_streams_own_is_not_taken_for_it():
    async def fails():
        raise TimeoutError("the disk")
        yield b""

    with pytest.raises(TimeoutError, match="the disk"):
        collected(fails(), WAIT)


def request_that(*messages, then="stays"):
    queue = list(messages)

    async def receive():
        if queue:
            return queue.pop(0)
        if then == "stays":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "headers": []}, receive)


def test_work_is_done_while_the_client_stays():
    async def test():
        async def work():
            await asyncio.sleep(0.01)
            return 7

        return await while_connected(request_that(), work())

    assert asyncio.run(test()) == 7


def test_what_the_work_raises_is_raised():
    async def test():
        async def work():
            raise KeyError("x")

        await while_connected(request_that(), work())

    with pytest.raises(KeyError):
        asyncio.run(test())


def test_work_is_cancelled_when_the_client_leaves():
    ended = []

    async def test():
        async def work():
            try:
                await asyncio.sleep(WAIT)
            finally:
                ended.append(True)

        await while_connected(request_that(then="leaves"), work())

    with pytest.raises(ClientDisconnect):
        asyncio.run(test())
    assert ended == [True]


def test_a_client_that_leaves_frees_the_thread_that_reads_for_it():
    pipeline = fake_pipeline()
    reading, left = threading.Event(), threading.Event()

    class Slow(FakeTagger):
        def tag(self, passages, *, progress=None):
            if "7.215" not in passages.reading.text:
                return super().tag(passages, progress=progress)
            reading.set()
            try:
                for done in range(int(WAIT * 1000)):
                    progress(done, 0)
                    time.sleep(0.001)
            except BaseException:
                left.set()
                raise
            raise AssertionError("read to its end")

    pipeline.tagger = Slow()
    app = create_app(pipeline)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            end = time.monotonic() + WAIT
            while not server.started:
                assert time.monotonic() < end
                time.sleep(0.01)
            body = json.dumps({"text": TEXT}).encode()
            with socket.create_connection(listening.getsockname()) as client:
                client.sendall(
                    b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                assert reading.wait(WAIT)
            assert left.wait(WAIT)
        finally:
            server.force_exit = server.should_exit = True
            thread.join(WAIT)
