"""Passwords: what is asked of them, and their argon2 hashes."""

from __future__ import annotations

import secrets
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chitieu.errors import PasswordWeak

MIN_CHARACTERS = 12
MAX_CHARACTERS = 1000


def hash_password(password: str, name: str) -> str:
    """An argon2 hash, to be kept; it takes some 50 ms and 64 MiB.

    Args:
        name: of the account.

    Raises:
        PasswordWeak: fewer than 12 characters or more than 1,000, all the same, no text, or the account's name.
    """
    word = _settled(password)
    if not MIN_CHARACTERS <= len(word) <= MAX_CHARACTERS:
        raise PasswordWeak(
            f"Mật khẩu phải có từ {MIN_CHARACTERS} đến {MAX_CHARACTERS} ký tự. / "
            f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.",
            minimum=MIN_CHARACTERS,
            maximum=MAX_CHARACTERS,
        )
    if word.casefold() == name.casefold():
        raise PasswordWeak(
            "Mật khẩu không được trùng tên tài khoản. / The password must not be the account's name.",
            minimum=MIN_CHARACTERS,
        )
    if len(set(word)) == 1 or not _is_text(word):
        raise PasswordWeak(
            "Mật khẩu quá dễ đoán hoặc có ký tự lạ. / The password is too easy to guess, or no text.",
            minimum=MIN_CHARACTERS,
        )
    return rehash(word)


def is_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a hash. Without a hash the answer, no, takes as long."""
    word = _settled(password)
    if not _is_text(word) or len(word) > MAX_CHARACTERS:
        word, stored = "", None
    try:
        return PasswordHasher().verify(_nobodys() if stored is None else stored, word) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def rehash(password: str) -> str:
    """A hash with today's parameters of a password that is in use, whatever would be asked of a new one."""
    return PasswordHasher().hash(_settled(password))


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than new ones are."""
    return PasswordHasher().check_needs_rehash(stored)


def _settled(password: str) -> str:
    """The same letters whichever way the keyboard composes them: `ế` is one code point on some and three on others."""
    return unicodedata.normalize("NFKC", password)


def _is_text(word: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in word)


def _nobodys() -> str:
    """A hash with today's parameters that no known password has; made without the work of hashing."""
    by = PasswordHasher()
    parts = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (by.salt_len, by.hash_len))
    return f"$argon2id$v=19$m={by.memory_cost},t={by.time_cost},p={by.parallelism}$" + "$".join(parts)
