"""A model folder as the gate sees it: whether it is whole, what its answers follow from, how much memory it takes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chitieu.errors import ModelInvalid
from chitieu.tagging.encoder import read_manifest

_LOOK_SECONDS = 0.2
_SHAPING = ("labels", "windows", "calibration")  # parts of the manifest that answers follow from


@dataclass(frozen=True)
class Identity:
    """``sha256`` is of the served files and of what the manifest says of how they are used; ``bytes`` is the files' size."""

    name: str
    version: str
    sha256: str
    bytes: int


def identity(folder: Path) -> Identity:
    """What a folder holds, and that it is what the manifest says.

    Raises:
        ModelMissing, ModelInvalid: see `read_manifest`; or a file is not the one that the manifest was written for.
    """
    manifest = read_manifest(folder)
    files: dict[str, str] = {}
    for name, entry in sorted(manifest.raw["files"].items()):
        with (folder / name).open("rb") as handle:
            files[name] = hashlib.file_digest(handle, "sha256").hexdigest()
        if files[name] != entry.get("sha256"):
            raise ModelInvalid(
                f"{folder / name}: nội dung không khớp sha256 / content differs from the manifest", file=name
            )
    shape = {part: manifest.raw.get(part) for part in _SHAPING}
    told = json.dumps([files, shape], sort_keys=True, ensure_ascii=False).encode()
    size = sum(entry["bytes"] for entry in manifest.raw["files"].values())
    return Identity(manifest.name, manifest.version, hashlib.sha256(told).hexdigest(), size)


def peak_memory(folder: Path, texts: Sequence[str], look: Callable[[], None]) -> float | None:
    """MiB that a process of its own has resident at most while it reads texts with a model; None where the system does not tell.

    ``look`` is called all the while; what it raises ends that process.

    Raises:
        ModelInvalid: it cannot read them; the message has the last line that it wrote.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as given, tempfile.TemporaryFile("w+") as said:
        json.dump(list(texts), given)
        given.seek(0)
        command = [sys.executable, "-m", "chitieu.evaluation.gate.peak", str(folder)]
        with subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            try:
                while True:
                    look()
                    try:
                        answer, _ = process.communicate(timeout=_LOOK_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        continue
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            last = (said.read().strip().splitlines() or [f"exit {process.returncode}"])[-1]
            raise ModelInvalid(f"{folder}: không đọc được văn bản / cannot read texts: {last}", path=str(folder))
    peak = json.loads(answer)
    return None if peak is None else float(peak)
