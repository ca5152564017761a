"""Jobs in their table: asked for, begun by one worker, renewed, ended, forgotten. Which process runs them is no matter of this module."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from chitieu.errors import ChitieuError, JobUnfinished, JobUnknown, ServiceBusy
from chitieu.store.accounts import LOCAL
from chitieu.store.database import Database
from chitieu.store.paging import Page, from_cursor, to_cursor
from chitieu.store.tables import Job, JobData, StoredDocument

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
_RETRY_SECONDS = 30
_CURSOR = "jobs"


class JobError(BaseModel):
    """Why a job failed: the body of the error, and the HTTP status that goes with it."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    detail: dict[str, Any] = {}
    status: int

    @classmethod
    def of(cls, error: ChitieuError) -> JobError:
        return cls(code=error.code, message=error.message, detail=error.detail, status=error.status)

    def as_raised(self) -> ChitieuError:
        """The error that a request for the same would have raised."""
        error = ChitieuError(self.message)
        error.code, error.status, error.detail = self.code, self.status, self.detail
        return error


class JobRecord(BaseModel):
    """A job without what it works on and what came of it.

    Attributes:
        step: what is being done; ``done`` of ``total`` of it (None: nobody knows how much); of a job that is done, all.
        attempts: times that it was begun.
        document_id: the stored document that came of it.
        begun_at: when the last attempt was.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    kind: str
    state: JobState
    step: str | None
    done: int
    total: int | None
    attempts: int
    document_id: str | None
    error: JobError | None
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs of the job that it has begun."""

    id: str
    kind: str
    settings: dict[str, Any]
    body: bytes
    asked_by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The job that was asked for, and whether there was none of its key."""

    job: JobRecord
    is_new: bool


_SHOWN = load_only(Job.seq, *(getattr(Job, name) for name in JobRecord.model_fields))


def ask(
    database: Database,
    *,
    kind: str,
    settings: dict[str, Any],
    body: bytes,
    key: str | None,
    by: str,
    room: int,
    room_bytes: int | None = None,
    until_end: bool = False,
) -> Asked:
    """A new job, or the one that was asked for with this key before.

    That one counts while it is kept, unless it failed, was cancelled, or the document that it stored is gone; with ``until_end`` only
    until it ends.

    Args:
        settings: how to work on the body; plain data.
        key: at most 64 characters; the same for what is the same job. None: always a new one.
        room: jobs that wait, at most; as two that ask at once do not see each other's, it may be passed by a few.
        room_bytes: bytes of their bodies, at most; None: any number. A body that is larger by itself has the room when nothing waits.

    Raises:
        ServiceBusy: so many wait already. Those of one account fill half of the room at most, unless there is no other (`LOCAL`).
        DatabaseDown, DatabaseInvalid: nothing was asked for.
    """
    try:
        with database.write() as session:
            before = _kept(session, key, until_end=until_end)
            if before is not None:
                return Asked(_record(before), is_new=False)
            _check_room(session, by, len(body), room, room_bytes)
            job = Job(
                id=secrets.token_hex(16),
                key=key,
                kind=kind,
                state="queued",
                settings=settings,
                done=0,
                attempts=0,
                asked_by=by,
                asked_at=_now(),
            )
            session.add(job)
            session.flush()
            session.add(JobData(job_seq=job.seq, body=body))
            return Asked(_record(job), is_new=True)
    except IntegrityError:  # another process asked for the same at the same moment
        with database.read() as session:
            found = session.scalars(select(Job).options(_SHOWN).where(Job.key == key)).one()
            return Asked(_record(found), is_new=False)


def _check_room(session: Session, by: str, size: int, room: int, room_bytes: int | None) -> None:
    """
    Raises:
        ServiceBusy: there is no room for one more job of this account, with a body of so many bytes.
    """
    number, held = func.count(), func.coalesce(func.sum(func.length(JobData.body)), 0)
    waits = (
        select(Job.asked_by, number, held)
        .outerjoin(JobData, JobData.job_seq == Job.seq)
        .where(Job.state == "queued")
        .group_by(Job.asked_by)
    )
    waiting = {name: (count, int(total)) for name, count, total in session.execute(waits)}
    everybodys = sum(count for count, _ in waiting.values()), sum(total for _, total in waiting.values())
    own = waiting.get(by, (0, 0))
    if _is_full(everybodys, size, room, room_bytes):
        raise ServiceBusy(
            f"Đang có {everybodys[0]} công việc chờ, hãy thử lại sau. / {everybodys[0]} jobs are waiting, try again later.",
            retry_after=_RETRY_SECONDS,
        )
    half = room_bytes // 2 if room_bytes is not None else None
    if by != LOCAL and _is_full(own, size, max(1, room // 2), half):
        raise ServiceBusy(
            f"“{by}” đang có {own[0]} công việc chờ, hãy thử lại sau. / “{by}” has {own[0]} jobs waiting, try again later.",
            retry_after=_RETRY_SECONDS,
        )


def _is_full(waiting: tuple[int, int], size: int, room: int, room_bytes: int | None) -> bool:
    number, held = waiting
    return number >= room or (room_bytes is not None and number > 0 and held + size > room_bytes)


def _kept(session: Session, key: str | None, *, until_end: bool) -> Job | None:
    """The job that holds the key; a job whose document is gone loses it, and one that ended where it is to hold it until then."""
    if key is None:
        return None
    job = session.scalar(select(Job).options(_SHOWN).where(Job.key == key))
    if job is None:
        return None
    if until_end:
        if not _record(job).ended:
            return job
    elif job.document_id is None or session.scalar(select(exists().where(StoredDocument.id == job.document_id))):
        return job
    session.execute(update(Job).where(Job.seq == job.seq).values(key=None))
    return None


def get(database: Database, id: str) -> JobRecord:
    """One job.

    Raises:
        JobUnknown: there is none, or none any more.
        DatabaseDown, DatabaseInvalid: see `chitieu.store.database.told`; so all functions here.
    """
    with database.read() as session:
        job = session.scalar(select(Job).options(_SHOWN).where(Job.id == id))
        if job is None:
            raise unknown(id)
        return _record(job)


def several(database: Database, ids: Collection[str]) -> list[JobRecord]:
    """Those of these ids that there are."""
    with database.read() as session:
        return [_record(job) for job in session.scalars(select(Job).options(_SHOWN).where(Job.id.in_(ids)))]


def unknown(id: str) -> JobUnknown:
    """The error of an id that no job has, or none that whoever asks may know of."""
    return JobUnknown(
        f"Không có công việc “{id[:80]}”, hoặc đã hết hạn lưu. / There is no job “{id[:80]}”, or no more.", id=id[:80]
    )


def listed(
    database: Database,
    *,
    by: str | None = None,
    state: JobState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[JobRecord]:
    """Jobs, the last that was asked for first.

    Args:
        by: those that this account asked for; None: everybody's.
        state: those in this state.
        limit: jobs at most.
        cursor: `Page.next` of the page before.

    Raises:
        BadRequest: a cursor that is none.
    """
    query = select(Job).options(_SHOWN).order_by(Job.seq.desc()).limit(limit + 1)
    if by is not None:
        query = query.where(Job.asked_by == by)
    if state is not None:
        query = query.where(Job.state == state)
    if cursor is not None:
        query = query.where(Job.seq < from_cursor(cursor, _CURSOR, 1)[0])
    with database.read() as session:
        rows = list(session.scalars(query))
        more = to_cursor(_CURSOR, rows[limit - 1].seq) if len(rows) > limit else None
        return Page([_record(row) for row in rows[:limit]], more)


def answer(database: Database, id: str) -> bytes:
    """What came of a job that is done.

    Raises:
        JobUnknown: there is no such job. JobUnfinished: it has no answer; ``detail["state"]`` says why.
    """
    with database.read() as session:
        row = session.execute(
            select(Job.state, JobData.answer).outerjoin(JobData, JobData.job_seq == Job.seq).where(Job.id == id)
        ).one_or_none()
    if row is None:
        raise unknown(id)
    state, found = row
    if state != "done" or found is None:
        raise JobUnfinished(
            f"Công việc chưa có kết quả (trạng thái: {state}). / The job has no answer (state: {state}).",
            id=id,
            state=state,
        )
    return bytes(found)


def claim(database: Database, id: str, worker: str, *, lease_seconds: float, attempts: int) -> Work | None:
    """Begin a job; None where another has it, it ended, or it has been begun so many times.

    However many ask at once, one gets it.

    Args:
        worker: a name that no other claim has, that of the same process included.
        lease_seconds: without a sign of life for so long, a running job may be taken over.
    """
    now = _now()
    free = or_(Job.state == "queued", _deserted(now, lease_seconds))
    begin = (
        update(Job)
        .where(Job.id == id, free, Job.attempts < attempts)
        .values(
            state="running",
            worker=worker,
            attempts=Job.attempts + 1,
            step=None,
            done=0,
            total=None,
            begun_at=now,
            seen_at=now,
        )
        .returning(Job.seq, Job.kind, Job.settings, Job.asked_by)
        .execution_options(synchronize_session=False)
    )
    with database.write() as session:
        row = session.execute(begin).one_or_none()
        if row is None:
            return None
        seq, kind, settings, by = row
        body = session.scalar(select(JobData.body).where(JobData.job_seq == seq))
    return Work(id, kind, settings, body or b"", by)


def renew(database: Database, id: str, worker: str) -> bool:
    """A sign of life; False where the job is this worker's no more: cancelled, forgotten, or taken over."""
    return _change(database, id, worker, {"seen_at": _now()})


