"""Logging in to the service by browser and by token, and what does not count as either."""

from __future__ import annotations

import json

import pytest

from chitieu.access.secrets import new_secret, written_token
from chitieu.store.accounts import list_accounts, set_disabled, set_role
from chitieu.store.audit import listed
from chitieu.store.tokens import list_tokens, revoke_token
from members import (
    BY,
    PASSWORD,
    Session,
    Token,
    age_trail,
    bearer,
    code_of,
    end_all,
    id_of,
    log_in,
    member,
    service,
    token,
)

TEXT = {"text": "Đàn bò có 8.320 con."}


@pytest.fixture
def served(database_url):
    with service(database_url) as (client, database):
        member(database, "minh", "admin")
        member(database, "lan", "reader")
        yield client, database


@pytest.fixture
def client(served):
    return served[0]


@pytest.fixture
def database(served):
    return served[1]


def test_nobody_is_let_in_unasked(client):
    answer = client.post("/v1/extract", json=TEXT)
    assert code_of(answer) == (401, "login_needed")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert code_of(client.get("/v1/session")) == (401, "login_needed")


def test_a_page_may_ask_who_is_logged_in_where_nobody_is(client, database):
    asked = "/v1/session?anonymous=true"
    answer = client.get(asked)
    assert (answer.status_code, answer.json()) == (200, {"name": None})
    assert client.head(asked).status_code == 200
    assert client.get(asked, headers={"Cookie": f"chitieu_session={new_secret()}"}).json() == {"name": None}
    who = log_in(client, "lan")
    assert client.get(asked).json() == who
    end_all(database, Session)
    assert client.get(asked).json() == {"name": None}
    # Whoever shows a token is told that it is good no more; nothing else is open to nobody.
    assert code_of(client.get(asked, headers=bearer(written_token("a" * 12, new_secret())))) == (401, "login_needed")
    assert code_of(client.get("/v1/session?anonymous=false")) == (401, "login_needed")
    assert code_of(client.get("/v1/model?anonymous=true")) == (401, "login_needed")
    assert code_of(client.delete(asked)) == (401, "login_needed")


def test_who_asks_who_they_are_is_counted(database_url):
    with service(database_url, rate_per_minute=3) as (client, database):
        member(database, "lan", "admin")
        answers = [client.get("/v1/session?anonymous=true").status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]


def test_a_login_reads_changes_and_ends(client, database):
    who = log_in(client, "lan")
    assert (who["name"], who["role"], who["via"]) == ("lan", "reader", "session")
    assert client.get("/v1/session").json() == who
    assert client.get("/v1/model").status_code == 200
    assert client.post("/v1/extract", json=TEXT).json()["figures"]
    assert client.delete("/v1/session").status_code == 204
    assert "chitieu_session" not in client.cookies
    assert code_of(client.get("/v1/session")) == (401, "login_needed")
    assert [e.action for e in listed(database, actor="lan").items] == ["logout", "login"]


def test_the_cookie_is_of_no_use_after_the_logout(client):
    log_in(client, "lan")
    stolen = client.cookies["chitieu_session"]
    client.delete("/v1/session")
    client.cookies.set("chitieu_session", stolen)
    assert code_of(client.get("/v1/model")) == (401, "login_needed")


def test_the_cookie_over_http(client):
    cookie = client.post("/v1/session", json={"name": "lan", "password": PASSWORD}).headers["set-cookie"]
    name, *attributes = cookie.lower().split("; ")
    assert name.startswith("chitieu_session=")
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= set(attributes)
    assert "secure" not in attributes and not any(a.startswith("domain") for a in attributes)


def test_the_cookie_over_https(database_url):
    with service(database_url, scheme="https") as (client, database):
        member(database, "lan", "admin")
        answer = client.post("/v1/session", json={"name": "lan", "password": PASSWORD})
        name, *attributes = answer.headers["set-cookie"].lower().split("; ")
        assert name.startswith("__host-chitieu_session=")
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= set(attributes)
        assert client.get("/v1/session").json()["name"] == "lan"
        # A cookie that another host of the domain could have set is not looked at.
        value = client.cookies["__Host-chitieu_session"]
        client.cookies.clear()
        client.cookies.set("chitieu_session", value)
        assert code_of(client.get("/v1/session")) == (401, "login_needed")


