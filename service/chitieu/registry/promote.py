"""Which version is served: the next one, or the one before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chitieu.errors import ChitieuError, ModelDamaged, ModelHasNoPrevious
from chitieu.registry.gate import check_passed
from chitieu.registry.lock import locked
from chitieu.registry.pointer import ModelChange, Pointer, changed, read_pointer, write_pointer
from chitieu.registry.register import sweep
from chitieu.registry.versions import Version, check_whole, find
from chitieu.tagging.encoder import Tagger
from chitieu.text.passages import read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

_SENTENCE = "Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so với cùng kỳ."
Load = Callable[[Path], Tagger]
"""Gives the tagger on the model in a folder. Raises ModelMissing, ModelInvalid."""


def promote(
    root: Path, name: str, version: str, by: str, *, force: bool = False, load: Load | None = None
) -> ModelChange:
    """Have a version served from now on; returns since when and by whom. The one that is served stays what it is.

    The version must be whole and read a sentence, and have passed the gate.

    Args:
        by: who says so.
        force: whatever the gate says.
        load: how models are loaded; None: as they are served.

    Raises:
        ModelUnknown: there is no such version. ModelDamaged: it is not whole, or does not load.
        ModelNotPassed: the gate refused it or has not seen it.
        ModelInvalid: `current.json` cannot be read. OutputLocked, OutputUnwritable: the registry cannot be changed now.
    """
    found = find(root, f"{name}/{version}")
    if found.is_current:
        return _last(read_pointer(root), found)
    if not force:
        check_passed(found.folder)
    check_serves(found, load)
    with locked(root):
        sweep(root)
        pointer = read_pointer(root)
        if pointer is not None and (pointer.name, pointer.version) == (name, version):
            return _last(pointer, found)
        change = ModelChange(action="promote", name=name, version=version, at=_now(), by=by, forced=force)
        write_pointer(root, changed(pointer, change))
    return change


def rollback(root: Path, by: str, *, load: Load | None = None) -> ModelChange:
    """Have the version served that was served before this one; asked again, the one before that.

    Raises:
        ModelHasNoPrevious: none was served before, as far as `current.json` tells.
        ModelUnknown, ModelDamaged: that one is gone, or not whole. For the rest see `promote`.
    """
    with locked(root):
        sweep(root)
        pointer = read_pointer(root)
        line = [] if pointer is None else pointer.line
        if pointer is None or len(line) < 2:
            raise ModelHasNoPrevious("Trước đó không có mô hình nào. / No model was served before this one.")
        name, version = line[-2]
        check_serves(find(root, f"{name}/{version}"), load)
        change = ModelChange(action="rollback", name=name, version=version, at=_now(), by=by)
        write_pointer(root, changed(pointer, change))
    return change


def check_serves(found: Version, load: Load | None = None) -> None:
    """
    Raises:
        ModelDamaged: its files are not those of its manifest, or it does not read a sentence.
    """
    if found.problem is not None:
        raise _damaged(found, found.problem)
    check_whole(found.folder)
    try:
        (load or Tagger)(found.folder).tag(read_passages(Reading(SourceText(_SENTENCE))))
    except ChitieuError as error:
        raise _damaged(found, error.message) from error
    except Exception as error:  # whatever a faulty model makes the libraries raise
        raise _damaged(found, f"{type(error).__name__}: {error}") from error


def _damaged(found: Version, why: str) -> ModelDamaged:
    detail: dict[str, Any] = {"model": found.label, "cause": why}
    return ModelDamaged(f"{found.label} không dùng được: {why} / {found.label} cannot be served: {why}", **detail)


def _last(pointer: Pointer | None, found: Version) -> ModelChange:
    return (
        pointer.told[-1] if pointer is not None else ModelChange(action="found", name=found.name, version=found.version)
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
