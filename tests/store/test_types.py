from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from chitieu.errors import BadRequest
from chitieu.store.tables import Account, Audit


def _entry(**given) -> Audit:
    return Audit(**({"at": datetime.now(UTC), "actor": "lan", "action": "x", "detail": {}} | given))


@pytest.mark.parametrize(
    "given",
    [
        {"actor": "a\0b"},
        {"actor": "a\ud800"},
        {"detail": {"name": "a\0b"}},
        {"detail": {"names": [{"a\udfff": 1}]}},
    ],
)
def test_what_is_no_text_is_refused_alike_by_both_engines(database, given):
    with pytest.raises(BadRequest), database.write() as session:
        session.add(_entry(**given))
    with database.read() as session:
        assert session.scalar(select(Audit)) is None


def test_a_search_for_what_is_no_text_is_refused_alike(database):
    with pytest.raises(BadRequest), database.read() as session:
        session.scalar(select(Account).where(Account.name == "a\0b"))


def test_any_other_text_comes_back_as_it_was(database):
    words = "Đường\u200b𝛑\ufeff\x01\x7f\u0301 ' \" \\u0000 \\ %s {}\r\n"
    with database.write() as session:
        session.add(_entry(actor=words, detail={words: [words, 1, None]}))
    with database.read() as session:
        found = session.scalars(select(Audit)).one()
        assert (found.actor, found.detail) == (words, {words: [words, 1, None]})


def test_a_moment_comes_back_in_utc(database):
    moment = datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC)
    with database.write() as session:
        session.add(_entry(at=moment))
    with database.read() as session:
        found = session.scalars(select(Audit.at)).one()
        assert found == moment and found.tzinfo is UTC
