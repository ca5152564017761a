"""`/v1/projects`: what is to be annotated, whose turn it is, how far it is, and what came of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import combinations
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from chitieu.annotation.agreement import agreement
from chitieu.annotation.corrections import of_document
from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.formats.file_names import file_names
from chitieu.annotation.formats.form import Format, Origin
from chitieu.annotation.formats.registry import FORMATS, guess
from chitieu.annotation.offsets import Unit
from chitieu.annotation.spans import gold_spans
from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON, NDJSON
from chitieu.api.bodies import read_body
from chitieu.api.description import reference
from chitieu.api.documents import Store
from chitieu.api.faults import BODY, STORE, Kind, errors_of
from chitieu.api.json_bodies import reads
from chitieu.api.links import LINK_HEADER, next_link
from chitieu.api.workbench import (
    AgreementTold,
    DocumentAgreement,
    NewAdjudication,
    NewProject,
    NewTasks,
    NextTask,
    Nothing,
    ProjectAgreement,
    ProjectChange,
    ProjectList,
    TaskList,
    TaskPage,
    moment_of,
)
from chitieu.contract import ModelInfo, Period, Place
from chitieu.errors import (
    AccountUnknown,
    AnnotationInvalid,
    BadRequest,
    DocumentUnknown,
    FormatUnknown,
    ProgramMissing,
    ProjectExists,
    ProjectUnknown,
    TaskUnfinished,
    UnsupportedMedia,
)
from chitieu.pipeline import Pipeline, check_text
from chitieu.settings import Settings
from chitieu.store import corrections, documents, projects, tasks
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.projects import Progress, ProjectInfo
from chitieu.store.tasks import Beginning, Person, TaskInfo, TaskModel, TaskState
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

router = APIRouter(prefix="/v1/projects", tags=["annotation"])
Annotator = Annotated[Actor, Depends(needs("annotator"))]
Reviewer = Annotated[Actor, Depends(needs("reviewer"))]
Id = Annotated[str, Path(max_length=32, description="Mã dự án / id of the project", examples=["0" * 32])]
_FORMAT = Query(
    description=f"Định dạng / format: {', '.join(FORMATS)}", pattern=f"^({'|'.join(FORMATS)})$", examples=["jsonl"]
)
_ADDED_BYTES, _GUIDELINES_BYTES = 256 * 1024, 2 * 1024 * 1024
_MEDIA = {"xml": "application/zip", "jsonl": NDJSON, "label-studio": JSON, "doccano": NDJSON, "conll": "text/plain"}
_BYTES = "application/octet-stream"
_BODY: tuple[Kind, ...] = (UnsupportedMedia, *BODY)


@contextmanager
def programs_told() -> Iterator[None]:
    """A format whose library is not installed is told so.

    Raises:
        ProgramMissing: DocBin without the extra `spacy`.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ProgramMissing(
            f"Cần cài thêm / needed: {error.name} (pip install 'chitieu[spacy]').",
            program=error.name,
            install="chitieu[spacy]",
        ) from error


def by(actor: Actor) -> By:
    """Who is recorded."""
    return By(actor.name, actor.address, actor.request)


def person(actor: Actor) -> Person:
    """Who asks, as tasks know them."""
    return Person(actor.name, actor.role)


def takes(model: type[Any]) -> dict[str, Any]:
    """What the description says of a body that a route reads itself."""
    return {"requestBody": {"required": True, "content": {JSON: {"schema": reference(model)}}}}


@router.post(
    "",
    status_code=201,
    response_model=ProjectInfo,
    summary="Tạo dự án / Make a project",
    responses=errors_of(ProjectExists, *_BODY, *STORE),
    openapi_extra=takes(NewProject),
)
def make_project(
    actor: Reviewer,
    database: Store,
    response: Response,
    body: Annotated[NewProject, Depends(reads(NewProject, most=_GUIDELINES_BYTES))],
) -> ProjectInfo:
    """Tài liệu được gán nhãn theo cùng một hướng dẫn. / Documents that are annotated by the same guidelines."""
    made = projects.add_project(database, body.name, guidelines=body.guidelines, order=body.order, by=by(actor))
    response.headers["Location"] = f"/v1/projects/{made.id}"
    return made


