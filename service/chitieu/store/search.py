"""What lists are searched by: words of a name, a place, a period; each as it is stored, and as a condition."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from chitieu.asked import AskedPlace, asked_place, days_of
from chitieu.catalogue.fold import fold, unaccented
from chitieu.errors import BadRequest

_MOST_WORDS = 600  # characters; PostgreSQL's indexes take 2,700 bytes
_MOST_ASKED = 50  # words of a query; SQLite's conditions may be a thousand deep


def words_of(names: Iterable[str]) -> str:
    """The words of names, folded, each once, with and without its accents; what does not fit is left out, last names first."""
    found: dict[str, None] = {}
    for name in names:
        for word in fold(name).split():
            found[word] = found[unaccented(word)] = None
    out = " "
    for word in found:
        if len(out) + len(word) >= _MOST_WORDS:
            break
        out += word + " "
    return out


def has_words(column: InstrumentedAttribute[str], query: str, field: str) -> ColumnElement[bool]:
    """That a column of `words_of` has every word of a query; a word without accents is found with any.

    Raises:
        BadRequest: the query has no word, or more than fifty; it names ``field``.
    """
    words = list(dict.fromkeys(fold(query).split()))
    if not 0 < len(words) <= _MOST_ASKED:
        raise BadRequest(
            f"`{field}` phải có từ 1 đến {_MOST_ASKED} chữ. / `{field}` must have 1 to {_MOST_ASKED} words.",
            **{field: query[:200]},
        )
    return and_(*(column.contains(f" {word} ", autoescape=True) for word in words))


def at_place(
    query: str,
    code: InstrumentedAttribute[str | None],
    key: InstrumentedAttribute[str | None],
    plain: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """That a place is the one asked for, by its code or its name, with or without its kind and its accents.

    Raises:
        BadRequest: neither a code nor a name; it names `place`.
    """
    return is_place(asked_place(query), code, key, plain)


def is_place(
    asked: AskedPlace,
    code: InstrumentedAttribute[str | None],
    key: InstrumentedAttribute[str | None],
    plain: InstrumentedAttribute[str | None],
) -> ColumnElement[bool]:
    """That a place is the one asked for."""
    by_name: ColumnElement[bool] = plain.in_(sorted(asked.plain))
    if asked.keys is not None:
        by_name = and_(by_name, key.in_(sorted(asked.keys)))
    return or_(code.in_(sorted(asked.codes)), by_name)


def within(
    period: str, start: InstrumentedAttribute[date | None], end: InstrumentedAttribute[date | None]
) -> ColumnElement[bool]:
    """That a time lies within a period; one that is open at either side does not. Raises what `chitieu.asked.days_of` raises."""
    first, last = days_of(period)
    return and_(start >= first, start <= last, end <= last)
