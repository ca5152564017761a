"""The Python client, against the service itself over a connection, and against odd servers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from chitieu import errors
from chitieu.api.schemas import DocumentWithAnswer, FoundIndicator, Served
from chitieu.catalogue.load import load_catalogue
from chitieu.client import Client, Indicator, Job, StoredDocument, StoredPeriod, StoredPlace, Text
from chitieu.client import Served as ClientServed
from chitieu.contract import Extraction, Period, Place
from chitieu.output.columns import columns
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store import documents as stored
from counting import CountingTagger
from fakes import fake_pipeline
from live import served
from members import member, token

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ.\nĐàn bò có 8.320 con."


@pytest.fixture(scope="module")
def tagger():
    return CountingTagger()


@pytest.fixture(scope="module")
def url(tmp_path_factory, tagger):
    settings = Settings(data=tmp_path_factory.mktemp("client"), login="open", rate_per_minute=0)
    with served(Pipeline(tagger, load_catalogue()), settings) as (address, _):
        yield address


@pytest.fixture(scope="module")
def client(url):
    with Client(url) as made:
        yield made


@pytest.fixture
def empty(client):
    """The client of a service that holds no document."""
    for document in list(client.documents()):
        client.delete(document.id)
    return client


def without_id(answer):
    return answer.model_copy(update={"document": answer.document.model_copy(update={"id": ""})})


def test_a_text(client):
    answer = client.extract(TEXT, id="thu.txt")
    assert isinstance(answer, Extraction)
    assert answer == fake_pipeline().extract(TEXT, id="thu.txt")
    assert without_id(client.extract(TEXT)) == without_id(answer)


def test_what_is_known_of_a_text(client):
    period, place = Period(text="năm 2019", start="2019-01-01", end="2019-12-31"), Place(text="xã Bến Lâm")
    document = client.extract(TEXT, period=period, place=place, with_text=True).document
    assert (document.period, document.place, document.text) == (period, place, TEXT)


def test_a_file(client, tmp_path):
    path = tmp_path / "báo cáo “3”.html"
    path.write_text(f"<!doctype html><html><body><p>{TEXT}</p></body></html>", encoding="utf-8")
    document = client.extract(path).document
    assert (document.id, document.kind) == (path.name, "html")
    hinted = client.extract(path, id="x", place=Place(text="xã Bến Lâm"), period=Period(text="năm 2019")).document
    assert (hinted.id, hinted.place.text, hinted.period.text) == ("x", "xã Bến Lâm", "năm 2019")


def test_a_file_that_is_not_there(client, tmp_path):
    with pytest.raises(errors.FileUnreadable):
        client.extract(tmp_path / "khong-co.pdf")


@pytest.mark.parametrize(
    ("text", "kind"),
    [(" ", errors.EmptyText), ("a\0b", errors.NotText), ("x" * 1_000_001, errors.TextTooLong), ("a\ud800", errors.BadEncoding)],
)  # fmt: skip
def test_an_error_is_that_of_its_code(client, text, kind):
    with pytest.raises(kind) as caught:
        client.extract(text)
    assert caught.value.code == kind.code and caught.value.status == kind.status
    assert " / " in caught.value.message
    if kind is errors.TextTooLong:
        assert caught.value.detail["limit"] == 1_000_000


def test_a_batch(client):
    texts = [TEXT, Text("Đàn trâu có 17 con.", id="trau.txt", place=Place(text="xã Bến Lâm")), "", "Đàn dê có 9 con."]
    got = {result.index: result for result in client.batch(texts)}
    assert sorted(got) == [0, 1, 2, 3]
    assert (got[1].id, got[1].answer.document.place.text) == ("trau.txt", "xã Bến Lâm")
    assert got[2].answer is None and isinstance(got[2].error, errors.EmptyText)
    assert got[0].error is None and without_id(got[0].answer) == without_id(client.extract(TEXT))


def test_a_batch_of_more_than_one_request_takes(client):
    texts = (f"Đàn bò có {n} con." for n in range(1, 251))
    got = sorted((result.index, result.answer.figures[0].value) for result in client.batch(texts))
    assert got == [(n, str(n + 1)) for n in range(250)]


def test_a_batch_of_large_texts(client):
    text = "Đàn bò có 8.320 con.\n" + "Không có số liệu nào ở đoạn này.\n" * 5_000
    assert [r.error for r in client.batch([text] * 4)] == [None] * 4


def test_a_batch_that_is_left_is_given_up(client, tagger):
    results = client.batch([TEXT] * 100)
    next(results)
    before = tagger.read
    tagger.gate = threading.Event()
    try:
        results.close()
        time.sleep(0.5)
    finally:
        tagger.gate.set()
        tagger.gate = None
    assert tagger.read < before + 50


def test_what_is_stored(empty, tagger):
    first = empty.extract(TEXT, id="thu.txt", store=True, place=Place(text="xã Bến Lâm"))
    tagger.read = 0
    again = empty.extract(TEXT, id="thu.txt", store=True, place=Place(text="xã Bến Lâm"))
    assert again == first and tagger.read == 0
    (document,) = empty.documents(place="xã Bến Lâm")
    assert isinstance(document, StoredDocument)
    assert (document.id, document.name, document.answer) == (first.document.stored, "thu.txt", None)
    assert document.stored_at.tzinfo is not None
    assert empty.document(document.id).answer == first
    assert empty.document(document.id, with_text=True).answer.document.text == empty.text(document.id) == TEXT
    rows = list(empty.observations(document=document.id))
    assert [row["value"] for row in rows] == ["215400000000", "8320"]
    assert list(rows[0]) == ["stored", *(column.name for column in columns("observations"))]
    assert list(empty.documents(name="khong co")) == list(empty.observations(indicator="khong co")) == []
    empty.delete(document.id)
    for ask in (empty.document, empty.text, empty.delete):
        with pytest.raises(errors.DocumentUnknown):
            ask(document.id)


def test_pages_are_gone_through(empty):
    texts = [f"Đàn bò có {n} con, tăng {n},5% so với cùng kỳ." for n in range(1, 121)]
    assert all(r.answer.document.stored for r in empty.batch(texts, store=True))
    assert len({d.id for d in empty.documents()}) == 120
    values = sorted(int(row["value"]) for row in empty.observations(indicator="dan bo", status="actual"))
    assert values == list(range(1, 121))


def test_the_catalogue(client):
    first = next(client.indicators("ty le che phu rung"))
    assert isinstance(first, Indicator) and first.id == "ty-le-che-phu-rung" and 0 < first.score <= 1
    assert [i.id for i in client.indicators()] == [i.id for i in load_catalogue().indicators]
    assert list(client.indicators("xyzzy")) == []


def test_the_model(client):
    served = client.model()
    assert (served.name, served.manifest["name"]) == ("fake", "fake")


def test_a_job(client, tmp_path):
    job = client.submit(TEXT, id="thu.txt", store=True)
    assert isinstance(job, Job)
    *_, last = client.watch(job.id)
    assert (last.id, last.state, last.ended) == (job.id, "done", True)
    assert client.job(job.id).document_id == last.document_id
    answer = client.result(job.id)
    assert answer.document.stored == last.document_id
    assert [f.value for f in answer.figures] == [f.value for f in client.extract(TEXT).figures]
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    other = client.submit(path, place=Place(text="xã Bến Lâm"))
    *_, last = client.watch(other.id)
    assert last.state == "done" and client.result(other.id).document.place.text == "xã Bến Lâm"


def test_a_job_that_fails_or_is_not_done_or_is_cancelled(client, tagger, tmp_path):
    path = tmp_path / "hong.pdf"
    path.write_bytes(b"%PDF-1.7\n1 0 obj")
    *_, last = client.watch(client.submit(path).id)
    assert (last.state, last.error["code"]) == ("failed", "file_damaged")
    with pytest.raises(errors.FileDamaged):
        client.result(last.id)
    tagger.gate = threading.Event()
    try:
        held = client.submit("Đàn ngựa có 3 con.")
        with pytest.raises(errors.JobUnfinished):
            client.result(held.id)
        client.cancel(held.id)
        *_, last = client.watch(held.id)
        assert last.state == "cancelled"
    finally:
        tagger.gate.set()
        tagger.gate = None
    with pytest.raises(errors.JobUnknown):
        client.job("khong-co")


def test_a_token_is_sent(tmp_path):
    settings = Settings(login="required", data=tmp_path, rate_per_minute=0, allowed_hosts="")
    with served(fake_pipeline(), settings) as (url, app):
        member(app.state.database, "lan", "reader")
        key = token(app.state.database, "lan")
        with Client(url) as unknown, pytest.raises(errors.LoginNeeded):
            unknown.extract(TEXT)
        with Client(url, key) as known:
            assert known.extract(TEXT).figures
            with pytest.raises(errors.Forbidden) as caught:
                known.extract(TEXT, store=True)
            assert caught.value.detail["needs"] == "annotator"


def test_nobody_there():
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(errors.ServiceUnreachable) as caught:
        client.model()
    assert caught.value.detail["url"].startswith(f"http://127.0.0.1:{port}") and " / " in caught.value.message


class Odd:
    """A server that answers as it is told; counts requests, and what is waited for."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests, self.waited = [], []
        self.client = Client(
            "http://odd", transport=httpx.MockTransport(self._answer), sleep=self.waited.append, retries=2
        )

    def _answer(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def busy(status=429, code="service_busy", **headers):
    body = {"error": {"code": code, "message": "Bận. / Busy.", "detail": {}}}
    return httpx.Response(status, json=body, headers=headers)


def fine():
    return httpx.Response(200, json={"name": "m", "version": "1", "catalogue": "c", "manifest": {}, "new": 1})


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_says(status):
    odd = Odd(busy(status, **{"Retry-After": "7"}), busy(status, **{"Retry-After": "2"}), fine())
    assert odd.client.model().name == "m"
    assert odd.waited == [7, 2]


def test_what_was_sent_is_sent_again_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    for source in (TEXT, path):
        odd = Odd(busy(**{"Retry-After": "1"}), busy(422, "text_empty"))
        with pytest.raises(errors.EmptyText):
            odd.client.extract(source)
        first, second = (request.read() for request in odd.requests)
        assert "Đàn bò".encode() in first and len(first) == len(second)


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        (busy(**{"Retry-After": "1"}), 3),
        (busy(), 1),
        (busy(**{"Retry-After": "61"}), 1),
        (busy(**{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 1),
        (busy(500, "internal", **{"Retry-After": "1"}), 1),
        (busy(503, "too_slow"), 1),
    ],
)
def test_it_is_not_asked_again_for_ever_nor_unasked(answer, times):
    odd = Odd(answer)
    with pytest.raises(errors.ChitieuError):
        odd.client.model()
    assert len(odd.requests) == times


def test_a_code_that_is_not_known_is_an_error_all_the_same():
    with pytest.raises(errors.ChitieuError) as caught:
        Odd(busy(418, "teapot")).client.model()
    assert (type(caught.value), caught.value.code, caught.value.status) == (errors.ChitieuError, "teapot", 418)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(500, json={"error": "x"}),
        httpx.Response(500, json=[]),
        httpx.Response(404, content=b"\xff"),
    ],
)
def test_an_error_that_is_not_the_services(answer):
    with pytest.raises(errors.ChitieuError) as caught:
        Odd(answer).client.model()
    assert (caught.value.code, caught.value.status) == ("http_error", answer.status_code)


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json={"name": 1}), httpx.Response(200, json=[])])  # fmt: skip
def test_an_answer_of_another_form(answer):
    client = Odd(answer).client
    for ask in (client.model, lambda: next(client.documents()), lambda: next(client.indicators("x"))):
        with pytest.raises(errors.ChitieuError) as caught:
            ask()
        assert caught.value.code == "answer_invalid"


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_a_connection_that_fails(fault):
    odd = Odd(fault)
    with pytest.raises(errors.ServiceUnreachable):
        odd.client.extract(TEXT)
    assert len(odd.requests) == 1  # nobody knows whether it was done


