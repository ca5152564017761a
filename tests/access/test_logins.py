"""Logging in, failing to, and being made to wait."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from chitieu.access.logins import OneAtATime, change_password, log_in, set_up
from chitieu.access.secrets import digest, new_secret
from chitieu.errors import (
    AccountExists,
    BadRequest,
    DatabaseDown,
    LoginFailed,
    PasswordWeak,
    PasswordWrong,
    RateLimited,
    ServiceBusy,
)
from chitieu.settings import Settings
from chitieu.store.accounts import add_account, credentials, list_accounts, set_disabled, set_password
from chitieu.store.audit import By, listed
from chitieu.store.sessions import find_session
from chitieu.store.setup import offer_setup
from members import BY, PASSWORD, age_trail, hashed, member

SETTINGS = Settings(login_attempts=3, login_attempts_name=5, login_attempts_address=8, session_hours=2)
HERE = By(address="192.0.2.9", request="r9")
ELSEWHERE = By(address="198.51.100.4")


def fails(database, name, password="không phải mật khẩu", by=HERE, error=LoginFailed):
    with pytest.raises(error) as failed:
        log_in(database, SETTINGS, name, password, by=by)
    return failed.value


def test_a_login(database):
    member(database, "lan", "reviewer")
    opened = log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)
    assert (opened.name, opened.role) == ("lan", "reviewer")
    assert opened.cookie != opened.csrf and len(opened.cookie) >= 43
    assert timedelta(hours=1.9) < opened.ends_at - datetime.now(UTC) <= timedelta(hours=2)
    login = find_session(database, digest(opened.cookie))
    assert (login.name, login.csrf) == ("lan", opened.csrf)
    entry = listed(database, action="login").items[0]
    assert (entry.actor, entry.subject, entry.address, entry.request) == ("lan", "lan", "192.0.2.9", "r9")


def test_a_new_login_takes_the_place_of_the_one_the_browser_had(database):
    member(database, "lan")
    first = log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)
    second = log_in(database, SETTINGS, "lan", PASSWORD, by=HERE, ended=first.cookie)
    assert first.cookie != second.cookie
    assert find_session(database, digest(first.cookie)) is None
    assert find_session(database, digest(second.cookie)) is not None


def test_whatever_fails_fails_in_the_same_words(database):
    member(database, "minh", "admin")
    for name in ("lan", "hoa"):
        member(database, name, password=name == "lan")
    set_disabled(database, "lan", True, by=BY)
    told = [
        fails(database, "minh").body(),
        fails(database, "lan", PASSWORD, by=By(address="192.0.2.10")).body(),  # disabled
        fails(database, "hoa", by=By(address="192.0.2.11")).body(),  # without a password
        fails(database, "nobody", by=By(address="192.0.2.12")).body(),
    ]
    assert all(body == told[0] for body in told)


def test_neither_the_password_nor_a_password_typed_as_a_name_is_in_the_trail(database):
    member(database, "lan")
    fails(database, "lan", "một mật khẩu sai")
    fails(database, PASSWORD, "lan")
    entries = listed(database, action="login_failed").items
    assert [e.actor for e in entries] == ["(anonymous)"] * 2
    assert entries[1].subject == "lan" and entries[0].subject.startswith("?")
    assert "một mật khẩu sai" not in repr(entries) and PASSWORD not in repr(entries)


def test_failures_of_a_name_from_an_address_make_it_wait_there(database):
    member(database, "lan")
    for _ in range(3):
        fails(database, "lan")
    error = fails(database, "lan", PASSWORD, error=RateLimited)  # the right password does not help
    assert 800 < error.retry_after <= 900
    assert len(listed(database, action="login_failed").items) == 3  # what waits adds no lines
    age_trail(database, 10)
    assert 200 < fails(database, "lan", PASSWORD, error=RateLimited).retry_after <= 300
    age_trail(database, 6)
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)


def test_who_shares_an_address_with_one_that_waits_logs_in(database):
    member(database, "lan")
    member(database, "hoa")
    for _ in range(3):
        fails(database, "lan")
    fails(database, "lan", PASSWORD, error=RateLimited)
    assert log_in(database, SETTINGS, "hoa", PASSWORD, by=HERE)
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=ELSEWHERE)  # and she herself elsewhere


def test_more_failures_of_a_name_make_it_wait_wherever_they_come_from(database):
    member(database, "lan")
    member(database, "hoa")
    for number in range(5):
        fails(database, "lan", by=By(address=f"192.0.2.{number}"))
    assert 800 < fails(database, "lan", PASSWORD, by=ELSEWHERE, error=RateLimited).retry_after <= 900
    assert log_in(database, SETTINGS, "hoa", PASSWORD, by=ELSEWHERE)


def test_many_failures_from_an_address_make_it_wait_whatever_the_names(database):
    member(database, "lan")
    for number in range(8):
        fails(database, f"a{number}")
    fails(database, "lan", PASSWORD, error=RateLimited)
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=ELSEWHERE)


@pytest.mark.parametrize("addresses", [1, 5])
def test_who_must_wait_learns_nothing_of_the_name(database, addresses):
    member(database, "lan")
    member(database, "hoa")
    set_disabled(database, "hoa", True, by=BY)
    told = []
    for name, net in (("lan", "192.0.2"), ("hoa", "203.0.113"), ("nobody", "198.51.100")):
        for number in range(3 if addresses == 1 else 5):
            fails(database, name, by=By(address=f"{net}.{number % addresses}"))
        told.append(fails(database, name, PASSWORD, by=By(address=f"{net}.0"), error=RateLimited).body()["error"])
    waits = [error["detail"].pop("retry_after") for error in told]
    assert told[0] == told[1] == told[2] and max(waits) - min(waits) <= 5  # seconds that the attempts themselves took


def test_an_ipv6_network_is_one_client(database):
    member(database, "lan")
    for number in range(3):
        fails(database, "lan", by=By(address=f"2001:db8:0:1::{number}"))
    fails(database, "lan", PASSWORD, by=By(address="2001:db8:0:1:ffff::1"), error=RateLimited)
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=By(address="2001:db8:0:2::1"))


def test_a_new_password_forgets_the_failures_of_the_name(database):
    member(database, "lan")
    for number in range(5):
        fails(database, "lan", by=By(address=f"192.0.2.{number}"))
    set_password(database, "lan", hashed(), by=BY)
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=ELSEWHERE)


def test_a_client_without_an_address_is_counted_by_name_alone(database):
    member(database, "lan")
    for number in range(8):
        fails(database, f"a{number}", by=By())
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=By())
    for _ in range(3):
        fails(database, "lan", by=By())
    fails(database, "lan", PASSWORD, by=By(), error=RateLimited)


def test_an_old_hash_is_renewed_at_the_login(database):
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    add_account(database, "lan", "reader", old, by=BY)
    log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)
    renewed = credentials(database, "lan").password
    assert renewed != old
    log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)
    assert credentials(database, "lan").password == renewed


def test_changing_ones_password_needs_the_old_one_and_ends_all_other_logins(database):
    member(database, "lan")
    before = log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)
    with pytest.raises(PasswordWrong):
        change_password(database, SETTINGS, "lan", "không đúng rồi", "một câu khác hẳn", by=HERE)
    with pytest.raises(PasswordWeak):
        change_password(database, SETTINGS, "lan", PASSWORD, "ngắn", by=HERE)
    assert find_session(database, digest(before.cookie)) is not None
    after = change_password(database, SETTINGS, "lan", PASSWORD, "một câu khác hẳn", by=HERE)
    assert find_session(database, digest(before.cookie)) is None
    assert find_session(database, digest(after.cookie)).name == "lan"
    assert log_in(database, SETTINGS, "lan", "một câu khác hẳn", by=HERE)
    fails(database, "lan", PASSWORD)


def test_wrong_old_passwords_count_as_failed_logins(database):
    member(database, "lan")
    for _ in range(3):
        with pytest.raises(PasswordWrong):
            change_password(database, SETTINGS, "lan", "không đúng rồi", "một câu khác hẳn", by=HERE)
    with pytest.raises(RateLimited):
        change_password(database, SETTINGS, "lan", PASSWORD, "một câu khác hẳn", by=HERE)


def test_a_password_is_changed_with_a_new_login_or_not_at_all(database, monkeypatch):
    member(database, "lan")
    before = log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)

    def down(*_, **__):
        raise DatabaseDown("down", cause="full", retry_after=5)

    with monkeypatch.context() as patch:
        patch.setattr("chitieu.store.sessions.add_entry", down)
        with pytest.raises(DatabaseDown):
            change_password(database, SETTINGS, "lan", PASSWORD, "một câu khác hẳn", by=HERE)
    assert find_session(database, digest(before.cookie)) is not None
    assert log_in(database, SETTINGS, "lan", PASSWORD, by=HERE)


def offered(database):
    code = new_secret()
    offer_setup(database, digest(code), by=BY)
    return code


def test_the_code_makes_the_first_account_once(database):
    code = offered(database)
    opened = set_up(database, SETTINGS, code, "minh", PASSWORD, by=HERE)
    assert (opened.name, opened.role) == ("minh", "admin")
    assert find_session(database, digest(opened.cookie)).name == "minh"
    with pytest.raises(AccountExists):
        set_up(database, SETTINGS, code, "lan", PASSWORD, by=HERE)
    assert [a.name for a in list_accounts(database)] == ["minh"]
    assert code not in repr(listed(database))


def test_a_code_is_good_for_a_day_and_until_the_next_start(database):
    first = offered(database)
    second = offered(database)
    with pytest.raises(LoginFailed):
        set_up(database, SETTINGS, first, "minh", PASSWORD, by=HERE)
    age_trail(database, 24 * 60 + 1)
    with pytest.raises(LoginFailed):
        set_up(database, SETTINGS, second, "minh", PASSWORD, by=HERE)
    assert list_accounts(database) == []
    assert set_up(database, SETTINGS, offered(database), "minh", PASSWORD, by=HERE)


@pytest.mark.parametrize("code", ["", "x", "x" * 43, "\ud800" * 43])
def test_without_the_code_there_is_no_first_account(database, code):
    with pytest.raises(LoginFailed):
        set_up(database, SETTINGS, code, "minh", PASSWORD, by=HERE)
    offered(database)
    with pytest.raises(LoginFailed):
        set_up(database, SETTINGS, code, "minh", PASSWORD, by=HERE)
    assert list_accounts(database) == []
    assert listed(database, action="login_failed").items[0].subject == "(setup)"


def test_a_weak_password_or_a_bad_name_does_not_use_the_code_up(database):
    code = offered(database)
    with pytest.raises(PasswordWeak):
        set_up(database, SETTINGS, code, "minh", "ngắn", by=HERE)
    with pytest.raises(BadRequest):
        set_up(database, SETTINGS, code, "Minh Anh", PASSWORD, by=HERE)
    assert set_up(database, SETTINGS, code, "minh", PASSWORD, by=HERE)


def test_of_two_who_use_the_code_at_once_one_gets_the_account(database):
    code, start, made, refused = offered(database), threading.Barrier(2), [], []

    def use(name):
        start.wait()
        try:
            made.append(set_up(database, SETTINGS, code, name, PASSWORD, by=HERE).name)
        except (AccountExists, LoginFailed):
            refused.append(name)

    threads = [threading.Thread(target=use, args=(name,)) for name in ("minh", "lan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(made) == len(refused) == 1
    assert [a.name for a in list_accounts(database)] == made


def test_passwords_are_worked_on_one_at_a_time_and_few_wait():
    at_once, most, release = 0, 0, threading.Event()

    def work():
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        release.wait(10)
        at_once -= 1
        return "done"

    async def ask():
        passwords = OneAtATime(room=3)
        waiting = [asyncio.create_task(passwords.run(work)) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(ServiceBusy):
            await passwords.run(work)
        release.set()
        assert await asyncio.gather(*waiting) == ["done"] * 3
        assert await passwords.run(work) == "done"
        passwords.close()

    asyncio.run(ask())
    assert most == 1
