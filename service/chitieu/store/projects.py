"""Projects of annotation: made, listed, changed, and how far they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
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


@dataclass(frozen=True, slots=True)
class _Act:
    actor: str
    at: datetime
    task: int
    span: str
    label: str


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
        found = session.execute(
            select(Correction.actor, Correction.at, Correction.task_seq, Correction.span, Correction.label)
            .join(Task, Task.seq == Correction.task_seq)
            .where(Task.project_seq == project.seq)
            .order_by(Correction.at, Correction.seq)
        ).all()
    acts = [_Act(*row) for row in found]
    done = Counter(task.assignee for task in tasks if task.state in ("done", "adjudicated") and task.assignee)
    return Progress(
        tasks=TaskCounts(**Counter(task.state for task in tasks)),
        documents=len({task.document_seq for task in tasks}),
        corrections=len(acts),
        people=_people(acts, done),
        hours=_hours(acts),
    )


def _people(acts: Iterable[_Act], done: Counter[str]) -> list[PersonProgress]:
    by_name: dict[str, list[_Act]] = defaultdict(list)
    for act in acts:
        by_name[act.actor].append(act)
    people = []
    for name in sorted({*by_name, *done}):
        own = by_name[name]
        gaps = (later.at - before.at for before, later in pairwise(own))
        seconds = round(sum((gap for gap in gaps if gap <= _BREAK), timedelta()).total_seconds())
        figures = _figures(own)
        people.append(
            PersonProgress(
                name=name,
                tasks_done=done[name],
                corrections=len(own),
                figures=figures,
                seconds=seconds,
                corrections_per_hour=_rate(len(own), seconds),
                figures_per_hour=_rate(figures, seconds),
            )
        )
    return people


def _hours(acts: Iterable[_Act]) -> list[HourProgress]:
    by_hour: dict[tuple[datetime, str], list[_Act]] = defaultdict(list)
    for act in acts:
        by_hour[act.at.replace(minute=0, second=0, microsecond=0), act.actor].append(act)
    return [
        HourProgress(hour=hour, name=name, corrections=len(own), figures=_figures(own))
        for (hour, name), own in sorted(by_hour.items())
    ]


def _figures(acts: Iterable[_Act]) -> int:
    return len({(act.task, act.span) for act in acts if act.label in FIGURE_LABELS})


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
