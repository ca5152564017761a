"""Texts, each stored once however many documents have it, also where two processes store and delete at the same moment."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chitieu.store.tables import StoredDocument, StoredText, Task


def put_text(session: Session, sha256: str, text: str) -> None:
    """Have the text's row, locked until the transaction ends, so that nobody deletes it before a document has it."""
    values = {"sha256": sha256, "text": text}
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite.insert(StoredText).values(values).on_conflict_do_nothing())
        return
    putting = postgresql.insert(StoredText).values(values)
    session.execute(putting.on_conflict_do_update(index_elements=["sha256"], set_={"sha256": putting.excluded.sha256}))


def lock_text(session: Session, sha256: str) -> None:
    """Keep others from storing or deleting this text until the transaction ends; SQLite has one writer anyway."""
    session.execute(select(StoredText.sha256).where(StoredText.sha256 == sha256).with_for_update())


def drop_text(session: Session, sha256: str) -> None:
    """Delete a text that no document and no task has."""
    lock_text(session, sha256)
    used = exists().where(StoredDocument.text_sha256 == sha256)
    annotated = exists().where(Task.text_sha256 == sha256)
    session.execute(delete(StoredText).where(StoredText.sha256 == sha256, ~used, ~annotated))
