"""What was read from a file before, found by the file's bytes: so that it need not be read again to be known."""

from __future__ import annotations

from sqlalchemy import func, select

from chitieu.store.database import Database
from chitieu.store.tables import StoredDocument


def texts_of_file(database: Database, file_sha256: str) -> list[str]:
    """SHA-256 of the texts that documents of these bytes have, that of the last document first.

    Raises:
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    query = (
        select(StoredDocument.text_sha256)
        .where(StoredDocument.file_sha256 == file_sha256)
        .group_by(StoredDocument.text_sha256)
        .order_by(func.max(StoredDocument.seq).desc())
    )
    with database.read() as session:
        return list(session.scalars(query))
