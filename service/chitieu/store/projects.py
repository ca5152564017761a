"""Projects of annotation: made, listed, changed, and how far they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, DateTime, Subquery, case, extract, func, select, type_coerce
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chitieu.errors import ProjectExists, ProjectUnknown
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.tables import TASK_STATES, Correction, Project, Task
from chitieu.tagging.labels import FIGURE_LABELS

Order = Literal["learn", "added"]
_BREAK = timedelta(minutes=5)  # whoever corrects nothing for longer does something else


class TaskCounts(BaseModel):
    """How many tasks are in each state."""

    model_config = ConfigDict(frozen=True)

    open: int = 0
    begun: int = 0
    done: int = 0
    adjudicated: int = 0


class ProjectInfo(BaseModel):
    """A project, and how many of its tasks are in each state."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    guidelines: str | None
    order: Order
    made_by: str
    made_at: datetime
    tasks: TaskCounts = Field(default_factory=TaskCounts)


class PersonProgress(BaseModel):
    """What somebody did in a project. ``figures`` are those that they looked at; ``seconds`` leave out breaks over five minutes."""

    model_config = ConfigDict(frozen=True)

    name: str
    tasks_done: int
    corrections: int
    figures: int
    seconds: int
    corrections_per_hour: float | None
    figures_per_hour: float | None


class HourProgress(BaseModel):
    """What somebody did within an hour, which is named by its beginning."""

    model_config = ConfigDict(frozen=True)

    hour: datetime
    name: str
    corrections: int
    figures: int


class Progress(BaseModel):
    """How far a project is, and who did what."""

    model_config = ConfigDict(frozen=True)

    tasks: TaskCounts
    documents: int
    corrections: int
    people: list[PersonProgress]
    hours: list[HourProgress]


def add_project(database: Database, name: str, *, guidelines: str | None, order: Order, by: By) -> ProjectInfo:
    """Make a project.

    Raises:
        ProjectExists: one has this name. DatabaseDown, DatabaseInvalid: nothing was stored.
    """
    try:
        with database.write() as session:
            made = Project(
                id=uuid4().hex,
                name=name,
                guidelines=guidelines,
                queue=order,
                made_by=by.actor,
                made_at=datetime.now(UTC),
            )
            session.add(made)
            session.flush()
            add_entry(session, by, "project_made", made.id, name=name)
            return _info(made, TaskCounts())
    except IntegrityError as error:
        raise _exists(name) from error


def change_project(database: Database, id: str, changes: dict[str, Any], *, by: By) -> ProjectInfo:
    """Change `name`, `guidelines` or `order`.

    Raises:
        ProjectUnknown: there is none. ProjectExists: another has this name. DatabaseDown, DatabaseInvalid: nothing was stored.
    """
    columns = {"name": "name", "guidelines": "guidelines", "order": "queue"}
    try:
        with database.write() as session:
            project = the_project(session, id)
            for name, value in changes.items():
                setattr(project, columns[name], value)
            session.flush()
            add_entry(session, by, "project_changed", id, fields=sorted(changes))
            return _info(project, _counts(session, [project.seq])[project.seq])
    except IntegrityError as error:
        raise _exists(str(changes.get("name"))) from error


def list_projects(database: Database) -> list[ProjectInfo]:
    """All projects, the newest first."""
    with database.read() as session:
        projects = list(session.scalars(select(Project).order_by(Project.seq.desc())))
        counts = _counts(session, [project.seq for project in projects])
        return [_info(project, counts[project.seq]) for project in projects]


def get_project(database: Database, id: str) -> ProjectInfo:
    """One project. Raises ProjectUnknown where there is none."""
    with database.read() as session:
        project = the_project(session, id)
        return _info(project, _counts(session, [project.seq])[project.seq])


def project_named(database: Database, name: str) -> ProjectInfo:
    """The project of this name or id. Raises ProjectUnknown where there is none."""
    with database.read() as session:
        project = session.scalar(select(Project).where((Project.name == name) | (Project.id == name)))
        if project is None:
            raise _unknown(name)
        return _info(project, _counts(session, [project.seq])[project.seq])


def the_project(session: Session, id: str) -> Project:
    """A project's row. Raises ProjectUnknown where there is none."""
    project = session.scalar(select(Project).where(Project.id == id))
    if project is None:
        raise _unknown(id)
    return project


def progress(database: Database, id: str) -> Progress:
    """How far a project is. Raises ProjectUnknown where there is none."""
    with database.read() as session:
        project = the_project(session, id)
        tasks = session.execute(
            select(Task.assignee, Task.state, Task.document_seq).where(Task.project_seq == project.seq)
        ).all()
        done = Counter(task.assignee for task in tasks if task.state in ("done", "adjudicated") and task.assignee)
        people = _people(session, project, done)
        return Progress(
            tasks=TaskCounts(**Counter(task.state for task in tasks)),
            documents=len({task.document_seq for task in tasks}),
            corrections=sum(person.corrections for person in people),
            people=people,
            hours=_hours(session, project),
        )


