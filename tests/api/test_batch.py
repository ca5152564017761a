"""`POST /v1/extract/batch`: many texts in one request."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from sqlalchemy import URL

from chitieu.api import batch
from chitieu.api.lines import lines_of
from counting import counted
from members import bearer, code_of, member, service, token

BATCH = "/v1/extract/batch"
NDJSON = {"Content-Type": "application/x-ndjson"}
TEXTS = [f"Đàn bò có {n}.320 con, tăng {n},5% so với cùng kỳ." for n in range(1, 30)]


def body(documents) -> bytes:
    return "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents).encode()


def told(answer):
    """The lines by index, and the summary, which is the last."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    *lines, summary = map(json.loads, answer.text.splitlines())
    assert set(summary) == {"done", "failed", "error"}
    by_index = {line["index"]: line for line in lines}
    assert len(by_index) == len(lines)
    assert summary["done"] == sum("answer" in line for line in lines)
    assert summary["failed"] == sum("error" in line for line in lines)
    return by_index, summary


def documents():
    return [{"text": text, "id": f"{n}.txt"} for n, text in enumerate(TEXTS)]


@pytest.mark.parametrize("how", ["lines", "list"])
def test_every_text_is_answered_as_if_it_were_alone(client, how):
    if how == "lines":
        answer = client.post(BATCH, content=body(documents()), headers=NDJSON)
    else:
        answer = client.post(BATCH, json={"documents": documents()})
    lines, summary = told(answer)
    assert summary == {"done": len(TEXTS), "failed": 0, "error": None}
    assert sorted(lines) == list(range(len(TEXTS)))
    for n, sent in enumerate(documents()):
        assert lines[n]["id"] == sent["id"]
        assert lines[n]["answer"] == client.post("/v1/extract", json=sent).json()


BAD = {
    "empty": ({"text": " "}, "text_empty"),
    "no text": ({"id": "x"}, "request_invalid"),
    "unknown field": ({"text": "5%", "x": 1}, "request_invalid"),
    "no object": ([1, 2], "request_invalid"),
    "binary": ({"text": "a\0b"}, "text_binary"),
    "faulty period": ({"text": "Thu đạt 5%.", "period": {"text": "x", "start": "2020"}}, "request_invalid"),
}


@pytest.mark.parametrize("how", ["lines", "list"])
def test_one_that_cannot_be_read_stops_no_other(client, how):
    sent = [d for bad, _ in BAD.values() for d in (bad, {"text": TEXTS[0]})]
    if how == "lines":
        answer = client.post(BATCH, content=body(sent), headers=NDJSON)
    else:
        answer = client.post(BATCH, json={"documents": sent})
    lines, summary = told(answer)
    assert summary == {"done": len(BAD), "failed": len(BAD), "error": None}
    for n, (_, code) in enumerate(BAD.values()):
        error = lines[2 * n]["error"]
        assert error["code"] == code and " / " in error["message"] and isinstance(error["detail"], dict)
        assert lines[2 * n + 1]["answer"]["figures"]


def test_lines_that_are_no_json_fail_alone(client):
    data = b"thu 5%\n{\n\xff\xfe\n" + body([{"text": TEXTS[0]}]) + b'{"text": "\\ud800"}\n'
    lines, summary = told(client.post(BATCH, content=data, headers=NDJSON))
    assert (summary["done"], summary["failed"]) == (1, 4)
    assert [lines[n]["error"]["code"] for n in (0, 1, 2, 4)] == ["request_invalid", "request_invalid", "text_encoding", "text_encoding"]  # fmt: skip


def test_the_words_of_a_faulty_text_are_not_told_again(client):
    answer = client.post(BATCH, content=body([{"text": "bí mật", "x": "bí mật"}]), headers=NDJSON)
    assert "bí mật" not in answer.text


