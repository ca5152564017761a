"""Documents to store: read by the rules, or put together row by row."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from chitieu.contract import (
    CatalogueLink,
    Document,
    Extraction,
    Figure,
    ModelInfo,
    Observation,
    ObservedIndicator,
    Part,
    Period,
    Place,
)
from chitieu.store import documents
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.documents import DocumentSummary, document_id

REPORT = (
    "UBND TỈNH TRÀ VINH\nBÁO CÁO NĂM 2021\n\n"
    "- Thu ngân sách đạt 7.215 tỷ đồng, đạt 81,4% dự toán, tăng 6,2% so với cùng kỳ.\n"
    "- Đàn bò có 8.320 con, giảm 3,1%, tăng 250 con so với cùng kỳ.\n"
)
MODEL = ModelInfo(name="hand", version="1.0", catalogue="0")


@cache
def _pipeline() -> Any:
    from fakes import fake_pipeline  # processes that only put answers together are quick without

    return fake_pipeline()


def read(text: str = REPORT, *, name: str = "Báo cáo.txt", **hints: Any) -> Extraction:
    """The answer that the rules give."""
    return _pipeline().extract(text, id=name, **hints)


def id_of(answer: Extraction, *, name: str | None = None) -> str:
    """The id of a text sent with its name and no hints."""
    return document_id(
        answer.document.sha256,
        name=name or answer.document.id,
        file_sha256=answer.document.file_sha256,
        period=None,
        place=None,
    )


def save(database: Database, answer: Extraction, text: str, *, id: str, by: str = "lan") -> DocumentSummary:
    return documents.save(database, answer, text, id=id, by=By(by))


def delete(database: Database, id: str) -> bool:
    return documents.delete(database, id, by=By("lan"))


def keep(database: Database, text: str = REPORT, *, name: str = "Báo cáo.txt", by: str = "lan") -> DocumentSummary:
    """Read and store a text."""
    answer = read(text, name=name)
    return save(database, answer, text, id=id_of(answer), by=by)


def days(start: str | None, end: str | None) -> Period:
    return Period(text="kỳ", start=start, end=end)


def put_together(
    *rows: dict[str, Any],
    name: str = "a.txt",
    place: Place | None = None,
    period: Period | None = None,
    text: str = "Văn bản.",
) -> Extraction:
    """An answer with a row for each mapping of `path`, `id` and `title` of the catalogue, `breakdown`, `period`, `status`, `value`."""
    figures = [
        Figure(
            id=f"f{at}",
            start=0,
            end=1,
            text="1",
            kind="level",
            number=row.get("value", "1"),
            value=row.get("value", "1"),
            period=row.get("period"),
            status=row.get("status", "actual"),
        )
        for at, row in enumerate(rows)
    ]
    observations = [
        Observation(
            id=f"o{at}",
            indicator=ObservedIndicator(
                text="",
                path=row.get("path", ["Chỉ tiêu"]),
                spans=[],
                catalogue=CatalogueLink(id=row["id"], name=row.get("title", ""), score=0.9) if "id" in row else None,
                breakdown=[Part(**part) for part in row.get("breakdown", [])],
            ),
            period=row.get("period"),
            status=row.get("status", "actual"),
            level=f"f{at}",
        )
        for at, row in enumerate(rows)
    ]
    return Extraction(
        document=Document(
            id=name,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            length=len(text),
            place=place,
            period=period,
        ),
        model=MODEL,
        spans=[],
        figures=figures,
        observations=observations,
        checks=[],
        warnings=[],
    )


def keep_rows(database: Database, *rows: dict[str, Any], text: str = "Văn bản.", **of: Any) -> DocumentSummary:
    """Store an answer that was put together."""
    answer = put_together(*rows, text=text, **of)
    return save(database, answer, text, id=id_of(answer), by="lan")
