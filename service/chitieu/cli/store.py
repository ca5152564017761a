"""`chitieu backup`, `chitieu restore`, `chitieu compact`: everything that is stored as one file, and back; the database tidied."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.cli.surroundings import tell_database
from chitieu.errors import FileUnreadable

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.store.database import Database

_COMPACT_SECONDS = 60.0
_SHOWN = {
    "documents": "tài liệu / documents",
    "observations": "dòng số liệu / observations",
    "jobs": "việc / jobs",
    "accounts": "tài khoản / accounts",
}


def add_store(commands: Commands) -> None:
    """Describe the commands."""
    backup = commands.add_parser(
        "backup", help="sao lưu mọi thứ đã lưu vào một tệp / write everything that is stored into one file"
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="ghi trọn hoặc không ghi / whole or not at all")
    backup.set_defaults(run=run_backup)
    restore = commands.add_parser("restore", help="phục hồi từ bản sao lưu / bring back a backup")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--replace", action="store_true", help="thay những gì đang có / put it in the place of what is there"
    )
    restore.set_defaults(run=run_restore)
    compact = commands.add_parser(
        "compact",
        help="viết lại tệp SQLite, không còn dấu vết những gì đã xóa / rewrite the SQLite file: no trace of what was deleted stays",
    )
    compact.set_defaults(run=run_compact)


def run_backup(args: argparse.Namespace) -> int:
    """Write a backup that only its owner may read: it holds everything, also the accounts."""
    from chitieu.output.destination import whole_file
    from chitieu.store.backup import backup

    with _database() as database, _private(), whole_file(args.file) as stream:
        counts = backup(database, stream)
    _say(args.file, counts)
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Bring back a backup, whole or not at all."""
    from chitieu.cli.who import at_the_command_line
    from chitieu.store.audit import record
    from chitieu.store.backup import restore

    try:
        stream = args.file.open("rb")
    except OSError as error:
        raise FileUnreadable(
            f"Không đọc được {args.file}. / {args.file} cannot be read: {error.strerror}.",
            file=str(args.file),
            cause=error.strerror,
        ) from error
    with stream, _database() as database:
        counts = restore(database, stream, replace=args.replace)
        record(database, at_the_command_line(), "backup_restored", args.file.name, replace=args.replace)
    _say(args.file, counts)
    return 0


def run_compact(args: argparse.Namespace) -> int:
    """Rewrite SQLite's file however large it is; others wait meanwhile."""
    from chitieu.errors import DatabaseDown
    from chitieu.store.migrate import revision

    with _database() as database:
        revision(database)  # a fault of the database is told as it is everywhere
        if not database.rewrite(wait=_COMPACT_SECONDS, unasked=False):
            raise DatabaseDown(
                "Cơ sở dữ liệu đang được dùng, hãy thử lại khi dịch vụ rảnh. / "
                "The database is in use: try again when the service is idle, or stopped.",
                cause="locked",
            )
        if not database.is_sqlite:
            print("PostgreSQL tự dọn (autovacuum). / PostgreSQL tidies up by itself (autovacuum).")
    return 0


@contextmanager
def _database() -> Iterator[Database]:
    """The database of the settings, closed at the end."""
    from chitieu.settings import load_settings
    from chitieu.store.database import open_database

    database = open_database(load_settings())
    tell_database(database)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _private() -> Iterator[None]:
    """New files are their owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _say(file: Path, counts: Mapping[str, int]) -> None:
    print(f"{file}: " + ", ".join(f"{counts[table]} {words}" for table, words in _SHOWN.items()))
