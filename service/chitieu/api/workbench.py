"""Bodies of the workbench: what is sent to projects and tasks, and how they are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.annotation.agreement import Agreement, Links
from chitieu.annotation.corrections import Origin, ShownSpan
from chitieu.annotation.document import can_link
from chitieu.annotation.operations import NAME, Operation, SpanState
from chitieu.contract import Check, Figure, Notice, Observation
from chitieu.errors import BadRequest
from chitieu.store.aliases import Decision
from chitieu.store.corrections import CorrectionInfo
from chitieu.store.projects import Order, ProjectInfo
from chitieu.store.tasks import TaskDocument, TaskInfo

_MOST_GUIDELINES = 200_000
ProjectName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"\S", description="Tên dự án / the project's name")
]
Guidelines = Annotated[
    str | None,
    Field(
        max_length=_MOST_GUIDELINES,
        description="Hướng dẫn gán nhãn, hoặc địa chỉ của nó / guidelines, or where they are",
    ),
]
QueueOrder = Annotated[
    Order, Field(description="`learn`: dạy được nhiều nhất trước / what teaches most first; `added`: as added")
]
EventName = Annotated[str, Field(pattern=NAME)]
DocumentId = Annotated[str, Field(min_length=1, max_length=64)]
AccountName = Annotated[str, Field(min_length=1, max_length=100)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewProject(_Sent):
    """A project to be made."""

    name: ProjectName
    guidelines: Guidelines = None
    order: QueueOrder = "learn"


class ProjectChange(_Sent):
    """What of a project is to be changed; what is left out stays."""

    name: ProjectName = ""
    guidelines: Guidelines = None
    order: QueueOrder = "learn"


class NewTasks(_Sent):
    """Stored documents that are to be annotated, and by whom."""

    documents: list[DocumentId] = Field(
        min_length=1, max_length=500, description="Mã tài liệu đã lưu / ids of stored documents"
    )
    assign: list[AccountName | None] = Field(
        default=[None],
        min_length=1,
        max_length=10,
        description="Mỗi mục một bản gán nhãn; null: ai nhận cũng được / an annotation for each; null: whoever takes it",
    )
    blind: bool | None = Field(
        None,
        description="Không ai thấy bản kia trước khi cả hai xong; mặc định: khi có nhiều bản / "
        "neither sees the other's before both are done; default: where there are several",
    )


class Nothing(_Sent):
    """An empty body."""


class TaskChange(_Sent):
    """What of a task is to be changed; what is left out stays."""

    assignee: AccountName | None = Field(None, description="Giao cho ai; null: không ai / whose it is; null: nobody's")
    state: Literal["begun", "done"] = Field(
        "begun", description="`done`: xong / done; `begun`: làm tiếp / opened again"
    )


class NewAdjudication(_Sent):
    """A document whose two annotations are to be decided between."""

    document: DocumentId = Field(description="Mã tài liệu / id of the document")
    assignee: AccountName | None = Field(None, description="Giao cho ai / whose it is")


class SentEvent(_Sent):
    """An operation with an id that the client made: sent again, it is the same."""

    id: EventName = Field(description="Mã do máy khách đặt / the client's own id")
    operation: Operation = Field(description="Việc sửa / what is done")


class SentCorrections(_Sent):
    """Corrections of a task, in order."""

    revision: int = Field(
        ge=0, le=2**31 - 1, description="Lần sửa cuối đã thấy / the last correction that the client knows"
    )
    client: EventName = Field(description="Mã của cửa sổ đang mở / the client's window")
    events: list[SentEvent] = Field(min_length=1, max_length=500, description="Các việc sửa / the corrections")


class AliasDecisionSent(_Sent):
    """What is decided on a proposed name."""

    decision: Decision = Field(description="`accepted`: nhận / taken; `refused`: không nhận / not taken")
    alone: bool = Field(
        True,
        description="Tên chỉ đúng chỉ tiêu này ở mọi nơi; sai: chỉ dưới đúng tiêu đề / "
        "the name means the entry wherever it is read; false: only under the right heading",
    )


class ProjectList(BaseModel):
    """All projects, the newest first."""

    projects: list[ProjectInfo]


class TaskList(BaseModel):
    """Tasks that were added, or were there already."""

    tasks: list[TaskInfo]


class TaskPage(TaskList):
    """Some of a project's tasks, as they were added."""

    next: str | None = Field(description="`cursor` của trang sau; null: hết / of the next page; null: there is none")


class AnnotatorList(BaseModel):
    """Whom tasks may be given to."""

    annotators: list[str]


