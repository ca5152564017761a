"""What the gate says, as pydantic models: `gate.json`. What is measured as a part of 1 is one; times are seconds, memory MiB."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.evaluation.gate.limits import Limits

Verdict = Literal["worse", "doubtful", "same", "better", "not_judged"]
ReasonCode = Literal["test_set_too_small", "offsets", "regression", "calibration", "speed", "memory", "size"]
NoticeCode = Literal["same_model", "regression_doubtful", "loss_may_be_unseen", "not_judged"]
ChangeKind = Literal["missed", "extra", "value", "unit", "kind", "link"]
SpanVerdict = Literal["right", "wrong", "extra", "missed"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class OffsetFault(_Model):
    """A span or figure that does not stand where it says."""

    document: str
    fault: str
    id: str
    start: int
    end: int


class Side(_Model):
    """A model and what it costs. ``sha256``: of all that its answers follow from. ``peak_mib``: null where it cannot be measured."""

    name: str
    version: str
    sha256: str
    bytes: int
    seconds: float = Field(description="median over rounds of reading all documents once")
    peak_mib: float | None
    offset_faults: int
    first_offset_faults: list[OffsetFault]


class TestSet(_Model):
    """The documents; ``sha256`` is of their texts and annotation, whatever their order, names and format."""

    __test__ = False  # pytest takes the name for a test's

    documents: int
    characters: int
    spans: int
    figures: int
    sha256: str


class Comparison(_Model):
    """One quantity of both models.

    ``difference`` is candidate less current, [``low``, ``high``] its interval, ``highest`` what it is at most of all judged ones at once,
    ``detectable`` the smallest loss that would be seen. ``gold``: what there is of it to get right, in so many ``documents``.
    """

    name: str
    title_vi: str
    title_en: str
    gold: int
    documents: int
    current: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    highest: float | None
    detectable: float | None
    verdict: Verdict


class SpeedRatio(_Model):
    """Candidate's time over current's: the median over documents, and its interval."""

    ratio: float
    low: float
    high: float


class Reason(_Model):
    """Why it is refused, or what should be known of it. ``documents``: names of those that are to blame, the worst first."""

    code: ReasonCode | NoticeCode
    message_vi: str
    message_en: str
    measure: str | None = None
    documents: list[str] = []


class DocumentResult(_Model):
    """One document.

    ``measures``: from a measure's name to [right, of, right, of], of the current model and of the candidate; an F1 is right / of with
    hits counted twice. ``errors``: spans missed or made up and figures not complete, current and candidate. ``worse``:
    the measures with more errors.
    """

    name: str
    sha256: str
    characters: int
    measures: dict[str, tuple[int, int, int, int]]
    errors: tuple[int, int]
    worse: list[str]
    seconds: tuple[float, float]


class Mark(_Model):
    """A span as it is shown: of the gold ``right`` or ``missed``, of an answer ``right``, ``wrong`` (edge or label) or ``extra``."""

    label: str
    start: int
    end: int
    verdict: SpanVerdict = "right"


class Change(_Model):
    """What one model has right and the other has not; ``lost``: the current one has it right.

    ``kind``: a gold span that is ``missed``, one made up (``extra``), or the ``value``, ``unit``, ``kind`` or ``link`` of a figure that
    both have found. ``label`` is the span's, or that of the figure's number.
    """

    kind: ChangeKind
    lost: bool
    label: str
    start: int
    end: int


class View(_Model):
    """A document as both models read it."""

    name: str
    text: str
    gold: list[Mark]
    current: list[Mark]
    candidate: list[Mark]
    changes: list[Change]


class GateReport(_Model):
    """The whole. ``views``, for the page, are of the documents that got worse, and stay out of the JSON: it holds no text."""

    schema_: Literal["chitieu-gate/1"] = Field("chitieu-gate/1", alias="schema")
    decision: Literal["pass", "refuse"]
    reasons: list[Reason]
    notices: list[Reason]
    created: datetime
    candidate: Side
    current: Side
    test_set: TestSet
    measures: list[Comparison]
    calibration: list[Comparison]
    speed: SpeedRatio
    documents: list[DocumentResult]
    limits: Limits
    views: list[View] = Field(default=[], exclude=True, repr=False)
