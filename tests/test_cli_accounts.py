"""`chitieu users`, `tokens` and `audit` on the command line."""

from __future__ import annotations

import io
import sys

import pytest

from chitieu.access.logins import log_in
from chitieu.access.secrets import digest, read_token
from chitieu.cli import main
from chitieu.errors import LoginFailed
from chitieu.settings import Settings
from chitieu.store.accounts import list_accounts, set_disabled
from chitieu.store.audit import By, listed, record
from chitieu.store.tokens import find_token
from members import BY, PASSWORD

HERE = By(address="192.0.2.1")


@pytest.fixture(autouse=True)
def settings(database_url, monkeypatch):
    monkeypatch.setenv("CHITIEU_DATABASE_URL", database_url.render_as_string(hide_password=False))


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command with this standard input; gives status, output and errors."""

    def run_command(*argv, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(list(argv))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run_command


def can_log_in(database, name, password=PASSWORD):
    try:
        return bool(log_in(database, Settings(), name, password, by=HERE))
    except LoginFailed:
        return False


def test_add_and_list(run, database):
    status, out, _ = run("users", "add", "lan", "--role", "reviewer", stdin=PASSWORD.encode() + b"\n")
    assert status == 0 and "lan" in out and PASSWORD not in out
    assert run("users", "add", "tong-hop", "--role", "reader", "--no-password")[0] == 0
    assert [(a.name, a.role, a.has_password) for a in list_accounts(database)] == [
        ("lan", "reviewer", True),
        ("tong-hop", "reader", False),
    ]
    assert can_log_in(database, "lan") and not can_log_in(database, "tong-hop")
    _, out, _ = run("users", "list")
    head, *rows = out.splitlines()
    assert head.startswith("Tài khoản / account") and [row.split()[:3] for row in rows] == [
        ["lan", "reviewer", "có"],
        ["tong-hop", "reader", "không"],
    ]
    assert rows[0].index("reviewer") == rows[1].index("reader") == head.index("Vai trò")
    entry = listed(database, action="account_added").items[0]
    assert entry.actor.startswith("(command line: ")


def test_the_password_from_a_file(run, database, tmp_path):
    file = tmp_path / "password"
    file.write_bytes(PASSWORD.encode() + b"\r\n")
    assert run("users", "add", "lan", "--role", "admin", "--password-file", str(file))[0] == 0
    assert can_log_in(database, "lan")
    status, _, err = run("users", "add", "hoa", "--role", "admin", "--password-file", str(tmp_path / "none"))
    assert status == 1 and "file_unreadable" in err and "none" in err


def test_the_password_typed_twice(run, database, monkeypatch, capsys):
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    def type_in(*words):
        typed = iter(words)
        monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO()))
        monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
        return main(["users", "add", "lan", "--role", "admin"])

    assert type_in(PASSWORD, PASSWORD + "x") == 1
    assert "password_weak" in capsys.readouterr().err and list_accounts(database) == []
    assert type_in(PASSWORD, PASSWORD) == 0
    assert can_log_in(database, "lan")


def test_weak_passwords_bad_names_and_known_ones(run, database):
    for stdin in (b"", b"short\n", b"\xff" * 20):
        status, out, err = run("users", "add", "lan", "--role", "admin", stdin=stdin)
        assert status == 1 and out == "" and ("password_weak" in err or "text_encoding" in err)
    status, _, err = run("users", "add", "Ngân Hà", "--role", "admin", stdin=PASSWORD.encode())
    assert status == 1 and "request_invalid" in err and "For example: ngan-ha." in err
    assert list_accounts(database) == []
    assert run("users", "add", "lan", "--role", "admin", stdin=PASSWORD.encode())[0] == 0
    status, _, err = run("users", "add", "lan", "--role", "reader", stdin=PASSWORD.encode())
    assert status == 1 and "account_exists" in err


def test_disable_enable_role_and_password(run, database):
    for name, role in (("minh", "admin"), ("lan", "reader")):
        run("users", "add", name, "--role", role, stdin=PASSWORD.encode())
    assert run("users", "disable", "lan")[0] == 0 and not can_log_in(database, "lan")
    assert "lan" in run("users", "list")[1]
    assert run("users", "enable", "lan")[0] == 0 and can_log_in(database, "lan")
    assert run("users", "role", "lan", "annotator")[0] == 0
    assert [a.role for a in list_accounts(database)] == ["annotator", "admin"]
    assert run("users", "password", "lan", stdin="một câu khác hẳn\n".encode())[0] == 0
    assert can_log_in(database, "lan", "một câu khác hẳn") and not can_log_in(database, "lan")
    for command in (("disable", "minh"), ("role", "minh", "reader")):
        status, _, err = run("users", *command)
        assert status == 1 and "last_admin" in err
    for command in (("disable", "hoa"), ("enable", "hoa"), ("role", "hoa", "reader"), ("password", "hoa")):
        status, _, err = run("users", *command, stdin=PASSWORD.encode())
        assert status == 1 and "account_unknown" in err


def test_a_token_is_printed_once_and_alone(run, database):
    run("users", "add", "lan", "--role", "reviewer", "--no-password")
    status, out, err = run(
        "tokens", "create", "lan", "--role", "reader", "--days", "7", "--note", "bảng\x1b[31m theo dõi"
    )
    assert status == 0
    token_id, secret = read_token(out.strip())
    assert out == f"chitieu_{token_id}_{secret}\n" and secret not in err and token_id in err
    found = find_token(database, token_id)
    assert (found.account, found.role, found.digest) == ("lan", "reader", digest(secret))
    _, out, _ = run("tokens", "list", "lan")
    assert token_id in out and secret not in out and "theo dõi" in out and "\x1b" not in out
    assert run("tokens", "list")[1] == out
    assert run("tokens", "revoke", token_id)[0] == 0
    assert find_token(database, token_id) is None
    for command, code in (
        (("revoke", "x"), "token_unknown"),
        (("list", "hoa"), "account_unknown"),
        (("create", "hoa"), "account_unknown"),
        (("create", "lan", "--role", "admin"), "request_invalid"),
    ):
        status, out, err = run("tokens", *command)
        assert status == 1 and code in err and "chitieu_" not in out


def test_a_token_is_good_for_as_long_as_the_settings_say(run, database, monkeypatch):
    from chitieu.store.tokens import list_tokens

    run("users", "add", "lan", "--role", "reader", "--no-password")
    monkeypatch.setenv("CHITIEU_TOKEN_DAYS", "3")
    run("tokens", "create", "lan")
    run("tokens", "create", "lan", "--days", "10")
    days = [(t.ends_at - t.made_at).total_seconds() / 86400 for t in list_tokens(database)]
    assert [round(d) for d in days] == [3, 10]


def test_the_audit_trail(run, database):
    run("users", "add", "minh", "--role", "admin", "--no-password")
    record(database, "minh", "document_stored", "d1", address="192.0.2.1", figures=3)
    record(database, "evil\x1b[2J\nx", "document_stored", "d2")
    status, out, _ = run("audit")
    assert status == 0 and len(out.splitlines()) == 4 and "\x1b" not in out
    assert '{"figures": 3}' in out and "192.0.2.1" in out
    assert "account_added" not in run("audit", "--action", "document_stored")[1]
    assert [line.split()[-2:] for line in run("audit", "--actor", "minh")[1].splitlines()[1:]] == [
        ['{"figures":', "3}"]
    ]
    assert len(run("audit", "--limit", "1")[1].splitlines()) == 2


@pytest.mark.parametrize(
    "argv",
    [
        ["users"], ["users", "add"], ["users", "add", "lan"], ["users", "add", "lan", "--role", "boss"], ["users", "role", "lan"],
        ["users", "add", "lan", "--role", "reader", "--no-password", "--password-file", "x"], ["tokens"], ["tokens", "create"],
        ["tokens", "create", "lan", "--days", "0"], ["tokens", "create", "lan", "--days", "x"], ["audit", "--limit", "0"],
    ],
)  # fmt: skip
def test_wrong_usage(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2


def test_a_database_is_made_where_there_is_none(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CHITIEU_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'chitieu.db'}")
    assert run("users", "list")[1].startswith("Tài khoản")
    assert run("users", "add", "minh", "--role", "admin", stdin=PASSWORD.encode())[0] == 0


def test_who_is_disabled_is_shown_as_such(run, database):
    run("users", "add", "minh", "--role", "admin", "--no-password")
    run("users", "add", "lan", "--role", "reader", "--no-password")
    set_disabled(database, "lan", True, by=BY)
    rows = run("users", "list")[1].splitlines()[1:]
    assert len(rows[0]) > len(rows[1])


def test_a_name_is_taken_without_space_around_it_and_in_small_letters(run, database):
    status, out, err = run("users", "add", " Lan", "--role", "admin", stdin=PASSWORD.encode())
    assert status == 0 and "added: lan (admin)" in out and "The name is “lan”, not “ Lan”." in err
    assert can_log_in(database, "LAN ")
    run("users", "add", "minh", "--role", "admin", stdin=PASSWORD.encode())
    assert run("users", "role", "Lan", "reader")[:2] == (0, "Vai trò mới / new role: lan (reader)\n")
    assert run("users", "password", "LAN", stdin="một câu khác hẳn\n".encode())[0] == 0
    assert can_log_in(database, "lan", "một câu khác hẳn")
    assert run("tokens", "create", "Lan")[0] == 0
    assert "lan" in run("tokens", "list", "Lan")[1]
    assert run("users", "disable", "Lan")[0] == 0 and not can_log_in(database, "lan", "một câu khác hẳn")


def test_no_password_on_standard_input_is_told(run, database, monkeypatch, capsys):
    status, _, err = run("users", "add", "lan", "--role", "admin")
    assert status == 1 and "No password came on standard input" in err and list_accounts(database) == []
    monkeypatch.setattr(sys, "stdin", None)  # closed
    assert main(["users", "add", "lan", "--role", "admin"]) == 1
    assert "No password came on standard input" in capsys.readouterr().err


def test_the_database_is_named(run, database):
    for command in (("users", "add", "lan", "--role", "admin", "--no-password"), ("users", "list")):
        _, out, err = run(*command)
        assert f"database: {database.place}\n" in err and database.place not in out


@pytest.mark.parametrize(
    "argv",
    [("tokens", "create", "lan", "--days", "99999999999"), ("audit", "--limit", "9" * 30), ("audit", "--limit", "0")],
)
def test_numbers_out_of_bounds_are_wrong_usage(argv, capsys):
    with pytest.raises(SystemExit) as wrong:
        main(list(argv))
    assert wrong.value.code == 2 and f"argument {argv[-2]}: 1…" in capsys.readouterr().err