def test_a_fault_of_ours_fails_one_text_without_its_inner_life(tmp_path, monkeypatch):
    with counted(tmp_path) as (client, tagger):
        whole = type(tagger).tag

        def tag(passages, *, progress=None):
            if "9.320" in passages.reading.text:
                raise ZeroDivisionError("in a secret place")
            return whole(tagger, passages, progress=progress)

        monkeypatch.setattr(tagger, "tag", tag)
        answer = client.post(BATCH, content=body([{"text": text} for text in TEXTS[:9]]), headers=NDJSON)
        lines, summary = told(answer)
        assert (summary["done"], summary["failed"]) == (8, 1)
        assert lines[8]["error"]["code"] == "internal" and "secret" not in answer.text


@pytest.mark.parametrize("data", [b"", b"\n\n  \r\n", b'{"documents": []}'])
def test_nothing_gives_a_summary(client, data):
    kind = "application/json" if data.startswith(b"{") else "application/x-ndjson"
    lines, summary = told(client.post(BATCH, content=data, headers={"Content-Type": kind}))
    assert (lines, summary) == ({}, {"done": 0, "failed": 0, "error": None})


def test_ends_of_lines_and_a_byte_order_mark(client):
    sent = body([{"text": t} for t in TEXTS[:3]])
    for data in (sent.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + sent, sent.rstrip(b"\n"), b"\n" + sent + b"\n\n"):
        _, summary = told(client.post(BATCH, content=data, headers=NDJSON))
        assert summary["done"] == 3


def test_more_texts_than_may_be_are_not_taken(tmp_path):
    with counted(tmp_path, max_batch=5) as (client, tagger):
        lines, summary = told(client.post(BATCH, content=body(documents()[:9]), headers=NDJSON))
        assert sorted(lines) == [0, 1, 2, 3, 4]
        assert summary["error"]["code"] == "request_invalid" and summary["error"]["detail"] == {"limit": 5}
        tagger.read = 0
        answer = client.post(BATCH, json={"documents": documents()[:6]})
        assert code_of(answer) == (422, "request_invalid") and tagger.read == 0


def test_a_line_that_is_too_long_is_passed_over(tmp_path):
    with counted(tmp_path, max_characters=1000) as (client, _):
        long = {"text": "x" * 7000}
        lines, summary = told(client.post(BATCH, content=body([long, {"text": TEXTS[0]}, long]), headers=NDJSON))
        assert (summary["done"], summary["failed"]) == (1, 2)
        assert lines[0]["error"]["code"] == lines[2]["error"]["code"] == "text_too_long"
        assert lines[1]["answer"]["figures"]


def test_a_body_that_is_too_large_ends_where_it_is(tmp_path):
    with counted(tmp_path, max_file_bytes=3000) as (client, _):
        answer = client.post(BATCH, content=body(documents() * 3), headers=NDJSON)
        assert told(answer)[1]["error"]["code"] == "text_too_long"
        assert code_of(client.post(BATCH, json={"documents": documents() * 3})) == (413, "text_too_long")


@pytest.mark.parametrize(
    ("headers", "data", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, b"5%", 415, "media_type_unsupported"),
        ({"Content-Type": "application/json"}, b"[]", 422, "request_invalid"),
        ({"Content-Type": "application/json"}, b'{"documents": 5}', 422, "request_invalid"),
        ({"Content-Type": "application/json"}, b'{"documents": [', 422, "request_invalid"),
        (NDJSON | {"Accept": "text/csv"}, b"", 406, "not_acceptable"),
    ],
)
def test_what_is_refused_as_a_whole(client, headers, data, status, code):
    assert code_of(client.post(BATCH, content=data, headers=headers)) == (status, code)


def test_each_may_be_stored(tmp_path):
    with counted(tmp_path) as (client, tagger):
        for how in ("new", "again"):
            tagger.read = 0
            answer = client.post(f"{BATCH}?store=true", content=body(documents()[:5]), headers=NDJSON)
            lines, _ = told(answer)
            assert tagger.read == (5 if how == "new" else 0)
            stored = {line["answer"]["document"]["stored"] for line in lines.values()}
            assert {d["id"] for d in client.get("/v1/documents").json()["documents"]} == stored and len(stored) == 5


