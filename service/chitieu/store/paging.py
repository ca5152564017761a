"""Pages of long lists, by keyset: a cursor names the last row of a page, so that what is added meanwhile moves nothing."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from chitieu.errors import BadRequest

T = TypeVar("T")
_MOST = 2**63 - 1  # what a column of either engine can hold


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor of those that follow; None: these are the last."""

    items: list[T]
    next: str | None


def to_cursor(name: str, *last: int) -> str:
    """The cursor behind a row: the numbers that order its list, which ``name`` tells from other lists."""
    written = json.dumps([name, *last], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode("ascii")


def from_cursor(cursor: str, name: str, count: int) -> list[int]:
    """The ``count`` numbers of a cursor of the list ``name``.

    Raises:
        BadRequest: it is none of this list.
    """
    try:
        written = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        given, *last = json.loads(written)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        given, last = None, []
    if given != name or len(last) != count or not all(type(n) is int and 0 <= n <= _MOST for n in last):
        raise BadRequest(
            "`cursor` không hợp lệ, hãy dùng `next` của trang trước. / `cursor` is not valid: it is the `next` of the page before.",
            cursor=cursor[:200],
        )
    return list(last)
