"""Documents with the answer of their last reading: stored whole, found, listed, deleted."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy import delete as deleting
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chitieu import __version__
from chitieu.contract import Extraction, ModelInfo, Period, Place
from chitieu.errors import BadRequest, DocumentUnknown
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.paging import Page, from_cursor, to_cursor
from chitieu.store.rows import document_values, observation_values, unpacked
from chitieu.store.search import at_place, has_words, within
from chitieu.store.tables import Job, StoredDocument, StoredObservation, StoredText, Task
from chitieu.store.texts import drop_text, lock_text, put_text
from chitieu.store.types import storable

_ENDED = ("done", "failed", "cancelled")
_LONGEST_NAME, _LONGEST_CODE = 500, 20  # characters
_CURSOR = "documents"


class StoredPlace(BaseModel):
    """The place that a document is about, and its code in the list of administrative units where known."""

    model_config = ConfigDict(frozen=True)

    name: str | None
    code: str | None


class StoredPeriod(BaseModel):
    """The time that a document is about: its words, first and last day (None: open or unknown)."""

    model_config = ConfigDict(frozen=True)

    text: str | None
    start: date | None
    end: date | None


class DocumentSummary(BaseModel):
    """A stored document without its text and its figures.

    Attributes:
        name: `document.id` of its answer: the name that the sender gave.
        sha256: of the text in UTF-8.
        length: of the text in code points.
        figures, observations: how many there are.
        stored_by, stored_at: who sent it first, and when.
        read_at: when the stored answer was made.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    sha256: str
    file_sha256: str | None
    kind: str | None
    length: int
    place: StoredPlace | None
    period: StoredPeriod | None
    model: ModelInfo
    figures: int
    observations: int
    stored_by: str
    stored_at: datetime
    read_at: datetime


class StoredAnswer(BaseModel):
    """A document whole. ``answer.document.text`` is the text, whether or not it was asked for when it was read."""

    model_config = ConfigDict(frozen=True)

    summary: DocumentSummary
    answer: Extraction
    text: str


def document_id(
    text_sha256: str, *, name: str | None, file_sha256: str | None, period: Period | None, place: Place | None
) -> str:
    """The id of what was sent, 64 hexadecimal digits: the same text, file, name and hints again are the same document.

    To be asked for before reading, as it refuses what could not be stored.

    Args:
        text_sha256: of the text in UTF-8, hexadecimal.
        name: what the sender calls it; None where it is not said.
        file_sha256: of the file's bytes; None for a text.
        period, place: what the sender says of them; None where nothing.

    Raises:
        BadRequest: a name that is too long or holds characters that cannot be stored.
    """
    _check_names(name, period, place)
    sent = [
        1,
        text_sha256,
        unicodedata.normalize("NFC", name) if name is not None else None,
        file_sha256,
        [period.text, period.start, period.end] if period is not None else None,
        [place.text, place.code, place.name] if place is not None else None,
    ]
    return hashlib.sha256(json.dumps(sent, separators=(",", ":")).encode()).hexdigest()


def save(database: Database, answer: Extraction, text: str, *, id: str, by: By, **detail: Any) -> DocumentSummary:
    """Store a document with its answer; one that is there gets the new answer and observations, whole or not at all.

    That stands in the audit trail, in the transaction that does it.

    Args:
        answer: as the pipeline gave it, with or without its text.
        text: what its offsets count in.
        id: of `document_id`.
        by: who sends it.
        detail: what more the audit trail says of it (`audit.add_entry`).

    Raises:
        BadRequest: a name that cannot be stored.
        ValueError: the answer is not of this text.
        DatabaseDown, DatabaseInvalid: nothing was stored.
    """
    document = answer.document
    if document.length != len(text) or document.sha256 != hashlib.sha256(text.encode("utf-8")).hexdigest():
        raise ValueError("the answer is not of this text")
    _check_names(document.id, None, document.place)
    whole = answer.model_copy(update={"document": document.model_copy(update={"text": text})})
    rows = list(observation_values(whole))
    values = document_values(answer, datetime.now(UTC))
    with database.write() as session:
        put_text(session, document.sha256, text)
        before = session.scalar(select(StoredDocument.text_sha256).where(StoredDocument.id == id))
        seq, stored_by, stored_at = _put_document(session, {**values, "id": id, "stored_by": by.actor})
        session.execute(deleting(StoredObservation).where(StoredObservation.document_seq == seq))
        if rows:
            session.execute(insert(StoredObservation), [{**row, "document_seq": seq} for row in rows])
        if before is not None and before != document.sha256:
            drop_text(session, before)
        add_entry(session, by, "document_stored", id, **detail)
    return DocumentSummary(
        id=id,
        name=document.id,
        sha256=document.sha256,
        file_sha256=document.file_sha256,
        kind=document.kind,
        length=document.length,
        place=_place(values["place_name"], values["place_code"]),
        period=_period(values["period_text"], values["period_start"], values["period_end"]),
        model=answer.model,
        figures=len(answer.figures),
        observations=len(rows),
        stored_by=stored_by,
        stored_at=stored_at,
        read_at=values["read_at"],
    )


