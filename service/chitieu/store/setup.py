"""The first account, made with a code that is good once, while there is no account. Offers of codes stand in the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hmac import compare_digest

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chitieu.store.accounts import AccountInfo, check_name, insert_account
from chitieu.store.audit import By, add_entry
from chitieu.store.database import Database
from chitieu.store.tables import Account, Audit

OFFERED = "setup_offered"
_HOURS = 24


def offer_setup(database: Database, digest: str, *, by: By) -> None:
    """Let the first account be made with the code of this SHA-256, for a day; a code that was offered before is good no more."""
    with database.write() as session:
        add_entry(session, by, OFFERED, None, sha256=digest)


def is_offered(database: Database, digest: str) -> bool:
    """Whether the code of this SHA-256 would make the first account."""
    with database.read() as session:
        return _good(session, digest, lock=False)


def add_first_admin(database: Database, name: str, password: str, *, digest: str | None, by: By) -> AccountInfo | None:
    """Make the first account; None where there is one, or the code is not good.

    Args:
        password: an argon2 hash.
        digest: SHA-256 of the code; None where none is asked for.

    Raises:
        BadRequest: no account can be called so.
    """
    check_name(name)
    try:
        with database.write() as session:
            if digest is not None and not _good(session, digest, lock=True):
                return None
            if session.scalar(select(Account.seq).limit(1)) is not None:
                return None
            return insert_account(session, name, "admin", password, by=by)
    except IntegrityError:  # another process was faster
        return None


def _good(session: Session, digest: str, *, lock: bool) -> bool:
    """Whether the newest offer is of this code and of the last day, and there is no account. Locked, one alone redeems it."""
    newest = select(Audit).where(Audit.action == OFFERED).order_by(Audit.seq.desc()).limit(1)
    offer = session.scalar(newest.with_for_update() if lock else newest)
    if offer is None or offer.at <= datetime.now(UTC) - timedelta(hours=_HOURS):
        return False
    if session.scalar(select(Account.seq).limit(1)) is not None:
        return False
    return compare_digest(str(offer.detail["sha256"]), digest)
