"""A promoted model takes the place of the one that is served: no request is dropped, and the old one's memory goes."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby

import httpx
import pytest
from structlog.testing import capture_logs

from chitieu.catalogue.load import load_catalogue
from chitieu.jobs.extract import Kept
from chitieu.jobs.queue import Queue
from chitieu.jobs.run import Tools
from chitieu.jobs.worker import Worker
from chitieu.models import current_model
from chitieu.pipeline import Pipeline
from chitieu.registry.promote import promote, rollback
from chitieu.served import ServedPipeline, following
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import open_database
from chitieu.store.migrate import migrate
from chitieu.tagging.encoder import Tagger
from fakes import fake_pipeline
from live import served as live
from registered import BROKEN, fake_load, held, point

TEXT = "Tổng thu ngân sách đạt 215,4 tỷ đồng, tăng 6,2% so với cùng kỳ."


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "models"
    for version in ("1.0.0", "2.0.0"):
        held(made, version)
    held(made, "3.0.0", model=BROKEN)
    point(made, "1.0.0")
    return made


@pytest.fixture
def served(root):
    return ServedPipeline(Pipeline(fake_load(root / "fake/1.0.0"), load_catalogue()), root=root, load=fake_load)


def put(root, version):
    return promote(root, "fake", version, "lan", load=fake_load)


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def version_of(served):
    return served.pipeline.extract(TEXT).model.version


def test_nothing_is_loaded_while_nothing_changes(served, root):
    loaded = []
    served._load = lambda folder: loaded.append(folder) or fake_load(folder)
    before = served.pipeline
    for _ in range(3):
        served.look()
    (root / "current.json").write_text((root / "current.json").read_text())  # another file, the same model
    served.look()
    assert served.pipeline is before and loaded == []


def test_the_promoted_model_is_served_with_the_same_catalogue_and_observers(served, root):
    seen, told = [], []

    class Seer:
        def passed(self, windows):
            pass

        def answer_made(self, answer):
            seen.append(answer.model.version)

    served.pipeline.observers.append(Seer())
    served.observers.append(told.append)
    before = served.pipeline
    put(root, "2.0.0")
    assert version_of(served) == "1.0.0"
    served.look()
    assert version_of(served) == "2.0.0" and served.pipeline.catalogue is before.catalogue
    assert seen == ["1.0.0", "2.0.0"], "what it warmed up with is nobody's"
    assert told == [None]
    assert before.extract(TEXT).model.version == "1.0.0", "who began with the old one ends with it"


def test_the_old_model_goes_with_the_last_that_uses_it(served, root):
    old = weakref.ref(served.pipeline.tagger)
    in_hand = served.pipeline
    put(root, "2.0.0")
    gc.disable()
    try:
        served.look()
        assert old() is not None
        del in_hand
        assert old() is None, "it waits for no collection of garbage"
    finally:
        gc.enable()


def test_nothing_of_the_real_model_refers_to_what_refers_to_it():
    tagger = Tagger(current_model())
    tagger.warm_up()
    encoder = weakref.ref(tagger._encoder)
    gc.disable()
    try:
        del tagger
        assert encoder() is None
    finally:
        gc.enable()


def test_what_cannot_be_loaded_is_logged_once_and_the_old_one_is_served(served, root, monkeypatch):
    told = []
    served.observers.append(told.append)
    point(root, "3.0.0")
    with capture_logs() as logs:
        served.look()
        served.look()
        monkeypatch.setattr("chitieu.served._RETRY_SECONDS", 0.0)
        served._again = 0.0
        served.look()
    assert [(one["event"], one["log_level"], one["code"]) for one in logs] == [
        ("model_not_loaded", "error", "model_invalid")
    ]
    assert version_of(served) == "1.0.0"
    assert served.failure.code == "model_invalid" and told == [served.failure]
    (root / "fake/3.0.0/model.onnx").write_bytes(b"mended")  # of another size: still refused
    served.look()
    assert served.failure is not None
    point(root, "2.0.0")
    served.look()
    assert version_of(served) == "2.0.0" and served.failure is None and told[-1] is None


def test_a_model_that_can_be_loaded_later_is(served, root, monkeypatch):
    monkeypatch.setattr("chitieu.served._RETRY_SECONDS", 0.0)
    folder = root / "fake" / "2.0.0"
    folder.rename(root / "away")
    point(root, "2.0.0")
    served.look()
    assert served.failure.code == "model_missing"
    (root / "away").rename(folder)  # it comes after the file that names it, as a copy of both may
    served.look()
    assert version_of(served) == "2.0.0" and served.failure is None


def test_a_pointer_that_goes_away_changes_nothing_but_what_is_told(served, root):
    (root / "current.json").unlink()
    served.look()
    assert version_of(served) == "1.0.0" and served.failure.code == "model_missing"


def test_a_pipeline_that_follows_nothing_stays():
    served = ServedPipeline(fake_pipeline())
    before = served.pipeline
    assert served.latest() is before and served.failure is None


def test_looked_at_every_so_often(served, root):
    before = set(threading.enumerate())
    with following(served, 0.02):
        put(root, "2.0.0")
        until(lambda: served.pipeline.info.version == "2.0.0")
        rollback(root, "lan", load=fake_load)
        until(lambda: served.pipeline.info.version == "1.0.0")
    assert set(threading.enumerate()) <= before, "its thread ends with it"


# A running service


@contextmanager
def asked_all_the_time(where, threads=4):
    """Clients that ask without a pause; gives what each is answered: status and version of the model."""
    stop = threading.Event()
    told: list[list] = [[] for _ in range(threads)]

    def ask(number):
        answers = told[number]
        with httpx.Client(base_url=where, timeout=30) as client:
            while not stop.is_set():
                answer = client.post("/v1/extract", json={"text": f"{TEXT} Xã thứ {number} có {len(answers)} con."})
                model = answer.json().get("model", {})
                answers.append((answer.status_code, model.get("version")))

    with ThreadPoolExecutor(threads) as pool:
        asked = [pool.submit(ask, number) for number in range(threads)]
        try:
            yield told
        finally:
            stop.set()
            for one in asked:
                one.result()


def measure(where, name):
    lines = httpx.get(f"{where}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def test_a_running_service_takes_up_a_promoted_model_and_drops_no_request(served, root, tmp_path):
    settings = Settings(data=tmp_path / "data", login="open", allowed_hosts="", rate_per_minute=0, model_seconds=0.05)

    def all_have(version):
        return all(of_one and of_one[-1] == (200, version) for of_one in answers)

    with live(served, settings) as (where, _), asked_all_the_time(where) as answers:
        until(lambda: all_have("1.0.0"))
        put(root, "2.0.0")
        until(lambda: all_have("2.0.0"))
        assert measure(where, "chitieu_model_behind") == 0
        point(root, "3.0.0")  # promotion refuses it: somebody wrote the file
        until(lambda: measure(where, "chitieu_model_behind") == 1)
        assert all_have("2.0.0") and httpx.get(f"{where}/readyz").status_code == 200
        told = httpx.get(f"{where}/v1/models").json()
        assert told["failure"]["code"] == "model_invalid" and told["served"]["version"] == "2.0.0"
        put(root, "1.0.0")
        until(lambda: all_have("1.0.0"))
        assert measure(where, "chitieu_model_behind") == 0
    assert {status for of_one in answers for status, _ in of_one} == {200}
    for of_one in answers:
        assert [version for version, _ in groupby(version for _, version in of_one)] == ["1.0.0", "2.0.0", "1.0.0"]


def test_answers_that_are_kept_follow_the_model(served, root, tmp_path):
    settings = Settings(data=tmp_path / "data", login="open", allowed_hosts="", rate_per_minute=0, model_seconds=60)
    with live(served, settings) as (where, _), httpx.Client(base_url=where, timeout=30) as client:

        def kept():
            answer = client.post("/v1/extract", json={"text": TEXT, "store": True})
            return answer.json()["model"]["version"], answer.headers["x-chitieu-stored"]

        def job():
            return client.post("/v1/jobs", json={"text": TEXT}).headers["location"]

        first = job()
        assert [kept(), kept()] == [("1.0.0", "new"), ("1.0.0", "again")]
        assert job() == first
        put(root, "2.0.0")
        # The service looks once a minute; a job that it does itself looks before it begins.
        second = client.post("/v1/jobs", json={"text": "Đàn bò có 5 con."}).headers["location"]
        until(lambda: client.get(second).json()["state"] == "done")
        assert client.get(f"{second}/result").json()["model"]["version"] == "2.0.0"
        assert [kept(), kept()] == [("2.0.0", "new"), ("2.0.0", "again")]
        assert job() != first


def test_a_worker_does_the_next_job_with_the_promoted_model(served, root, tmp_path):
    settings = Settings(data=tmp_path / "data")
    database = open_database(settings)
    migrate(database)
    queue = Queue(settings)
    held_by_worker = weakref.ref(served.pipeline.tagger)
    worker = Worker(lambda: Tools(database, served.latest(), settings))
    worker.start()
    try:

        def version(text):
            made = jobs.ask(
                database,
                kind="extract",
                settings={"content": "text"},
                body=text.encode(),
                key=None,
                by="lan",
                room=10,
            ).job
            queue.put(made.id)
            until(lambda: jobs.get(database, made.id).ended)
            return Kept.unpack(jobs.answer(database, made.id)).answer.model.version

        assert version(TEXT) == "1.0.0"
        put(root, "2.0.0")
        assert version(TEXT) == "2.0.0"
        until(lambda: gc.collect() >= 0 and held_by_worker() is None, seconds=5)
    finally:
        worker.stop(5)
        queue.close()
        database.close()