def progress(database: Database, id: str, worker: str, step: str, done: int, total: int | None) -> bool:
    """How far it is, which is a sign of life too; False as `renew`."""
    return _change(database, id, worker, {"step": step, "done": done, "total": total, "seen_at": _now()})


def note(database: Database, id: str, worker: str, log: str) -> bool:
    """Keep what a job has told so far, in place of what it told before; False as `renew`."""
    ours = select(Job.seq).where(Job.id == id, Job.worker == worker, Job.state == "running").scalar_subquery()
    with database.write() as session:
        written = update(JobData).where(JobData.job_seq == ours).values(log=log)
        return bool(_count(session.execute(written.execution_options(synchronize_session=False))))


def log_of(database: Database, id: str) -> str:
    """What a job told while it was worked on, also where it failed; empty where it told nothing.

    Raises:
        JobUnknown: there is no such job.
    """
    with database.read() as session:
        row = session.execute(
            select(JobData.log).join(Job, Job.seq == JobData.job_seq).where(Job.id == id)
        ).one_or_none()
    if row is None:
        raise unknown(id)
    return row.log or ""


def finish(database: Database, id: str, worker: str, *, answer: bytes, document_id: str | None = None) -> bool:
    """End a job well, with all of its progress done; False as `renew`, and then nothing is kept."""
    total = func.coalesce(Job.total, 1)
    values = _end("done") | {"document_id": document_id, "done": total, "total": total}
    return _change(database, id, worker, values, answer=answer)


