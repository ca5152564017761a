"""Accounts, tokens and logins in the database."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from chitieu.access.secrets import digest, new_secret
from chitieu.errors import AccountExists, AccountUnknown, BadRequest, DatabaseDown, LastAdmin, TokenUnknown
from chitieu.store.accounts import (
    add_account,
    any_account,
    credentials,
    find_account,
    list_accounts,
    set_disabled,
    set_password,
    set_role,
)
from chitieu.store.audit import By, listed
from chitieu.store.sessions import end_session, find_session, open_session, purge_sessions
from chitieu.store.tables import Session, Token
from chitieu.store.tokens import find_token, list_tokens, make_token, note_use, revoke_token
from members import BY, end_all, id_of, member, token


def logged_in(database, name, hours=1):
    cookie = new_secret()
    ends_at = datetime.now(UTC) + timedelta(hours=hours)
    open_session(database, name, digest=digest(cookie), csrf=new_secret(), ends_at=ends_at, by=By(name))
    return digest(cookie)


def trail(database):
    return [(entry.action, entry.subject) for entry in reversed(listed(database).items)]


def test_accounts_are_listed_by_name_without_their_passwords(database):
    assert not any_account(database)
    member(database, "minh", "admin")
    member(database, "lan", "annotator", password=False)
    assert any_account(database)
    assert [(a.name, a.role, a.has_password) for a in list_accounts(database)] == [
        ("lan", "annotator", False),
        ("minh", "admin", True),
    ]
    assert find_account(database, "lan").role == "annotator"
    with pytest.raises(AccountUnknown):
        find_account(database, "hoa")
    assert "argon2" not in repr(list_accounts(database)) and "argon2" not in repr(listed(database))


def test_a_name_is_had_once(database):
    member(database, "lan")
    with pytest.raises(AccountExists):
        member(database, "lan", "admin")
    assert [a.role for a in list_accounts(database)] == ["reader"]


@pytest.mark.parametrize(
    "name",
    ["", "Lan", "LAN", "lаn", "ｌａｎ", "lan ", " lan", "lan\n", "la\0n", "làn", "lan/../x", "l" * 101, "ﬁn", "lan²", "local", "(start)"],
)  # fmt: skip
def test_names_that_look_like_others_are_refused(database, name):
    with pytest.raises(BadRequest):
        add_account(database, name, "reader", None, by=BY)
    assert not any_account(database)


def test_the_last_admin_can_neither_be_disabled_nor_demoted(database):
    member(database, "minh", "admin")
    member(database, "lan", "reviewer")
    for change in (
        lambda: set_disabled(database, "minh", True, by=BY),
        lambda: set_role(database, "minh", "reviewer", by=BY),
    ):
        with pytest.raises(LastAdmin):
            change()
    set_role(database, "lan", "admin", by=BY)
    set_disabled(database, "minh", True, by=BY)
    with pytest.raises(LastAdmin):  # the other one is disabled
        set_role(database, "lan", "reader", by=BY)
    assert {a.name: (a.role, a.disabled_at is None) for a in list_accounts(database)} == {
        "lan": ("admin", True),
        "minh": ("admin", False),
    }


def test_two_admins_who_demote_each_other_at_once_leave_one(database):
    for name in ("minh", "lan"):
        member(database, name, "admin")
    start, failed = threading.Barrier(2), []

    def demote(name):
        start.wait()
        try:
            set_role(database, name, "reader", by=BY)
        except LastAdmin:
            failed.append(name)

    threads = [threading.Thread(target=demote, args=(name,)) for name in ("minh", "lan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(failed) == 1
    assert [a.name for a in list_accounts(database) if a.role == "admin"] == failed


def test_a_disabled_account_has_neither_logins_nor_tokens_nor_a_password_to_check(database):
    member(database, "minh", "admin")
    member(database, "lan")
    session, written = logged_in(database, "lan"), token(database, "lan")
    assert find_session(database, session).name == "lan" and find_token(database, id_of(written)).account == "lan"
    set_disabled(database, "lan", True, by=BY)
    assert find_session(database, session) is None
    assert find_token(database, id_of(written)) is None
    assert credentials(database, "lan") is None
    set_disabled(database, "lan", False, by=BY)
    assert find_session(database, session) is None  # logins are over for good
    assert find_token(database, id_of(written)) is not None


def test_another_password_ends_the_logins_of_this_account_alone(database):
    member(database, "lan")
    member(database, "minh")
    of_lan, of_minh = [logged_in(database, "lan") for _ in range(2)], logged_in(database, "minh")
    set_password(database, "lan", "$argon2id$new", by=BY)
    assert [find_session(database, s) for s in of_lan] == [None, None]
    assert find_session(database, of_minh) is not None
    assert credentials(database, "lan").password == "$argon2id$new"


def test_a_role_counts_at_once(database):
    member(database, "lan", "reviewer")
    session, written = logged_in(database, "lan"), token(database, "lan", "annotator")
    assert find_token(database, id_of(written)).role == "annotator"
    set_role(database, "lan", "reader", by=BY)
    assert find_session(database, session).role == "reader"
    assert find_token(database, id_of(written)).role == "reader"
    set_role(database, "lan", "admin", by=BY)
    assert find_token(database, id_of(written)).role == "annotator"  # what it was made for, and no more


def test_a_token_cannot_be_made_for_more_than_its_account_may(database):
    member(database, "lan", "annotator")
    with pytest.raises(BadRequest):
        token(database, "lan", "reviewer")
    with pytest.raises(AccountUnknown):
        token(database, "hoa")
    assert list_tokens(database) == []


def test_tokens_end_and_are_revoked(database):
    member(database, "lan")
    first, second = token(database, "lan"), token(database, "lan")
    revoke_token(database, id_of(first), by=BY)
    assert find_token(database, id_of(first)) is None and find_token(database, id_of(second)) is not None
    revoked = list_tokens(database, "lan")[0].revoked_at
    revoke_token(database, id_of(first), by=BY)  # once more changes nothing
    assert list_tokens(database, "lan")[0].revoked_at == revoked
    end_all(database, Token)
    assert find_token(database, id_of(second)) is None
    with pytest.raises(TokenUnknown):
        revoke_token(database, "nothing", by=BY)
    with pytest.raises(AccountUnknown):
        list_tokens(database, "hoa")


def test_no_secret_is_in_the_database(database, tmp_path):
    member(database, "lan")
    secret, cookie = new_secret(), new_secret()
    ends_at = datetime.now(UTC) + timedelta(days=1)
    make_token(database, "lan", id="a" * 12, digest=digest(secret), role=None, note="", ends_at=ends_at, by=BY)
    open_session(database, "lan", digest=digest(cookie), csrf="c", ends_at=ends_at, by=BY)
    with database.read() as session:
        kept = [vars(row) for table in (Token, Session) for row in session.scalars(select(table))]
    assert len(kept) == 2
    assert secret not in repr(kept) and cookie not in repr(kept) and secret not in repr(listed(database))


def test_a_tokens_use_is_noted_once_a_minute(database):
    member(database, "lan")
    used = id_of(token(database, "lan"))
    note_use(database, used, None)
    first = list_tokens(database)[0].used_at
    assert datetime.now(UTC) - first < timedelta(minutes=1)
    note_use(database, used, first)
    note_use(database, used, None)  # another process, which does not know of the first use
    assert list_tokens(database)[0].used_at == first
    end_all(database, Token, "used_at")
    note_use(database, used, list_tokens(database)[0].used_at)
    assert list_tokens(database)[0].used_at >= first


def test_a_tokens_use_is_not_noted_while_another_writes(database):
    member(database, "lan")
    used = id_of(token(database, "lan"))
    begun = time.monotonic()
    with database.write() as session:
        session.execute(update(Token).values(note="đang ghi"))
        with pytest.raises(DatabaseDown) as caught:
            note_use(database, used, None)
    assert caught.value.detail["cause"] == "locked"
    assert time.monotonic() - begun < 5  # else another is waited for, three times as long
    with ThreadPoolExecutor(1) as pool:  # and whoever comes next on that connection waits as before
        with database.write() as session:
            session.execute(update(Token).values(note="đang ghi"))
            waits = pool.submit(revoke_token, database, used, by=BY)
            time.sleep(0.3)
            assert not waits.done()
        waits.result(10)
    note_use(database, used, None)
    assert list_tokens(database)[0].used_at is not None


def test_logins_end_and_are_removed(database):
    member(database, "lan")
    session = logged_in(database, "lan")
    end_all(database, Session)
    assert find_session(database, session) is None
    logged_in(database, "lan")
    with database.read() as rows:
        assert len(list(rows.scalars(select(Session)))) == 1  # a new login sweeps out what is over
    end_all(database, Session)
    purge_sessions(database)
    with database.read() as rows:
        assert list(rows.scalars(select(Session))) == []


def test_who_logs_out_stays_out(database):
    member(database, "lan")
    session = logged_in(database, "lan")
    end_session(database, session, by=By("lan"))
    end_session(database, session, by=By("lan"))
    assert find_session(database, session) is None
    assert trail(database).count(("logout", "lan")) == 1


def test_changes_stand_in_the_trail_with_who_made_them(database):
    member(database, "minh", "admin")
    member(database, "lan")
    set_role(database, "lan", "annotator", by=By("minh", "192.0.2.7", "abc"))
    entry = listed(database).items[0]
    assert (entry.actor, entry.action, entry.subject, entry.address, entry.request) == (
        "minh", "account_role", "lan", "192.0.2.7", "abc",
    )  # fmt: skip
    assert entry.detail == {"before": "reader", "after": "annotator"}
    set_role(database, "lan", "annotator", by=BY)  # no change, no line
    set_disabled(database, "lan", False, by=BY)
    set_disabled(database, "lan", True, by=BY)
    set_disabled(database, "lan", True, by=BY)
    set_disabled(database, "lan", False, by=BY)
    set_password(database, "lan", "x", by=BY)
    revoke_token(database, id_of(token(database, "lan")), by=BY)
    assert [action for action, _ in trail(database)] == [
        "account_added", "account_added", "account_role", "account_disabled", "account_enabled", "account_password",
        "token_made", "token_revoked",
    ]  # fmt: skip


def test_what_is_refused_leaves_no_trace(database):
    member(database, "minh", "admin")
    before = trail(database)
    for change in (
        lambda: set_role(database, "minh", "reader", by=BY),
        lambda: add_account(database, "minh", "reader", None, by=BY),
        lambda: set_password(database, "hoa", "x", by=BY),
    ):
        with pytest.raises((LastAdmin, AccountExists, AccountUnknown)):
            change()
    assert trail(database) == before
