"""A folder of models and base documents that a two-layer random encoder is tuned in, within seconds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from chitieu.training.config import Config

ROOT = Path(__file__).resolve().parents[1]
NAME, FIRST = "thu", "0.1.0"
RECIPE = """
[data]
base = "../../base"
seed = 1
least_corrected = 1
oversample = 2
rehearsal = 1.0
least_rehearsal = 1000
development = 1

[model]
encoder = "encoder.json"
bump = "patch"
promote = {promote}

[optimisation]
seed = 1
epochs = {epochs}
batch_tokens = 1024
encoder_learning_rate = 2e-3
head_learning_rate = 5e-3
weight_decay = 0.01
warmup = 0.1
governor_weight = 0.5
rewrap = 0.0
"""


@dataclass(frozen=True)
class Place:
    """A folder with `models/`, `base/`, and room for work."""

    folder: Path

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def recipe(self) -> Path:
        return self.models / NAME / "corrections.toml"

    def write_recipe(self, *, epochs: int = 1, promote: bool = False, **replaced: object) -> None:
        text = RECIPE.format(epochs=epochs, promote=str(promote).lower())
        lines = [
            next((f"{key} = {value}" for key, value in replaced.items() if line.startswith(f"{key} =")), line)
            for line in text.splitlines()
        ]
        self.recipe.write_text("\n".join(lines), encoding="utf-8")

    @property
    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.models / NAME).iterdir() if path.is_dir())


def make_base(folder: Path, *, documents: int = 5, test: int = 1) -> None:
    """The smallest of the project's documents, the last of them for testing."""
    smallest = sorted((ROOT / "training_data" / "documents").glob("*.xml"), key=lambda p: p.stat().st_size)[:documents]
    (folder / "documents").mkdir(parents=True)
    (folder / "splits").mkdir()
    for path in smallest:
        shutil.copyfile(path, folder / "documents" / path.name)
    (folder / "splits" / "test.txt").write_text("\n".join(p.name for p in smallest[-test:]), encoding="utf-8")


def make_place(folder: Path, tiny_encoder) -> Place:
    """A served model whose weights are random."""
    import torch

    from chitieu.training.checkpoint import save_checkpoint
    from chitieu.training.export import export
    from chitieu.training.model import Extractor

    place = Place(folder)
    make_base(place.base)
    encoder = tiny_encoder(folder / "encoder", layers=2)
    config = Config.model_validate(
        {
            "name": NAME,
            "data": {"train": ["-"], "exclude": [], "development": ["-"]},
            "encoder": {"base": str(encoder), "base_license": "none", "layers": 2},
            "heads": {"governor_width": 16, "dropout": 0.1},
            "windows": {"core": 96, "context": 16, "lookahead": 8},
            "optimisation": {
                "seed": 3, "epochs": 1, "batch_tokens": 1024, "encoder_learning_rate": 2e-3, "head_learning_rate": 5e-3,
                "weight_decay": 0.01, "warmup": 0.1, "governor_weight": 0.5, "rewrap": 0.0,
            },
        }
    )  # fmt: skip
    model = Extractor(str(encoder), layers=2, governor_width=16, dropout=0.1)
    with torch.no_grad():  # the exporter puts equal parameters, as those that begin as zeros, together
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)
    state = {"model": model.state_dict(), "config": config.model_dump(), "epoch": 1}
    save_checkpoint(folder / "first.pt", state | {"data": {"documents": 1, "sha256": "0"}, "development": {}})
    export(folder / "first.pt", folder, place.models / NAME, version=FIRST)
    shutil.copyfile(encoder / "config.json", place.models / NAME / "encoder.json")
    (place.models / "current.json").write_text(json.dumps({"name": NAME, "version": FIRST}), encoding="utf-8")
    place.write_recipe()
    return place
