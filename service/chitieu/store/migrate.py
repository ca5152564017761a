"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from chitieu.errors import DatabaseInvalid
from chitieu.store.database import Database
from chitieu.store.tables import Base

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 7_205_759_403  # any number that is ours alone: PostgreSQL's advisory lock while migrating
_WAIT_SECONDS = 600  # for another process that migrates


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this version of the software works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def revisions() -> set[str]:
    """All revisions that this version of the software knows."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def revision(database: Database) -> str | None:
    """The database's revision; None where it is empty. Raises what `Database.read` raises."""
    with database.told(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database) -> str:
    """Bring the tables to the newest revision, whole or not at all; processes that do so at once wait for each other.

    Raises:
        DatabaseInvalid: the database is of a newer version of this software, or none of ours.
        DatabaseDown: it cannot be reached.
    """
    known = revisions()
    with (
        database.told(),
        database.engine.connect().execution_options(chitieu_writes=True) as connection,
        connection.begin(),
    ):
        database.take_time(connection)
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise DatabaseInvalid(
                f"Cơ sở dữ liệu thuộc phiên bản mới hơn ({current}). / The database is of a newer version ({current}).",
                revision=current,
            )
        if current is None:
            _check_ours(database, connection)
        if current != newest():
            upgrade(connection)
    return newest()


def rebuild(connection: Connection, wanted: str) -> None:
    """Within a transaction: drop all tables with what they hold, and make them as they were in a revision."""
    Base.metadata.drop_all(connection)
    connection.execute(text("DELETE FROM alembic_version"))
    command.upgrade(_config(connection), wanted)


def upgrade(connection: Connection) -> None:
    """Within a transaction: bring the tables, with what they hold, to the newest revision."""
    command.upgrade(_config(connection), "head")


def _check_ours(database: Database, connection: Connection) -> None:
    """Refuse another program's file, and tables that have the names of ours."""
    found = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if not database.is_sqlite:
        found &= set(Base.metadata.tables)
    if found:
        raise DatabaseInvalid(
            "Cơ sở dữ liệu không phải của chitieu. / The database is another program's: it has tables of its own.",
            tables=sorted(found)[:20],
        )
