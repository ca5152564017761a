"""`current.json`: which version is served, and what was served before, in one file, so that no kill leaves the two apart."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu.errors import ModelInvalid
from chitieu.output.destination import whole_file

FILE = "current.json"


class ModelChange(BaseModel):
    """From when on which version was served, and by whom.

    ``found``: it was served before anybody recorded it; nobody knows since when. ``forced``: without the gate's leave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["found", "promote", "rollback"]
    name: str
    version: str
    at: datetime | None = None
    by: str | None = None
    forced: bool = False


class Pointer(BaseModel):
    """The version that is served, and the changes that led to it, oldest first; files of before have none."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    version: str
    history: tuple[ModelChange, ...] = ()

    @property
    def told(self) -> tuple[ModelChange, ...]:
        """The history; what it does not end with, since the file was written by hand, was found."""
        if self.history and (self.history[-1].name, self.history[-1].version) == (self.name, self.version):
            return self.history
        return (*self.history, ModelChange(action="found", name=self.name, version=self.version))

    @property
    def line(self) -> list[tuple[str, str]]:
        """Name and version of what a rollback leads to, one after the other; the served one is the last."""
        line: list[tuple[str, str]] = []
        for change in self.told:
            one = (change.name, change.version)
            if change.action == "rollback" and one in line:
                while line[-1] != one:
                    line.pop()
            elif not line or line[-1] != one:
                line.append(one)
        return line


def changed(before: Pointer | None, change: ModelChange) -> Pointer:
    """The pointer after a change."""
    history = before.told if before is not None else ()
    return Pointer(name=change.name, version=change.version, history=(*history, change))


def read_pointer(root: Path) -> Pointer | None:
    """Of the folder of models; None where no version is served.

    Raises:
        ModelInvalid: it cannot be read.
    """
    path = root / FILE
    try:
        return Pointer.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelInvalid(f"{path}: không đọc được / cannot be read", path=str(path)) from error


def write_pointer(root: Path, pointer: Pointer) -> None:
    """Put it in the place of the one before, whole or not at all.

    Raises:
        OutputUnwritable: the system refuses.
    """
    history = [change.model_dump(mode="json", exclude_defaults=True) for change in pointer.history]
    lines = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in history)
    head = f'{json.dumps(pointer.name)}, "version": {json.dumps(pointer.version)}'
    with whole_file(root / FILE) as stream:
        stream.write(f'{{"name": {head}, "history": [\n  {lines}\n]}}\n'.encode())
