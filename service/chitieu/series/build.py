"""From rows to series: put in order, in one unit, held against each other and against plans. `docs/series.md` says the rules."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple, get_args

from chitieu.catalogue.load import Catalogue, Indicator
from chitieu.contract import Status
from chitieu.figures.numbers import plain
from chitieu.figures.precision import half_printed, rounded
from chitieu.series.answer import (
    Frequency,
    LeftOut,
    Plan,
    Point,
    PointPeriod,
    Reason,
    Series,
    SeriesAnswer,
    SeriesIndicator,
    SeriesPart,
    SeriesPlace,
    SeriesUnit,
    SpokenPeriod,
    StatedAttainment,
    StatedIn,
    Statement,
    Summary,
)
from chitieu.series.periods import Kind, kind_of, label_of
from chitieu.series.query import Query, in_time, placed
from chitieu.series.rows import Document, Part, Place, Row

_MOST_LEFT_OUT = 100
_DECIMALS = 12  # of what is computed
_RATIO_DECIMALS = 4
_EVERY_YEAR = "/year"
_STATUSES: tuple[Status, ...] = get_args(Status)
_FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
_WHY: dict[Reason, str] = {
    "no_value": "Không có giá trị bằng số. / There is no value in numbers.",
    "no_period": "Không rõ thời kỳ. / The time is not known.",
    "period_irregular": "Thời kỳ không tròn tháng, quý hay năm. / The time is no month, quarter, year or the like.",
}


class _Of(NamedTuple):
    """What a series is of, by keys: two rows with the same are of one line."""

    place: str
    breakdown: tuple[str, ...]
    unit: str
    kind: Kind


class _Placed(NamedTuple):
    row: Row
    place: Place | None
    parts: tuple[Part, ...]


def series_of(catalogue: Catalogue, indicator: Indicator, rows: Iterable[Row], query: Query) -> SeriesAnswer:
    """The series of an indicator.

    Args:
        catalogue: that the indicator is of.
        indicator: that all rows are linked to.
        rows: in any order; those that are not asked for are passed over.
        query: what is asked for.
    """
    groups: dict[_Of, list[_Placed]] = defaultdict(list)
    left: list[tuple[Reason, Row]] = []
    for row in rows:
        found = placed(row, query)
        if found is None or not in_time(row, query):
            continue
        place, parts = found
        kind = kind_of(row.start, row.end) if row.end is not None else None
        if query.frequency is not None and (kind is None or kind.frequency != query.frequency):
            continue
        if row.value is None or row.end is None or kind is None:
            if query.status in (None, row.status):
                left.append((_reason(row), row))
            continue
        of = _Of(place.key if place else "", tuple(p.key for p in parts), _unit_key(row, kind), kind)
        groups[of].append(_Placed(row, place, parts))
    made = [_series(indicator, of, group, query.status) for of, group in groups.items()]
    made = sorted((one for one in made if one.points), key=_order)
    documents = {s.document.id for one in made for point in one.points for s in _all(point)}
    left.sort(key=lambda one: _newest_first(one[1]))
    return SeriesAnswer(
        indicator=SeriesIndicator(
            id=indicator.id,
            code=indicator.code or None,
            name_vi=indicator.name_vi,
            name_en=indicator.name_en,
            direction=indicator.direction,
            kind=indicator.kind,
        ),
        catalogue=catalogue.version,
        documents=len(documents),
        series=made,
        left_out=[
            LeftOut(reason=reason, message=_WHY[reason], statement=_statement(row, None, _unit([row])))
            for reason, row in left[:_MOST_LEFT_OUT]
        ],
        left_out_more=max(0, len(left) - _MOST_LEFT_OUT),
    )


def _reason(row: Row) -> Reason:
    if row.value is None:
        return "no_value"
    return "no_period" if row.end is None else "period_irregular"


def _all(point: Point) -> list[Statement]:
    return [*point.statements, *point.restatements, *point.conflicts]


def _order(one: Series) -> tuple[object, ...]:
    place = one.place
    return (
        -len(one.points),
        _FREQUENCIES.index(one.frequency),
        (place.name or place.code or "") if place is not None else "",
        [part.text for part in one.breakdown],
        one.id,
    )


def _unit_key(row: Row, kind: Kind) -> str:
    """What can be compared: a rank with no number of things, a number of things with those of the same base unit."""
    if row.form == "rank":
        return "rank"
    key = row.unit_id or row.unit_dimension or _words(row.unit).casefold()
    # `triệu đồng/người/năm` says no more of a year's value than `triệu đồng/người`.
    return key.removesuffix(_EVERY_YEAR) if kind.frequency == "annual" else key


def _series(indicator: Indicator, of: _Of, group: Sequence[_Placed], status: Status | None) -> Series:
    group = sorted(group, key=lambda one: _newest_first(one.row))
    newest = group[0]
    unit = _unit([one.row for one in group])
    by_point: dict[tuple[date, date, Status], list[Row]] = defaultdict(list)
    for one in group:
        row = one.row
        if row.end is not None:
            by_point[row.start or row.end, row.end, row.status].append(row)
    stated = {key: _split(rows) for key, rows in by_point.items()}
    points: list[Point] = []
    for key in sorted(stated, key=lambda k: (k[1], k[0], _STATUSES.index(k[2]))):
        start, end, its_status = key
        if status in (None, its_status):
            target = stated.get((start, end, "target")) if its_status != "target" else None
            points.append(_point(stated[key], target.same[0] if target else None, unit))
    told = "\n".join([indicator.id, of.place, *of.breakdown, of.unit, of.kind.frequency, str(of.kind.months)])
    days = [(point.period.start or point.period.end, point.period.end) for point in points]
    return Series(
        id=hashlib.sha256(told.encode()).hexdigest()[:16],
        place=SeriesPlace(code=newest.place.code, name=newest.place.name) if newest.place is not None else None,
        breakdown=[SeriesPart(text=part.text, kind=part.kind, code=part.code) for part in newest.parts],
        frequency=of.kind.frequency,
        months=of.kind.months,
        unit=unit,
        points=points,
        summary=Summary(
            points=len(points),
            first=min((first for first, _ in days if first), default=date.min),
            last=max((last for _, last in days if last), default=date.min),
            restated=sum(bool(point.restatements) for point in points),
            conflicting=sum(bool(point.conflicts) for point in points),
        ),
    )


def _unit(rows: Sequence[Row]) -> SeriesUnit | None:
    """The unit that most rows are printed in, the newest of equals; None where they have none."""
    factors = Counter(row.unit_factor for row in rows)
    usual = [row for row in rows if factors[row.unit_factor] == max(factors.values())]
    texts = Counter((row.unit_factor, _words(row.unit)) for row in usual)
    row = max(usual, key=lambda one: texts[one.unit_factor, _words(one.unit)])  # the first of equals
    if row.unit is None and row.unit_id is None:
        return None
    return SeriesUnit(
        id=row.unit_id,
        text=_words(row.unit) or None,
        factor=plain(row.unit_factor),
        dimension=row.unit_dimension,
    )


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


class _Stated(NamedTuple):
    """The rows of a point: those that hold its value, the first of which gives it; others."""

    same: list[Row]
    restated: list[Row]
    conflicting: list[Row]


def _split(rows: list[Row]) -> _Stated:
    """Rows of one point, the newest first, by how they stand to the first."""
    chosen = rows[0]
    out = _Stated([chosen], [], [])
    for row in rows[1:]:
        if _same_value(chosen, row):
            out.same.append(row)
        elif row.status != "target" and row.document.end == chosen.document.end:
            out.conflicting.append(row)
        else:
            out.restated.append(row)  # two plans of one time may be of two bodies, or one for each case
    return out


def _newest_first(row: Row) -> tuple[object, ...]:
    """Order of rows: by the end of the document's period, then the exact and finely printed before the rough."""
    newest = row.document.end.toordinal() if row.document.end is not None else 0
    return (
        -newest,
        row.bound != "exact",
        _half(row),
        row.document.name,
        row.first or 0,
        row.observation or "",
        row.document.id,
    )


