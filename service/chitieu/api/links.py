"""The way from one page of a list to the next: `Link: <…>; rel="next"` (RFC 8288)."""

from __future__ import annotations

from typing import Any

from fastapi import Request

LINK_HEADER: dict[str, Any] = {
    "Link": {
        "description": '`<…>; rel="next"`: trang sau, nếu còn / the next page, where there is one',
        "schema": {"type": "string"},
    }
}


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The header that names the next page: the same request with this cursor; none where there is none."""
    if cursor is None:
        return {}
    url = request.url.include_query_params(cursor=cursor)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}
