"""Whoever is not known gets to a few paths, however a path is written; and each route needs the role that the documentation says."""

from __future__ import annotations

import asyncio
import re

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import URL

from chitieu.api.access.who import Needs
from chitieu.api.web import Web, web_folder
from chitieu.store.roles import ROLES, allows
from members import bearer, code_of, member, service, token

BUILT = Web(web_folder()).files("login.html")
LOGIN_FILES = BUILT or ["/assets/login.js"]  # what paths are twisted of where the pages were not built
OPEN = {"/healthz", "/readyz", "/login", *BUILT}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")


@pytest.fixture(scope="module")
def database_url(tmp_path_factory):
    return URL.create("sqlite", database=str(tmp_path_factory.mktemp("access") / "chitieu.db"))


@pytest.fixture(scope="module")
def served(database_url):
    with service(database_url) as (client, database):
        member(database, "minh", "admin")
        yield client, database


@pytest.fixture(scope="module")
def client(served):
    return served[0]


def routes(app):
    """Path, method and the lowest role of every route."""
    for route in iter_route_contexts(app.routes):
        if route.path in (None, ""):
            continue
        needed = [call for call in calls_of(getattr(route, "dependant", None)) if isinstance(call, Needs)]
        role = max((call.role for call in needed), key=ROLES.index, default="reader")
        for method in route.methods or ():
            yield route.path, method, role


def calls_of(dependant):
    if dependant is not None:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from calls_of(inner)


def ask(app, method, path, *, raw=None, headers=(), query=b"", kind="http", scheme="http"):
    """The status of the answer to a request that no client would write so: the application is asked itself."""
    sent = []
    first = (
        {"type": "http.request", "body": b"", "more_body": False} if kind == "http" else {"type": "websocket.connect"}
    )
    coming = [first]

    async def receive():
        if not coming:
            await asyncio.sleep(60)  # the client waits for its answer
        return coming.pop()

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": raw or path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("192.0.2.5", 1),
        "server": ("testserver", 80),
    }
    asyncio.run(app(scope, receive, send))
    return sent


def test_every_route_is_closed_but_those_few(client):
    met = set()
    for path, method, _ in routes(client.app):
        filled = re.sub(r"\{[^}]+\}", "x", path)
        (start, *_) = ask(client.app, method, filled)
        met.add((path, method))
        is_open = path in OPEN or (path, method) == ("/v1/session", "POST")
        assert (start["status"] == 401) is not is_open or (path, method) == ("/v1/session", "POST"), (path, method)
    assert {("/v1/extract", "POST"), ("/v1/audit", "GET"), ("/v1/session", "DELETE"), ("/openapi.json", "GET")} <= met


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/v1/model", "/v1/extract", "/v1/session/password", "/v1/setup", "/openapi.json", "/docs", "/", "/index.html", "/series", "/annotate", "/example.txt", "/.vite/manifest.json", "/assets/", "/metrics"])  # fmt: skip
def test_no_method_gets_around(client, method, path):
    assert ask(client.app, method, path)[0]["status"] == 401


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("GET", "HEAD")])
@pytest.mark.parametrize("path", sorted(OPEN))
def test_what_is_open_is_open_for_reading_alone(client, method, path):
    assert ask(client.app, method, path)[0]["status"] == 401


