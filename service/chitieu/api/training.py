"""`/v1/training`: the next model from what people corrected, asked for here and made by a job."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import HTML, JSON, accepted
from chitieu.api.documents import Store
from chitieu.api.faults import BODY, STORE, errors_of
from chitieu.api.jobs import LOCATION, Id, JobShown, may_see, shown
from chitieu.api.json_bodies import reads
from chitieu.api.projects import takes
from chitieu.api.workbench import Nothing
from chitieu.errors import (
    CorrectionsMissing,
    DataLeak,
    JobUnfinished,
    JobUnknown,
    NotAcceptable,
    ServiceBusy,
    TrainingFailed,
    UnsupportedMedia,
)
from chitieu.jobs.train import KEY, KIND, Training
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.audit import record

router = APIRouter(prefix="/v1/training", tags=["training"])
Reviewer = Annotated[Actor, Depends(needs("reviewer"))]
_FORMS = (JSON, HTML)


@router.post(
    "",
    status_code=202,
    summary="Huấn luyện mô hình tiếp theo / Have the next model made",
    responses=errors_of(ServiceBusy, UnsupportedMedia, *BODY, *STORE)
    | {
        200: {"model": JobShown, "description": "Đang chờ hoặc đang chạy / one waits or runs", "headers": LOCATION},
        202: {"headers": LOCATION},
    },
    openapi_extra=takes(Nothing),
)
def ask_training(
    actor: Reviewer,
    database: Store,
    request: Request,
    response: Response,
    _: Annotated[Nothing, Depends(reads(Nothing, may_be_empty=True))],
) -> JobShown:
    """Xếp hàng một lần huấn luyện từ những tài liệu đã sửa xong; mỗi lúc một lần.

    Queues a training from the documents whose corrections are done. One at a time: 202 says that it is new, 200 that one waits or runs,
    which is answered.
    """
    settings: Settings = request.app.state.settings
    asked = jobs.ask(
        database, kind=KIND, settings={}, body=b"", key=KEY, by=actor.name, room=settings.max_jobs, until_end=True
    )
    if asked.is_new:
        record(database, actor.name, "training_asked", asked.job.id, address=actor.address, request=actor.request)
        request.app.state.queue.put(asked.job.id)
    response.headers["Location"] = f"/v1/jobs/{asked.job.id}"
    response.status_code = 202 if asked.is_new else 200
    return shown(database, asked.job)


@router.get(
    "/{id}",
    summary="Kết quả của một lần huấn luyện / What came of a training",
    response_model=Training,
    responses=errors_of(JobUnknown, JobUnfinished, NotAcceptable, CorrectionsMissing, DataLeak, TrainingFailed, *STORE)
    | {200: {"content": {HTML: {"schema": {"type": "string"}}}}},
)
def get_training(
    id: Id,
    actor: Reviewer,
    database: Store,
    accept: Annotated[str | None, Header(description=", ".join(_FORMS))] = None,
) -> Response:
    """Quyết định của cổng kiểm định và mô hình mới, hoặc trang của cổng (`text/html`), hoặc lỗi của công việc.

    What the gate decided and the new model, or the gate's page (`text/html`), or the error of the job.
    """
    media = accepted(accept, _FORMS)
    job = may_see(database, id, actor)
    if job.kind != KIND:
        raise jobs.unknown(id)
    if job.error is not None:
        raise job.error.as_raised()
    training = Training.unpack(jobs.answer(database, id))
    if media == JSON:
        return Response(training.model_dump_json(), media_type=JSON)
    if training.page is None:
        raise NotAcceptable("Cổng kiểm định không có trang. / The gate has no page: application/json.", offered=[JSON])
    return Response(training.page, media_type=HTML)
