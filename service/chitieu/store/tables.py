"""The tables. Every change of them is a migration in `migrations/versions`; a test holds the two together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chitieu.store.roles import ROLES
from chitieu.store.types import Json, Moment, Words

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")
PROJECT_ORDERS = ("learn", "added")
TASK_STATES = ("open", "begun", "done", "adjudicated")
TASK_KINDS = ("annotate", "adjudicate")
ALIAS_DECISIONS = ("accepted", "refused")


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

    sha256: Mapped[str] = mapped_column(Words(64), primary_key=True)
    text: Mapped[str] = mapped_column(Words())


class StoredDocument(Base):
    """A document and the answer of its last reading. `id` follows from what was sent: the same again is the same document.

    `seq` gives lists their order; `answer` is the `Extraction` as JSON, compressed, without its text. `name_words`, `place_key` and
    `place_plain` are what `chitieu.store.search` looks in.
    """

    __tablename__ = "documents"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Words(64), unique=True)
    name: Mapped[str] = mapped_column(Words())
    name_words: Mapped[str] = mapped_column(Words())
    text_sha256: Mapped[str] = mapped_column(Words(64), ForeignKey("texts.sha256"), index=True)
    file_sha256: Mapped[str | None] = mapped_column(Words(64), index=True)
    kind: Mapped[str | None] = mapped_column(Words(20))
    length: Mapped[int]
    place_code: Mapped[str | None] = mapped_column(Words(20), index=True)
    place_name: Mapped[str | None] = mapped_column(Words())
    place_key: Mapped[str | None] = mapped_column(Words())
    place_plain: Mapped[str | None] = mapped_column(Words(), index=True)
    period_text: Mapped[str | None] = mapped_column(Words())
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    model_name: Mapped[str] = mapped_column(Words())
    model_version: Mapped[str] = mapped_column(Words())
    catalogue_version: Mapped[str] = mapped_column(Words())
    software_version: Mapped[str] = mapped_column(Words())
    figures: Mapped[int]
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    stored_by: Mapped[str] = mapped_column(Words())
    stored_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime] = mapped_column(Moment)


class StoredObservation(Base):
    """A row of a document's table. `cells` are the known ones of the columns of `docs/exports.md`; what is searched for stands beside them.

    `number` counts the rows of a document from 0. `words`, `place_key` and `place_plain` are what `chitieu.store.search` looks in.
    """

    __tablename__ = "observations"
    __table_args__ = (
        # Lists go by document and number: with these behind what is searched for, what is found need not be read to be put in order.
        Index(None, "document_seq", "number", unique=True),
        Index(None, "indicator_id", "document_seq", "number"),
        Index(None, "place_code", "document_seq", "number"),
        Index(None, "place_plain", "document_seq", "number"),
        Index(None, "period_start", "period_end", "document_seq", "number"),
        Index(None, "words", "document_seq", "number"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )  # each reading of a document makes new ones
    document_seq: Mapped[int] = mapped_column(ForeignKey("documents.seq", ondelete="CASCADE"))
    number: Mapped[int]
    indicator_id: Mapped[str | None] = mapped_column(Words())
    indicator: Mapped[str] = mapped_column(Words())
    words: Mapped[str] = mapped_column(Words())
    place_code: Mapped[str | None] = mapped_column(Words(20))
    place_name: Mapped[str | None] = mapped_column(Words())
    place_key: Mapped[str | None] = mapped_column(Words())
    place_plain: Mapped[str | None] = mapped_column(Words())
    period_start: Mapped[date | None] = mapped_column(Date)
    period_end: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(Words(10))
    cells: Mapped[dict[str, Any]] = mapped_column(Json)


class Project(Base):
    """Documents that people annotate by the same guidelines. `queue` is the order in which they come."""

    __tablename__ = "projects"
    __table_args__ = (_one_of("queue", PROJECT_ORDERS),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Words(32), unique=True)
    name: Mapped[str] = mapped_column(Words(200), unique=True)
    guidelines: Mapped[str | None] = mapped_column(Words())
    queue: Mapped[str] = mapped_column(Words(10))
    made_by: Mapped[str] = mapped_column(Words())
    made_at: Mapped[datetime] = mapped_column(Moment)


class Task(Base):
    """One annotation of a document. `beginning` are the spans that it begins with (`chitieu.annotation.corrections.packed`); they stay
    when the document is read again, and so does the text that they lie in. `blind`: 0 or 1. `sides` are the ids of the two that an
    adjudication decides between.

    `revision` is the number of its last correction. `unsure` and `priority` say how much there is to learn from it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        _one_of("kind", TASK_KINDS),
        _one_of("state", TASK_STATES),
        Index(None, "project_seq", "state", "assignee"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Words(32), unique=True)
    project_seq: Mapped[int] = mapped_column(ForeignKey("projects.seq", ondelete="CASCADE"))
    document_seq: Mapped[int] = mapped_column(ForeignKey("documents.seq", ondelete="CASCADE"), index=True)
    text_sha256: Mapped[str] = mapped_column(Words(64), ForeignKey("texts.sha256"), index=True)
    kind: Mapped[str] = mapped_column(Words(10))
    state: Mapped[str] = mapped_column(Words(12))
    assignee: Mapped[str | None] = mapped_column(Words(100))
    blind: Mapped[int]
    sides: Mapped[list[str] | None] = mapped_column(Json)
    model_name: Mapped[str] = mapped_column(Words())
    model_version: Mapped[str] = mapped_column(Words())
    beginning: Mapped[bytes] = mapped_column(LargeBinary)
    spans: Mapped[int]
    unsure: Mapped[int]
    priority: Mapped[int]
    revision: Mapped[int]
    made_by: Mapped[str] = mapped_column(Words())
    made_at: Mapped[datetime] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class TaskReader(Base):
    """Somebody has read a blind task that another makes, before all of its document were done: they make no other of these."""

    __tablename__ = "task_readers"

    task_seq: Mapped[int] = mapped_column(
        ForeignKey("tasks.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(Words(100), primary_key=True)


class Correction(Base):
    """What somebody did to a task's annotation, and what undoes it; only ever added to. `number` counts those of a task from 1.

    `event` is the client's own id of it, so that sending it again is no second one; `client` is the window that it came from.
    `label` is the span's after it.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index(None, "task_seq", "number", unique=True),
        Index(None, "task_seq", "event", unique=True),
    )

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    task_seq: Mapped[int] = mapped_column(ForeignKey("tasks.seq", ondelete="CASCADE"))
    number: Mapped[int]
    event: Mapped[str] = mapped_column(Words(64))
    client: Mapped[str] = mapped_column(Words(64))
    actor: Mapped[str] = mapped_column(Words())
    at: Mapped[datetime] = mapped_column(Moment)
    model_name: Mapped[str] = mapped_column(Words())
    model_version: Mapped[str] = mapped_column(Words())
    span: Mapped[str] = mapped_column(Words(64))
    label: Mapped[str] = mapped_column(Words(20))
    operation: Mapped[dict[str, Any]] = mapped_column(Json)
    inverse: Mapped[dict[str, Any]] = mapped_column(Json)


class AliasDecision(Base):
    """What a reviewer decided on a name that annotators propose for an entry; only ever added to, the last of a `proposal` holds.

    `alone`: 0 or 1: whether the name means the entry wherever it is read.
    """

    __tablename__ = "alias_decisions"
    __table_args__ = (_one_of("decision", ALIAS_DECISIONS),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    proposal: Mapped[str] = mapped_column(Words(32), index=True)
    entry: Mapped[str] = mapped_column(Words(200))
    alias: Mapped[str] = mapped_column(Words(300))
    decision: Mapped[str] = mapped_column(Words(10))
    alone: Mapped[int]
    actor: Mapped[str] = mapped_column(Words())
    at: Mapped[datetime] = mapped_column(Moment)


class Job(Base):
    """Work that outlasts a request. The row is the truth; the queue only carries ids.

    `key` makes asking twice one job. A worker renews `seen_at`; a running job that nobody has seen for the lease is begun again, at
    most so many times. Of the oldest that waits, `seen_at` is when a worker last looked at those that do.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        _one_of("state", JOB_STATES),
        Index(None, "state", "seen_at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Words(32), unique=True)
    key: Mapped[str | None] = mapped_column(Words(64), unique=True)
    kind: Mapped[str] = mapped_column(Words(20))
    state: Mapped[str] = mapped_column(Words(10))
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    step: Mapped[str | None] = mapped_column(Words(20))
    done: Mapped[int]
    total: Mapped[int | None]
    attempts: Mapped[int]
    worker: Mapped[str | None] = mapped_column(Words())
    document_id: Mapped[str | None] = mapped_column(Words(64), index=True)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    asked_by: Mapped[str] = mapped_column(Words())
    asked_at: Mapped[datetime] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)


class JobData(Base):
    """What a job works on, `body`, until it ends, and what came of it, `answer`: apart, as SQLite writes a row whole for each change.

    `log` is what a job tells whoever waits for it, its last lines.
    """

    __tablename__ = "job_data"

    job_seq: Mapped[int] = mapped_column(
        ForeignKey("jobs.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    log: Mapped[str | None] = mapped_column(Words())


class Account(Base):
    """Who may do what. `password` is an argon2 hash; null where only tokens are used."""

    __tablename__ = "accounts"
    __table_args__ = (_one_of("role", ROLES),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(Words(100), unique=True)
    role: Mapped[str] = mapped_column(Words(10))
    password: Mapped[str | None] = mapped_column(Words())
    made_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class Token(Base):
    """An API token: `id` is its public part, `secret` the SHA-256 of the rest, which is random enough to need no salt."""

    __tablename__ = "tokens"
    __table_args__ = (_one_of("role", ROLES),)

    id: Mapped[str] = mapped_column(Words(20), primary_key=True)
    account_seq: Mapped[int] = mapped_column(ForeignKey("accounts.seq", ondelete="CASCADE"), index=True)
    secret: Mapped[str] = mapped_column(Words(64))
    role: Mapped[str] = mapped_column(Words(10))
    note: Mapped[str] = mapped_column(Words())
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Session(Base):
    """A login of a browser: `id` is the SHA-256 of the cookie, `csrf` what its requests that change something must carry."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    account_seq: Mapped[int] = mapped_column(ForeignKey("accounts.seq", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(Words(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Audit(Base):
    """Who did what, and when; only ever added to."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "action", "at"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Words())
    action: Mapped[str] = mapped_column(Words(40))
    subject: Mapped[str | None] = mapped_column(Words())
    address: Mapped[str | None] = mapped_column(Words())
    request: Mapped[str | None] = mapped_column(Words())
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
