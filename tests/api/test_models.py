"""`/v1/models`: what the registry holds, and another version served from now on."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.catalogue.load import load_catalogue
from chitieu.models import current_model
from chitieu.pipeline import Pipeline
from chitieu.registry.lineage import Lineage, written
from chitieu.served import ServedPipeline
from chitieu.settings import Settings
from chitieu.store.audit import listed
from members import bearer, code_of, member, token
from registered import BROKEN, fake_load, held, point

URL = "/v1/models"


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "models"
    scores = {"test": {"documents": 3, "scores": {"micro": 0.9}, "labels": {}}}
    held(made, "1.0.0", evaluation=scores)
    folder = held(made, "2.0.0")
    (folder / "lineage.json").write_bytes(written(Lineage(data="a" * 64, made_by="lan")))
    held(made, "3.0.0", gate=None)
    held(made, "4.0.0", model=BROKEN)
    point(made, "1.0.0")
    return made


@contextmanager
def service(root, tmp_path, **more):
    settings = Settings(**{"data": tmp_path / "data", "login": "open", "allowed_hosts": "testserver", "rate_per_minute": 0, "model_seconds": 600} | more)  # fmt: skip
    served = ServedPipeline(Pipeline(fake_load(root / "fake/1.0.0"), load_catalogue()), root=root, load=fake_load)
    with TestClient(create_app(served, settings=settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(root, tmp_path):
    with service(root, tmp_path) as made:
        yield made


def promote(client, version, **more):
    told = {"name": "fake", "version": version} | {key: more.pop(key) for key in ("force",) if key in more}
    return client.post(f"{URL}/promote", json=told, **more)


def test_all_versions_with_what_is_known_of_them(client):
    told = client.get(URL).json()
    assert [one["version"] for one in told["models"]] == ["1.0.0", "2.0.0", "3.0.0", "4.0.0"]
    first, second, third, _ = told["models"]
    assert (first["current"], second["current"]) == (True, False)
    assert first["evaluation"]["test"] == {"documents": 3, "scores": {"micro": 0.9}}
    assert second["lineage"]["data"] == "a" * 64 and second["lineage"]["schema"] == "chitieu-lineage/1"
    assert second["gate"] == {"decision": "pass", "reasons": []} and third["gate"] is None
    assert told["served"]["version"] == "1.0.0" and told["failure"] is None
    assert [one["action"] for one in told["history"]] == ["found"]


def test_promoted_it_is_served_at_once_and_audited_and_rolled_back(client, root):
    answer = promote(client, "2.0.0")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["action"], answer.json()["version"], answer.json()["by"]) == ("promote", "2.0.0", "local")
    assert client.get("/v1/model").json()["version"] == "2.0.0"
    assert client.post("/v1/extract", json={"text": "Đàn bò có 5 con."}).json()["model"]["version"] == "2.0.0"
    assert client.post(f"{URL}/rollback").json()["version"] == "1.0.0"
    assert client.get("/v1/model").json()["version"] == current_model(root).name == "1.0.0"
    told = [(one.action, one.subject, one.detail) for one in listed(client.app.state.database).items]
    assert told[:2] == [
        ("model_rolled_back", "fake/1.0.0", {"forced": False}),
        ("model_promoted", "fake/2.0.0", {"forced": False}),
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "fake", "version": "9.0.0"}, 404, "model_unknown"),
        ({"name": "..", "version": ".."}, 404, "model_unknown"),
        ({"name": "fake", "version": "3.0.0"}, 409, "model_not_passed"),
        ({"name": "fake", "version": "4.0.0"}, 409, "model_damaged"),
        ({"name": "fake", "version": "4.0.0", "force": True}, 409, "model_damaged"),
        ({"name": "fake"}, 422, "request_invalid"),
        ({"name": "fake", "version": "2.0.0", "more": 1}, 422, "request_invalid"),
    ],
)
def test_what_is_refused_changes_nothing(client, root, body, status, code):
    answer = client.post(f"{URL}/promote", json=body)
    assert code_of(answer) == (status, code)
    assert " / " in answer.json()["error"]["message"]
    assert current_model(root).name == "1.0.0"
    assert client.get("/v1/model").json()["version"] == "1.0.0"


def test_there_is_nothing_to_go_back_to(client):
    assert code_of(client.post(f"{URL}/rollback")) == (409, "model_has_no_previous")


def test_a_registry_that_cannot_be_read_is_told(client, root):
    (root / "current.json").write_text("{")
    assert code_of(client.get(URL)) == (503, "model_invalid")
    assert client.get("/v1/model").json()["version"] == "1.0.0"


def test_who_may_do_what(root, tmp_path):
    with service(root, tmp_path, login="required") as client:
        database = client.app.state.database
        tokens = {}
        for role in ("reader", "annotator", "reviewer", "admin"):
            member(database, f"one.{role}", role)
            tokens[role] = bearer(token(database, f"one.{role}"))
        assert client.get(URL).status_code == 401
        assert client.get(URL, headers=tokens["reader"]).status_code == 200
        for role in ("reader", "annotator"):
            assert code_of(promote(client, "2.0.0", headers=tokens[role])) == (403, "forbidden")
            assert code_of(client.post(f"{URL}/rollback", headers=tokens[role])) == (403, "forbidden")
        forced = promote(client, "3.0.0", force=True, headers=tokens["reviewer"])
        assert code_of(forced) == (403, "forbidden") and forced.json()["error"]["detail"]["needs"] == "admin"
        assert promote(client, "2.0.0", headers=tokens["reviewer"]).json()["by"] == "one.reviewer"
        assert promote(client, "3.0.0", force=True, headers=tokens["admin"]).json()["forced"]
    history = json.loads((root / "current.json").read_text("utf-8"))["history"]
    assert [one.get("by") for one in history] == [None, "one.reviewer", "one.admin"]
