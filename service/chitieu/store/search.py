"""What lists are searched by: words of a name, a place, a period; each as it is stored, and as a condition."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.places import place_named
from chitieu.errors import BadRequest

_MOST_WORDS = 600  # characters; PostgreSQL's indexes take 2,700 bytes
_MOST_PLACE = 200
_MOST_ASKED = 50  # words of a query; SQLite's conditions may be a thousand deep
_KINDS = ("tỉnh", "thành phố", "huyện", "quận", "thị xã", "xã", "phường", "thị trấn", "đặc khu")
_SHORT = {"tp": "thành phố", "tx": "thị xã", "tt": "thị trấn"}
_PERIOD = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?))?"
)


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


def place_keys(name: str | None) -> tuple[str | None, str | None]:
    """What a place's name is found by: folded with its kind read out, and the same without accents."""
    if name is None or not (kind_and_rest := _parted(name[:_MOST_PLACE])):
        return None, None
    key = " ".join(kind_and_rest).strip()[:_MOST_PLACE]
    return key, unaccented(key)


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
    found = _parted(query)
    if not found:
        raise BadRequest("`place` không có chữ nào. / `place` has no word in it.", place=query[:200])
    kind, rest = found
    known = place_named(fold(query))
    named = {rest, f"{kind} {rest}".strip()}
    if known is not None:
        named.add(place_keys(known[1])[0] or rest)
    elif not kind:
        named.update(f"{k} {rest}" for k in _KINDS)
    by_name: ColumnElement[bool] = plain.in_(sorted({unaccented(name) for name in named}))
    if unaccented(rest) != rest:
        by_name = and_(by_name, key.in_(sorted(named)))
    codes = {query.strip(), *([known[0]] if known is not None and known[0] else [])}
    return or_(code.in_(sorted(codes)), by_name)


def _parted(name: str) -> tuple[str, str] | None:
    """A place's kind, empty where it has none, and the rest of its folded name; None where nothing is left of it."""
    folded = fold(name)
    first, _, rest = folded.partition(" ")
    if first in _SHORT and rest:
        return _SHORT[first], rest
    for kind in _KINDS:
        plain = unaccented(kind)
        for prefix in (kind, plain):
            if folded.startswith(f"{prefix} "):
                return kind, folded[len(prefix) + 1 :]
    return ("", folded) if folded else None


def days_of(period: str) -> tuple[date, date]:
    """First and last day of `2023`, `2023-09`, `2023-Q3`, `2023-H1`, `2023-01-31`, or of `from/to` of those.

    Raises:
        BadRequest: it is none of these; it names `period`.
    """
    first, slash, last = period.strip().partition("/")
    try:
        begin = _days(first)[0]
        end = _days(last if slash else first)[1]
    except ValueError:
        begin, end = date.max, date.min
    if begin > end:
        raise BadRequest(
            "`period` phải có dạng 2023, 2023-09, 2023-Q3, 2023-H1, 2023-01-31 hoặc từ/đến. / "
            "`period` must be like 2023, 2023-09, 2023-Q3, 2023-H1, 2023-01-31, or from/to.",
            period=period[:200],
        )
    return begin, end


def _days(written: str) -> tuple[date, date]:
    match = _PERIOD.fullmatch(written.strip())
    if match is None:
        raise ValueError(written)
    year = int(match["year"])
    if match["day"]:
        day = date(year, int(match["month"]), int(match["day"]))
        return day, day
    first, count = 1, 12
    for group, months in (("half", 6), ("quarter", 3), ("month", 1)):
        if match[group]:
            first, count = (int(match[group]) - 1) * months + 1, months
    last = first + count - 1
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def within(
    period: str, start: InstrumentedAttribute[date | None], end: InstrumentedAttribute[date | None]
) -> ColumnElement[bool]:
    """That a time lies within a period; one that is open at either side does not. Raises what `days_of` raises."""
    first, last = days_of(period)
    return and_(start >= first, start <= last, end <= last)
