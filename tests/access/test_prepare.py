"""What happens before the service listens, where there is no account yet."""

from __future__ import annotations

import pytest
import structlog

from chitieu.access.logins import log_in, set_up
from chitieu.access.prepare import prepare_access
from chitieu.errors import AccountsMissing, ConfigInvalid, LoginFailed, PasswordWeak
from chitieu.settings import Settings
from chitieu.store.accounts import list_accounts
from chitieu.store.audit import By, listed
from members import PASSWORD, member

HERE = By(address="192.0.2.1")


def settings(**more):
    return Settings(**({"login": "required"} | more))


def code_logged(database, **more):
    with structlog.testing.capture_logs() as lines:
        prepare_access(settings(**more), database, attended=False)
    (line,) = [line for line in lines if line["event"] == "no_account"]
    assert "/login" in line["message"]
    return line["code"]


def test_where_no_login_is_needed_nothing_is_made(database):
    prepare_access(settings(login="open"), database, attended=True)
    assert list_accounts(database) == [] and listed(database).items == []


def test_at_a_terminal_it_is_told_how_to_make_an_account(database):
    with pytest.raises(AccountsMissing) as refused:
        prepare_access(settings(), database, attended=True)
    assert "chitieu users add" in refused.value.message and "--role admin" in refused.value.message
    assert listed(database).items == []


def test_the_command_that_is_told_works_on_the_same_data(database, tmp_path):
    with pytest.raises(AccountsMissing) as refused:
        prepare_access(settings(data=tmp_path / "dữ liệu"), database, attended=True)
    command = f"CHITIEU_DATA='{tmp_path}/dữ liệu' chitieu users add NAME --role admin"
    assert refused.value.detail["command"] == command and command in refused.value.message
    with pytest.raises(AccountsMissing) as refused:
        prepare_access(settings(data=tmp_path, database_url="sqlite:////else/where.db"), database, attended=True)
    assert "CHITIEU_DATA=" not in refused.value.message


def test_auto_is_as_required(database):
    with pytest.raises(AccountsMissing):
        prepare_access(settings(login="auto"), database, attended=True)


def test_with_accounts_it_just_starts(database, tmp_path):
    member(database, "minh", "admin")
    before = listed(database).items
    with structlog.testing.capture_logs() as lines:
        prepare_access(settings(admin_password_file=tmp_path / "missing"), database, attended=True)
    assert lines == [] and listed(database).items == before


def test_a_code_on_the_log_makes_the_first_account(database):
    code = code_logged(database)
    assert set_up(database, settings(), code, "minh", PASSWORD, by=HERE).role == "admin"


def test_every_start_offers_another_code(database):
    first, second = code_logged(database), code_logged(database)
    assert first != second
    with pytest.raises(LoginFailed):
        set_up(database, settings(), first, "minh", PASSWORD, by=HERE)
    assert set_up(database, settings(), second, "minh", PASSWORD, by=HERE)


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_the_first_account_from_a_file(database, tmp_path, ending):
    file = tmp_path / "password"
    file.write_bytes(PASSWORD.encode() + ending)
    for _ in range(2):  # a second start changes nothing
        prepare_access(settings(admin_password_file=file), database, attended=True)
    assert [(a.name, a.role) for a in list_accounts(database)] == [("admin", "admin")]
    assert log_in(database, settings(), "admin", PASSWORD, by=HERE)
    assert listed(database, action="account_added").items[0].actor == "(start)"


def test_a_space_at_the_end_is_part_of_the_password(database, tmp_path):
    file = tmp_path / "password"
    file.write_bytes(PASSWORD.encode() + b" \n")
    prepare_access(settings(admin_password_file=file), database, attended=False)
    with pytest.raises(LoginFailed):
        log_in(database, settings(), "admin", PASSWORD, by=HERE)
    assert log_in(database, settings(), "admin", PASSWORD + " ", by=HERE)


def test_a_file_that_cannot_be_read(database, tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(ConfigInvalid) as refused:
            prepare_access(settings(admin_password_file=path), database, attended=False)
        assert refused.value.detail["variable"] == "CHITIEU_ADMIN_PASSWORD_FILE" and refused.value.detail["cause"]
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(ConfigInvalid):
        prepare_access(settings(admin_password_file=binary), database, attended=False)
    assert list_accounts(database) == []


def test_a_weak_password_in_the_file_is_refused(database, tmp_path):
    file = tmp_path / "password"
    for weak in ("ngắn", "", "aaaaaaaaaaaaaaaa"):
        file.write_text(weak, encoding="utf-8")
        with pytest.raises(PasswordWeak):
            prepare_access(settings(admin_password_file=file), database, attended=False)
    assert list_accounts(database) == []


def test_a_start_by_a_program_is_not_attended(database, monkeypatch):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with structlog.testing.capture_logs() as lines:
        prepare_access(settings(), database)
    assert lines[0]["code"]
    monkeypatch.setattr(sys, "stdin", None)
    prepare_access(settings(), database)
