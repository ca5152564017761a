"""`/v1/documents`: listed, shown, deleted."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import URL

from chitieu.contract import Extraction
from chitieu.store import audit
from counting import counted
from members import bearer, code_of, member, service, token

DOCS = "/v1/documents"
TEXTS = {
    f"bao-cao-{n}.txt": f"Đàn bò có {n}.320 con, tăng 6,{n}% so với cùng kỳ.\nTổng thu ngân sách đạt {n} tỷ đồng."
    for n in range(1, 8)
}


def put(client, name, text, **more):
    answer = client.post("/v1/extract", json={"text": text, "id": name, "store": True, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["document"]["stored"]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with counted(tmp_path_factory.mktemp("documents")) as (client, _):
        ids = {
            name: put(
                client,
                name,
                text,
                place={"text": f"xã Bến Lâm {n % 2}"},
                period={"text": f"năm 202{n % 3}", "start": f"202{n % 3}-01-01", "end": f"202{n % 3}-12-31"},
            )
            for n, (name, text) in enumerate(TEXTS.items())
        }
        yield client, ids


def names(answer):
    assert answer.status_code == 200, answer.text
    return [d["name"] for d in answer.json()["documents"]]


def test_the_last_stored_comes_first(office):
    client, _ = office
    assert names(client.get(DOCS)) == list(TEXTS)[::-1]


def test_pages_by_cursor_and_by_link_are_the_whole(office):
    client, _ = office
    got, by_link, url = [], [], f"{DOCS}?limit=3"
    answer = client.get(url)
    while True:
        got += names(answer)
        cursor = answer.json()["next"]
        if cursor is None:
            assert "link" not in answer.headers
            break
        assert answer.links["next"]["url"].startswith("/v1/documents?")
        by_link += names(client.get(answer.links["next"]["url"]))[:1]
        answer = client.get(DOCS, params={"limit": 3, "cursor": cursor})
    assert got == list(TEXTS)[::-1]
    assert by_link == [got[3], got[6]]


def test_the_link_keeps_what_was_asked(office):
    client, _ = office
    answer = client.get(DOCS, params={"limit": 1, "place": "xã Bến Lâm 0", "period": "2020"})
    rest = client.get(answer.links["next"]["url"])
    assert {d["place"]["name"] for d in (*answer.json()["documents"], *rest.json()["documents"])} == {"xã Bến Lâm 0"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"place": "xã Bến Lâm 0"}, 4),
        ({"place": "xa ben lam 1"}, 3),
        ({"period": "2020"}, 3),
        ({"period": "2020/2021"}, 5),
        ({"name": "bao cao 3"}, 1),
        ({"name": "bao", "place": "xã Bến Lâm 1", "period": "2021"}, 1),
        ({"name": "khong"}, 0),
    ],
)
def test_what_is_searched_for(office, query, count):
    client, _ = office
    assert len(names(client.get(DOCS, params=query))) == count


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 501}, {"cursor": "x"}, {"period": "quý ba"}, {"place": "…"}, {"name": "x" * 201}, {"cursor": "WyJvYnNlcnZhdGlvbnMiLDEsMV0"}],
)  # fmt: skip
def test_what_cannot_be_searched_for(office, query):
    client, _ = office
    assert code_of(client.get(DOCS, params=query)) == (422, "request_invalid")


def test_a_document_is_its_summary_and_the_answer_that_was_given(office):
    client, ids = office
    name, text = next(iter(TEXTS.items()))
    shown = client.get(f"{DOCS}/{ids[name]}").json()
    (listed,) = (d for d in client.get(DOCS).json()["documents"] if d["name"] == name)
    answer = shown.pop("answer")
    assert shown == listed
    assert (shown["figures"], shown["observations"]) == (len(answer["figures"]), len(answer["observations"]))
    assert answer["document"]["stored"] == shown["id"] == ids[name]
    Extraction.model_validate(answer)
    given = client.post(
        "/v1/extract",
        json={"text": text, "id": name, "place": {"text": "xã Bến Lâm 0"}, "period": {"text": "năm 2020", "start": "2020-01-01", "end": "2020-12-31"}, "store": True},
    )  # fmt: skip
    assert given.headers["x-chitieu-stored"] == "again" and given.json() == answer


def test_the_text_is_given_only_where_it_is_asked_for(office):
    client, ids = office
    name, text = next(iter(TEXTS.items()))
    assert text not in client.get(f"{DOCS}/{ids[name]}").text
    assert json.dumps(text)[1:-1] not in client.get(f"{DOCS}/{ids[name]}").text
    whole = client.get(f"{DOCS}/{ids[name]}", params={"with_text": True}).json()
    assert whole["answer"]["document"]["text"] == text
    plain = client.get(f"{DOCS}/{ids[name]}/text")
    assert plain.text == text and plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Đàn bò" not in client.get(DOCS).text


def test_the_text_of_a_file_is_given_only_where_it_is_asked_for(office):
    client, _ = office
    page = "<!doctype html><html><body><p>Đàn trâu có 17 con.</p></body></html>".encode()
    sent = client.post("/v1/extract?store=true&name=x.html", content=page, headers={"Content-Type": "text/html"})
    url = f"{DOCS}/{sent.json()['document']['stored']}"
    shown = client.get(url).json()
    assert shown["kind"] == shown["answer"]["document"]["kind"] == "html"
    assert shown["answer"]["document"]["text"] is None
    assert client.get(f"{url}/text").text.strip() == "Đàn trâu có 17 con."
    assert client.delete(url).status_code == 204


def test_the_forms_of_a_document(office):
    client, ids = office
    name = next(iter(TEXTS))
    url = f"{DOCS}/{ids[name]}"

    def ask(media):
        answer = client.get(url, headers={"Accept": media})
        assert answer.headers["content-type"].split(";")[0] == media
        return answer.text

    rows = list(csv.DictReader(io.StringIO(ask("text/csv"))))
    assert [r["document"] for r in rows] == [name] * len(rows) and rows
    assert "Đàn bò" in ask("text/html")
    line = ask("application/x-ndjson")
    assert line.count("\n") == 1 and json.loads(line) == client.get(url).json()
    assert code_of(client.get(url, headers={"Accept": "image/png"})) == (406, "not_acceptable")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("id", ["0" * 64, "khong-co", "a%20b", "Đ"])
def test_an_unknown_document(office, method, id):
    client, _ = office
    assert code_of(client.request(method, f"{DOCS}/{id}")) == (404, "document_unknown")
    assert code_of(client.get(f"{DOCS}/{id}/text")) == (404, "document_unknown")


@pytest.mark.parametrize("id", ["%00", "x" * 65])
def test_what_can_be_no_documents_id(office, id):
    client, _ = office
    assert code_of(client.get(f"{DOCS}/{id}")) == (422, "request_invalid")


def test_a_deleted_document_is_gone_with_its_rows_and_that_is_recorded(tmp_path):
    with counted(tmp_path) as (client, tagger):
        stored = put(client, "x.txt", "Đàn ngựa có 12.345 con.")
        assert client.get("/v1/observations").json()["observations"]
        answer = client.delete(f"{DOCS}/{stored}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert code_of(client.get(f"{DOCS}/{stored}")) == (404, "document_unknown")
        assert code_of(client.delete(f"{DOCS}/{stored}")) == (404, "document_unknown")
        assert client.get("/v1/observations").json()["observations"] == []
        entries = audit.listed(client.app.state.database, action="document_deleted").items
        assert [(e.actor, e.subject) for e in entries] == [("local", stored)]
        tagger.read = 0
        put(client, "x.txt", "Đàn ngựa có 12.345 con.")
        assert tagger.read == 1


def test_who_may_read_and_who_may_delete(tmp_path):
    with service(URL.create("sqlite", database=str(tmp_path / "chitieu.db"))) as (client, database):
        keys = {}
        for role in ("reader", "annotator", "reviewer"):
            member(database, f"nguoi-{role}", role)
            keys[role] = bearer(token(database, f"nguoi-{role}"))
        sent = client.post("/v1/extract", headers=keys["annotator"], json={"text": "Đàn bò có 5 con.", "store": True})
        stored = sent.json()["document"]["stored"]
        for url in (DOCS, f"{DOCS}/{stored}", f"{DOCS}/{stored}/text", "/v1/observations"):
            assert client.get(url, headers=keys["reader"]).status_code == 200
            assert code_of(client.get(url)) == (401, "login_needed")
        for role in ("reader", "annotator"):
            answer = client.delete(f"{DOCS}/{stored}", headers=keys[role])
            assert code_of(answer) == (403, "forbidden")
            assert answer.json()["error"]["detail"]["needs"] == "reviewer"
        assert client.delete(f"{DOCS}/{stored}", headers=keys["reviewer"]).status_code == 204
