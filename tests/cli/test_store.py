from __future__ import annotations

import os
import zipfile

import pytest
from sqlalchemy import URL, text

from chitieu.cli import main
from chitieu.store.audit import listed
from chitieu.store.database import Database
from chitieu.store.documents import list_documents
from chitieu.store.migrate import migrate
from stored import keep, keep_rows


@pytest.fixture
def told_where(database, monkeypatch):
    """A database that the environment's settings name."""
    monkeypatch.setenv("CHITIEU_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def test_a_backup_is_restored_into_another_database(told_where, tmp_path, monkeypatch, capsys):
    keep(told_where)
    file = tmp_path / "sao-luu.zip"
    assert main(["backup", str(file)]) == 0
    told = capsys.readouterr()
    assert "1 tài liệu / documents" in told.out and f"database: {told_where.place}\n" in told.err
    other = Database(URL.create("sqlite", database=str(tmp_path / "other.db")))
    monkeypatch.setenv("CHITIEU_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    assert main(["restore", str(file)]) == 0
    assert f"database: {tmp_path}/other.db\n" in capsys.readouterr().err
    assert list_documents(other).items == list_documents(told_where).items
    assert [(line.action, line.subject) for line in listed(other).items][:1] == [("backup_restored", "sao-luu.zip")]
    other.close()


def test_a_restore_goes_over_what_is_there_only_where_it_is_said(told_where, tmp_path, capsys):
    keep(told_where)
    file = tmp_path / "a.zip"
    assert main(["backup", str(file)]) == 0
    keep_rows(told_where, {}, name="sau.txt")
    assert main(["restore", str(file)]) == 1
    assert "store_not_empty" in capsys.readouterr().err
    assert len(list_documents(told_where).items) == 2
    assert main(["restore", str(file), "--replace"]) == 0
    assert len(list_documents(told_where).items) == 1


def test_a_backup_is_its_owners_alone(told_where, tmp_path):
    before = os.umask(0o022)
    try:
        assert main(["backup", str(tmp_path / "a.zip")]) == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert (tmp_path / "a.zip").stat().st_mode & 0o777 == 0o600


def test_a_backup_that_fails_leaves_the_one_before(told_where, tmp_path, monkeypatch, capsys):
    from chitieu.errors import DatabaseDown
    from chitieu.store import backup

    file = tmp_path / "a.zip"
    assert main(["backup", str(file)]) == 0
    before = file.read_bytes()
    write, seen = backup._write, []

    def failing(session, found, archive):
        seen.append(found)
        if len(seen) == 3:
            raise DatabaseDown("…", cause="unreachable")
        return write(session, found, archive)

    monkeypatch.setattr(backup, "_write", failing)
    assert main(["backup", str(file)]) == 1
    assert "database_down" in capsys.readouterr().err
    assert file.read_bytes() == before and list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*")) == []


def test_a_backup_into_a_folder_that_is_not_there_is_told(told_where, tmp_path, capsys):
    assert main(["backup", str(tmp_path / "nowhere" / "a.zip")]) == 1
    assert "output_unwritable" in capsys.readouterr().err


def test_a_file_that_is_not_there_or_no_backup_is_told(told_where, tmp_path, capsys):
    assert main(["restore", str(tmp_path / "nowhere.zip")]) == 1
    assert "file_unreadable" in capsys.readouterr().err
    assert main(["restore", str(tmp_path)]) == 1
    assert "file_unreadable" in capsys.readouterr().err
    (tmp_path / "a.zip").write_bytes(b"PK")
    assert main(["restore", str(tmp_path / "a.zip")]) == 1
    assert "backup_invalid" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert main(["restore", str(tmp_path / "b.zip")]) == 1
    assert "backup_invalid" in capsys.readouterr().err


def test_a_backup_without_its_end_is_told_to_be_cut_short(told_where, tmp_path, capsys):
    file = tmp_path / "a.zip"
    assert main(["backup", str(file)]) == 0
    file.write_bytes(file.read_bytes()[:-300])
    assert main(["restore", str(file)]) == 1
    assert "backup_invalid" in (told := capsys.readouterr().err) and "cut short: its end is missing" in told
    file.write_text("no zip at all")
    assert main(["restore", str(file)]) == 1
    assert "is no backup of chitieu" in capsys.readouterr().err


def test_a_data_folder_that_is_a_file_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CHITIEU_DATABASE_URL", raising=False)
    monkeypatch.setenv("CHITIEU_DATA", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    assert main(["users", "list"]) == 1
    assert "is a file, not a folder" in capsys.readouterr().err


def test_a_database_that_cannot_be_opened_is_told_with_place_and_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CHITIEU_DATABASE_URL", f"sqlite:///{tmp_path}/chitieu.db")
    (tmp_path / "chitieu.db").mkdir()
    assert main(["users", "list"]) == 1
    assert f"(unreachable: {tmp_path}/chitieu.db: Is a directory)" in capsys.readouterr().err
    (tmp_path / "chitieu.db").rmdir()
    (tmp_path / "chitieu.db").write_bytes(b"no database at all" * 100)
    assert main(["users", "list"]) == 1
    assert f"(file is not a database: {tmp_path}/chitieu.db)" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_named_without_the_password(monkeypatch, capsys):
    pytest.importorskip("psycopg")
    monkeypatch.setenv("CHITIEU_DATABASE_URL", "postgresql://chitieu:bimat@127.0.0.1:1/kho?password=bimat")
    assert main(["users", "list"]) == 1
    told = capsys.readouterr().err
    assert "(unreachable: postgresql://127.0.0.1:1/kho: " in told and "bimat" not in told


def test_where_nothing_is_stored_there_is_no_backup_and_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CHITIEU_DATABASE_URL", raising=False)
    monkeypatch.setenv("CHITIEU_DATA", str(tmp_path / "data"))
    assert main(["backup", str(tmp_path / "a.zip")]) == 1
    told = capsys.readouterr().err
    assert "database_invalid" in told and f"({tmp_path}/data/chitieu.db)" in told
    assert not (tmp_path / "a.zip").exists() and not (tmp_path / "data" / "chitieu.db").exists()


def test_a_compacted_file_is_smaller_and_holds_the_same(told_where, tmp_path, capsys):
    kept = keep(told_where)
    for n in range(5):
        gone = keep_rows(told_where, {}, name=f"{n}.txt", text=f"Văn bản {n}." + "kinh tế " * 40_000)
        with told_where.write() as session:
            session.execute(text("DELETE FROM documents WHERE id = :id"), {"id": gone.id})
            session.execute(text("DELETE FROM texts WHERE sha256 = :sha256"), {"sha256": gone.sha256})
    told_where.close()
    before = tmp_path.joinpath("chitieu.db").stat().st_size if told_where.is_sqlite else 0
    assert main(["compact"]) == 0
    assert list_documents(told_where).items == [kept]
    if told_where.is_sqlite:
        assert tmp_path.joinpath("chitieu.db").stat().st_size < before / 2
    else:
        assert "autovacuum" in capsys.readouterr().out


def test_a_database_in_use_is_not_compacted_and_that_is_told(in_use, monkeypatch, capsys):
    monkeypatch.setattr("chitieu.cli.store._COMPACT_SECONDS", 0.2)
    assert main(["compact"]) == 1
    assert "database_down" in capsys.readouterr().err


@pytest.fixture
def in_use(tmp_path, monkeypatch):
    """A database that somebody writes to."""
    database = Database(URL.create("sqlite", database=str(tmp_path / "chitieu.db")))
    migrate(database)
    monkeypatch.setenv("CHITIEU_DATABASE_URL", f"sqlite:///{tmp_path}/chitieu.db")
    with database.write() as session:
        session.execute(text("DELETE FROM jobs"))
        yield database
    database.close()
