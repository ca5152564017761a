from __future__ import annotations

import hashlib
import io
import json
import re
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import URL, func, insert, inspect, select, text

from chitieu.annotation.operations import OPERATION
from chitieu.errors import BackupInvalid, DatabaseInvalid, StoreNotEmpty
from chitieu.store import backup as backups
from chitieu.store import corrections, projects, tasks
from chitieu.store import migrate as migrations
from chitieu.store.audit import By
from chitieu.store.backup import LEFT_OUT, backup, restore, tables_of_backup
from chitieu.store.database import Database
from chitieu.store.documents import get, list_documents
from chitieu.store.migrate import migrate
from chitieu.store.observations import stream
from chitieu.store.tables import (
    Account,
    AliasDecision,
    Audit,
    Base,
    Job,
    JobData,
    Session,
    StoredDocument,
    StoredObservation,
    TaskReader,
    Token,
)
from stored import REPORT, keep, keep_rows

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def annotate(database: Database, document: str) -> None:
    """A project with a task that was corrected."""
    project = projects.add_project(database, "Dự án", guidelines=None, order="learn", by=By("an"))
    (task,) = tasks.add_tasks(database, project.id, [document], assign=[None], blind=False, by=By("an"))
    event = corrections.Event("e", OPERATION.validate_python({"op": "accept", "span": "s2"}))
    lan = tasks.Person("lan", "annotator")
    corrections.append(database, task.id, [event], revision=0, client="c", person=lan, is_entry=lambda _: True)


def fill(database: Database) -> None:
    """At least one row in every table, with every kind of value."""
    annotate(database, keep(database, REPORT).id)
    keep_rows(database, {"value": "0.10"}, {}, name="dòng\nmới \u2028 'x'.txt", text="Văn\r\nbản \ufeff \U0001f33e.")
    with database.write() as session:
        account = Account(name="lan", role="admin", password="$argon2$x", made_at=NOW)
        session.add(account)
        session.flush()
        session.add(
            Token(id="t1", account_seq=account.seq, secret="s", role="reader", note="Máy", made_at=NOW, ends_at=NOW)
        )
        session.add(TaskReader(task_seq=1, name="an"))
        session.add(Session(id="s1", account_seq=account.seq, csrf="c", made_at=NOW, ends_at=NOW))
        decided = {"entry": "dan-bo", "alias": "đàn bò", "decision": "accepted", "alone": 1, "actor": "an", "at": NOW}
        session.add(AliasDecision(proposal="p", **decided))
        session.add(Audit(at=NOW, actor="lan", action="x", subject=None, detail={"số": [1, 2.5, None, "\\u0000"]}))
        for name, state in (("j1", "running"), ("j2", "done")):
            data = (bytes(range(256)), None) if state == "running" else (None, b"")
            session.add(
                job := Job(
                    id=name,
                    kind="extract",
                    state=state,
                    settings={"name": "a"},
                    step="tagging",
                    done=3,
                    total=9,
                    attempts=2,
                    worker="w",
                    asked_by="lan",
                    asked_at=NOW,
                    begun_at=NOW,
                    seen_at=NOW,
                )
            )
            session.flush()
            session.add(JobData(job_seq=job.seq, body=data[0], answer=data[1]))


