"""`HEAD`: the status and the headers of `GET`, of every path that has one."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """A middleware: what is inside it is asked by `GET`, and its body goes nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        inside = dict(scope) | {"method": "GET"}
        answered = asyncio.Event()
        streams = asyncio.Event()

        async def heads(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not answered.is_set():
                answered.set()
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body", False):
                    streams.set()

        async def answer() -> None:
            await self.app(inside, receive, heads)

        tasks = asyncio.create_task(answer()), asyncio.create_task(streams.wait())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not streams.is_set():
                await tasks[0]
        finally:  # nobody reads the rest of what comes by and by
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            scope.update(inside | {"method": "HEAD"})  # the route that answered, for the log
