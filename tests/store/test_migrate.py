from __future__ import annotations

import multiprocessing
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, inspect, text

from chitieu.errors import DatabaseInvalid
from chitieu.store.database import Database
from chitieu.store.migrate import migrate, newest, revision
from chitieu.store.tables import Base


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    """Where a database without tables is."""
    if request.param == "postgresql":
        with request.getfixturevalue("postgres").new_database(migrated=False) as url:
            yield url
    else:
        yield URL.create("sqlite", database=str(tmp_path / "made" / "chitieu.db"))


@pytest.fixture
def opened(empty):
    database = Database(empty, wait=5)
    yield database
    database.close()


def test_the_migrations_make_the_tables_that_the_software_knows(opened):
    assert revision(opened) is None
    assert migrate(opened) == newest() == revision(opened)
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        checks = {check["name"] for check in inspect(connection).get_check_constraints("jobs")}
    assert checks == {"ck_jobs_state"}


def test_migrating_twice_changes_nothing(opened):
    migrate(opened)
    with opened.write() as session:
        session.execute(text("INSERT INTO texts VALUES ('a', 'b')"))
    migrate(opened)
    with opened.read() as session:
        assert session.execute(text("SELECT * FROM texts")).all() == [("a", "b")]


def _migrate(url) -> None:
    database = Database(url)
    migrate(database)
    database.close()


def test_processes_that_migrate_at_once_wait_for_each_other(empty, opened):
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_migrate, args=(empty,)) for _ in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join(180)
    assert [process.exitcode for process in running] == [0] * 4
    assert revision(opened) == newest()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database):
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseInvalid) as caught:
        migrate(database)
    assert caught.value.detail["revision"] == "9999"
    assert revision(database) == "9999"


def test_tables_that_another_program_made_are_not_taken_for_ours(opened):
    with opened.write() as session:
        session.execute(text("CREATE TABLE documents (id INTEGER)"))
    with pytest.raises(DatabaseInvalid) as caught:
        migrate(opened)
    assert caught.value.detail["tables"] == ["documents"]
    with opened.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["documents"]


def test_another_programs_file_is_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    database = Database(URL.create("sqlite", database=str(path)))
    with pytest.raises(DatabaseInvalid):
        migrate(database)
    database.close()
    with sqlite3.connect(path) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["bookmarks"]
    connection.close()


@pytest.mark.postgres
def test_other_tables_in_postgresql_do_not_matter(postgres):
    with postgres.new_database(migrated=False) as url:
        database = Database(url)
        with database.write() as session:
            session.execute(text("CREATE TABLE bookmarks (url TEXT)"))
        migrate(database)
        assert revision(database) == newest()
        database.close()


def test_a_migration_that_fails_leaves_nothing(opened, monkeypatch):
    from chitieu.store import migrate as migrations

    def failing(connection):
        migrations.command.upgrade(migrations._config(connection), "head")
        raise RuntimeError("power cut")

    monkeypatch.setattr(migrations, "upgrade", failing)
    with pytest.raises(RuntimeError):
        migrate(opened)
    assert revision(opened) is None
    with opened.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
