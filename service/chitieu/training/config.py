"""The training configuration: one TOML file, every value named, none hidden in code."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from chitieu.tomls import read_toml


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Section):
    """Annotated documents: files, or folders of ``*.xml``. Relative paths are relative to the configuration file."""

    train: list[str] = Field(min_length=1)
    exclude: list[str] = Field(description="files that name, one a line, documents of `train` never trained on")
    development: list[str] = Field(min_length=1)
    development_names: str | None = Field(
        None, description="file that names the documents of `development` to take; none: all"
    )


class WindowSizes(_Section):
    """Tokens of a window: answered for, context before, context behind."""

    core: int = Field(ge=16, le=480)
    context: int = Field(ge=0, le=256)
    lookahead: int = Field(ge=0, le=128)


class Encoder(_Section):
    """The base checkpoint: a folder or hub name that transformers can load; ``layers`` keeps the first so many."""

    base: str
    base_name: str | None = Field(None, description="what the model's card calls it; none: the last part of `base`")
    base_license: str
    layers: int = Field(ge=1, le=48)
    start: str | None = Field(
        None, description="folder of a served model whose weights training goes on from; none: the base's own"
    )


class Heads(_Section):
    """What stands on the encoder."""

    governor_width: int = Field(ge=8, le=1024)
    dropout: float = Field(ge=0, lt=1)


class Pretraining(_Section):
    """Masked words of unlabelled sentences, before the documents."""

    sentences: str = Field(description="tab-separated file with a head line, the sentence in the last column; .gz too")
    seed: int
    steps: int = Field(ge=1)
    batch_tokens: int = Field(ge=64)
    learning_rate: float = Field(gt=0)
    rate: float = Field(gt=0, lt=1, description="part of the words that is hidden")
    bfloat16: bool = Field(False, description="as in `optimisation`")


class Distillation(_Section):
    """A teacher, and how closely it is followed. The student has as many layers as are kept; ``encoder.layers`` must say so."""

    teacher: str = Field(description="folder of the served model that is followed")
    teacher_layers: int = Field(ge=1, le=48)
    layers: list[int] = Field(min_length=1, description="the teacher's layers, from 0, that the student begins as")
    sentences: str = Field(description="unlabelled text, as in `pretraining`")
    tokens: int = Field(ge=1, description="of unlabelled text in an epoch")
    gold_weight: float = Field(ge=0, description="of the annotation's loss; the teacher's is 1")
    states_weight: float = Field(ge=0, description="of the distance between layer outputs")


class Optimisation(_Section):
    """How the weights are found."""

    seed: int
    epochs: int = Field(ge=1)
    batch_tokens: int = Field(ge=64)
    encoder_learning_rate: float = Field(gt=0)
    head_learning_rate: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    warmup: float = Field(ge=0, lt=1, description="part of all steps")
    governor_weight: float = Field(ge=0)
    averaging: float = Field(
        0.0, ge=0, lt=1, description="decay of the running average of weights that is scored and served; 0: none"
    )
    bfloat16: bool = Field(
        False,
        description="products in sixteen bits: about twice as fast on processors that have them (AMX, AVX512-BF16), not used on others",
    )
    rewrap: float = Field(
        ge=0, le=1, description="chance that a training document's lines are wrapped anew in an epoch"
    )


class Config(_Section):
    """All of it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    data: Data
    encoder: Encoder
    heads: Heads
    windows: WindowSizes
    pretraining: Pretraining | None = None
    distillation: Distillation | None = None
    optimisation: Optimisation


def load_config(path: Path) -> Config:
    """Read and check a configuration; raises what `read_toml` raises."""
    return read_toml(path, Config)
