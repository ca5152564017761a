"""The routes of version 1."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response

from chitieu import __version__
from chitieu.api.answers import OFFERED, accepted, render
from chitieu.api.bodies import read_request
from chitieu.api.schemas import ErrorBody, ExtractRequest, Health
from chitieu.contract import Extraction
from chitieu.pipeline import Pipeline
from chitieu.text.files.reading import FileText

router = APIRouter()
_ERRORS: dict[int | str, dict[str, Any]] = {code: {"model": ErrorBody} for code in (413, 415, 422, 503)}


def _request_schema() -> dict[str, Any]:
    """The request's schema; what it refers to stands among the answer's components."""
    schema = ExtractRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def get_pipeline(request: Request) -> Pipeline:
    """The application's pipeline, loaded at start-up."""
    pipeline: Pipeline = request.app.state.pipeline
    return pipeline


@router.post(
    "/v1/extract",
    response_model=Extraction,
    responses=_ERRORS
    | {406: {"model": ErrorBody}, 200: {"content": {media: {"schema": {"type": "string"}} for media in OFFERED[1:]}}},
    summary="Đọc số liệu trong một văn bản / Read the figures of a text",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _request_schema()},
                "text/plain": {"schema": {"type": "string"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def extract(
    pipeline: Annotated[Pipeline, Depends(get_pipeline)],
    sent: Annotated[tuple[ExtractRequest, FileText | None], Depends(read_request)],
    with_text: Annotated[bool, Query(description="Như trong JSON / as in the JSON body")] = False,
    accept: Annotated[
        str | None, Header(description=f"Dạng trả lời / form of the answer: {', '.join(OFFERED)}")
    ] = None,
) -> Response:
    """Every figure of the text, linked to its indicator, with unit, period, change, share and plan attainment.

    The body is JSON, plain text, or the bytes of a file (PDF, Word, Excel, HTML, …: what it is, its content says).
    """
    body, file = sent
    media = accepted(accept)

    def work() -> bytes:
        if file is not None:
            answer = pipeline.extract_file(file, id=body.id, period=body.period, place=body.place)
        else:
            answer = pipeline.extract(
                body.text, id=body.id, period=body.period, place=body.place, with_text=with_text or body.with_text
            )
        return render(media, answer, body.text if file is None else file.text)

    return Response(await asyncio.to_thread(work), media_type=media)


@router.get("/healthz", summary="Còn sống không / is it alive")
def healthz() -> Health:
    """Answers once the model is loaded."""
    return Health(status="ok", version=__version__)


@router.get("/v1/model", summary="Mô hình đang phục vụ / the model that is served")
def model(pipeline: Annotated[Pipeline, Depends(get_pipeline)]) -> dict[str, Any]:
    """Name, version, catalogue and manifest of the served model."""
    return pipeline.info.model_dump() | {"manifest": pipeline.tagger.manifest.raw}
