"""Logins of browsers. What the browser holds is kept as its SHA-256 alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select

from chitieu.store.accounts import account_named, replace_password
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.roles import Role, as_role
from chitieu.store.tables import Account
from chitieu.store.tables import Session as Login


@dataclass(frozen=True)
class LoggedIn:
    """A login that is good at this moment: its account's name and role, its CSRF token, its end."""

    name: str
    role: Role
    csrf: str
    ends_at: datetime


def open_session(
    database: Database,
    name: str,
    *,
    digest: str,
    csrf: str,
    ends_at: datetime,
    by: By,
    ended: str | None = None,
    rehashed: str | None = None,
    changed: str | None = None,
) -> None:
    """Begin a login; those whose time is over are removed.

    Args:
        digest: SHA-256 of what the browser will show.
        ended: the same of the login that this one takes the place of.
        rehashed: the password's hash with today's parameters, where the stored one has others.
        changed: the hash of a new password, with which all other logins are over (`set_password`).

    Raises:
        AccountUnknown: there is no such account.
    """
    now = datetime.now(UTC)
    with database.write() as session:
        if changed is not None:
            replace_password(session, name, changed, by=by)
        account = account_named(session, name)
        session.execute(delete(Login).where(Login.ends_at <= now))
        if ended is not None:
            session.execute(delete(Login).where(Login.id == ended))
        if rehashed is not None:
            account.password = rehashed
        session.add(Login(id=digest, account_seq=account.seq, csrf=csrf, made_at=now, ends_at=ends_at))
        add_entry(session, by, "login", name)


def find_session(database: Database, digest: str) -> LoggedIn | None:
    """The login of this SHA-256; None where there is none, it is over, or its account is disabled."""
    asked = (
        select(Account.name, Account.role, Login.csrf, Login.ends_at)
        .join(Account, Account.seq == Login.account_seq)
        .where(Login.id == digest, Login.ends_at > datetime.now(UTC), Account.disabled_at.is_(None))
    )
    with database.read() as session:
        row = session.execute(asked).one_or_none()
    return None if row is None else LoggedIn(row.name, as_role(row.role), row.csrf, row.ends_at)


def end_session(database: Database, digest: str, *, by: By) -> None:
    """Log out; nothing happens where the login is over already."""
    with database.write() as session:
        login = session.get(Login, digest)
        if login is not None:
            session.delete(login)
            add_entry(session, by, "logout", by.actor)


def purge_sessions(database: Database) -> None:
    """Remove the logins whose time is over."""
    with database.write() as session:
        session.execute(delete(Login).where(Login.ends_at <= datetime.now(UTC)))
