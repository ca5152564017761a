"""What series are made of: rows of the table of observations, wherever they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import cast

from chitieu.asked import place_keys
from chitieu.catalogue.fold import fold
from chitieu.catalogue.parts import usual_code
from chitieu.catalogue.places import place_named
from chitieu.contract import BoundName, Form, Status
from chitieu.output.columns import Cell

_BETWEEN = " > "  # the parts of a cell that lists them
_SCALE = 12  # decimals of a data set's numbers: the database's are read to as many, so that both give the same
_EXACT = Context(prec=5000, rounding=ROUND_HALF_EVEN)  # the longest number that is read has 4,000 digits
_LAST_GROUP = re.compile(r"[.,](\d+)\D*$")


@dataclass(frozen=True, slots=True)
class Document:
    """The document of a row: its id where it is kept, its name, the time that it is about."""

    id: str
    name: str
    period: str | None
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place; two are the same where their keys are."""

    code: str | None
    name: str | None

    @property
    def key(self) -> str:
        known = place_named(fold(self.name)) if self.code is None and self.name else None
        return self.code or (known[0] if known is not None and known[0] else f"name {place_keys(self.name)[0]}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a row is of."""

    text: str
    kind: str
    code: str | None

    @property
    def key(self) -> str:
        return f"{self.kind} {self.code or fold(self.text)}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: one indicator, one breakdown, one period; `docs/exports.md` says what each column holds.

    ``place`` is the document's. ``number`` and ``upper`` keep the printed digits; other numbers have no zeros at their end.
    """

    document: Document
    observation: str | None
    place: Place | None
    breakdown: tuple[Part, ...]
    period: str | None
    start: date | None
    end: date | None
    status: Status
    text: str | None
    unit: str | None
    unit_id: str | None
    unit_factor: Decimal
    unit_dimension: str | None
    form: Form | None
    bound: BoundName | None
    number: Decimal | None
    upper: Decimal | None
    value: Decimal | None
    value_upper: Decimal | None
    attainments: str | None
    attainment_ratio: Decimal | None
    implied_target: Decimal | None
    implied_target_unit: str | None
    first: int | None
    last: int | None
    page: int | None
    sentence: str | None
    sentence_start: int | None
    sentence_end: int | None
    score: Decimal | None


def row_of(cells: Mapping[str, Cell], *, document_id: str, name: str) -> Row:
    """A row from the columns of the table of observations.

    Args:
        cells: typed; columns that are not known may be missing.
        document_id: the document's, where it is kept.
        name: the document's file.
    """

    def text(column: str) -> str | None:
        cell = cells.get(column)
        return str(cell) if cell is not None else None

    def number(column: str) -> Decimal | None:
        cell = cells.get(column)
        return _short(cell) if isinstance(cell, Decimal) else None

    def whole(column: str) -> int | None:
        cell = cells.get(column)
        return cell if isinstance(cell, int) else None

    def day(column: str) -> date | None:
        cell = cells.get(column)
        return cell if isinstance(cell, date) else None

    place = Place(text("place_code"), text("place_name"))
    printed, value = number("number"), number("value")
    form = cast("Form | None", text("form"))
    if printed is not None and form == "plain":
        printed = _as_printed(printed, text("level") or "")
    return Row(
        document=Document(
            document_id, name, text("document_period"), day("document_period_start"), day("document_period_end")
        ),
        observation=text("observation"),
        place=place if place.code or place.name else None,
        breakdown=_parts(text("breakdown"), text("breakdown_kind"), text("breakdown_code")),
        period=text("period"),
        start=day("period_start"),
        end=day("period_end"),
        status=cast(Status, text("status") or "actual"),
        text=text("level"),
        unit=text("unit"),
        unit_id=text("value_unit"),
        unit_factor=number("unit_factor") or Decimal(1),
        unit_dimension=text("unit_dimension"),
        form=form,
        bound=cast("BoundName | None", text("bound")),
        number=printed,
        upper=number("upper"),
        value=value if value is not None else number("number"),
        value_upper=number("value_upper"),
        attainments=text("attainments"),
        attainment_ratio=number("attainment_ratio"),
        implied_target=number("implied_target"),
        implied_target_unit=text("implied_target_unit"),
        first=whole("start"),
        last=whole("end"),
        page=whole("page"),
        sentence=text("sentence"),
        sentence_start=whole("sentence_start"),
        sentence_end=whole("sentence_end"),
        score=number("score"),
    )


def _parts(texts: str | None, kinds: str | None, place_code: str | None) -> tuple[Part, ...]:
    if not texts or not kinds:
        return ()
    names, of = texts.split(_BETWEEN), kinds.split(_BETWEEN)
    if len(names) != len(of):
        names, of = [texts], of[:1]  # a part's own words hold what parts them: which, is not told
    pairs = list(zip(names, of, strict=True))
    places = [text for text, kind in pairs if kind == "place"]
    return tuple(
        Part(text, kind, _place_code(text, place_code, len(places)) if kind == "place" else usual_code(text))
        for text, kind in pairs
    )


def _place_code(text: str, code: str | None, places: int) -> str | None:
    """The code of a place that a row is of: of several the table has that of one alone."""
    known = place_named(fold(text))
    return code if places == 1 or (known is not None and known[0] == code) else None


def _short(number: Decimal) -> Decimal:
    """Without zeros at the end, nor an exponent."""
    rounded = number.quantize(Decimal(1).scaleb(-_SCALE), context=_EXACT).normalize(_EXACT)
    return rounded.quantize(Decimal(1), context=_EXACT) if rounded == rounded.to_integral_value() else rounded


def _as_printed(number: Decimal, text: str) -> Decimal:
    """A number with the zeros that it is printed with behind the comma (`63,0`): a data set's columns do not keep them."""
    group = _LAST_GROUP.search(text)
    digits = "".join(c for c in text if c.isdecimal())
    if group is None or number.copy_abs().scaleb(len(group[1]), _EXACT) != Decimal(digits):
        return number
    return number.quantize(Decimal(1).scaleb(-len(group[1])), context=_EXACT)
