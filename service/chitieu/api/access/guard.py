"""What every request passes first. Whoever is not known is let through to a short list of paths, and to nothing else."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chitieu.api.access.hosts import SAFE_METHODS, check_host, check_no_proxy, check_same_site, named_hosts
from chitieu.api.access.identify import Shown, by_session, by_token, check_csrf, shown
from chitieu.api.access.rates import Rates
from chitieu.api.access.who import Actor, login_needed
from chitieu.api.errors import refusal
from chitieu.errors import AccountsMissing, ChitieuError, LoginNeeded
from chitieu.settings import Settings
from chitieu.store.accounts import LOCAL, any_account
from chitieu.store.addresses import network
from chitieu.store.database import Database

PROBES = frozenset({"/healthz", "/readyz"})
METRICS = "/metrics"
LOGIN_PAGE = "/login"
SESSION, SETUP = "/v1/session", "/v1/setup"
_READ = frozenset({"GET", "HEAD"})
_OPEN = dict.fromkeys((*PROBES, LOGIN_PAGE), _READ) | {SESSION: frozenset({"POST"})}


class Guard:
    """A middleware: refuses, or puts the `Actor` into the request's state and passes it on."""

    def __init__(self, app: ASGIApp, *, settings: Settings, is_of_login: Callable[[str], bool]) -> None:
        """``is_of_login``: whether a path is a file that the login page needs."""
        self.app = app
        self._is_of_login = is_of_login
        self._is_open = settings.login == "open"
        self._hosts = named_hosts(settings.allowed_hosts)
        self._rates = Rates(settings.rate_per_minute)
        self._anonymous = _OPEN | ({METRICS: _READ} if settings.metrics == "open" else {})
        self._has_accounts = False  # once there is one there always is

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets: what would guard them is not there either
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            actor = await self._admitted(scope)
        except (LoginNeeded, AccountsMissing) as error:
            scope.setdefault("state", {})["error"] = error.code
            answer = to_login(scope) if asks_for_page(scope) else refusal(error)
            await answer(scope, receive, send)
            return
        except ChitieuError as error:
            scope.setdefault("state", {})["error"] = error.code
            await refusal(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        await self.app(scope, receive, send)

    async def _admitted(self, scope: Scope) -> Actor | None:
        """Who asks; None where nobody need say so."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        address = client_address(scope)
        request = scope.get("state", {}).get("request")
        if self._is_open:
            check_host(headers, self._hosts, only_loopback=True)
            check_no_proxy(headers, address)
            check_same_site(headers, method)
            return Actor(LOCAL, "admin", "open", address, request)
        if path in PROBES and method in _READ:  # asked by address, often, and by those who watch
            return None
        check_host(headers, self._hosts, only_loopback=False)
        known = shown(headers, scope["scheme"], path)
        if known.token is None or known.name is not None:
            check_same_site(headers, method)
        who = f"address {network(address)}" if address is not None else "unknown"
        if method in self._anonymous.get(path, ()) or (method in _READ and self._is_of_login(path)):
            self._rates.count(who)
            return None
        database: Database = scope["app"].state.database
        if not self._has_accounts:
            self._has_accounts = await run_in_threadpool(any_account, database)
        if not self._has_accounts:
            self._rates.count(who)
            if path == SETUP and method == "POST":
                return None
            raise accounts_missing()
        actor: Actor | None
        if known.token is not None:
            actor = await self._by_token(database, known, address, request, who)
        else:
            actor = await self._by_session(database, known.session, headers, method, address, request)
        if actor is None:
            self._rates.count(who)
            if path == SESSION and method in _READ:  # asked who asks
                return None
            raise login_needed()
        self._rates.count(f"account {actor.name}")
        return actor

    async def _by_token(
        self, database: Database, known: Shown, address: str | None, request: str | None, who: str
    ) -> Actor:
        try:
            return await run_in_threadpool(
                by_token, database, known.token or "", address=address, request=request, name=known.name
            )
        except LoginNeeded:
            self._rates.count(who)
            raise

    async def _by_session(
        self,
        database: Database,
        cookie: str | None,
        headers: Headers,
        method: str,
        address: str | None,
        request: str | None,
    ) -> Actor | None:
        if cookie is None:
            return None
        found = await run_in_threadpool(by_session, database, cookie, address=address, request=request)
        if found is None:
            return None
        actor, login = found
        if method not in SAFE_METHODS:
            check_csrf(headers, login.csrf)
        return actor


def client_address(scope: Scope) -> str | None:
    """The client's address; None where it is not known, as behind a socket file."""
    client = scope.get("client")
    return client[0] or None if client else None


def asks_for_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a page, rather than a program for data."""
    headers = Headers(scope=scope)
    if scope["method"] not in _READ or "text/html" not in headers.get("accept", ""):
        return False
    return headers.get("sec-fetch-mode") == "navigate" or not scope["path"].startswith("/v1/")


def to_login(scope: Scope) -> Response:
    """To the login page, and from there to where the browser wanted to go, if that is a path of ours."""
    path: str = scope["path"]
    query = scope["query_string"].decode("latin-1")
    wanted = path + (f"?{query}" if query else "")
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path != LOGIN_PAGE
    where = f"{LOGIN_PAGE}?next={quote(wanted, safe='')}" if is_ours and wanted != "/" else LOGIN_PAGE
    return RedirectResponse(where, status_code=303)


def accounts_missing() -> AccountsMissing:
    """The error of every request while there is no account."""
    return AccountsMissing(
        "Dịch vụ chưa có tài khoản nào: mở /login với mã trong nhật ký, hoặc chạy chitieu users add TÊN --role admin. / "
        "The service has no accounts yet: open /login with the code on its log, or run chitieu users add NAME --role admin.",
        login=LOGIN_PAGE,
    )
