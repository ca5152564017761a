"""Tasks: annotations of a document that somebody is to make; who may see them, whose turn it is, what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, or_, select
from sqlalchemy.orm import Session, aliased

from chitieu.annotation.agreement import ALL, agreement
from chitieu.annotation.corrections import LiveSpan, agreed, of_answer, packed
from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.teaching import priority, unsure
from chitieu.errors import AccountUnknown, BadRequest, DocumentUnknown, TaskClosed, TaskUnfinished, TaskUnknown
from chitieu.store.accounts import LOCAL
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.paging import Page, from_cursor, to_cursor
from chitieu.store.projects import the_project
from chitieu.store.roles import Role, allows, as_role
from chitieu.store.rows import unpacked as answer_of
from chitieu.store.tables import Account, Project, StoredDocument, Task, TaskReader
from chitieu.store.texts import lock_text

TaskKind = Literal["annotate", "adjudicate"]
TaskState = Literal["open", "begun", "done", "adjudicated"]
_ENDED = ("done", "adjudicated")
_CURSOR = "tasks"
_OTHER = aliased(Task)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and what they may do."""

    name: str
    role: Role

    @property
    def reviews(self) -> bool:
        return allows(self.role, "reviewer")


class TaskDocument(BaseModel):
    """The document of a task; `length` of the text that is annotated, in code points."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    length: int


class TaskModel(BaseModel):
    """What made the spans that a task begins with."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str


class TaskInfo(BaseModel):
    """A task without its text and its spans. ``spans`` and ``unsure`` count those of its beginning."""

    model_config = ConfigDict(frozen=True)

    id: str
    project: str
    document: TaskDocument
    kind: TaskKind
    state: TaskState
    assignee: str | None
    blind: bool
    revision: int
    spans: int
    unsure: int
    priority: float
    model: TaskModel
    made_at: datetime
    begun_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """The spans that the tasks of a document begin with where they are not those of its stored answer."""

    document: str
    spans: Sequence[LiveSpan]
    model: TaskModel


def add_tasks(
    database: Database,
    project_id: str,
    documents: Sequence[str | Beginning],
    *,
    assign: Sequence[str | None],
    blind: bool,
    by: By,
) -> list[TaskInfo]:
    """A task of each document for each of ``assign`` (None: whoever takes it), all or none; those that are there are not made again.

    Raises:
        ProjectUnknown, DocumentUnknown, AccountUnknown: there is none. BadRequest: somebody is named twice.
    """
    named = [name for name in assign if name is not None]
    if len(named) != len(set(named)):
        raise _unfit("assign", "một người hai lần / somebody twice")
    with database.write() as session:
        project = the_project(session, project_id)
        _lock(session, project)
        for name in named:
            _check_account(session, name)
        ids = [task for one in documents for task in _of_document(session, project, one, assign, blind, by)]
        add_entry(session, by, "tasks_added", project_id, documents=len(documents), tasks=len(ids))
        found = {row.id: row for row in session.execute(_infos().where(Task.id.in_(ids)))}
        return [_info(found[made]) for made in ids]


def _of_document(
    session: Session, project: Project, one: str | Beginning, assign: Sequence[str | None], blind: bool, by: By
) -> list[str]:
    document = one if isinstance(one, str) else one.document
    # The text before the document, in the order in which they are locked where documents are stored and deleted.
    sha256 = session.scalar(select(StoredDocument.text_sha256).where(StoredDocument.id == document))
    if sha256 is not None:
        lock_text(session, sha256)
    stored = session.scalar(select(StoredDocument).where(StoredDocument.id == document).with_for_update(key_share=True))
    if stored is None:
        raise DocumentUnknown(
            f"Không có tài liệu “{document[:80]}”. / No stored document has the id “{document[:80]}”.",
            document=document[:80],
        )
    there = list(
        session.scalars(
            select(Task)
            .where(Task.project_seq == project.seq, Task.document_seq == stored.seq, Task.kind == "annotate")
            .order_by(Task.seq)
        )
    )
    if isinstance(one, str):
        spans: Sequence[LiveSpan] = of_answer(answer_of(stored.answer, ""))
        model = TaskModel(name=stored.model_name, version=stored.model_version)
    else:
        spans, model = one.spans, one.model
    if not isinstance(one, str):
        beginning = packed(spans)
        there = [task for task in there if task.beginning == beginning]
    ids = {}
    # Names first: what is somebody's is not there for whoever takes it.
    for at, name in sorted(enumerate(assign), key=lambda pair: pair[1] is None):
        same = next((task for task in there if name is None or task.assignee == name), None)
        if same is None:
            same = _make(session, project, stored.seq, stored.text_sha256, spans, model, name, blind, by)
        else:
            there.remove(same)
            same.blind = int(same.blind or blind)
        ids[at] = same.id
    return [ids[at] for at in range(len(assign))]


