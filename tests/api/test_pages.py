"""Health, model, description, and the page's files."""

from __future__ import annotations

import re

import pytest

from chitieu import __version__
from chitieu.api.app import web_folder


def test_health(client):
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}


def test_model(client):
    model = client.get("/v1/model").json()
    assert (model["name"], model["version"]) == ("fake", "0.0.0")
    assert model["catalogue"]
    assert model["manifest"]["name"] == "fake"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/app.js", "javascript"), ("/style.css", "text/css"), ("/strings.json", "json"), ("/example.txt", "text/plain")],
)  # fmt: skip
def test_the_page_and_its_files(client, path, kind):
    response = client.get(path)
    assert response.status_code == 200
    assert kind in response.headers["content-type"]
    assert response.content == (web_folder() / (path[1:] or "index.html")).read_bytes()


def test_every_file_the_page_names_is_served(client):
    page = client.get("/").text
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    local = [n for n in named if not n.startswith("data:")]
    assert len(local) >= 3
    for name in local:
        assert client.get("/" + name.lstrip("/")).status_code == 200, name


def test_the_page_speaks_both_languages(client):
    strings = client.get("/strings.json").json()
    assert set(strings) == {"vi", "en"}
    assert set(strings["vi"]) == set(strings["en"])
    used = set(re.findall(r"data-(?:text|placeholder|label)=\"(\w+)\"", client.get("/").text))
    used |= set(re.findall(r"say\(\"(\w+)\"\)", client.get("/app.js").text))
    assert len(used) > 15
    assert used <= set(strings["vi"])


def test_a_large_answer_is_compressed(client):
    text = "Đàn bò có 8.320 con. " * 50
    response = client.post("/v1/extract", json={"text": text}, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert len(response.json()["figures"]) == 50