def stored_answer(database: Database, id: str, *, model: ModelInfo) -> Extraction | None:
    """The stored answer with its text, if this model, catalogue and version of the software gave it; else None.

    Raises:
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    query = (
        select(StoredDocument.answer, StoredText.text)
        .join(StoredText, StoredText.sha256 == StoredDocument.text_sha256)
        .where(
            StoredDocument.id == id,
            StoredDocument.model_name == model.name,
            StoredDocument.model_version == model.version,
            StoredDocument.catalogue_version == model.catalogue,
            StoredDocument.software_version == __version__,
        )
    )
    with database.read() as session:
        found = session.execute(query).one_or_none()
    return unpacked(found.answer, found.text) if found is not None else None


def get(database: Database, id: str) -> StoredAnswer:
    """A document with its answer and its text.

    Raises:
        DocumentUnknown: there is none.
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    query = (
        _summaries()
        .add_columns(StoredDocument.answer, StoredText.text)
        .join(StoredText, StoredText.sha256 == StoredDocument.text_sha256)
        .where(StoredDocument.id == id)
    )
    with database.read() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        raise _unknown(id)
    return StoredAnswer.model_construct(
        summary=_summary(found), answer=unpacked(found.answer, found.text), text=found.text
    )


def text_of(database: Database, id: str) -> str:
    """The text of a document. Raises what `get` raises."""
    query = (
        select(StoredText.text)
        .join(StoredDocument, StoredDocument.text_sha256 == StoredText.sha256)
        .where(StoredDocument.id == id)
    )
    with database.read() as session:
        found = session.scalar(query)
    if found is None:
        raise _unknown(id)
    return found


