"""Label Studio's machine-learning backend: the bodies beside this are as Label Studio sends them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from sqlalchemy import URL

from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.registry import FORMATS
from chitieu.store.accounts import set_disabled
from chitieu.store.audit import By
from members import bearer, code_of, member, service, token

SENT = {path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "label_studio").iterdir()}
OWN = SENT["predict"]["label_config"]
SMALL = '<View><Labels name="l" toName="t"><Label value="UNIT"/></Labels><Text name="t" value="$text"/></View>'


@pytest.fixture
def database_url(tmp_path):
    """The guard asks both engines the same: one is enough here."""
    return URL.create("sqlite", database=str(tmp_path / "chitieu.db"))


def predict(client, *texts, config=OWN, field="text"):
    tasks = [{"id": number, "data": {field: text}} for number, text in enumerate(texts)]
    return client.post("/label-studio/predict", json={"tasks": tasks, "label_config": config})


def test_it_is_up_and_says_which_model(client):
    assert client.get("/label-studio/health").json() == {"status": "UP", "model_class": "fake"}
    assert client.post("/label-studio/setup", json=SENT["setup"]).json() == {"model_version": "fake 0.0.0"}


def test_tasks_come_back_in_order_with_what_the_model_read(client):
    answer = client.post("/label-studio/predict", json=SENT["predict"])
    assert answer.status_code == 200, answer.text
    first, empty, last = answer.json()["results"]
    text = SENT["predict"]["tasks"][0]["data"]["text"]
    regions = {r["id"]: r for r in first["result"] if r["type"] == "labels"}
    for region in regions.values():
        value = region["value"]
        assert text[value["start"] : value["end"]] == value["text"]  # code points: an emoji is one
        assert region["to_name"] == "text" and 0 < region["score"] <= 1
    told = {(r["from_name"], r["value"]["labels"][0], r["value"]["text"]) for r in regions.values()}
    assert {("mention", "QUANTITY", "7.215"), ("phrase", "CHANGE", "tăng 6,2% so với cùng kỳ")} <= told
    links = {
        (regions[r["from_id"]]["value"]["text"], regions[r["to_id"]]["value"]["text"], *r["labels"])
        for r in first["result"]
        if r["type"] == "relation"
    }
    assert ("8.320", "Đàn bò", "of") in links
    assert first["model_version"] == answer.json()["model_version"] == "fake 0.0.0"
    assert 0.5 < first["score"] < 1 and "error" not in first
    assert (empty["result"], empty["score"], empty["error"]["code"]) == ([], 0, "text_empty")
    assert [r["value"]["text"] for r in last["result"] if r["type"] == "labels"] == ["Đàn lợn", "1.200", "con"]


def test_it_is_what_the_export_writes_and_the_import_reads(client):
    """A prediction becomes the same annotated document as the answer of the API does by way of `chitieu export`."""
    text = SENT["predict"]["tasks"][0]["data"]["text"]
    made = client.post("/label-studio/predict", json=SENT["predict"]).json()["results"][0]
    answer = client.post("/v1/extract", json={"text": text, "with_text": True, "id": "a"}).content
    of_answer = FORMATS["jsonl"].read(answer, Origin("a"))
    exported = json.loads(FORMATS["label-studio"].write(of_answer))[0]["predictions"][0]["result"]
    assert made["result"] == exported
    task = {"data": {"text": text, "name": "a"}, "predictions": [made]}
    (read,) = FORMATS["label-studio"].read(json.dumps(task).encode(), Origin("a"))
    assert [(s.label, s.start, s.end, s.head, s.entry, s.state) for s in read.spans] == [
        (s.label, s.start, s.end, s.head, s.entry, s.state) for s in of_answer[0].spans
    ]


def test_a_configuration_of_ones_own_names_field_and_tags(client):
    config, text = SENT["setup"]["schema"], "Đàn bò có 8.320 con, tăng 6,2%."
    for data in ({"report": {"body": text}}, {"report.body": text}):
        body = {"tasks": [{"id": 1, "data": data}], "label_config": config}
        (made,) = client.post("/label-studio/predict", json=body).json()["results"]
        regions = [r for r in made["result"] if r["type"] == "labels"]
        assert {r["value"]["labels"][0] for r in regions} == {"INDICATOR", "QUANTITY"}  # it has no others
        assert {(r["from_name"], r["to_name"]) for r in regions} == {("nhan", "van_ban")}
        assert [r["type"] for r in made["result"]].count("relation") == 1


@pytest.mark.parametrize(
    "config",
    [
        "", "<View>", "<View/>", '<View><Text name="t" value="$text"/></View>',
        '<View><Labels name="l" toName="t"><Label value="PERSON"/></Labels><Text name="t" value="$text"/></View>',
        '<View><Labels name="l" toName="u"><Label value="UNIT"/></Labels><Text name="t" value="$text"/></View>',
        '<View><Labels name="l" toName="t"><Label value="UNIT"/></Labels><Text name="t" value="$text" valueType="url"/></View>',
        '<View><Labels name="l" toName="t"><Label value="UNIT"/></Labels><Text name="t" value="$text" encoding="base64"/></View>',
        '<View><Labels name="l" toName="t"><Label value="UNIT"/></Labels><Text name="t" value="words"/></View>',
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_show_what_is_read_is_told_at_once(client, config):
    assert code_of(client.post("/label-studio/setup", json={"schema": config})) == (422, "annotation_invalid")
    assert code_of(predict(client, "Đàn bò có 8 con.", config=config)) == (422, "annotation_invalid")


def test_nothing_is_fetched_or_blown_up_for_a_configuration(client, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("UNIT", "utf-8")
    for entity in (f'<!ENTITY x SYSTEM "file://{secret}">', '<!ENTITY x "UNIT">'):
        config = f"<!DOCTYPE View [{entity}]>" + (
            '<View><Labels name="l" toName="t"><Label value="PERSON"/>&x;</Labels><Text name="t" value="$text"/></View>'
        )
        answer = client.post("/label-studio/setup", json={"schema": config})
        assert code_of(answer) == (422, "annotation_invalid")
    bomb = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 20}">' for n in range(8))
    config = f'<!DOCTYPE View [<!ENTITY a0 "x">{bomb}]><View>&a8;</View>'
    assert code_of(client.post("/label-studio/setup", json={"schema": config})) == (422, "annotation_invalid")


def test_one_task_that_cannot_be_read_is_an_error_of_the_request(client):
    assert code_of(predict(client, "")) == (422, "text_empty")
    answer = predict(client, "Đàn bò có 8 con.", field="other")
    assert code_of(answer) == (422, "request_invalid") and "“text”" in answer.json()["error"]["message"]
    assert code_of(predict(client)) == (422, "request_invalid")
    assert code_of(client.post("/label-studio/predict", data={"tasks": "x"})) == (415, "media_type_unsupported")


def test_a_text_of_before_unicode_has_no_offsets_that_label_studio_could_use(client):
    legacy = "§µn bß cã 8.320 con, t¨ng 6,2% so víi cïng kú n¨m tr­íc cña tØnh. Thu ng©n s¸ch ®¹t 7.215 tû ®ång."
    assert code_of(predict(client, legacy))[1] == "text_encoding"


def test_events_are_taken_and_training_is_told_to_be_elsewhere(client):
    assert client.post("/label-studio/webhook", json=SENT["webhook"]).json() == {"status": "ignored"}
    told = client.post("/label-studio/webhook", json={"action": "START_TRAINING", "project": {"id": 4}})
    assert code_of(told) == (422, "request_invalid") and "import" in told.json()["error"]["message"]


def test_limits_are_those_of_texts(database_url):
    with service(database_url, max_characters=100, max_batch=2) as (client, database):
        member(database, "nhan", "reader", password=False)
        client.headers.update(basic("nhan", token(database, "nhan")))
        assert predict(client, "x", "y").status_code == 200
        assert code_of(predict(client, "x", "y", "z")) == (422, "request_invalid")
        assert code_of(predict(client, "x" * 1_100_000)) == (413, "text_too_long")


def test_a_busy_service_says_so(client):
    pool = client.app.state.pool
    room, pool._settings = pool._settings, pool._settings.model_copy(update={"room": 0})
    try:
        answer = predict(client, "Đàn bò có 8 con.", "Đàn lợn có 9 con.")
    finally:
        pool._settings = room
    assert code_of(answer) == (429, "service_busy") and "retry-after" in answer.headers


# Who asks


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_name_and_token_let_in_here_and_nowhere_else(database_url):
    with service(database_url) as (client, database):
        member(database, "nhan", "reader", password=False)
        member(database, "lan", "reader", password=False)
        own, other = token(database, "nhan"), token(database, "lan")
        health = "/label-studio/health"
        assert client.get(health, headers=basic("nhan", own)).status_code == 200
        assert client.get(health, headers=basic(" Nhan ", own)).status_code == 200
        assert client.get(health, headers=bearer(own)).status_code == 200
        wrong = [
            basic("nhan", other),
            basic("", own),
            basic("nhan", ""),
            basic("nhan", own + "x"),
            basic("nhan", f":{own}"),
        ]
        wrong += [{"Authorization": "Basic ***"}, {"Authorization": "Basic "}, {"Authorization": "Basic /w=="}, {}]
        for headers in wrong:
            answer = client.get(health, headers=headers)
            assert code_of(answer) == (401, "login_needed"), headers
            assert (
                "basic" not in answer.headers["www-authenticate"].lower()
            )  # else browsers would ask for the token, and keep it
        for path in ("/v1/model", "/label-studio", "/label-studiox/health", "/metrics"):
            assert client.get(path, headers=basic("nhan", own)).status_code == 401, path
        made = client.post("/label-studio/predict", json=SENT["predict"], headers=basic("nhan", own))
        assert made.status_code == 200
        set_disabled(database, "nhan", True, by=By("(test)"))
        assert client.get(health, headers=basic("nhan", own)).status_code == 401


def test_a_browser_that_keeps_the_password_lends_it_to_no_other_site(database_url):
    with service(database_url) as (client, database):
        member(database, "nhan", "reader", password=False)
        headers = basic("nhan", token(database, "nhan")) | {"Sec-Fetch-Site": "cross-site"}
        answer = client.post("/label-studio/predict", json=SENT["predict"], headers=headers)
        assert code_of(answer) == (403, "cross_site")


def test_wrong_passwords_are_counted(database_url):
    with service(database_url, rate_per_minute=3) as (client, database):
        member(database, "nhan", "reader", password=False)
        own = token(database, "nhan")
        for password in ("x", "y", "z"):
            assert client.get("/label-studio/health", headers=basic("nhan", password)).status_code == 401
        assert client.get("/label-studio/health", headers=basic("nhan", "v")).status_code == 429
        assert client.get("/label-studio/health", headers=basic("nhan", own)).status_code == 200
