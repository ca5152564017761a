"""`/v1/documents`: what was stored: listed, shown, given back as text, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import JSON, NDJSON, accepted, render
from chitieu.api.description import TEXT_FORMS
from chitieu.api.faults import STORE, errors_of
from chitieu.api.links import LINK_HEADER, next_link
from chitieu.api.routes import Accept
from chitieu.api.schemas import DocumentPage, DocumentWithAnswer
from chitieu.errors import BadRequest, DocumentUnknown, NotAcceptable
from chitieu.store import documents
from chitieu.store.audit import By
from chitieu.store.database import Database

router = APIRouter(prefix="/v1/documents", tags=["documents"])
Id = Annotated[str, Path(max_length=64, description="Mã tài liệu / id of the document", examples=["0" * 64])]


def get_database(request: Request) -> Database:
    """The application's database, opened at start-up."""
    database: Database = request.app.state.database
    return database


Store = Annotated[Database, Depends(get_database)]
Reader = Annotated[Actor, Depends(needs("reader"))]


@router.get(
    "",
    response_model=DocumentPage,
    responses=errors_of(BadRequest, *STORE) | {200: {"headers": LINK_HEADER}},
    summary="Tài liệu đã lưu / Stored documents",
)
def list_documents(
    _: Reader,
    database: Store,
    request: Request,
    place: Annotated[
        str | None,
        Query(max_length=200, description="Mã hoặc tên địa phương / code or name of the place", examples=["Bến Lâm"]),
    ] = None,
    period: Annotated[
        str | None,
        Query(
            max_length=30,
            description="Kỳ báo cáo nằm trong / within which their period lies: 2023, 2023-Q3, 2023-01/2023-09",
            examples=["2023"],
        ),
    ] = None,
    name: Annotated[
        str | None, Query(max_length=200, description="Các chữ trong tên / words of the name", examples=["bao cao"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Số tài liệu mỗi trang / documents of a page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` của trang trước / of the page before")
    ] = None,
) -> Response:
    """Mới lưu trước. / The one stored last first.

    Trang sau ở `next` và ở `Link: <…>; rel="next"`. / The next page is at `next` and at `Link: <…>; rel="next"`.
    """
    page = documents.list_documents(database, place=place, period=period, name=name, limit=limit, cursor=cursor)
    body = DocumentPage(documents=page.items, next=page.next)
    return Response(body.model_dump_json(), media_type=JSON, headers=next_link(request, page.next))


@router.get(
    "/{id}",
    response_model=DocumentWithAnswer,
    responses=errors_of(DocumentUnknown, NotAcceptable, *STORE) | {200: {"content": TEXT_FORMS}},
    summary="Một tài liệu và kết quả / A document and its answer",
)
def get_document(
    _: Reader,
    database: Store,
    id: Id,
    with_text: Annotated[
        bool, Query(description="Kèm văn bản trong answer.document.text / with the text in answer.document.text")
    ] = False,
    accept: Accept = None,
) -> Response:
    """Như khi đọc lần cuối. / As it was read last. Without `with_text` the JSON has no text, neither that of a file."""
    media = accepted(accept)
    stored = documents.get(database, id)
    answer = stored.answer
    answer.document.stored = id
    if media not in (JSON, NDJSON):
        return Response(render(media, answer, stored.text), media_type=media)
    if not with_text:
        answer.document.text = None
    body = DocumentWithAnswer.model_construct(**dict(stored.summary), answer=answer).model_dump_json()
    return Response(body + ("\n" if media == NDJSON else ""), media_type=media)


@router.get(
    "/{id}/text",
    response_class=PlainTextResponse,
    responses=errors_of(DocumentUnknown, *STORE),
    summary="Văn bản của tài liệu / The text of a document",
)
def get_document_text(_: Reader, database: Store, id: Id) -> PlainTextResponse:
    """Văn bản mà vị trí của số liệu đếm trong đó. / What the offsets of its answer count in, in UTF-8."""
    return PlainTextResponse(documents.text_of(database, id))


@router.delete(
    "/{id}",
    status_code=204,
    responses=errors_of(DocumentUnknown, *STORE),
    summary="Xóa tài liệu / Delete a document",
)
def delete_document(actor: Annotated[Actor, Depends(needs("reviewer"))], database: Store, id: Id) -> Response:
    """Xóa hẳn kết quả, bảng số liệu và văn bản; cần quyền reviewer; ghi vào nhật ký.

    For good: its answer, rows and text. Needs the role reviewer; recorded in the audit trail.
    """
    documents.delete(database, id, by=By(actor.name, actor.address, actor.request))
    return Response(status_code=204)
