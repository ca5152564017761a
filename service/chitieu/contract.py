"""The answer of `POST /v1/extract` and of `chitieu extract --format json`, as pydantic models.

Offsets are code points of the text as the client sent it, half-open. Numbers are plain decimal strings. Unknown is ``None``.
Every step behind the tagger speaks in these types, so that what is computed and what is answered cannot drift apart.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA: Literal["chitieu/1"] = "chitieu/1"

MentionLabel = Literal["INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD"]
PhraseLabel = Literal["ATTAINMENT", "CHANGE", "SHARE"]
Label = Literal["INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD", "ATTAINMENT", "CHANGE", "SHARE"]
Kind = Literal["level", "change", "share", "attainment"]
Form = Literal["plain", "range", "fraction", "rank", "words"]
BoundName = Literal["exact", "about", "more_than", "at_least", "less_than", "at_most"]
Direction = Literal["up", "down", "flat", "reached", "exceeded", "missed"]
Measure = Literal["relative", "points", "amount"]
Status = Literal["actual", "estimate", "target"]
PartKind = Literal["place", "area", "sector", "sex", "ethnicity", "body", "item"]
Relation = Literal["equal", "at_most"]
MENTION_LABELS: tuple[MentionLabel, ...] = ("INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD")
PHRASE_LABELS: tuple[PhraseLabel, ...] = ("ATTAINMENT", "CHANGE", "SHARE")


class Model(BaseModel):
    """Base of the contract: unknown fields are a programming error, attributes may be named in Python or as in the JSON."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)


class TextRange(Model):
    """A place in the text: offsets, half-open."""

    start: int
    end: int


class Place(Model):
    """A place: its words, and the code and name of the administrative unit list where known.

    ``read_from`` is where a document's own place stands in its text.
    """

    text: str
    code: str | None = None
    name: str | None = None
    read_from: TextRange | None = None


class Period(Model):
    """A time: the words it was read from, first and last day (ISO 8601 dates, both inclusive; None: open or unknown).

    ``read_from`` is where a document's own period stands in its text.
    """

    text: str
    start: str | None = None
    end: str | None = None
    read_from: TextRange | None = None


class Page(Model):
    """A page of a file, counted from 1, and the range of its text."""

    number: int
    start: int
    end: int


class Encoding(Model):
    """What a range of the text was written in, and how sure that is (0 to 1)."""

    start: int
    end: int
    encoding: str
    score: float


class Document(Model):
    """What was read. ``length`` counts code points; ``sha256`` is of the text in UTF-8.

    ``text`` is there for a file, where it had to be decoded, and on request; the rest is there for files alone: their kind, SHA-256 of
    their bytes, pages (PDF), and the encodings that their parts were in. ``stored`` is the id of the stored document, where it was stored.
    """

    id: str
    sha256: str
    length: int
    place: Place | None = None
    period: Period | None = None
    text: str | None = None
    kind: str | None = None
    file_sha256: str | None = None
    pages: list[Page] | None = None
    encodings: list[Encoding] | None = None
    stored: str | None = None


class ModelInfo(Model):
    """What read it."""

    name: str
    version: str
    catalogue: str


class Span(Model):
    """A mention or phrase that the tagger saw. ``of`` (figures and phrases) and ``in`` (indicators) name span ids.

    ``score`` is the probability that label, start and end are right, ``link_score`` that ``of`` or ``in`` is if the span is; null
    where a span has no governor of its own.
    """

    id: str
    label: Label
    start: int
    end: int
    text: str
    score: float
    link_score: float | None = None
    of: str | None = None
    in_: str | None = Field(default=None, alias="in")


class Unit(Model):
    """A unit: printed words, canonical id, factor to the base unit of its dimension (decimal string)."""

    text: str
    id: str | None = None
    factor: str | None = None
    dimension: str | None = None
    shared: bool = False


