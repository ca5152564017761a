"""The queue: carries ids, and what happens to it hinders nobody."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from chitieu.errors import OutputUnwritable
from chitieu.jobs.queue import Queue
from chitieu.settings import Settings


def take(queue):
    task = queue.huey.dequeue()
    return None if task is None else task.args[0]


def test_first_in_first_out(settings):
    queue = Queue(settings)
    for job_id in ("a", "b", "c"):
        assert queue.put(job_id)
    assert queue.waiting() == {"a", "b", "c"}
    assert [take(queue) for _ in range(4)] == ["a", "b", "c", None]
    assert queue.waiting() == set()
    queue.close()


def test_another_queue_of_the_same_database_is_the_same(settings):
    one, other = Queue(settings), Queue(settings)
    one.put("a")
    assert other.waiting() == {"a"}
    assert take(other) == "a"
    assert take(one) is None
    one.close(), other.close()


def test_databases_that_share_a_folder_have_queues_of_their_own(tmp_path):
    one = Queue(Settings(data=tmp_path))
    other = Queue(Settings(data=tmp_path, database_url=f"sqlite:///{tmp_path}/other.db"))
    one.put("a")
    assert other.waiting() == set()
    assert take(other) is None
    assert take(one) == "a"


@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_a_queue_that_was_lost_takes_ids_again(settings, lose, how):
    queue = Queue(settings)
    queue.put("a")
    lose(how)
    assert queue.put("b")
    assert queue.waiting() == {"b"}
    lose(how)
    assert queue.waiting() == set()
    lose(how)
    assert take(queue) is None
    queue.put("c")
    assert take(queue) == "c"
    queue.close()


def test_a_queue_that_is_not_to_be_had_stops_nobody(tmp_path):
    queue = Queue(Settings(data=tmp_path))
    (tmp_path / "queue.db").unlink()
    (tmp_path / "queue.db").mkdir()
    assert not queue.put("a")
    assert queue.waiting() is None
    assert take(queue) is None
    (tmp_path / "queue.db").rmdir()
    assert queue.put("a")
    assert take(queue) == "a"


def test_a_queue_that_cannot_be_opened_for_a_moment_keeps_its_ids(tmp_path, monkeypatch):
    queue = Queue(Settings(data=tmp_path))
    queue.put("a")
    database = queue.huey.storage.database
    connect, tried = database._connect, []

    def at_the_second_time():
        tried.append(1)
        if len(tried) == 1:
            raise sqlite3.OperationalError("unable to open database file")
        return connect()

    monkeypatch.setattr(database, "_connect", at_the_second_time)
    assert queue.waiting() == {"a"}
    assert len(tried) > 1


def test_a_queue_whose_folder_is_gone_makes_it_anew(tmp_path):
    queue = Queue(Settings(data=tmp_path / "data"))
    shutil.rmtree(tmp_path / "data")
    assert queue.put("a")
    assert take(queue) == "a"


def test_a_folder_in_which_there_can_be_no_queue(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OutputUnwritable) as error:
        Queue(Settings(data=tmp_path / "data"))
    assert "queue.db" in error.value.detail["file"]


def test_what_is_no_message_runs_nothing(settings):
    ran = []
    queue = Queue(settings, work=ran.append)
    queue.huey.storage.enqueue(b"cos\nsystem\n(S'true'\ntR.")  # what an unpickler would run
    with pytest.raises(ValueError, match="Expecting value"):
        queue.huey.dequeue()
    assert ran == []
    assert take(queue) is None
    queue.close()


@pytest.mark.postgres
def test_postgresql_that_went_away_and_came_back(postgres, tmp_path):
    with postgres.new_database() as url:
        queue = Queue(Settings(data=tmp_path, database_url=url.render_as_string(hide_password=False)))
        assert take(queue) is None
        postgres.crash()
        assert not queue.put("a")
        assert queue.waiting() is None
        assert take(queue) is None
        assert not Queue(Settings(data=tmp_path, database_url=url.render_as_string(hide_password=False))).put("a")
        postgres.start()
        assert queue.put("b")
        assert take(queue) == "b"
        queue.close()


def test_the_file_is_its_owners_alone(tmp_path):
    Queue(Settings(data=tmp_path / "data")).close()
    assert (tmp_path / "data" / "queue.db").stat().st_mode & 0o777 == 0o600
