"""The work file: what it keeps, and what it does not open."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from chitieu.batch.engine import Failure, Part, Reading, Result
from chitieu.batch.entries import Fault
from chitieu.batch.work import FORMAT, Work
from chitieu.errors import FileUnreadable, OutputInvalid, OutputLocked, OutputUnwritable


@pytest.fixture
def path(tmp_path):
    return tmp_path / "work.db"


@pytest.fixture
def opened(path):
    made: list[Work] = []

    def open_it(key: str = "k1", limits: str = "l1") -> Work:
        for one in made:
            one.close()
        made.append(Work(path, key=key, limits=limits))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def reading(words: bytes = b"1", *, year: str = "2021", place: str = "84") -> Reading:
    return Reading(year, place, 3, {"figures": Part(3, words), "documents": Part(1, words)})


def noted(work: Work, name: str, sha256: str, *, archive: str = "/a") -> None:
    work.note(archive, name, sha256=sha256, size=7, stamp=f"stamp of {name}")


def test_what_is_put_is_there_when_it_is_opened_again(opened):
    work = opened()
    noted(work, "a.txt", "A")
    work.put(Result("A", "", reading()))
    work = opened()
    assert work.outcome("A", "") == Reading("2021", "84", 3, {})
    assert work.known("/a", "a.txt", "stamp of a.txt") == "A"
    assert work.known("/a", "a.txt", "another") is None and work.known("/a", "a.txt", None) is None
    work.choose()
    (document,) = work.chosen("2021", "84")
    assert (document.name, document.names, document.bytes) == ("a.txt", 1, 7)
    assert work.part(document.reading, "figures") == (3, b"1")


def test_another_key_reads_again_and_until_then_the_old_answer_stands(opened):
    work = opened()
    for name in "AB":
        noted(work, f"{name}.txt", name)
        work.put(Result(name, "", reading(b"old")))
    work = opened("k2")
    assert work.outcome("A", "") is None
    work.put(Result("A", "", reading(b"new")))
    work.choose()
    documents = list(work.chosen("2021", "84"))
    assert [work.part(d.reading, "figures")[1] for d in documents] == [b"new", b"old"]


def test_a_digest_tells_another_reading_even_where_its_number_is_used_again(opened):
    work = opened()
    noted(work, "a.txt", "A")
    digests = []
    for words in (b"1", b"2", b"1"):
        work.put(Result("A", "", reading(words)))
        work.choose()
        digests += [d.digest for d in work.chosen("2021", "84")]
    assert digests[0] == digests[2] != digests[1]


def test_the_first_name_tells_the_kind_and_the_whole_is_counted_once(opened):
    work = opened()
    noted(work, "b.txt", "A")
    assert work.hint("A") == "" and work.hint("A", name="a.csv") == "csv"
    work.put(Result("A", "", reading(b"as text")))
    noted(work, "a.csv", "A")
    assert work.hint("A") == "csv"
    assert list(work.unread()) == [("/a", "a.csv")]
    work.choose()
    assert [d.name for d in work.chosen("2021", "84")] == ["a.csv"], "until it is read again"
    work.put(Result("A", "csv", reading(b"as table")))
    assert list(work.unread()) == []
    work.choose()
    (document,) = work.chosen("2021", "84")
    assert document.names == 2 and work.part(document.reading, "figures")[1] == b"as table"


def test_a_file_that_changed_takes_its_name_along(opened):
    work = opened()
    noted(work, "a.txt", "A")
    work.put(Result("A", "", reading(b"old")))
    noted(work, "a.txt", "B")
    work.put(Result("B", "", reading(b"new")))
    work.choose()
    assert [d.sha256 for d in work.chosen("2021", "84")] == ["B"]


def test_failures_are_kept_and_forgotten_on_request(opened):
    work = opened()
    for name, code in (("A", "file_damaged"), ("B", "program_missing"), ("C", "file_too_costly")):
        noted(work, f"{name}.txt", name)
        work.put(Result(name, "", Failure(code, "vì sao / why")))
    work.note_fault(Fault("/a", "kín/", FileUnreadable("kín / shut")))
    work.choose()
    told = [(row["name"], row["document"], row["code"]) for row in work.failures()]
    assert told == [
        ("A.txt", "A", "file_damaged"),
        ("B.txt", "B", "program_missing"),
        ("C.txt", "C", "file_too_costly"),
        ("kín/", None, "file_unreadable"),
    ]
    work.forget_failures(everything=False, passing=("program_missing",))
    assert [work.outcome(name, "") is None for name in "ABC"] == [False, True, False]
    work = opened(limits="l2")
    work.forget_failures(everything=False, passing=())
    assert [work.outcome(name, "") is None for name in "AC"] == [False, True], "costly under other limits"
    work.forget_failures(everything=True, passing=())
    assert work.outcome("A", "") is None


def test_what_was_read_in_part_is_tried_again_on_request(opened):
    work = opened()
    for name in "AB":
        noted(work, f"{name}.pdf", name)
        work.put(Result(name, "", replace(reading(), is_partial=name == "A")))
    work.forget_failures(everything=False, passing=())
    assert work.outcome("A", "") is not None
    work.forget_failures(everything=True, passing=())
    assert [work.outcome(name, "") is None for name in "AB"] == [True, False]


def test_a_name_that_could_not_be_opened_and_then_can_is_no_failure(opened):
    work = opened()
    work.note_fault(Fault("/a", "a.txt", FileUnreadable("x")))
    noted(work, "a.txt", "A")
    work.put(Result("A", "", reading()))
    work.choose()
    assert list(work.failures()) == []


def test_another_process_finds_it_locked(path, opened):
    opened()
    script = (
        "from pathlib import Path; from chitieu.batch.work import Work; import sys\n"
        "try:\n    Work(Path(sys.argv[1]), key='k', limits='l')\nexcept Exception as e:\n    print(e.code)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == OutputLocked.code


def test_other_versions_and_other_files_are_refused(path, opened):
    opened().close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    with pytest.raises(OutputInvalid) as caught:
        opened()
    assert caught.value.detail["version"] == FORMAT + 1
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other (x)")
    db.close()
    with pytest.raises(OutputInvalid, match="không phải"):
        opened()
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    with pytest.raises(OutputInvalid, match="hỏng"):
        opened()


def test_a_place_that_cannot_be_written_to(tmp_path):
    with pytest.raises(OutputUnwritable):
        Work(tmp_path / "không có" / "work.db", key="k", limits="l")


def test_nothing_is_kept_of_a_transaction_that_fails(opened):
    work = opened()
    noted(work, "a.txt", "A")
    work.put(Result("A", "", reading(b"old")))
    broken = Reading("2021", "84", 3, {"figures": Part(3, None)})  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        work.put(Result("A", "", broken))
    work.choose()
    (document,) = work.chosen("2021", "84")
    assert work.part(document.reading, "figures") == (3, b"old")
