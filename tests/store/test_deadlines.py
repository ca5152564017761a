"""A PostgreSQL server that is there no more, or takes too long."""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from chitieu.errors import DatabaseDown
from chitieu.store.backup import backup
from chitieu.store.database import Database
from chitieu.store.deadlines import socket_options
from chitieu.store.documents import list_documents
from postgres import Wire

pytestmark = pytest.mark.postgres
ANSWER = 2


@pytest.fixture
def wire(postgres):
    with Wire(postgres) as made:
        yield made


@pytest.fixture
def url(postgres, wire):
    with postgres.new_database() as made:
        yield wire.url(made)


@pytest.fixture
def database(url):
    opened = Database(url, answer=ANSWER, statement=1)
    yield opened
    opened.close()


def in_time(work, seconds=15):
    """What ``work`` gives or raises; it may not hang the tests."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(seconds)
    finally:
        pool.shutdown(wait=False)


def cause(work):
    """Why the database is not to be had, and after how long that is known."""
    begun = time.monotonic()
    with pytest.raises(DatabaseDown) as told:
        in_time(work)
    return told.value.detail["cause"], time.monotonic() - begun


def sleep(database, seconds):
    with database.read() as session:
        session.execute(text(f"SELECT pg_sleep({seconds})"))


def test_a_connection_that_nothing_comes_through_any_more_is_given_up(database, wire):
    assert list_documents(database).items == []
    wire.cut()
    why, seconds = cause(lambda: list_documents(database))  # the connection of before, then one that cannot be made
    assert why == "unreachable" and seconds < 2 * ANSWER + 2
    wire.mend()
    assert list_documents(database).items == []


def test_a_server_that_does_not_take_a_connection_is_given_up(database, wire):
    wire.cut()
    why, seconds = cause(lambda: list_documents(database))
    assert why == "unreachable" and seconds < ANSWER + 2
    wire.mend()
    assert list_documents(database).items == []


def test_a_server_that_vanishes_in_the_midst_of_a_statement_is_given_up(database, wire):
    soon = threading.Timer(0.3, wire.cut)
    soon.start()
    why, seconds = cause(lambda: sleep(database, 0.8))
    assert why == "unreachable" and seconds < 1 + 2 * ANSWER + 2
    wire.mend()
    assert list_documents(database).items == []


def test_a_statement_that_takes_too_long_is_ended_and_its_connection_used_on(database):
    assert list_documents(database).items == []
    kept = database.engine.pool.checkedin()
    why, seconds = cause(lambda: sleep(database, 60))
    assert why == "slow" and 0.9 < seconds < 1 + ANSWER
    assert database.engine.pool.checkedin() == kept == 1
    assert list_documents(database).items == []


def test_what_may_take_its_time_takes_it_and_the_next_of_the_connection_does_not(database):
    with database.write() as session:
        database.take_time(session.connection())
        session.execute(text("SELECT pg_sleep(4)"))  # longer than any limit
    assert cause(lambda: sleep(database, 60))[0] == "slow"
    assert database.engine.pool.checkedin() == 1


def test_a_backup_may_take_its_time(database, tmp_path, monkeypatch):
    from chitieu.store import backup as module

    def slowly(session, *rest, written=module._write):
        session.execute(text("SELECT pg_sleep(1.2)"))
        return written(session, *rest)

    monkeypatch.setattr(module, "tables_of_backup", lambda tables=module.tables_of_backup: tables()[:1])
    monkeypatch.setattr(module, "_write", slowly)
    with (tmp_path / "b.zip").open("wb") as file:
        assert backup(database, file)


def test_any_time_may_be_allowed(url):
    database = Database(url, answer=ANSWER, statement=0)
    try:
        sleep(database, ANSWER + 1)
    finally:
        database.close()


def test_the_system_gives_up_what_is_not_acknowledged(database):
    with database.engine.connect() as connection:
        handle = connection.connection.driver_connection.fileno()
    with socket.socket(fileno=os.dup(handle)) as theirs:
        assert theirs.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == ANSWER
        assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
        assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == ANSWER * 1000


def test_what_the_address_says_goes_before():
    options = socket_options(make_url("postgresql://db/x?tcp_user_timeout=90000&connect_timeout=20"), 5)
    assert "tcp_user_timeout" not in options and "connect_timeout" not in options
    assert options["keepalives_idle"] == 5
