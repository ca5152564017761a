"""The bodies that a process holds at once have one room."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from chitieu.api.held import Held, HeldBodies, Room, held_by
from chitieu.errors import ServiceBusy
from counting import counted
from members import code_of

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
LINES = {"Content-Type": "application/x-ndjson"}
MIB = 1024 * 1024


def until_read(tagger):
    end = time.monotonic() + 20
    while not tagger.read:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_room_is_given_back():
    room = Room(10)
    first, second = Held(room), Held(room)
    first.take(4)
    first.take(3)
    with pytest.raises(ServiceBusy) as caught:
        second.take(4)
    assert caught.value.retry_after
    second.take(3)
    first.give_back()
    first.give_back()
    second.take(7)
    assert room.left == 0


def test_a_request_that_fails_gives_back():
    rooms = []

    async def fails(scope, receive, send):
        held_by(scope).take(5)
        rooms.append(held_by(scope)._room.left)
        raise ZeroDivisionError

    app = HeldBodies(fails, most=5)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asyncio.run(app({"type": "http"}, None, None))
    assert rooms == [0, 0]


def test_large_bodies_at_once_are_refused_and_taken_again_afterwards(tmp_path):
    large = ("Đàn bò có 8.320 con. " + " " * 900_000).encode()
    limits = {"max_file_bytes": 1_000_000, "held_bytes": 1_500_000, "threads": 2}
    with counted(tmp_path, **limits) as (client, tagger):
        tagger.gate = threading.Event()
        answers = []
        first = threading.Thread(
            target=lambda: answers.append(client.post("/v1/extract", content=large, headers=PLAIN))
        )
        first.start()
        until_read(tagger)
        second = client.post("/v1/extract", content=large, headers=PLAIN)
        form = client.post("/v1/extract", files={"file": ("a.txt", large)})
        tagger.gate.set()
        first.join(30)
        assert code_of(second) == code_of(form) == (429, "service_busy")
        assert second.headers["retry-after"] and second.json()["error"]["detail"]["retry_after"]
        assert answers[0].status_code == 200
        for _ in range(3):  # none of them holds any more
            assert client.post("/v1/extract", content=large, headers=PLAIN).status_code == 200


def test_one_file_may_always_come(tmp_path):
    with counted(tmp_path, held_bytes=1) as (client, _):
        assert client.post("/v1/extract", files={"file": ("a.txt", b"Thu 5 con." * 9)}).status_code == 200


def test_batches_are_limited_in_number(tmp_path):
    text = b'{"text": "\xc4\x90\xc3\xa0n b\xc3\xb2 c\xc3\xb3 8.320 con."}\n'
    with counted(tmp_path, max_file_bytes=6 * MIB, held_bytes=7 * MIB) as (client, tagger):
        tagger.gate = threading.Event()
        answers = []
        post = lambda: client.post("/v1/extract/batch", content=text, headers=LINES)  # noqa: E731
        first = threading.Thread(target=lambda: answers.append(post()))
        first.start()
        until_read(tagger)
        assert code_of(post()) == (429, "service_busy")
        assert code_of(client.post("/v1/extract/batch", json={"documents": []})) == (429, "service_busy")
        tagger.gate.set()
        first.join(30)
        assert answers[0].status_code == post().status_code == 200
