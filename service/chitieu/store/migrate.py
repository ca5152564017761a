"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from chitieu.errors import DatabaseInvalid
from chitieu.store.database import Database, told

_LOCK = 7_205_759_403  # any number that is ours alone: PostgreSQL's advisory lock while migrating


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this version of the software works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def revision(database: Database) -> str | None:
    """The database's revision; None where it is empty. Raises what `Database.read` raises."""
    with told(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database) -> str:
    """Bring the tables to the newest revision, whole or not at all; processes that do so at once wait for each other.

    Raises:
        DatabaseInvalid: the database is of a newer version of this software, or none of ours.
        DatabaseDown: it cannot be reached.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    with told(), database.engine.connect().execution_options(chitieu_writes=True) as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise DatabaseInvalid(
                f"Cơ sở dữ liệu thuộc phiên bản mới hơn ({current}). / The database is of a newer version ({current}).",
                revision=current,
            )
        if current != newest():
            command.upgrade(_config(connection), "head")
    return newest()
