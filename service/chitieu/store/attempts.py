"""Failed logins, counted from the audit trail, which all processes share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import IPv6Network
from itertools import islice

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chitieu.store.addresses import network
from chitieu.store.database import Database
from chitieu.store.tables import Audit

FAILED = "login_failed"


def nth_failure(
    database: Database, n: int, since: datetime, *, subject: str | None = None, address: str | None = None
) -> datetime | None:
    """When the n-th last failed login since a moment was, of one subject, from one client's network, or both; None where there were fewer.

    Those before the subject's last change of password do not count.
    """
    asked = select(Audit.at).where(Audit.action == FAILED).order_by(Audit.at.desc())
    with database.read() as session:
        if subject is not None:
            changed = select(func.max(Audit.at)).where(Audit.action == "account_password", Audit.subject == subject)
            since = max(since, session.scalar(changed) or since)
            asked = asked.where(Audit.subject == subject)
        asked = asked.where(Audit.at > since)
        if address is not None:
            found = _from_network(session, asked, address)
        else:
            found = iter(session.scalars(asked))
        return next(islice(found, n - 1, None), None)


def _from_network(session: Session, asked: Select[datetime], address: str) -> Iterator[datetime]:
    where = network(address)
    if not isinstance(where, IPv6Network):
        for at in session.scalars(asked.where(Audit.address == address)):
            yield at
        return
    for at, other in session.execute(asked.add_columns(Audit.address).where(Audit.address.contains(":"))):
        if network(other) == where:
            yield at
