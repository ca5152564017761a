"""The weights of a served model, to go on training from: a registry keeps served files, checkpoints are thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from chitieu.errors import ModelInvalid

_PRODUCTS = ("MatMul", "Gemm")


def served_weights(path: Path, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of ``model.onnx`` under the torch model's names; eight-bit ones as what they stand for.

    The exporter keeps the names of biases and embeddings. The matrix of a linear layer is turned round and loses its name; it is
    the one whose product the layer's bias is added to. Another parameter without its name is the only one of its turned shape.

    Args:
        wanted: the torch model's state, for names and shapes.

    Raises:
        ModelInvalid: a weight is missing or has another shape: the file is of a model that is built otherwise.
    """
    graph = onnx.load(path).graph
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            axis = next(a.i for a in node.attribute if a.name == "axis")
            values, scale = (stored[name] for name in node.input[:2])
            shape = [1] * values.ndim
            shape[axis] = -1
            stored[node.output[0]] = values.astype(np.float32) * scale.reshape(shape)
    made_by = {output: node for node in graph.node for output in node.output}
    matrices: dict[str, NDArray[np.float32]] = {}
    for node in graph.node:
        biases = [name for name in node.input if name.endswith(".bias") and name in stored]
        if node.op_type != "Add" or not biases:
            continue
        for name in node.input:
            product = made_by.get(name)
            if product is not None and product.op_type in _PRODUCTS and product.input[1] in stored:
                matrices[biases[0].removesuffix("bias") + "weight"] = stored[product.input[1]].T
    out: dict[str, Tensor] = {}
    for name, like in wanted.items():
        found = matrices.get(name, stored.get(name))
        if found is None:
            turned = [v.swapaxes(-1, -2) for n, v in stored.items() if v.ndim == like.ndim > 1 and n not in wanted]
            fitting = [v for v in turned if v.shape == tuple(like.shape)]
            found = fitting[0] if len(fitting) == 1 else None
        if found is None or found.shape != tuple(like.shape):
            raise ModelInvalid(
                f"{path}: {name}: không có trọng số vừa / no weight that fits", weight=name, file=str(path)
            )
        out[name] = torch.from_numpy(np.array(found, dtype=np.float32))
    return out
