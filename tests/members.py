"""Accounts, tokens and logins for tests of what only some may do."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import update

from chitieu.access.passwords import rehash
from chitieu.access.secrets import digest, new_secret, new_token_id, written_token
from chitieu.store.accounts import add_account
from chitieu.store.audit import By
from chitieu.store.tables import Audit, Session, Token
from chitieu.store.tokens import make_token

PASSWORD = "mười hai con trâu trắng"
BY = By("(test)", "192.0.2.1", "r1")


@cache
def hashed() -> str:
    """Hashing takes its time: once is enough."""
    return rehash(PASSWORD)


def member(database, name, role="reader", password=True):
    return add_account(database, name, role, hashed() if password else None, by=BY)


def token(database, name, role=None, days=1):
    """A token of the account, as its owner has it."""
    token_id, secret = new_token_id(), new_secret()
    ends_at = datetime.now(UTC) + timedelta(days=days)
    make_token(database, name, id=token_id, digest=digest(secret), role=role, note="", ends_at=ends_at, by=BY)
    return written_token(token_id, secret)


def bearer(written):
    return {"Authorization": f"Bearer {written}"}


def id_of(written):
    return written.split("_")[1]


def end_all(database, table, column="ends_at"):
    """Let a moment of every row be past."""
    past = datetime.now(UTC) - timedelta(hours=1)
    with database.write() as session:
        session.execute(update(table).values({column: past}))


def age_trail(database, minutes):
    """Let everything in the audit trail be older than it is."""
    with database.write() as session:
        for row in session.query(Audit):
            row.at = row.at - timedelta(minutes=minutes)


@contextmanager
def service(database_url, *, scheme="http", address="192.0.2.20", **settings):
    """A client of a service that needs a login, and its database."""
    from fastapi.testclient import TestClient

    from chitieu.api.app import create_app
    from chitieu.settings import Settings
    from fakes import fake_pipeline

    url = database_url.render_as_string(hide_password=False)
    told = {"login": "required", "database_url": url, "allowed_hosts": "", "rate_per_minute": 0} | settings
    app = create_app(fake_pipeline(), settings=Settings(**told))
    with TestClient(
        app,
        base_url=f"{scheme}://testserver",
        client=(address, 50000),
        follow_redirects=False,
        raise_server_exceptions=False,
    ) as client:
        yield client, app.state.database


def log_in(client, name, password=PASSWORD):
    """Log in as a browser does; the client keeps the cookie, and from now on sends the login's token."""
    answer = client.post("/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer.json()


def code_of(answer):
    """The status, and the code of the error."""
    return answer.status_code, answer.json()["error"]["code"]


__all__ = [
    "BY", "PASSWORD", "Session", "Token", "age_trail", "bearer", "code_of", "end_all", "hashed", "id_of", "log_in", "member",
    "service", "token",
]  # fmt: skip