def test_storing_needs_an_annotator(tmp_path):
    with service(URL.create("sqlite", database=str(tmp_path / "chitieu.db"))) as (client, database):
        member(database, "lan", "reader")
        key = NDJSON | bearer(token(database, "lan"))
        assert code_of(client.post(f"{BATCH}?store=true", content=b"", headers=key)) == (403, "forbidden")
        sent = body([{"text": TEXTS[0], "store": True}, {"text": TEXTS[1]}])
        lines, summary = told(client.post(BATCH, content=sent, headers=key))
        assert (summary["done"], summary["failed"]) == (1, 1)
        assert lines[0]["error"]["code"] == "forbidden"


class Exchange:
    """A request to the application itself, whose body comes and whose answer goes as the test wants."""

    def __init__(self, app, path=BATCH):
        self.app = app
        self.path = path
        self.parts = asyncio.Queue()
        self.sent = []
        self.changed = asyncio.Event()
        self.taken = 0
        self.takes = asyncio.Event()  # whether the client reads
        self.takes.set()

    async def receive(self):
        message = await self.parts.get()
        self.taken += len(message.get("body", b""))
        return message

    async def send(self, message):
        await self.takes.wait()
        self.sent.append(message)
        self.changed.set()

    def put(self, data: bytes, more=True):
        self.parts.put_nowait({"type": "http.request", "body": data, "more_body": more})

    def leave(self):
        self.parts.put_nowait({"type": "http.disconnect"})

    def lines(self):
        whole = b"".join(m.get("body", b"") for m in self.sent if m["type"] == "http.response.body")
        return [json.loads(line) for line in whole.splitlines()]

    async def until(self, count):
        async with asyncio.timeout(20):
            while sum(m.get("body", b"").count(b"\n") for m in self.sent) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.lines()

    def begin(self):
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
            "scheme": "http", "path": self.path, "raw_path": self.path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"host", b"testserver"), (b"content-type", b"application/x-ndjson"), (b"accept-encoding", b"gzip")],
            "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        }  # fmt: skip
        return asyncio.create_task(self.app(scope, self.receive, self.send))


def test_a_text_is_answered_while_others_still_come(tmp_path):
    async def main(app):
        exchange = Exchange(app)
        task = exchange.begin()
        exchange.put(body([{"text": TEXTS[0]}]))
        (first,) = await exchange.until(1)
        assert first["index"] == 0 and first["answer"]["figures"]
        half = body([{"text": TEXTS[1]}])
        exchange.put(half[:20])
        exchange.put(half[20:])
        await exchange.until(2)
        exchange.put(body([{"text": TEXTS[2]}]), more=False)
        lines = await exchange.until(4)
        await asyncio.wait_for(task, 10)
        assert lines[-1] == {"done": 3, "failed": 0, "error": None}

    with counted(tmp_path) as (client, _):
        client.portal.call(main, client.app)


def test_who_takes_no_answers_is_asked_for_no_more_texts(tmp_path):
    part = body([{"text": 5, "id": " " * 200_000}])  # soon found faulty

    async def main(app):
        exchange = Exchange(app)
        exchange.takes.clear()
        task = exchange.begin()
        for _ in range(400):
            exchange.put(part)
        exchange.put(b"", more=False)
        before = -1
        while exchange.taken != before:
            before = exchange.taken
            await asyncio.sleep(0.3)
        assert 16 * 1024 * 1024 <= before < 40 * 1024 * 1024 < 400 * len(part)
        exchange.takes.set()
        lines = await exchange.until(401)
        await asyncio.wait_for(task, 60)
        assert lines[-1] == {"done": 0, "failed": 400, "error": None}

    with counted(tmp_path) as (client, _):
        client.portal.call(main, client.app)


@pytest.mark.parametrize("when", ["while it sends", "when all is sent"])
def test_the_work_of_who_leaves_is_given_up(tmp_path, when):
    async def main(app, tagger):
        exchange = Exchange(app)
        task = exchange.begin()
        exchange.put(body([{"text": text} for text in TEXTS]), more=when == "while it sends")
        async with asyncio.timeout(10):
            while tagger.read == 0:
                await asyncio.sleep(0.01)
        exchange.leave()
        await asyncio.wait_for(task, 10)
        async with asyncio.timeout(10):
            while app.state.pool.running or app.state.pool.waiting:
                await asyncio.sleep(0.01)
        assert tagger.read < len(TEXTS)
        assert exchange.lines() == []

    with counted(tmp_path) as (client, tagger):
        tagger.gate = threading.Event()  # no text is ever done
        client.portal.call(main, client.app, tagger)


