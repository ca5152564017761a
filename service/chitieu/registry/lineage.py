"""Where a version came from: `lineage.json` in its folder. Described in docs/models.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chitieu.errors import ModelDamaged

FILE = "lineage.json"


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class ParentModel(_Told):
    """The version whose weights training went on from; ``sha256`` is of its `model.onnx`."""

    name: str
    version: str
    sha256: str | None = None


class Lineage(_Told):
    """Where a version came from. What is not known is null.

    Attributes:
        data: SHA-256 of the manifest of the data set version; ``documents`` counts what it holds.
        code: version of the software that trained.
        recipe: SHA-256 of the recipe.
        metrics: measures by name, nested as their makers have them.
        run: names the run, so that one that is begun again does not register its model twice.
        made_at, made_by: when it was registered, and who asked for it.
    """

    schema_: Literal["chitieu-lineage/1"] = Field("chitieu-lineage/1", alias="schema")
    data: str | None = None
    documents: dict[str, int] = {}
    code: str | None = None
    parent: ParentModel | None = None
    recipe: str | None = None
    metrics: dict[str, Any] = {}
    run: str | None = None
    made_at: datetime | None = None
    made_by: str | None = None


def read_lineage(folder: Path) -> Lineage | None:
    """That of the version in a folder; None where it has none.

    Raises:
        ModelDamaged: it breaks the schema.
    """
    path = folder / FILE
    try:
        return Lineage.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise _invalid(path, error) from error


def as_lineage(told: Lineage | Mapping[str, Any]) -> Lineage:
    """A lineage, or plain values of its fields.

    Raises:
        ModelDamaged: they break the schema.
    """
    try:
        return told if isinstance(told, Lineage) else Lineage.model_validate(told)
    except ValidationError as error:
        raise _invalid(Path(FILE), error) from error


def written(lineage: Lineage) -> bytes:
    """The bytes of `lineage.json`."""
    return (json.dumps(lineage.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n").encode()


def _invalid(path: Path, error: Exception) -> ModelDamaged:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        what = ": ".join((".".join(map(str, first["loc"])), first["msg"]))
    else:
        what = str(error)
    return ModelDamaged(f"{path}: không đúng mẫu / breaks its schema: {what}", file=FILE)
