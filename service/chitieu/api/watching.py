"""Streams that follow a job: how many of one account at once, and what becomes of those whose client takes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from chitieu.errors import ServiceBusy

_RETRY_SECONDS = 10


class Watchers:
    """The open streams of each account, in one process. To be used from one event loop."""

    def __init__(self, most: int = 20) -> None:
        """``most`` is how many one account may have."""
        self._most = most
        self._open: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """
        Raises:
            ServiceBusy: the account has as many as it may.
        """
        if self._open[name] >= self._most:
            raise ServiceBusy(
                f"Tài khoản đang theo dõi {self._most} công việc, hãy thử lại sau. / "
                f"The account is watching {self._most} jobs, try again later.",
                retry_after=_RETRY_SECONDS,
            )
        self._open[name] += 1

    def remove(self, name: str) -> None:
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


class WatchedEvents(EventSourceResponse):
    """Events for one of the watchers, who counts as one while it is sent."""

    def __init__(self, watchers: Watchers, name: str, events: AsyncIterable[ServerSentEvent], **how: Any) -> None:
        super().__init__(events, **how)
        self._watchers, self._name = watchers, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Raises:
            ServiceBusy: the account has as many streams as it may.
            ClientDisconnect: the client takes nothing of what it is sent.
        """
        self._watchers.add(self._name)
        try:
            await super().__call__(scope, receive, send)
        except* SendTimeoutError:
            gone = True
        else:
            gone = False
        finally:
            self._watchers.remove(self._name)
        if gone:
            raise ClientDisconnect
