"""Places and times as people ask for them: `tra vinh`, `84`; `2023`, `2023-Q3`, `2021/2023`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.places import place_named
from chitieu.errors import BadRequest

_MOST_PLACE = 200
_KINDS = ("tỉnh", "thành phố", "huyện", "quận", "thị xã", "xã", "phường", "thị trấn", "đặc khu")
_SHORT = {"tp": "thành phố", "tx": "thị xã", "tt": "thị trấn"}
_PERIOD = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?))?"
)


def place_keys(name: str | None) -> tuple[str | None, str | None]:
    """What a place's name is found by: folded with its kind read out, and the same without accents."""
    if name is None or not (kind_and_rest := _parted(name[:_MOST_PLACE])):
        return None, None
    key = " ".join(kind_and_rest).strip()[:_MOST_PLACE]
    return key, unaccented(key)


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """A place as asked for: by a code or a name, with or without its kind and its accents.

    It is one whose code is among ``codes``, or whose name (`place_keys`) is among ``plain``, and among ``keys`` where that is not None.
    """

    codes: frozenset[str]
    plain: frozenset[str]
    keys: frozenset[str] | None

    def matches(self, code: str | None, name: str | None) -> bool:
        """Whether the place of this code and name is the one."""
        key, plain = place_keys(name)
        return code in self.codes or (plain in self.plain and (self.keys is None or key in self.keys))


def asked_place(query: str) -> AskedPlace:
    """What a query for a place means. A name alone that is a province's means the province.

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
    return AskedPlace(
        codes=frozenset({query.strip(), *([known[0]] if known is not None and known[0] else [])}),
        plain=frozenset(unaccented(name) for name in named),
        keys=frozenset(named) if unaccented(rest) != rest else None,
    )


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


def days_of(period: str, field: str = "period") -> tuple[date, date]:
    """First and last day of `2023`, `2023-09`, `2023-Q3`, `2023-H1`, `2023-01-31`, or of `from/to` of those.

    Raises:
        BadRequest: it is none of these; it names ``field``.
    """
    first, slash, last = period.strip().partition("/")
    try:
        begin = _days(first)[0]
        end = _days(last if slash else first)[1]
    except ValueError:
        begin, end = date.max, date.min
    if begin > end:
        raise BadRequest(
            f"`{field}` phải có dạng 2023, 2023-09, 2023-Q3, 2023-H1, 2023-01-31 hoặc từ/đến. / "
            f"`{field}` must be like 2023, 2023-09, 2023-Q3, 2023-H1, 2023-01-31, or from/to.",
            **{field: period[:200]},
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
