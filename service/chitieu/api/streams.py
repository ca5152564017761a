"""A client that is slow, and one that leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from chitieu.errors import BodyTooSlow

Result = TypeVar("Result")


async def within_time(
    stream: AsyncIterator[bytes], seconds: float, *, waiting_alone: bool = False
) -> AsyncIterator[bytes]:
    """The parts of a stream as they come; the time that their taker needs in between counts, too, unless ``waiting_alone`` does.

    Raises:
        BodyTooSlow: it has not ended within so many seconds.
    """
    clock = asyncio.get_running_loop()
    end = clock.time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(end) as timeout:
                part = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            if not timeout.expired():
                raise
            raise BodyTooSlow(
                f"Nội dung không đến đủ trong {seconds:g} giây. / The body did not come within {seconds:g} seconds.",
                seconds=seconds,
            ) from None
        came = clock.time()
        yield part
        if waiting_alone:
            end += clock.time() - came


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """What the work gives, which is cancelled when the client leaves. The request's body must have been read.

    Raises:
        ClientDisconnect: it left.
    """

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = asyncio.create_task(work), asyncio.create_task(left())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise ClientDisconnect
        return await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
