"""`multipart/form-data`: a file as a page's form sends it."""

from __future__ import annotations

import json

import pytest

from members import code_of

URL = "/v1/extract"
TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."
PAGE = f"<!doctype html><html><body><p>{TEXT}</p></body></html>".encode()


def post(client, data=PAGE, name="bao-cao.html", kind="text/html", fields=None, **more):
    return client.post(URL, files={"file": (name, data, kind)}, data=fields or {}, **more)


def test_a_file(client):
    answer = post(client).json()
    document = answer["document"]
    assert (document["id"], document["kind"], document["text"].strip()) == ("bao-cao.html", "html", TEXT)
    same = client.post(f"{URL}?name=bao-cao.html", content=PAGE, headers={"Content-Type": "text/html"}).json()
    assert answer == same


def test_what_is_known_of_it(client):
    period = {"text": "năm 2019", "start": "2019-01-01", "end": "2019-12-31"}
    place = {"text": "xã Bến Lâm"}
    fields = {"id": "thu-2019", "period": json.dumps(period), "place": json.dumps(place), "with_text": "true"}
    document = post(client, fields=fields).json()["document"]
    assert document["id"] == "thu-2019"
    assert (document["period"]["start"], document["place"]["text"]) == ("2019-01-01", "xã Bến Lâm")


@pytest.mark.parametrize(
    ("sent", "text", "code"),
    [
        ("xã Bến Lâm", "xã Bến Lâm", None),
        (" Tỉnh Trà Vinh\n", "Tỉnh Trà Vinh", None),
        ("84", "84", None),
        ("null", "null", None),
        ('{"text": "Trà Vinh", "code": "84"}', "Trà Vinh", "84"),
    ],
)
def test_a_place_is_told_by_its_name_or_as_json(client, sent, text, code):
    place = post(client, fields={"place": sent}).json()["document"]["place"]
    assert (place["text"], place["code"]) == (text, code)


def test_a_place_that_is_left_empty_is_not_told(client):
    assert post(client, fields={"place": " "}).json() == post(client).json()


def test_the_description_tells_of_both_ways(client):
    forms = client.get("/openapi.json").json()["paths"][URL]["post"]["requestBody"]["content"]["multipart/form-data"]
    place = forms["schema"]["properties"]["place"]["anyOf"]
    assert place == [{"$ref": "#/components/schemas/Place"}, {"type": "string"}]


def test_the_media_type_of_the_part_tells_a_table(client):
    document = post(client, "Chỉ tiêu;Năm 2023\nĐàn bò;8.320\n".encode(), "bang", "text/csv").json()["document"]
    assert document["kind"] == "csv" and "Đàn bò | 8.320" in document["text"]


def test_the_charset_of_the_part_tells_the_encoding(client):
    document = post(client, TEXT.encode("utf-16-le"), "thu.txt", "text/plain; charset=utf-16le").json()["document"]
    assert document["text"] == TEXT


def test_it_may_be_stored(client):
    answer = post(client, fields={"store": "true"})
    assert answer.headers["location"].endswith(answer.json()["document"]["stored"])


def test_a_name_in_vietnamese(client):
    assert post(client, name="Báo cáo “quý 3”.html").json()["document"]["id"].startswith("Báo cáo")


def test_several_files_are_refused_with_the_way_to_go(client):
    files = [("file", ("a.txt", b"5%", "text/plain")), ("file", ("b.txt", b"6%", "text/plain"))]
    answer = client.post(URL, files=files)
    assert code_of(answer) == (422, "request_invalid")
    assert "/v1/extract/batch" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"tieu_de": "x"}, "tieu_de"),
        ({"period": "năm 2019"}, "period"),
        ({"period": '{"tu": 1}'}, "period"),
        ({"place": "[]"}, "place"),
        ({"place": "{Trà Vinh"}, "place"),
        ({"place": '{"code": "84"}'}, "place"),
        ({"store": "perhaps"}, "store"),
        ({"id": "x" * 401}, "id"),
    ],
)
def test_fields_that_do_not_fit_are_named(client, fields, where):
    answer = post(client, fields=fields)
    assert code_of(answer) == (422, "request_invalid")
    assert answer.json()["error"]["detail"]["problems"][0]["where"].startswith(where)


@pytest.mark.parametrize("files", [{"tep": ("a.txt", b"5%")}, {"tep": ("a.txt", b"5%"), "file": (None, b"5%")}])
def test_the_file_stands_in_its_field(client, files):
    assert code_of(client.post(URL, files=files)) == (422, "request_invalid")


def test_an_empty_file(client):
    assert code_of(post(client, b"")) == (422, "text_empty")


def test_a_file_that_is_none_of_those_that_are_read(client):
    assert code_of(post(client, b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "anh.png", "image/png")) == (415, "file_unsupported")


def test_too_many_fields_and_too_long_ones(client):
    many = {f"x{n}": "1" for n in range(50)}
    assert code_of(post(client, fields=many)) == (422, "request_invalid")
    assert code_of(post(client, fields={"id": "x" * 100_000})) == (422, "request_invalid")


def test_a_form_is_read_no_further_than_a_file_may_be_large(tmp_path):
    from counting import counted

    with counted(tmp_path, max_file_bytes=100_000) as (client, _):
        assert code_of(post(client, b"x" * 100_001)) == (413, "file_too_large")
        taken = 0

        def endless():
            nonlocal taken
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
            while taken < 50_000_000:
                taken += 65_536
                yield b"5" * 65_536

        answer = client.post(URL, content=endless(), headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert code_of(answer) == (413, "text_too_long")
