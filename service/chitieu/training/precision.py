"""In how many bits training multiplies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch


def has_bfloat16() -> bool:
    """Whether this processor multiplies in sixteen bits itself; where it does not, a product takes a hundred times as long."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def products(bfloat16: bool) -> AbstractContextManager[object]:
    """What a training step runs in: sixteen bits where asked for and at hand, else thirty-two."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16 and has_bfloat16())


def note_precision(bfloat16: bool, log: Callable[[str], None]) -> None:
    """Say so where sixteen bits were asked for and are not at hand."""
    if bfloat16 and not has_bfloat16():
        log("this processor has no products in sixteen bits (AMX, AVX512-BF16): in thirty-two instead")
