"""`POST /v1/extract/batch`: many texts in one request, each answered as soon as it is done, while others still come."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import NDJSON, accepted
from chitieu.api.bodies import bounded, from_json, json_limit, media_type, parsed, read_body
from chitieu.api.description import reference
from chitieu.api.extraction import Tools, answered, get_tools
from chitieu.api.faults import BODY, errors_of
from chitieu.api.held import held_by
from chitieu.api.lines import lines_of
from chitieu.api.schemas import BatchRequest, ExtractRequest
from chitieu.api.stopping import Stopping, stopping_error
from chitieu.errors import (
    BadEncoding,
    BadRequest,
    ChitieuError,
    NotAcceptable,
    ServiceBusy,
    TextTooLong,
    UnsupportedMedia,
)
from chitieu.settings import Settings

log = structlog.get_logger(__name__)
router = APIRouter(tags=["figures"])
_LINES = (NDJSON, "application/ndjson", "application/jsonl")
# Of texts that came and are not begun. A client that sends no more than this need not read while it sends.
_WAITING_BYTES = 16 * 1024 * 1024
_LEAST_HELD = 4 * 1024 * 1024  # bytes that a batch counts with, however small: its texts and answers are held, too
_LIST_BYTES = 8 * 1024 * 1024  # of texts as one JSON object, which is taken whole and many times as large in memory
_SILENT_SECONDS = 15.0  # then an empty line, lest a proxy take the answer for broken off
_BOM = b"\xef\xbb\xbf"
Document = bytes | None
"""A text and what is known of it, as JSON; None: it was too long to be taken."""


@router.post(
    "/v1/extract/batch",
    response_class=Response,
    responses=errors_of(*BODY, BadEncoding, UnsupportedMedia, NotAcceptable, ServiceBusy)
    | {
        200: {
            "description": "Mỗi dòng một đối tượng, dòng cuối là tổng kết / an object a line, the last of them a summary",
            "content": {
                NDJSON: {
                    "schema": {
                        "type": "string",
                        "description": "Mỗi dòng / each line: `BatchAnswer` hoặc / or `BatchFailure`; dòng cuối / the last: `BatchSummary`",
                    }
                }
            },
        }
    },
    summary="Đọc nhiều văn bản / Read several texts",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                NDJSON: {
                    "schema": {"type": "string", "description": "Mỗi dòng một / each line: `ExtractRequest`"},
                },
                "application/json": {"schema": reference(BatchRequest)},
            },
        }
    },
)
async def extract_batch(
    actor: Annotated[Actor, Depends(needs("reader"))],
    tools: Annotated[Tools, Depends(get_tools)],
    request: Request,
    store: Annotated[
        bool, Query(description="Lưu mọi kết quả (cần quyền annotator) / keep every answer (needs the role annotator)")
    ] = False,
    accept: Annotated[
        str | None, Header(description=f"Dạng trả lời / form of the answer: {NDJSON}", examples=[NDJSON])
    ] = None,
) -> Response:
    """Mỗi văn bản được trả lời ngay khi đọc xong, không theo thứ tự gửi; văn bản lỗi không làm dừng các văn bản khác.

    Texts are answered as they are done, while more may still come, and not in the order in which they were sent: `index` counts them from
    0. One that cannot be read gives a line with its error and stops no other. The last line, `{"done", "failed", "error"}`, says that the
    answer is whole; its `error` is why the rest of the body was not taken, if so. The body is NDJSON, a text a line, or JSON of a few MB.
    While no text is done an empty line comes every 15 seconds.
    """
    accepted(accept, (NDJSON,))
    if store:
        needs("annotator")(request)
    kind, _ = media_type(request.headers.get("content-type"))
    settings = tools.settings
    if kind in _LINES:
        held_by(request.scope).take(_to_hold(request, json_limit(settings)))
        documents = _from_lines(request, json_limit(settings), settings.max_file_bytes)
    elif kind == "application/json":
        held_by(request.scope).take(_LEAST_HELD)
        sent = await parsed(BatchRequest, await _list_body(request, settings))
        if len(sent.documents) > settings.max_batch:
            raise _too_many(settings.max_batch)
        documents = _from_list(sent.documents)
    else:
        raise UnsupportedMedia(
            f"Gửi {NDJSON} hoặc application/json. / Send {NDJSON} or application/json.", content_type=kind
        )

    async def read(index: int, document: Document) -> tuple[bytes, bool]:
        return await _line(index, document, request, tools, actor, store=store)

    stopping: Stopping = request.app.state.stopping
    return _BatchResponse(request, documents, read, stopping, most=settings.max_batch, at_once=2 * tools.pool.threads)


def _to_hold(request: Request, longest: int) -> int:
    """Bytes that a batch of lines counts with: what may wait and the line that comes, unless it says that it is smaller."""
    most = _WAITING_BYTES + longest
    size = request.headers.get("content-length", "")
    return min(most, max(_LEAST_HELD, int(size))) if size.isdecimal() else most


async def _list_body(request: Request, settings: Settings) -> bytes:
    limit = min(json_limit(settings), settings.max_file_bytes, _LIST_BYTES)
    try:
        return await read_body(request, limit)
    except TextTooLong as error:
        raise TextTooLong(
            f"Danh sách JSON quá lớn, tối đa {limit} byte; hãy gửi {NDJSON}. / "
            f"The JSON list is larger than {limit} bytes; send {NDJSON}.",
            limit=limit,
        ) from error


async def _from_list(documents: list[Any]) -> AsyncIterator[Document]:
    for document in documents:
        yield json.dumps(document).encode()


async def _from_lines(request: Request, longest: int, total: int) -> AsyncIterator[Document]:
    """The lines of a body. Raises what `bounded` raises."""
    first = True
    async for line in lines_of(bounded(request, total, whole=False), longest):
        yield line.removeprefix(_BOM) if first and line is not None else line
        first = False


async def _line(
    index: int, document: Document, request: Request, tools: Tools, actor: Actor, *, store: bool
) -> tuple[bytes, bool]:
    """What is answered to a text, and whether it was read."""
    name: str | None = None
    try:
        if document is None:
            limit = json_limit(tools.settings)
            raise TextTooLong(
                f"Văn bản quá lớn, tối đa {limit} byte. / The text is larger than {limit} bytes.", limit=limit
            )
        sent = from_json(await parsed(ExtractRequest, document))
        name = sent.id
        if sent.store or store:
            needs("annotator")(request)
            sent = replace(sent, store=True)
        answer = (await answered(sent, tools, actor, patient=True)).extraction
        body = await asyncio.to_thread(answer.model_dump_json)
    except ChitieuError as error:
        return _json({"index": index, "id": name, **error.body()}), False
    except Exception as error:
        log.error("batch_text_failed", index=index, exc_info=error)
        internal = ChitieuError("Lỗi hệ thống. / An internal error.")
        return _json({"index": index, "id": name, **internal.body()}), False
    return b'{"index":%d,"id":%s,"answer":%s}\n' % (index, json.dumps(answer.document.id).encode(), body.encode()), True


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _too_many(limit: int) -> BadRequest:
    return BadRequest(f"Quá {limit} văn bản trong một yêu cầu. / More than {limit} texts in one request.", limit=limit)


class _Waiting:
    """Texts that came and are not begun, in their order; who puts one waits while they are too many bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._texts: deque[tuple[int, Document]] = deque()
        self._closed = False
        self._changed = asyncio.Condition()

    async def put(self, index: int, document: Document) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._bytes < self._limit)
            if self._closed:
                return  # nobody will come for it
            self._texts.append((index, document))
            self._bytes += len(document or b"")
            self._changed.notify_all()

    async def close(self) -> None:
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def drop(self) -> bool:
        """Close, and forget those that are not begun; whether any are lost with that, or may be of those to come."""
        async with self._changed:
            lost = not self._closed or bool(self._texts)
            self._texts.clear()
            self._bytes = 0
            self._closed = True
            self._changed.notify_all()
            return lost

    async def get(self) -> tuple[int, Document] | None:
        """The next; None where there will be no more."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._texts) or self._closed)
            if not self._texts:
                return None
            index, document = self._texts.popleft()
            self._bytes -= len(document or b"")
            self._changed.notify_all()
            return index, document


class _BatchResponse(Response):
    """An answer that is written while its request is still read."""

    media_type = NDJSON

    def __init__(
        self,
        request: Request,
        documents: AsyncIterator[Document],
        read: Callable[[int, Document], Awaitable[tuple[bytes, bool]]],
        stopping: Stopping,
        *,
        most: int,
        at_once: int,
    ) -> None:
        """
        Args:
            documents: what is to be read; a ChitieuError that it raises ends it.
            read: the line of a text, and whether it was read.
            stopping: when it begins, those that are begun are finished, and no others.
            most: texts at most. at_once: texts that are worked on at a time.
        """
        self.status_code = 200
        self.background = None
        self.init_headers(None)
        self._request = request
        self._documents = documents
        self._read = read
        self._stopping = stopping
        self._most, self._at_once = most, at_once
        self._done = self._failed = 0
        self._error: ChitieuError | None = None
        self._told = asyncio.Event()  # since the last look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Raises:
            ClientDisconnect: the client is gone; what was begun is given up.
        """
        waiting = _Waiting(_WAITING_BYTES)
        turn = asyncio.Lock()
        gone = False
        try:
            async with asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed(waiting))
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                living = tasks.create_task(self._live(turn, send))
                stopping = tasks.create_task(self._stop(waiting))
                await asyncio.gather(
                    *(tasks.create_task(self._work(waiting, turn, send)) for _ in range(self._at_once))
                )
                for task in (feeding, living, stopping):
                    task.cancel()
        except* ClientDisconnect:
            gone = True
        if gone:
            raise ClientDisconnect
        summary = {"done": self._done, "failed": self._failed, "error": self._error and self._error.body()["error"]}
        await send({"type": "http.response.body", "body": _json(summary), "more_body": False})

    async def _feed(self, waiting: _Waiting) -> None:
        """Take the texts as they come, then watch for the client's leaving."""
        index = 0
        try:
            async for document in self._documents:
                if index == self._most:
                    raise _too_many(self._most)
                await waiting.put(index, document)
                index += 1
        except ChitieuError as error:
            self._error = self._error or error
        await waiting.close()
        while (await self._request.receive())["type"] != "http.disconnect":
            pass  # the rest of a body that is not taken
        raise ClientDisconnect

    async def _stop(self, waiting: _Waiting) -> None:
        await self._stopping.wait()
        if await waiting.drop():
            self._error = self._error or stopping_error()

    async def _live(self, turn: asyncio.Lock, send: Send) -> None:
        """Show that the answer goes on while no text is done."""
        while True:
            self._told.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_SILENT_SECONDS):
                    await self._told.wait()
                continue
            async with turn:
                await send({"type": "http.response.body", "body": b"\n", "more_body": True})

    async def _work(self, waiting: _Waiting, turn: asyncio.Lock, send: Send) -> None:
        while (text := await waiting.get()) is not None:
            line, is_read = await self._read(*text)
            self._done += is_read
            self._failed += not is_read
            async with turn:
                await send({"type": "http.response.body", "body": line, "more_body": True})
                self._told.set()
