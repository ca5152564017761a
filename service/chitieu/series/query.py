"""What is asked for: which rows belong to it, and of which place and part each is then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import get_args

from chitieu.asked import AskedPlace, asked_place, days_of
from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.load import Catalogue, Indicator
from chitieu.catalogue.parts import usual_code
from chitieu.catalogue.search import Hit, search
from chitieu.contract import Status
from chitieu.errors import BadRequest, IndicatorAmbiguous, IndicatorUnknown
from chitieu.series.answer import Frequency
from chitieu.series.rows import Part, Place, Row

ALL = "all"  # every breakdown
# A name that says just what an entry is called scores so much; one that leads by so much is no other's.
_SAYS_JUST_THAT, _LEAD = 0.95, 0.03
_SUGGESTED = 8
_MOST_WORDS = 20


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows: of this place, time, status, frequency; ``breakdown``: None (wholes), `ALL`, or words of a part."""

    place: AskedPlace | None = None
    first: date | None = None
    last: date | None = None
    status: Status | None = None
    breakdown: str | None = None
    frequency: Frequency | None = None


def query_of(
    *,
    place: str | None = None,
    first: str | None = None,
    last: str | None = None,
    status: str | None = None,
    breakdown: str | None = None,
    frequency: str | None = None,
) -> Query:
    """A query of what people write (`docs/series.md`).

    Raises:
        BadRequest: one of them is none; it names `place`, `from`, `to`, `status`, `breakdown` or `frequency`.
    """
    begin = days_of(first, "from")[0] if first is not None else None
    end = days_of(last, "to")[1] if last is not None else None
    if begin is not None and end is not None and begin > end:
        raise BadRequest("`from` phải trước `to`. / `from` must be before `to`.", **{"from": first, "to": last})
    if status is not None and status not in get_args(Status):
        raise _not_one_of("status", status, get_args(Status))
    if frequency is not None and frequency not in get_args(Frequency):
        raise _not_one_of("frequency", frequency, get_args(Frequency))
    if breakdown is not None and not 0 < len(fold(breakdown).split()) <= _MOST_WORDS:
        raise BadRequest(
            f"`breakdown` phải có từ 1 đến {_MOST_WORDS} chữ. / `breakdown` must have 1 to {_MOST_WORDS} words.",
            breakdown=breakdown[:200],
        )
    return Query(
        place=asked_place(place) if place is not None else None,
        first=begin,
        last=end,
        status=next((s for s in get_args(Status) if s == status), None),
        breakdown=breakdown,
        frequency=next((f for f in get_args(Frequency) if f == frequency), None),
    )


def _not_one_of(field: str, given: str, known: tuple[str, ...]) -> BadRequest:
    listed = ", ".join(known)
    return BadRequest(f"`{field}` phải là {listed}. / `{field}` must be {listed}.", **{field: given[:200]})


def indicator_named(catalogue: Catalogue, query: str) -> Indicator:
    """The entry that an id, a code or a name means.

    Raises:
        IndicatorUnknown: nothing is found.
        IndicatorAmbiguous: several may be meant; ``detail`` has ``suggestions``, best first.
    """
    asked = query.strip()
    by_id = next((i for i in catalogue.indicators if i.id == asked), None)
    if by_id is not None:
        return by_id
    hits = search(catalogue, asked)
    if not hits:
        raise IndicatorUnknown(
            f"Không có chỉ tiêu “{asked[:80]}”. / There is no indicator “{asked[:80]}”.", id=asked[:80], suggestions=[]
        )
    best, rest = hits[0], hits[1:]
    if not rest or (best.score >= _SAYS_JUST_THAT and best.score - rest[0].score > _LEAD):
        return best.indicator
    raise IndicatorAmbiguous(
        f"“{asked[:80]}” có thể là nhiều chỉ tiêu, hãy chọn mã của một. / "
        f"“{asked[:80]}” may be several indicators: choose the id of one.",
        indicator=asked[:80],
        suggestions=[_suggestion(hit) for hit in hits[:_SUGGESTED]],
    )


def _suggestion(hit: Hit) -> dict[str, str | float]:
    found = hit.indicator
    return {"id": found.id, "name_vi": found.name_vi, "name_en": found.name_en, "score": hit.score}


def placed(row: Row, query: Query) -> tuple[Place | None, tuple[Part, ...]] | None:
    """The place and the parts that a row is of, as asked for; None: it is not asked for.

    A row's place is its document's. Where another place is asked for, and the row has it among its parts, that is its place: what a
    province's report says of a district is the district's whole.
    """
    parts = tuple(part for part in row.breakdown if not _is_own(part, row.place))
    readings: list[tuple[Place | None, tuple[Part, ...]]] = [(row.place, parts)]
    own = next((part for part in reversed(parts) if part.kind == "place"), None)
    if own is not None and query.place is not None:
        readings.insert(0, (Place(own.code, own.text), tuple(part for part in parts if part is not own)))
    for place, rest in readings:
        is_there = query.place is None or (place is not None and query.place.matches(place.code, place.name))
        if is_there and _is_part_asked(rest, query.breakdown):
            return place, rest
    return None


def _is_own(part: Part, place: Place | None) -> bool:
    return part.kind == "place" and place is not None and Place(part.code, part.text).key == place.key


def _is_part_asked(parts: tuple[Part, ...], breakdown: str | None) -> bool:
    if breakdown is None:
        return not parts
    if breakdown == ALL:
        return True
    wanted, code = set(fold(breakdown).split()), usual_code(breakdown)
    for part in parts:
        if code is not None and part.code == code:
            return True
        words = fold(part.text).split()
        if wanted <= {*words, *map(unaccented, words)}:
            return True
    return False


def in_time(row: Row, query: Query) -> bool:
    """Whether a row's time lies within what is asked for; one that is not known does."""
    begin, end = row.start or row.end, row.end
    if begin is None or end is None:
        return True
    return (query.first is None or begin >= query.first) and (query.last is None or end <= query.last)
