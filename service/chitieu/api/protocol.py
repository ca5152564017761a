"""The connection's own limits, which uvicorn lacks: how many there are, and how long each part of a request may take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from chitieu.errors import ServiceBusy

_RETRY_SECONDS = 5
_SLIGHT = 0.01  # seconds by which a timer may be early
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


class _Flow(FlowControl):
    """Knows for how long nothing was read of the client since what it had sent was not taken yet."""

    def __init__(self, transport: asyncio.Transport, clock: Callable[[], float]) -> None:
        super().__init__(transport)
        self._clock = clock
        self._paused_at = self._paused = 0.0

    @property
    def paused(self) -> float:
        """Seconds in all."""
        return self._paused + (self._clock() - self._paused_at if self.read_paused else 0.0)

    def pause_reading(self) -> None:
        if not self.read_paused:
            self._paused_at = self._clock()
        super().pause_reading()

    def resume_reading(self) -> None:
        self._paused = self.paused
        super().resume_reading()


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
        self.flow = self._flow = _Flow(transport, self.loop.time)
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

    def shutdown(self) -> None:
        """Told to stop: the application hears of it while it still answers, and may have streams to end."""
        if (stopping := self.app_state.get("stopping")) is not None:
            stopping.begin()
        super().shutdown()

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
            self._late_in(seconds, self._waited() + seconds)

    def _waited(self) -> float:
        """A clock that stands still while the application lets the client wait."""
        return self.loop.time() - self._flow.paused

    def _late_in(self, seconds: float, end: float) -> None:
        self._late = self.loop.call_later(seconds, self._cut_off, end)

    def _cut_off(self, end: float) -> None:
        """Close the connection, unless the client may still send until its clock shows ``end``."""
        if self._part is _Part.BODY and self.cycle.response_started:
            # An application that answers while the body comes has limits of its own.
            self._late_in(self._limits.header_seconds, end)
        elif (left := end - self._waited()) > _SLIGHT:
            self._late_in(left, end)
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
