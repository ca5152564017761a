"""`GET /v1/series`."""

from __future__ import annotations

import csv
import io

import pytest

from chitieu.series.answer import SeriesAnswer
from chitieu.series.columns import columns
from counting import counted

URL = "/v1/series"
ID = "thu-ngan-sach-nha-nuoc-tren-dia-ban"
HEAD = "UBND TỈNH TRÀ VINH\nBÁO CÁO NĂM {}\n\n"
TEXTS = {
    "2020.txt": HEAD.format(2020) + "- Thu ngân sách đạt 4.850 tỷ đồng, bằng 81,4% dự toán.",
    "=2021.txt": HEAD.format(2021)
    + "- Kết quả năm 2020: Thu ngân sách đạt 4.900 tỷ đồng.\n- Thu ngân sách ước đạt 5.300 tỷ đồng.",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with counted(tmp_path_factory.mktemp("series")) as (client, _):
        for name, text in TEXTS.items():
            assert client.post("/v1/extract", json={"text": text, "id": name, "store": True}).status_code == 200
        yield client


def test_series_come_from_the_stored_documents(client):
    answer = client.get(URL, params={"indicator": "thu ngân sách", "place": "tra vinh"})
    assert answer.status_code == 200, answer.text
    got = SeriesAnswer.model_validate(answer.json())
    assert (got.indicator.id, got.documents, got.left_out_more) == (ID, 2, 0)
    (one,) = got.series
    assert [(p.period.label, p.status, p.number) for p in one.points] == [
        ("2020", "actual", "4900"), ("2021", "estimate", "5300"),
    ]  # fmt: skip
    before = one.points[0].restatements[0]
    text = client.get(f"/v1/documents/{before.document.id}/text").text
    assert text[before.start : before.end] == before.text == "4.850"
    assert text[before.sentence_start : before.sentence_end] == before.sentence


def test_a_question_narrows_the_points(client):
    for query, count in [({"from": "2021"}, 1), ({"to": "2020"}, 1), ({"status": "actual"}, 1), ({"frequency": "monthly"}, 0),
                         ({"breakdown": "all"}, 2), ({"breakdown": "nữ"}, 0), ({"place": "Bến Tre"}, 0), ({}, 2)]:  # fmt: skip
        got = client.get(URL, params={"indicator": ID, **query}).json()
        assert sum(len(one["points"]) for one in got["series"]) == count, query


def test_csv_has_a_row_a_point(client):
    answer = client.get(URL, params={"indicator": ID}, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.count("\r\n") == 3
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == [column.name for column in columns()]
    assert [row["number"] for row in rows] == ["4900", "5300"]
    assert rows[0]["restatements"] == "4850 (2020.txt)" and rows[0]["document"] == "'=2021.txt"  # no formula


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "request_invalid"),
        ({"indicator": ""}, 422, "request_invalid"),
        ({"indicator": ID, "from": "năm 2020"}, 422, "request_invalid"),
        ({"indicator": ID, "from": "2021", "to": "2020"}, 422, "request_invalid"),
        ({"indicator": ID, "frequency": "yearly"}, 422, "request_invalid"),
        ({"indicator": ID, "period": "2020"}, 422, "request_invalid"),
        ({"indicator": "xyzzy qwrtp"}, 404, "indicator_unknown"),
        ({"indicator": "sản lượng"}, 422, "indicator_ambiguous"),
    ],
)
def test_what_cannot_be_answered_is_told(client, query, status, code):
    answer = client.get(URL, params=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_ambiguous_name_is_answered_with_choices(client):
    detail = client.get(URL, params={"indicator": "sản lượng"}).json()["error"]["detail"]
    for one in detail["suggestions"]:
        assert client.get(URL, params={"indicator": one["id"]}).status_code == 200


def test_an_indicator_that_no_document_states_has_no_series(client):
    got = client.get(URL, params={"indicator": "so-ho-ngheo"}).json()
    assert got["series"] == [] and got["documents"] == 0


def test_other_forms_are_not_to_be_had(client):
    assert client.get(URL, params={"indicator": ID}, headers={"Accept": "image/png"}).status_code == 406
