"""`/label-studio`: what Label Studio asks of a machine-learning backend, so that its tasks come with what the model read.

Nothing is kept between its requests: each that needs the labelling configuration brings it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from chitieu.annotation.corrections import of_answer, shown, to_document
from chitieu.annotation.formats.label_studio import results
from chitieu.annotation.formats.label_studio_config import Layout, read_layout
from chitieu.api.access.identify import LABEL_STUDIO
from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON
from chitieu.api.bodies import Sent, json_limit, media_type, parsed, read_body
from chitieu.api.description import reference
from chitieu.api.extraction import Answer, Tools, answered, get_tools
from chitieu.api.faults import LOAD, TEXT, errors_of
from chitieu.api.label_studio_bodies import (
    LabelStudioAcknowledged,
    LabelStudioEvent,
    LabelStudioHealth,
    LabelStudioPrediction,
    LabelStudioPredictions,
    LabelStudioProject,
    LabelStudioTasks,
    LabelStudioVersion,
)
from chitieu.api.streams import while_connected
from chitieu.contract import ModelInfo
from chitieu.errors import AnnotationInvalid, BadEncoding, BadRequest, ChitieuError, UnsupportedMedia

_AROUND_BYTES = 1024 * 1024  # of the configuration, and of what Label Studio tells of each task
log = structlog.get_logger(__name__)
_CALLERS: dict[str, Any] = {"security": [{}, {"name_and_token": []}, {"token": []}, {"session": []}]}
router = APIRouter(prefix=LABEL_STUDIO, tags=["label-studio"])
Reader = Annotated[Actor, Depends(needs("reader"))]
Body = TypeVar("Body", bound=BaseModel)


def _reads(model: type[Body]) -> Callable[[Request], Any]:
    """A dependency that reads a JSON body as long as that of one text may be, and what stands around it."""

    async def read(request: Request) -> Body:
        kind, _ = media_type(request.headers.get("content-type", "text/plain"))
        if kind != "application/json":
            raise UnsupportedMedia("Hãy gửi application/json. / Send application/json.", content_type=kind)
        return await parsed(model, await read_body(request, json_limit(request.app.state.settings) + _AROUND_BYTES))

    return read


def _takes(model: type[BaseModel]) -> dict[str, Any]:
    return _CALLERS | {"requestBody": {"required": True, "content": {JSON: {"schema": reference(model)}}}}


@router.get("/health", summary="Dịch vụ có chạy không / Whether the service is up", openapi_extra=_CALLERS)
def label_studio_health(_: Reader, tools: Annotated[Tools, Depends(get_tools)]) -> LabelStudioHealth:
    """Label Studio hỏi khi kết nối, và thỉnh thoảng. / Label Studio asks when it connects, and now and then."""
    return LabelStudioHealth(status="UP", model_class=tools.pipeline.info.name)


@router.post(
    "/setup",
    summary="Kết nối một dự án / Connect a project",
    responses=errors_of(AnnotationInvalid, *TEXT[:3], UnsupportedMedia),
    openapi_extra=_takes(LabelStudioProject),
)
def label_studio_setup(
    _: Reader,
    tools: Annotated[Tools, Depends(get_tools)],
    body: Annotated[LabelStudioProject, Depends(_reads(LabelStudioProject))],
) -> LabelStudioVersion:
    """Cấu hình gán nhãn phải có một văn bản và ít nhất một nhãn của dự án.

    The labelling configuration must show a text, and have at least one of our labels for it.
    """
    read_layout(body.config)
    return LabelStudioVersion(model_version=_version(tools.pipeline.info))


@router.post(
    "/predict",
    response_model=LabelStudioPredictions,
    summary="Gán nhãn trước cho các việc / Annotate tasks in advance",
    responses=errors_of(AnnotationInvalid, *TEXT, *LOAD),
    openapi_extra=_takes(LabelStudioTasks),
)
async def label_studio_predict(
    actor: Reader,
    tools: Annotated[Tools, Depends(get_tools)],
    request: Request,
    body: Annotated[LabelStudioTasks, Depends(_reads(LabelStudioTasks))],
) -> Response:
    """Mỗi việc một kết quả, theo thứ tự; việc không đọc được thì có `error`. Chỉ một việc mà không đọc được thì cả yêu cầu lỗi.

    A result for each task, in their order; one that cannot be read has an `error`. Where it is the only one, the request fails.
    """
    layout = read_layout(body.label_config)
    most = tools.settings.max_batch
    if len(body.tasks) > most:
        raise BadRequest(f"Quá {most} văn bản trong một yêu cầu. / More than {most} texts in one request.", limit=most)
    texts = [layout.text_of(task.data) for task in body.tasks]
    made = await while_connected(request, _predictions(texts, layout, tools, actor))
    answer = LabelStudioPredictions(results=made, model_version=made[0].model_version)
    # Only regions that have a score or an entry tell one, as in an export.
    return Response(await asyncio.to_thread(answer.model_dump_json, exclude_none=True), media_type=JSON)


@router.post(
    "/webhook",
    summary="Việc xảy ra ở Label Studio / What happens in Label Studio",
    responses=errors_of(*TEXT[:3], UnsupportedMedia),
    openapi_extra=_takes(LabelStudioEvent),
)
def label_studio_webhook(
    _: Reader, body: Annotated[LabelStudioEvent, Depends(_reads(LabelStudioEvent))]
) -> LabelStudioAcknowledged:
    """Không học gì từ đây: hãy xuất từ Label Studio rồi nhập vào dự án. Yêu cầu huấn luyện bị từ chối để không ai chờ vô ích.

    Nothing is learnt from it: export from Label Studio and import into a project. Who asks for training is told so, and waits for nothing.
    """
    if body.action == "START_TRAINING":
        raise BadRequest(
            "Không huấn luyện từ Label Studio: hãy xuất JSON và nhập vào một dự án của chitieu. / "
            "Training does not start from Label Studio: export JSON and import it into a project of chitieu.",
            problems=[{"where": "action", "what": "START_TRAINING"}],
        )
    return LabelStudioAcknowledged(status="ignored")


async def _predictions(
    texts: Sequence[str | None], layout: Layout, tools: Tools, actor: Actor
) -> list[LabelStudioPrediction]:
    """The first has the hurry of a text that somebody waits for, and is turned away where too many wait; the others follow it."""
    only = len(texts) == 1
    first = await _prediction(0, texts[0], layout, tools, actor, patient=False, told=only)
    turns = asyncio.Semaphore(2 * tools.pool.threads)

    async def in_turn(number: int) -> LabelStudioPrediction:
        async with turns:
            return await _prediction(number, texts[number], layout, tools, actor, patient=True, told=False)

    rest = [asyncio.ensure_future(in_turn(number)) for number in range(1, len(texts))]
    try:
        return [first, *await asyncio.gather(*rest)]
    finally:
        for task in rest:
            task.cancel()


async def _prediction(
    number: int, text: str | None, layout: Layout, tools: Tools, actor: Actor, *, patient: bool, told: bool
) -> LabelStudioPrediction:
    """
    Args:
        told: what is wrong with the text is raised, not put into the result.

    Raises:
        ServiceBusy, ServiceStopping: it was not read, and so will the others not be.
    """
    try:
        if text is None:
            raise BadRequest(
                f"Việc không có văn bản trong “{layout.field}”. / The task has no text in “{layout.field}”.",
                problems=[{"where": f"tasks.{number}.data.{layout.field}"[:200], "what": "Field required"}],
            )
        answer = await answered(Sent(text), tools, actor, patient=patient)
        if (
            answer.text != text
        ):  # typed before Unicode: Label Studio shows it as it came, and offsets would be of another text
            raise BadEncoding(
                "Văn bản dùng bảng mã cũ: hãy chuyển sang Unicode trước. / "
                "The text is in a code of before Unicode: convert it first."
            )
        return await asyncio.to_thread(_told, answer, layout)
    except LOAD[:2]:
        raise
    except ChitieuError as error:
        if told:
            raise
        log.warning("label_studio_task_unread", task=number, code=error.code)
        version = _version(tools.pipeline.info)
        return LabelStudioPrediction(result=[], score=0, model_version=version, error=error.body()["error"])


def _told(answer: Answer, layout: Layout) -> LabelStudioPrediction:
    spans = {span.id: span for span in of_answer(answer.extraction)}
    document = to_document(answer.extraction.document.id, answer.text, shown(spans, spans))
    regions = list(results(document, layout, usual="suggested"))
    scores = [region["score"] for region in regions if "score" in region]
    return LabelStudioPrediction(
        result=regions,
        score=round(fmean(scores), 4) if scores else 1.0,
        model_version=_version(answer.extraction.model),
    )


def _version(model: ModelInfo) -> str:
    return f"{model.name} {model.version}"
