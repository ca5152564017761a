"""A query parameter that a route does not have is refused, not passed over."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/v1/observations?perod=2021",
        "/v1/documents?Place=x",
        "/v1/indicators?q=gdp&offst=1",
        "/v1/model?x",
        "/v1/indicators/grdp?lang=vi",
    ],
)
def test_unknown_parameters_of_reading(client, path):
    response = client.get(path)
    assert response.status_code == 422, response.text
    error = response.json()["error"]
    assert error["code"] == "request_invalid"
    assert error["detail"]["problems"][0]["where"].startswith("query.")


def test_a_misspelt_wish_to_store_is_told_before_anything_is_read(client):
    response = client.post("/v1/extract?stor=true", json={"text": "Thu ngân sách đạt 5 tỷ đồng."})
    assert response.status_code == 422
    assert "store" in response.json()["error"]["detail"]["known"]


@pytest.mark.parametrize(
    "path", ["/v1/observations?period=2021&limit=1", "/v1/indicators?q=gdp&limit=2&offset=1", "/healthz"]
)
def test_known_ones_are_taken(client, path):
    assert client.get(path).status_code == 200


def test_pages_do_not_mind(client):
    assert client.get("/?utm_source=x").status_code == 200