def _half(row: Row) -> Decimal:
    """Half a unit of the last printed digit, in the base unit."""
    if row.number is None:
        return Decimal(0)
    return half_printed(f"{row.number:f}", row.bound or "exact", row.unit_factor)


def _same_value(one: Row, other: Row) -> bool:
    """Whether two values can be roundings of one, as `chitieu.figures.precision.same_quantity` has it."""
    if one.value is None or other.value is None or one.value_upper != other.value_upper:
        return False
    return one.value == other.value or abs(one.value - other.value) <= max(_half(one), _half(other))


def _point(stated: _Stated, target: Row | None, unit: SeriesUnit | None) -> Point:
    chosen = stated.same[0]
    value, end = _known(chosen.value), chosen.end
    if end is None:
        raise ValueError("a point has an end")
    return Point(
        period=PointPeriod(text=chosen.period, label=label_of(chosen.start, end), start=chosen.start, end=end),
        status=chosen.status,
        number=f"{_in_unit(chosen, value, unit):f}",
        number_upper=_upper(chosen, unit),
        value=plain(value),
        value_upper=_text(chosen.value_upper),
        bound=chosen.bound or "exact",
        statements=[_statement(row, chosen, unit) for row in stated.same],
        restatements=[_statement(row, chosen, unit) for row in stated.restated],
        conflicts=[_statement(row, chosen, unit) for row in stated.conflicting],
        plan=_plan(stated.same, target, unit) if chosen.status != "target" else None,
        attainment_stated=next(
            (
                StatedAttainment(ratio=plain(row.attainment_ratio), text=row.attainments, statement=at)
                for at, row in enumerate(stated.same)
                if row.attainment_ratio is not None
            ),
            None,
        ),
    )


