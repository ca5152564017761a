"""The routes that read: one text, several, and which model does."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import OFFERED, accepted, render
from chitieu.api.bodies import Sent, read_request
from chitieu.api.description import EXTRACT_BODY, TEXT_FORMS
from chitieu.api.extraction import Tools, answered, get_tools
from chitieu.api.faults import FILE, LOAD, STORE, TEXT, errors_of
from chitieu.api.schemas import Served
from chitieu.api.streams import while_connected
from chitieu.contract import Extraction
from chitieu.errors import NotAcceptable
from chitieu.pipeline import Pipeline
from chitieu.served import ServedPipeline

router = APIRouter()
Accept = Annotated[
    str | None,
    Header(description=f"Dạng trả lời / form of the answer: {', '.join(OFFERED)}", examples=["application/json"]),
]


def get_pipeline(request: Request) -> Pipeline:
    """The application's pipeline, as it is when the request comes."""
    served: ServedPipeline = request.app.state.served
    return served.pipeline


STORED_HEADERS: dict[str, Any] = {
    "Location": {
        "description": "Chỗ của tài liệu đã lưu / where the stored document is, if it was to be stored",
        "schema": {"type": "string"},
    },
    "X-Chitieu-Stored": {
        "description": "`new`: vừa lưu; `again`: đã lưu từ trước, không đọc lại / just stored; there already and not read again",
        "schema": {"type": "string", "enum": ["new", "again"]},
    },
}


@router.post(
    "/v1/extract",
    tags=["figures"],
    response_model=Extraction,
    responses=errors_of(*TEXT, *FILE, *LOAD, *STORE, NotAcceptable)
    | {200: {"content": TEXT_FORMS, "headers": STORED_HEADERS}},
    summary="Đọc số liệu trong một văn bản hoặc tệp / Read the figures of a text or file",
    openapi_extra=EXTRACT_BODY,
)
async def extract(
    actor: Annotated[Actor, Depends(needs("reader"))],
    sent: Annotated[Sent, Depends(read_request)],
    tools: Annotated[Tools, Depends(get_tools)],
    request: Request,
    accept: Accept = None,
) -> Response:
    """Mọi số liệu của văn bản, gắn với chỉ tiêu, kèm đơn vị, thời kỳ, tăng giảm, tỷ trọng và so với kế hoạch.

    Every figure of the text, linked to its indicator, with unit, period, change, share and plan attainment. The body is JSON, plain text,
    the bytes of a file (PDF, Word, Excel, HTML, …: what it is, its content says), or a form with one such file.

    With `store` the answer is kept: `document.stored` and `Location` say where. The same content asked for again, with the same name, hints
    and model, is not read again.
    """
    media = accepted(accept)
    if sent.store:
        needs("annotator")(request)
    answer = await while_connected(request, answered(sent, tools, actor))
    body = await asyncio.to_thread(render, media, answer.extraction, answer.text)
    headers = {}
    if answer.extraction.document.stored is not None:
        headers = {
            "Location": f"/v1/documents/{answer.extraction.document.stored}",
            "X-Chitieu-Stored": "again" if answer.known else "new",
        }
    return Response(body, media_type=media, headers=headers)


@router.get(
    "/v1/model",
    tags=["service"],
    summary="Mô hình đang phục vụ / The model that is served",
)
def get_model(
    _: Annotated[Actor, Depends(needs("reader"))], pipeline: Annotated[Pipeline, Depends(get_pipeline)]
) -> Served:
    """Tên, phiên bản, danh mục và bản kê tệp của mô hình. / Name, version, catalogue and manifest of the model."""
    return Served(**pipeline.info.model_dump(), manifest=pipeline.tagger.manifest.raw)
