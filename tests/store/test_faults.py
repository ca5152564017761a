from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from chitieu.errors import BadRequest, DatabaseDown, DatabaseInvalid, OutputUnwritable
from chitieu.store.database import Database
from chitieu.store.documents import get, list_documents, stored_answer
from chitieu.store.migrate import migrate
from chitieu.store.tables import Account
from postgres import wait_until
from stored import REPORT, delete, id_of, keep, keep_rows, put_together, save


def path_of(database: Database) -> Path:
    return Path(str(database.url.database))


def down(cause: str, work) -> DatabaseDown:
    with pytest.raises(DatabaseDown) as caught:
        work()
    assert caught.value.detail["cause"] == cause
    assert caught.value.status == 503 and caught.value.retry_after
    return caught.value


def works(database: Database) -> None:
    """Storing, reading and deleting all do."""
    summary = keep_rows(database, {}, name="sau.txt", text="Sau cùng.")
    assert get(database, summary.id).text == "Sau cùng."
    delete(database, summary.id)


# Locked


def test_a_writer_that_another_keeps_out_is_told_and_works_again_after(in_file):
    kept = keep(in_file)
    other = sqlite3.connect(path_of(in_file), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    down("locked", lambda: keep_rows(in_file, {}))
    down("locked", lambda: delete(in_file, kept.id))
    assert [d.id for d in list_documents(in_file).items] == [kept.id]  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    works(in_file)


def test_a_writer_waits_for_another_that_is_soon_done(tmp_path):
    database = Database(URL.create("sqlite", database=str(tmp_path / "chitieu.db")), wait=20)
    migrate(database)
    other = sqlite3.connect(tmp_path / "chitieu.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    soon = threading.Timer(0.5, other.execute, ["COMMIT"])
    soon.start()
    works(database)
    soon.join()
    other.close()
    database.close()


def test_many_threads_write_without_losing_anything(database):
    def work(number: int) -> None:
        for n in range(5):
            keep_rows(database, {}, name=f"{number}-{n}.txt", text=f"Văn bản {n}.")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(list_documents(database, limit=100).items) == 40


def test_a_connection_that_does_not_come_free_is_told(in_file):
    busy = Database(in_file.url, connections=1, wait=0.2)
    with busy.read() as first, busy.read() as second:
        first.execute(text("SELECT 1"))
        second.execute(text("SELECT 1"))
        down("busy", lambda: list_documents(busy))
    works(busy)
    busy.close()


def test_a_log_that_was_long_is_short_again(in_file):
    log = path_of(in_file).with_name(path_of(in_file).name + "-wal")
    with in_file.write() as session:
        session.execute(text("INSERT INTO texts (sha256, text) VALUES ('x', hex(zeroblob(25000000)))"))
    assert log.stat().st_size > 40_000_000
    for n in range(3):
        keep_rows(in_file, {}, name=f"{n}.txt", text=f"Văn bản {n}.")
    assert log.stat().st_size <= 32 << 20


# Full


def test_a_full_disk_stores_nothing_and_works_again_after(in_file):
    kept = keep(in_file)
    with in_file.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    in_file.close()  # of each connection anew
    long = "Văn bản dài. " + "kinh tế " * 40_000

    from sqlalchemy import event

    def limit(connection, _) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")

    event.listen(in_file.engine, "connect", limit)
    down("full", lambda: keep_rows(in_file, {}, text=long))
    assert [d.id for d in list_documents(in_file).items] == [kept.id]
    event.remove(in_file.engine, "connect", limit)
    in_file.close()
    keep_rows(in_file, {}, text=long)
    works(in_file)


def _grow_past(url, size: int) -> None:
    """In a process that may write no file past so many bytes."""
    import resource

    database = Database(url)
    answer = put_together({}, text="Văn bản dài. " + "kinh tế " * 40_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        save(database, answer, "Văn bản dài. " + "kinh tế " * 40_000, id=id_of(answer), by="lan")
    except DatabaseDown as error:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        keep_rows(database, {}, name="sau.txt", text="Sau cùng.")
        raise SystemExit({"full": 7, "disk": 8}[error.detail["cause"]]) from None
    finally:
        database.close()


def test_a_file_that_cannot_grow_stores_nothing_and_the_process_works_again_after(in_file):
    import multiprocessing

    kept = keep(in_file)
    process = multiprocessing.get_context("spawn").Process(target=_grow_past, args=(in_file.url, 200_000))
    process.start()
    process.join(180)
    assert process.exitcode in (7, 8)
    found = list_documents(in_file).items
    assert [d.name for d in found] == ["sau.txt", kept.name]
    with in_file.read() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small file system")
def test_a_disk_that_is_really_full_stores_nothing_and_works_again_after(tmp_path):
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", small], capture_output=True, check=False
    ).returncode:
        pytest.skip("may not mount a small file system here")
    try:
        database = Database(URL.create("sqlite", database=str(small / "chitieu.db")))
        migrate(database)
        keep_rows(database, {}, name="trước.txt")
        long = "Văn bản dài. " + "kinh tế " * 100_000
        with pytest.raises(DatabaseDown) as caught:
            keep_rows(database, {}, text=long)
        assert caught.value.detail["cause"] in ("full", "disk")
        assert [d.name for d in list_documents(database).items] == ["trước.txt"]
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        keep_rows(database, {}, text=long)
        works(database)
        database.close()
    finally:
        subprocess.run(["umount", small], check=True)


# No database, or a damaged one


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path):
    path = tmp_path / "chitieu.db"
    path.write_bytes(b"Day khong phai co so du lieu. " * 400)
    database = Database(URL.create("sqlite", database=str(path)))
    for work in (lambda: migrate(database), lambda: list_documents(database), lambda: keep_rows(database, {})):
        with pytest.raises(DatabaseInvalid):
            work()
    assert path.read_bytes() == b"Day khong phai co so du lieu. " * 400
    path.unlink()
    migrate(database)
    works(database)
    database.close()


def test_a_truncated_file_is_told_and_a_copy_put_back_works(in_file, tmp_path):
    for n in range(20):
        keep_rows(in_file, *[{} for _ in range(20)], name=f"{n}.txt", text=f"Văn bản {n}.")
    in_file.close()
    path = path_of(in_file)
    shutil.copy(path, tmp_path / "copy.db")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3 // 4096 * 4096)
    with pytest.raises(DatabaseInvalid):
        for n in range(20):
            keep_rows(in_file, *[{} for _ in range(20)], name=f"{n}.txt", text=f"Văn bản {n}.")
            list_documents(in_file, limit=100)
    in_file.close()
    for beside in path.parent.glob("chitieu.db-*"):
        beside.unlink()
    shutil.copy(tmp_path / "copy.db", path)
    assert len(list_documents(in_file).items) == 20
    works(in_file)


def test_a_database_without_our_tables_is_told(tmp_path):
    database = Database(URL.create("sqlite", database=str(tmp_path / "chitieu.db")))
    with pytest.raises(DatabaseInvalid):
        list_documents(database)
    migrate(database)
    works(database)
    database.close()


@pytest.mark.postgres
def test_a_postgresql_database_without_our_tables_is_told(postgres):
    with postgres.new_database(migrated=False) as url:
        database = Database(url)
        with pytest.raises(DatabaseInvalid):
            list_documents(database)
        migrate(database)
        works(database)
        database.close()


# What may not be written


def _nobody(work) -> int:
    """The exit status of work done in a process without root's rights."""
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os._exit(work())
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def open_folder(tmp_path):
    """A folder that any user reaches."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="chitieu-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _cause_of(work) -> str:
    try:
        work()
    except DatabaseDown as error:
        return str(error.detail["cause"])
    except OutputUnwritable:
        return "folder"
    return "none"


def test_a_file_that_may_only_be_read_is_told_and_works_once_it_may_be_written(open_folder):
    path = open_folder / "data" / "chitieu.db"
    database = Database(URL.create("sqlite", database=str(path)))
    migrate(database)
    keep(database)
    database.close()
    (open_folder / "data").chmod(0o777)
    path.chmod(0o444)
    told, given = os.pipe(), os.pipe()

    def work() -> int:
        mine = Database(database.url)
        if _cause_of(lambda: keep_rows(mine, {})) != "readonly":
            return 1
        os.write(told[1], b"!")
        os.read(given[0], 1)
        works(mine)
        return 0

    def allow() -> None:
        os.read(told[0], 1)
        for file in path.parent.iterdir():
            file.chmod(0o666)
        os.write(given[1], b"!")

    allowing = threading.Thread(target=allow, daemon=True)
    allowing.start()
    assert _nobody(work) == 0
    allowing.join(10)
    assert len(list_documents(database).items) == 1
    database.close()


def test_a_folder_that_may_not_be_written_is_told(open_folder):
    (open_folder / "data").mkdir(mode=0o755)

    def new_file() -> int:
        mine = Database(URL.create("sqlite", database=str(open_folder / "data" / "chitieu.db")))
        return 0 if _cause_of(lambda: migrate(mine)) == "unreachable" else 1

    def new_folder() -> int:
        url = URL.create("sqlite", database=str(open_folder / "data" / "new" / "chitieu.db"))
        return 0 if _cause_of(lambda: Database(url)) == "folder" else 1

    assert _nobody(new_file) == 0
    assert _nobody(new_folder) == 0
    assert list((open_folder / "data").iterdir()) == []


def test_what_is_stored_is_its_owners_alone(in_file):
    keep(in_file)
    folder = path_of(in_file).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert len(files) == 3 and {file.stat().st_mode & 0o777 for file in files} == {0o600}


# Any engine


def test_a_fault_in_the_middle_of_storing_leaves_what_was_there(database, monkeypatch):
    before = keep(database)
    from chitieu.store import documents

    def failing(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(documents, "drop_text", failing)
    with pytest.raises(RuntimeError):
        save(database, put_together({}), "Văn bản.", id=before.id, by="lan")
    assert get(database, before.id).summary == before
    monkeypatch.undo()
    works(database)


def test_storing_works_again_after_a_reader_failed(database):
    with pytest.raises(ZeroDivisionError), database.read() as session:
        session.execute(text("SELECT 1"))
        raise ZeroDivisionError
    works(database)


# PostgreSQL


@pytest.mark.postgres
def test_a_server_that_crashes_is_told_and_the_process_works_again_after(postgres):
    with postgres.new_database() as url:
        database = Database(url)
        kept = keep(database)
        postgres.crash()
        try:
            down("unreachable", lambda: list_documents(database))
            down("unreachable", lambda: keep_rows(database, {}))
        finally:
            postgres.start()
        assert [d.id for d in list_documents(database).items] == [kept.id]
        works(database)
        database.close()


@pytest.mark.postgres
def test_a_connection_that_breaks_in_the_middle_stores_nothing(postgres):
    with postgres.new_database() as url:
        database = Database(url)
        kept = keep(database)

        def broken() -> None:
            with database.write() as session:
                session.execute(text("DELETE FROM observations"))
                pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
                postgres.execute(f"SELECT pg_terminate_backend({pid})")
                session.execute(text("DELETE FROM documents"))

        down("unreachable", broken)
        assert get(database, kept.id).summary == kept
        works(database)
        database.close()


@pytest.mark.postgres
def test_a_row_that_another_keeps_locked_is_told(postgres):
    with postgres.new_database() as url:
        database, other = Database(url, wait=0.5), Database(url)
        kept = keep(database)
        with other.write() as session:
            session.execute(text("SELECT 1 FROM texts FOR UPDATE"))
            down("locked", lambda: delete(database, kept.id))
            down("locked", lambda: keep(database, REPORT))
        works(database)
        database.close()
        other.close()


@pytest.mark.postgres
@pytest.mark.parametrize("part", ["database", "port", "user"])
def test_a_server_that_is_not_where_it_should_be_is_told_without_the_password(postgres, part):
    with postgres.new_database() as url:
        wrong = {
            "database": url.set(database="khong-co"),
            "port": url.set(port=1),
            "user": url.set(username="nobody-here"),
        }[part].set(password="bimat")
        database = Database(wrong)
        error = down("unreachable", lambda: list_documents(database))
        assert "bimat" not in str(error) + str(error.detail)
        database.close()


@pytest.mark.postgres
def test_a_database_that_may_only_be_read_is_told(postgres):
    with postgres.new_database() as url:
        postgres.execute(f"ALTER DATABASE {url.database} SET default_transaction_read_only = on")
        database = Database(url)
        down("readonly", lambda: keep_rows(database, {}))
        assert list_documents(database).items == []
        database.close()


@pytest.mark.postgres
def test_words_that_are_too_long_for_a_column_are_refused(postgres):
    with postgres.new_database() as url:
        database = Database(url)
        with pytest.raises(BadRequest), database.write() as session:
            session.add(Account(name="x" * 101, role="reader", made_at=datetime.now(UTC)))
        works(database)
        database.close()


# Killed


def _save_and_stop(url, id: str, ready) -> None:
    """Store another answer; stop for good between the document and its observations."""
    import time

    from sqlalchemy import event

    database = Database(url)

    def stop(connection, cursor, statement, *_) -> None:
        if statement.startswith("INSERT INTO observations"):
            ready.set()
            time.sleep(600)

    event.listen(database.engine, "before_cursor_execute", stop)
    save(database, put_together({}, {}, {}), "Văn bản.", id=id, by="lan")


def test_a_process_that_is_killed_while_it_stores_leaves_what_was_there(database):
    import multiprocessing

    before = keep(database)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_save_and_stop, args=(database.url, before.id, ready))
    process.start()
    assert ready.wait(180)
    process.kill()
    process.join(180)
    found = get(database, before.id)
    assert found.summary == before and found.text == REPORT
    assert stored_answer(database, before.id, model=before.model) == found.answer
    wait_until(lambda: _cause_of(lambda: works(database)) == "none", 60)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM texts")).scalar_one() == 1
        assert session.execute(text("SELECT count(*) FROM observations")).scalar_one() == before.observations
