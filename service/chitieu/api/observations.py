"""`GET /v1/observations`: the stored table, in pages as JSON, or whole as CSV and NDJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import islice
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import CSV, JSON, NDJSON, accepted
from chitieu.api.documents import Store
from chitieu.api.faults import STORE, errors_of
from chitieu.api.links import LINK_HEADER, next_link
from chitieu.api.rows import STORED, page_model
from chitieu.contract import Status
from chitieu.errors import BadRequest, NotAcceptable
from chitieu.output.table import csv_head, harmless
from chitieu.store import observations
from chitieu.store.database import Database
from chitieu.store.observations import StoredRow

_FORMS = (JSON, CSV, NDJSON)
_PAGE, _MOST = 50, 1000  # rows of a page
_MOST_ROWS = 1_000_000_000  # of CSV and NDJSON
_CHUNK = 500  # rows that are written at once


class Wanted(TypedDict):
    """What rows are searched by; see `chitieu.store.observations.find`."""

    indicator: str | None
    place: str | None
    period: str | None
    status: str | None
    document: str | None


def wanted(
    indicator: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Mã trong danh mục, hoặc các chữ của tên / id of the catalogue, or words of the name",
            examples=["thu ngan sach"],
        ),
    ] = None,
    place: Annotated[
        str | None,
        Query(max_length=200, description="Mã hoặc tên địa phương / code or name of the place", examples=["Bến Lâm"]),
    ] = None,
    period: Annotated[
        str | None,
        Query(
            max_length=30,
            description="Thời kỳ nằm trong / within which the row's time lies: 2023, 2023-09, 2023-Q3, 2023-H1, 2023-01/2023-09",
            examples=["2023"],
        ),
    ] = None,
    status: Annotated[
        Status | None, Query(description="Thực hiện, ước hay mục tiêu / a result, an estimate or a target")
    ] = None,
    document: Annotated[str | None, Query(max_length=64, description="Mã tài liệu / id of a document")] = None,
) -> Wanted:
    """The query of a request."""
    return Wanted(indicator=indicator, place=place, period=period, status=status, document=document)


def make_router() -> APIRouter:
    """The route, described by the columns as they are now. Raises CatalogueInvalid where their file breaks its schema."""
    router = APIRouter(tags=["observations"])
    forms = {
        CSV: {
            "schema": {
                "type": "string",
                "description": "Mọi dòng, có dòng tiêu đề / all rows, below the columns' names",
            }
        },
        NDJSON: {
            "schema": {"type": "string", "description": "Mọi dòng, mỗi dòng một đối tượng / all rows, an object a line"}
        },
    }
    router.add_api_route(
        "/v1/observations",
        list_observations,
        methods=["GET"],
        response_model=page_model(),
        responses=errors_of(BadRequest, NotAcceptable, *STORE) | {200: {"content": forms, "headers": LINK_HEADER}},
        summary="Bảng số liệu đã lưu / The table of stored figures",
    )
    return router


async def list_observations(
    _: Annotated[Actor, Depends(needs("reader"))],
    database: Store,
    request: Request,
    wanted: Annotated[Wanted, Depends(wanted)],
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=_MOST_ROWS,
            description=f"Số dòng / rows. JSON: của mỗi trang / of a page, {_PAGE}, ≤ {_MOST}; CSV, NDJSON: tất cả / all",
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        Query(
            max_length=200, description="Chỉ cho JSON: `next` của trang trước / JSON alone: `next` of the page before"
        ),
    ] = None,
    accept: Annotated[
        str | None, Header(description=f"Dạng trả lời / form of the answer: {', '.join(_FORMS)}", examples=[JSON])
    ] = None,
) -> Response:
    """Các dòng khớp mọi điều kiện, của tài liệu lưu sau trước. / The rows that match all that is asked, of the document stored last first.

    Các cột là các cột của mọi bảng xuất ra. JSON có từng trang (`next`, `Link`); CSV và NDJSON có tất cả, gửi dần.

    The columns are those of every table that is exported. JSON comes in pages (`next`, `Link`); CSV and NDJSON hold all, streamed.
    """
    media = accepted(accept, _FORMS)
    if media == JSON:
        page = await run_in_threadpool(
            observations.find, database, **wanted, limit=min(limit or _PAGE, _MOST), cursor=cursor
        )
        body = {"observations": [_object(row) for row in page.items], "next": page.next}
        return Response(_json(body), media_type=JSON, headers=next_link(request, page.next))
    if cursor is not None:
        raise BadRequest(
            "`cursor` chỉ dùng khi nhận JSON. / `cursor` is for answers in JSON.",
            problems=[{"where": "query.cursor", "what": f"not with {media}"}],
        )
    write, head = (_csv, csv_head().encode()) if media == CSV else (_ndjson, b"")
    parts = _parts(database, wanted, limit, write)
    # What is wrong with the request, or the database, shows before the answer begins.
    first = await run_in_threadpool(next, parts, b"")
    name = "observations.csv" if media == CSV else "observations.ndjson"
    return StreamingResponse(
        _all(head + first, parts), media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _parts(
    database: Database, wanted: Wanted, limit: int | None, write: Callable[[Iterable[StoredRow]], bytes]
) -> Iterator[bytes]:
    """All rows that match, some hundred at a time."""
    rows = islice(observations.stream(database, **wanted), limit)
    while chunk := list(islice(rows, _CHUNK)):
        yield write(chunk)


async def _all(first: bytes, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    while part := await run_in_threadpool(next, parts, b""):
        yield part


def _csv(rows: Iterable[StoredRow]) -> bytes:
    out = io.StringIO()
    cells = ([harmless("" if cell is None else str(cell)) for cell in row.cells.values()] for row in rows)
    csv.writer(out, lineterminator="\r\n").writerows(cells)
    return out.getvalue().encode()


def _ndjson(rows: Iterable[StoredRow]) -> bytes:
    return b"".join(_json(_object(row)) + b"\n" for row in rows)


def _object(row: StoredRow) -> dict[str, Any]:
    """A row with the id of its document, whose name others may have too."""
    return {STORED: row.document_id, **row.cells}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
