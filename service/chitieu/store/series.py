"""Rows for series, from the service's database."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from chitieu.errors import SeriesTooLarge
from chitieu.series.query import Query
from chitieu.series.rows import Row, row_of
from chitieu.store.database import Database
from chitieu.store.observations import typed
from chitieu.store.search import is_place
from chitieu.store.tables import StoredDocument, StoredObservation

MOST_ROWS = 20_000


def rows_of(database: Database, indicator: str, query: Query, *, most: int = MOST_ROWS) -> list[Row]:
    """The rows that are linked to an indicator, among them all that a query asks for.

    Args:
        indicator: id of the catalogue.
        query: what of it narrows the search is used; the rest is left to `chitieu.series.build`.
        most: rows that are read.

    Raises:
        SeriesTooLarge: there are more.
        DatabaseDown, DatabaseInvalid: the database cannot be read.
    """
    table, document = StoredObservation, StoredDocument
    wanted: list[ColumnElement[bool]] = [table.indicator_id == indicator]
    if query.first is not None:
        wanted.append(or_(table.period_end.is_(None), table.period_end >= query.first))
    if query.last is not None:
        wanted.append(or_(table.period_end.is_(None), table.period_end <= query.last))
    if query.place is not None:
        wanted.append(
            or_(
                is_place(query.place, table.place_code, table.place_key, table.place_plain),
                is_place(query.place, document.place_code, document.place_key, document.place_plain),
            )
        )
    statement = (
        select(document.id, document.name, table.cells)
        .join(document, document.seq == table.document_seq)
        .where(*wanted)
        .limit(most + 1)
    )
    with database.read() as session:
        found = session.execute(statement).all()
    if len(found) > most:
        raise SeriesTooLarge(
            f"Quá nhiều số liệu (trên {most}), hãy chọn địa phương hoặc thời kỳ. / "
            f"Too many statements (over {most}): choose a place or a time.",
            limit=most,
        )
    return [row_of(typed(one.cells), document_id=one.id, name=one.name) for one in found]