def test_a_browsers_cookie_of_before_the_login_is_not_taken_on(client):
    planted = new_secret()
    client.cookies.set("chitieu_session", planted, domain="testserver.local")
    answer = client.post(
        "/v1/session", json={"name": "lan", "password": PASSWORD}, headers={"Cookie": f"chitieu_session={planted}"}
    )
    assert planted not in answer.headers["set-cookie"]
    client.cookies.clear()
    assert code_of(client.get("/v1/session", headers={"Cookie": f"chitieu_session={planted}"})) == (401, "login_needed")


def test_logging_in_anew_ends_the_login_before(client):
    log_in(client, "lan")
    first = client.cookies["chitieu_session"]
    log_in(client, "lan")
    assert client.cookies["chitieu_session"] != first
    client.cookies.clear()
    assert code_of(client.get("/v1/model", headers={"Cookie": f"chitieu_session={first}"})) == (401, "login_needed")


def test_a_login_whose_time_is_over(client, database):
    log_in(client, "lan")
    end_all(database, Session)
    assert code_of(client.get("/v1/model")) == (401, "login_needed")


def test_a_disabled_account_is_out_at_once(client, database):
    log_in(client, "lan")
    written = token(database, "lan")
    assert client.get("/v1/model", headers=bearer(written)).status_code == 200
    set_disabled(database, "lan", True, by=BY)
    assert code_of(client.get("/v1/model")) == (401, "login_needed")
    assert code_of(client.get("/v1/model", headers=bearer(written))) == (401, "login_needed")
    answer = client.post("/v1/session", json={"name": "lan", "password": PASSWORD})
    assert code_of(answer) == (401, "login_failed")


@pytest.mark.parametrize("name", ["LAN", "Lan", " lan "])
def test_a_name_is_taken_as_people_type_it(client, name):
    answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200 and answer.json()["name"] == "lan"


@pytest.mark.parametrize("name", ["ｌａｎ", "lаn", "lan\u0000", "lan'--", "l an", "nobody"])
def test_names_that_look_like_one(client, name):
    answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert code_of(answer) == (401, "login_failed")
    assert "set-cookie" not in answer.headers


def test_unknown_names_and_wrong_passwords_answer_alike(client):
    answers = [
        client.post("/v1/session", json={"name": name, "password": "sai mật khẩu rồi"}) for name in ("lan", "nobody")
    ]
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].content == answers[1].content

    def told(answer):
        return {name: value for name, value in answer.headers.items() if name != "x-request-id"}

    assert told(answers[0]) == told(answers[1])


def test_guessing_is_slowed_down(served):
    client, database = served
    for _ in range(10):
        assert code_of(client.post("/v1/session", json={"name": "lan", "password": "x"})) == (401, "login_failed")
    answer = client.post("/v1/session", json={"name": "lan", "password": PASSWORD})
    assert code_of(answer) == (429, "rate_limited")
    assert 0 < int(answer.headers["retry-after"]) <= 900
    log_in(client, "minh")  # who shares the address
    age_trail(database, 16)
    log_in(client, "lan")


