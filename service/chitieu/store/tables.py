"""The tables. Every change of them is a migration in `migrations/versions`; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ROLES = ("reader", "annotator", "reviewer", "admin")
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC; SQLite keeps no zone, so none leaves or enters without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that a migration can name them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


class StoredText(Base):
    """A text as it was sent or read from a file, once, however many documents have it. `sha256` is of its UTF-8."""

    __tablename__ = "texts"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class StoredDocument(Base):
    """A document and the answer of its last reading. `id` follows from what was sent: the same again is the same document.

    `seq` gives lists their order; `answer` is the `Extraction` as JSON, compressed, without its text.
    """

    __tablename__ = "documents"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(ForeignKey("texts.sha256"), index=True)
    file_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    kind: Mapped[str | None] = mapped_column(String(20))
    length: Mapped[int]
    place_code: Mapped[str | None] = mapped_column(String(20), index=True)
    place_name: Mapped[str | None] = mapped_column(Text)
    period_text: Mapped[str | None] = mapped_column(Text)
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    model_name: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str] = mapped_column(Text)
    catalogue_version: Mapped[str] = mapped_column(Text)
    software_version: Mapped[str] = mapped_column(Text)
    figures: Mapped[int]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    stored_by: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime] = mapped_column(Moment)


class StoredObservation(Base):
    """A row of a document's table. `cells` are the columns of `docs/exports.md`; what is searched for stands beside them."""

    __tablename__ = "observations"
    __table_args__ = (
        Index(None, "indicator_id", "place_code", "period_start"),
        Index(None, "document_seq", "number", unique=True),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    document_seq: Mapped[int] = mapped_column(ForeignKey("documents.seq", ondelete="CASCADE"))
    number: Mapped[int]
    indicator_id: Mapped[str | None] = mapped_column(Text)
    indicator: Mapped[str] = mapped_column(Text)
    place_code: Mapped[str | None] = mapped_column(String(20), index=True)
    place_name: Mapped[str | None] = mapped_column(Text)
    period_start: Mapped[date | None] = mapped_column(Date, index=True)
    period_end: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(10))
    cells: Mapped[dict[str, Any]] = mapped_column(JSON)


class Job(Base):
    """Work that outlasts a request. The row is the truth; the queue only carries ids.

    `key` makes asking twice one job. `body` is what to work on and goes when the job ends; `answer` goes with the job. A worker
    renews `seen_at`; a running job that nobody has seen for the lease is begun again, at most so many times.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        _one_of("state", JOB_STATES),
        Index(None, "state", "seen_at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    step: Mapped[str | None] = mapped_column(String(20))
    done: Mapped[int]
    total: Mapped[int | None]
    attempts: Mapped[int]
    worker: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    document_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)


class Account(Base):
    """Who may do what. `password` is an argon2 hash; null where only tokens are used."""

    __tablename__ = "accounts"
    __table_args__ = (_one_of("role", ROLES),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    password: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class Token(Base):
    """An API token: `id` is its public part, `secret` the SHA-256 of the rest, which is random enough to need no salt."""

    __tablename__ = "tokens"
    __table_args__ = (_one_of("role", ROLES),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    account_seq: Mapped[int] = mapped_column(ForeignKey("accounts.seq", ondelete="CASCADE"), index=True)
    secret: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Session(Base):
    """A login of a browser: `id` is the SHA-256 of the cookie, `csrf` what its requests that change something must carry."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_seq: Mapped[int] = mapped_column(ForeignKey("accounts.seq", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Audit(Base):
    """Who did what, and when; only ever added to."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "action", "at"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    request: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