def _plan(rows: Sequence[Row], target: Row | None, unit: SeriesUnit | None) -> Plan | None:
    """The plan of a point: stated for its period, else that which the text's own comparison gives."""
    chosen = rows[0]
    if target is not None:
        value = _known(target.value)
        return Plan(
            number=f"{_in_unit(target, value, unit):f}",
            number_upper=_upper(target, unit),
            value=plain(value),
            bound=target.bound or "exact",
            source="target",
            attainment=_attainment(chosen, value, target.value_upper),
            statement=_statement(target, None, unit),
        )
    for row in rows:
        if row.implied_target is not None and row.implied_target_unit == row.unit_id:
            value = row.implied_target
            return Plan(
                number=plain(rounded(_divided(value, _factor(unit)), _RATIO_DECIMALS)),
                number_upper=None,
                value=plain(value),
                bound="about",
                source="implied",
                attainment=_attainment(chosen, value, None),
                statement=_statement(row, chosen, unit),
            )
    return None


def _attainment(row: Row, plan: Decimal, plan_upper: Decimal | None) -> str | None:
    if row.value is None or row.value_upper is not None or plan_upper is not None or plan <= 0:
        return None
    return plain(rounded(_divided(row.value, plan), _RATIO_DECIMALS))


def _statement(row: Row, chosen: Row | None, unit: SeriesUnit | None) -> Statement:
    """What a row says; against the row that gives the point its value, where it says another."""
    difference = ratio = None
    number = _in_unit(row, row.value, unit) if row.value is not None else None
    if chosen is not None and row.value is not None and chosen.value is not None and not _same_value(chosen, row):
        difference = plain(_divided(row.value - chosen.value, _factor(unit)))
        ratio = plain(rounded(_divided(row.value, chosen.value), _RATIO_DECIMALS)) if chosen.value > 0 else None
    return Statement(
        document=_document(row.document),
        observation=row.observation,
        text=row.text,
        unit=row.unit,
        number=_text(number),
        number_upper=_upper(row, unit),
        value=_text(row.value),
        value_upper=_text(row.value_upper),
        bound=row.bound,
        difference=difference,
        ratio=ratio,
        start=row.first,
        end=row.last,
        page=row.page,
        sentence=row.sentence,
        sentence_start=row.sentence_start,
        sentence_end=row.sentence_end,
        score=_text(row.score),
    )


def _document(document: Document) -> StatedIn:
    spoken = SpokenPeriod(text=document.period, start=document.start, end=document.end)
    is_known = document.period is not None or document.end is not None
    return StatedIn(id=document.id, name=document.name, period=spoken if is_known else None)


def _in_unit(row: Row, value: Decimal, unit: SeriesUnit | None) -> Decimal:
    """A row's value in the series' unit: with its printed digits where that is what it is printed in."""
    factor = _factor(unit)
    return row.number if row.number is not None and row.unit_factor == factor else _divided(value, factor)


def _upper(row: Row, unit: SeriesUnit | None) -> str | None:
    return plain(_divided(row.value_upper, _factor(unit))) if row.value_upper is not None else None


def _factor(unit: SeriesUnit | None) -> Decimal:
    return Decimal(unit.factor) if unit is not None else Decimal(1)


def _divided(value: Decimal, by: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return rounded(value / by, _DECIMALS).normalize()


def _known(value: Decimal | None) -> Decimal:
    if value is None:
        raise ValueError("a point has a value")
    return value


def _text(value: Decimal | None) -> str | None:
    return f"{value:f}" if value is not None else None  # with the printed digits, if it is a printed number
