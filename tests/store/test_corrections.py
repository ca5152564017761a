"""Tasks and corrections in the database: deleted with their document, in backups, whole after a kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import pytest
from sqlalchemy import URL, func, select

from chitieu.annotation.operations import OPERATION
from chitieu.errors import CorrectionConflict, DocumentUnknown
from chitieu.store import backup, corrections, projects, tasks
from chitieu.store.audit import By
from chitieu.store.corrections import Event
from chitieu.store.database import Database
from chitieu.store.migrate import migrate
from chitieu.store.tables import Correction, StoredText, Task
from chitieu.store.tasks import Beginning, Person, TaskModel
from stored import REPORT, delete, id_of, keep, read, save

LAN, MINH, ADMIN = Person("lan", "annotator"), Person("minh", "annotator"), Person("an", "admin")
BY = By("an")


def begun(database, name="Báo cáo.txt"):
    """A task of a document, and its document's id."""
    document = keep(database, name=name).id
    project = projects.add_project(database, f"Dự án {name}", guidelines=None, order="learn", by=BY).id
    (task,) = tasks.add_tasks(database, project, [document], assign=[None], blind=False, by=BY)
    return project, task.id, document


def send(database, task, *operations, revision=0, person=LAN, client="c", prefix="e"):
    events = [Event(f"{prefix}{n}", OPERATION.validate_python(told)) for n, told in enumerate(operations)]
    return corrections.append(
        database, task, events, revision=revision, client=client, person=person, is_entry=lambda _: True
    )


def count(database, table):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def states(database, task):
    return [(one.span.id, one.span.state) for one in corrections.annotation(database, task, ADMIN).spans]


def test_a_document_takes_its_tasks_and_corrections_with_it(database):
    project, task, document = begun(database)
    send(database, task, {"op": "accept", "span": "s2"}, {"op": "reject", "span": "s3"})
    assert (count(database, Task), count(database, Correction)) == (1, 2)
    delete(database, document)
    assert (count(database, Task), count(database, Correction), count(database, StoredText)) == (0, 0, 0)
    assert projects.progress(database, project).corrections == 0
    with pytest.raises(DocumentUnknown):
        tasks.add_tasks(database, project, [document], assign=[None], blind=False, by=BY)


def test_the_text_of_an_earlier_reading_stays_with_its_task(database):
    _, task, document = begun(database)
    other = "Đàn bò có 5 con."
    save(database, read(other), other, id=document)
    assert corrections.annotation(database, task, LAN).text == REPORT
    assert count(database, StoredText) == 2
    delete(database, document)
    assert count(database, StoredText) == 0


def test_a_text_that_another_document_has_stays(database):
    _, _, document = begun(database)
    answer = read(name="khác.txt")
    save(database, answer, REPORT, id=id_of(answer))
    delete(database, document)
    assert count(database, StoredText) == 1


def test_a_backup_holds_them(database, tmp_path):
    _, task, _ = begun(database)
    send(database, task, {"op": "accept", "span": "s2"}, {"op": "entry", "span": "s10", "entry": "none"})
    shown = corrections.annotation(database, task, ADMIN)
    with (tmp_path / "backup.zip").open("wb") as file:
        backup.backup(database, file)
    other = Database(URL.create("sqlite", database=str(tmp_path / "other.db")))
    migrate(other)
    try:
        with (tmp_path / "backup.zip").open("rb") as file:
            backup.restore(other, file)
        assert corrections.annotation(other, task, ADMIN) == shown
        assert corrections.since(other, task, ADMIN) == corrections.since(database, task, ADMIN)
        assert projects.list_projects(other) == projects.list_projects(database)
        assert send(other, task, {"op": "reject", "span": "s3"}, revision=2, prefix="f").revision == 3
    finally:
        other.close()


def test_an_import_begins_with_its_own_spans(database):
    from chitieu.annotation.corrections import LiveSpan

    project, _, document = begun(database)
    mine = [LiveSpan("s0", "INDICATOR", 0, 4, state="confirmed", origin="person")]
    beginning = Beginning(document, mine, TaskModel(name="annotation", version="xml"))
    (task,) = tasks.add_tasks(database, project, [beginning], assign=["local"], blind=False, by=BY)
    assert states(database, task.id) == [("s0", "confirmed")] and task.model.name == "annotation"


def test_moments_of_a_task_never_go_back(database, monkeypatch):
    _, task, _ = begun(database)
    send(database, task, {"op": "accept", "span": "s2"})
    now = corrections.datetime

    class Earlier(now):
        @classmethod
        def now(cls, zone=None):
            return now.now(zone).replace(year=2001)

    monkeypatch.setattr(corrections, "datetime", Earlier)
    send(database, task, {"op": "accept", "span": "s3"}, revision=1, prefix="f")
    first, second = corrections.since(database, task, LAN)[1]
    assert first.at == second.at


def _write_on(url, task, ready) -> None:
    database = Database(url)
    for n in range(10_000):
        revision = tasks.get_task(database, task, LAN).revision
        send(
            database,
            task,
            {"op": "reject", "span": "s2"},
            {"op": "accept", "span": "s2"},
            revision=revision,
            prefix=f"{n}-",
        )
        ready.set()


def test_killed_in_the_middle_all_of_a_request_is_there_or_none(database, database_url):
    _, task, _ = begun(database)
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        ready = context.Event()
        writer = context.Process(target=_write_on, args=(database_url, task, ready))
        writer.start()
        assert ready.wait(60)
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        info, history = corrections.since(database, task, LAN, limit=100_000)
        assert info.revision == len(history) > 0 and len(history) % 2 == 0
        assert [c.number for c in history] == list(range(1, len(history) + 1))
        assert dict(states(database, task))["s2"] == "confirmed"
        with database.write() as session:  # the next writer begins anew with its ids
            for row in session.scalars(select(Correction)):
                row.event = f"old-{row.number}"


def test_a_conflict_stores_nothing(database):
    _, task, _ = begun(database)
    send(database, task, {"op": "accept", "span": "s2"})
    with pytest.raises(CorrectionConflict):
        send(
            database,
            task,
            {"op": "accept", "span": "s5"},
            {"op": "reject", "span": "s2"},
            person=MINH,
            client="m",
            prefix="m",
        )
    assert count(database, Correction) == 1
