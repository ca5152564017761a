"""`POST /v1/extract`: what it answers."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest

from chitieu.contract import Extraction

URL = "/v1/extract"
TEXT = "Tổng thu ngân sách ước đạt 215,4 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so với cùng kỳ.\nĐàn bò có 8.320 con."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def ask(client, text, **more):
    response = client.post(URL, json={"text": text, **more})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert_offsets(text, answer)
    return answer


def assert_offsets(text, answer):
    assert answer["document"]["length"] == len(text)
    for item in (*answer["spans"], *answer["figures"]):
        assert text[item["start"] : item["end"]] == item["text"]


def test_json(client):
    answer = ask(client, TEXT, id="thu.txt")
    assert answer["schema"] == "chitieu/1"
    assert answer["document"]["id"] == "thu.txt"
    assert answer["document"]["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert answer["document"]["text"] is None
    assert [f["value"] for f in answer["figures"] if f["kind"] == "level"] == ["215400000000", "8320"]
    assert any("in" in s and "in_" not in s for s in answer["spans"])
    Extraction.model_validate(answer)


def test_plain_text_says_the_same(client):
    response = client.post(URL, content=TEXT.encode(), headers=PLAIN)
    assert response.headers["content-type"] == "application/json"
    got, want = response.json(), ask(client, TEXT)
    got["document"].pop("id"), want["document"].pop("id")
    assert got == want


def test_a_byte_order_mark_is_no_part_of_plain_text(client):
    answer = client.post(URL, content=b"\xef\xbb\xbf" + TEXT.encode(), headers=PLAIN).json()
    assert_offsets(TEXT, answer)


@pytest.mark.parametrize("how", ["body", "query"])
def test_with_text(client, how):
    if how == "body":
        answer = ask(client, TEXT, with_text=True)
    else:
        answer = client.post(f"{URL}?with_text=true", content=TEXT.encode(), headers=PLAIN).json()
    assert answer["document"]["text"] == TEXT


def test_an_id_is_made_where_none_is_given(client):
    ids = {ask(client, TEXT)["document"]["id"] for _ in range(3)}
    assert len(ids) == 3


def test_hints(client):
    period = {"text": "năm 2019", "start": "2019-01-01", "end": "2019-12-31"}
    place = {"text": "tỉnh Bến Lâm", "code": None, "name": None}
    document = ask(client, TEXT, period=period, place=place)["document"]
    assert document["period"] == period | {"read_from": None}
    assert document["place"] == place | {"read_from": None}


def test_hints_copied_from_another_answer_are_no_places_in_this_text(client):
    period = {"text": "năm 2019", "start": "2019-01-01", "read_from": {"start": 80_467_533, "end": -9}}
    place = {"text": "tỉnh Bến Lâm", "read_from": {"start": 3, "end": 9}}
    document = ask(client, TEXT, period=period, place=place)["document"]
    assert document["period"]["read_from"] is document["place"]["read_from"] is None


@pytest.mark.parametrize(
    "text",
    [
        "Không có số liệu.",
        "😀😀 👨‍👩‍👧",
        "\u200b\u200b\u2060",
        "...",
        "x\x07\x1b y bình thường và dài hơn nhiều lần như vậy",
    ],
    ids=["words", "emoji", "zero width", "dots", "control"],
)
def test_a_text_without_figures(client, text):
    answer = ask(client, text)
    assert answer["figures"] == answer["observations"] == []


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        unicodedata.normalize("NFD", TEXT),
        "\u200b".join(TEXT),
        "😀" + TEXT.replace(" ", " 🇻🇳 "),
        TEXT.replace(" ", "\u00a0"),
        "\x0b\x0c\x1c\x85" + TEXT + "\u2028" * 3,
        f"Đàn bò có {'9' * 400} con.",
        f"Đàn bò có {'1.234' * 90} con, tăng {'8' * 300},{'7' * 300}%.",
        "Hộ nghèo còn 5%" + "\u0301" * 40,
        "5" * 3 + "\u0301\u0323",
        "đạt " * 500 + "5%",
    ],
    ids=["CRLF", "NFD", "zero width", "emoji", "no-break", "odd lines", "400 digits", "long numbers", "accents", "accented digits", "long line"],
)  # fmt: skip
def test_untidy_text_is_answered(client, text):
    ask(client, text)


def test_a_number_of_400_digits_keeps_its_digits(client):
    digits = "9" * 400
    (figure,) = ask(client, f"Đàn bò có {digits} con.")["figures"]
    assert figure["text"] == digits
    assert figure["number"] in (digits, None)


def test_nfd_says_what_nfc_says(client):
    composed, decomposed = ask(client, TEXT), ask(client, unicodedata.normalize("NFD", TEXT))
    keys = ("kind", "number", "value", "ratio", "direction", "indicator", "phrase")
    assert [[f[k] for k in keys] for f in composed["figures"]] == [[f[k] for k in keys] for f in decomposed["figures"]]


def test_ten_thousand_numbers_in_a_line(client):
    text = "Sản lượng " + ", ".join(f"{n},5 tấn" for n in range(10_000))
    begun = time.process_time()
    answer = ask(client, text)
    assert time.process_time() - begun < 60
    assert len(answer["figures"]) == 10_000


def test_concurrent_requests_give_the_answers_of_single_ones(client):
    texts = [TEXT.replace("8.320", f"{n}.320").replace("Đàn bò", ("Đàn bò", "Đàn lợn")[n % 2]) for n in range(1, 13)]
    single = [ask(client, text, id="x") for text in texts]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(3):
            assert list(pool.map(lambda text: ask(client, text, id="x"), texts)) == single


def test_the_served_model_answers(pipeline):
    from fastapi.testclient import TestClient

    from chitieu.api.app import create_app

    with TestClient(create_app(pipeline)) as client:
        answer = ask(client, TEXT)
        assert {f["value"] for f in answer["figures"]} >= {"215400000000", "8320"}
        assert client.get("/v1/model").json()["manifest"]["files"]["model.onnx"]["bytes"] > 0


@pytest.mark.parametrize(
    "period",
    [
        {"text": "x", "start": "2021", "end": "2021"},
        {"text": "x", "end": "12/2021"},
        {"text": "x", "end": "9999-12-31"},
        {"text": "x", "start": "2022-01-01", "end": "2021-12-31"},
        {"text": "x", "end": "2021-12-31T00:00:00"},
    ],
)
def test_a_period_hint_that_is_none_is_refused(client, period):
    text = "Thu ngân sách đạt 5 tỷ đồng, tăng 5% so với cùng kỳ."
    response = client.post("/v1/extract", json={"text": text, "period": period})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "request_invalid"


def test_a_huge_amount_is_checked_without_a_fault(client):
    text = (
        "Thu ngân sách năm 2023 đạt 1.000.000.000.000.000.000.000.000 tỷ đồng, tăng 5 tỷ đồng so với năm 2022 "
        "(năm 2022 đạt 3 tỷ đồng), bằng 90% kế hoạch."
    )
    ask(client, text)
