"""A model's folder becomes a version: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chitieu.errors import ModelExists
from chitieu.output.destination import unwritable
from chitieu.registry import lineage as lineages
from chitieu.registry.lineage import Lineage, as_lineage
from chitieu.registry.lock import locked
from chitieu.registry.pointer import FILE as POINTER
from chitieu.registry.versions import check_names, check_whole, digest
from chitieu.tagging.encoder import read_manifest

_INCOMING = ".incoming"
Mirror = Callable[[Path], None]
"""Tells others of a version that was registered, given its folder; raises nothing."""


def register(
    folder: Path,
    root: Path,
    lineage: Lineage | Mapping[str, Any] | None = None,
    *,
    by: str | None = None,
    mirror: Mirror | None = None,
) -> Path:
    """Copy a model's folder to ``root/<name>/<version>/``, the names of its manifest; returns where.

    The copy is made beside the versions, checked, forced to the disk, and then takes its name. A process that is killed leaves at most a
    folder that is no version, and the next one removes it. What is not a file of the folder itself (a link, a folder) is left out.

    Args:
        lineage: where it came from, in the place of the folder's own; the parent's digest is looked up where it is not told.
        by: who asked for it, where the lineage does not say.

    Raises:
        ModelExists: the version is there. ModelDamaged: the folder is not whole, or the lineage breaks its schema.
        ModelMissing, ModelInvalid: there is no model in the folder.
        OutputLocked, OutputUnwritable: the registry cannot be changed now.
    """
    manifest = read_manifest(folder)
    check_names(manifest.name, manifest.version)
    told = None if lineage is None else _completed(as_lineage(lineage), root, by)
    target = root / manifest.name / manifest.version
    with locked(root):
        sweep(root)
        if target.exists():
            raise ModelExists(f"{target}: phiên bản đã có / this version is there already", path=str(target))
        try:
            _put(folder, target, told, root / _INCOMING)
        except OSError as error:
            raise unwritable(str(target), error) from error
    if mirror is not None:
        mirror(target)
    return target


def sweep(root: Path) -> None:
    """Remove what processes that died have left over; the registry's lock must be held: nobody else is at work then."""
    for left in (root / _INCOMING).glob("*"):
        shutil.rmtree(left, ignore_errors=True)
    for partial in root.glob(f".{POINTER}.*.partial"):
        with suppress(OSError):
            partial.unlink()


def _put(folder: Path, target: Path, told: Lineage | None, incoming: Path) -> None:
    incoming.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=incoming))
    try:
        made.chmod(0o755)  # as folders are; that of a temporary one keeps others out
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.is_symlink():
                shutil.copyfile(path, made / path.name)
        if told is not None:
            (made / lineages.FILE).write_bytes(lineages.written(told))
        check_whole(made)
        for path in (*made.iterdir(), made):
            _sync(path)
        target.parent.mkdir(exist_ok=True)
        made.rename(target)
        for path in (target.parent, target.parent.parent):
            _sync(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _completed(lineage: Lineage, root: Path, by: str | None) -> Lineage:
    parent = lineage.parent
    if parent is not None and parent.sha256 is None:
        with suppress(OSError):
            parent = parent.model_copy(update={"sha256": digest(root / parent.name / parent.version / "model.onnx")})
    return lineage.model_copy(
        update={
            "parent": parent,
            "made_at": lineage.made_at or datetime.now(UTC).replace(microsecond=0),
            "made_by": lineage.made_by or by,
        }
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
