"""`store`: an answer is kept once, and given again without reading."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import docx
import pytest
from sqlalchemy import URL, delete

from chitieu.store import audit
from chitieu.store.tables import Audit, StoredDocument, StoredText
from counting import counted
from members import bearer, code_of, member, service, token

EXTRACT = "/v1/extract"
TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with counted(tmp_path_factory.mktemp("stored")) as made:
        yield made


@pytest.fixture
def office(served):
    """With an empty store, and nothing read."""
    client, tagger = served
    with client.app.state.database.write() as session:
        for table in (StoredDocument, StoredText, Audit):
            session.execute(delete(table))
    tagger.read = 0
    return client, tagger


def ask(client, **more):
    answer = client.post(EXTRACT, json={"text": TEXT, "store": True, **more})
    assert answer.status_code == 200, answer.text
    return answer


def word(text=TEXT) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


def test_nothing_is_stored_unasked(office):
    client, _ = office
    answer = client.post(EXTRACT, json={"text": TEXT})
    assert answer.json()["document"]["stored"] is None
    assert not {"location", "x-chitieu-stored"} & set(answer.headers)
    assert client.get("/v1/documents").json() == {"documents": [], "next": None}


def test_the_same_again_is_not_read_again(office):
    client, tagger = office
    first, second = ask(client, id="thu.txt"), ask(client, id="thu.txt")
    assert tagger.read == 1
    assert first.json() == second.json()
    assert [a.headers["x-chitieu-stored"] for a in (first, second)] == ["new", "again"]
    stored = first.json()["document"]["stored"]
    assert first.headers["location"] == second.headers["location"] == f"/v1/documents/{stored}"
    assert len(client.get("/v1/documents").json()["documents"]) == 1


def test_a_text_without_a_name_is_the_same_document_again(office):
    client, tagger = office
    first, second = ask(client), ask(client)
    assert tagger.read == 1
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "other",
    [
        {"id": "khac.txt"},
        {"text": TEXT + " "},
        {"period": {"text": "năm 2020", "start": "2020-01-01", "end": "2020-12-31"}},
        {"place": {"text": "xã Bến Lâm"}},
    ],
)
def test_what_differs_is_another_document(office, other):
    client, tagger = office
    one, two = ask(client, id="thu.txt"), ask(client, **({"id": "thu.txt"} | other))
    assert tagger.read == 2
    assert one.json()["document"]["stored"] != two.json()["document"]["stored"]
    assert two.headers["x-chitieu-stored"] == "new"


def test_another_model_reads_it_again_and_it_stays_one_document(office, monkeypatch):
    client, tagger = office
    first = ask(client, id="thu.txt")
    monkeypatch.setattr(tagger, "manifest", replace(tagger.manifest, version="0.0.1"))
    second = ask(client, id="thu.txt")
    assert tagger.read == 2
    assert second.json()["model"]["version"] == "0.0.1"
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["x-chitieu-stored"] == "new"


def test_with_text_is_no_part_of_what_is_the_same(office):
    client, tagger = office
    assert ask(client).json()["document"]["text"] is None
    assert ask(client, with_text=True).json()["document"]["text"] == TEXT
    assert ask(client).json()["document"]["text"] is None
    assert tagger.read == 1


@pytest.mark.parametrize("media", ["text/csv", "text/html", "application/x-ndjson"])
def test_every_form_of_the_stored_answer_is_that_of_the_first(office, media):
    client, _ = office
    first, second = (
        client.post(EXTRACT, json={"text": TEXT, "store": True}, headers={"Accept": media}) for _ in range(2)
    )
    assert second.headers["x-chitieu-stored"] == "again"
    assert first.content == second.content


def test_a_file_is_known_by_its_bytes_before_it_is_read(office, monkeypatch):
    client, tagger = office
    data = word()
    query = {"store": "true", "name": "thu.docx"}
    first = client.post(EXTRACT, content=data, headers=BYTES, params=query)
    assert first.json()["document"]["text"].strip() == TEXT

    def unread(*_, **__):
        raise AssertionError("the file was read")

    monkeypatch.setattr("chitieu.api.bodies.read_bytes", unread)
    second = client.post(EXTRACT, content=data, headers=BYTES, params=query)
    assert second.json() == first.json()
    assert second.headers["x-chitieu-stored"] == "again"
    assert tagger.read == 1


def test_a_file_by_another_name_is_another_document_that_shares_the_text(office):
    client, tagger = office
    data = word()
    stored = {
        client.post(EXTRACT, content=data, headers=BYTES, params={"store": "true", "name": name}).json()["document"][
            "stored"
        ]
        for name in ("a.docx", "b.docx", "a.docx")
    }
    assert len(stored) == tagger.read == 2


def test_who_says_in_which_encoding_a_file_is_gets_that_reading(office):
    client, tagger = office
    data = "§µn bß cã 8.320 con.".encode("latin-1")

    def send(charset):
        kind = f"application/octet-stream; charset={charset}"
        answer = client.post(
            EXTRACT, content=data, headers={"Content-Type": kind}, params={"store": "true", "name": "bo"}
        )
        return answer.json()["document"]["text"], answer.headers["x-chitieu-stored"]

    assert send("tcvn3") == ("Đàn bò có 8.320 con.", "new")
    text, stored = send("windows-1258")
    assert text != "Đàn bò có 8.320 con." and stored == "new"
    assert send("tcvn3") == ("Đàn bò có 8.320 con.", "again")
    assert tagger.read == 2


def test_a_text_in_old_fonts_is_known_again(office):
    client, tagger = office
    old = "§µn bß cã 8.320 con, s¶n l\xadîng thÞt h¬i ®¹t 5 tÊn."
    first, second = (client.post(EXTRACT, json={"text": old, "store": True, "id": "cu.txt"}) for _ in range(2))
    assert first.json()["document"]["text"].startswith("Đàn bò")
    assert first.json() == second.json() and tagger.read == 1


def test_plain_text_may_be_stored_too(office):
    client, tagger = office
    _, second = (
        client.post(f"{EXTRACT}?store=true&name=thu.txt", content=TEXT.encode(), headers=PLAIN) for _ in range(2)
    )
    assert second.headers["x-chitieu-stored"] == "again" and tagger.read == 1
    assert ask(client, id="thu.txt").headers["x-chitieu-stored"] == "again"  # the same text and name, sent as JSON


def test_storing_is_recorded_and_being_known_is_not(office):
    client, _ = office
    stored = ask(client).json()["document"]["stored"]
    ask(client)
    entries = audit.listed(client.app.state.database, action="document_stored").items
    assert [(e.actor, e.subject) for e in entries] == [("local", stored)]
    assert TEXT not in json.dumps([e.detail for e in entries])


@pytest.mark.parametrize("id", ["a\0b", "x" * 401])
def test_a_name_that_cannot_be_stored_is_refused_before_anything_is_read(office, id):
    client, tagger = office
    assert code_of(client.post(EXTRACT, json={"text": TEXT, "store": True, "id": id})) == (422, "request_invalid")
    assert tagger.read == 0


def test_a_database_that_is_down_stores_nothing_and_says_so(office, monkeypatch):
    from chitieu.errors import DatabaseDown
    from chitieu.store import documents

    def down(*_, **__):
        raise DatabaseDown("Không được. / Down.", retry_after=5)

    client, _ = office
    monkeypatch.setattr(documents, "save", down)
    answer = client.post(EXTRACT, json={"text": TEXT, "store": True})
    assert code_of(answer) == (503, "database_down")
    assert answer.headers["retry-after"] == "5"
    assert client.post(EXTRACT, json={"text": TEXT}).status_code == 200


def test_storing_needs_an_annotator(tmp_path):
    with service(URL.create("sqlite", database=str(tmp_path / "chitieu.db"))) as (client, database):
        keys = {}
        for role in ("reader", "annotator"):
            member(database, f"nguoi-{role}", role)
            keys[role] = bearer(token(database, f"nguoi-{role}"))
        for how in ({"json": {"text": TEXT, "store": True}}, {"json": {"text": TEXT}, "params": {"store": "true"}}):
            assert code_of(client.post(EXTRACT, headers=keys["reader"], **how)) == (403, "forbidden")
            assert client.post(EXTRACT, headers=keys["annotator"], **how).status_code == 200
        assert client.post(EXTRACT, headers=keys["reader"], json={"text": TEXT}).status_code == 200
        shown = client.get("/v1/documents", headers=keys["reader"]).json()["documents"]
        assert [d["stored_by"] for d in shown] == ["nguoi-annotator"]
