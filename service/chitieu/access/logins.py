"""Logging in with name and password. Whatever fails, it fails in the same words and after the same work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import TypeVar

from chitieu.access.passwords import hash_password, is_outdated, is_password, rehash
from chitieu.access.secrets import digest, is_secret, new_secret
from chitieu.errors import AccountExists, AccountUnknown, LoginFailed, PasswordWrong, RateLimited, ServiceBusy
from chitieu.settings import Settings
from chitieu.store.accounts import any_account, as_typed, credentials
from chitieu.store.attempts import FAILED, nth_failure
from chitieu.store.audit import ANONYMOUS, By, record
from chitieu.store.database import Database
from chitieu.store.roles import Role
from chitieu.store.sessions import open_session
from chitieu.store.setup import add_first_admin, is_offered

WINDOW = timedelta(minutes=15)
_ROOM = 50
Result = TypeVar("Result")


@dataclass(frozen=True)
class Opened:
    """A new login: what the browser is given, and what it shows to whom."""

    name: str
    role: Role
    cookie: str
    csrf: str
    ends_at: datetime


class OneAtATime:
    """A thread for work on passwords: however many ask at once, memory is taken for one, and attempts are counted one by one.

    Attributes:
        room: calls that may wait.
    """

    def __init__(self, room: int = _ROOM) -> None:
        self.room = room
        self._taken = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")

    async def run(self, work: Callable[[], Result]) -> Result:
        """What ``work`` gives.

        Raises:
            ServiceBusy: too many wait already.
        """
        if self._taken >= self.room:
            raise ServiceBusy(
                "Nhiều người đang đăng nhập, hãy thử lại sau. / Many are logging in, try again later.", retry_after=5
            )
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._taken -= 1

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def log_in(
    database: Database, settings: Settings, name: str, password: str, *, by: By, ended: str | None = None
) -> Opened:
    """Begin a login.

    Args:
        by: whose actor is not known yet. ended: what the browser showed so far; that login is over.

    Raises:
        LoginFailed: no such account with this password, or it is disabled.
        RateLimited: see `check_attempts`.
    """
    name = as_typed(name)
    known = check_password(database, settings, name, password, by=by)
    rehashed = rehash(password) if is_outdated(known) else None
    return _opened(database, settings, name, by=by, ended=ended, rehashed=rehashed)


def check_password(database: Database, settings: Settings, name: str, password: str, *, by: By) -> str:
    """The stored hash, if the password is the account's. Raises what `log_in` raises."""
    known = credentials(database, name)
    subject = _subject(name, known is not None)
    check_attempts(database, settings, subject=subject, address=by.address)
    stored = None if known is None else known.password
    if not is_password(stored, password) or stored is None:
        record(database, ANONYMOUS, FAILED, subject, address=by.address, request=by.request)
        raise LoginFailed("Tên hoặc mật khẩu không đúng. / Wrong name or password.")
    return stored


def change_password(database: Database, settings: Settings, name: str, old: str, new: str, *, by: By) -> Opened:
    """Give one's own account another password; all its logins are over, and a new one begins.

    Raises:
        PasswordWrong: the old one; it counts as a failed login. PasswordWeak: the new one.
        RateLimited: see `check_attempts`. LoginFailed: the account was disabled just now.
    """
    try:
        check_password(database, settings, name, old, by=by)
    except LoginFailed as error:
        raise PasswordWrong("Mật khẩu đang dùng không đúng. / The password in use is not this one.") from error
    return _opened(database, settings, name, by=by, changed=hash_password(new, name))


def set_up(database: Database, settings: Settings, code: str, name: str, password: str, *, by: By) -> Opened:
    """Make the first account, which administers, and log in to it.

    Raises:
        AccountExists: there is an account already. LoginFailed: not the code that was offered last, or its day is over.
        RateLimited: too many failures from this address. BadRequest, PasswordWeak: of name and password.
    """
    name = as_typed(name)
    check_attempts(database, settings, subject=None, address=by.address)
    made_of = digest(code) if is_secret(code) else ""
    if is_offered(database, made_of):
        hashed = hash_password(password, name)
        if add_first_admin(database, name, hashed, digest=made_of, by=replace(by, actor=name)) is not None:
            return _opened(database, settings, name, by=by)
    if any_account(database):
        raise AccountExists("Dịch vụ đã có tài khoản. / The service has accounts already.")
    record(database, ANONYMOUS, FAILED, "(setup)", address=by.address, request=by.request)
    raise LoginFailed("Mã thiết lập không đúng hoặc đã hết hạn. / This set-up code is wrong, or its time is over.")


def check_attempts(database: Database, settings: Settings, *, subject: str | None, address: str | None) -> None:
    """Let through who may try. After few failures a name waits where they came from, after many everywhere, and so does an address.

    Args:
        subject: what failures are counted under; None: those from the address alone count.
        address: None where it is not known: all of the subject count as from one.

    Raises:
        RateLimited: as many logins failed within fifteen minutes as may, of this subject from this address, of this subject, or from
            this address. It tells neither which of these, nor whether there is such an account.
    """
    now = datetime.now(UTC)
    begun = now - WINDOW
    limits: list[tuple[int, str | None, str | None]] = []
    if subject is not None:
        limits += [(settings.login_attempts, subject, address), (settings.login_attempts_name, subject, None)]
    if address is not None:
        limits.append((settings.login_attempts_address, None, address))
    lasts = [nth_failure(database, n, begun, subject=of, address=at) for n, of, at in limits]
    seconds = max((ceil((last + WINDOW - now).total_seconds()) for last in lasts if last is not None), default=None)
    if seconds is not None:
        minutes = ceil(seconds / 60)
        raise RateLimited(
            f"Đăng nhập sai quá nhiều lần, hãy thử lại sau {minutes} phút. / "
            f"Too many failed logins, try again in {minutes} minutes.",
            retry_after=max(1, seconds),
        )


def _subject(name: str, is_known: bool) -> str:
    """What failures are counted under. A name that nobody has may be a password in the wrong field: of it only a hash is kept."""
    return name if is_known else "?" + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _opened(
    database: Database,
    settings: Settings,
    name: str,
    *,
    by: By,
    ended: str | None = None,
    rehashed: str | None = None,
    changed: str | None = None,
) -> Opened:
    known = credentials(database, name)
    if known is None:
        raise LoginFailed("Tên hoặc mật khẩu không đúng. / Wrong name or password.")
    cookie, csrf = new_secret(), new_secret()
    ends_at = datetime.now(UTC) + timedelta(hours=settings.session_hours)
    try:
        open_session(
            database,
            name,
            digest=digest(cookie),
            csrf=csrf,
            ends_at=ends_at,
            by=replace(by, actor=name),
            ended=digest(ended) if ended is not None and is_secret(ended) else None,
            rehashed=rehashed,
            changed=changed,
        )
    except AccountUnknown as error:
        raise LoginFailed("Tên hoặc mật khẩu không đúng. / Wrong name or password.") from error
    return Opened(known.name, known.role, cookie, csrf, ends_at)
