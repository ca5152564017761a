"""From a checkpoint to the served folder: ONNX (int8 or fp32), tokenizer, manifest, card."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from chitieu.errors import ModelExists
from chitieu.tagging.encoder import INPUTS, OUTPUTS
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.training.config import Config
from chitieu.training.model import Extractor
from chitieu.training.weights import quantise_weights

Precision = Literal["fp32", "int8-weights", "int8"]


def load_checkpoint(path: Path, root: Path) -> tuple[Extractor, Config, dict[str, Any]]:
    """Model, configuration and the rest of what a checkpoint holds. The file is the project's own: it is unpickled."""
    state = torch.load(path, weights_only=False, map_location="cpu")
    config = Config.model_validate(state["config"])
    base = root / config.encoder.base if (root / config.encoder.base).exists() else Path(config.encoder.base)
    model = Extractor(
        str(base),
        layers=config.encoder.layers,
        governor_width=config.heads.governor_width,
        dropout=config.heads.dropout,
    )
    model.load_state_dict(state.pop("model"))
    return model.eval(), config, state


def to_onnx(model: Extractor, path: Path, precision: Precision) -> None:
    """Write the model as ONNX.

    ``int8-weights`` stores the matrices in eight bits and computes in 32; ``int8`` multiplies in eight bits, activations as they come.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        plain = Path(folder) / "plain.onnx"
        # The fused attention guards every softmax against rows of nothing but padding, a fifth of the time; no row is.
        model.encoder.set_attn_implementation("eager")
        ids = torch.randint(4, 1000, (2, 24))
        batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=512)
        torch.onnx.export(
            model,
            (ids, torch.ones_like(ids), torch.ones_like(ids)),
            plain,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_shapes=({0: batch, 1: length},) * 3,
            opset_version=18,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        written = Path(folder) / "written.onnx"
        if precision == "fp32":
            written = plain
        elif precision == "int8-weights":
            quantise_weights(plain, written)
        else:
            _quantise_products(plain, written)
        _strip(written)
        written.replace(path)


def _strip(path: Path) -> None:
    """Take out what the exporter notes of its own run: stack traces, names of source files."""
    model = onnx.load(path)
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    onnx.save(model, path)


def _quantise_products(plain: Path, target: Path) -> None:
    prepared = target.with_name("prepared.onnx")
    quant_pre_process(plain, prepared, skip_symbolic_shape=True)
    # Stacks of matrices (the governor's) have no per-channel form.
    graph = onnx.load(prepared).graph
    stacks = {w.name for w in graph.initializer if len(w.dims) > 2}
    kept = [n.name for n in graph.node if n.op_type == "MatMul" and stacks.intersection(n.input)]
    quantize_dynamic(
        prepared,
        target,
        op_types_to_quantize=["MatMul", "Gather", "Gemm"],
        per_channel=True,
        reduce_range=True,  # without VNNI, eight-bit products overflow sixteen-bit sums
        weight_type=QuantType.QInt8,
        nodes_to_exclude=kept,
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_new(out: Path, version: str) -> None:
    """Refuse to write over a version: what was served once must be found again.

    Raises:
        ModelExists: ``out/<version>`` is there.
    """
    folder = out / version
    if folder.exists():
        raise ModelExists(f"{folder}: phiên bản đã có / this version is there already", path=str(folder))


def export(checkpoint: Path, root: Path, out: Path, *, version: str, precision: Precision = "int8-weights") -> Path:
    """Write ``out/<version>/`` whole or not at all; returns it.

    Args:
        root: folder that relative paths of the checkpoint's configuration start from.

    Raises:
        ModelExists: see `check_new`.
    """
    check_new(out, version)
    model, config, state = load_checkpoint(checkpoint, root)
    base = root / config.encoder.base
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        partial = Path(folder) / version
        partial.mkdir()
        to_onnx(model, partial / "model.onnx", precision)
        shutil.copyfile(base / "tokenizer.json", partial / "tokenizer.json")
        files = {p.name: {"bytes": p.stat().st_size, "sha256": file_digest(p)} for p in sorted(partial.iterdir())}
        manifest = {
            "name": config.name,
            "version": version,
            "created": datetime.now(UTC).strftime("%Y-%m-%d"),
            "precision": precision,
            "labels": {"mentions": MENTION_TAGS, "phrases": PHRASE_TAGS},
            "windows": config.windows.model_dump(),
            "base": {
                "name": config.encoder.base_name or Path(config.encoder.base).name,
                "license": config.encoder.base_license,
            },
            "training": {
                "config": config.model_dump(exclude={"data", "encoder"}) | {"layers": config.encoder.layers},
                "start": config.encoder.start,
                "epochs_done": state["epoch"],
                "data": state["data"],
                "development": state["development"],
            },
            "files": files,
        }
        (partial / "manifest.json").write_text(
            json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        partial.replace(out / version)
    return out / version
