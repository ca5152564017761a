"""What a run keeps between epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from chitieu.errors import ConfigInvalid
from chitieu.output.destination import unwritable
from chitieu.training.config import Config


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all.

    Raises:
        OutputUnwritable: the system refuses, or the disk is full.
    """
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:  # torch tells of a full disk by the latter
        partial.unlink(missing_ok=True)
        raise unwritable(str(path), _cause(error)) from error


def _cause(error: OSError | RuntimeError) -> OSError:
    """What the system refused; torch's own error hides it."""
    if isinstance(error, OSError):
        return error
    inner = error.__context__
    return inner if isinstance(inner, OSError) else OSError(str(error).splitlines()[0])


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
