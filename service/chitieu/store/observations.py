"""Observations of all stored documents: searched by indicator, place, period and status, in pages or all in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy import Row as Found
from sqlalchemy.orm import Session

from chitieu.contract import Status
from chitieu.errors import BadRequest
from chitieu.output.columns import Cell, Row, columns
from chitieu.store.database import Database
from chitieu.store.paging import Page, from_cursor, to_cursor
from chitieu.store.search import at_place, has_words, within
from chitieu.store.tables import StoredDocument, StoredObservation

_CURSOR = "observations"
_MOST = 2**31 - 1
_PAGE = 500  # rows that an export holds at once, and the rest of the last one's document


class StoredRow(BaseModel):
    """An observation and the document that it is of.

    Attributes:
        cells: by column of the table, all of them in its order: text, whole numbers, decimals as strings, days as ISO 8601 dates.
        place_code, place_name: the place that the row is broken down by, else the document's.
    """

    model_config = ConfigDict(frozen=True)

    document_id: str
    indicator_id: str | None
    indicator: str
    place_code: str | None
    place_name: str | None
    period_start: date | None
    period_end: date | None
    status: Status
    cells: dict[str, str | int | None]


def find(
    database: Database,
    *,
    indicator: str | None = None,
    place: str | None = None,
    period: str | None = None,
    status: str | None = None,
    document: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[StoredRow]:
    """The rows that match: those of the document stored last first, of each in text order.

    Args:
        indicator: an id of the catalogue; where no row has it, words of the indicator's path or its name in the catalogue.
        place: code or name of the row's place (`chitieu.asked.asked_place`).
        period: within which the row's time lies (`chitieu.asked.days_of`).
        status: `actual`, `estimate` or `target`.
        document: the id of a document.
        limit: rows of a page, 1 or more.
        cursor: `next` of the page before.

    Raises:
        BadRequest: a faulty indicator, place, period, status or cursor.
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    behind: tuple[int, int] | None = None
    if cursor is not None:
        document_seq, number = from_cursor(cursor, _CURSOR, 2)
        behind = document_seq, number
    wanted = _wanted(place=place, period=period, status=status, document=document)
    with database.read() as session:
        found = _found(session, wanted, indicator, behind=behind, limit=limit + 1, few=True)
    more = to_cursor(_CURSOR, found[limit - 1].document_seq, found[limit - 1].number) if len(found) > limit else None
    return Page([_row(row) for row in found[:limit]], more)


def stream(
    database: Database,
    *,
    indicator: str | None = None,
    place: str | None = None,
    period: str | None = None,
    status: str | None = None,
    document: str | None = None,
) -> Iterator[StoredRow]:
    """All rows that match, in the order of `find`, some hundred at a time; takes and raises what `find` does.

    No transaction is held while the caller works: each document is of one reading, but those stored or deleted meanwhile may be missing.
    """
    wanted = _wanted(place=place, period=period, status=status, document=document)
    if indicator is not None:
        has_words(StoredObservation.words, indicator, "indicator")  # faults are told before the first row is asked for
    return _streamed(database, wanted, indicator)


def typed(cells: dict[str, str | int | None]) -> Row:
    """The cells of a row as `chitieu.output.values.table` gives them: decimals and dates as such."""
    return {column.name: _typed(cells.get(column.name), column.type) for column in columns("observations")}


def _typed(cell: str | int | None, type: str) -> Cell:
    if cell is None:
        return None
    if type == "decimal":
        return Decimal(str(cell))
    return date.fromisoformat(str(cell)) if type == "date" else cell


def _streamed(database: Database, wanted: list[ColumnElement[bool]], indicator: str | None) -> Iterator[StoredRow]:
    behind: tuple[int, int] | None = None
    while True:
        with database.read() as session:
            found = _found(session, wanted, indicator, behind=behind, limit=_PAGE)
            if len(found) == _PAGE:
                # The rest of the last document comes from the same state of the data, so that no two readings of it mix.
                last = found[-1].document_seq
                rest = StoredObservation.document_seq == last
                found += _found(session, [*wanted, rest], indicator, behind=(last, found[-1].number))
        yield from map(_row, found)
        if len(found) < _PAGE:
            return
        behind = found[-1].document_seq, _MOST


def _wanted(
    *, place: str | None, period: str | None, status: str | None, document: str | None
) -> list[ColumnElement[bool]]:
    table = StoredObservation
    wanted: list[ColumnElement[bool]] = []
    if place is not None:
        wanted.append(at_place(place, table.place_code, table.place_key, table.place_plain))
    if period is not None:
        wanted.append(within(period, table.period_start, table.period_end))
    if status is not None:
        if status not in get_args(Status):
            raise BadRequest(
                f"`status` phải là {', '.join(get_args(Status))}. / `status` must be {', '.join(get_args(Status))}.",
                status=status[:200],
            )
        wanted.append(table.status == status)
    if document is not None:
        wanted.append(
            table.document_seq == select(StoredDocument.seq).where(StoredDocument.id == document).scalar_subquery()
        )
    return wanted


def _found(
    session: Session,
    wanted: Sequence[ColumnElement[bool]],
    indicator: str | None,
    *,
    behind: tuple[int, int] | None = None,
    limit: int | None = None,
    few: bool = False,
) -> list[Found[*tuple[Any, ...]]]:
    """The rows that match, in order, ``limit`` at most, behind the row of this document and number.

    ``few``: words are looked for in their index alone; else from row to row in order, which costs nothing more where all are wanted.
    """
    table = StoredObservation
    document_seq: ColumnElement[int] = table.document_seq.expression
    if indicator is not None:
        by_id = bool(session.scalar(select(exists().where(table.indicator_id == indicator))))
        wanted = [*wanted, table.indicator_id == indicator if by_id else has_words(table.words, indicator, "indicator")]
        if few and not by_id:
            document_seq = document_seq + 0  # hides from the engine the index that would give the order
    if behind is not None:
        last, number = behind
        wanted = [*wanted, document_seq <= last, or_(document_seq < last, table.number > number)]
    # Put in order are the keys alone, without the cells that each row carries.
    keys = select(table.seq).where(*wanted).order_by(document_seq.desc(), table.number).limit(limit)
    query: Select[*tuple[Any, ...]] = (
        select(
            table.document_seq,
            table.number,
            StoredDocument.id.label("document_id"),
            table.indicator_id,
            table.indicator,
            table.place_code,
            table.place_name,
            table.period_start,
            table.period_end,
            table.status,
            table.cells,
        )
        .join(StoredDocument, StoredDocument.seq == table.document_seq)
        .where(table.seq.in_(keys))
        .order_by(table.document_seq.desc(), table.number)
    )
    return list(session.execute(query))


def _row(found: Found[*tuple[Any, ...]]) -> StoredRow:
    known = found.cells
    return StoredRow(
        document_id=found.document_id,
        indicator_id=found.indicator_id,
        indicator=found.indicator,
        place_code=found.place_code,
        place_name=found.place_name,
        period_start=found.period_start,
        period_end=found.period_end,
        status=found.status,
        cells={column.name: known.get(column.name) for column in columns("observations")},
    )
