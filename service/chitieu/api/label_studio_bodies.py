"""What Label Studio sends to a machine-learning backend, and what it is answered. It may send more, which is not looked at."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_CONFIG = 1_000_000
_RESULT = "Nhãn và quan hệ, như `chitieu export --format label-studio` / regions and relations, as `chitieu export` writes them"


class _FromLabelStudio(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _ToLabelStudio(BaseModel):
    model_config = ConfigDict(protected_namespaces=())  # it calls a field `model_version`


class LabelStudioProject(_FromLabelStudio):
    """A project of Label Studio that is about to be connected. The access token that comes with it is neither used nor kept."""

    config: str = Field(
        alias="schema", max_length=_CONFIG, description="Cấu hình gán nhãn (XML) / its labelling configuration"
    )


class LabelStudioTask(_FromLabelStudio):
    """A task of Label Studio: the labelling configuration says which field of its data is the text."""

    id: int | str | None = Field(None, description="Mã việc / the task's id")
    data: dict[str, Any] = Field(description="Dữ liệu của việc / the task's data")


class LabelStudioTasks(_FromLabelStudio):
    """Tasks of Label Studio that are to be read."""

    tasks: list[LabelStudioTask] = Field(min_length=1, description="Các việc / the tasks")
    label_config: str = Field(max_length=_CONFIG, description="Cấu hình gán nhãn (XML) / the labelling configuration")


class LabelStudioEvent(_FromLabelStudio):
    """Something that happened in Label Studio."""

    action: str = Field(max_length=100, description="Việc gì / what happened", examples=["ANNOTATION_CREATED"])


class LabelStudioHealth(_ToLabelStudio):
    """The service is up."""

    status: Literal["UP"] = Field(description="Đang chạy / it is up")
    model_class: str = Field(description="Tên mô hình / the model's name")


class LabelStudioVersion(_ToLabelStudio):
    """What reads the tasks."""

    model_version: str = Field(description="Tên và phiên bản mô hình / the model's name and version")


class LabelStudioPrediction(_ToLabelStudio):
    """What the model read in one task."""

    result: list[dict[str, Any]] = Field(description=_RESULT)
    score: float = Field(
        ge=0,
        le=1,
        description="Trung bình điểm của các nhãn; 0: không đọc được / mean of the regions' scores; 0: not read",
    )
    model_version: str = Field(description="Tên và phiên bản mô hình / the model's name and version")
    error: dict[str, Any] | None = Field(
        None, description="Vì sao không đọc được việc này / why this task was not read: `code`, `message`, `detail`"
    )


class LabelStudioPredictions(_ToLabelStudio):
    """What the model read, in the order of the tasks."""

    results: list[LabelStudioPrediction] = Field(description="Mỗi việc một mục / one for each task")
    model_version: str = Field(description="Tên và phiên bản mô hình / the model's name and version")


class LabelStudioAcknowledged(_ToLabelStudio):
    """An event came; nothing is done with it."""

    status: Literal["ignored"] = Field(description="Không làm gì / nothing is done")
