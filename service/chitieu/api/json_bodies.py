"""Small JSON bodies, each read no further than its route needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from chitieu.api.bodies import media_type, parse, read_body
from chitieu.errors import UnsupportedMedia

_SMALL_BYTES = 32 * 1024
Body = TypeVar("Body", bound=BaseModel)


def reads(model: type[Body], *, most: int = _SMALL_BYTES, may_be_empty: bool = False) -> Callable[[Request], Any]:
    """A dependency that reads a JSON body; a form, which other sites' pages can send, is none.

    Args:
        most: bytes of it.
        may_be_empty: no body is `{}`.
    """

    async def read(request: Request) -> Body:
        data: bytes | None = None
        if may_be_empty:
            data = await read_body(request, most)
            if not data:
                return model()
        kind, _ = media_type(request.headers.get("content-type", "text/plain"))
        if kind != "application/json":
            raise UnsupportedMedia("Hãy gửi application/json. / Send application/json.", content_type=kind)
        return parse(model, await read_body(request, most) if data is None else data)

    return read
