"""From a request's token or cookie to who asks."""

from __future__ import annotations

import binascii
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError
from secrets import compare_digest

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from chitieu.access.secrets import digest, is_secret, read_token
from chitieu.api.access.who import Actor
from chitieu.errors import CrossSite, DatabaseDown, LoginNeeded
from chitieu.store.accounts import as_typed
from chitieu.store.database import Database
from chitieu.store.sessions import LoggedIn, find_session
from chitieu.store.tokens import find_token, note_use

CSRF_HEADER = "X-CSRF-Token"
LABEL_STUDIO = "/label-studio"
"""Under which a program that can send nothing but a name and a password is answered: the password is the token."""
_COOKIE = "chitieu_session"


@dataclass(frozen=True)
class Shown:
    """What a request shows: a token, or else what the browser was given at the login.

    ``name``: of the account that the token should be of, where it came as a password. Browsers keep passwords, and send them along
    with what other sites' pages ask for; they do so with no other token.
    """

    token: str | None
    session: str | None
    name: str | None = None


def cookie_name(scheme: str) -> str:
    """The cookie's name. With the prefix browsers take it only over TLS, and from no other host of the domain."""
    return f"__Host-{_COOKIE}" if scheme == "https" else _COOKIE


def shown(headers: Headers, scheme: str, path: str) -> Shown:
    """What a request shows. A header of another scheme than `Bearer` is a proxy's matter, but for `Basic` under `LABEL_STUDIO`.

    Raises:
        LoginNeeded: several tokens.
    """
    sent = headers.getlist("authorization")
    if path.startswith(f"{LABEL_STUDIO}/") and len(sent) == 1 and sent[0][:6].lower() == "basic ":
        name, _, password = _plain(sent[0][6:]).partition(":")
        return Shown(password, None, name)
    bearers = [value[7:].strip() for value in sent if value[:7].lower() == "bearer "]
    if len(bearers) > 1:
        raise _bad_token()
    if bearers:
        return Shown(bearers[0], None)
    return Shown(None, session_cookie(headers, scheme))


def _plain(credentials: str) -> str:
    with suppress(binascii.Error, ValueError):
        return b64decode(credentials.strip(), validate=True).decode("utf-8")
    return ""  # which is no token, and counts as a wrong one


def session_cookie(headers: Headers, scheme: str) -> str | None:
    """What the browser was given at the login."""
    with suppress(CookieError):
        for sent in headers.getlist("cookie"):
            value = cookie_parser(sent).get(cookie_name(scheme))
            if value is not None and is_secret(value):
                return value
    return None


def by_token(
    database: Database, token: str, *, address: str | None, request: str | None, name: str | None = None
) -> Actor:
    """Who shows this token, as the account ``name`` if they say so.

    Raises:
        LoginNeeded: it is none, good no more, or another account's. DatabaseDown, DatabaseInvalid: that cannot be known.
    """
    parts = read_token(token)
    known = find_token(database, parts[0]) if parts is not None else None
    if parts is None or known is None or not compare_digest(digest(parts[1]), known.digest):
        raise _bad_token()
    if name is not None and not compare_digest(as_typed(name).encode("utf-8"), known.account.encode("utf-8")):
        raise _bad_token()
    with suppress(DatabaseDown):  # the note of its use is worth no request
        note_use(database, parts[0], known.used_at)
    return Actor(known.account, known.role, "token", address, request)


def by_session(
    database: Database, cookie: str, *, address: str | None, request: str | None
) -> tuple[Actor, LoggedIn] | None:
    """Who logged in with this browser; None where the login is over. Raises DatabaseDown, DatabaseInvalid."""
    login = find_session(database, digest(cookie))
    return None if login is None else (Actor(login.name, login.role, "session", address, request), login)


def check_csrf(headers: Headers, expected: str) -> None:
    """
    Raises:
        CrossSite: the request does not carry the login's token, which other sites' pages cannot read.
    """
    sent = headers.getlist(CSRF_HEADER)
    if len(sent) != 1 or not compare_digest(sent[0].encode("utf-8"), expected.encode("utf-8")):
        raise CrossSite(
            f"Thiếu hoặc sai {CSRF_HEADER}; hãy tải lại trang. / {CSRF_HEADER} is missing or wrong; reload the page.",
            header=CSRF_HEADER,
        )


def _bad_token() -> LoginNeeded:
    return LoginNeeded(
        "Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi. / This token is wrong, over or revoked.", login="/login"
    )
