"""Files, and texts from before Unicode, sent to `POST /v1/extract`."""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading

import docx
import pytest

from chitieu.api.bodies import FileReaders
from chitieu.errors import ServiceBusy

URL = "/v1/extract"
TEXT = "Tổng thu ngân sách ước đạt 215,4 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so với cùng kỳ."
# The same in the font code TCVN3, as bytes and as a page that takes them for Latin-1 shows them.
TCVN3 = TEXT.translate(
    str.maketrans(
        {"ổ": "\xe6", "â": "\xa9", "á": "\xb8", "ư": "\xad", "ớ": "\xed", "c": "c", "đ": "\xae", "ạ": "\xb9", "t": "t",
         "ỷ": "\xfb", "ồ": "\xe5", "ằ": "\xbb", "ự": "\xf9", "ă": "\xa8", "ù": "\xef", "ỳ": "\xfa"}
    )
)  # fmt: skip


def post(client, data: bytes, kind: str, **query: str):
    return client.post(URL, content=data, headers={"Content-Type": kind}, params=query)


def values(answer: dict) -> list[str | None]:
    return [f["value"] for f in answer["figures"]]


def assert_grounded(answer: dict) -> str:
    text = answer["document"]["text"]
    assert answer["document"]["length"] == len(text)
    for item in (*answer["spans"], *answer["figures"]):
        assert text[item["start"] : item["end"]] == item["text"]
    return text


@pytest.fixture
def plain(client) -> dict:
    return post(client, TEXT.encode(), "text/plain; charset=utf-8").json()


def word() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph(TEXT)
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/pdf"])
def test_a_file_is_what_its_content_says(client, plain, kind):
    data = word()
    answer = post(client, data, kind, name="bao-cao.pdf").json()
    assert assert_grounded(answer).strip() == TEXT
    assert values(answer) == values(plain)
    document = answer["document"]
    assert (document["kind"], document["id"]) == ("docx", "bao-cao.pdf")
    assert document["file_sha256"] == hashlib.sha256(data).hexdigest()
    assert [e["encoding"] for e in document["encodings"]] == ["unicode"]


def test_a_web_page(client, plain):
    page = f"<html><body><nav>Trang chủ 1</nav><p>{TEXT}</p><script>x = 5</script></body></html>"
    answer = post(client, page.encode(), "text/html").json()
    assert_grounded(answer)
    assert values(answer) == values(plain)


def test_a_text_in_a_code_of_before_unicode_is_decoded_and_says_so(client, plain):
    data = "\n".join([TCVN3] * 3).encode("latin-1")
    answer = post(client, data, "text/plain").json()
    assert assert_grounded(answer) == "\n".join([TEXT] * 3)
    assert values(answer) == values(plain) * 3
    assert {e["encoding"] for e in answer["document"]["encodings"]} == {"tcvn3"}
    assert all(0 < e["score"] <= 1 for e in answer["document"]["encodings"])


def test_a_json_text_typed_in_old_fonts_is_decoded_and_says_so(client, plain):
    answer = client.post(URL, json={"text": f"{TCVN3}\n{TEXT}", "id": "x"}).json()
    assert assert_grounded(answer) == f"{TEXT}\n{TEXT}"
    assert values(answer) == values(plain) * 2
    assert [e["encoding"] for e in answer["document"]["encodings"]] == ["tcvn3", "unicode"]


def test_the_encoding_may_be_told(client):
    data = TCVN3.encode("latin-1")
    assert post(client, data, "text/plain; charset=tcvn3").json()["document"]["text"] == TEXT
    assert post(client, TEXT.encode("utf-16"), "text/plain; charset=utf-16").json()["document"]["text"] == TEXT


def test_what_unicode_says_is_left_alone(plain):
    assert plain["document"]["text"] is None
    assert plain["document"]["encodings"] is None


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"%PDF-1.7\n1 0 obj", "application/pdf", 422, "file_damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "application/octet-stream", 415, "file_unsupported"),
        (b"", "application/pdf", 422, "text_empty"),
        (b"--x--", "multipart/form-data; boundary=x", 415, "media_type_unsupported"),
        (b"x", "image/png", 415, "media_type_unsupported"),
    ],
)
def test_what_cannot_be_read(client, data, kind, status, code):
    response = post(client, data, kind, name="tệp.pdf")
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert " / " in error["message"]


def test_a_body_of_text_is_read_no_further_than_a_text_may_be_long(client):
    response = post(client, b"x" * 4_000_001, "text/plain")
    assert response.status_code == 413
    assert response.json()["error"]["detail"]["limit"] == 4_000_000


def test_a_table_of_values_by_its_media_type(client):
    answer = post(client, "Chỉ tiêu;Năm 2023\nĐàn bò;8.320\n".encode(), "text/csv").json()
    assert answer["document"]["kind"] == "csv"
    assert answer["document"]["text"].splitlines()[1] == "Đàn bò | 8.320"


def test_more_files_than_there_is_room_for_are_refused():
    async def crowd() -> list[object]:
        readers, gate = FileReaders(threads=1, room=3), threading.Event()
        tasks = [asyncio.create_task(readers.run(gate.wait)) for _ in range(5)]
        await asyncio.sleep(0.1)
        gate.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert await readers.run(lambda: 7) == 7
        readers.close()
        return done

    done = asyncio.run(crowd())
    assert [d for d in done if d is True] == [True] * 3
    assert [type(d) for d in done if d is not True] == [ServiceBusy] * 2
