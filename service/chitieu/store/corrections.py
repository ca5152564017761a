"""Corrections of tasks: added, never changed, and the annotation as it stands after them, now or at any time before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chitieu.annotation.corrections import (
    LiveSpan,
    ShownSpan,
    Unfit,
    after,
    checked,
    folded,
    in_the_way,
    inverse,
    shown,
    to_document,
    unpacked,
)
from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.operations import OPERATION, Operation
from chitieu.errors import CorrectionConflict, CorrectionInvalid
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.projects import the_project
from chitieu.store.tables import Audit, Correction, Project, StoredDocument, StoredText, Task
from chitieu.store.tasks import (
    Person,
    TaskInfo,
    TaskModel,
    TaskState,
    begin,
    closed,
    info_of,
    is_peeked_at,
    is_visible,
    is_writable,
    note_readers,
    the_task,
)

_ENDED = ("done", "adjudicated")


class CorrectionInfo(BaseModel):
    """Who did what to an annotation, and when; ``inverse`` undoes it."""

    model_config = ConfigDict(frozen=True)

    number: int
    id: str
    client: str
    by: str
    at: datetime
    model: TaskModel
    operation: Operation
    inverse: Operation


@dataclass(frozen=True, slots=True)
class Event:
    """An operation with the id that its sender gave it."""

    id: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Annotation:
    """A task's annotation at some time.

    ``revision``: number of the last correction in it. ``kind``: of the document's file, None: a text. ``place``, ``period``: words.
    """

    task: TaskInfo
    revision: int
    writable: bool
    text: str = field(repr=False)
    spans: list[ShownSpan] = field(repr=False)
    sides: tuple[str, ...]
    kind: str | None
    place: str | None
    period: str | None

    def document(self) -> AnnotatedDocument:
        """As formats of annotated documents have it."""
        return to_document(self.task.document.name, self.text, self.spans, place=self.place, period=self.period)


@dataclass(frozen=True, slots=True)
class Appended:
    """What came of corrections that were sent: they themselves, those of others since, and the spans before and after all of these."""

    revision: int
    corrections: list[CorrectionInfo]
    between: list[CorrectionInfo]
    before: list[ShownSpan] = field(repr=False)
    after: list[ShownSpan] = field(repr=False)


def append(
    database: Database,
    task_id: str,
    events: Sequence[Event],
    *,
    revision: int,
    client: str,
    person: Person,
    is_entry: Callable[[str], bool],
) -> Appended:
    """Add corrections to a task, all or none. Those that were added before are not added again, but answered.

    Args:
        revision: the last correction that the sender knew of.
        client: the sender's window, whose corrections are in no conflict with each other.
        person: who sends them.
        is_entry: whether the catalogue has an entry of this id.

    Raises:
        TaskUnknown: there is none for them. TaskClosed: it takes none.
        CorrectionInvalid: one breaks the rules. CorrectionConflict: others changed what they are about.
        DatabaseDown, DatabaseInvalid: nothing was stored.
    """
    with database.write() as session:
        task = the_task(session, task_id, person, lock=True)
        past = _past(session, task)
        known = {one.event: one for one in past}
        fresh: list[tuple[int, Event]] = []
        met: dict[str, Operation] = {}
        for at, event in enumerate(events):
            one = known.get(event.id)
            before = met.get(event.id) if one is None else one.operation
            if before is None:
                met[event.id] = event.operation
                fresh.append((at, event))
            elif before != event.operation or (one is not None and one.actor != person.name):
                raise _invalid(at, event, Unfit("event_reused"))
        others = [one for one in past if one.number > revision and one.client != client]
        beginning = unpacked(task.beginning)
        spans = folded(beginning, (one.operation for one in past if one.number <= revision))
        then = dict(spans)
        for one in past:
            if one.number > revision:
                spans[one.operation.span] = after(spans, one.operation)
        if fresh:
            if not is_writable(session, task, person):
                raise closed(task)
            if revision > task.revision:  # the database is an older one than they knew
                raise _conflict(session, task, fresh, set(), others)
            new = _checked(session, task, spans, fresh, others, is_entry)
            _add(session, task, new, client, person)
        by_id = {span.id: span for span in beginning}
        told = {row.event: row for row in _rows(session, task, Correction.event.in_({event.id for event in events}))}
        return Appended(
            task.revision,
            [_info(told[event.id]) for event in events],
            _infos(session, task, others),
            shown(then, by_id),
            shown(spans, by_id),
        )


def _checked(
    session: Session,
    task: Task,
    spans: dict[str, LiveSpan],
    fresh: Sequence[tuple[int, Event]],
    others: Sequence[_Made],
    is_entry: Callable[[str], bool],
) -> list[tuple[Event, Operation, str]]:
    """The events with what undoes each, and the label that its span has then; ``spans`` are as they are after them."""
    clash = in_the_way((event.operation for _, event in fresh), (one.operation for one in others))
    if clash:
        raise _conflict(session, task, fresh, clash, others)
    text = session.scalars(select(StoredText.text).where(StoredText.sha256 == task.text_sha256)).one()
    new = []
    for at, event in fresh:
        undo = inverse(spans, event.operation)
        try:
            span = checked(text, spans, event.operation, is_entry=is_entry)
        except Unfit as unfit:
            touched = {event.operation.span, *unfit.spans}
            if touched & {one.operation.span for one in others}:
                raise _conflict(session, task, fresh, touched, others) from unfit
            raise _invalid(at, event, unfit) from unfit
        spans[span.id] = span
        new.append((event, undo, span.label))
    return new


def _add(
    session: Session, task: Task, new: Sequence[tuple[Event, Operation, str]], client: str, person: Person
) -> None:
    last = session.scalar(
        select(Correction.at).where(Correction.task_seq == task.seq, Correction.number == task.revision)
    )
    now = datetime.now(UTC)
    at = now if last is None else max(now, last)  # so that what there was at any time is a beginning of the history
    if task.assignee is None:
        add_entry(session, By(person.name), "task_changed", task.id, assignee=person.name)
    begin(task, person.name)
    for event, undo, label in new:
        task.revision += 1
        session.add(
            Correction(
                task_seq=task.seq,
                number=task.revision,
                event=event.id,
                client=client,
                actor=person.name,
                at=at,
                model_name=task.model_name,
                model_version=task.model_version,
                span=event.operation.span,
                label=label,
                operation=event.operation.model_dump(mode="json", exclude_defaults=True),
                inverse=undo.model_dump(mode="json", exclude_defaults=True),
            )
        )
    session.flush()


def since(
    database: Database, task_id: str, person: Person, *, number: int = 0, limit: int = 500
) -> tuple[TaskInfo, list[CorrectionInfo]]:
    """The corrections behind a number, the first ``limit`` of them. Raises TaskUnknown."""
    with database.read() as session:
        task = the_task(session, task_id, person)
        rows = session.scalars(
            select(Correction)
            .where(Correction.task_seq == task.seq, Correction.number > number)
            .order_by(Correction.number)
            .limit(limit)
        )
        told = info_of(session, task), [_info(row) for row in rows]
        peeked = [task.seq] if is_peeked_at(session, task, person) else []
    _note(database, peeked, person)
    return told


def annotation(
    database: Database, task_id: str, person: Person, *, at: datetime | None = None, revision: int | None = None
) -> Annotation:
    """A task's annotation now, as it was at a time, or after so many corrections. Raises TaskUnknown."""
    with database.read() as session:
        task = the_task(session, task_id, person)
        found = standing_annotation(session, task, person, at=at, revision=revision)
        peeked = [task.seq] if is_peeked_at(session, task, person) else []
    _note(database, peeked, person)
    return found