def test_a_body_that_stops_coming_is_ended_and_what_came_is_answered(tmp_path):
    async def main(app):
        exchange = Exchange(app)
        task = exchange.begin()
        exchange.put(body([{"text": TEXTS[0]}]) + b'{"text": ')
        lines = await exchange.until(2)
        await asyncio.wait_for(task, 10)
        assert (lines[1]["done"], lines[1]["error"]["code"]) == (1, "body_too_slow")

    with counted(tmp_path, body_seconds=1) as (client, _):
        client.portal.call(main, client.app)


def test_a_batch_lets_others_go_first(tmp_path):
    with counted(tmp_path, threads=1, room=1) as (client, tagger):
        tagger.gate = threading.Event()
        results = {}
        batch = threading.Thread(
            target=lambda: results.update(batch=client.post(BATCH, content=body(documents()), headers=NDJSON))
        )
        batch.start()
        while not tagger.read:
            pass
        single = threading.Thread(
            target=lambda: results.update(single=client.post("/v1/extract", json={"text": TEXTS[0]}))
        )
        single.start()
        while client.app.state.pool.waiting < 2:
            pass
        tagger.gate.set()
        single.join(20), batch.join(20)
        assert results["single"].status_code == 200
        assert told(results["batch"])[1]["done"] == len(TEXTS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_however_they_come(size):
    data = b"aa\n\n  \nbbbb\r\n" + b"c" * 11 + b"\nd\n" + b"e" * 30 + b"\n" + b"f" * 10 + b"\ng"

    async def stream():
        for at in range(0, len(data), size):
            yield data[at : at + size]

    async def main():
        return [line async for line in lines_of(stream(), 10)]

    assert asyncio.run(main()) == [b"aa", b"bbbb", None, b"d", None, b"f" * 10, b"g"]


def test_a_list_is_taken_up_to_what_one_text_may_have(tmp_path):
    with counted(tmp_path, max_characters=1000) as (client, tagger):
        answer = client.post(BATCH, json={"documents": [{"text": "Đàn bò có 5 con. " * 50}] * 8})
        assert code_of(answer) == (413, "text_too_long") and tagger.read == 0
        error = answer.json()["error"]
        assert error["detail"] == {"limit": 6000} and error["message"].count("application/x-ndjson") == 2
        told(client.post(BATCH, json={"documents": documents()[:5]}))


def test_a_list_of_any_length_of_text_has_a_limit(tmp_path):
    with counted(tmp_path, max_characters=50_000_000) as (client, _):
        sent = b'{"documents": [' + b" " * 8 * 1024 * 1024 + b"]}"
        answer = client.post(BATCH, content=sent, headers={"Content-Type": "application/json"})
        assert code_of(answer) == (413, "text_too_long")


def test_while_no_text_is_done_empty_lines_come(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_SILENT_SECONDS", 0.05)

    async def main(app, tagger):
        exchange = Exchange(app)
        task = exchange.begin()
        exchange.put(body([{"text": TEXTS[0]}]), more=False)
        async with asyncio.timeout(10):
            while sum(m.get("body", b"").count(b"\n") for m in exchange.sent) < 3:
                await asyncio.sleep(0.01)
        tagger.gate.set()
        await asyncio.wait_for(task, 10)
        whole = b"".join(m.get("body", b"") for m in exchange.sent)
        assert whole.startswith(b"\n\n\n")
        answer, summary = (json.loads(line) for line in whole.splitlines() if line)
        assert answer["index"] == 0 and summary == {"done": 1, "failed": 0, "error": None}
        assert exchange.sent[-1]["more_body"] is False

    with counted(tmp_path) as (client, tagger):
        tagger.gate = threading.Event()
        client.portal.call(main, client.app, tagger)
