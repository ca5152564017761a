"""What every answer tells browsers."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

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
    "path",
    [
        "/",
        "/example.txt",
        "/series",
        "/annotate",
        "/login",
        "/docs",
        "/v1/model",
        "/v1/nothing",
        "/nothing",
        "/healthz",
    ],
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
    assert client.get("/example.txt").headers["cache-control"] == "no-cache"


@pytest.mark.pages
def test_pages_are_asked_for_again_and_files_whose_name_tells_their_content_are_not(client):
    for page in ("/", "/login", "/series", "/annotate", "/docs"):
        answer = client.get(page)
        assert answer.headers["cache-control"] == "no-cache", page
        named = re.findall(r'"(/assets/[^"]+)"', answer.text)
        assert len(named) >= 2, page
        for name in named:
            file = client.get(name)
            assert file.headers["cache-control"] == "private, max-age=31536000, immutable", name
            again = client.get(name, headers={"If-None-Match": file.headers["etag"]})
            assert (again.status_code, again.headers["cache-control"]) == (304, file.headers["cache-control"])
    answer = client.get("/", headers={"If-None-Match": client.get("/").headers["etag"]})
    assert answer.status_code == 304
    assert client.get("/assets/none-12345678.js").headers["cache-control"] == "no-cache"


def test_faults_too(client, monkeypatch):
    monkeypatch.setattr(client.app.state.served.pipeline.tagger, "tag", lambda *_: 1 / 0)
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
    for path in ("/", "/login", "/series", "/annotate", "/docs"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", page), path
    sources = [*Path(__file__).parents[2].glob("service/web/src/**/*.ts*")]
    assert len(sources) > 8
    for path in sources:
        assert not re.search(r"innerHTML|\beval\b|[\"']style[\"']|style:", path.read_text("utf-8"), re.IGNORECASE), path
