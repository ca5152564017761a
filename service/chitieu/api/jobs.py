"""`/v1/jobs`: what takes longer than a request may, asked for, watched, fetched, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import BaseModel, Field
from sse_starlette import ServerSentEvent

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON, accepted, render
from chitieu.api.asking import key_of, work_of
from chitieu.api.bodies import Sent, read_request
from chitieu.api.description import EXTRACT_BODY, TEXT_FORMS
from chitieu.api.faults import FILE, STORE, TEXT, errors_of
from chitieu.api.following import Following
from chitieu.api.links import LINK_HEADER, next_link
from chitieu.api.routes import Accept
from chitieu.api.stopping import RETRY_SECONDS, Stopping
from chitieu.api.watching import WatchedEvents
from chitieu.contract import Extraction
from chitieu.errors import BadRequest, JobUnfinished, JobUnknown, NotAcceptable, ServiceBusy
from chitieu.jobs.extract import KIND, Kept
from chitieu.jobs.train import KIND as TRAINING
from chitieu.jobs.worker import UNSEEN_SECONDS
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.jobs import Asked, JobRecord
from chitieu.store.roles import allows

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_EVENTS = "text/event-stream"
_SEND_SECONDS = 30.0  # for a client that takes nothing of what it is sent
_FAREWELL_SECONDS = 5.0  # for the last event of a service that stops
_END_OF_LINE = "\n"
_LAST = "end"  # the id of the last event
LOCATION = {"Location": {"description": "Chỗ của công việc / where the job is", "schema": {"type": "string"}}}
Id = Annotated[str, Path(max_length=64, description="Mã công việc / id of the job", examples=["0" * 32])]
Seer = Annotated[Actor, Depends(needs("reader"))]


class JobLinks(BaseModel):
    """Where the rest is."""

    job: str = Field(description="Công việc này / this job", examples=["/v1/jobs/0123456789abcdef0123456789abcdef"])
    result: str = Field(description="Kết quả, khi xong / its answer, once it is done")
    document: str | None = Field(description="Tài liệu đã lưu / the stored document that came of it")


class JobShown(JobRecord):
    """A job, and where the rest is."""

    waiting_for_worker: int | None = Field(
        description="Số giây không có tiến trình `chitieu worker` nào nhìn đến việc đang chờ / "
        "seconds in which no worker has seen the jobs that wait; null: one has, or it does not wait"
    )
    links: JobLinks


class JobPage(BaseModel):
    """Some jobs, newest first, and the cursor of those that follow."""

    jobs: list[JobShown]
    next: str | None = Field(description="`cursor` của trang sau / of the next page; null: no more")


@router.post(
    "",
    status_code=202,
    summary="Giao việc đọc một văn bản hoặc tệp / Have a text or file read as a job",
    responses=errors_of(*TEXT, *FILE, *STORE, ServiceBusy)
    | {
        200: {"model": JobShown, "description": "Đã giao từ trước / it was asked for before", "headers": LOCATION},
        202: {"headers": LOCATION},
    },
    openapi_extra=EXTRACT_BODY,
)
async def ask_job(
    actor: Annotated[Actor, Depends(needs("annotator"))],
    sent: Annotated[Sent, Depends(read_request)],
    request: Request,
    response: Response,
) -> JobShown:
    """Nhận những gì `POST /v1/extract` nhận, trả lời ngay; việc được làm sau, dù máy khách không chờ.

    Takes what `POST /v1/extract` takes, and answers at once; the job is done whether or not the client waits. What is the same
    (content, name, hints, options, model) is the same job for as long as it is kept, unless it failed or was cancelled: 202 says that
    it is new, 200 that it was asked for before.
    """
    state = request.app.state
    database: Database = state.database
    pipeline: Pipeline = state.served.pipeline
    settings: Settings = state.settings

    def ask() -> Asked:
        options, body = work_of(sent, pipeline.limit)
        asked = jobs.ask(
            database,
            kind=KIND,
            settings=options.model_dump(mode="json"),
            body=body,
            key=key_of(actor.name, pipeline.info, options, body),
            by=actor.name,
            room=settings.max_jobs,
            room_bytes=settings.max_job_bytes,
        )
        if asked.is_new:  # what was asked for before is in the queue, or swept there
            state.queue.put(asked.job.id)
        return asked

    asked = await asyncio.to_thread(ask)
    response.headers["Location"] = f"/v1/jobs/{asked.job.id}"
    response.status_code = 202 if asked.is_new else 200
    return await asyncio.to_thread(shown, database, asked.job)


@router.get(
    "",
    summary="Các công việc đã giao / Jobs that were asked for",
    response_model=JobPage,
    responses=errors_of(BadRequest, *STORE) | {200: {"headers": LINK_HEADER}},
)
def list_jobs(
    actor: Seer,
    request: Request,
    state: Annotated[jobs.JobState | None, Query(description="Chỉ trạng thái này / those in this state alone")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Số công việc mỗi trang / jobs of a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` của trang trước / of the page before")
    ] = None,
) -> Response:
    """Việc của mình, mới nhất trước; quản trị viên thấy của mọi người. / One's own, newest first; admins see everybody's."""
    by = None if actor.role == "admin" else actor.name
    page = jobs.listed(request.app.state.database, by=by, state=state, limit=limit, cursor=cursor)
    unseen = _unseen(request.app.state.database, *page.items)
    body = JobPage(jobs=[_shown_with(job, unseen) for job in page.items], next=page.next)
    return Response(body.model_dump_json(), media_type=JSON, headers=next_link(request, page.next))


@router.get(
    "/{id}",
    summary="Công việc đến đâu rồi / How far a job is",
    response_model=JobShown,
    responses=errors_of(JobUnknown, NotAcceptable, ServiceBusy, *STORE)
    | {
        200: {
            "content": {
                _EVENTS: {
                    "schema": {
                        "type": "string",
                        "description": "Sự kiện `progress` mỗi khi có thay đổi, cuối cùng `done`, `failed` hoặc `cancelled` / "
                        "an event `progress` at each change, at the end `done`, `failed` or `cancelled`; the data is the job. "
                        "`stopping`: dịch vụ dừng, hãy kết nối lại / the service stops, connect again",
                    }
                }
            }
        },
        204: {
            "description": "Máy khách đã nhận sự kiện cuối / the client has had the last event (`Last-Event-ID: end`)"
        },
    },
)
async def get_job(
    id: Id,
    actor: Seer,
    request: Request,
    accept: Annotated[str | None, Header(description=f"application/json, {_EVENTS}")] = None,
    last_event_id: Annotated[
        str | None, Header(description="Mã sự kiện cuối đã nhận / id of the last event that came")
    ] = None,
) -> Response:
    """Một lần (JSON), hoặc theo dõi đến khi xong (`text/event-stream`). / Once (JSON), or until it ends (`text/event-stream`)."""
    media = accepted(accept, (JSON, _EVENTS))
    database: Database = request.app.state.database
    job = await asyncio.to_thread(may_see, database, id, actor)
    if media != _EVENTS:
        told = await asyncio.to_thread(shown, database, job)
        return Response(told.model_dump_json(), media_type=media)
    if last_event_id == _LAST:
        return Response(status_code=204)  # so that a browser does not connect again and again
    state = request.app.state
    return WatchedEvents(
        state.watchers,
        actor.name,
        _events(job, state.following, state.stopping),
        sep=_END_OF_LINE,
        send_timeout=_SEND_SECONDS,
        # Else the server's signal would end it before the last event is sent.
        shutdown_event=anyio.Event(),
        shutdown_grace_period=_FAREWELL_SECONDS,
    )


@router.get(
    "/{id}/result",
    summary="Kết quả của một công việc / The answer of a job",
    response_model=Extraction,
    responses=errors_of(JobUnknown, JobUnfinished, NotAcceptable, *TEXT, *FILE, *STORE)
    | {200: {"content": TEXT_FORMS}},
)
def get_job_result(
    id: Id,
    actor: Seer,
    request: Request,
    accept: Accept = None,
) -> Response:
    """Như `POST /v1/extract` trả lời, hoặc lỗi của công việc. / As `POST /v1/extract` answers, or the error of a job that failed."""
    media = accepted(accept)
    database: Database = request.app.state.database
    job = may_see(database, id, actor)
    if job.kind == TRAINING:
        return RedirectResponse(_result_of(job), 307)
    if job.error is not None:
        raise job.error.as_raised()
    kept = Kept.unpack(jobs.answer(database, id))
    return Response(render(media, kept.answer, kept.text), media_type=media)


@router.get(
    "/{id}/log",
    summary="Nhật ký của một công việc / What a job tells while it is worked on",
    response_class=PlainTextResponse,
    responses=errors_of(JobUnknown, *STORE),
)
def get_job_log(id: Id, actor: Seer, request: Request) -> str:
    """Các dòng cuối, mỗi dòng có giờ; chỉ huấn luyện ghi. / The last lines, each with its time; only trainings tell any."""
    database: Database = request.app.state.database
    return jobs.log_of(database, may_see(database, id, actor).id)


@router.delete(
    "/{id}",
    status_code=204,
    summary="Hủy hoặc xóa một công việc / Cancel or forget a job",
    responses=errors_of(JobUnknown, *STORE),
)
def delete_job(id: Id, actor: Seer, request: Request) -> None:
    """Chưa xong thì hủy, đã xong thì xóa cùng kết quả. / Cancels one that has not ended, deletes one that has with its answer."""
    database: Database = request.app.state.database
    # One that ends between the two looks has ended.
    if may_see(database, id, actor).ended or jobs.cancel(database, id).state != "cancelled":
        jobs.forget(database, id)


def may_see(database: Database, id: str, actor: Actor) -> JobRecord:
    """A job that the actor may see, which are their own, and for reviewers all trainings; others are unknown, as if there were none.

    Raises:
        JobUnknown: there is none for the actor.
    """
    job = jobs.get(database, id)
    reviews = job.kind == TRAINING and allows(actor.role, "reviewer")
    if job.asked_by != actor.name and actor.role != "admin" and not reviews:
        raise jobs.unknown(id)
    return job


def _unseen(database: Database, *shown: JobRecord) -> int | None:
    """For how many seconds no worker has seen the jobs that wait, where one of these does and that is long."""
    if not any(job.state == "queued" for job in shown):
        return None
    return _long(jobs.waiting_for_worker(database))


def _long(seconds: float) -> int | None:
    return int(seconds) if seconds > UNSEEN_SECONDS else None


def shown(database: Database, job: JobRecord) -> JobShown:
    """A job as it is told."""
    return _shown_with(job, _unseen(database, job))


def _shown_with(job: JobRecord, unseen: int | None) -> JobShown:
    here, result = f"/v1/jobs/{job.id}", _result_of(job)
    document = f"/v1/documents/{job.document_id}" if job.document_id is not None else None
    unseen = unseen if job.state == "queued" else None
    return JobShown(**dict(job), waiting_for_worker=unseen, links=JobLinks(job=here, result=result, document=document))


def _result_of(job: JobRecord) -> str:
    return f"/v1/training/{job.id}" if job.kind == TRAINING else f"/v1/jobs/{job.id}/result"


async def _events(job: JobRecord, following: Following, stopping: Stopping) -> AsyncIterator[ServerSentEvent]:
    """The job whenever it has changed, until it ends or is forgotten, or the service stops; by the table, so whoever works on it."""
    last: tuple[JobRecord, bool] | None = None
    unseen: int | None = None
    with following.follow(job.id):
        while True:
            if (job, unseen is None) != last:
                event = job.state if job.ended else "progress"
                yield _event(job, unseen, event, id=_LAST if job.ended else None)
                last = job, unseen is None
            if job.ended:
                return
            look = await following.look()
            if look is None or stopping.begun:
                yield _event(job, unseen, "stopping", retry=1000 * RETRY_SECONDS)
                return
            if job.id not in look.asked:
                continue
            if job.id not in look.jobs:
                return
            job, unseen = look.jobs[job.id], _long(look.unseen)


def _event(job: JobRecord, unseen: int | None, event: str, **more: Any) -> ServerSentEvent:
    return ServerSentEvent(_shown_with(job, unseen).model_dump_json(), event=event, sep=_END_OF_LINE, **more)
