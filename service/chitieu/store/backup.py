"""Everything that is stored as one stream, and back, on either engine.

A backup is a zip: a file of lines of JSON for each table (`chitieu.store.portable`), and `manifest.json`, written last.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Table, exists, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from chitieu import __version__
from chitieu.errors import BackupInvalid, BadRequest, DatabaseInvalid, StoreNotEmpty
from chitieu.store.database import Database
from chitieu.store.migrate import migrate, newest, rebuild, revision, revisions, upgrade
from chitieu.store.portable import Kind, clause, from_line, kinds, to_line
from chitieu.store.tables import Base

FORMAT: Literal["chitieu-backup/1"] = "chitieu-backup/1"
LEFT_OUT = frozenset({"sessions"})  # whoever is logged in logs in again
_MANIFEST = "manifest.json"
_BEGINNING = b"PK\x03\x04"
_ENCRYPTED = 1  # a flag of a zip's member
_LONGEST_MANIFEST = 1 << 20
_LONGEST_LINE = 1 << 29
_ROWS, _HEAVY_ROWS = 500, 1  # rows that are held at once; of tables with texts or bytes
_BATCH_BYTES = 8 << 20


class Member(BaseModel):
    """A table in a backup: its file, the SHA-256 of that, how many rows it has, and what its columns hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: str
    rows: int
    columns: dict[str, Kind]