def _note(database: Database, peeked: Sequence[int], person: Person) -> None:
    """Before anything of the tasks is told."""
    if peeked:
        with database.write() as session:
            note_readers(session, peeked, person)


def all_done(
    database: Database, project_id: str, person: Person, *, document: str | None = None
) -> dict[str, list[Annotation]]:
    """Those that are done and no adjudications, by document, in the order in which they were given. Raises ProjectUnknown."""
    found: dict[str, list[Annotation]] = {}
    with database.read() as session:
        project = the_project(session, project_id)
        asked = (
            select(Task)
            .join(StoredDocument, StoredDocument.seq == Task.document_seq)
            .where(Task.project_seq == project.seq, Task.kind == "annotate", Task.state.in_(_ENDED))
            .order_by(Task.seq)
        )
        if document is not None:
            asked = asked.where(StoredDocument.id == document)
        for task in session.scalars(asked):
            one = standing_annotation(session, task, person)
            found.setdefault(one.task.document.id, []).append(one)
    return found


def exported(
    database: Database,
    project_id: str,
    *,
    at: datetime | None = None,
    done: bool = False,
    annotator: str | None = None,
    person: Person,
    by: By,
) -> list[AnnotatedDocument]:
    """One annotation of each document of a project: what was decided between two, else what is done, begun, or what was there before.

    Args:
        at: as of this time; None: now.
        done: only those that are (were) done.
        annotator: only those of this person.
        person: who asks; what they may not see is left out.

    Raises:
        ProjectUnknown: there is none. AnnotationInvalid: a beginning broke the rules.
    """
    moment = at or datetime.now(UTC)
    with database.read() as session:
        project = the_project(session, project_id)
        chosen = _furthest(session, project, person, at=at, done=done, annotator=annotator)
        documents = [standing_annotation(session, task, person, at=moment).document() for task in chosen]
        peeked = [task.seq for task in chosen if is_peeked_at(session, task, person)]
    with database.write() as session:
        note_readers(session, peeked, person)
        add_entry(
            session,
            by,
            "project_exported",
            project_id,
            documents=len(documents),
            **({"at": at.isoformat()} if at is not None else {}),
        )
    return documents


