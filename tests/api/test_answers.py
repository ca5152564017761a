"""`Accept`: the forms of an answer."""

from __future__ import annotations

import csv
import io
import json

import pytest

from chitieu.api.answers import CSV, HTML, JSON, NDJSON, accepted
from chitieu.errors import NotAcceptable

URL = "/v1/extract"
TEXT = "Tổng thu ngân sách ước đạt 215,4 tỷ đồng, bằng 81,4% dự toán. <b>Đàn bò</b> có 8.320 con."


@pytest.mark.parametrize(
    ("header", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/x-ndjson, application/json;q=0.5", NDJSON),
        ("text/*", CSV),
        ("text/csv;q=0, text/*", HTML),
        ("application/json;q=0, */*;q=0.1", NDJSON),
        ("text/csv;q=high, application/json;q=0.1", JSON),
    ],
)
def test_what_a_header_likes_best(header, media):
    assert accepted(header) == media


@pytest.mark.parametrize("header", ["image/png", "application/json;q=0", "text/csv;q=0.0", ";;,"])
def test_nothing_that_is_liked(header):
    with pytest.raises(NotAcceptable) as caught:
        accepted(header)
    assert JSON in caught.value.detail["offered"]


def ask(client, accept):
    response = client.post(URL, json={"text": TEXT, "id": "thu.txt"}, headers={"Accept": accept})
    assert response.status_code == 200 and response.headers["content-type"].split(";")[0] == accept
    return response


def test_csv_has_the_rows_of_the_json(client):
    rows = list(csv.DictReader(io.StringIO(ask(client, CSV).text)))
    observations = ask(client, JSON).json()["observations"]
    assert [r["indicator"] for r in rows] == [" > ".join(o["indicator"]["path"]) for o in observations]
    assert rows[0]["document"] == "thu.txt" and rows[0]["value"] == "215400000000"


def test_ndjson_is_one_line(client):
    text = ask(client, NDJSON).text
    assert text.endswith("\n") and text.count("\n") == 1
    assert json.loads(text) == ask(client, JSON).json()


def test_a_page_shows_the_text_and_lets_nothing_of_it_run(client):
    page = ask(client, HTML).text
    assert page.startswith("<!doctype html>") and "81,4%" in page
    assert "<b>Đàn bò</b>" not in page and "&lt;b&gt;" in page


def test_others_are_refused(client):
    response = client.post(URL, json={"text": TEXT}, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.json()["error"]["code"] == "not_acceptable"