def list_documents(
    database: Database,
    *,
    place: str | None = None,
    period: str | None = None,
    name: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[DocumentSummary]:
    """The documents that match, the one stored last first.

    Args:
        place: code or name of the place that they are about (`chitieu.asked.asked_place`).
        period: within which the time that they are about lies (`chitieu.asked.days_of`).
        name: words of their names.
        limit: documents of a page, 1 or more.
        cursor: `next` of the page before.

    Raises:
        BadRequest: a faulty place, period, name or cursor.
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    table = StoredDocument
    query = _summaries().order_by(table.seq.desc()).limit(limit + 1)
    if place is not None:
        query = query.where(at_place(place, table.place_code, table.place_key, table.place_plain))
    if period is not None:
        query = query.where(within(period, table.period_start, table.period_end))
    if name is not None:
        query = query.where(has_words(table.name_words, name, "name"))
    if cursor is not None:
        query = query.where(table.seq < from_cursor(cursor, _CURSOR, 1)[0])
    with database.read() as session:
        found = session.execute(query).all()
    more = to_cursor(_CURSOR, found[limit - 1].seq) if len(found) > limit else None
    return Page([_summary(row) for row in found[:limit]], more)


def delete(database: Database, id: str, *, by: By) -> bool:
    """Delete a document for good: its answer, observations, ended jobs, tasks with all corrections, and its text if no other has it.

    That stands in the audit trail, in the transaction that does it.

    Returns:
        False where SQLite's files may still hold bytes of it: somebody reads the state before, or the file is large
        (`Database.rewrite`).

    Raises:
        DocumentUnknown: there is none.
        DatabaseDown, DatabaseInvalid: nothing was deleted.
    """
    with database.write() as session:
        found = session.execute(select(StoredDocument.seq, StoredDocument.text_sha256).where(StoredDocument.id == id))
        seq, sha256 = found.one_or_none() or (None, None)
        if seq is None or sha256 is None:
            raise _unknown(id)
        # Tasks may lie in the text of an earlier reading; all texts are locked in one order.
        annotated = session.scalars(select(Task.text_sha256).where(Task.document_seq == seq))
        texts = sorted({sha256, *annotated})
        for text in texts:
            lock_text(session, text)
        session.execute(deleting(Job).where(Job.document_id == id, Job.state.in_(_ENDED)))
        gone = session.scalar(deleting(StoredDocument).where(StoredDocument.id == id).returning(StoredDocument.seq))
        if gone is None:  # another process was faster
            raise _unknown(id)
        for text in texts:
            drop_text(session, text)
        add_entry(session, by, "document_deleted", id)
    return database.rewrite()


def _unknown(id: str) -> DocumentUnknown:
    return DocumentUnknown(
        f"Không có tài liệu “{id[:80]}”. / No stored document has the id “{id[:80]}”.", document=id[:80]
    )


def _check_names(name: str | None, period: Period | None, place: Place | None) -> None:
    given: dict[str, tuple[str | None, int]] = {"name": (name, _LONGEST_NAME)}
    if period is not None:
        given["period.text"] = (period.text, _LONGEST_NAME)
    if place is not None:
        given["place.text"] = (place.text, _LONGEST_NAME)
        given["place.name"] = (place.name, _LONGEST_NAME)
        given["place.code"] = (place.code, _LONGEST_CODE)
    for field, (value, longest) in given.items():
        if value is None:
            continue
        storable(value)
        if len(value) > longest:
            raise BadRequest(
                f"`{field}` dài quá {longest} ký tự. / `{field}` has more than {longest} characters.",
                field=field,
                limit=longest,
            )


def _put_document(session: Session, values: dict[str, Any]) -> tuple[int, str, datetime]:
    """Insert a document or replace what its reading gave; returns its seq, and by whom and when it was stored first."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    putting = dialect.insert(StoredDocument).values(**values, stored_at=values["read_at"])
    kept = {"id", "stored_by", "stored_at"}
    statement = putting.on_conflict_do_update(
        index_elements=["id"], set_={name: value for name, value in values.items() if name not in kept}
    ).returning(StoredDocument.seq, StoredDocument.stored_by, StoredDocument.stored_at)
    seq, stored_by, stored_at = session.execute(statement).one()
    return seq, stored_by, stored_at


def _summaries() -> Select[*tuple[Any, ...]]:
    counted = (
        select(func.count()).select_from(StoredObservation).where(StoredObservation.document_seq == StoredDocument.seq)
    )
    without = {"answer", "name_words", "place_key", "place_plain", "software_version"}
    columns = [column for column in StoredDocument.__table__.columns if column.name not in without]
    return select(*columns, counted.scalar_subquery().label("observations"))


def _summary(row: Row[*tuple[Any, ...]]) -> DocumentSummary:
    return DocumentSummary(
        id=row.id,
        name=row.name,
        sha256=row.text_sha256,
        file_sha256=row.file_sha256,
        kind=row.kind,
        length=row.length,
        place=_place(row.place_name, row.place_code),
        period=_period(row.period_text, row.period_start, row.period_end),
        model=ModelInfo(name=row.model_name, version=row.model_version, catalogue=row.catalogue_version),
        figures=row.figures,
        observations=row.observations,
        stored_by=row.stored_by,
        stored_at=row.stored_at,
        read_at=row.read_at,
    )


def _place(name: str | None, code: str | None) -> StoredPlace | None:
    return StoredPlace(name=name, code=code) if name is not None or code is not None else None


def _period(text: str | None, start: date | None, end: date | None) -> StoredPeriod | None:
    return StoredPeriod(text=text, start=start, end=end) if text is not None else None
