"""The audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chitieu.errors import BadRequest
from chitieu.store.audit import listed, record


@pytest.fixture
def filled(database):
    for number in range(5):
        actor = "lan" if number % 2 else "minh"
        record(database, actor, "document_stored", f"d{number}", address="192.0.2.1", request="r", figures=number)
    record(database, "lan", "document_deleted", "d0")
    return database


def test_newest_first_with_all_that_was_told(filled):
    page = listed(filled)
    assert [entry.subject for entry in page.items] == ["d0", "d4", "d3", "d2", "d1", "d0"]
    entry = page.items[1]
    assert (entry.actor, entry.action, entry.address, entry.request, entry.detail) == (
        "minh", "document_stored", "192.0.2.1", "r", {"figures": 4},
    )  # fmt: skip
    assert timedelta(0) <= datetime.now(UTC) - entry.at < timedelta(minutes=1)


def test_by_action_and_by_actor(filled):
    assert [e.subject for e in listed(filled, actor="lan").items] == ["d0", "d3", "d1"]
    assert [e.actor for e in listed(filled, action="document_deleted").items] == ["lan"]
    assert listed(filled, action="document_deleted", actor="minh").items == []


def test_pages_neither_repeat_nor_leave_out_what_comes_in_between(filled):
    first = listed(filled, limit=2)
    record(filled, "hoa", "login", "hoa")
    second = listed(filled, limit=2, cursor=first.next)
    third = listed(filled, limit=2, cursor=second.next)
    assert [e.subject for page in (first, second, third) for e in page.items] == ["d0", "d4", "d3", "d2", "d1", "d0"]
    assert third.next is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1; drop table audit", "²"])
def test_a_cursor_that_is_none(filled, cursor):
    with pytest.raises(BadRequest):
        listed(filled, cursor=cursor)