def everything(database: Database) -> dict[str, list[dict]]:
    with database.read() as session:
        return {
            table.name: [dict(row) for row in session.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in Base.metadata.sorted_tables
        }


def made(database: Database) -> io.BytesIO:
    stream = io.BytesIO()
    backup(database, stream)
    stream.seek(0)
    return stream


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def other(request, tmp_path):
    """Another database, still without tables."""
    if request.param == "postgresql":
        with request.getfixturevalue("postgres").new_database(migrated=False) as url:
            opened = Database(url)
            yield opened
            opened.close()
        return
    opened = Database(URL.create("sqlite", database=str(tmp_path / "other" / "chitieu.db")))
    yield opened
    opened.close()


def test_every_table_is_in_a_backup_or_named_as_left_out(database):
    names = {table.name for table in tables_of_backup()}
    with database.engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert names | LEFT_OUT == there == set(Base.metadata.tables) and not names & LEFT_OUT


def test_all_comes_back_the_same_on_the_same_and_on_the_other_engine(database, other):
    fill(database)
    before = everything(database)
    stream = made(database)
    counts = restore(other, stream)
    after = everything(other)
    assert all(before.values())
    assert before.pop("sessions") and not after.pop("sessions")
    waiting = before["jobs"][0] | {
        "state": "queued", "worker": None, "seen_at": None, "step": None, "done": 0, "attempts": 0,
    }  # fmt: skip
    assert before["jobs"][0]["state"] == "running"
    before["jobs"][0] = waiting
    assert after == before
    assert counts == {name: len(rows) for name, rows in after.items()}
    assert list(stream_of(database)) == list(stream_of(other))
    document = list_documents(other).items[0]
    assert get(other, document.id) == get(database, document.id)


def stream_of(database):
    return stream(database)


def test_what_comes_after_a_restore_is_numbered_behind_it(database, other):
    for n in range(3):
        keep_rows(database, {}, {}, name=f"{n}.txt")
    restore(other, made(database))
    newest = keep_rows(other, {}, {}, name="mới.txt")
    assert list_documents(other).items[0].id == newest.id
    with other.write() as session:
        session.execute(insert(Audit), {"at": NOW, "actor": "a", "action": "b", "detail": {}})
    with other.read() as session:
        assert session.scalar(select(func.count()).select_from(StoredDocument)) == 4
        assert session.scalar(select(func.max(StoredObservation.seq))) == 8


def test_an_empty_store_is_backed_up_and_restored(database, other):
    assert set(restore(other, made(database)).values()) == {0}
    keep(other)


def test_what_holds_something_is_not_written_over_unless_it_is_said(database):
    fill(database)
    stream = made(database)
    later = keep_rows(database, {}, name="sau.txt")
    before = everything(database)
    with pytest.raises(StoreNotEmpty):
        restore(database, stream)
    assert everything(database) == before
    restore(database, stream, replace=True)
    after = everything(database)
    assert later.id not in {row["id"] for row in after["documents"]}
    assert len(after["documents"]) == 2 and after["sessions"] == []


@pytest.mark.parametrize("table", ["sessions", "audit"])
def test_a_store_that_holds_anything_at_all_is_not_empty(database, other, table):
    stream = made(database)
    migrate(other)
    with other.write() as session:
        if table == "audit":
            session.add(Audit(at=NOW, actor="a", action="b", detail={}))
        else:
            session.add(Account(seq=1, name="lan", role="admin", made_at=NOW))
            session.flush()
            session.add(Session(id="s1", account_seq=1, csrf="c", made_at=NOW, ends_at=NOW))
    with pytest.raises(StoreNotEmpty):
        restore(other, stream)


def test_a_backup_is_of_one_moment(database, monkeypatch):
    keep(database)
    write, seen = backups._write, []

    def slowly(session, found, archive):
        if not seen:
            session.scalar(select(func.count()).select_from(StoredDocument))
            keep_rows(database, {}, name="giữa.txt", text="Chen vào giữa.")
        seen.append(found.name)
        return write(session, found, archive)

    monkeypatch.setattr(backups, "_write", slowly)
    stream = io.BytesIO()
    counts = backup(database, stream)
    assert (counts["texts"], counts["documents"]) == (1, 1)
    assert len(list_documents(database).items) == 2


def test_a_backup_and_its_way_back_hold_few_rows_at_once(database, other, monkeypatch):
    monkeypatch.setattr(backups, "_BATCH_BYTES", 1 << 20)
    for n in range(30):
        keep_rows(database, {}, name=f"{n}.txt", text=f"Văn bản {n}." + "kinh tế " * 50_000)
    stream = io.BytesIO()
    tracemalloc.start()
    try:
        backup(database, stream)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        restore(other, stream)
        back = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with zipfile.ZipFile(stream) as archive:
        whole = sum(info.file_size for info in archive.infolist())
        assert all(info.compress_type == zipfile.ZIP_DEFLATED for info in archive.infolist()[:-1])
    assert whole > 12_000_000
    assert peak < whole / 2 and back < whole / 2


def test_a_backup_says_what_it_holds(database):
    fill(database)
    with zipfile.ZipFile(made(database)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["format"] == "chitieu-backup/1"
        assert manifest["revision"] == migrations.newest() and manifest["left_out"] == ["sessions"]
        for name, member in manifest["tables"].items():
            content = archive.read(member["file"])
            assert hashlib.sha256(content).hexdigest() == member["sha256"]
            assert content.count(b"\n") == member["rows"] > 0, name
        line = json.loads(archive.read("jobs.ndjson").splitlines()[0])
        assert (line["state"], line["worker"], line["asked_at"]) == ("queued", None, NOW.isoformat())


# Faulty backups


def altered(stream: io.BytesIO, change) -> io.BytesIO:
    """The backup with its members, a mapping of name to bytes, changed."""
    with zipfile.ZipFile(stream) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


def _manifest(members, change) -> None:
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()


def _rewrite(members, table, content: bytes) -> None:
    """Another content of a table, with the manifest in agreement."""
    members[f"{table}.ndjson"] = content

    def agree(manifest) -> None:
        found = manifest["tables"][table]
        found |= {"sha256": hashlib.sha256(content).hexdigest(), "rows": content.count(b"\n")}

    _manifest(members, agree)


def _edit(members, table, edit) -> None:
    lines = [json.loads(line) for line in members[f"{table}.ndjson"].splitlines()]
    edit(lines)
    _rewrite(members, table, b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def _another_kind(manifest) -> None:
    manifest["tables"]["accounts"]["columns"]["seq"] = "text"


def _no_column(manifest) -> None:
    del manifest["tables"]["accounts"]["columns"]["password"]


FAULTS = {
    "a figure altered": lambda m: m.update({"documents.ndjson": m["documents.ndjson"].replace(b"9", b"8")}),
    "a line gone": lambda m: m.update({"texts.ndjson": m["texts.ndjson"].split(b"\n", 1)[1]}),
    "a file gone": lambda m: m.pop("audit.ndjson"),
    "a file more": lambda m: m.update({"sessions.ndjson": b""}),
    "no manifest": lambda m: m.pop("manifest.json"),
    "a manifest that is no JSON": lambda m: m.update({"manifest.json": b"{"}),
    "a newer format": lambda m: _manifest(m, lambda x: x.update(format="chitieu-backup/2")),
    "a newer revision": lambda m: _manifest(m, lambda x: x.update(revision="9999")),
    "a count altered": lambda m: _manifest(m, lambda x: x["tables"]["texts"].update(rows=7)),
    "a table unknown": lambda m: _manifest(m, lambda x: x["tables"].update(alembic_version=x["tables"]["audit"])),
    "a table missing": lambda m: (m.pop("audit.ndjson"), _manifest(m, lambda x: x["tables"].pop("audit"))),
    "a column of another kind": lambda m: _manifest(m, _another_kind),
    "a column missing": lambda m: _manifest(m, _no_column),
    "no JSON in a line": lambda m: _rewrite(m, "audit", b"{]\n"),
    "no object in a line": lambda m: _rewrite(m, "audit", b"[]\n"),
    "too deep": lambda m: _rewrite(m, "audit", b"[" * 200_000 + b"\n"),
    "bytes that are none": lambda m: _edit(m, "documents", lambda rows: rows[0].update(answer="?")),
    "a day that is none": lambda m: _edit(m, "documents", lambda rows: rows[0].update(period_start="2021-02-30")),
    "a moment without a zone": lambda m: _edit(m, "audit", lambda rows: rows[0].update(at="2021-02-03T00:00:00")),
    "a number that is none": lambda m: _edit(m, "documents", lambda rows: rows[0].update(length="7")),
    "a number too great": lambda m: _edit(m, "documents", lambda rows: rows[0].update(length=2**64)),
    "a NUL": lambda m: _edit(m, "accounts", lambda rows: rows[0].update(name="a\0")),
}
REFUSED_BY_TABLES = {
    "nothing where something must be": lambda m: _edit(m, "accounts", lambda rows: rows[0].update(name=None)),
    "a role unknown": lambda m: _edit(m, "accounts", lambda rows: rows[0].update(role="king")),
    "the same twice": lambda m: _edit(m, "accounts", lambda rows: rows.append(rows[0])),
    "a row of a document that is not there": lambda m: _edit(
        m, "observations", lambda rows: rows[0].update(document_seq=99)
    ),
}


def _refused(database, fault) -> None:
    fill(database)
    stream = altered(made(database), fault)
    before = everything(database)
    with pytest.raises(BackupInvalid):
        restore(database, stream, replace=True)
    assert everything(database) == before


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_faulty_backup_is_refused_and_changes_nothing(fault, in_file):
    _refused(in_file, fault)


@pytest.mark.parametrize("fault", REFUSED_BY_TABLES.values(), ids=list(REFUSED_BY_TABLES))
def test_a_backup_that_the_tables_do_not_take_changes_nothing(database, fault):
    _refused(database, fault)


@pytest.mark.parametrize("part", [0, 1, 0.5, 0.9, -1])
def test_a_backup_that_was_cut_short_is_refused(in_file, part):
    keep(in_file)
    whole = made(in_file).getvalue()
    cut = whole[: part if part in (0, 1, -1) else int(part * len(whole))]
    with pytest.raises(BackupInvalid):
        restore(in_file, io.BytesIO(cut), replace=True)
    assert len(list_documents(in_file).items) == 1


def test_a_flipped_bit_is_refused(in_file):
    keep(in_file)
    whole = made(in_file).getvalue()
    for at in range(60, len(whole) // 2, 211):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        try:
            restore(in_file, io.BytesIO(flipped), replace=True)
        except BackupInvalid:
            continue
        # A flag or a date of the container may differ; what it holds may not.
        assert everything(in_file)["texts"][0]["text"] == REPORT


def test_there_is_no_backup_of_nothing(other):
    with pytest.raises(DatabaseInvalid):
        backup(other, io.BytesIO())
    if other.is_sqlite:
        from pathlib import Path

        assert not Path(str(other.url.database)).exists()


# Of an older version


@pytest.fixture
def newer_version(tmp_path, monkeypatch):
    """Make this a version of the software with one more migration; returns the function that does."""

    def make() -> None:
        import shutil

        folder = tmp_path / "migrations"
        shutil.copytree(migrations.SCRIPTS, folder)
        first = migrations.newest()
        (folder / "versions" / "9999_more.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision, down_revision = '9999', '{first}'\n"
            "def upgrade():\n"
            "    with op.batch_alter_table('audit') as batch:\n"
            "        batch.add_column(sa.Column('more', sa.Integer(), nullable=False, server_default='7'))\n"
        )
        monkeypatch.setattr(migrations, "SCRIPTS", folder)

    return make


def test_a_backup_of_an_older_version_is_brought_to_the_tables_of_this_one(database, other, newer_version):
    fill(database)
    stream = made(database)
    newer_version()
    restore(other, stream)
    assert migrations.revision(other) == "9999"
    with other.read() as session:
        found = session.execute(text("SELECT DISTINCT actor, more FROM audit")).all()
    assert ("lan", 7) in found and {more for _, more in found} == {7}
    assert len(list_documents(other).items) == 2
    keep_rows(other, {}, name="mới.txt")


def test_a_database_of_an_older_version_is_not_taken_for_one_of_this(database, newer_version):
    newer_version()
    with pytest.raises(DatabaseInvalid, match=re.escape(migrations.newest())):
        backup(database, io.BytesIO())


def test_a_token_that_is_over_comes_back_over(database, other):
    fill(database)
    restore(other, made(database))
    with other.read() as session:
        assert session.scalars(select(Token.ends_at)).one() == NOW < datetime.now(UTC) + timedelta(days=3650)