def test_the_limit_counts_what_other_processes_saw(database_url):
    with (
        service(database_url, login_attempts=2) as (one, database),
        service(database_url, login_attempts=2) as (other, _),
    ):
        member(database, "lan", "admin")
        for client in (one, other):
            assert client.post("/v1/session", json={"name": "lan", "password": "x"}).status_code == 401
        for client in (one, other):
            assert client.post("/v1/session", json={"name": "lan", "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", json.dumps({"name": "lan", "password": PASSWORD})),
        ("application/x-www-form-urlencoded", "name=lan&password=x"),
        ("multipart/form-data; boundary=x", "--x--"),
        (None, json.dumps({"name": "lan", "password": PASSWORD})),
    ],
)
def test_a_login_is_json_which_a_form_of_another_site_cannot_send(client, kind, body):
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post("/v1/session", content=body.encode(), headers=headers)
    assert code_of(answer) == (415, "media_type_unsupported")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'{"name": 1, "password": "x"}', b'{"name": "lan", "password": "x", "role": "admin"}', b'{"name": "\\ud800", "password": "x"}', b"\xff"]
)  # fmt: skip
def test_a_login_that_does_not_fit(client, body):
    answer = client.post("/v1/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (401, 422)
    assert answer.json()["error"]["code"] in ("request_invalid", "text_encoding", "login_failed")


def test_a_password_that_does_not_fit_is_not_repeated(client):
    answer = client.post("/v1/session", json={"name": "lan", "password": "bí mật" * 400})
    assert answer.status_code == 422 and "bí mật" not in answer.text


def test_a_login_with_a_huge_body_is_not_read_to_its_end(client):
    answer = client.post("/v1/session", content=b"x" * 100_000, headers={"Content-Type": "application/json"})
    assert code_of(answer) == (413, "text_too_long")


# By token


def test_a_token_does_what_its_account_may(client, database):
    written = token(database, "lan")
    answer = client.get("/v1/session", headers=bearer(written))
    assert answer.json() == {"name": "lan", "role": "reader", "via": "token", "csrf": None, "ends_at": None}
    assert client.post("/v1/extract", json=TEXT, headers=bearer(written)).status_code == 200  # without a CSRF token
    assert list_tokens(database, "lan")[0].used_at is not None
    assert code_of(client.get("/v1/audit", headers=bearer(written))) == (403, "forbidden")


def test_a_lesser_token_of_an_admin(client, database):
    written = token(database, "minh", "annotator")
    answer = client.get("/v1/audit", headers=bearer(written))
    assert code_of(answer) == (403, "forbidden")
    assert answer.json()["error"]["detail"]["needs"] == "admin"
    assert client.get("/v1/audit", headers=bearer(token(database, "minh"))).status_code == 200


def test_a_token_sinks_with_its_account(client, database):
    member(database, "hoa", "admin")
    written = token(database, "hoa", "admin")
    assert client.get("/v1/audit", headers=bearer(written)).status_code == 200
    set_role(database, "hoa", "reader", by=BY)
    assert code_of(client.get("/v1/audit", headers=bearer(written))) == (403, "forbidden")


def test_tokens_that_are_over_revoked_or_altered(client, database):
    written = token(database, "lan")
    token_id, secret = id_of(written), written.split("_", 2)[2]
    other = token(database, "minh")
    wrong = [
        written_token(token_id, new_secret()),
        written_token(id_of(other), secret),
        written_token("a" * 12, secret),
        written[:-1],
        written + "x",
        written.upper(),
        secret,
        "",
        "chitieu__",
        "x" * 60_000,
        "chitieu_" + "a" * 12 + "_" + "é" * 43,
    ]
    for word in wrong:
        answer = client.get("/v1/model", headers={"Authorization": f"Bearer {word}".encode()})
        assert code_of(answer) == (401, "login_needed"), word[:80]
    assert client.get("/v1/model", headers=bearer(written)).status_code == 200
    revoke_token(database, token_id, by=BY)
    assert code_of(client.get("/v1/model", headers=bearer(written))) == (401, "login_needed")
    end_all(database, Token)
    assert code_of(client.get("/v1/model", headers=bearer(other))) == (401, "login_needed")


def test_a_bad_token_does_not_fall_back_on_the_cookie(client, database):
    log_in(client, "lan")
    assert code_of(client.get("/v1/model", headers=bearer("chitieu_x"))) == (401, "login_needed")
    # Another scheme is that of a proxy before us.
    assert client.get("/v1/model", headers={"Authorization": "Basic bGFuOng="}).status_code == 200


def test_several_tokens_are_none(client, database):
    both = [("Authorization", f"Bearer {token(database, name)}") for name in ("lan", "minh")]
    assert code_of(client.get("/v1/model", headers=both)) == (401, "login_needed")


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "Authorization", "chitieu_session"])
def test_nothing_counts_in_the_address(client, database, name):
    assert code_of(client.get("/v1/model", params={name: token(database, "lan")})) == (401, "login_needed")


