"""Accounts: who may do what. Changes stand in the audit trail, in the transaction that makes them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chitieu.errors import AccountExists, AccountUnknown, BadRequest, LastAdmin
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.roles import Role, allows, as_role
from chitieu.store.tables import Account
from chitieu.store.tables import Session as Login

LOCAL = "local"  # whoever asks where no login is needed
_NAME = re.compile(r"[a-z0-9._@-]{1,100}")


@dataclass(frozen=True)
class AccountInfo:
    """An account as lists show it.

    Attributes:
        has_password: whether it can log in; with tokens alone it cannot.
        disabled_at: since when it may do nothing; None where it may.
    """

    name: str
    role: Role
    has_password: bool
    made_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True)
class Credentials:
    """What a login is checked against: the role and the argon2 hash of an account that is not disabled."""

    name: str
    role: Role
    password: str | None


def is_name(name: str) -> bool:
    """Whether an account can be called so: 1 to 100 of `a-z 0-9 . _ @ -`, so that no two names look alike."""
    return _NAME.fullmatch(name) is not None and name != LOCAL


def as_typed(name: str) -> str:
    """The name that somebody means who types it: without space around it, in small letters."""
    return name.strip().lower()


def check_name(name: str) -> None:
    """
    Raises:
        BadRequest: no account can be called so.
    """
    if not is_name(name):
        like = _like(name)
        raise BadRequest(
            "Tên tài khoản gồm 1 đến 100 ký tự a-z 0-9 . _ @ - (không dấu, không chữ hoa), khác “local”. "
            f"Ví dụ: {like}. / "
            "An account's name is 1 to 100 of a-z 0-9 . _ @ - (no capitals), and not “local”. "
            f"For example: {like}.",
            problems=[{"where": "name", "what": "not a name"}],
        )


def add_account(database: Database, name: str, role: Role, password: str | None, *, by: By) -> AccountInfo:
    """Add an account.

    Args:
        password: an argon2 hash; None where it is to have tokens alone.

    Raises:
        BadRequest: no account can be called so. AccountExists: one is.
    """
    check_name(name)
    try:
        with database.write() as session:
            return insert_account(session, name, role, password, by=by)
    except IntegrityError as error:
        raise _exists(name) from error


def insert_account(session: Session, name: str, role: Role, password: str | None, *, by: By) -> AccountInfo:
    """Add an account within a transaction that is under way. Raises AccountExists, or IntegrityError where it came in between."""
    if session.scalar(select(Account.seq).where(Account.name == name)) is not None:
        raise _exists(name)
    account = Account(name=name, role=role, password=password, made_at=datetime.now(UTC), disabled_at=None)
    session.add(account)
    session.flush()
    add_entry(session, by, "account_added", name, role=role)
    return _info(account)


def any_account(database: Database) -> bool:
    """Whether there is an account at all; once there is one there always is."""
    with database.read() as session:
        return session.scalar(select(Account.seq).limit(1)) is not None


def list_accounts(database: Database) -> list[AccountInfo]:
    """All accounts, by name."""
    with database.read() as session:
        return sorted(map(_info, session.scalars(select(Account))), key=lambda account: account.name)


def list_annotators(database: Database) -> list[str]:
    """Names of those who may be given tasks."""
    return [one.name for one in list_accounts(database) if one.disabled_at is None and allows(one.role, "annotator")]


def find_account(database: Database, name: str) -> AccountInfo:
    """One account.

    Raises:
        AccountUnknown: there is none.
    """
    with database.read() as session:
        return _info(account_named(session, name))


def credentials(database: Database, name: str) -> Credentials | None:
    """What a login under this name is checked against; None where there is no such account or it is disabled."""
    if not is_name(name):
        return None
    with database.read() as session:
        account = session.scalar(select(Account).where(Account.name == name, Account.disabled_at.is_(None)))
        return None if account is None else Credentials(account.name, as_role(account.role), account.password)


def set_disabled(database: Database, name: str, disabled: bool, *, by: By) -> AccountInfo:
    """Disable or enable an account. Disabled, its logins are over and its tokens rest; enabled again, only its tokens work again.

    Raises:
        AccountUnknown: there is none. LastAdmin: nobody would be left to administer.
    """
    with database.write() as session:
        account = _changed(session, name, keeps_admin=not disabled)
        if disabled:
            session.execute(delete(Login).where(Login.account_seq == account.seq))
        if disabled != (account.disabled_at is not None):
            account.disabled_at = datetime.now(UTC) if disabled else None
            add_entry(session, by, "account_disabled" if disabled else "account_enabled", name)
        return _info(account)


def set_role(database: Database, name: str, role: Role, *, by: By) -> AccountInfo:
    """Give an account another role; it holds from the next request on. Raises what `set_disabled` raises."""
    with database.write() as session:
        account = _changed(session, name, keeps_admin=role == "admin")
        if account.role != role:
            add_entry(session, by, "account_role", name, before=account.role, after=role)
            account.role = role
        return _info(account)


def set_password(database: Database, name: str, password: str, *, by: By) -> AccountInfo:
    """Give an account another password (an argon2 hash). All its logins are over, and its failed logins forgotten.

    Raises:
        AccountUnknown: there is none.
    """
    with database.write() as session:
        return _info(replace_password(session, name, password, by=by))


def replace_password(session: Session, name: str, password: str, *, by: By) -> Account:
    """`set_password` within a transaction that is under way."""
    account = _changed(session, name, keeps_admin=True)
    account.password = password
    session.execute(delete(Login).where(Login.account_seq == account.seq))
    add_entry(session, by, "account_password", name)
    return account


def account_named(session: Session, name: str) -> Account:
    """
    Raises:
        AccountUnknown: there is none.
    """
    account = session.scalar(select(Account).where(Account.name == name))
    if account is None:
        raise AccountUnknown(f"Không có tài khoản “{name}”. / There is no account “{name}”.", name=name)
    return account


def _changed(session: Session, name: str, *, keeps_admin: bool) -> Account:
    """The account, to be changed; locked with all that administer, so that two changes at once cannot remove the last two."""
    admins = select(Account).where(Account.role == "admin", Account.disabled_at.is_(None))
    others = {a.name for a in session.scalars(admins.order_by(Account.seq).with_for_update())}
    account = account_named(session, name)
    if not keeps_admin and others == {name}:
        raise LastAdmin(
            f"“{name}” là tài khoản quản trị duy nhất còn dùng được. / “{name}” is the only account that may administer.",
            name=name,
        )
    return account


def _like(name: str) -> str:
    """A name that an account can have, as near to this one as may be."""
    letters = unicodedata.normalize("NFD", as_typed(name).replace("đ", "d"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    near = "-".join(re.findall(r"[a-z0-9._@-]+", plain))
    return near if is_name(near) else "lan"


def _exists(name: str) -> AccountExists:
    return AccountExists(f"Đã có tài khoản “{name}”. / There is an account “{name}” already.", name=name)


def _info(account: Account) -> AccountInfo:
    return AccountInfo(
        account.name, as_role(account.role), account.password is not None, account.made_at, account.disabled_at
    )