class Manifest(BaseModel):
    """What a backup holds, and what made it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["chitieu-backup/1"] = FORMAT
    software: str
    revision: str
    made_at: datetime
    left_out: list[str]
    tables: dict[str, Member]


def tables_of_backup() -> list[Table]:
    """The tables that a backup holds, those that others refer to first."""
    return [found for found in Base.metadata.sorted_tables if found.name not in LEFT_OUT]


def backup(database: Database, stream: BinaryIO) -> dict[str, int]:
    """Write everything, as it is at one moment, while the service goes on; a job that runs is waiting in the backup.

    Returns:
        How many rows of each table.

    Raises:
        DatabaseInvalid: there is no database, or it is of another version.
        DatabaseDown: it cannot be read.
        OSError: the stream cannot be written.
    """
    _check_there(database)
    members: dict[str, Member] = {}
    with database.read() as session, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        database.take_time(session.connection())
        for found in tables_of_backup():
            members[found.name] = _write(session, found, archive)
        manifest = Manifest(
            software=__version__,
            revision=newest(),
            made_at=datetime.now(UTC),
            left_out=sorted(LEFT_OUT),
            tables=members,
        )
        archive.writestr(_MANIFEST, manifest.model_dump_json(indent=1))
    return {name: member.rows for name, member in members.items()}


def restore(database: Database, stream: BinaryIO, *, replace: bool = False) -> dict[str, int]:
    """Bring back a backup, whole or not at all, after all of it was checked. The tables are made where they are missing.

    Args:
        stream: one that can seek.
        replace: whether what the database holds goes; all logins end then.

    Returns:
        How many rows of each table.

    Raises:
        BackupInvalid: it is cut short, altered, no backup at all, or of a newer version.
        StoreNotEmpty: the database holds something, and ``replace`` is not set.
        DatabaseDown, DatabaseInvalid: nothing was changed.
    """
    with _told(), _archive(stream) as archive:
        manifest = _checked(archive)
        migrate(database)
        with database.write() as session:
            connection = session.connection()
            database.take_time(connection)
            if not database.is_sqlite:
                names = ", ".join(found.name for found in Base.metadata.sorted_tables)
                connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
            _make_room(connection, manifest.revision, replace=replace)
            _check_tables(connection, manifest)
            for name in _in_order(manifest):
                _insert(connection, archive, name, manifest.tables[name])
            if not database.is_sqlite:
                _set_sequences(connection, manifest)
            upgrade(connection)
    database.rewrite()
    return {name: member.rows for name, member in manifest.tables.items()}


def _check_there(database: Database) -> None:
    # SQLite would make the file that it is asked to read.
    if database.is_sqlite and not Path(str(database.url.database)).is_file():
        raise DatabaseInvalid("Chưa có cơ sở dữ liệu. / There is no database.", file=str(database.url.database))
    found = revision(database)
    if found != newest():
        raise DatabaseInvalid(
            f"Cơ sở dữ liệu ở phiên bản {found}, cần {newest()}: hãy chạy dịch vụ một lần, hoặc sao lưu bằng phiên bản cũ. / "
            f"The database is of revision {found}, not {newest()}: start the service once, or back up with the version that made it.",
            revision=found,
        )


def _write(session: Session, found: Table, archive: zipfile.ZipFile) -> Member:
    columns = kinds((column.name, column.type) for column in found.columns)
    digest, rows = hashlib.sha256(), 0
    file = f"{found.name}.ndjson"
    query = select(found).order_by(*found.primary_key.columns)
    held = _HEAVY_ROWS if "bytes" in columns.values() or found.name == "texts" else _ROWS
    result = session.execute(query, execution_options={"stream_results": True, "yield_per": held})
    with archive.open(file, "w", force_zip64=True) as member:
        for row in result.mappings():
            cells = dict(row)
            if found.name == "jobs" and cells["state"] == "running":
                cells |= {"state": "queued", "worker": None, "seen_at": None, "step": None, "done": 0, "attempts": 0}
            line = to_line(cells, columns)
            digest.update(line)
            member.write(line)
            rows += 1
    return Member(file=file, sha256=digest.hexdigest(), rows=rows, columns=columns)


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        stream.seek(0)
        if stream.read(len(_BEGINNING)) == _BEGINNING:  # a zip's list of members stands at its end
            raise BackupInvalid(
                "Bản sao lưu bị cắt cụt: thiếu phần cuối. / The backup is cut short: its end is missing.", what="end"
            ) from error
        raise BackupInvalid(
            "Tệp không phải là bản sao lưu của chitieu. / The file is no backup of chitieu.", what="zip"
        ) from error


def _checked(archive: zipfile.ZipFile) -> Manifest:
    """The manifest, after every line of every file has been read."""
    if any(info.flag_bits & _ENCRYPTED for info in archive.infolist()):
        raise _invalid("password")
    try:
        with archive.open(_MANIFEST) as file:
            manifest = Manifest.model_validate_json(file.read(_LONGEST_MANIFEST))
    except (KeyError, ValidationError) as error:
        raise _invalid(_MANIFEST) from error
    if manifest.revision not in revisions():
        raise _invalid(f"revision {manifest.revision}")
    files = [member.file for member in manifest.tables.values()]
    if sorted(archive.namelist()) != sorted([*files, _MANIFEST]):
        raise _invalid("files")
    for name, member in manifest.tables.items():
        digest, rows = hashlib.sha256(), 0
        for line in _lines(archive, member):
            digest.update(line)
            rows += 1
            try:
                from_line(line, member.columns)
            except ValueError as error:
                raise _invalid(f"{member.file}, {rows}: {error}") from error
        if rows != member.rows or digest.hexdigest() != member.sha256:
            raise _invalid(name)
    return manifest


def _lines(archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    with archive.open(member.file) as file:
        while line := file.readline(_LONGEST_LINE):
            yield line


def _make_room(connection: Connection, wanted: str, *, replace: bool) -> None:
    """Leave the tables empty, as they are in this revision."""
    for found in reversed(Base.metadata.sorted_tables):
        if not replace and connection.scalar(select(exists().select_from(found))):
            raise StoreNotEmpty(
                "Cơ sở dữ liệu đã có dữ liệu (--replace để thay). / The database holds something (--replace puts the backup there).",
                table=found.name,
            )
    if wanted == newest():
        for found in reversed(Base.metadata.sorted_tables):
            connection.execute(found.delete())
    else:
        rebuild(connection, wanted)


def _check_tables(connection: Connection, manifest: Manifest) -> None:
    there = inspect(connection)
    expected = set(there.get_table_names()) - LEFT_OUT - {"alembic_version"}
    if not manifest.tables.keys() <= expected or not _names() & expected <= manifest.tables.keys():
        raise _invalid("tables")
    for name, member in manifest.tables.items():
        if kinds((found["name"], found["type"]) for found in there.get_columns(name)) != member.columns:
            raise _invalid(name)


def _names() -> set[str]:
    return {found.name for found in tables_of_backup()}


def _in_order(manifest: Manifest) -> list[str]:
    """The names of its tables, those that others refer to first."""
    known = [found.name for found in tables_of_backup() if found.name in manifest.tables]
    return [*known, *(name for name in manifest.tables if name not in known)]


def _insert(connection: Connection, archive: zipfile.ZipFile, name: str, member: Member) -> None:
    into = clause(name, member.columns).insert()
    batch: list[dict[str, Any]] = []
    size = 0
    for line in _lines(archive, member):
        batch.append(from_line(line, member.columns))
        size += len(line)
        if size >= _BATCH_BYTES or len(batch) >= _ROWS:
            connection.execute(into, batch)
            batch, size = [], 0
    if batch:
        connection.execute(into, batch)


def _set_sequences(connection: Connection, manifest: Manifest) -> None:
    """Let PostgreSQL number new rows from behind those that are back."""
    for name, member in manifest.tables.items():
        if "seq" in member.columns:
            sequence = f"pg_get_serial_sequence('{name}', 'seq')"
            highest = f"(SELECT max(seq) FROM {name})"  # nosec B608  # a table of ours: `_check_tables`
            connection.execute(text(f"SELECT setval({sequence}, coalesce({highest}, 1), {highest} IS NOT NULL)"))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _invalid(str(error)) from error
    except (IntegrityError, DataError, BadRequest) as error:  # rows that the tables do not take
        raise _invalid(str(error).splitlines()[0][:200]) from error


def _invalid(what: str) -> BackupInvalid:
    return BackupInvalid(
        f"Bản sao lưu hỏng, bị sửa, hoặc của phiên bản mới hơn ({what}). / "
        f"The backup is cut short, altered, or of a newer version ({what}).",
        what=what,
    )