def test_a_token_makes_no_password(client, database):
    answer = client.put(
        "/v1/session/password",
        json={"old": PASSWORD, "new": "một câu khác hẳn"},
        headers=bearer(token(database, "lan")),
    )
    assert code_of(answer) == (403, "forbidden")


# CSRF


def test_what_changes_something_needs_the_logins_token(client):
    log_in(client, "lan")
    good = client.headers.pop("X-CSRF-Token")
    assert client.get("/v1/model").status_code == 200
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": good[:-1]}, {"X-CSRF-Token": new_secret()}):
        assert code_of(client.post("/v1/extract", json=TEXT, headers=headers)) == (403, "cross_site")
        assert code_of(client.delete("/v1/session", headers=headers)) == (403, "cross_site")
    twice = [("X-CSRF-Token", good), ("X-CSRF-Token", good)]
    assert code_of(client.post("/v1/extract", json=TEXT, headers=twice)) == (403, "cross_site")
    assert code_of(client.post("/v1/extract", json=TEXT, headers={"X-CSRF-Token": "é".encode()})) == (403, "cross_site")
    assert code_of(client.post(f"/v1/extract?X-CSRF-Token={good}", json=TEXT)) == (403, "cross_site")
    assert client.post("/v1/extract", json=TEXT, headers={"X-CSRF-Token": good}).status_code == 200


