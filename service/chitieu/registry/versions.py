"""The versions that a registry holds, read from their folders: what is whole and what is not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chitieu.errors import ChitieuError, ModelDamaged, ModelUnknown
from chitieu.registry.gate import Gate, read_gate
from chitieu.registry.lineage import Lineage, read_lineage
from chitieu.registry.pointer import read_pointer
from chitieu.tagging.encoder import read_manifest

MANIFEST = "manifest.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


@dataclass(frozen=True)
class Version:
    """One version of a model.

    Attributes:
        manifest: `manifest.json`; empty where it cannot be read.
        problem: what is wrong with its files, as far as their sizes tell; None where nothing is.
    """

    name: str
    version: str
    folder: Path
    is_current: bool
    manifest: Mapping[str, Any]
    lineage: Lineage | None
    gate: Gate | None
    problem: str | None

    @property
    def label(self) -> str:
        """``name/version``."""
        return f"{self.name}/{self.version}"


def versions(root: Path) -> list[Version]:
    """All versions in the folder of models, by name, the newest number last.

    A version is a folder ``<name>/<version>/`` with a manifest; what is being registered, or was left over by a process that died, is none.
    """
    pointer = read_pointer(root)
    current = (pointer.name, pointer.version) if pointer is not None else None
    folders = [path.parent for path in root.glob(f"*/*/{MANIFEST}") if _are_names(path.parent)]
    folders.sort(key=lambda folder: (folder.parent.name, _number(folder.name)))
    return [_read(folder, is_current=(folder.parent.name, folder.name) == current) for folder in folders]


def find(root: Path, asked: str) -> Version:
    """The version that is meant by ``name/version``, a version that only one model has, or ``current``.

    Raises:
        ModelUnknown: there is none; or several models have it: ``detail["versions"]`` names what there is.
    """
    held = versions(root)
    found = [one for one in held if asked in (one.label, one.version) or (asked == "current" and one.is_current)]
    if len(found) != 1:
        several = " (của nhiều mô hình / of several models)" if found else ""
        raise ModelUnknown(
            f"Không rõ mô hình “{asked}”{several}. / No model is known as “{asked}”{several}.",
            model=asked,
            versions=[one.label for one in held],
        )
    return found[0]


def check_names(name: str, version: str) -> None:
    """
    Raises:
        ModelDamaged: one of them is no name of a folder.
    """
    for word in (name, version):
        if not _NAME.fullmatch(word):
            raise ModelDamaged(
                f"“{word}” không đặt tên cho mô hình được. / “{word}” is no name of a model.",
                name=name,
                version=version,
            )


def check_whole(folder: Path) -> None:
    """Read every file that the manifest lists and compare.

    Raises:
        ModelDamaged: a file is missing, differs or cannot be read, or the lineage breaks its schema; ``detail["file"]`` names it.
    """
    try:
        manifest = read_manifest(folder)
        for name, entry in manifest.raw["files"].items():
            if digest(folder / name) != entry["sha256"]:
                raise ModelDamaged(f"{folder / name}: nội dung sai / content differs from the manifest", file=name)
        if not {"model.onnx", "tokenizer.json"} <= manifest.raw["files"].keys():
            raise ModelDamaged(f"{folder}: bản kê thiếu tệp / the manifest lacks a file", file=MANIFEST)
        read_lineage(folder)
    except ModelDamaged:
        raise
    except ChitieuError as error:
        raise ModelDamaged(error.message, file=error.detail.get("file", MANIFEST)) from error
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamaged(f"{folder}: không đọc được / cannot be read: {error}", file=MANIFEST) from error


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _are_names(folder: Path) -> bool:
    return all(_NAME.fullmatch(word) is not None for word in (folder.parent.name, folder.name))


def _number(version: str) -> list[tuple[int, str]]:
    """So that 0.10.0 comes after 0.9.0."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|[^\d.]+", version)]


def _read(folder: Path, *, is_current: bool) -> Version:
    problem: str | None = None
    lineage: Lineage | None = None
    gate: Gate | None = None
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        told = read_manifest(folder)
        if (told.name, told.version) != (folder.parent.name, folder.name):
            problem = f"manifest.json: {told.name}/{told.version}"
        lineage, gate = read_lineage(folder), read_gate(folder)
    except ChitieuError as error:
        problem = error.message
    except (OSError, ValueError) as error:
        manifest, problem = {}, str(error)
    return Version(
        folder.parent.name,
        folder.name,
        folder,
        is_current,
        manifest if isinstance(manifest, dict) else {},
        lineage,
        gate,
        problem,
    )
