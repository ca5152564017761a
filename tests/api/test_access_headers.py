"""What every answer tells browsers."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from sqlalchemy import URL

from members import bearer, member, service, token

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    url = URL.create("sqlite", database=str(tmp_path_factory.mktemp("headers") / "chitieu.db"))
    with service(url) as (client, database):
        member(database, "lan", "admin")
        client.headers.update(bearer(token(database, "lan")))
        yield client, url


@pytest.fixture(scope="module")
def client(served):
    return served[0]


@pytest.mark.parametrize(
    "path", ["/", "/app.js", "/login", "/docs", "/v1/model", "/v1/nothing", "/nothing", "/healthz"]
)
def test_on_every_answer(client, path):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Host": "a b"}):
        answer = client.get(path, headers=headers)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "strict-transport-security" not in answer.headers
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


def test_answers_are_kept_nowhere(client):
    assert client.get("/v1/model").headers["cache-control"] == "no-store"
    assert client.post("/v1/extract", json={"text": "a"}).headers["cache-control"] == "no-store"
    assert client.get("/v1/model", headers={"Authorization": "Bearer x"}).headers["cache-control"] == "no-store"
    assert client.get("/app.js").headers["cache-control"] == "no-cache"


def test_faults_too(client, monkeypatch):
    monkeypatch.setattr(client.app.state.pipeline.tagger, "tag", lambda *_: 1 / 0)
    answer = client.post("/v1/extract", json={"text": "Đàn bò có 8.320 con."})
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY and answer.headers["cache-control"] == "no-store"


def test_over_https(served):
    with service(served[1], scheme="https") as (client, _):
        assert client.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


def test_a_page_as_answer_has_its_own_style_and_nothing_else(client):
    answer = client.post("/v1/extract", json={"text": "Đàn bò có 8.320 con."}, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy and "script-src" not in policy and policy.endswith("sandbox")


def test_our_own_pages_have_nothing_inline(client):
    for path in ("/", "/login", "/docs"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", page), path
    for path in ("/app.js", "/login.js", "/session.js"):
        assert not re.search(r"innerHTML|\beval\b|[\"']style[\"']|style:", client.get(path).text), path
