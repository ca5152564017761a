"""`chitieu users`, `chitieu tokens`, `chitieu audit`: who may do what, and who did."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.cli.listing import moment, table
from chitieu.cli.numbers import number
from chitieu.cli.surroundings import tell_database
from chitieu.cli.who import at_the_command_line
from chitieu.errors import BadEncoding, FileUnreadable, PasswordWeak
from chitieu.store.roles import ROLES

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.settings import Settings
    from chitieu.store.audit import By
    from chitieu.store.database import Database

_MAX_DAYS = 3650
_MAX_LINES = 1_000_000


def add_users(commands: Commands) -> None:
    """Describe `chitieu users`."""
    users = commands.add_parser("users", help="tài khoản / accounts")
    what = users.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = what.add_parser("add", help="thêm tài khoản / add an account")
    add.add_argument("name", metavar="NAME", help="a-z 0-9 . _ @ -")
    add.add_argument("--role", required=True, choices=ROLES, help="vai trò / what it may do")
    _password_options(add, optional=True)
    add.set_defaults(run=run_add)
    what.add_parser("list", help="liệt kê / list them").set_defaults(run=run_list)
    for verb, told in (("disable", "khóa / disable"), ("enable", "mở lại / enable again")):
        one = what.add_parser(verb, help=told)
        one.add_argument("name", metavar="NAME")
        one.set_defaults(run=run_disable, disabled=verb == "disable")
    role = what.add_parser("role", help="đổi vai trò / give it another role")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", metavar="ROLE", choices=ROLES)
    role.set_defaults(run=run_role)
    password = what.add_parser("password", help="đặt lại mật khẩu / set its password")
    password.add_argument("name", metavar="NAME")
    _password_options(password)
    password.set_defaults(run=run_password)


def add_tokens(commands: Commands) -> None:
    """Describe `chitieu tokens`."""
    tokens = commands.add_parser("tokens", help="mã truy cập API / API tokens")
    what = tokens.add_subparsers(dest="what", required=True, metavar="WHAT")
    create = what.add_parser("create", help="cấp mã, chỉ hiện một lần / make one, which is shown once")
    create.add_argument("name", metavar="NAME", help="tài khoản / the account")
    create.add_argument("--role", choices=ROLES, help="nhiều nhất là / at most (default: that of the account)")
    create.add_argument("--days", type=number(1, _MAX_DAYS), help="số ngày dùng được / good for so many days")
    create.add_argument("--note", default="", help="để làm gì / what it is for")
    create.set_defaults(run=run_create)
    listed = what.add_parser("list", help="liệt kê / list them")
    listed.add_argument("name", metavar="NAME", nargs="?", help="tài khoản / of this account alone")
    listed.set_defaults(run=run_tokens)
    revoke = what.add_parser("revoke", help="thu hồi / make it good for nothing")
    revoke.add_argument("id", metavar="ID")
    revoke.set_defaults(run=run_revoke)


def add_audit(commands: Commands) -> None:
    """Describe `chitieu audit`."""
    audit = commands.add_parser("audit", help="ai đã làm gì / who did what, newest first")
    audit.add_argument("--action", help="chỉ việc này / this action alone")
    audit.add_argument("--actor", help="chỉ người này / by this account alone")
    audit.add_argument(
        "--limit", type=number(1, _MAX_LINES), default=100, help="số dòng / lines at most (default: 100)"
    )
    audit.set_defaults(run=run_audit)


def _password_options(command: argparse.ArgumentParser, *, optional: bool = False) -> None:
    options = command.add_mutually_exclusive_group()
    options.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="mật khẩu trong tệp / the password is in it (default: asked for on a terminal, else read from standard input)",
    )
    if optional:
        options.add_argument(
            "--no-password", action="store_true", help="chỉ dùng mã truy cập / tokens alone, it cannot log in"
        )


@contextmanager
def opened_store() -> Iterator[tuple[Database, Settings, By]]:
    """The database, its tables made where they are missing; the settings; who is at the command line."""
    from chitieu.settings import load_settings
    from chitieu.store.audit import By
    from chitieu.store.database import open_database
    from chitieu.store.migrate import migrate

    settings = load_settings()
    database = open_database(settings)
    try:
        migrate(database)
        yield database, settings, By(at_the_command_line())
    finally:
        database.close()


def run_add(args: argparse.Namespace) -> int:
    """Add an account."""
    from chitieu.access.passwords import hash_password
    from chitieu.store.accounts import add_account, check_name

    name = _name(args.name)
    check_name(name)
    password = None if args.no_password else hash_password(_password(args), name)
    with opened_store() as (database, _, by):
        tell_database(database)
        made = add_account(database, name, args.role, password, by=by)
    print(f"Đã thêm / added: {made.name} ({made.role})")
    if made.name != args.name:
        print(
            f"Tên tài khoản là “{made.name}”, không phải “{args.name}”. / The name is “{made.name}”, not “{args.name}”.",
            file=sys.stderr,
        )
    return 0


def run_list(args: argparse.Namespace) -> int:
    """List the accounts."""
    from chitieu.store.accounts import list_accounts

    with opened_store() as (database, _, _):
        tell_database(database)
        accounts = list_accounts(database)
    rows = [
        (
            account.name,
            account.role,
            "có" if account.has_password else "không",
            moment(account.made_at),
            moment(account.disabled_at),
        )
        for account in accounts
    ]
    table(
        ("Tài khoản / account", "Vai trò / role", "Mật khẩu / password", "Tạo lúc / made", "Khóa lúc / disabled"), rows
    )
    return 0


def run_disable(args: argparse.Namespace) -> int:
    """Disable or enable an account."""
    from chitieu.store.accounts import set_disabled

    with opened_store() as (database, _, by):
        changed = set_disabled(database, _name(args.name), args.disabled, by=by)
    print(f"{'Đã khóa / disabled' if args.disabled else 'Đã mở lại / enabled'}: {changed.name}")
    return 0


def run_role(args: argparse.Namespace) -> int:
    """Give an account another role."""
    from chitieu.store.accounts import set_role

    with opened_store() as (database, _, by):
        changed = set_role(database, _name(args.name), args.role, by=by)
    print(f"Vai trò mới / new role: {changed.name} ({changed.role})")
    return 0


def run_password(args: argparse.Namespace) -> int:
    """Set an account's password; its logins are over."""
    from chitieu.access.passwords import hash_password
    from chitieu.store.accounts import find_account, set_password

    name = _name(args.name)
    with opened_store() as (database, _, by):
        find_account(database, name)  # told before a password is typed
        set_password(database, name, hash_password(_password(args), name), by=by)
    print(f"Đã đổi mật khẩu, mọi phiên đăng nhập đã kết thúc / password set, all logins are over: {name}")
    return 0