def fail(database: Database, id: str, worker: str, error: JobError) -> bool:
    """End a job with an error; False as `renew`. The same asked for again is a new job."""
    return _change(database, id, worker, _end("failed") | {"key": None, "error": error.model_dump(mode="json")})


def give_back(database: Database, id: str, worker: str) -> bool:
    """Let another begin a job that this worker cannot finish, as if it had not been begun; False as `renew`."""
    waits = {
        "state": "queued",
        "worker": None,
        "step": None,
        "done": 0,
        "total": None,
        "begun_at": None,
        "seen_at": None,
    }
    return _change(database, id, worker, waits | {"attempts": Job.attempts - 1})


def cancel(database: Database, id: str) -> JobRecord:
    """The job, cancelled if it had not ended. Its worker learns of it by its next sign of life.

    Raises:
        JobUnknown: there is no such job.
    """
    with database.write() as session:
        _update(session, {**_end("cancelled"), "key": None}, Job.id == id, Job.state.in_(("queued", "running")))
    database.erase()
    return get(database, id)


def forget(database: Database, id: str) -> None:
    """Delete a job that has ended, with its answer; one that has not ended, or is unknown, is left."""
    with database.write() as session:
        session.execute(delete(Job).where(Job.id == id, Job.state.not_in(("queued", "running"))))
    database.erase()


