"""`GET /v1/indicators` and `/v1/indicators/{id}`."""

from __future__ import annotations

import pytest

from chitieu.catalogue.load import load_catalogue

URL = "/v1/indicators"


def ids(response):
    assert response.status_code == 200, response.text
    return [i["id"] for i in response.json()["indicators"]]


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("tỷ lệ che phủ rừng", "ty-le-che-phu-rung"),
        ("ty le che phu rung", "ty-le-che-phu-rung"),
        ("TỶ LỆ CHE PHỦ", "ty-le-che-phu-rung"),
        ("che phủ rừn", "ty-le-che-phu-rung"),
        ("che phu rug", "ty-le-che-phu-rung"),
        ("kim nghạch xuất khẩu", "gia-tri-xuat-khau-hang-hoa"),
        ("GRDP", "tong-san-pham-tren-dia-ban"),
        ("sex ratio at birth", "ty-so-gioi-tinh-khi-sinh"),
        ("ty-le-that-nghiep", "ty-le-that-nghiep"),
    ],
)
def test_search_forgives(client, query, id):
    assert ids(client.get(URL, params={"q": query}))[0] == id


def test_code(client):
    entry = next(i for i in load_catalogue().indicators if i.code == "2003")
    assert ids(client.get(URL, params={"q": "2003"}))[0] == entry.id


def test_nothing_found_is_no_error(client):
    answer = client.get(URL, params={"q": "xyzzy"}).json()
    assert (answer["total"], answer["indicators"]) == (0, [])


def test_all_in_pages(client):
    whole = [i.id for i in load_catalogue().indicators]
    got = [i for at in range(0, len(whole), 200) for i in ids(client.get(URL, params={"limit": 200, "offset": at}))]
    assert got == whole
    assert client.get(URL).json()["total"] == len(whole)


def test_field(client):
    field = load_catalogue().indicators[0].field
    answer = client.get(URL, params={"field": field, "limit": 1000}).json()
    assert {i["field"] for i in answer["indicators"]} == {field}
    assert answer["total"] == len(answer["indicators"]) < len(load_catalogue().indicators)


def test_one(client):
    answer = client.get(f"{URL}/ty-le-che-phu-rung").json()
    assert answer["code"] == "2003" and answer["dimension"] == "ratio" and "độ che phủ rừng" in answer["aliases"]


def test_whole_and_parts_name_each_other(client):
    child = next(i for i in load_catalogue().indicators if i.parent)
    assert child.id in client.get(f"{URL}/{child.parent}").json()["children"]


def test_unknown(client):
    response = client.get(f"{URL}/khong-co")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "indicator_unknown"
    assert response.json()["error"]["detail"] == {"id": "khong-co"}


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"offset": -1}, {"q": "x" * 201}])
def test_out_of_range(client, query):
    response = client.get(URL, params=query)
    assert response.status_code == 422 and response.json()["error"]["code"] == "request_invalid"
