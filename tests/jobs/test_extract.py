"""The job `extract`: gives what the pipeline gives, keeps what was to be kept, fails as it fails."""

from __future__ import annotations

import threading
from hashlib import sha256

import pytest

from chitieu.contract import Period
from chitieu.jobs.extract import KIND, Kept
from chitieu.jobs.run import Tools, run
from chitieu.store import audit, documents, jobs
from chitieu.text.encodings import decode_bytes
from chitieu.text.files.reading import read_bytes
from fakes import fake_pipeline
from slow import slow_pipeline

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."
PAGE = f"<!doctype html><html><body><p>{TEXT}</p></body></html>".encode()


def same(one, other):
    one, other = one.model_copy(deep=True), other.model_copy(deep=True)
    one.document.id = other.document.id = ""
    return one == other


def test_a_text(office):
    office.work()
    job_id = office.ask(id="thu.txt", period=Period(text="năm 2023", start="2023-01-01", end="2023-12-31"))
    job = office.wait(job_id)
    assert (job.state, job.error, job.attempts, job.document_id) == ("done", None, 1, None)
    want = fake_pipeline().extract(
        TEXT, id="thu.txt", period=Period(text="năm 2023", start="2023-01-01", end="2023-12-31")
    )
    assert office.answer(job_id) == want
    kept = Kept.unpack(jobs.answer(office.database, job_id))
    assert (kept.text, kept.answer.document.text) == (TEXT, None)


def test_a_text_is_returned_where_that_was_asked(office):
    office.work()
    job_id = office.ask(with_text=True)
    office.wait(job_id)
    assert office.answer(job_id).document.text == TEXT


def test_a_file(office):
    office.work()
    job_id = office.ask(body=PAGE, content="file", name="bao-cao.html", id="bao-cao.html")
    office.wait(job_id)
    answer = office.answer(job_id)
    assert same(answer, fake_pipeline().extract_file(read_bytes(PAGE), id=None))
    assert (answer.document.kind, answer.document.id) == ("html", "bao-cao.html")
    assert answer.document.file_sha256 == sha256(PAGE).hexdigest()


def test_a_csv_that_only_its_media_type_tells(office):
    office.work()
    data = "Chỉ tiêu;Số lượng\nĐàn bò;8.320 con\n".encode()
    job_id = office.ask(body=data, content="file", hint="csv")
    office.wait(job_id)
    assert office.answer(job_id).document.kind == "csv"


def test_a_text_that_was_decoded_says_from_what(office):
    office.work()
    raw = "Tæng thu ng©n s¸ch ®¹t 215,4 tû ®ång, t¨ng 6,2% so víi cïng kú.".encode("cp1252")
    decoded = decode_bytes(raw, encoding="tcvn3")
    assert decoded.text == TEXT
    parts = [{"start": p.start, "end": p.end, "encoding": p.encoding, "score": p.score} for p in decoded.parts]
    job_id = office.ask(content="decoded", file_sha256=sha256(raw).hexdigest(), encodings=parts)
    office.wait(job_id)
    document = office.answer(job_id).document
    assert (document.text, document.file_sha256) == (TEXT, sha256(raw).hexdigest())
    assert [e.encoding for e in document.encodings] == [p.encoding for p in decoded.parts]


def test_a_text_typed_in_an_old_font_is_decoded(office):
    office.work()
    typed = "Tæng thu ng©n s¸ch ®¹t 215,4 tû ®ång, t¨ng 6,2% so víi cïng kú."
    job_id = office.ask(typed)
    office.wait(job_id)
    document = office.answer(job_id).document
    assert (document.text, document.kind) == (TEXT, "txt")
    assert document.file_sha256 == sha256(typed.encode()).hexdigest()


def test_a_document_is_stored_once_and_not_read_again(office):
    pipeline = slow_pipeline(1, 0.0)
    office.work(pipeline)
    first = office.ask(store=True, id="thu.txt")
    job = office.wait(first)
    stored = documents.get(office.database, job.document_id)
    assert (stored.summary.name, stored.summary.stored_by, stored.text) == ("thu.txt", "lan", TEXT)
    assert office.answer(first).document.stored == job.document_id
    again = office.ask(store=True, id="thu.txt", with_text=True)
    assert office.wait(again).document_id == job.document_id
    assert pipeline.tagger.read == [TEXT]
    assert office.answer(again).document.text == TEXT
    assert office.answer(again).figures == office.answer(first).figures
    (entry,) = audit.listed(office.database, action="document_stored").items
    assert (entry.actor, entry.subject, entry.detail) == ("lan", job.document_id, {"job": first})


@pytest.mark.parametrize("store", [False, True])
def test_a_job_that_is_done_keeps_its_progress(office, store):
    pipeline = fake_pipeline()
    whole = pipeline.tagger.tag

    def tag(passages, *, progress):
        progress(0, 7)
        progress(7, 7)
        return whole(passages)

    pipeline.tagger.tag = tag
    office.work(pipeline)
    job = office.wait(office.ask(store=store, id="thu.txt"))
    assert (job.state, job.step, job.done, job.total) == ("done", None, 7, 7)


def test_a_job_whose_answer_is_in_the_store_is_all_done(office):
    office.work()
    first, again = (office.ask(store=True, id="thu.txt", with_text=with_text) for with_text in (False, True))
    office.wait(first)
    job = office.wait(again)
    assert (job.state, job.done, job.total) == ("done", 1, 1)


def test_a_stored_answer_is_given_as_it_was_asked_for(office):
    office.work()
    with_text = office.ask(store=True, id="thu.txt", with_text=True)
    office.wait(with_text)
    without = office.ask(store=True, id="thu.txt")
    office.wait(without)
    assert office.answer(without).document.text is None
    file = office.ask(store=True, body=PAGE, content="file", id="thu.html")
    for job_id in (file, office.ask(store=True, body=PAGE, content="file", id="thu.html")):
        office.wait(job_id)
        assert office.answer(job_id).document.text is not None


@pytest.mark.parametrize(
    ("body", "options", "code", "status"),
    [
        (b"%PDF-1.7 cut short", {"content": "file", "name": "bao-cao.pdf"}, "file_damaged", 422),
        (b"\x89PNG\r\n\x1a\n", {"content": "file", "name": "anh.png"}, "file_unsupported", 415),
        (b"   ", {}, "text_empty", 422),
        (TEXT.encode(), {"period": Period(text="?", start="2023-13-01")}, "request_invalid", 422),
        (TEXT.encode(), {"store": True, "id": "a\tb" * 300}, "request_invalid", 422),
    ],
    ids=["damaged", "picture", "empty", "period", "name"],
)  # fmt: skip
def test_what_cannot_be_read_fails_as_a_request_does(office, body, options, code, status):
    office.work()
    job = office.wait(office.ask(body=body, **options))
    assert (job.state, job.error.code, job.error.status) == ("failed", code, status)
    assert " / " in job.error.message
    office.wait(office.ask(), "done")  # the worker goes on


def test_a_job_that_is_claimed_when_all_is_to_end_is_given_back(office, settings):
    job_id = office.ask(put=False)
    stop, read = threading.Event(), []
    stop.set()
    kinds = {KIND: lambda *told: read.append(told)}
    run(
        job_id, tools=Tools(office.database, fake_pipeline(), settings), kinds=kinds, worker="w", stop=stop, holds=set()
    )
    job = jobs.get(office.database, job_id)
    assert (job.state, job.attempts, read) == ("queued", 0, [])
