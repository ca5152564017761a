"""Health, model, description, and the page's files."""

from __future__ import annotations

import json
import os
import re

import pytest
from fastapi.testclient import TestClient

from chitieu import __version__
from chitieu.api.app import create_app
from chitieu.api.web import Pages, Web, web_folder
from chitieu.settings import Settings
from fakes import fake_pipeline
from members import code_of


def test_health(client):
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}


def test_model(client):
    model = client.get("/v1/model").json()
    assert (model["name"], model["version"]) == ("fake", "0.0.0")
    assert model["catalogue"]
    assert model["manifest"]["name"] == "fake"


@pytest.mark.pages
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/login", "text/html"),
        ("/series", "text/html"),
        ("/annotate", "text/html"),
        ("/example.txt", "text/plain"),
    ],
)
def test_the_page_and_its_files(client, path, kind):
    response = client.get(path)
    assert response.status_code == 200
    assert kind in response.headers["content-type"]
    name = path[1:] or "index.html"
    assert response.content == (web_folder() / (name if "." in name else f"{name}.html")).read_bytes()


@pytest.mark.pages
def test_every_file_the_page_names_is_served(client):
    for page in ("/", "/login", "/series", "/annotate", "/docs"):
        named = re.findall(r"(?:src|href)=\"([^\"]+)\"", client.get(page).text)
        local = [n for n in named if not n.startswith(("data:", "#"))]
        assert len(local) >= 3, page
        for name in local:
            assert client.get("/" + name.lstrip("/")).status_code == 200, name


@pytest.mark.pages
def test_the_page_speaks_both_languages(client, root):
    sources = root / "service/web/src"
    strings = json.loads((sources / "strings.json").read_text("utf-8"))
    assert set(strings) == {"vi", "en"}
    assert set(strings["vi"]) == set(strings["en"])
    used = set()
    for page in ("/", "/login", "/series"):
        used |= set(re.findall(r"data-(?:text|placeholder|label)=\"(\w+)\"", client.get(page).text))
    for file in sources.glob("**/*.ts*"):
        used |= set(re.findall(r"\b(?:say|inBoth|inWords)\(\"(\w+)\"\)", file.read_text("utf-8")))
    assert len(used) > 60
    assert used <= set(strings["vi"])


def test_without_the_built_pages_the_api_works_and_browsers_are_told(tmp_path):
    app = create_app(fake_pipeline(), settings=Settings(login="open", database_url=f"sqlite:///{tmp_path}/a.db"))
    for route in app.router.routes:
        if isinstance(route, Pages):
            app.router.routes.remove(route)
    app.state.web = web = Web(tmp_path / "dist")
    app.router.routes.append(Pages(web))
    with TestClient(app) as client:
        for path in ("/", "/login", "/series", "/annotate", "/anything.js"):
            told = client.get(path, headers={"Accept": "text/html"})
            assert told.status_code == 503 and told.headers["content-type"].startswith("text/html"), path
            assert "make web" in told.text and not re.search(r"<style|<script|\sstyle=", told.text)
            assert code_of(client.get(path, headers={"Accept": "application/json"})) == (503, "pages_missing")
        assert client.get("/docs").status_code == 200
        assert client.post("/v1/extract", json={"text": "Đàn bò có 8.320 con."}).status_code == 200


def test_pages_that_are_built_anew_while_the_service_runs(tmp_path):
    web = Web(tmp_path)
    assert not web.is_built and web.files("login.html") == []
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.parent.mkdir()
    for at, name in enumerate(("a1", "b2")):
        shared = {"_s.js": {"file": f"assets/s-{name}.js"}}
        manifest.write_text(
            json.dumps(
                {"login.html": {"file": f"assets/login-{name}.js", "imports": ["_s.js"], "css": ["assets/x.css"]}}
                | shared
            )
        )
        os.utime(manifest, ns=(at, at))
        assert web.files("login.html") == [f"/assets/login-{name}.js", "/assets/x.css", f"/assets/s-{name}.js"]
        assert web.is_of_login(f"/assets/s-{name}.js") and not web.is_of_login("/assets/other.js")
    assert not web.is_of_login("/assets/s-a1.js")


def test_a_large_answer_is_compressed(client):
    text = "Đàn bò có 8.320 con. " * 50
    response = client.post("/v1/extract", json={"text": text}, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert len(response.json()["figures"]) == 50
