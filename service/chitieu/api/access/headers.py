"""Headers that tell browsers what an answer may do, on every answer whoever makes it."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chitieu.output.page import inline_style

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000"


class SecurityHeaders:
    """A middleware that adds them; outside all that makes answers, those of faults included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        await self.app(scope, receive, with_headers)


@cache
def report_policy() -> str:
    """The policy of an answer that is a page itself: its own style, known by its hash, and nothing else."""
    style = b64encode(sha256(inline_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
    )


def _kept(path: str, status: int) -> str:
    """How long a browser may keep an answer without asking again; no cache between it and us may, as most files need a login."""
    if path.startswith("/assets/") and status in (200, 304):
        return "private, max-age=31536000, immutable"
    return "no-store" if path.startswith("/v1/") or status == 401 else "no-cache"


def _add(headers: MutableHeaders, scope: Scope, status: int) -> None:
    for name, value in _HEADERS.items():
        headers[name] = value
    is_answer = scope["path"].startswith("/v1/")
    is_report = is_answer and headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = report_policy() if is_report else _POLICY
    headers["Cache-Control"] = _kept(scope["path"], status)
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = _HSTS
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="chitieu"'