def test_the_token_of_another_login_does_not_count(client, database_url):
    first = log_in(client, "lan")
    with service(database_url) as (other, _):
        log_in(other, "lan")
        other.headers["X-CSRF-Token"] = first["csrf"]
        assert code_of(other.post("/v1/extract", json=TEXT)) == (403, "cross_site")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
)
def test_another_sites_page_can_neither_log_in_nor_change_anything(client, headers):
    credentials = {"name": "lan", "password": PASSWORD}
    assert code_of(client.post("/v1/session", json=credentials, headers=headers)) == (403, "cross_site")
    log_in(client, "lan")
    assert code_of(client.post("/v1/extract", json=TEXT, headers=headers)) == (403, "cross_site")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://testserver"}],
)  # fmt: skip
def test_our_own_page_can(client, headers):
    answer = client.post("/v1/session", json={"name": "lan", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200


# One's own password, and the trail


def test_changing_ones_own_password(client, database_url):
    log_in(client, "lan")
    with service(database_url) as (other, _):
        log_in(other, "lan")
        wrong = client.put("/v1/session/password", json={"old": "sai", "new": "một câu khác hẳn"})
        assert code_of(wrong) == (403, "password_wrong")
        assert client.get("/v1/model").status_code == 200  # the login goes on
        weak = client.put("/v1/session/password", json={"old": PASSWORD, "new": "ngắn"})
        assert code_of(weak) == (422, "password_weak")
        answer = client.put("/v1/session/password", json={"old": PASSWORD, "new": "một câu khác hẳn"})
        assert answer.status_code == 200
        assert code_of(other.get("/v1/model")) == (401, "login_needed")
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        assert client.post("/v1/extract", json=TEXT).status_code == 200
        assert other.post("/v1/session", json={"name": "lan", "password": PASSWORD}).status_code == 401
        log_in(other, "lan", "một câu khác hẳn")


def test_the_trail_is_for_admins(client):
    client.post("/v1/session", json={"name": "lan", "password": "sai mật khẩu"})
    log_in(client, "lan")
    assert code_of(client.get("/v1/audit")) == (403, "forbidden")
    log_in(client, "minh")
    page = client.get("/v1/audit", params={"limit": 3}).json()
    assert [e["action"] for e in page["entries"]] == ["login", "login", "login_failed"]
    assert page["entries"][0]["address"] == "192.0.2.20" and page["entries"][0]["request"]
    rest = client.get("/v1/audit", params={"cursor": page["next"]}).json()
    assert [e["action"] for e in rest["entries"]] == ["account_added"] * 2 and rest["next"] is None
    assert {e["actor"] for e in client.get("/v1/audit", params={"actor": "lan"}).json()["entries"]} == {"lan"}
    assert code_of(client.get("/v1/audit", params={"cursor": "x"})) == (422, "request_invalid")
    assert "sai mật khẩu" not in client.get("/v1/audit").text


def test_without_a_database_nobody_is_let_in(client, database, monkeypatch):
    from chitieu.errors import DatabaseDown

    written = token(database, "lan")
    log_in(client, "lan")

    def down(*_, **__):
        raise DatabaseDown("down", cause="unreachable", retry_after=5)

    monkeypatch.setattr("chitieu.api.access.guard.by_session", down)
    monkeypatch.setattr("chitieu.api.access.guard.by_token", down)
    for headers in ({}, bearer(written)):
        answer = client.get("/v1/model", headers=headers)
        assert code_of(answer) == (503, "database_down") and answer.headers["retry-after"] == "5"
    assert client.get("/healthz").status_code == 200


def test_a_token_works_while_its_use_cannot_be_noted(client, database, monkeypatch):
    from chitieu.errors import DatabaseDown

    def down(*_, **__):
        raise DatabaseDown("locked", cause="locked", retry_after=5)

    monkeypatch.setattr("chitieu.api.access.identify.note_use", down)
    assert client.get("/v1/model", headers=bearer(token(database, "lan"))).status_code == 200


# The first account


def test_without_accounts_there_is_the_set_up_alone(database_url):
    import structlog

    from chitieu.access.prepare import prepare_access
    from chitieu.settings import Settings

    with service(database_url) as (client, database):
        for path in ("/v1/model", "/v1/session", "/openapi.json"):
            assert code_of(client.get(path)) == (503, "accounts_missing")
        assert client.get("/healthz").status_code == 200
        page = client.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/login")
        assert client.get("/login").status_code == 200
        with structlog.testing.capture_logs() as lines:
            prepare_access(Settings(login="required"), database, attended=False)
        first = {"code": lines[0]["code"], "name": "minh", "password": PASSWORD}
        assert code_of(client.post("/v1/setup", json=first | {"code": new_secret()})) == (401, "login_failed")
        crossed = client.post("/v1/setup", json=first, headers={"Origin": "https://evil.example"})
        assert code_of(crossed) == (403, "cross_site")
        answer = client.post("/v1/setup", json=first)
        assert answer.status_code == 201 and answer.json()["role"] == "admin"
        assert client.get("/v1/audit").status_code == 200  # logged in
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        assert code_of(client.post("/v1/setup", json=first)) == (409, "account_exists")
        client.cookies.clear()
        assert code_of(client.post("/v1/setup", json=first)) == (401, "login_needed")
        assert [a.name for a in list_accounts(database)] == ["minh"]


def test_an_account_made_on_the_command_line_opens_the_service(database_url):
    with service(database_url) as (client, database):
        assert code_of(client.get("/v1/model")) == (503, "accounts_missing")
        member(database, "lan", "admin")
        log_in(client, "lan")
        assert client.get("/v1/model").status_code == 200


@pytest.mark.postgres
def test_a_database_that_vanishes_holds_up_no_request_for_long(postgres):
    from concurrent.futures import ThreadPoolExecutor

    from postgres import Wire

    with (
        Wire(postgres) as wire,
        postgres.new_database() as url,
        service(wire.url(url), database_answer_seconds=2, database_statement_seconds=2) as (client, database),
    ):
        member(database, "lan", "admin")
        headers = bearer(token(database, "lan"))
        assert client.get("/v1/documents", headers=headers).status_code == 200
        wire.cut()
        threads = ThreadPoolExecutor(4)
        try:
            asked = [threads.submit(client.get, "/v1/documents", headers=headers) for _ in range(4)]
            answers = [request.result(15) for request in asked]
        finally:
            wire.mend()
            threads.shutdown()
        assert {code_of(answer) for answer in answers} == {(503, "database_down")}
        assert all(answer.headers["retry-after"] for answer in answers)
        assert client.get("/v1/documents", headers=headers).status_code == 200