def _make(
    session: Session,
    project: Project,
    document: int,
    text: str,
    spans: Sequence[LiveSpan],
    model: TaskModel,
    assignee: str | None,
    blind: bool,
    by: By,
    **more: Any,
) -> Task:
    made = Task(
        **{
            "id": uuid4().hex,
            "project_seq": project.seq,
            "document_seq": document,
            "text_sha256": text,
            "kind": "annotate",
            "state": "open",
            "assignee": assignee,
            "blind": int(blind),
            "sides": None,
            "model_name": model.name,
            "model_version": model.version,
            "beginning": packed(spans),
            "spans": len(spans),
            "unsure": unsure(spans),
            "priority": priority(spans),
            "revision": 0,
            "made_by": by.actor,
            "made_at": datetime.now(UTC),
            "begun_at": None,
            "done_at": None,
            **more,
        }
    )
    session.add(made)
    session.flush()
    return made


def list_tasks(
    database: Database,
    project_id: str,
    person: Person,
    *,
    state: TaskState | None = None,
    assignee: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[TaskInfo]:
    """The tasks of a project as they were added; of blind ones that somebody may not open, all the same that they are there.

    Raises:
        ProjectUnknown: there is none. BadRequest: a faulty cursor.
    """
    with database.read() as session:
        project = the_project(session, project_id)
        query = _infos().where(Task.project_seq == project.seq).order_by(Task.seq).limit(limit + 1)
        if not person.reviews:
            query = query.where((Task.kind == "annotate") | (Task.assignee == person.name))
        if state is not None:
            query = query.where(Task.state == state)
        if assignee is not None:
            query = query.where(Task.assignee == assignee)
        if cursor is not None:
            query = query.where(Task.seq > from_cursor(cursor, _CURSOR, 1)[0])
        found = session.execute(query).all()
    more = to_cursor(_CURSOR, found[limit - 1].seq) if len(found) > limit else None
    return Page([_info(row) for row in found[:limit]], more)


def next_task(database: Database, project_id: str, person: Person) -> TaskInfo | None:
    """The task that comes next for somebody: their own that is begun, their own, then one of nobody. Raises ProjectUnknown."""
    with database.read() as session:
        found = session.execute(_next(the_project(session, project_id), person)).first()
    return _info(found) if found is not None else None


def take_next(database: Database, project_id: str, person: Person, *, by: By) -> TaskInfo | None:
    """The same, and it is theirs from now on, whoever else asks at the same moment. Raises ProjectUnknown."""
    with database.write() as session:
        project = the_project(session, project_id)
        _lock(session, project)
        task = _locked_next(session, project, person)
        if task is None:
            return None
        if task.assignee is None:
            add_entry(session, by, "task_changed", task.id, assignee=person.name)
        begin(task, person.name)
        session.flush()
        return _info(session.execute(_infos().where(Task.id == task.id)).one())


def _locked_next(session: Session, project: Project, person: Person) -> Task | None:
    while (found := session.execute(_next(project, person)).first()) is not None:
        asked = select(Task).where(Task.id == found.id).with_for_update().execution_options(populate_existing=True)
        task = session.scalar(asked)
        if task is not None and task.assignee in (None, person.name) and task.state not in _ENDED:
            return task  # else somebody else began it, or it was deleted, while its row was waited for
    return None


def _next(project: Project, person: Person) -> Select[*tuple[Any, ...]]:
    mine = Task.assignee == person.name
    another = (
        _OTHER.project_seq == Task.project_seq,
        _OTHER.document_seq == Task.document_seq,
        _OTHER.kind == "annotate",
    )
    has_another = exists().where(*another, _OTHER.assignee == person.name)
    knows_another = exists().where(
        *another, Task.blind == 1, TaskReader.task_seq == _OTHER.seq, TaskReader.name == person.name
    )
    turn = case((and_(mine, Task.state == "begun"), 0), (mine, 1), else_=2)
    order = [Task.priority.desc(), Task.seq] if project.queue == "learn" else [Task.seq]
    return (
        _infos()
        .where(Task.project_seq == project.seq, Task.state.in_(("open", "begun")))
        .where(or_(mine, and_(Task.assignee.is_(None), ~has_another, ~knows_another, _for(person))))
        .order_by(turn, *order)
        .limit(1)
    )


def _for(person: Person) -> ColumnElement[bool]:
    return Task.kind.in_(("annotate", "adjudicate") if person.reviews else ("annotate",))


def begin(task: Task, name: str) -> None:
    """Somebody works on the task; that of nobody is theirs."""
    if task.assignee is None:
        task.assignee = name
    if task.state == "open":
        task.state, task.begun_at = "begun", datetime.now(UTC)


def get_task(database: Database, id: str, person: Person) -> TaskInfo:
    """A task that somebody may see. Raises TaskUnknown."""
    with database.read() as session:
        return info_of(session, the_task(session, id, person))


def the_task(session: Session, id: str, person: Person, *, lock: bool = False) -> Task:
    """The row of a task that somebody may see.

    Raises:
        TaskUnknown: there is none for them.
    """
    asked = select(Task).where(Task.id == id)
    task = session.scalar(asked.with_for_update() if lock else asked)
    if task is None or not is_visible(session, task, person):
        raise TaskUnknown(f"Không có việc “{id[:80]}”. / There is no task “{id[:80]}”.", task=id[:80])
    return task


def info_of(session: Session, task: Task) -> TaskInfo:
    """A task's row as it is shown."""
    return _info(session.execute(_infos().where(Task.seq == task.seq)).one())


def is_writable(session: Session, task: Task, person: Person) -> bool:
    """Whether somebody who may see the task may correct it now."""
    if task.state in _ENDED:
        return False
    if not task.blind or task.assignee == person.name:
        return True
    return task.assignee is None and not _knows_another(session, task, person.name)


def _knows_another(session: Session, task: Task, name: str) -> bool:
    """Whether somebody makes another blind annotation of the document, or has read one."""
    sides = _sides(session, task)
    asked = select(TaskReader.task_seq).where(
        TaskReader.task_seq.in_([side.seq for side in sides]), TaskReader.name == name
    )
    return any(side.assignee == name for side in sides) or session.scalar(asked.limit(1)) is not None


def is_peeked_at(session: Session, task: Task, person: Person) -> bool:
    """Whether who reads the task now sees what another makes blindly. What nobody has, nobody has corrected."""
    return (
        bool(task.blind)
        and task.assignee not in (None, person.name)
        and any(side.state not in _ENDED for side in (task, *_sides(session, task)))
    )


def note_readers(session: Session, tasks: Iterable[int], person: Person) -> None:
    """Keep that somebody has read these tasks (`seq`), at which they peeked."""
    for seq in tasks:
        if session.get(TaskReader, (seq, person.name)) is None:
            session.add(TaskReader(task_seq=seq, name=person.name))


def is_visible(session: Session, task: Task, person: Person) -> bool:
    """Whether somebody may see the task."""
    if task.assignee == person.name:
        return True
    if task.kind == "adjudicate":
        return person.reviews
    if not task.blind:
        return True
    sides = _sides(session, task)
    if all(side.state in _ENDED for side in (task, *sides)):
        return True
    # Who makes the one must not see the other before both are done, whatever else they may do.
    if any(side.assignee == person.name for side in sides):
        return False
    return person.reviews or task.assignee is None


def _sides(session: Session, task: Task) -> list[Task]:
    """The other blind annotations of the same document in the same project."""
    return list(
        session.scalars(
            select(Task).where(
                Task.project_seq == task.project_seq,
                Task.document_seq == task.document_seq,
                Task.kind == "annotate",
                Task.blind == 1,
                Task.seq != task.seq,
            )
        )
    )


def change_task(
    database: Database,
    id: str,
    person: Person,
    *,
    by: By,
    state: Literal["begun", "done"] | None = None,
    assign: bool = False,
    assignee: str | None = None,
) -> TaskInfo:
    """Say that a task is done, open it again, or whose it is (``assign``: to ``assignee``; None: to nobody).

    Raises:
        TaskUnknown: there is none for them. AccountUnknown: nobody is called so.
        BadRequest: an annotator gives a task to others, or somebody would have both sides of a document.
        TaskClosed: it is adjudicated, or the other side is done, so that it cannot be opened again.
    """
    with database.write() as session:
        task = the_task(session, id, person, lock=True)
        if assign and assignee != task.assignee:
            _assign(session, task, person, assignee)
        if state == "done" and task.state not in _ENDED:
            _finish(session, task, person)
        elif state == "begun" and task.state != "begun":
            _reopen(session, task, person)
        told = {"assignee": task.assignee} if assign else {}
        add_entry(session, by, "task_changed", id, **told, **({"state": task.state} if state else {}))
        session.flush()
        return info_of(session, task)


def _assign(session: Session, task: Task, person: Person, assignee: str | None) -> None:
    if not person.reviews and {task.assignee, assignee} != {None, person.name}:
        raise _unfit("assignee", "chỉ người duyệt giao việc cho người khác / only reviewers give tasks to others")
    if assignee is not None:
        _check_account(session, assignee)
        if task.blind and _knows_another(session, task, assignee):
            raise _unfit(
                "assignee", "có hoặc đã đọc bản kia của tài liệu / has or has read the other side of the document"
            )
    if task.blind and task.revision and task.assignee is not None:
        raise closed(task)  # corrections of two people would make one side
    task.assignee = assignee


def _finish(session: Session, task: Task, person: Person) -> None:
    # Reviewers end what somebody else makes, but what is nobody's is theirs by that.
    if not is_writable(session, task, person) and not (person.reviews and task.assignee is not None):
        raise closed(task)
    begin(task, person.name)
    task.state, task.done_at = "done", datetime.now(UTC)
    for side in _decided(session, task):
        side.state = "adjudicated"


def _reopen(session: Session, task: Task, person: Person) -> None:
    if task.state == "open":
        if task.assignee is None and not is_writable(session, task, person):
            raise closed(task)
        begin(task, person.name)
        return
    if task.state == "adjudicated" or not (person.reviews or task.assignee == person.name or not task.blind):
        raise closed(task)
    if task.blind and all(side.state in _ENDED for side in _sides(session, task)):
        raise closed(task)  # each has seen the other by now
    task.state, task.done_at = "begun", None
    for side in _decided(session, task):
        side.state = "done"


def _decided(session: Session, task: Task) -> Iterable[Task]:
    return session.scalars(select(Task).where(Task.id.in_(task.sides or [])))


def adjudication(
    database: Database,
    project_id: str,
    document_id: str,
    sides: Sequence[tuple[TaskInfo, AnnotatedDocument]],
    *,
    assignee: str | None,
    by: By,
) -> tuple[TaskInfo, bool]:
    """A task that begins with what two annotations of a document agree on; and whether it is new.

    Raises:
        ProjectUnknown, AccountUnknown: there is none. TaskUnfinished: no two are done.
    """
    if len(sides) < 2:
        raise TaskUnfinished(
            "Chưa có hai bản gán nhãn xong của tài liệu này. / No two annotations of this document are done.",
            document=document_id[:80],
        )
    (first, one), (second, two) = sides[:2]
    with database.write() as session:
        project = the_project(session, project_id)
        _lock(session, project)
        if assignee is not None:
            _check_account(session, assignee)
        locked = {
            task.id: task
            for task in session.scalars(
                select(Task).where(Task.id.in_((first.id, second.id))).order_by(Task.seq).with_for_update()
            )
        }
        if len(locked) < 2 or any(
            locked[side.id].revision != side.revision or locked[side.id].state not in _ENDED for side in (first, second)
        ):
            raise TaskUnfinished(
                "Bản gán nhãn vừa thay đổi. / An annotation has changed meanwhile.", document=document_id[:80]
            )
        task = locked[first.id]
        if task.blind and any(side.state not in _ENDED for side in _sides(session, task)):
            raise TaskUnfinished(
                "Còn bản gán nhãn chưa xong. / An annotation of this document is not done.", document=document_id[:80]
            )
        there = session.scalar(
            select(Task).where(
                Task.project_seq == project.seq, Task.document_seq == task.document_seq, Task.kind == "adjudicate"
            )
        )
        if there is not None:
            return info_of(session, there), False
        strict = agreement([(one, two)]).spans[ALL].strict
        made = _make(
            session,
            project,
            task.document_seq,
            task.text_sha256,
            agreed(one, two),
            TaskModel(name=task.model_name, version=task.model_version),
            assignee,
            False,
            by,
            kind="adjudicate",
            sides=[first.id, second.id],
            priority=round(1000 * (1 - (1.0 if strict is None else strict))),
        )
        add_entry(session, by, "adjudication_made", made.id, document=document_id)
        return info_of(session, made), True


def closed(task: Task) -> TaskClosed:
    """The error of a task that takes no changes."""
    return TaskClosed(
        "Việc này đã xong hoặc của người khác, không sửa được nữa. / The task is done or another's: it takes no changes.",
        task=task.id,
        state=task.state,
    )


def _check_account(session: Session, name: str) -> None:
    if name == LOCAL:
        return
    account = session.scalar(select(Account).where(Account.name == name, Account.disabled_at.is_(None)))
    if account is None or not allows(as_role(account.role), "annotator"):
        raise AccountUnknown(
            f"Không có người gán nhãn “{name[:80]}”. / No annotator is called “{name[:80]}”.", name=name[:80]
        )


def _lock(session: Session, project: Project) -> None:
    """One at a time may add or take tasks of a project; SQLite has one writer anyway."""
    session.execute(select(Project.seq).where(Project.seq == project.seq).with_for_update())


def _unfit(where: str, what: str) -> BadRequest:
    return BadRequest(
        "Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=[{"where": where, "what": what}]
    )


def _infos() -> Select[*tuple[Any, ...]]:
    columns = [column for column in Task.__table__.columns if column.name not in ("beginning", "sides")]
    return (
        select(
            *columns,
            Project.id.label("project"),
            StoredDocument.id.label("document"),
            StoredDocument.name.label("document_name"),
            StoredDocument.length.label("document_length"),
        )
        .join(Project, Project.seq == Task.project_seq)
        .join(StoredDocument, StoredDocument.seq == Task.document_seq)
    )


def _info(row: Row[*tuple[Any, ...]]) -> TaskInfo:
    return TaskInfo(
        id=row.id,
        project=row.project,
        document=TaskDocument(id=row.document, name=row.document_name, length=row.document_length),
        kind=cast(TaskKind, row.kind),
        state=cast(TaskState, row.state),
        assignee=row.assignee,
        blind=bool(row.blind),
        revision=row.revision,
        spans=row.spans,
        unsure=row.unsure,
        priority=row.priority / 1000,
        model=TaskModel(name=row.model_name, version=row.model_version),
        made_at=row.made_at,
        begun_at=row.begun_at,
        done_at=row.done_at,
    )
