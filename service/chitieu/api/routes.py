"""The routes of version 1."""

from __future__ import annotations

import asyncio
from email.message import Message
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from chitieu import __version__
from chitieu.api.schemas import ErrorBody, ExtractRequest, Health
from chitieu.contract import Extraction
from chitieu.errors import BadEncoding, BadRequest, NotText, TextTooLong, UnsupportedMedia
from chitieu.pipeline import MAX_CHARACTERS, Pipeline
from chitieu.settings import load_settings
from chitieu.text.encodings import ENCODINGS, decode_bytes, decode_fonts
from chitieu.text.files.kinds import tell_kind
from chitieu.text.files.reading import FileText, read_bytes

router = APIRouter()
# A Vietnamese letter takes up to three bytes of UTF-8, six as a JSON escape.
MAX_BYTES = 6 * MAX_CHARACTERS
# Media types that are no file we read, and no text.
_NO_FILES = (
    "multipart/",
    "image/",
    "audio/",
    "video/",
    "application/x-www-form-urlencoded",
    "application/xml",
    "text/xml",
)
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


async def read_body(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit.

    Raises:
        TextTooLong: more than ``limit`` bytes.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TextTooLong(
                f"Nội dung quá lớn, tối đa {limit} byte. / The body is larger than {limit} bytes.", limit=limit
            )
        parts.append(part)
    return b"".join(parts)


def _media_type(request: Request) -> tuple[str, str | None]:
    """The body's media type, and the encoding that it names."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "application/json")
    return message.get_content_type(), message.get_content_charset()


def _read_json(data: bytes) -> ExtractRequest:
    try:
        return ExtractRequest.model_validate_json(data)
    except ValidationError as error:
        if any("surrogate" in e["msg"] or "hex escape" in e["msg"] for e in error.errors(include_input=False)):
            raise BadEncoding("Ký tự không hợp lệ. / A lone surrogate is no character.") from error
        problems = [
            {"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors(include_input=False)
        ]
        raise BadRequest("Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=problems) from error


def _decoded(text: str, data: bytes) -> FileText | None:
    """The text as Unicode, if parts of it were typed in the fonts before Unicode."""
    decoded = decode_fonts(text)
    if decoded.text == text:
        return None
    return FileText(decoded.text, "txt", sha256(data).hexdigest(), encodings=decoded.parts)


async def read_request(
    request: Request,
    name: Annotated[str | None, Query(max_length=400, description="Tên tệp gửi lên / name of the file sent")] = None,
) -> tuple[ExtractRequest, FileText | None]:
    """What was asked, and the file it was asked of, where the body is one or had to be decoded.

    Raises:
        UnsupportedMedia: a body that is neither JSON, text nor a file. BadRequest: JSON that does not fit.
        TextTooLong, BadEncoding, NotText, FileError, ProgramMissing: a body that cannot be read.
    """
    kind, charset = _media_type(request)
    settings = load_settings()
    if kind == "application/json":
        data = await read_body(request, MAX_BYTES)
        _check_utf8(data)
        asked = _read_json(data)
        return asked, await asyncio.to_thread(_decoded, asked.text, asked.text.encode("utf-8", "surrogatepass"))
    if kind.startswith(_NO_FILES):
        raise UnsupportedMedia(
            "Gửi application/json, text/plain hoặc nội dung của một tệp. / "
            "Send application/json, text/plain or the bytes of a file.",
            content_type=kind,
        )
    data = await read_body(request, settings.max_file_bytes)
    # A charset that names no encoding of ours (`us-ascii`) is one of the many that senders add unasked.
    encoding = charset if charset in ENCODINGS and charset != "utf-8" else None
    if kind == "text/plain":
        if charset == "utf-8":
            _check_utf8(data)
        return await asyncio.to_thread(_plain_text, data, encoding)
    file = await asyncio.to_thread(read_bytes, data, name=name or "", encoding=encoding, settings=settings)
    return ExtractRequest.model_construct(text=file.text, id=name), file


def _check_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadEncoding(
            f"Không phải UTF-8 (byte {error.start}). / Not valid UTF-8 (byte {error.start}).", position=error.start
        ) from error


def _plain_text(data: bytes, encoding: str | None) -> tuple[ExtractRequest, FileText | None]:
    """A text as it stands, if it is UTF-8; else, or where fonts must be decoded, as a file."""
    if tell_kind(data, "text.txt") not in ("txt", "html"):  # a page's source, sent as text, is the text
        raise NotText(
            "Tệp nhị phân, không phải văn bản thuần; gửi bằng application/octet-stream. / "
            "A binary file, not plain text; send it as application/octet-stream."
        )
    decoded = decode_bytes(data, encoding=encoding)
    asked = ExtractRequest.model_construct(text=decoded.text)
    try:
        as_sent = data.decode("utf-8-sig") == decoded.text
    except UnicodeDecodeError:
        as_sent = False
    if as_sent:
        return asked, None
    return asked, FileText(decoded.text, "txt", sha256(data).hexdigest(), encodings=decoded.parts)


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
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def extract(
    pipeline: Annotated[Pipeline, Depends(get_pipeline)],
    sent: Annotated[tuple[ExtractRequest, FileText | None], Depends(read_request)],
    with_text: Annotated[bool, Query(description="Như trong JSON / as in the JSON body")] = False,
) -> Response:
    """Every figure of the text, linked to its indicator, with unit, period, change, share and plan attainment.

    The body is JSON, plain text, or the bytes of a file (PDF, Word, Excel, HTML, …: what it is, its content says).
    """
    body, file = sent

    def work() -> bytes:
        if file is not None:
            answer = pipeline.extract_file(file, id=body.id, period=body.period, place=body.place)
        else:
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
