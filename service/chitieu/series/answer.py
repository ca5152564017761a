"""What a question for series is answered with, as pydantic models. Numbers are plain decimal strings; unknown is ``None``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.contract import BoundName, Status

Frequency = Literal[
    "annual", "semi_annual", "quarterly", "monthly", "nine_month", "to_date", "multi_year", "moment"
]  # fmt: skip
Reason = Literal["no_value", "no_period", "period_irregular"]
Decimals = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeriesIndicator(_Model):
    """The entry of the catalogue that the series are of."""

    id: str
    code: str | None = Field(description="Mã số chính thức / official code")
    name_vi: str
    name_en: str
    direction: str = Field(description="Chiều nào tốt hơn / which way is better")
    kind: str


class SeriesPlace(_Model):
    """A place."""

    code: str | None = Field(description="Mã đơn vị hành chính / administrative unit code")
    name: str | None


class SeriesPart(_Model):
    """A part that a series is of."""

    text: str
    kind: str
    code: str | None


class SeriesUnit(_Model):
    """The one unit of a series: that which most of its statements are printed in."""

    id: str | None = Field(description="Đơn vị gốc của `value` / id of the base unit, which `value` is in")
    text: str | None = Field(description="Đơn vị của `number`, như in / unit of `number`, as printed")
    factor: Decimals = Field(description="Một đơn vị in bằng bao nhiêu đơn vị gốc / what one of it is in base units")
    dimension: str | None


class SpokenPeriod(_Model):
    """A time in a text's words, first and last day (null: open or unknown)."""

    text: str | None
    start: date | None
    end: date | None


class PointPeriod(SpokenPeriod):
    """The time of a point; `label` is short, for an axis: `2021`, `Q1/2021`, `6T/2021`, `9T/2021`, `03/2021`, `31/12/2021`."""

    label: str


class StatedIn(_Model):
    """The document of a statement."""

    id: str
    name: str
    period: SpokenPeriod | None


class Statement(_Model):
    """A place in a document that states a value.

    Attributes:
        document: where; `id` is the stored document's (of a data set: the SHA-256 of the file).
        observation: the row of its table.
        text, unit: as printed.
        number, number_upper, value, value_upper: as those of a point; of a range its lower and upper end.
        difference: its number less the point's; None where both are the same, or the point has none.
        ratio: its value over the point's, to four decimals; None likewise.
        start, end: of the printed value; sentence_start, sentence_end: of its sentence; code points of the document's text.
    """

    document: StatedIn
    observation: str | None
    text: str | None
    unit: str | None
    number: Decimals | None
    number_upper: Decimals | None
    value: Decimals | None
    value_upper: Decimals | None
    bound: BoundName | None
    difference: Decimals | None
    ratio: Decimals | None
    start: int | None
    end: int | None
    page: int | None
    sentence: str | None
    sentence_start: int | None
    sentence_end: int | None
    score: Decimals | None


class Plan(_Model):
    """The plan that a value is held against.

    Attributes:
        source: `target`: stated for the same period; `implied`: what the text's own comparison gives.
        attainment: the point's value over it, to four decimals; None where that says nothing (a range, a plan that is not positive).
        statement: that of the target; of the comparison.
    """

    number: Decimals
    number_upper: Decimals | None
    value: Decimals
    bound: BoundName
    source: Literal["target", "implied"]
    attainment: Decimals | None
    statement: Statement


class StatedAttainment(_Model):
    """What a text itself says of value and plan; `statement` counts the point's `statements` from 0."""

    ratio: Decimals
    text: str | None
    statement: int


class Point(_Model):
    """One value of a period and a status.

    Attributes:
        number: in the series' `unit.text`; value: in the base unit.
        statements: those that hold this value, the newest document first; the first gives it.
        restatements: of documents of other periods that say another value, and of plans also of the same period.
        conflicts: of documents of the same period as the first, or of that document itself, that say another value.
    """

    period: PointPeriod
    status: Status
    number: Decimals
    number_upper: Decimals | None
    value: Decimals
    value_upper: Decimals | None
    bound: BoundName
    statements: list[Statement]
    restatements: list[Statement]
    conflicts: list[Statement]
    plan: Plan | None
    attainment_stated: StatedAttainment | None


class Summary(_Model):
    """A series in short: how many points, first and last day, how many points have restatements and conflicts."""

    points: int
    first: date
    last: date
    restated: int
    conflicting: int


class Series(_Model):
    """One place, one breakdown, one unit, one frequency.

    Attributes:
        id: follows from what the series is of: the same again is the same.
        breakdown: the parts, widest first; empty for the whole.
        months: how many months a period has; of `moment` the month at whose end it is, None for other days.
    """

    id: str
    place: SeriesPlace | None
    breakdown: list[SeriesPart]
    frequency: Frequency
    months: int | None
    unit: SeriesUnit | None
    points: list[Point]
    summary: Summary


class LeftOut(_Model):
    """A statement that is no point of any series, and why."""

    reason: Reason
    message: str
    statement: Statement


class SeriesAnswer(_Model):
    """The series of an indicator, that with most points first.

    Attributes:
        catalogue: version of the catalogue.
        documents: how many documents they come from.
        left_out: the first hundred; `left_out_more`: how many more.
    """

    indicator: SeriesIndicator
    catalogue: str
    documents: int
    series: list[Series]
    left_out: list[LeftOut]
    left_out_more: int
