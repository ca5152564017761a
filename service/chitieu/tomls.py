"""Settings of a piece of work: a TOML file that fits a schema."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from chitieu.errors import ConfigInvalid

Schema = TypeVar("Schema", bound=BaseModel)


def read_toml(path: Path, schema: type[Schema]) -> Schema:
    """Read a file and check it.

    Raises:
        ConfigInvalid: not there, no TOML, or a field is missing, unknown or out of range; the message names it.
    """
    try:
        return schema.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigInvalid(f"{path}: không đọc được / cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: không phải TOML / not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigInvalid(
            f"{path}: {where}: {first['msg']}", problems=[str(e["loc"]) for e in error.errors()]
        ) from error
