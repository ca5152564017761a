"""What may be done to an annotation, as it is sent, stored and undone: each operation changes one span."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

NO_ENTRY = "none"  # an annotator says that the catalogue has no such indicator
NAME = r"^[A-Za-z0-9._:\-]{1,64}$"
LiveState = Literal["suggested", "confirmed"]
SpanState = Literal["suggested", "confirmed", "rejected"]

Name = Annotated[str, Field(pattern=NAME, description="Mã của nhãn / id of the span")]
Offset = Annotated[int, Field(ge=0, le=2**31 - 1, description="Vị trí, theo ký tự / offset in code points")]
Entry = Annotated[
    str, Field(max_length=200, description="Mã chỉ tiêu trong danh mục, hoặc `none` / id of an entry, or `none`")
]
Target = Annotated[str | None, Field(pattern=NAME, description="Mã của chỉ tiêu / id of the INDICATOR; null: of none")]
LabelName = Annotated[str, Field(max_length=20, description="Nhãn / label")]


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    span: Name


class Add(_Operation):
    """A new span, whose id the client makes. The same again after `remove` brings it back."""

    op: Literal["add"]
    label: LabelName
    start: Offset
    end: Offset
    to: Target = None
    entry: Entry | None = None


class Remove(_Operation):
    """The span goes; it stays in the history."""

    op: Literal["remove"]


class Change(_Operation):
    """Another label, other ends, or both."""

    op: Literal["change"]
    label: LabelName | None = None
    start: Offset | None = None
    end: Offset | None = None
    state: LiveState = "confirmed"


class Link(_Operation):
    """`of` of a figure or phrase, `in` of an indicator. `dormant`: also to a span that cannot be linked to now; it counts once it can."""

    op: Literal["link"]
    to: Target
    dormant: bool = False
    state: LiveState = "confirmed"


class SetEntry(_Operation):
    """The catalogue's entry of an INDICATOR, and words that are proposed as a new name of it."""

    op: Literal["entry"]
    entry: Entry | None
    alias: Annotated[str, Field(max_length=300)] | None = None
    state: LiveState = "confirmed"


class Accept(_Operation):
    """The span is right."""

    op: Literal["accept"]


class Reject(_Operation):
    """The span is wrong: it is shown, but it is in no table and no export."""

    op: Literal["reject"]


class Restore(_Operation):
    """Back from removed or rejected; without `state` as it began."""

    op: Literal["restore"]
    state: SpanState | None = None


Operation = Annotated[Add | Remove | Change | Link | SetEntry | Accept | Reject | Restore, Field(discriminator="op")]
OPERATION: TypeAdapter[Operation] = TypeAdapter(Operation)
