"""The candidate: what is exported of a run, told as what it is, and the number that it may get."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from chitieu.output.destination import whole_file
from chitieu.training.tuning.plan import Plan

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def next_version(models: Path, parent: str, bump: Literal["patch", "minor"]) -> str:
    """The number behind the highest that the folder of a model's versions has."""
    found = [_numbers(path.name) for path in models.iterdir()] if models.is_dir() else []
    major, minor, patch = max([_numbers(parent), *found])
    return f"{major}.{minor + 1}.0" if bump == "minor" else f"{major}.{minor}.{patch + 1}"


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    return tuple(map(int, match.groups())) if match else (0, 0, 0)


def describe(folder: Path, parent: Path, plan: Plan) -> None:
    """Put into an exported folder's manifest what it was learned from.

    Scores keep the parent's curves: they were fitted on documents that are not at hand here, and a short tuning moves them little; the gate
    measures them.
    """
    manifest = _read(folder)
    manifest["training"]["data"] = {
        "documents": plan.counts.corrected + plan.counts.rehearsed,
        "corrected": plan.counts.corrected,
        "sha256": plan.data,
    }
    calibration = _read(parent).get("calibration")
    if calibration is not None:
        manifest["calibration"] = calibration | {"from": calibration.get("from", plan.parent)}
    _write(folder, manifest)


def renumber(folder: Path, version: str) -> Path:
    """A candidate under another number; returns its folder."""
    manifest = _read(folder)
    manifest["version"] = version
    _write(folder, manifest)
    return folder.rename(folder.with_name(version))


def development_of(folder: Path) -> dict[str, float]:
    """The scores of the last epoch on the documents that were watched."""
    scores: dict[str, float] = _read(folder)["training"]["development"]
    return scores


def _read(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    with whole_file(folder / "manifest.json") as stream:
        stream.write((json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode())
