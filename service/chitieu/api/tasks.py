"""`/v1/tasks`: an annotation with its text and its table, and the corrections that make it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from chitieu.annotation.table import contract_spans, reading_of, sections_of, with_entries
from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON
from chitieu.api.documents import Store
from chitieu.api.faults import BODY, STORE, Kind, errors_of
from chitieu.api.indicators import get_catalogue
from chitieu.api.json_bodies import reads
from chitieu.api.projects import by, person, takes
from chitieu.api.workbench import (
    CorrectionPage,
    CorrectionsMade,
    SentCorrections,
    Side,
    TaskChange,
    TaskSection,
    TaskTable,
    TaskWhole,
    moment_of,
    shown_span,
)
from chitieu.catalogue.load import Catalogue
from chitieu.contract import CatalogueLink
from chitieu.errors import (
    AccountUnknown,
    BadRequest,
    CorrectionConflict,
    CorrectionInvalid,
    TaskClosed,
    TaskUnknown,
    UnsupportedMedia,
)
from chitieu.pipeline import Pipeline
from chitieu.store import corrections, documents, projects, tasks
from chitieu.store.corrections import Annotation, Event
from chitieu.store.database import Database
from chitieu.store.tasks import Person, TaskInfo
from chitieu.text.files.reading import is_wrapped

router = APIRouter(prefix="/v1/tasks", tags=["annotation"])
Annotator = Annotated[Actor, Depends(needs("annotator"))]
Id = Annotated[str, Path(max_length=32, description="Mã việc / id of the task", examples=["0" * 32])]
Revision = Annotated[
    int | None, Query(ge=0, le=2**31 - 1, description="Sau bấy nhiêu lần sửa / after so many corrections")
]
_BODY: tuple[Kind, ...] = (UnsupportedMedia, *BODY)
_MOST_BYTES = 1024 * 1024
_SEES_ALL = Person("", "admin")


@lru_cache(maxsize=2)
def _names(catalogue: Catalogue) -> dict[str, str]:
    return {entry.id: entry.name_vi for entry in catalogue.indicators}


@router.get(
    "/{id}",
    response_model=TaskWhole,
    summary="Một việc / One task",
    responses=errors_of(TaskUnknown, BadRequest, *STORE),
)
def get_task(
    actor: Annotator,
    database: Store,
    catalogue: Annotated[Catalogue, Depends(get_catalogue)],
    id: Id,
    at: Annotated[
        datetime | None, Query(description="Như vào lúc ấy / as it was then", examples=["2026-01-31T10:00:00Z"])
    ] = None,
    revision: Revision = None,
) -> Response:
    """Văn bản, các phần và nhãn như đang có, hoặc như vào lúc ấy. / Text, sections and spans as they stand, or as they did."""
    found = corrections.annotation(database, id, person(actor), at=moment_of(at), revision=revision)
    names = _names(catalogue)
    sides = [corrections.annotation(database, side, _SEES_ALL) for side in found.sides]
    body = TaskWhole(
        task=found.task,
        revision=found.revision,
        writable=found.writable,
        text=found.text,
        sections=[
            TaskSection(start=part.start, end=part.end, path=list(part.path))
            for part in sections_of(found.text, is_wrapped(found.kind))
        ],
        guidelines=projects.get_project(database, found.task.project).guidelines,
        spans=[shown_span(one, names) for one in found.spans],
        sides=[Side(task=side.task, spans=[shown_span(one, names) for one in side.spans]) for side in sides] or None,
    )
    return Response(body.model_dump_json(), media_type=JSON)


@router.patch(
    "/{id}",
    summary="Nhận, giao, kết thúc hoặc mở lại một việc / Take, give, end or reopen a task",
    responses=errors_of(TaskUnknown, TaskClosed, AccountUnknown, *_BODY, *STORE),
    openapi_extra=takes(TaskChange),
)
def change_task(
    actor: Annotator, database: Store, id: Id, body: Annotated[TaskChange, Depends(reads(TaskChange))]
) -> TaskInfo:
    """Trường nào không gửi thì giữ nguyên. Giao cho người khác cần quyền reviewer.

    What is left out stays. Only reviewers give tasks to others.
    """
    return tasks.change_task(
        database,
        id,
        person(actor),
        by=by(actor),
        state=body.state if "state" in body.model_fields_set else None,
        assign="assignee" in body.model_fields_set,
        assignee=body.assignee,
    )


@router.get(
    "/{id}/table",
    response_model=TaskTable,
    summary="Bảng số liệu của việc / The table of a task",
    responses=errors_of(TaskUnknown, *STORE),
)
def get_task_table(actor: Annotator, database: Store, request: Request, id: Id, revision: Revision = None) -> Response:
    """Tính lại từ các nhãn như đang có. / Figures, observations and checks, computed anew from the spans as they stand."""
    found = corrections.annotation(database, id, person(actor), revision=revision)
    pipeline: Pipeline = request.app.state.served.pipeline
    return Response(_table(database, pipeline, found).model_dump_json(), media_type=JSON)


def _table(database: Database, pipeline: Pipeline, found: Annotation) -> TaskTable:
    stored = documents.get(database, found.task.document.id).answer.document
    # Where they were read from is found anew; what the sender told stands nowhere.
    period = stored.period if stored.period is not None and stored.period.read_from is None else None
    place = stored.place if stored.place is not None and stored.place.read_from is None else None
    reading = reading_of(found.text, is_wrapped(found.kind))
    answer = pipeline.answer_of(
        reading, contract_spans(found.spans, reading), id=found.task.document.name, period=period, place=place
    )
    entries = {entry.id: entry for entry in pipeline.catalogue.indicators}

    def entry_of(id: str) -> CatalogueLink | None:
        entry = entries.get(id)
        return CatalogueLink(id=id, code=entry.code or None, name=entry.name_vi, score=1.0) if entry else None

    whole = with_entries(answer, found.spans, entry_of)
    return TaskTable(
        revision=found.revision,
        figures=whole.figures,
        observations=whole.observations,
        checks=whole.checks,
        warnings=whole.warnings,
    )


@router.post(
    "/{id}/corrections",
    response_model=CorrectionsMade,
    summary="Sửa / Correct an annotation",
    responses=errors_of(TaskUnknown, TaskClosed, CorrectionConflict, CorrectionInvalid, *_BODY, *STORE),
    openapi_extra=takes(SentCorrections),
)
def correct(
    actor: Annotator,
    database: Store,
    catalogue: Annotated[Catalogue, Depends(get_catalogue)],
    id: Id,
    body: Annotated[SentCorrections, Depends(reads(SentCorrections, most=_MOST_BYTES))],
) -> Response:
    """Tất cả hoặc không gì cả; gửi lại cùng mã thì không thêm lần nữa. Người khác vừa sửa cùng chỗ thì báo, không ghi đè.

    All or none; what is sent again is not added again. Where others changed the same meanwhile that is told, and nothing written over.
    """
    names = _names(catalogue)
    made = corrections.append(
        database,
        id,
        [Event(event.id, event.operation) for event in body.events],
        revision=body.revision,
        client=body.client,
        person=person(actor),
        is_entry=names.__contains__,
    )
    before = {one.span.id: one for one in made.before}
    there = {one.span.id for one in made.after}
    answer = CorrectionsMade(
        revision=made.revision,
        corrections=made.corrections,
        between=made.between,
        spans=[shown_span(one, names) for one in made.after if before.get(one.span.id) != one],
        gone=[name for name in before if name not in there],
    )
    return Response(answer.model_dump_json(), media_type=JSON)


@router.get(
    "/{id}/corrections",
    summary="Các lần sửa / The corrections of a task",
    responses=errors_of(TaskUnknown, *STORE),
)
def list_corrections(
    actor: Annotator,
    database: Store,
    id: Id,
    since: Annotated[int, Query(ge=0, le=2**31 - 1, description="Sau lần sửa này / those behind this number")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000, description="Số lần sửa / how many")] = 500,
) -> CorrectionPage:
    """Ai sửa gì, lúc nào, và cách hoàn lại. / Who did what, when, and what undoes it."""
    task, found = corrections.since(database, id, person(actor), number=since, limit=limit)
    return CorrectionPage(revision=task.revision, state=task.state, corrections=found)
