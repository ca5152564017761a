"""The limits of the gate: one TOML file, every value named, none hidden in code."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from chitieu.tomls import read_toml

DATA = Path(__file__).resolve().parent / "data"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TestSet(_Section):
    """What is enough to judge by."""

    __test__ = False  # pytest takes the name for a test's

    documents: int = Field(ge=2)


class Regression(_Section):
    """When a measure counts as worse. Losses are parts of 1, not points."""

    confidence: float = Field(gt=0.5, lt=1)
    replicas: int = Field(ge=1000)
    seed: int = Field(ge=0)
    loss: float = Field(ge=0, lt=1)
    documents: int = Field(ge=2)
    items: int = Field(ge=1)
    power: float = Field(ge=0.5, lt=1)
    detectable: float = Field(gt=0, lt=1)


class CalibrationLimit(_Section):
    """How much further from the truth scores may be."""

    error: float = Field(gt=0)


class Speed(_Section):
    """``ratio`` is candidate's time over current's."""

    ratio: float = Field(gt=0)
    rounds: int = Field(ge=1)


class Memory(_Section):
    """Resident, in MiB, and as candidate's over current's; ``documents``: how many are read, the longest."""

    mib: float = Field(gt=0)
    ratio: float = Field(gt=0)
    documents: int = Field(ge=1)


class Size(_Section):
    """Of the served files together."""

    bytes: int = Field(gt=0)


class Limits(_Section):
    """All of it."""

    test_set: TestSet
    regression: Regression
    calibration: CalibrationLimit
    speed: Speed
    memory: Memory
    size: Size


def load_limits(path: Path | None = None) -> Limits:
    """Those of a file, or the project's own; raises what `read_toml` raises."""
    return read_toml(path or DATA / "limits.toml", Limits)