def stalled(database: Database, *, lease_seconds: float, attempts: int) -> list[str]:
    """Ids of the jobs that should be in a queue, oldest first: those that wait, and those whose worker died.

    Those whose worker died at the last of so many attempts are ended here, with the error `internal`.
    """
    deserted = _deserted(_now(), lease_seconds)
    with database.read() as session:
        ids = list(
            session.scalars(
                select(Job.id)
                .where(or_(Job.state == "queued", and_(deserted, Job.attempts < attempts)))
                .order_by(Job.seq)
            )
        )
        spent = bool(session.scalar(select(exists().where(deserted, Job.attempts >= attempts))))
    if spent:
        error = JobError(
            code="internal",
            message=f"Đã thử {attempts} lần, lần nào tiến trình xử lý cũng dừng giữa chừng. / "
            f"Begun {attempts} times; each time the process that worked on it died.",
            detail={"attempts": attempts},
            status=500,
        )
        with database.write() as session:
            failed = {**_end("failed"), "key": None, "error": error.model_dump(mode="json")}
            _update(session, failed, deserted, Job.attempts >= attempts)
    return ids


def look(database: Database) -> None:
    """A worker's sign that it has seen those that wait; it stands in the row of the oldest."""
    oldest = select(func.min(Job.seq)).where(Job.state == "queued").scalar_subquery()
    with database.write() as session:
        _update(session, {"seen_at": _now()}, Job.seq == oldest, Job.state == "queued")


def waiting_for_worker(database: Database) -> float:
    """For how many seconds no worker has seen the jobs that wait; 0 where none waits."""
    with database.read() as session:
        asked_at = session.scalar(select(func.min(Job.asked_at)).where(Job.state == "queued"))
        seen_at = session.scalar(select(func.max(Job.seen_at)).where(Job.state.in_(("queued", "running"))))
    if asked_at is None:
        return 0.0
    return max(0.0, (_now() - max(asked_at, seen_at or asked_at)).total_seconds())


def purge(database: Database, days: float) -> int:
    """Delete the jobs that ended more than so many days ago, with their answers; returns how many."""
    old = Job.ended_at < _now() - timedelta(days=days)
    with database.read() as session:
        if not session.scalar(select(exists().where(old))):
            return 0
    with database.write() as session:
        gone = _count(session.execute(delete(Job).where(old)))
    database.erase()
    return gone


def counts(database: Database) -> dict[str, int]:
    """How many jobs there are in each state that there are any in."""
    with database.read() as session:
        rows = session.execute(select(Job.state, func.count().label("number")).group_by(Job.state)).all()
    return {row.state: row.number for row in rows}


def _now() -> datetime:
    return datetime.now(UTC)


def _record(job: Job) -> JobRecord:
    return JobRecord.model_validate(job)


def _deserted(now: datetime, lease_seconds: float) -> ColumnElement[bool]:
    return and_(Job.state == "running", Job.seen_at < now - timedelta(seconds=lease_seconds))


def _end(state: JobState) -> dict[str, Any]:
    """What every end has in common."""
    return {"state": state, "worker": None, "step": None, "ended_at": _now()}


def _change(database: Database, id: str, worker: str, values: dict[str, Any], *, answer: bytes | None = None) -> bool:
    """Change a running job, if it is still this worker's."""
    with database.write() as session:
        return bool(_update(session, values, Job.id == id, Job.worker == worker, Job.state == "running", answer=answer))


def _update(
    session: Session, values: dict[str, Any], *which: ColumnElement[bool], answer: bytes | None = None
) -> list[int]:
    """Change jobs; where they end with that, what was sent is kept no longer. Returns the `seq` of each."""
    statement = update(Job).where(*which).values(**values).returning(Job.seq)
    changed = list(session.scalars(statement.execution_options(synchronize_session=False)))
    if "ended_at" in values and changed:
        session.execute(
            update(JobData)
            .where(JobData.job_seq.in_(changed))
            .values(body=None, answer=answer)
            .execution_options(synchronize_session=False)
        )
    return changed


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
