"""What `POST /v1/extract` is sent: JSON, plain text, the bytes of a file, or a form with a file in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import Message
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json as read_json
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chitieu.api.held import held_by
from chitieu.api.schemas import ExtractRequest, FileForm
from chitieu.api.streams import within_time
from chitieu.content import decoded_file
from chitieu.contract import Period, Place
from chitieu.errors import BadEncoding, BadRequest, NotText, TextTooLong, UnsupportedMedia
from chitieu.settings import Settings
from chitieu.text.encodings import ENCODINGS, decode_bytes
from chitieu.text.files.kinds import TextKind, tell_kind
from chitieu.text.files.reading import FileText, read_bytes

# Media types that are no file we read, and no text.
_NO_FILES = (
    "multipart/",
    "image/",
    "audio/",
    "video/",
    "application/x-www-form-urlencoded",
    "application/x-ndjson",
    "application/xml",
    "text/xml",
)
_HINTS: dict[str, Literal["csv", "md"]] = {"text/csv": "csv", "text/markdown": "md"}
_JSON_BYTES = 6  # of a character: a Vietnamese letter as a JSON escape
_TEXT_BYTES = 4  # in UTF-8 and VIQR
_FIELD_BYTES = 64 * 1024  # of each field of a form that is no file
_AT_ONCE = 64 * 1024  # bytes of JSON that keep nobody waiting while they are parsed
_MOST_FIELDS = 100  # of an object: each that is unknown is a problem of its own
_MOST_TOLD, _LONGEST_TOLD = 20, 200  # problems, and characters of each
Parsed = TypeVar("Parsed", bound=BaseModel)
Hint = TypeVar("Hint", Period, Place)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its bytes, name, and what its media type says of it."""

    data: bytes
    name: str
    encoding: str | None = None
    hint: TextKind | None = None

    def read(self, settings: Settings) -> FileText:
        """Its text. Raises what `read_bytes` raises."""
        return read_bytes(self.data, name=self.name, encoding=self.encoding, kind_hint=self.hint, settings=settings)


@dataclass(frozen=True, slots=True)
class Sent:
    """What is to be read, and how.

    Attributes:
        content: a text as it stands, one that had to be decoded, or a file that is not read yet.
        id: the document's name.
        period, place: what the sender knows of it.
        with_text: whether the answer returns the text (that of a file always does).
        store: whether the answer is kept.
    """

    content: str | FileText | Upload
    id: str | None = None
    period: Period | None = None
    place: Place | None = None
    with_text: bool = False
    store: bool = False

    @property
    def content_sha256(self) -> str:
        """Of the bytes that were sent: a file's, or a text's in UTF-8; hexadecimal."""
        match self.content:
            case FileText():
                return self.content.sha256
            case Upload():
                return sha256(self.content.data).hexdigest()
            case text:
                return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def bounded(request: Request, limit: int, *, whole: bool = True) -> AsyncGenerator[bytes, None]:
    """The parts of a body as they come.

    Args:
        whole: all of it is held until the request ends. Else its taker lets go what it took, and says itself what it holds meanwhile;
            the time that it needs between the parts does not count.

    Raises:
        TextTooLong: more than ``limit`` bytes.
        BodyTooSlow: it has not come within `settings.body_seconds`.
        ServiceBusy: the process holds too many bytes of bodies.
    """
    size = 0
    held = held_by(request.scope)
    settings: Settings = request.app.state.settings
    async for part in within_time(request.stream(), settings.body_seconds, waiting_alone=not whole):
        size += len(part)
        if size > limit:
            raise TextTooLong(
                f"Nội dung quá lớn, tối đa {limit} byte. / The body is larger than {limit} bytes.", limit=limit
            )
        if whole:
            held.take(len(part))
        yield part


