"""Every request has an id and a line in the log, is counted, and is answered even where the service fails."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable
from time import perf_counter

import structlog
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chitieu.api.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)
HEADER = "X-Request-ID"
# Asked every few seconds by those who watch.
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_FIT = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GONE = 499  # the client did not wait for the answer


class Requests:
    """The outermost middleware: what fails inside it is answered with the id under which the log tells of it."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = request_id(scope["headers"])
        scope.setdefault("state", {})["request"] = request
        with structlog.contextvars.bound_contextvars(request=request):
            await self._watched(_Exchange(scope, receive, send, request))

    async def _watched(self, exchange: _Exchange) -> None:
        scope = exchange.scope
        self.metrics.in_flight.inc()
        begun = perf_counter()
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            pass
        except Exception as error:
            # Not raised further: the server would log it again, with the message, which may quote the text.
            scope["state"]["error"] = "internal"
            log.error("request_failed", route=route_of(scope), exc_info=error)
            if exchange.status is None:
                await internal_error(exchange.request)(scope, exchange.receive, exchange.send)
        finally:
            seconds = perf_counter() - begun
            self.metrics.in_flight.dec()
            self._tell(exchange, seconds)

    def _tell(self, exchange: _Exchange, seconds: float) -> None:
        scope = exchange.scope
        route, method = route_of(scope), scope["method"] if scope["method"] in _METHODS else "OTHER"
        status = exchange.status or _GONE
        error: str | None = scope["state"].get("error")
        self.metrics.answered(route, method, status, seconds, error=error)
        if route in QUIET and status < 500:
            return
        client = scope.get("client")
        log.log(
            logging.WARNING if status >= 500 else logging.INFO,
            "answered",
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            bytes_in=exchange.bytes_in,
            bytes_out=exchange.bytes_out,
            actor=actor_of(scope),
            address=client[0] if client else None,
            **({} if error is None else {"error": error}),
        )


class _Exchange:
    """One request and its answer, counted as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request: str) -> None:
        self.scope = scope
        self.request = request
        self.status: int | None = None
        self.bytes_in = self.bytes_out = 0
        self._receive, self._send = receive, send

    async def receive(self) -> Message:
        message = await self._receive()
        self.bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self.request
        self.bytes_out += len(message.get("body", b""))
        await self._send(message)


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the caller, or the proxy before us, gave the request, if it is fit for a log; else a new one."""
    given = [value for name, value in headers if name.lower() == HEADER.lower().encode()]
    if len(given) == 1 and _FIT.fullmatch(given[0]):
        return given[0].decode("ascii")
    return secrets.token_hex(8)


def route_of(scope: Scope) -> str:
    """The template of the path that answered (`/v1/documents/{id}`), in which nothing stands that a caller wrote."""
    template = getattr(scope.get("route"), "path_format", None)
    if isinstance(template, str):
        return template
    if isinstance(scope.get("endpoint"), StaticFiles):
        return "/{file}"
    return "/openapi.json" if scope["path"] == "/openapi.json" else "none"


def actor_of(scope: Scope) -> str | None:
    """The name of whoever asked, where it is known."""
    name: str | None = getattr(scope.get("state", {}).get("actor"), "name", None)
    return name


def internal_error(request: str) -> JSONResponse:
    """The answer to a fault of the service; the log tells of it under the request's id."""
    body = {"code": "internal", "message": "Lỗi hệ thống. / An internal error.", "detail": {"request": request}}
    return JSONResponse({"error": body}, status_code=500)