@router.get("", summary="Các dự án / All projects", responses=errors_of(*STORE))
def list_projects(_: Annotator, database: Store) -> ProjectList:
    """Mới tạo trước. / The newest first."""
    return ProjectList(projects=projects.list_projects(database))


@router.get("/{id}", summary="Một dự án / One project", responses=errors_of(ProjectUnknown, *STORE))
def get_project(_: Annotator, database: Store, id: Id) -> ProjectInfo:
    """Kèm hướng dẫn, và số việc ở mỗi trạng thái. / With its guidelines, and how many tasks are in each state."""
    return projects.get_project(database, id)


@router.patch(
    "/{id}",
    summary="Sửa dự án / Change a project",
    responses=errors_of(ProjectUnknown, ProjectExists, *_BODY, *STORE),
    openapi_extra=takes(ProjectChange),
)
def change_project(
    actor: Reviewer,
    database: Store,
    id: Id,
    body: Annotated[ProjectChange, Depends(reads(ProjectChange, most=_GUIDELINES_BYTES))],
) -> ProjectInfo:
    """Trường nào không gửi thì giữ nguyên. / What is left out stays."""
    return projects.change_project(database, id, body.model_dump(include=body.model_fields_set), by=by(actor))


@router.post(
    "/{id}/documents",
    status_code=201,
    summary="Đưa tài liệu đã lưu vào dự án / Bring stored documents into a project",
    responses=errors_of(ProjectUnknown, DocumentUnknown, AccountUnknown, *_BODY, *STORE),
    openapi_extra=takes(NewTasks),
)
def add_documents(
    actor: Reviewer,
    database: Store,
    id: Id,
    body: Annotated[NewTasks, Depends(reads(NewTasks, most=_ADDED_BYTES))],
) -> TaskList:
    """Mỗi tài liệu, mỗi mục của `assign` là một việc; gửi lại không thêm gì.

    A task of each document for each of `assign`; sent again, it adds none.
    """
    blind = len(body.assign) > 1 if body.blind is None else body.blind
    made = tasks.add_tasks(
        database, id, list(dict.fromkeys(body.documents)), assign=body.assign, blind=blind, by=by(actor)
    )
    return TaskList(tasks=made)


async def _sent_file(request: Request) -> bytes:
    settings: Settings = request.app.state.settings
    return await read_body(request, settings.max_file_bytes)