def test_fields_that_are_not_known_are_passed_over(client):
    body = json.loads(client.extract(TEXT).model_dump_json())
    body["moi"] = body["document"]["moi"] = body["figures"][0]["moi"] = 1
    assert Odd(httpx.Response(200, json=body)).client.extract(TEXT).figures


@pytest.mark.parametrize(
    "lines", ["", '{"index": 0, "id": "x", "error": {"code": "text_empty", "message": "x / y"}}\n']
)
def test_a_batch_that_is_cut_off_says_so(lines):
    with pytest.raises(errors.ChitieuError) as caught:
        list(Odd(httpx.Response(200, text=lines)).client.batch(["x"]))
    assert caught.value.code == "answer_cut"


def test_a_batch_that_is_not_taken_whole_says_why():
    last = {"done": 0, "failed": 0, "error": {"code": "body_too_slow", "message": "x / y", "detail": {"seconds": 60}}}
    with pytest.raises(errors.BodyTooSlow):
        list(Odd(httpx.Response(200, text=json.dumps(last))).client.batch(["x"]))


def test_a_batch_whose_service_stops_says_which_texts_were_not_done():
    error = {"code": "stopping", "message": "x / y", "detail": {"retry_after": 5}}
    lines = [{"index": 2, "id": "x", "error": {"code": "text_empty", "message": "x / y"}}, {"done": 0, "failed": 1, "error": error}]  # fmt: skip
    came = []
    with pytest.raises(errors.ServiceStopping) as caught:
        for result in Odd(httpx.Response(200, text="\n".join(map(json.dumps, lines)))).client.batch("abcd"):
            came.append(result.index)
    assert came == [2] and caught.value.detail == {"retry_after": 5, "missing": [0, 1, 3]}


