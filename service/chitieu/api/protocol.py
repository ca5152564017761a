"""The connection's own limits, which uvicorn lacks: how many there are, and how long each part of a request may take."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from chitieu.errors import ServiceBusy

_RETRY_SECONDS = 5
_GRACE = 5.0  # seconds after the application's own limit of a body, so that its answer comes first


@dataclass(frozen=True)
class Limits:
    """What a connection may take; fit for `uvicorn.Config(http=…)`, which calls it for every connection.

    Attributes:
        header_seconds: in which a request's head must have come, and the rest of a body that nobody reads any more.
        body_seconds: in which a body must have come, and in which a client must take some of the answer that waits for it.
        connections: that are open at once, at most.
    """

    header_seconds: float
    body_seconds: float
    connections: int

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> LimitedProtocol:
        return LimitedProtocol(self, config, server_state, app_state, _loop)

    def as_http(self) -> type[asyncio.Protocol]:
        """As `uvicorn.Config` would have it typed."""
        return cast(type[asyncio.Protocol], self)


class _Part(Enum):
    """What the client owes."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()
    REST = auto()  # of a body whose request is answered already


class LimitedProtocol(H11Protocol):
    """uvicorn's protocol with `Limits`: late clients are cut off, and those that are too many are turned away."""

    def __init__(
        self,
        limits: Limits,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._part = _Part.NOTHING
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            transport.write(_refusal())
            transport.close()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._late, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
        super().resume_writing()

    def _watch_taking(self, before: int) -> None:
        """Look again in a while whether the client has taken any of what there was to take ``before``."""

        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if left < before:
                self._watch_taking(left)
            else:
                self.transport.abort()

        self._stalled = self.loop.call_later(self._limits.body_seconds, look)

    def _owed(self) -> _Part:
        if self.transport.is_closing():
            return _Part.NOTHING
        if self.conn.their_state is h11.IDLE:
            return _Part.HEAD
        if self.conn.their_state is not h11.SEND_BODY:
            return _Part.NOTHING
        return _Part.REST if self.cycle is not None and self.cycle.response_complete else _Part.BODY

    def _watch(self) -> None:
        """Set the time for what the client owes now; more of the same gives it no more time."""
        part = self._owed()
        if part is self._part:
            return
        self._part = part
        if self._late is not None:
            self._late.cancel()
            self._late = None
        if part is not _Part.NOTHING:
            seconds = self._limits.body_seconds + _GRACE if part is _Part.BODY else self._limits.header_seconds
            self._late = self.loop.call_later(seconds, self._cut_off)

    def _cut_off(self) -> None:
        # An application that lets the body wait, or answers while it comes, has limits of its own.
        if self._part is _Part.BODY and (self.flow.read_paused or self.cycle.response_started):
            self._late = self.loop.call_later(self._limits.header_seconds, self._cut_off)
        else:
            self.transport.close()


def _refusal() -> bytes:
    """A whole answer: too many connections."""
    error = ServiceBusy("Quá nhiều kết nối. / Too many connections.", retry_after=_RETRY_SECONDS)
    body = json.dumps(error.body(), ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {error.status} Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Retry-After: {_RETRY_SECONDS}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
