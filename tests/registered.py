"""Small folders of models for tests of the registry: their files are whole, and a fake tagger stands for what they hold."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from chitieu.errors import ModelInvalid
from chitieu.tagging.encoder import read_manifest
from fakes import FakeTagger

BROKEN = b"no model at all"


def model_folder(folder: Path, version: str, *, name: str = "fake", model: bytes | None = None, **manifest) -> Path:
    """A folder with a model's files; ``model`` are the bytes of `model.onnx`, ``manifest`` what the manifest says besides."""
    folder.mkdir(parents=True)
    contents = {"model.onnx": model or f"{name} {version}".encode(), "tokenizer.json": b"{}"}
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    told = {
        "name": name,
        "version": version,
        "windows": {"core": 384, "context": 64, "lookahead": 16},
        "files": {
            file: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for file, content in contents.items()
        },
    }
    (folder / "manifest.json").write_text(json.dumps(told | manifest), encoding="utf-8")
    return folder


def held(root: Path, version: str, *, name: str = "fake", gate: str | None = "pass", **more) -> Path:
    """A version of a registry, put there by hand."""
    made = model_folder(root / name / version, version, name=name, **more)
    if gate is not None:
        (made / "gate.json").write_text(json.dumps({"decision": gate, "reasons": []}), encoding="utf-8")
    return made


def point(root: Path, version: str, name: str = "fake") -> None:
    """Name the current version as files of before did: without a history."""
    (root / "current.json").write_text(json.dumps({"name": name, "version": version}), encoding="utf-8")


def fake_load(folder: Path) -> FakeTagger:
    """The tagger on the model in a folder."""
    if (folder / "model.onnx").read_bytes() == BROKEN:
        raise ModelInvalid("model.onnx: hỏng / broken", file="model.onnx")
    tagger = FakeTagger()
    tagger.manifest = read_manifest(folder)
    return tagger


def kills(what: str, root: Path, work: Path) -> list[dict]:
    """What stands in a registry after each kill of `registry_kills.py`."""
    told = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("registry_kills.py")), what, str(root), str(work)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]
