"""`GET /v1/observations`: pages, and the whole as it is written."""

from __future__ import annotations

import csv
import io
import json

import pytest

from chitieu.contract import Extraction
from chitieu.output.columns import columns
from chitieu.output.table import to_csv
from counting import counted
from members import code_of

URL = "/v1/observations"
NAMES = [column.name for column in columns("observations")]
LONG = "\n".join(f"Đàn bò có {n}.320 con, tăng {n},5% so với cùng kỳ." for n in range(1, 701))
TEXTS = {
    "dai.txt": LONG,
    "thu.txt": "Năm 2023: Thu ngân sách ước đạt 7.215 tỷ đồng, bằng 81,4% dự toán.",
    "=2+3.txt": "Đàn trâu có 17 con.",
}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with counted(tmp_path_factory.mktemp("observations")) as (client, _):
        answers = {
            name: client.post("/v1/extract", json={"text": text, "id": name, "store": True, "with_text": True}).json()
            for name, text in TEXTS.items()
        }
        yield client, answers


def rows(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["observations"]


def whole(client, **query):
    got, cursor = [], None
    while True:
        answer = client.get(URL, params=query | ({"cursor": cursor} if cursor else {}))
        got += rows(answer)
        cursor = answer.json()["next"]
        if cursor is None:
            return got


def test_a_row_has_the_id_of_its_document_and_exactly_the_columns_of_the_table(office):
    client, _ = office
    for row in rows(client.get(URL, params={"limit": 5})):
        assert list(row) == ["stored", *NAMES]
        assert row in rows(client.get(URL, params={"document": row["stored"], "limit": 1000}))
        assert client.get(f"/v1/documents/{row['stored']}").json()["name"] == row["document"]


def test_values_are_what_every_export_has(office):
    client, answers = office
    (row,) = rows(client.get(URL, params={"indicator": "thu ngan sach"}))
    shown = {name: row[name] for name in ("value", "attainment_ratio", "period_start", "start", "page")}
    assert shown == {
        "value": "7215000000000",
        "attainment_ratio": "0.814",
        "period_start": "2023-01-01",
        "start": TEXTS["thu.txt"].index("7.215"),
        "page": None,
    }
    text = to_csv([Extraction.model_validate(answers["thu.txt"])])
    (told,) = csv.DictReader(io.StringIO(text))
    assert {name: "" if cell is None else str(cell) for name, cell in row.items() if name != "stored"} == told


def test_pages_are_the_whole_in_the_order_of_the_text(office):
    client, answers = office
    got = whole(client, limit=97)
    want = [o["id"] for name in list(TEXTS)[::-1] for o in answers[name]["observations"]]
    assert [r["observation"] for r in got] == want
    first = client.get(URL, params={"limit": 97})
    assert rows(client.get(first.links["next"]["url"])) == got[97:194]


def test_a_page_has_50_rows_and_never_over_1000(office):
    client, _ = office
    assert len(rows(client.get(URL))) == 50
    assert len(rows(client.get(URL, params={"limit": 100_000}))) == len(whole(client)) < 1000


def test_csv_has_all_rows_and_is_that_of_the_documents(office):
    client, answers = office
    answer = client.get(URL, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-length" not in answer.headers  # written as it is read
    got = list(csv.DictReader(io.StringIO(answer.text)))
    want = to_csv([Extraction.model_validate(answers[name]) for name in list(TEXTS)[::-1]])
    assert got == list(csv.DictReader(io.StringIO(want)))
    assert got[0]["document"] == "'=2+3.txt"  # no formula


def test_ndjson_has_all_rows(office):
    client, _ = office
    answer = client.get(URL, headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line) for line in answer.text.splitlines()] == whole(client)


@pytest.mark.parametrize("media", ["text/csv", "application/x-ndjson"])
def test_a_limit_holds_for_the_whole(office, media):
    client, _ = office
    lines = client.get(URL, params={"limit": 3}, headers={"Accept": media}).text.splitlines()
    assert len(lines) == 3 + (media == "text/csv")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "estimate"}, 1),
        ({"period": "2023"}, 1),
        ({"indicator": "dan trau"}, 1),
        ({"indicator": "khong co gi"}, 0),
        ({"indicator": "dan bo", "status": "target"}, 0),
    ],
)
@pytest.mark.parametrize("media", ["application/json", "application/x-ndjson"])
def test_what_is_searched_for(office, query, count, media):
    client, _ = office
    answer = client.get(URL, params=query, headers={"Accept": media})
    assert len(rows(answer) if media == "application/json" else answer.text.splitlines()) == count


def test_the_rows_of_one_document(office):
    client, answers = office
    stored = answers["thu.txt"]["document"]["stored"]
    assert [r["document"] for r in rows(client.get(URL, params={"document": stored}))] == ["thu.txt"]
    assert rows(client.get(URL, params={"document": "0" * 64})) == []


def test_nothing_stored_is_an_empty_table(tmp_path):
    with counted(tmp_path) as (client, _):
        assert client.get(URL).json() == {"observations": [], "next": None}
        assert client.get(URL, headers={"Accept": "text/csv"}).text == ",".join(NAMES) + "\r\n"
        assert client.get(URL, headers={"Accept": "application/x-ndjson"}).content == b""


@pytest.mark.parametrize("media", ["application/json", "text/csv", "application/x-ndjson"])
@pytest.mark.parametrize("query", [{"limit": 0}, {"cursor": "x"}, {"period": "x"}, {"status": "maybe"}, {"place": "…"}, {"indicator": "…"}])  # fmt: skip
def test_what_cannot_be_searched_for(office, media, query):
    client, _ = office
    assert code_of(client.get(URL, params=query, headers={"Accept": media})) == (422, "request_invalid")


def test_no_other_forms(office):
    client, _ = office
    assert code_of(client.get(URL, headers={"Accept": "text/html"})) == (406, "not_acceptable")


def test_a_database_that_is_down_is_told_before_the_answer_begins(office, monkeypatch):
    from chitieu.errors import DatabaseDown
    from chitieu.store import observations

    def down(*_, **__):
        raise DatabaseDown("Không được. / Down.", retry_after=5)

    client, _ = office
    monkeypatch.setattr(observations, "stream", down)
    assert code_of(client.get(URL, headers={"Accept": "text/csv"})) == (503, "database_down")


@pytest.mark.parametrize("media", ["application/json", "text/csv", "application/x-ndjson"])
def test_a_limit_that_is_no_number_of_rows(office, media):
    client, _ = office
    answer = client.get(f"/v1/observations?limit={10**20}", headers={"Accept": media})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "request_invalid"
