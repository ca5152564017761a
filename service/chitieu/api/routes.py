"""The routes of version 1."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from chitieu import __version__
from chitieu.api.schemas import ErrorBody, ExtractRequest, Health
from chitieu.contract import Extraction
from chitieu.errors import BadEncoding, BadRequest, TextTooLong, UnsupportedMedia
from chitieu.pipeline import MAX_CHARACTERS, Pipeline, decode_text

router = APIRouter()
# A Vietnamese letter takes up to three bytes of UTF-8, six as a JSON escape.
MAX_BYTES = 6 * MAX_CHARACTERS
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


async def read_body(request: Request) -> bytes:
    """The body, read no further than the limit.

    Raises:
        TextTooLong: more than MAX_BYTES.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise TextTooLong(
                f"Nội dung quá lớn, tối đa {MAX_BYTES} byte. / The body is larger than {MAX_BYTES} bytes.",
                limit=MAX_BYTES,
            )
        parts.append(part)
    return b"".join(parts)


async def read_request(request: Request) -> ExtractRequest:
    """The request's text, of `application/json` or `text/plain`.

    Raises:
        UnsupportedMedia: another media type. BadRequest: JSON that does not fit.
        TextTooLong, BadEncoding, NotText: a body that is no readable text.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind not in ("application/json", "text/plain"):
        raise UnsupportedMedia(
            "Chỉ nhận application/json hoặc text/plain. / Send application/json or text/plain.", content_type=kind
        )
    data = await read_body(request)
    if kind == "text/plain":
        return ExtractRequest.model_construct(text=decode_text(data))
    decode_text(data)  # tells the place of a byte that is not UTF-8
    try:
        return ExtractRequest.model_validate_json(data)
    except ValidationError as error:
        if any("surrogate" in e["msg"] or "hex escape" in e["msg"] for e in error.errors(include_input=False)):
            raise BadEncoding("Ký tự không hợp lệ. / A lone surrogate is no character.") from error
        problems = [
            {"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors(include_input=False)
        ]
        raise BadRequest("Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=problems) from error


@router.post(
    "/v1/extract",
    response_model=Extraction,
    responses=_ERRORS,
    summary="Đọc số liệu trong một văn bản / Read the figures of a text",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _request_schema()},
                "text/plain": {"schema": {"type": "string"}},
            },
        }
    },
)
async def extract(
    pipeline: Annotated[Pipeline, Depends(get_pipeline)],
    body: Annotated[ExtractRequest, Depends(read_request)],
    with_text: Annotated[bool, Query(description="Như trong JSON / as in the JSON body")] = False,
) -> Response:
    """Every figure of the text, linked to its indicator, with unit, period, change, share and plan attainment."""

    def work() -> bytes:
        answer = pipeline.extract(
            body.text, id=body.id, period=body.period, place=body.place, with_text=with_text or body.with_text
        )
        return answer.model_dump_json().encode("utf-8")

    return Response(await asyncio.to_thread(work), media_type="application/json")


@router.get("/healthz", summary="Còn sống không / is it alive")
def healthz() -> Health:
    """Answers once the model is loaded."""
    return Health(status="ok", version=__version__)


@router.get("/v1/model", summary="Mô hình đang phục vụ / the model that is served")
def model(pipeline: Annotated[Pipeline, Depends(get_pipeline)]) -> dict[str, Any]:
    """Name, version, catalogue and manifest of the served model."""
    return pipeline.info.model_dump() | {"manifest": pipeline.tagger.manifest.raw}