@dataclass(frozen=True, slots=True)
class Standing:
    """What a project has of a document now."""

    annotation: Annotation = field(repr=False)

    @property
    def project(self) -> str:
        """The project's id."""
        return self.annotation.task.project

    @property
    def state(self) -> TaskState:
        """That of the task which is furthest."""
        return self.annotation.task.state

    def document(self) -> AnnotatedDocument:
        """As `Annotation.document`."""
        return self.annotation.document()


def standing(database: Database) -> list[Standing]:
    """One annotation of each document of every project, chosen as `exported` chooses, in the order in which projects and tasks were made.

    Blind ones too: it is for programs, which tell nobody. Nothing is recorded.
    """
    whole = Person("", "admin")
    with database.read() as session:
        return [
            Standing(standing_annotation(session, task, whole))
            for project in session.scalars(select(Project).order_by(Project.seq))
            for task in _furthest(session, project, whole)
        ]


def _furthest(
    session: Session,
    project: Project,
    person: Person,
    *,
    at: datetime | None = None,
    done: bool = False,
    annotator: str | None = None,
) -> list[Task]:
    """The task of each document that counts, of those that somebody may see: decided between two, else done, begun, open."""
    moment = at or datetime.now(UTC)
    asked = select(Task).where(Task.project_seq == project.seq, Task.made_at <= moment).order_by(Task.seq)
    if annotator is not None:
        asked = asked.where(Task.assignee == annotator)
    then_done = _done_then(session, project, at) if at is not None else frozenset()
    best: dict[int, tuple[tuple[int, int], Task]] = {}
    for task in session.scalars(asked):
        was_done = (task.done_at is not None and task.done_at <= moment) or task.id in then_done
        if (done and not was_done) or not is_visible(session, task, person):
            continue
        was_begun = task.begun_at is not None and task.begun_at <= moment
        stage = 2 if was_done else int(was_begun)
        rank = (int(task.kind == "adjudicate" and was_done), stage)
        there = best.get(task.document_seq)
        if there is None or rank > there[0]:
            best[task.document_seq] = rank, task
    return [task for _, task in sorted(best.values(), key=lambda ranked: ranked[1].seq)]