@router.post(
    "/{id}/import",
    status_code=201,
    summary="Nhập tài liệu đã gán nhãn / Bring annotated documents into a project",
    responses=errors_of(ProjectUnknown, AnnotationInvalid, FormatUnknown, ProgramMissing, *BODY, *STORE),
    openapi_extra={
        "requestBody": {"required": True, "content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}}
    },
)
def import_documents(
    actor: Reviewer,
    database: Store,
    request: Request,
    id: Id,
    data: Annotated[bytes, Depends(_sent_file)],
    format: Annotated[str | None, _FORMAT] = None,
    name: Annotated[str, Query(max_length=400, description="Tên tệp / the file's name", examples=["a.jsonl"])] = "",
) -> TaskList:
    """Mỗi tài liệu được lưu và là một việc bắt đầu từ nhãn của nó. / Each is stored, and is a task that begins with its spans."""
    projects.get_project(database, id)
    pipeline: Pipeline = request.app.state.served.pipeline
    found = format or guess(data, name or "?")
    with programs_told():
        read = FORMATS[found].read(data, Origin(name or "?"))
    model = TaskModel(name="annotation", version=found)
    beginnings = [
        Beginning(_stored(database, pipeline, one, model, by(actor)), of_document(one), model) for one in read
    ]
    return TaskList(tasks=tasks.add_tasks(database, id, beginnings, assign=[None], blind=False, by=by(actor)))


def _stored(database: Database, pipeline: Pipeline, one: AnnotatedDocument, model: TaskModel, by: By) -> str:
    """The id of a document, which is stored with what its annotation says, unless it is there already."""
    reading = Reading(SourceText(check_text(one.text, limit=pipeline.limit)))
    period = Period(text=one.period) if one.period else None
    place = Place(text=one.place) if one.place else None
    stored_id = documents.document_id(one.sha256, name=one.name, file_sha256=None, period=period, place=place)
    try:
        documents.text_of(database, stored_id)
    except DocumentUnknown:
        answer = pipeline.answer_of(reading, gold_spans(one, reading), id=one.name, period=period, place=place)
        info = ModelInfo(name=model.name, version=model.version, catalogue=answer.model.catalogue)
        documents.save(database, answer.model_copy(update={"model": info}), one.text, id=stored_id, by=by)
    return stored_id


@router.get(
    "/{id}/tasks",
    response_model=TaskPage,
    responses=errors_of(ProjectUnknown, BadRequest, *STORE) | {200: {"headers": LINK_HEADER}},
    summary="Các việc của dự án / The tasks of a project",
)
def list_tasks(
    actor: Annotator,
    database: Store,
    request: Request,
    id: Id,
    state: Annotated[TaskState | None, Query(description="Chỉ trạng thái này / only those in this state")] = None,
    assignee: Annotated[str | None, Query(max_length=100, description="Chỉ của người này / only theirs")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Số việc mỗi trang / tasks of a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` của trang trước / of the page before")
    ] = None,
) -> Response:
    """Theo thứ tự đã thêm. / As they were added."""
    page = tasks.list_tasks(database, id, person(actor), state=state, assignee=assignee, limit=limit, cursor=cursor)
    body = TaskPage(tasks=page.items, next=page.next)
    return Response(body.model_dump_json(), media_type=JSON, headers=next_link(request, page.next))


@router.get(
    "/{id}/next", summary="Việc kế tiếp / The task that comes next", responses=errors_of(ProjectUnknown, *STORE)
)
def show_next(actor: Annotator, database: Store, id: Id) -> NextTask:
    """Của mình đang làm, của mình, rồi việc chưa ai nhận; theo `order` của dự án.

    One's own that is begun, one's own, then one of nobody; each by the project's `order`.
    """
    return NextTask(task=tasks.next_task(database, id, person(actor)))


@router.post(
    "/{id}/next",
    summary="Nhận việc kế tiếp / Take the task that comes next",
    responses=errors_of(ProjectUnknown, *_BODY, *STORE),
    openapi_extra=takes(Nothing),
)
def take_next(
    actor: Annotator,
    database: Store,
    id: Id,
    _: Annotated[Nothing, Depends(reads(Nothing, may_be_empty=True))],
) -> NextTask:
    """Từ đây là việc của người hỏi, không ai khác nhận được. / It is theirs from now on, whoever else asks at the same moment."""
    return NextTask(task=tasks.take_next(database, id, person(actor), by=by(actor)))


@router.get("/{id}/progress", summary="Tiến độ / How far a project is", responses=errors_of(ProjectUnknown, *STORE))
def get_progress(_: Annotator, database: Store, id: Id) -> Progress:
    """Việc theo trạng thái; mỗi người đã sửa bao nhiêu, mỗi giờ. / Tasks by state; what each person did, hour by hour."""
    return projects.progress(database, id)


@router.get(
    "/{id}/agreement",
    summary="Hai người gán nhãn giống nhau đến đâu / How far annotators agree",
    responses=errors_of(ProjectUnknown, AnnotationInvalid, *STORE),
)
def get_agreement(actor: Reviewer, database: Store, id: Id) -> ProjectAgreement:
    """Của tài liệu mà hai người đã làm xong. / Of the documents that two have done."""
    done = corrections.all_done(database, id, person(actor))
    decided = {
        task.document.id: task.id for task in _all_tasks(database, id, person(actor)) if task.kind == "adjudicate"
    }
    each, pairs = [], []
    for sides in done.values():
        for one, two in combinations([side for side in sides if side.text == sides[0].text], 2):
            pair = one.document(), two.document()
            pairs.append(pair)
            each.append(
                DocumentAgreement(
                    document=one.task.document,
                    tasks=[one.task.id, two.task.id],
                    by=[one.task.assignee, two.task.assignee],
                    agreement=AgreementTold.told(agreement([pair])),
                    adjudication=decided.get(one.task.document.id),
                )
            )
    return ProjectAgreement(
        documents=len({one.document.id for one in each}), total=AgreementTold.told(agreement(pairs)), each=each
    )


def _all_tasks(database: Database, id: str, who: Person) -> list[TaskInfo]:
    found: list[TaskInfo] = []
    cursor: str | None = None
    while True:
        page = tasks.list_tasks(database, id, who, limit=500, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


@router.post(
    "/{id}/adjudications",
    status_code=201,
    response_model=TaskInfo,
    summary="Phân xử hai bản gán nhãn / Decide between two annotations",
    responses=errors_of(ProjectUnknown, TaskUnfinished, AccountUnknown, AnnotationInvalid, *_BODY, *STORE)
    | {200: {"model": TaskInfo, "description": "Đã có / it was there already"}},
    openapi_extra=takes(NewAdjudication),
)
def adjudicate(
    actor: Reviewer,
    database: Store,
    response: Response,
    id: Id,
    body: Annotated[NewAdjudication, Depends(reads(NewAdjudication))],
) -> TaskInfo:
    """Bắt đầu từ những gì cả hai đồng ý; cả hai bản hiện bên cạnh. / It begins with what both agree on; both are shown beside it."""
    done = corrections.all_done(database, id, person(actor), document=body.document).get(body.document, [])
    sides = [(one.task, one.document()) for one in done if one.text == done[0].text]
    task, is_new = tasks.adjudication(database, id, body.document, sides, assignee=body.assignee, by=by(actor))
    if not is_new:
        response.status_code = 200
    return task


@router.get(
    "/{id}/export",
    summary="Xuất các bản gán nhãn / Export the annotations",
    response_class=Response,
    responses=errors_of(ProjectUnknown, AnnotationInvalid, BadRequest, ProgramMissing, *STORE)
    | {
        200: {
            "content": {
                media: {"schema": {"type": "string", "format": "binary"}}
                for media in dict.fromkeys((*_MEDIA.values(), _BYTES))
            }
        }
    },
)
def export_project(
    actor: Reviewer,
    database: Store,
    id: Id,
    format: Annotated[str, _FORMAT] = "jsonl",
    at: Annotated[
        datetime | None, Query(description="Như vào lúc ấy / as of this time", examples=["2026-01-31T10:00:00Z"])
    ] = None,
    done: Annotated[bool, Query(description="Chỉ bản đã xong / only what is done")] = False,
    annotator: Annotated[str | None, Query(max_length=100, description="Chỉ của người này / only theirs")] = None,
    offsets: Annotated[Unit | None, Query(description="Đơn vị đếm vị trí / what offsets count")] = None,
) -> Response:
    """Mỗi tài liệu một bản: bản phân xử, bản đã xong, bản đang làm, hoặc như mô hình đọc. xml là một tệp zip.

    One annotation of each document: what was decided, else what is done, begun, or what the model read. xml comes as a zip.
    """
    form = FORMATS[format]
    if offsets is not None and form.offsets is None:
        raise BadRequest(
            f"`offsets` không dùng với {format}. / `offsets` does not go with {format}.",
            problems=[{"where": "query.offsets", "what": f"not with {format}"}],
        )
    found = corrections.exported(
        database, id, at=moment_of(at), done=done, annotator=annotator, person=person(actor), by=by(actor)
    )
    with programs_told():
        data = _zipped(found, form) if form.single else form.write(found, offsets)
    suffix = ".zip" if form.single else form.suffix
    headers = {"Content-Disposition": f'attachment; filename="{id}{suffix}"'}
    return Response(data, media_type=_MEDIA.get(format, _BYTES), headers=headers)


def _zipped(found: Sequence[AnnotatedDocument], form: Format) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in zip(file_names(found, form.suffix), found, strict=True):
            archive.writestr(name, form.write([one], None))
    return held.getvalue()
