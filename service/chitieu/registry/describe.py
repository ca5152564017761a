"""What is told of a version, on the command line and by the API: out of its manifest, its lineage and its gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.registry.lineage import Lineage
from chitieu.registry.pointer import ModelChange, read_pointer
from chitieu.registry.versions import Version, versions

_TRAINING = ("start", "epochs_done", "data", "config")


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelScores(_Told):
    """How good the served file is on one set of documents."""

    documents: int | None = Field(description="Số tài liệu / how many documents")
    scores: dict[str, int | float] = Field(description="Độ đo và giá trị / measure and value")


class ModelGate(_Told):
    """What the gate said."""

    decision: Literal["pass", "refuse", "unreadable"] = Field(description="Cho qua hay từ chối / pass or refuse")
    reasons: list[str] = Field(description="Mã các lý do / codes of the reasons")


class ModelVersion(_Told):
    """A version of the registry."""

    name: str = Field(description="Tên mô hình / name of the model")
    version: str = Field(description="Phiên bản / its version")
    current: bool = Field(description="Đang được dùng / whether it is served")
    problem: str | None = Field(description="Vì sao không dùng được; null: tệp đủ / what is wrong with its files")
    created: str | None = Field(description="Ngày tạo / when it was made")
    base: str | None = Field(description="Mô hình gốc / what it was trained from")
    precision: str | None = Field(description="Cách lưu trọng số / how its weights are kept")
    bytes: int = Field(description="Dung lượng các tệp / bytes of its files")
    sha256: str | None = Field(description="SHA-256 của model.onnx / of model.onnx")
    evaluation: dict[str, ModelScores] = Field(description="Điểm theo bộ tài liệu / scores by set of documents")
    training: dict[str, Any] = Field(description="Bản kê nói gì về huấn luyện / what its manifest says of training")
    lineage: Lineage | None = Field(description="Nguồn gốc; null: không ghi / where it came from; null: not told")
    gate: ModelGate | None = Field(description="Cổng kiểm định nói gì; null: chưa qua / null: it has not seen it")


class Registry(_Told):
    """All versions, and what was served when."""

    models: list[ModelVersion] = Field(description="Các phiên bản, mới nhất sau cùng / the newest last")
    history: list[ModelChange] = Field(description="Phiên bản nào được dùng từ khi nào / what was served from when on")


def registry(root: Path) -> Registry:
    """All that the folder of models holds.

    Raises:
        ModelInvalid: `current.json` cannot be read.
    """
    pointer = read_pointer(root)
    return Registry(
        models=[describe(one) for one in versions(root)], history=[] if pointer is None else list(pointer.told)
    )


def describe(version: Version) -> ModelVersion:
    """What is told of a version. A manifest that lacks something, or has it otherwise than is usual, tells that much less."""
    manifest = version.manifest
    files = part_of(manifest, "files")
    base, training = part_of(manifest, "base"), part_of(manifest, "training")
    model = part_of(files, "model.onnx")
    gate = version.gate
    return ModelVersion(
        name=version.name,
        version=version.version,
        current=version.is_current,
        problem=version.problem,
        created=_word(manifest, "created"),
        base=_word(base, "name"),
        precision=_word(manifest, "precision"),
        bytes=sum(size for name in files if isinstance(size := part_of(files, name).get("bytes"), int)),
        sha256=_word(model, "sha256"),
        evaluation=dict(_evaluations(manifest)),
        training={key: training[key] for key in _TRAINING if key in training},
        lineage=version.lineage,
        gate=None
        if gate is None
        else ModelGate(decision=gate.decision, reasons=[reason.code for reason in gate.reasons]),
    )


def _evaluations(manifest: Mapping[str, Any]) -> Iterator[tuple[str, ModelScores]]:
    evaluation = part_of(manifest, "evaluation")
    for name in evaluation:
        entry = part_of(evaluation, name)
        documents = entry.get("documents")
        yield (
            name,
            ModelScores(documents=documents if isinstance(documents, int) else None, scores=_numbers(entry, "scores")),
        )
    watched = _numbers(part_of(manifest, "training"), "development")
    if watched and not evaluation:
        yield "training", ModelScores(documents=None, scores=watched)


def part_of(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What a manifest has under a key; nothing where that is missing or no object."""
    found = told.get(key)
    return found if isinstance(found, Mapping) else {}


def _word(told: Mapping[str, Any], key: str) -> str | None:
    found = told.get(key)
    return found if isinstance(found, str) else None


def _numbers(told: Mapping[str, Any], key: str) -> dict[str, int | float]:
    return {
        name: value
        for name, value in part_of(told, key).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