@pytest.mark.parametrize(
    "path",
    [
        "//v1/model", "/v1//model", "/v1/../v1/model", "/./v1/model", "/v1/model/", "/V1/model", "/v1/model;x", "/v1/%6dodel",
        "/healthz/../v1/model", "/healthz/..%2fv1/model", "/login/../index.html", f"{LOGIN_FILES[0]}/../index.html", f"{LOGIN_FILES[0]}/", "/healthz/", "/healthz//",
        "//healthz", "/login/", "/login/x", "/login.html", "/LOGIN", f"{LOGIN_FILES[-1]}/..", f"{LOGIN_FILES[-1]}\x00", "/assets/../index.html", f"/x/..{LOGIN_FILES[0]}", "/login\n", "/login?x",
        "/v1/session/", "/..", "/%2e%2e/settings.py", "", "*", "login", "http://testserver/login", "/healthz\u2044",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_path_gets_around(client, path):
    for method in ("GET", "HEAD", "POST"):
        assert ask(client.app, method, path)[0]["status"] == 401, (method, path)


def test_what_is_written_in_the_raw_path_does_not_count(client):
    assert ask(client.app, "GET", "/v1/model", raw=b"/healthz")[0]["status"] == 401
    assert ask(client.app, "GET", "/v1/model", query=b"/healthz")[0]["status"] == 401


@pytest.mark.parametrize(
    "header",
    [b"x-original-url", b"x-rewrite-url", b"x-http-method-override", b"x-forwarded-user", b"remote-user", b"x-forwarded-path"],
)  # fmt: skip
def test_no_header_gets_around(client, header):
    assert ask(client.app, "GET", "/v1/model", headers=[(header, b"/healthz")])[0]["status"] == 401
    assert ask(client.app, "GET", "/v1/model", headers=[(header, b"minh")])[0]["status"] == 401


def test_there_are_no_web_sockets(client):
    for path in ("/", "/v1/extract", "/healthz"):
        assert ask(client.app, "GET", path, kind="websocket", scheme="ws") == [
            {"type": "websocket.close", "code": 1008}
        ]


@pytest.mark.pages
def test_what_is_open_is_answered(client):
    for path in OPEN:
        assert client.get(path).status_code == 200, path
    for path in OPEN - {"/healthz", "/readyz"}:
        assert client.head(path).status_code == 200, path


def test_metrics_are_open_where_that_is_said(database_url):
    with service(database_url, metrics="open") as (client, _):
        assert client.get("/metrics").status_code == 200
        assert ask(client.app, "POST", "/metrics")[0]["status"] == 401
        assert client.get("/v1/model").status_code == 401


def documented(root):
    page = (root / "docs" / "access.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \| ([a-z]+)[^|]* \|", page, re.M)
    return {(path, method): role for method, path, role in rows}


def test_the_documentation_says_which_role_each_route_needs(client, root):
    told = documented(root)
    found = {}
    for path, method, role in routes(client.app):
        is_open = path in OPEN or (path, method) in {("/v1/session", "POST"), ("/v1/setup", "POST")}
        if method != "HEAD" and not (path == "/login" or path.startswith("/docs")):
            found[path, method] = "nobody" if is_open else role
    assert told == found | {("/", "GET"): "reader", ("/docs", "GET"): "reader", ("/login", "GET"): "nobody"}


def test_each_role_may_do_what_the_routes_say(served, root):
    client, database = served
    tokens = {}
    for role in ROLES:
        member(database, f"one.{role}", role)
        tokens[role] = token(database, f"one.{role}")
    asked = 0
    for (path, method), needed in documented(root).items():
        if needed == "nobody" or path == "/v1/session/password":
            continue
        for role in ROLES:
            answer = client.request(method, re.sub(r"\{[^}]+\}", "x", path), headers=bearer(tokens[role]))
            refused = answer.status_code == 403
            assert refused is not allows(role, needed), (method, path, role, answer.text)
            if refused:
                assert answer.json()["error"]["detail"]["needs"] == needed
            asked += 1
    assert asked > 20


# To the login page


def test_a_browser_is_led_to_the_login_and_back(client):
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert client.get("/", headers=page).headers["location"] == "/login"
    answer = client.get("/docs?a=1&b=%C4%91", headers=page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fdocs%3Fa%3D1%26b%3D%25C4%2591")
    assert client.get("/docs", headers={"Accept": "*/*"}).status_code == 401
    assert client.post("/docs", headers=page).status_code == 401


def test_programs_that_accept_pages_get_the_error_a_browser_that_goes_there_the_login(client):
    program = {"Accept": "text/html"}
    assert code_of(client.get("/v1/documents/x", headers=program)) == (401, "login_needed")
    browser = program | {"Sec-Fetch-Mode": "navigate"}
    assert client.get("/v1/documents/x", headers=browser).headers["location"] == "/login?next=%2Fv1%2Fdocuments%2Fx"


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/..", "/\\evil.example", "///evil.example", "http://evil.example/"])  # fmt: skip
def test_the_way_back_leads_to_no_other_site(client, path):
    (start, *_) = ask(client.app, "GET", path, headers=[(b"accept", b"text/html")])
    assert dict(start["headers"])[b"location"] == b"/login"


def test_the_way_back_adds_no_header(client):
    (start, *_) = ask(
        client.app, "GET", "/a\r\nSet-Cookie: x=1", headers=[(b"accept", b"text/html")], query=b"b\r\nX-Evil: 1"
    )
    location = dict(start["headers"])[b"location"]
    assert start["status"] == 303 and b"\r" not in location and b"\n" not in location
    assert location.startswith(b"/login?next=%2Fa%0D%0A")