def run_create(args: argparse.Namespace) -> int:
    """Make a token and print it: alone on standard output, what is to be known of it on standard error."""
    from chitieu.access.secrets import digest, new_secret, new_token_id, written_token
    from chitieu.store.tokens import make_token

    token_id, secret = new_token_id(), new_secret()
    with opened_store() as (database, settings, by):
        made = make_token(
            database,
            _name(args.name),
            id=token_id,
            digest=digest(secret),
            role=args.role,
            note=args.note,
            ends_at=datetime.now(UTC) + timedelta(days=args.days or settings.token_days),
            by=by,
        )
    print(written_token(token_id, secret), flush=True)
    print(
        f"Mã {made.id} của {made.account} ({made.role}), dùng đến {moment(made.ends_at)}; chỉ hiện lần này. / "
        f"Token {made.id} of {made.account} ({made.role}), good until {moment(made.ends_at)}; it is shown this once.",
        file=sys.stderr,
    )
    return 0


def run_tokens(args: argparse.Namespace) -> int:
    """List the tokens."""
    from chitieu.store.tokens import list_tokens

    with opened_store() as (database, _, _):
        tokens = list_tokens(database, None if args.name is None else _name(args.name))
    rows = [
        (
            token.id,
            token.account,
            token.role,
            moment(token.made_at),
            moment(token.ends_at),
            moment(token.used_at),
            moment(token.revoked_at),
            token.note,
        )
        for token in tokens
    ]
    heads = (
        "Mã / id",
        "Tài khoản / account",
        "Vai trò / role",
        "Cấp lúc / made",
        "Hết hạn / ends",
        "Dùng gần nhất / used",
    )
    table((*heads, "Thu hồi / revoked", "Ghi chú / note"), rows)
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Revoke a token."""
    from chitieu.store.tokens import revoke_token

    with opened_store() as (database, _, by):
        revoked = revoke_token(database, args.id, by=by)
    print(f"Đã thu hồi / revoked: {revoked.id} ({revoked.account})")
    return 0


def run_audit(args: argparse.Namespace) -> int:
    """Show the audit trail, newest first."""
    from chitieu.store.audit import listed

    with opened_store() as (database, _, _):
        entries = listed(database, action=args.action, actor=args.actor, limit=args.limit).items
    rows = [
        (
            moment(entry.at),
            entry.actor,
            entry.action,
            entry.subject or "",
            entry.address or "",
            json.dumps(entry.detail, ensure_ascii=False) if entry.detail else "",
        )
        for entry in entries
    ]
    table(("Lúc / at", "Ai / who", "Việc / what", "Với / to what", "Từ / from", "Chi tiết / more"), rows)
    return 0


def _name(word: str) -> str:
    from chitieu.store.accounts import as_typed

    return as_typed(word)


def _password(args: argparse.Namespace) -> str:
    """The password: from a file, typed twice on a terminal, or from standard input; without the newline at its end.

    Raises:
        FileUnreadable: the file cannot be read. BadEncoding: not UTF-8. PasswordWeak: none, or typed differently the second time.
    """
    if args.password_file is not None:
        try:
            data: bytes = args.password_file.read_bytes()
        except OSError as error:
            raise FileUnreadable(
                f"Không đọc được {args.password_file}. / {args.password_file} cannot be read: {error.strerror}.",
                file=str(args.password_file),
                cause=error.strerror,
            ) from error
    elif sys.stdin is not None and sys.stdin.isatty():
        typed = getpass.getpass("Mật khẩu / password: ")
        if getpass.getpass("Nhập lại / again: ") != typed:
            raise PasswordWeak("Hai lần nhập không giống nhau. / The two passwords differ.")
        return typed
    else:
        data = b"" if sys.stdin is None else sys.stdin.buffer.read()
        if not data:
            raise PasswordWeak(
                "Không có mật khẩu ở đầu vào chuẩn; gõ ở cửa sổ lệnh, hoặc dùng --password-file. / "
                "No password came on standard input: type it at a terminal, or use --password-file."
            )
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise BadEncoding("Mật khẩu không phải UTF-8. / The password is not UTF-8.", position=error.start) from error
