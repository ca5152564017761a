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


@pytest.fixture(scope="module")
def spec(client):
    return client.get("/openapi.json").json()


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_of_the_description_leads_somewhere(spec):
    found = set(references(spec))
    assert len(found) > 10
    for reference in found:
        assert reference.startswith("#/"), reference
        node = spec
        for part in reference[2:].split("/"):
            assert part in node, reference
            node = node[part]


def test_the_description_tells_what_is_served(spec):
    assert spec["openapi"].startswith("3.")
    assert set(spec["paths"]) == {
        "/v1/extract",
        "/v1/indicators",
        "/v1/indicators/{id}",
        "/v1/model",
        "/healthz",
    }
    extract = spec["paths"]["/v1/extract"]["post"]
    assert set(extract["requestBody"]["content"]) == {"application/json", "text/plain", "application/octet-stream"}
    assert {"200", "413", "415", "422", "503"} <= set(extract["responses"])
    request = extract["requestBody"]["content"]["application/json"]["schema"]
    assert request["required"] == ["text"]
    assert set(request["properties"]) == {"text", "id", "period", "place", "with_text"}
    assert "$defs" not in request
    span = spec["components"]["schemas"]["Span"]["properties"]
    assert "in" in span
    assert "in_" not in span


def test_the_examples_of_the_description_work(client, spec):
    (example,) = spec["paths"]["/v1/extract"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "examples"
    ]
    answer = client.post("/v1/extract", json=example).json()
    assert answer["document"]["id"] == example["id"]
    assert answer["figures"]


def test_docs_need_no_network(client):
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in ("/v1/extract", "/v1/model", "/healthz"):
        assert path in page.text
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", page.text)


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
