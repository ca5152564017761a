"""Before a service that is not for this machine alone begins to listen: somebody must be able to administer it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import structlog

from chitieu.access.passwords import hash_password
from chitieu.access.secrets import digest, new_secret
from chitieu.errors import AccountsMissing, ConfigInvalid
from chitieu.settings import Settings
from chitieu.store.accounts import any_account
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.setup import add_first_admin, offer_setup

log = structlog.get_logger(__name__)
FIRST_ADMIN = "admin"
_BY = By("(start)")
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))


def prepare_access(settings: Settings, database: Database, *, attended: bool | None = None) -> None:
    """See to it that there is an account, or a way to the first one. Does nothing where no login is needed.

    Without accounts the first one, `admin`, is made with the password in ``settings.admin_password_file``. Without that file a set-up
    code is logged, good for a day, with which the page `/login` makes the first account; every start offers a new one. Where a
    person sits at a terminal, who can make an account just as well, the service does not start.

    Args:
        attended: whether a person starts the service; None: whether standard input is a terminal, not in a container.

    Raises:
        AccountsMissing: there is no account, and a person at the terminal to make one.
        ConfigInvalid: the file cannot be read. PasswordWeak: what it holds.
    """
    if settings.login == "open" or any_account(database):
        return
    if settings.admin_password_file is not None:
        password = _password_in(settings.admin_password_file)
        made = add_first_admin(database, FIRST_ADMIN, hash_password(password, FIRST_ADMIN), digest=None, by=_BY)
        if made is not None:
            log.info("first_account", account=made.name)
        return
    if _is_attended() if attended is None else attended:
        where = _in_this_data(settings)
        raise AccountsMissing(
            f"Dịch vụ sẽ mở cho máy khác mà chưa có tài khoản nào; hãy chạy: {where}chitieu users add TÊN --role admin "
            "(hoặc đặt CHITIEU_ADMIN_PASSWORD_FILE). / The service would be open to other machines and has no accounts; "
            f"run: {where}chitieu users add NAME --role admin (or set CHITIEU_ADMIN_PASSWORD_FILE).",
            command=f"{where}chitieu users add NAME --role admin",
        )
    code = new_secret()
    offer_setup(database, digest(code), by=_BY)
    log.error(  # not to be missed at any level: nobody can use the service
        "no_account",
        message="Chưa có tài khoản: mở trang /login và nhập mã này trong 24 giờ. / "
        "There is no account yet: open the page /login and enter this code within 24 hours.",
        code=code,
        page="/login",
    )


def _in_this_data(settings: Settings) -> str:
    """What a command must be preceded by to work in the same data folder."""
    if settings.data is None or settings.database_url is not None:
        return ""
    return f"CHITIEU_DATA={shlex.quote(str(settings.data.absolute()))} "


def _password_in(path: Path) -> str:
    """The file's content without the newline at its end."""
    try:
        return path.read_bytes().decode("utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigInvalid(
            f"CHITIEU_ADMIN_PASSWORD_FILE: không đọc được {path}. / {path} cannot be read: {cause}.",
            variable="CHITIEU_ADMIN_PASSWORD_FILE",
            file=str(path),
            cause=cause,
        ) from error


def _is_attended() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and not any(mark.exists() for mark in _CONTAINERS)