def test_empty_lines_of_a_batch_are_signs_of_life():
    last = {"done": 0, "failed": 0, "error": None}
    assert list(Odd(httpx.Response(200, text="\n\n" + json.dumps(last) + "\n")).client.batch(["x"])) == []


def job_line(state, done=0):
    job = {"id": "j", "kind": "extract", "state": state, "done": done, "asked_at": "2026-01-01T00:00:00Z"}
    return f"event: x\ndata: {json.dumps(job)}\n\n: ping\n\n"


def test_watching_goes_on_when_the_connection_breaks():
    class Breaking(httpx.SyncByteStream):
        def __iter__(self):
            yield job_line("running", 3).encode()
            raise httpx.ReadError("broken")

    running = httpx.Response(200, json=json.loads(job_line("running", 4).split("data: ")[1].split("\n")[0]))
    events = httpx.Response(200, text=job_line("running", 5) + job_line("done", 9))
    odd = Odd(httpx.Response(200, stream=Breaking()), running, events)
    assert [(j.state, j.done) for j in odd.client.watch("j")] == [("running", 3), ("running", 5), ("done", 9)]
    assert odd.waited == [1]  # a service that ends each stream at once is not asked without a pause


def test_watching_goes_on_when_the_service_is_back():
    stopping = job_line("queued").replace("event: x", "event: stopping")
    gone, back = httpx.ConnectError("refused"), httpx.Response(200, text=job_line("done", 9))
    odd = Odd(httpx.Response(200, text=job_line("running", 3) + stopping), gone, gone, back)
    assert [(j.state, j.done) for j in odd.client.watch("j")] == [("running", 3), ("done", 9)]
    assert odd.waited == [5, 5, 5]