def _acts(session: Session, project: Project) -> Subquery:
    """The corrections of a project: who, in which hour, how many seconds after their last, and what it was done to."""
    last = func.lag(Correction.at).over(partition_by=Correction.actor, order_by=(Correction.at, Correction.seq))
    if session.get_bind().dialect.name == "sqlite":  # it keeps moments as text
        seconds = (func.julianday(Correction.at) - func.julianday(last)) * 86400
        hour: ColumnElement[Any] = func.strftime("%Y-%m-%d %H:00:00", Correction.at)
    else:
        seconds = extract("epoch", Correction.at - last)
        hour = func.date_trunc("hour", Correction.at, "UTC")
    return (
        select(
            Correction.actor,
            Correction.task_seq.label("task"),
            Correction.span,
            Correction.label,
            type_coerce(hour, DateTime).label("hour"),
            seconds.label("seconds"),
        )
        .join(Task, Task.seq == Correction.task_seq)
        .where(Task.project_seq == project.seq)
        .subquery()
    )


def _people(session: Session, project: Project, done: Counter[str]) -> list[PersonProgress]:
    acts = _acts(session, project)
    worked = case((acts.c.seconds <= _BREAK.total_seconds(), acts.c.seconds), else_=0)
    counts = {
        name: (corrections, round(float(seconds)))
        for name, corrections, seconds in session.execute(
            select(acts.c.actor, func.count(), func.sum(worked)).group_by(acts.c.actor)
        )
    }
    seen = _figures(session, acts, acts.c.actor)
    people = []
    for name in sorted({*counts, *done}):
        corrections, seconds = counts.get(name, (0, 0))
        figures = seen.get((name,), 0)
        people.append(
            PersonProgress(
                name=name,
                tasks_done=done[name],
                corrections=corrections,
                figures=figures,
                seconds=seconds,
                corrections_per_hour=_rate(corrections, seconds),
                figures_per_hour=_rate(figures, seconds),
            )
        )
    return people


def _hours(session: Session, project: Project) -> list[HourProgress]:
    acts = _acts(session, project)
    by = (acts.c.hour, acts.c.actor)
    counts = session.execute(select(*by, func.count()).group_by(*by)).all()
    seen = _figures(session, acts, *by)
    return [
        HourProgress(hour=_in_utc(hour), name=name, corrections=count, figures=seen.get((hour, name), 0))
        for hour, name, count in sorted(tuple(row) for row in counts)
    ]


def _figures(session: Session, acts: Subquery, *by: ColumnElement[Any]) -> dict[tuple[Any, ...], int]:
    """How many figures were looked at, each once, grouped."""
    each = select(*by, acts.c.task, acts.c.span).where(acts.c.label.in_(FIGURE_LABELS)).distinct().subquery()
    keys = [each.c[column.name] for column in by]
    return {tuple(row[:-1]): row[-1] for row in session.execute(select(*keys, func.count()).group_by(*keys))}


def _in_utc(hour: datetime) -> datetime:
    return hour.replace(tzinfo=UTC) if hour.tzinfo is None else hour.astimezone(UTC)


def _rate(count: int, seconds: int) -> float | None:
    return round(3600 * count / seconds, 1) if seconds else None


def _counts(session: Session, projects: list[int]) -> dict[int, TaskCounts]:
    found: dict[int, dict[str, int]] = {seq: dict.fromkeys(TASK_STATES, 0) for seq in projects}
    asked = (
        select(Task.project_seq, Task.state, func.count())
        .where(Task.project_seq.in_(projects))
        .group_by(Task.project_seq, Task.state)
    )
    for project, state, count in session.execute(asked):
        found[project][state] = count
    return {seq: TaskCounts(**counts) for seq, counts in found.items()}


def _info(project: Project, tasks: TaskCounts) -> ProjectInfo:
    return ProjectInfo(
        id=project.id,
        name=project.name,
        guidelines=project.guidelines,
        order=cast(Order, project.queue),
        made_by=project.made_by,
        made_at=project.made_at,
        tasks=tasks,
    )


def _unknown(id: str) -> ProjectUnknown:
    return ProjectUnknown(f"Không có dự án “{id[:80]}”. / There is no project “{id[:80]}”.", project=id[:80])


def _exists(name: str) -> ProjectExists:
    return ProjectExists(f"Đã có dự án “{name[:80]}”. / There is a project “{name[:80]}” already.", name=name[:80])