async def read_body(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit. Raises what `bounded` raises."""
    return b"".join([part async for part in bounded(request, limit)])


def media_type(header: str | None) -> tuple[str, str | None]:
    """The media type of a `Content-Type`, and the encoding that it names; JSON where there is none."""
    message = Message()
    message["content-type"] = header or "application/json"
    return message.get_content_type(), message.get_content_charset()


def json_limit(settings: Settings) -> int:
    """Bytes that a text may have as JSON at most."""
    return _JSON_BYTES * settings.max_characters


def held_bytes(settings: Settings) -> int:
    """Bytes of bodies that a process holds at once: at least one file in its form."""
    return max(settings.held_bytes, settings.max_file_bytes + len(FileForm.model_fields) * _FIELD_BYTES)


def parse(model: type[Parsed], data: bytes) -> Parsed:
    """JSON that was sent, as a model.

    Raises:
        BadEncoding: not UTF-8, or a lone surrogate. BadRequest: not JSON, or it does not fit.
    """
    check_utf8(data)
    try:
        value: Any = read_json(data)
    except ValueError as error:
        if "surrogate" in str(error) or "hex escape" in str(error):
            raise BadEncoding("Ký tự không hợp lệ. / A lone surrogate is no character.") from error
        raise _unfit([{"where": "", "what": f"Invalid JSON: {error}"}]) from error
    if not isinstance(value, dict):
        raise _unfit([{"where": "", "what": "Input should be an object"}])
    _check_fields("", value)
    for name, inner in value.items():
        if isinstance(inner, dict):
            _check_fields(name, inner)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise misfit(error) from error


def _check_fields(where: str, value: dict[str, Any]) -> None:
    if len(value) > _MOST_FIELDS:
        raise _unfit([{"where": where, "what": f"More than {_MOST_FIELDS} fields"}])


async def parsed(model: type[Parsed], data: bytes) -> Parsed:
    """As `parse`; what is long keeps no other request waiting."""
    return parse(model, data) if len(data) <= _AT_ONCE else await asyncio.to_thread(parse, model, data)


def misfit(error: ValidationError) -> BadRequest:
    """The error of what does not fit a model: which fields, and why; not what was in them."""
    told = error.errors(include_input=False, include_url=False)
    return _unfit([{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in told])


def _unfit(problems: list[dict[str, str]]) -> BadRequest:
    told = [{name: words[:_LONGEST_TOLD] for name, words in problem.items()} for problem in problems[:_MOST_TOLD]]
    more = {"more": len(problems) - len(told)} if len(problems) > len(told) else {}
    return BadRequest("Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=told, **more)


def from_json(asked: ExtractRequest) -> Sent:
    """What a JSON document asks for."""
    return Sent(asked.text, asked.id, _hint(asked.period), _hint(asked.place), asked.with_text, asked.store)


def _hint(told: Hint | None) -> Hint | None:
    """A hint without `read_from`, which is for what was read: one that is copied from another answer has it."""
    return None if told is None else told.model_copy(update={"read_from": None})


async def read_request(
    request: Request,
    name: Annotated[
        str | None,
        Query(
            max_length=400,
            description="Tên của tệp hoặc văn bản gửi lên / name of the file or text that is sent",
            examples=["bao-cao.pdf"],
        ),
    ] = None,
    with_text: Annotated[
        bool, Query(description="Trả lại văn bản trong document.text / return the text in document.text")
    ] = False,
    store: Annotated[
        bool, Query(description="Lưu kết quả (cần quyền annotator) / keep the answer (needs the role annotator)")
    ] = False,
) -> Sent:
    """What was asked. A file is not read yet.

    Raises:
        UnsupportedMedia: a body that is neither JSON, text, a file nor a form. BadRequest: JSON or a form that does not fit.
        TextTooLong, BadEncoding, NotText, BodyTooSlow: a body that cannot be taken.
        ServiceBusy: the process holds too many bytes of bodies.
    """
    kind, charset = media_type(request.headers.get("content-type"))
    settings: Settings = request.app.state.settings
    encoding = _told_encoding(charset)
    if kind == "application/json":
        sent = from_json(await parsed(ExtractRequest, await read_body(request, json_limit(settings))))
    elif kind == "multipart/form-data":
        sent = await _form(request, settings)
    elif kind.startswith(_NO_FILES):
        raise UnsupportedMedia(
            "Gửi application/json, text/plain, multipart/form-data hoặc nội dung của một tệp. / "
            "Send application/json, text/plain, multipart/form-data or the bytes of a file.",
            content_type=kind,
        )
    elif kind == "text/plain":
        data = await read_body(request, min(settings.max_file_bytes, _TEXT_BYTES * settings.max_characters))
        if charset == "utf-8":
            check_utf8(data)
        sent = Sent(await asyncio.to_thread(_plain_text, data, encoding), name)
    else:
        data = await read_body(request, settings.max_file_bytes)
        sent = Sent(Upload(data, name or "", encoding, _HINTS.get(kind)), name)
    return Sent(
        sent.content,
        sent.id or name,
        sent.period,
        sent.place,
        with_text=sent.with_text or with_text,
        store=sent.store or store,
    )


class _InMemory(MultiPartParser):
    """A report goes to no temporary file; what bounds the body bounds this."""

    spool_max_size = sys.maxsize


async def _form(request: Request, settings: Settings) -> Sent:
    """The one file of a form, and the fields beside it."""
    fields = len(FileForm.model_fields)
    parts = bounded(request, settings.max_file_bytes + fields * _FIELD_BYTES)
    parser = _InMemory(request.headers, parts, max_files=1, max_fields=fields, max_part_size=_FIELD_BYTES)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _no_form(error.message) from error
    try:
        return await _from_form(form)
    finally:
        await form.close()


async def _from_form(form: FormData) -> Sent:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise _no_form("no file in the field `file`")
    try:
        told = FileForm.model_validate({name: value for name, value in form.multi_items() if name != "file"})
    except ValidationError as error:
        raise misfit(error) from error
    kind, charset = media_type(file.content_type or "application/octet-stream")
    upload = Upload(await file.read(), file.filename or told.id or "", _told_encoding(charset), _HINTS.get(kind))
    return Sent(
        upload,
        told.id or file.filename or None,
        _hint(told.period),
        _hint(told.place),
        told.with_text,
        told.store,
    )


def _told_encoding(charset: str | None) -> str | None:
    # A charset that names no encoding of ours (`us-ascii`) is one of the many that senders add unasked.
    return charset if charset in ENCODINGS and charset != "utf-8" else None


def _no_form(cause: str) -> BadRequest:
    return BadRequest(
        "Biểu mẫu phải có đúng một tệp, trong trường `file`; gửi nhiều văn bản qua /v1/extract/batch. / "
        "A form must hold one file, in the field `file`; send several texts to /v1/extract/batch.",
        problems=[{"where": "body", "what": cause}],
    )


def check_utf8(data: bytes) -> None:
    """Raise BadEncoding where the bytes are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadEncoding(
            f"Không phải UTF-8 (byte {error.start}). / Not valid UTF-8 (byte {error.start}).", position=error.start
        ) from error


def _plain_text(data: bytes, encoding: str | None) -> str | FileText:
    """A text as it stands, if it is UTF-8; else, or where fonts must be decoded, as a file."""
    if tell_kind(data, "text.txt") not in ("txt", "html"):  # a page's source, sent as text, is the text
        raise NotText(
            "Tệp nhị phân, không phải văn bản thuần; gửi bằng application/octet-stream. / "
            "A binary file, not plain text; send it as application/octet-stream."
        )
    decoded = decode_bytes(data, encoding=encoding)
    try:
        as_sent = data.decode("utf-8-sig") == decoded.text
    except UnicodeDecodeError:
        as_sent = False
    return decoded.text if as_sent else decoded_file(decoded, data)
