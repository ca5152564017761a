"""Where no login is needed: this machine alone, and no other site's page. Which hosts are answered for; how many requests."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from members import bearer, code_of, member, service, token

TEXT = {"text": "Đàn bò có 8.320 con."}


@pytest.fixture(scope="module")
def database_url(tmp_path_factory):
    return URL.create("sqlite", database=str(tmp_path_factory.mktemp("hosts") / "chitieu.db"))


@pytest.fixture(scope="module")
def local(database_url):
    """A service without logins, asked from this machine."""
    with service(database_url, login="open", address="127.0.0.1") as (client, _):
        client.headers["Host"] = "localhost:8000"
        yield client


def test_whoever_sits_at_this_machine_may_do_everything(local):
    assert local.get("/v1/session").json() == {
        "name": "local", "role": "admin", "via": "open", "csrf": None, "ends_at": None,
    }  # fmt: skip
    assert local.post("/v1/extract", json=TEXT).status_code == 200
    assert local.get("/v1/audit").status_code == 200
    assert local.delete("/v1/session").status_code == 204


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "127.9.9.9", "[::1]", "[::1]:8000", "localhost."])  # fmt: skip
def test_names_of_this_machine(local, host):
    assert local.get("/v1/model", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "192.0.2.1", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost",
        "", "localhost:x", "localhost:8000:1", "localhost/", "localhost@evil.example", "127.1", "2130706433", "[::2]", "0.0.0.0",
        "localhost evil.example", "[::1", "::1",
    ],
)  # fmt: skip
def test_a_name_that_was_bent_to_this_machine_is_refused(local, host):
    for path in ("/v1/model", "/healthz", "/"):
        assert code_of(local.get(path, headers={"Host": host})) == (421, "host_refused")


def test_several_hosts_are_none(local):
    hosts = [("Host", "localhost"), ("Host", "evil.example")]
    assert code_of(local.get("/v1/model", headers=hosts)) == (421, "host_refused")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_behind_a_proxy_it_is_told_to_ask_for_a_login(local, header):
    answer = local.get("/v1/model", headers={header: "192.0.2.1"})
    assert code_of(answer) == (421, "host_refused")
    assert "CHITIEU_LOGIN=required" in answer.json()["error"]["message"]


def test_another_machine_is_refused_even_where_it_calls_itself_this_one(database_url):
    for address, is_let_in in (("192.0.2.1", False), ("2001:db8::1", False), ("::1", True), ("127.0.0.1", True)):
        with service(database_url, login="open", address=address) as (client, _):
            answer = client.get("/v1/model", headers={"Host": "localhost"})
            assert (answer.status_code == 200) is is_let_in, address


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_pages_change_nothing(local, headers):
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        answer = local.post("/v1/extract", content=b"x", headers=headers | {"Content-Type": kind})
        assert code_of(answer) == (403, "cross_site")
    assert local.get("/v1/model", headers=headers).status_code == 200  # which their pages cannot read


def test_named_hosts_are_answered_for_beside_this_machines(database_url):
    with service(database_url, allowed_hosts="bao-cao.example.vn, *.noi-bo.example.vn") as (client, database):
        member(database, "lan", "admin")
        headers = bearer(token(database, "lan"))
        for host, is_known in (
            ("bao-cao.example.vn", True),
            ("BAO-CAO.example.vn:443", True),
            ("a.noi-bo.example.vn", True),
            ("noi-bo.example.vn", False),
            ("xbao-cao.example.vn", False),
            ("bao-cao.example.vn.evil.example", False),
            ("localhost", True),
            ("192.0.2.1", False),
        ):
            answer = client.get("/v1/model", headers=headers | {"Host": host})
            assert (answer.status_code == 200) is is_known, host
        # A watcher asks by address.
        assert client.get("/healthz", headers={"Host": "192.0.2.1"}).status_code == 200


def test_where_none_is_named_any_host_is_answered_for_if_it_is_one(database_url):
    with service(database_url) as (client, database):
        headers = bearer(token(database, "lan"))
        assert client.get("/v1/model", headers=headers | {"Host": "192.0.2.1:8000"}).status_code == 200
        assert code_of(client.get("/v1/model", headers=headers | {"Host": "a b"})) == (421, "host_refused")


# How many requests


def test_one_request_too_many(database_url):
    with service(database_url, rate_per_minute=5) as (client, database):
        headers = bearer(token(database, "lan"))
        for _ in range(5):
            assert client.get("/v1/model", headers=headers).status_code == 200
        answer = client.get("/v1/model", headers=headers)
        assert code_of(answer) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        # A second token is the same account; another account has its own count, and so has whoever is not logged in.
        assert client.get("/v1/model", headers=bearer(token(database, "lan"))).status_code == 429
        member(database, "hoa", "reader")
        assert client.get("/v1/model", headers=bearer(token(database, "hoa"))).status_code == 200
        assert client.get("/v1/model").status_code == 401


def test_whoever_tries_tokens_is_counted_by_address(database_url):
    with service(database_url, rate_per_minute=3) as (client, _):
        statuses = [client.get("/v1/model", headers=bearer(f"chitieu_{n}")).status_code for n in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert client.post("/v1/session", json={"name": "lan", "password": "x"}).status_code == 429
        assert {client.get(path).status_code for path in ("/healthz", "/readyz") for _ in range(5)} == {200}


def test_zero_is_any_number_and_so_is_no_login(database_url):
    with service(database_url, rate_per_minute=0) as (client, _):
        assert {client.get("/v1/model").status_code for _ in range(30)} == {401}
    with service(database_url, login="open", address="127.0.0.1", rate_per_minute=1) as (client, _):
        assert {client.get("/v1/model", headers={"Host": "localhost"}).status_code for _ in range(5)} == {200}
