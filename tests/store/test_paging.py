from __future__ import annotations

import base64
import json

import pytest

from chitieu.errors import BadRequest
from chitieu.store.paging import from_cursor, to_cursor


def test_a_cursor_gives_back_its_numbers_and_needs_no_escaping_in_a_url():
    cursor = to_cursor("observations", 7, 2**62)
    assert from_cursor(cursor, "observations", 2) == [7, 2**62]
    assert cursor.isascii() and cursor.replace("-", "").replace("_", "").isalnum()


def _of(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "faulty",
    [
        "",
        "?",
        "ơ",
        "a" * 5,
        "\ud800",
        _of(None),
        _of([]),
        _of({"a": 1}),
        _of(["documents", 7]),
        _of(["audit"]),
        _of(["audit", "7"]),
        _of(["audit", True]),
        _of(["audit", 1.5]),
        _of(["audit", -1]),
        _of(["audit", 2**63]),
        _of(["audit", 7, 8]),
        to_cursor("audit", 7)[:-3],
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_faulty_cursor_is_a_bad_request_that_names_it(faulty):
    with pytest.raises(BadRequest) as caught:
        from_cursor(faulty, "audit", 1)
    assert "cursor" in caught.value.detail
