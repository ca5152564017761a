"""The audit trail: who did what, and when. Rows are added and read, never changed; no password, token or text is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chitieu.store.database import Database
from chitieu.store.paging import Page, from_cursor, to_cursor
from chitieu.store.tables import Audit

ANONYMOUS = "(anonymous)"  # no account can be named so
_LIST = "audit"


@dataclass(frozen=True)
class By:
    """Who does what is recorded: an account's name, the client's address, the request's id."""

    actor: str = ANONYMOUS
    address: str | None = None
    request: str | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the trail; fields as in the table `audit`."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str | None
    address: str | None
    request: str | None
    detail: dict[str, Any]


def add_entry(session: Session, by: By, action: str, subject: str | None = None, **detail: Any) -> None:
    """Add a line within a transaction that is under way: it stands if what it tells of does. For the rest see `record`."""
    session.add(
        Audit(
            at=datetime.now(UTC),
            actor=by.actor,
            action=action,
            subject=subject,
            address=by.address,
            request=by.request,
            detail=detail,
        )
    )


def record(
    database: Database,
    actor_name: str,
    action: str,
    subject: str | None = None,
    *,
    address: str | None = None,
    request: str | None = None,
    **detail: Any,
) -> None:
    """Add a line.

    Args:
        actor_name: `Actor.name`.
        action: what was done, in one or two words of snake_case, the thing first: ``document_stored``; at most 40 characters.
        subject: what it was done to: a document's id, an account's name.
        address: of the client. request: the request's id.
        detail: plain JSON values; never a password, a token or a text.

    Raises:
        DatabaseDown, DatabaseInvalid: see `Database.write`.
    """
    with database.write() as session:
        add_entry(session, By(actor_name, address, request), action, subject, **detail)


def listed(
    database: Database,
    *,
    action: str | None = None,
    actor: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[Entry]:
    """Lines, newest first.

    Args:
        action, actor: only those of this action, by this actor.
        limit: lines at most.
        cursor: `next` of the page before.

    Raises:
        BadRequest: a cursor that is none. DatabaseDown, DatabaseInvalid: see `Database.read`.
    """
    asked = select(Audit).order_by(Audit.seq.desc()).limit(limit + 1)
    if action is not None:
        asked = asked.where(Audit.action == action)
    if actor is not None:
        asked = asked.where(Audit.actor == actor)
    if cursor is not None:
        asked = asked.where(Audit.seq < from_cursor(cursor, _LIST, 1)[0])
    with database.read() as session:
        rows = list(session.scalars(asked))
    shown = [
        Entry(row.seq, row.at, row.actor, row.action, row.subject, row.address, row.request, row.detail)
        for row in rows[:limit]
    ]
    return Page(shown, to_cursor(_LIST, shown[-1].number) if len(rows) > limit else None)