def _done_then(session: Session, project: Project, at: datetime) -> frozenset[str]:
    """The tasks of a project that were done at a time, whatever became of them later: a task's row knows its last state alone."""
    asked = (
        select(Audit.subject, Audit.detail)
        .where(
            Audit.action == "task_changed",
            Audit.at <= at,
            Audit.subject.in_(select(Task.id).where(Task.project_seq == project.seq)),
        )
        .order_by(Audit.seq)
    )
    states = {subject: detail["state"] for subject, detail in session.execute(asked) if "state" in detail}
    return frozenset(subject for subject, state in states.items() if subject is not None and state in _ENDED)


def standing_annotation(
    session: Session, task: Task, person: Person, *, at: datetime | None = None, revision: int | None = None
) -> Annotation:
    """The same as `annotation`, of a task's row that somebody may see."""
    past = [
        one
        for one in _past(session, task)
        if (at is None or one.at <= at) and (revision is None or one.number <= revision)
    ]
    document = session.execute(
        select(StoredDocument.kind, StoredDocument.place_name, StoredDocument.period_text, StoredText.text)
        .join(StoredText, StoredText.sha256 == task.text_sha256)
        .where(StoredDocument.seq == task.document_seq)
    ).one()
    beginning = unpacked(task.beginning)
    return Annotation(
        task=info_of(session, task),
        revision=past[-1].number if past else 0,
        writable=is_writable(session, task, person) and at is None and revision is None,
        text=document.text,
        spans=shown(folded(beginning, (one.operation for one in past)), {span.id: span for span in beginning}),
        sides=tuple(task.sides or ()),
        kind=document.kind,
        place=document.place_name,
        period=document.period_text,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """Of a correction what is needed to put it on the spans; thousands of them are read at a time."""

    number: int
    event: str
    client: str
    actor: str
    at: datetime
    operation: Operation


def _past(session: Session, task: Task) -> list[_Made]:
    columns = (Correction.number, Correction.event, Correction.client, Correction.actor, Correction.at)
    asked = select(*columns, Correction.operation).where(Correction.task_seq == task.seq).order_by(Correction.number)
    return [
        _Made(number, event, client, actor, at, OPERATION.validate_python(operation))
        for number, event, client, actor, at, operation in session.execute(asked)
    ]


def _rows(session: Session, task: Task, *which: ColumnElement[bool]) -> list[Correction]:
    asked = select(Correction).where(Correction.task_seq == task.seq, *which).order_by(Correction.number)
    return list(session.scalars(asked))


def _infos(session: Session, task: Task, made: Sequence[_Made]) -> list[CorrectionInfo]:
    if not made:
        return []
    wanted = {one.number for one in made}
    return [_info(row) for row in _rows(session, task, Correction.number >= min(wanted)) if row.number in wanted]


def _info(row: Correction) -> CorrectionInfo:
    return CorrectionInfo(
        number=row.number,
        id=row.event,
        client=row.client,
        by=row.actor,
        at=row.at,
        model=TaskModel(name=row.model_name, version=row.model_version),
        operation=OPERATION.validate_python(row.operation),
        inverse=OPERATION.validate_python(row.inverse),
    )


def _invalid(at: int, event: Event, unfit: Unfit) -> CorrectionInvalid:
    return CorrectionInvalid(
        f"Không sửa được như vậy ({unfit.reason}). / The correction breaks a rule ({unfit.reason}).",
        event=event.id,
        index=at,
        reason=unfit.reason,
        spans=list(unfit.spans),
    )


def _conflict(
    session: Session, task: Task, fresh: Sequence[tuple[int, Event]], spans: set[str], others: Sequence[_Made]
) -> CorrectionConflict:
    touching = [
        event.id
        for _, event in fresh
        if not spans or event.operation.span in spans or getattr(event.operation, "to", None) in spans
    ]
    return CorrectionConflict(
        "Người khác vừa sửa chỗ này, chưa lưu gì. / Others have just changed this; nothing was stored.",
        revision=task.revision,
        events=touching or [event.id for _, event in fresh],
        spans=sorted(spans),
        between=[info.model_dump(mode="json") for info in _infos(session, task, others)],
    )
