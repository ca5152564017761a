"""Dropout whose masks are cut from one pool of random ones: drawing a new mask for every layer took a sixth of a step on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_POOL = 1 << 24  # elements


class PooledDropout(nn.Module):
    """As ``nn.Dropout``; each mask begins at a random place of a pool that is drawn once, with torch's seed.

    A layer larger than the pool falls back on a mask of its own.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self._pool = (torch.rand(_POOL) >= p).to(torch.float32) / (1.0 - p)

    def forward(self, states: Tensor) -> Tensor:
        if not self.training:
            return states
        size = states.numel()
        if size >= _POOL:
            return nn.functional.dropout(states, self.p)
        at = int(torch.randint(_POOL - size, ()))
        return states * self._pool[at : at + size].view(states.shape).to(states.dtype)


def pool_dropout(model: nn.Module) -> None:
    """Put one PooledDropout a rate in the place of every ``nn.Dropout`` of a model."""
    pools: dict[float, PooledDropout] = {}
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Dropout) and 0 < child.p < 1:
                setattr(parent, name, pools.setdefault(child.p, PooledDropout(child.p)))
