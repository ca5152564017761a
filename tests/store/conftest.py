"""What tests of the store share."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from chitieu.store.database import Database
from chitieu.store.migrate import migrate


@pytest.fixture
def in_file(tmp_path):
    """A fresh database in a SQLite file, the only one in its folder; it waits a short while for others."""
    made = Database(URL.create("sqlite", database=str(tmp_path / "data" / "chitieu.db")), wait=0.3)
    migrate(made)
    yield made
    made.close()