class NextTask(BaseModel):
    """The task that comes next; null: there is none for who asks."""

    task: TaskInfo | None


class NamedEntry(BaseModel):
    """An entry of the catalogue, or `none`: the catalogue has no such indicator."""

    id: str
    name: str | None


class TaskSpan(BaseModel):
    """A span of an annotation. An INDICATOR has `in`, all others `of`."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: str
    label: str
    start: int
    end: int
    score: float | None
    link_score: float | None
    of: str | None = None
    in_: str | None = Field(default=None, alias="in")
    entry: NamedEntry | None
    alias: str | None
    state: SpanState
    origin: Origin
    changed: bool
    phrase: str | None


class TaskSection(BaseModel):
    """A part of the text, and the headings above it, widest first."""

    start: int
    end: int
    path: list[str]


class Side(BaseModel):
    """One of the two annotations that an adjudication decides between."""

    task: TaskInfo
    spans: list[TaskSpan]


class TaskWhole(BaseModel):
    """A task with its text and its annotation, now or at some time."""

    task: TaskInfo
    revision: int
    writable: bool
    text: str
    sections: list[TaskSection]
    guidelines: str | None
    spans: list[TaskSpan]
    sides: list[Side] | None


class TaskTable(BaseModel):
    """Figures, observations and checks of an annotation; span ids are the task's."""

    revision: int
    figures: list[Figure]
    observations: list[Observation]
    checks: list[Check]
    warnings: list[Notice]


class CorrectionsMade(BaseModel):
    """What came of corrections that were sent."""

    revision: int
    corrections: list[CorrectionInfo]
    between: list[CorrectionInfo]
    spans: list[TaskSpan]
    gone: list[str]


class CorrectionPage(BaseModel):
    """Corrections of a task behind a number, in order."""

    revision: int
    state: str
    corrections: list[CorrectionInfo]


class LabelAgreement(BaseModel):
    """How many spans of a label either has, and how far they agree (F1); null: neither has any."""

    first: int
    second: int
    strict: float | None
    relaxed: float | None


class LinkAgreement(BaseModel):
    """Of the spans that both have, how many are linked alike; null: they share none."""

    shared: int
    same: int
    accuracy: float | None


class AgreementTold(BaseModel):
    """How far two annotations agree: spans by label and under `all`, links of figures and phrases, links of indicators."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    spans: dict[str, LabelAgreement]
    of: LinkAgreement
    in_: LinkAgreement = Field(alias="in")

    @classmethod
    def told(cls, found: Agreement) -> AgreementTold:
        def links(one: Links) -> LinkAgreement:
            return LinkAgreement(shared=one.shared, same=one.same, accuracy=one.accuracy)

        spans = {
            label: LabelAgreement(first=row.first, second=row.second, strict=row.strict, relaxed=row.relaxed)
            for label, row in found.spans.items()
        }
        return cls(spans=spans, of=links(found.of), in_=links(found.within))


class DocumentAgreement(BaseModel):
    """How far the two annotations of one document agree, and the task that decides between them."""

    document: TaskDocument
    tasks: list[str]
    by: list[str | None]
    agreement: AgreementTold
    adjudication: str | None


class ProjectAgreement(BaseModel):
    """How far the annotations of a project agree, of the documents that two have done."""

    documents: int
    total: AgreementTold
    each: list[DocumentAgreement]


def shown_span(one: ShownSpan, names: dict[str, str]) -> TaskSpan:
    """A span as it is shown; ``names`` are those of the catalogue's entries, by id."""
    span = one.span
    is_indicator = span.label == "INDICATOR"
    return TaskSpan(
        id=span.id,
        label=span.label,
        start=span.start,
        end=span.end,
        score=span.score,
        link_score=span.link_score if can_link(span.label) else None,
        of=None if is_indicator else one.to,
        in_=one.to if is_indicator else None,
        entry=NamedEntry(id=span.entry, name=names.get(span.entry))
        if span.entry is not None and is_indicator
        else None,
        alias=span.alias if is_indicator else None,
        state=span.state,
        origin=span.origin,
        changed=one.changed,
        phrase=one.phrase,
    )


def moment_of(at: datetime | None) -> datetime | None:
    """A time that was asked for, in UTC, as is one without a zone.

    Raises:
        BadRequest: it is at the very end of what can be told, and in UTC beyond it.
    """
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise BadRequest(
            "Thời điểm không hợp lệ. / Not a time that can be asked for.",
            problems=[{"where": "query.at", "what": str(error)}],
        ) from error
