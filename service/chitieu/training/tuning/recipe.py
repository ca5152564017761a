"""The recipe of tuning: one TOML file, every value named, none hidden in code."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chitieu.errors import ConfigInvalid
from chitieu.training.config import Optimisation

FILE = "corrections.toml"  # beside a model's versions


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Section):
    """What is learned from. Paths are relative to the recipe."""

    base: str = Field(description="folder with `documents/` and `splits/`: what is rehearsed, and the frozen test set")
    seed: int = Field(description="decides which base documents are drawn")
    least_corrected: int = Field(
        ge=1, description="corrected documents of the training split without which nothing begins"
    )
    oversample: int = Field(ge=1, le=20, description="times that an epoch reads each corrected document")
    rehearsal: float = Field(
        ge=0, description="characters of base documents to one of corrected ones, repeats included"
    )
    least_rehearsal: int = Field(ge=0, description="characters of base documents, at least")
    development: int = Field(ge=1, description="base documents that are held back to watch what is forgotten")


class Model(_Section):
    """What is made."""

    encoder: str = Field(description="the encoder's `config.json`, relative to the recipe; weights come from the model")
    bump: Literal["patch", "minor"] = Field(description="which number of the version goes up")
    promote: bool = Field(False, description="whether a model that passes the gate is served at once")


class Recipe(_Section):
    """All of it."""

    data: Data
    model: Model
    optimisation: Optimisation

    @property
    def sha256(self) -> str:
        """Of the values, however the file is written."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        ConfigInvalid: not there, no TOML, or a field is missing, unknown or out of range; the message names it.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigInvalid(f"{path}: không đọc được / cannot be read: {error.strerror}", file=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: không phải TOML / not TOML: {error}", file=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigInvalid(f"{path}: {where}: {first['msg']}", file=str(path), field=where) from error