class TableUnit(Unit):
    """The unit of a number in a table, and where it is printed: in its row, at the head of its column or above the table."""

    start: int
    end: int


class Target(Model):
    """The plan value that an attainment implies."""

    value: str
    unit: str | None = None


class Reference(Model):
    """What an attainment stands against: the words, kind, who issued it; inherited when the words stand in an earlier clause."""

    text: str | None = None
    kind: str | None = None
    issuer: str | None = None
    inherited: bool = False


class Base(Model):
    """What a change is compared with."""

    text: str | None = None
    kind: str | None = None
    period: Period | None = None
    inherited: bool = False


class Figure(Model):
    """One QUANTITY or PERCENT, or one ATTAINMENT without a number (then ``number`` is None).

    ``unit`` is what is printed with the number; ``table_unit`` what a table says of it elsewhere, None where ``unit`` is known.
    ``settled_by`` are the figures whose arithmetic decided between two readings of this one; empty where its words alone do.
    """

    id: str
    start: int
    end: int
    text: str
    kind: Kind
    form: Form = "plain"
    number: str | None = None
    upper: str | None = None
    denominator: str | None = None
    bound: BoundName = "exact"
    unit: Unit | None = None
    table_unit: TableUnit | None = None
    value: str | None = None
    value_upper: str | None = None
    indicator: str | None = None
    phrase: str | None = None
    direction: Direction | None = None
    ratio: str | None = None
    measure: Measure | None = None
    implied_target: Target | None = None
    reference: Reference | None = None
    base: Base | None = None
    period: Period | None = None
    status: Status = "actual"
    settled_by: list[str] = []
    score: float = 0.0

    @property
    def known_unit(self) -> Unit | None:
        """The unit that ``value`` was computed with, wherever it is printed."""
        return self.unit or self.table_unit


class CatalogueLink(Model):
    """The catalogue entry of an indicator, and how sure the link is (0 to 1)."""

    id: str
    code: str | None = None
    name: str
    score: float


class Part(Model):
    """A part that an indicator is broken down by: `gạo` of exports, `khu vực II` of growth, `nữ` of party members.

    ``span`` is the INDICATOR that names it. Of a place ``code`` and ``name`` are those of the administrative unit list; a usual part has a
    ``code`` that all its names share (`dịch vụ` and `khu vực III` are `services`).
    """

    text: str
    kind: PartKind = "item"
    span: str | None = None
    code: str | None = None
    name: str | None = None


class ObservedIndicator(Model):
    """An indicator as the text names it: ``path`` from the widest subject to the indicator itself.

    ``breakdown`` are the parts of the path that the catalogue's entry does not name, widest first; empty where it names all.
    """

    text: str
    path: list[str]
    spans: list[str]
    catalogue: CatalogueLink | None = None
    breakdown: list[Part] = []


class Observation(Model):
    """A row of the table: one indicator, one period. Members are figure ids."""

    id: str
    indicator: ObservedIndicator
    section: list[str] = []
    period: Period | None = None
    status: Status = "actual"
    level: str | None = None
    repeats: list[str] = []
    changes: list[str] = []
    shares: list[str] = []
    attainments: list[str] = []


class Check(Model):
    """Arithmetic that the text itself allows: what it states, what the other figures compute to.

    ``relation`` is how ``stated`` should stand to ``computed``, within what the printed digits leave open.
    """

    kind: str
    figures: list[str]
    relation: Relation = "equal"
    stated: str
    computed: str
    ok: bool


class Notice(Model):
    """Something a reader of the answer should know; offsets where it has a place in the text."""

    code: str
    message: str
    start: int | None = None
    end: int | None = None


class Extraction(Model):
    """The whole answer."""

    schema_: Literal["chitieu/1"] = Field(default=SCHEMA, alias="schema")
    document: Document
    model: ModelInfo
    spans: list[Span]
    figures: list[Figure]
    observations: list[Observation]
    checks: list[Check]
    warnings: list[Notice]
