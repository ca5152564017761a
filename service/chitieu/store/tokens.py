"""API tokens. A token is a public id and a secret; of the secret only the SHA-256 is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update

from chitieu.errors import BadRequest, TokenUnknown
from chitieu.store.accounts import account_named
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.roles import Role, allows, as_role, lesser
from chitieu.store.tables import Account, Token

_USE_SECONDS = 60  # between two notes of a token's use


@dataclass(frozen=True)
class TokenInfo:
    """A token as lists show it; `role` is what it may do at most, less where its account may do less."""

    id: str
    account: str
    role: Role
    note: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Bearer:
    """What a token's secret is checked against, and what it may do at this moment."""

    account: str
    role: Role
    digest: str
    used_at: datetime | None


def make_token(
    database: Database,
    account: str,
    *,
    id: str,
    digest: str,
    role: Role | None,
    note: str,
    ends_at: datetime,
    by: By,
) -> TokenInfo:
    """Keep a new token.

    Args:
        digest: SHA-256 of its secret.
        role: what it may do at most; None: what its account may.

    Raises:
        AccountUnknown: there is no such account. BadRequest: the account may do less than ``role``.
    """
    with database.write() as session:
        owner = account_named(session, account)
        least = as_role(owner.role)
        if role is not None and not allows(least, role):
            raise BadRequest(
                f"“{account}” chỉ có vai trò {least}, không cấp được mã với vai trò {role}. / "
                f"“{account}” has the role {least} and cannot have a token with the role {role}.",
                problems=[{"where": "role", "what": f"above {least}"}],
            )
        token = Token(
            id=id,
            account_seq=owner.seq,
            secret=digest,
            role=role or least,
            note=note,
            made_at=datetime.now(UTC),
            ends_at=ends_at,
            used_at=None,
            revoked_at=None,
        )
        session.add(token)
        add_entry(session, by, "token_made", id, account=account, role=token.role, ends_at=ends_at.isoformat())
        return _info(token, account)


def list_tokens(database: Database, account: str | None = None) -> list[TokenInfo]:
    """All tokens, or those of an account, oldest first.

    Raises:
        AccountUnknown: there is no such account.
    """
    asked = select(Token, Account.name).join(Account, Account.seq == Token.account_seq)
    with database.read() as session:
        if account is not None:
            asked = asked.where(Account.seq == account_named(session, account).seq)
        return [_info(token, name) for token, name in session.execute(asked.order_by(Token.made_at, Token.id))]


def find_token(database: Database, id: str) -> Bearer | None:
    """The token of this id; None where there is none, it is over or revoked, or its account is disabled."""
    asked = (
        select(Token, Account.name, Account.role)
        .join(Account, Account.seq == Token.account_seq)
        .where(
            Token.id == id,
            Token.ends_at > datetime.now(UTC),
            Token.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )
    with database.read() as session:
        row = session.execute(asked).one_or_none()
        if row is None:
            return None
        token, name, role = row
        return Bearer(name, lesser(as_role(token.role), as_role(role)), token.secret, token.used_at)


def note_use(database: Database, id: str, used_at: datetime | None) -> None:
    """Note that a token was used, at most once a minute; ``used_at`` is when it was last known to be.

    Raises:
        DatabaseDown: another writes at this moment; it is not waited for.
    """
    now = datetime.now(UTC)
    before = now - timedelta(seconds=_USE_SECONDS)
    if used_at is not None and used_at > before:
        return
    with database.write(at_once=True) as session:
        unused = or_(Token.used_at.is_(None), Token.used_at <= before)
        session.execute(update(Token).where(Token.id == id, unused).values(used_at=now))


def revoke_token(database: Database, id: str, *, by: By) -> TokenInfo:
    """Make a token good for nothing, from the next request on.

    Raises:
        TokenUnknown: no token has this id.
    """
    with database.write() as session:
        token = session.get(Token, id, with_for_update=True)
        if token is None:
            raise TokenUnknown(f"Không có mã truy cập “{id}”. / There is no token “{id}”.", id=id)
        owner = session.get_one(Account, token.account_seq)
        if token.revoked_at is None:
            token.revoked_at = datetime.now(UTC)
            add_entry(session, by, "token_revoked", id, account=owner.name)
        return _info(token, owner.name)


def _info(token: Token, account: str) -> TokenInfo:
    return TokenInfo(
        token.id,
        account,
        as_role(token.role),
        token.note,
        token.made_at,
        token.ends_at,
        token.used_at,
        token.revoked_at,
    )
