"""Where models lie: ``models/<name>/<version>/``, and ``models/current.json``, which says which one is served."""

from __future__ import annotations

import json
import os
from pathlib import Path

from chitieu.errors import ModelInvalid, ModelMissing


def models_root() -> Path:
    """``CHITIEU_MODELS``, else the ``models`` folder of the project that the package lies in, else of the working folder."""
    named = os.environ.get("CHITIEU_MODELS")
    if named:
        return Path(named)
    beside = Path(__file__).resolve().parents[2] / "models"
    return beside if beside.is_dir() else Path.cwd() / "models"


def current_model(root: Path | None = None) -> Path:
    """Folder of the served model.

    Raises:
        ModelMissing: no ``current.json``, or it names a folder that is not there.
        ModelInvalid: it cannot be read.
    """
    root = root or models_root()
    pointer = root / "current.json"
    if not pointer.is_file():
        raise ModelMissing(f"{pointer}: không có mô hình / no model", path=str(pointer))
    try:
        named = json.loads(pointer.read_text(encoding="utf-8"))
        folder = root / str(named["name"]) / str(named["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelInvalid(f"{pointer}: {error}", path=str(pointer)) from error
    if not folder.is_dir():
        raise ModelMissing(f"{folder}: không có mô hình / no model", path=str(folder))
    return folder
