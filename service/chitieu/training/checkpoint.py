"""What a run keeps between epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from chitieu.errors import ConfigInvalid
from chitieu.training.config import Config


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def check_same(checkpoint: Path, before: dict[str, Any], config: Config) -> None:
    """A run goes on as it began; only the number of epochs may change.

    Raises:
        ConfigInvalid: the checkpoint is of another configuration; the message names what differs.
    """
    now = config.model_dump()
    sections = [(name, before.get(name) or {}, now[name] or {}) for name in now if name not in ("name", "optimisation")]
    sections.append(("optimisation", before["optimisation"] | {"epochs": 0}, now["optimisation"] | {"epochs": 0}))
    different = [f"{name}.{key}" for name, old, new in sections for key in old | new if old.get(key) != new.get(key)]
    if different:
        raise ConfigInvalid(
            f"{checkpoint}: của cấu hình khác / is of another configuration: {', '.join(different)}", fields=different
        )
