"""Files, and texts from before Unicode, sent to `POST /v1/extract`."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
import threading

import docx
import pytest

from chitieu.api.readers import FileReaders
from chitieu.errors import ServiceBusy, TooSlow

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
        (b"--x--", "multipart/form-data; boundary=x", 422, "request_invalid"),
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
        return done

    done = asyncio.run(crowd())
    assert [d for d in done if d is True] == [True] * 3
    assert [type(d) for d in done if d is not True] == [ServiceBusy] * 2


def test_a_file_counts_until_its_thread_ends_though_nobody_waits():
    async def leave() -> None:
        readers, gate = FileReaders(threads=1, room=1), threading.Event()
        begun = threading.Event()
        left = asyncio.create_task(readers.run(lambda: begun.set() or gate.wait()))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        with pytest.raises(ServiceBusy):
            await readers.run(lambda: 7)
        gate.set()
        async with asyncio.timeout(10):
            while readers._taken:
                await asyncio.sleep(0.01)
        assert await readers.run(lambda: 7) == 7

    asyncio.run(leave())


def test_a_file_that_leaves_while_it_waits_is_not_read_and_makes_room():
    async def leave() -> list[int]:
        readers, gate, read = FileReaders(threads=1, room=2), threading.Event(), []
        first = asyncio.create_task(readers.run(gate.wait))
        second = asyncio.create_task(readers.run(lambda: read.append(2)))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0.05)
        third = asyncio.create_task(readers.run(lambda: read.append(3)))
        await asyncio.sleep(0.05)
        gate.set()
        await asyncio.gather(first, third)
        return read

    assert asyncio.run(leave()) == [3]


def test_a_file_waits_for_a_thread_no_longer_than_a_request_may():
    async def crowd() -> None:
        readers, gate = FileReaders(threads=1, room=3, seconds=0.1), threading.Event()
        first = asyncio.create_task(readers.run(gate.wait))
        with pytest.raises(TooSlow) as caught:
            await asyncio.wait_for(readers.run(lambda: 7), 10)
        assert " / " in caught.value.message and "/v1/jobs" in caught.value.message
        gate.set()
        assert await first is True  # reading itself has limits of its own
        assert await readers.run(lambda: 7) == 7

    asyncio.run(crowd())


def test_what_a_reader_raises_is_raised():
    async def fail() -> None:
        with pytest.raises(ZeroDivisionError):
            await FileReaders().run(lambda: 1 // 0)

    asyncio.run(fail())


def test_a_process_ends_while_a_file_is_read():
    program = """
import asyncio, sys, time
from chitieu.api.readers import FileReaders

async def main():
    task = asyncio.create_task(FileReaders().run(lambda: time.sleep(120)))
    await asyncio.sleep(0.2)

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
