"""Streams that follow a job: so many of an account, and none for ever."""

from __future__ import annotations

import asyncio

import pytest
from sse_starlette import ServerSentEvent
from starlette.requests import ClientDisconnect

from chitieu.api.watching import WatchedEvents, Watchers
from chitieu.errors import ServiceBusy

SCOPE = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}, "headers": []}


async def events():
    yield ServerSentEvent("1")
    await asyncio.Event().wait()


async def for_ever(*_):
    await asyncio.Event().wait()


def test_an_account_has_so_many_streams_and_others_have_theirs():
    async def main():
        watchers, sent = Watchers(most=2), []

        async def send(message):
            sent.append(message)

        def watch(name):
            return asyncio.create_task(WatchedEvents(watchers, name, events())(SCOPE, for_ever, send))

        first, second = watch("lan"), watch("lan")
        await asyncio.sleep(0.1)
        with pytest.raises(ServiceBusy) as caught:
            await watch("lan")
        assert caught.value.retry_after and len([m for m in sent if m["type"] == "http.response.start"]) == 2
        other = watch("minh")
        first.cancel()
        await asyncio.sleep(0.1)
        again = watch("lan")
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in (second, other, again))
        for task in (second, other, again):
            task.cancel()
        await asyncio.gather(first, second, other, again, return_exceptions=True)
        assert not watchers._open

    asyncio.run(main())


def test_who_takes_nothing_has_left():
    async def main():
        watchers = Watchers()
        with pytest.raises(ClientDisconnect):
            async with asyncio.timeout(10):
                await WatchedEvents(watchers, "lan", events(), send_timeout=0.1)(SCOPE, for_ever, _takes_the_head)
        assert not watchers._open

    async def _takes_the_head(message):
        if message["type"] != "http.response.start":
            await for_ever()

    asyncio.run(main())
