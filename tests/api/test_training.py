"""`/v1/training`: reviewers have the next model made, one at a time; what came of it, its log, who may see."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from chitieu.errors import DataLeak
from chitieu.jobs.train import KIND, TrainedModel, TrainedOn, Training
from chitieu.store import audit, jobs
from chitieu.store.database import Database
from chitieu.store.jobs import JobError
from chitieu.store.migrate import migrate
from members import bearer, code_of, member, service, token

PEOPLE = {"an": "reviewer", "lan": "annotator", "minh": "reviewer", "sep": "admin"}
URL_OF = "/v1/training"
TRAINING = Training(
    decision="refuse",
    model=None,
    promoted=False,
    parent=TrainedModel(name="thu", version="0.1.0"),
    data="d" * 64,
    recipe="r" * 64,
    documents=TrainedOn(corrected=3, rehearsed=2, watched=1, test=1),
    development={"micro": 0.9},
    gate={"decision": "refuse", "worse": ["micro"]},
    page="<!doctype html><title>Cổng</title>",
)


@pytest.fixture
def database_url(tmp_path):
    url = URL.create("sqlite", database=str(tmp_path / "chitieu.db"))
    made = Database(url)
    migrate(made)
    made.close()
    return url


@pytest.fixture
def office(database_url):
    """A client whose service does no jobs itself, the database, and the headers of each person."""
    with service(database_url, jobs="apart") as (client, database):
        for name, role in PEOPLE.items():
            member(database, name, role, password=False)
        yield client, database, {name: bearer(token(database, name)) for name in PEOPLE}


def end(database, job_id, *, error=None, training=None):
    assert jobs.claim(database, job_id, "w", lease_seconds=60, attempts=3) is not None
    assert jobs.note(database, job_id, "w", "2026-11-27T10:00:00Z epoch 1\n")
    if error is not None:
        assert jobs.fail(database, job_id, "w", JobError.of(error))
    else:
        assert jobs.finish(database, job_id, "w", answer=training.pack())


def test_a_reviewer_asks_and_a_second_is_answered_with_the_first(office):
    client, database, who = office
    asked = client.post(URL_OF, headers=who["an"])
    assert (asked.status_code, asked.json()["kind"], asked.json()["state"]) == (202, KIND, "queued")
    job_id = asked.json()["id"]
    assert asked.headers["Location"] == f"/v1/jobs/{job_id}"
    assert asked.json()["links"]["result"] == f"{URL_OF}/{job_id}"
    again = client.post(URL_OF, headers=who["minh"])
    assert (again.status_code, again.json()["id"], again.json()["asked_by"]) == (200, job_id, "an")
    (entry,) = audit.listed(database, action="training_asked").items
    assert (entry.actor, entry.subject) == ("an", job_id)
    end(database, job_id, training=TRAINING)
    new = client.post(URL_OF, headers=who["minh"])
    assert new.status_code == 202 and new.json()["id"] != job_id


def test_who_is_no_reviewer_may_not(office):
    client, database, who = office
    assert code_of(client.post(URL_OF, headers=who["lan"])) == (403, "forbidden")
    job_id = client.post(URL_OF, headers=who["an"]).json()["id"]
    assert code_of(client.get(f"{URL_OF}/{job_id}", headers=who["lan"])) == (403, "forbidden")
    for path in (f"/v1/jobs/{job_id}", f"/v1/jobs/{job_id}/log"):
        assert code_of(client.get(path, headers=who["lan"])) == (404, "job_unknown")
        assert client.get(path, headers=who["minh"]).status_code == 200
    assert code_of(client.delete(f"/v1/jobs/{job_id}", headers=who["lan"])) == (404, "job_unknown")
    assert client.delete(f"/v1/jobs/{job_id}", headers=who["minh"]).status_code == 204
    assert jobs.get(database, job_id).state == "cancelled"


def test_what_came_of_it_as_json_and_as_the_gates_page(office):
    client, database, who = office
    job_id = client.post(URL_OF, headers=who["an"]).json()["id"]
    assert code_of(client.get(f"{URL_OF}/{job_id}", headers=who["an"])) == (409, "job_unfinished")
    end(database, job_id, training=TRAINING)
    told = client.get(f"{URL_OF}/{job_id}", headers=who["minh"])
    assert told.json() == TRAINING.model_dump(mode="json") and "page" not in told.json()
    page = client.get(f"{URL_OF}/{job_id}", headers=who["an"] | {"Accept": "text/html"})
    assert page.text == TRAINING.page and page.headers["Content-Type"].startswith("text/html")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    moved = client.get(f"/v1/jobs/{job_id}/result", headers=who["an"], follow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (307, f"{URL_OF}/{job_id}")
    log = client.get(f"/v1/jobs/{job_id}/log", headers=who["an"])
    assert log.text == "2026-11-27T10:00:00Z epoch 1\n" and log.headers["Content-Type"].startswith("text/plain")


def test_a_gate_without_a_page_says_so(office):
    client, database, who = office
    job_id = client.post(URL_OF, headers=who["an"]).json()["id"]
    end(database, job_id, training=TRAINING.model_copy(update={"page": None}))
    asked = client.get(f"{URL_OF}/{job_id}", headers=who["an"] | {"Accept": "text/html"})
    assert code_of(asked) == (406, "not_acceptable")


def test_what_went_wrong_is_the_answer_and_its_log_stays(office):
    client, database, who = office
    job_id = client.post(URL_OF, headers=who["an"]).json()["id"]
    end(database, job_id, error=DataLeak("Rò rỉ. / A leak.", pairs=[], number=1))
    assert code_of(client.get(f"{URL_OF}/{job_id}", headers=who["an"])) == (409, "data_leak")
    assert client.get(f"/v1/jobs/{job_id}/log", headers=who["an"]).text != ""


def test_a_job_of_another_kind_is_no_training(office):
    client, _, who = office
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    job_id = client.post("/v1/jobs", content="Đàn bò có 8 con.".encode(), headers=who["an"] | plain).json()["id"]
    assert code_of(client.get(f"{URL_OF}/{job_id}", headers=who["an"])) == (404, "job_unknown")
    assert client.get(f"/v1/jobs/{job_id}/log", headers=who["an"]).text == ""
