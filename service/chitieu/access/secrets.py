"""Random secrets: of sessions, tokens and set-up codes. Long enough that a plain SHA-256 is a safe thing to keep."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

_BYTES = 32
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 12
_TOKEN = re.compile(rf"chitieu_([a-z0-9]{{{_ID_LENGTH}}})_([A-Za-z0-9_-]{{43}})")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """43 characters of `A-Z a-z 0-9 _ -`, of 32 random bytes."""
    return secrets.token_urlsafe(_BYTES)


def is_secret(word: str) -> bool:
    """Whether it has the form of one."""
    return _SECRET.fullmatch(word) is not None


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal: what is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def new_token_id() -> str:
    """The public part of a token."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def written_token(id: str, secret: str) -> str:
    """A token as its owner keeps it."""
    return f"chitieu_{id}_{secret}"


def read_token(word: str) -> tuple[str, str] | None:
    """Id and secret of a token; None where it is none."""
    found = _TOKEN.fullmatch(word)
    return None if found is None else (found[1], found[2])