def test_watching_a_service_that_stopped_and_stays_away_ends():
    stopping = job_line("queued").replace("event: x", "event: stopping")
    odd = Odd(httpx.Response(200, text=stopping), *[httpx.ConnectError("refused")] * 9)
    with pytest.raises(errors.ServiceUnreachable):
        list(odd.client.watch("j"))
    assert len(odd.requests) == 4  # the stream, and as often as a request is made again


def test_watching_a_service_that_never_answers_ends():
    with pytest.raises(errors.ServiceUnreachable):
        list(Odd(httpx.ConnectError("refused")).client.watch("j"))


def test_what_the_client_knows_is_what_the_service_says():
    assert set(StoredDocument.model_fields) == set(DocumentWithAnswer.model_fields)
    assert set(Indicator.model_fields) == set(FoundIndicator.model_fields)
    assert set(ClientServed.model_fields) == set(Served.model_fields)
    assert set(StoredPlace.model_fields) == set(stored.StoredPlace.model_fields)
    assert set(StoredPeriod.model_fields) == set(stored.StoredPeriod.model_fields)


def test_it_loads_little():
    program = (
        "import sys, chitieu.client; "
        "bad = {'fastapi', 'starlette', 'sqlalchemy', 'onnxruntime', 'numpy', 'spacy', 'chitieu.pipeline', 'chitieu.api'} & set(sys.modules); "
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_token_read_from_a_file_may_end_in_a_newline():
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"name": "m", "version": "1", "catalogue": "c", "manifest": {}})

    Client(token="chitieu_a_b\n", transport=httpx.MockTransport(answer)).model()
    assert seen == ["Bearer chitieu_a_b"]


@pytest.mark.parametrize(
    "given", [{"token": "chitieu_a\nb"}, {"token": "mã"}, {"url": "127.0.0.1:8000"}, {"url": "ftp://x"}]
)
def test_what_can_be_no_address_or_token_is_told_at_once(given):
    with pytest.raises(errors.BadRequest) as caught:
        Client(**given)
    assert given.get("token", "-none-") not in str(caught.value)
