"""`/v1/jobs`: what takes longer than a request may, asked for, watched, fetched, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sse_starlette import ServerSentEvent

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON, accepted, render
from chitieu.api.asking import key_of, work_of
from chitieu.api.bodies import Sent, read_request
from chitieu.api.description import EXTRACT_BODY, TEXT_FORMS
from chitieu.api.faults import FILE, STORE, TEXT, errors_of
from chitieu.api.links import LINK_HEADER, next_link
from chitieu.api.routes import Accept
from chitieu.api.watching import WatchedEvents
from chitieu.contract import Extraction
from chitieu.errors import BadRequest, DatabaseDown, JobUnfinished, JobUnknown, NotAcceptable, ServiceBusy
from chitieu.jobs.extract import KIND, Kept
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.jobs import JobRecord

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_EVENTS = "text/event-stream"
_POLL_SECONDS, _LONGEST_POLL, _SLOWER = 0.5, 2.0, 1.2
_SEND_SECONDS = 30.0  # for a client that takes nothing of what it is sent
_END_OF_LINE = "\n"
_LAST = "end"  # the id of the last event
Id = Annotated[str, Path(max_length=64, description="Mã công việc / id of the job", examples=["0" * 32])]
Seer = Annotated[Actor, Depends(needs("reader"))]


class JobLinks(BaseModel):
    """Where the rest is."""

    job: str = Field(description="Công việc này / this job", examples=["/v1/jobs/0123456789abcdef0123456789abcdef"])
    result: str = Field(description="Kết quả, khi xong / its answer, once it is done")
    document: str | None = Field(description="Tài liệu đã lưu / the stored document that came of it")


class JobShown(JobRecord):
    """A job, and where the rest is."""

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
        202: {
            "headers": {
                "Location": {"description": "Chỗ của công việc / where the job is", "schema": {"type": "string"}}
            }
        }
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
    (content, name, hints, options, model) is the same job for as long as it is kept, unless it failed or was cancelled.
    """
    state = request.app.state
    database: Database = state.database
    pipeline: Pipeline = state.pipeline
    settings: Settings = state.settings

    def ask() -> JobRecord:
        options, body = work_of(sent, pipeline.limit)
        begun = datetime.now(UTC)
        job = jobs.ask(
            database,
            kind=KIND,
            settings=options.model_dump(mode="json"),
            body=body,
            key=key_of(actor.name, pipeline.info, options, body),
            by=actor.name,
            room=settings.max_jobs,
            room_bytes=settings.max_job_bytes,
        )
        if job.state == "queued" and job.asked_at >= begun:  # what was asked for before is in the queue, or swept there
            state.queue.put(job.id)
        return job

    job = await asyncio.to_thread(ask)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return _shown(job)


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
    body = JobPage(jobs=[_shown(job) for job in page.items], next=page.next)
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
                        "an event `progress` at each change, at the end `done`, `failed` or `cancelled`; the data is the job",
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
    job = await asyncio.to_thread(_own, database, id, actor)
    if media != _EVENTS:
        return Response(_shown(job).model_dump_json(), media_type=media)
    if last_event_id == _LAST:
        return Response(status_code=204)  # so that a browser does not connect again and again
    return WatchedEvents(
        request.app.state.watchers, actor.name, _events(database, job), sep=_END_OF_LINE, send_timeout=_SEND_SECONDS
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
    job = _own(database, id, actor)
    if job.error is not None:
        raise job.error.as_raised()
    kept = Kept.unpack(jobs.answer(database, id))
    return Response(render(media, kept.answer, kept.text), media_type=media)


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
    if _own(database, id, actor).ended or jobs.cancel(database, id).state != "cancelled":
        jobs.forget(database, id)


def _own(database: Database, id: str, actor: Actor) -> JobRecord:
    """A job that the actor may see; others are unknown, as if there were none.

    Raises:
        JobUnknown: there is none for the actor.
    """
    job = jobs.get(database, id)
    if job.asked_by != actor.name and actor.role != "admin":
        raise jobs.unknown(id)
    return job


def _shown(job: JobRecord) -> JobShown:
    here = f"/v1/jobs/{job.id}"
    document = f"/v1/documents/{job.document_id}" if job.document_id is not None else None
    return JobShown(**dict(job), links=JobLinks(job=here, result=f"{here}/result", document=document))


async def _events(database: Database, job: JobRecord) -> AsyncIterator[ServerSentEvent]:
    """The job whenever it has changed, until it ends or is forgotten; asks the table, so whoever works on it."""
    last: JobRecord | None = None
    wait = _POLL_SECONDS
    while True:
        if job != last:
            event = job.state if job.ended else "progress"
            yield ServerSentEvent(
                _shown(job).model_dump_json(), event=event, id=_LAST if job.ended else None, sep=_END_OF_LINE
            )
            last, wait = job, _POLL_SECONDS
        if job.ended:
            return
        await asyncio.sleep(wait)
        wait = min(wait * _SLOWER, _LONGEST_POLL)
        try:
            job = await asyncio.to_thread(jobs.get, database, job.id)
        except DatabaseDown:
            continue  # the next may reach it
        except JobUnknown:
            return
