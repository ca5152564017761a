"""What `POST /v1/extract` is sent: JSON, plain text, or the bytes of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from hashlib import sha256
from typing import Annotated, Literal, TypeVar

from fastapi import Query, Request
from pydantic import ValidationError

from chitieu.api.schemas import ExtractRequest
from chitieu.errors import BadEncoding, BadRequest, NotText, ServiceBusy, TextTooLong, UnsupportedMedia
from chitieu.settings import Settings
from chitieu.text.encodings import ENCODINGS, Decoded, decode_bytes, decode_fonts
from chitieu.text.files.kinds import tell_kind
from chitieu.text.files.reading import FileText, read_bytes

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
_HINTS: dict[str, Literal["csv", "md"]] = {"text/csv": "csv", "text/markdown": "md"}
_JSON_BYTES = 6  # of a character: a Vietnamese letter as a JSON escape
_TEXT_BYTES = 4  # in UTF-8 and VIQR
Result = TypeVar("Result")


class FileReaders:
    """Threads of their own for reading files: a scan that takes minutes keeps no text waiting.

    Attributes:
        room: files that are read or wait, at most.
    """

    def __init__(self, threads: int = 2, room: int = 16) -> None:
        self.room = room
        self._taken = 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="read-file")

    async def run(self, read: Callable[[], Result]) -> Result:
        """What ``read`` gives.

        Raises:
            ServiceBusy: too many files wait already.
        """
        if self._taken >= self.room:
            raise ServiceBusy(
                "Đang đọc nhiều tệp, hãy thử lại sau. / Many files are being read, try again later.", retry_after=10
            )
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, read)
        finally:
            self._taken -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


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


def _as_file(decoded: Decoded, data: bytes) -> FileText:
    return FileText(decoded.text, "txt", sha256(data).hexdigest(), encodings=decoded.parts)


def _decoded(text: str) -> FileText | None:
    """The text as Unicode, if parts of it were typed in the fonts before Unicode."""
    decoded = decode_fonts(text)
    return None if decoded.text == text else _as_file(decoded, text.encode("utf-8", "surrogatepass"))


async def read_request(
    request: Request,
    name: Annotated[str | None, Query(max_length=400, description="Tên tệp gửi lên / name of the file sent")] = None,
) -> tuple[ExtractRequest, FileText | None]:
    """What was asked, and the file it was asked of, where the body is one or had to be decoded.

    Raises:
        UnsupportedMedia: a body that is neither JSON, text nor a file. BadRequest: JSON that does not fit.
        TextTooLong, BadEncoding, NotText, FileError, ProgramMissing: a body that cannot be read.
        ServiceBusy: too many files wait already.
    """
    kind, charset = _media_type(request)
    settings: Settings = request.app.state.settings
    readers: FileReaders = request.app.state.readers
    if kind == "application/json":
        data = await read_body(request, _JSON_BYTES * settings.max_characters)
        _check_utf8(data)
        asked = _read_json(data)
        return asked, await asyncio.to_thread(_decoded, asked.text)
    if kind.startswith(_NO_FILES):
        raise UnsupportedMedia(
            "Gửi application/json, text/plain hoặc nội dung của một tệp. / "
            "Send application/json, text/plain or the bytes of a file.",
            content_type=kind,
        )
    is_text = kind == "text/plain"
    limit = min(settings.max_file_bytes, _TEXT_BYTES * settings.max_characters) if is_text else settings.max_file_bytes
    data = await read_body(request, limit)
    # A charset that names no encoding of ours (`us-ascii`) is one of the many that senders add unasked.
    encoding = charset if charset in ENCODINGS and charset != "utf-8" else None
    if is_text:
        if charset == "utf-8":
            _check_utf8(data)
        return await asyncio.to_thread(_plain_text, data, encoding, name)
    hint = _HINTS.get(kind)
    file = await readers.run(
        lambda: read_bytes(data, name=name or "", encoding=encoding, kind_hint=hint, settings=settings)
    )
    return ExtractRequest.model_construct(text=file.text, id=name), file


def _check_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadEncoding(
            f"Không phải UTF-8 (byte {error.start}). / Not valid UTF-8 (byte {error.start}).", position=error.start
        ) from error


def _plain_text(data: bytes, encoding: str | None, name: str | None) -> tuple[ExtractRequest, FileText | None]:
    """A text as it stands, if it is UTF-8; else, or where fonts must be decoded, as a file."""
    if tell_kind(data, "text.txt") not in ("txt", "html"):  # a page's source, sent as text, is the text
        raise NotText(
            "Tệp nhị phân, không phải văn bản thuần; gửi bằng application/octet-stream. / "
            "A binary file, not plain text; send it as application/octet-stream."
        )
    decoded = decode_bytes(data, encoding=encoding)
    asked = ExtractRequest.model_construct(text=decoded.text, id=name)
    try:
        as_sent = data.decode("utf-8-sig") == decoded.text
    except UnicodeDecodeError:
        as_sent = False
    return asked, None if as_sent else _as_file(decoded, data)
