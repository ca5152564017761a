"""Windows put together for one step."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from chitieu.training.dataset import IGNORED, Example


def collate(batch: Sequence[Example]) -> dict[str, Tensor]:
    """Pad a batch. Targets are spread from pieces to their first tokens."""
    length = max(len(e.encoded.ids) for e in batch)
    out = {
        "ids": np.ones((len(batch), length), dtype=np.int64),
        "words": np.zeros((len(batch), length), dtype=np.int64),
        "mask": np.zeros((len(batch), length), dtype=np.int64),
        "mentions": np.full((len(batch), length), IGNORED),
        "phrases": np.full((len(batch), length), IGNORED),
        "governors": np.full((len(batch), 2, length), IGNORED),
        "heads": np.zeros((len(batch), length), dtype=bool),
    }
    for row, example in enumerate(batch):
        encoded = example.encoded
        size = len(encoded.ids)
        out["ids"][row, :size] = encoded.ids
        out["words"][row, :size] = encoded.words
        out["mask"][row, :size] = 1
        out["mentions"][row, encoded.heads] = example.mentions
        out["phrases"][row, encoded.heads] = example.phrases
        out["heads"][row, encoded.heads] = True
        # From "1 + piece" to "1 + token": head 0 stays "none".
        to_token = np.concatenate([[0], encoded.heads + 1])
        known = example.governors != IGNORED
        out["governors"][row][:, encoded.heads] = np.where(
            known, to_token[np.where(known, example.governors, 0)], IGNORED
        )
    return {key: torch.from_numpy(value) for key, value in out.items()}


def batches(items: list[Example], tokens: int, rng: random.Random) -> list[list[Example]]:
    """Batches of windows of like length, at most ``tokens`` padded tokens each, in random order."""
    ordered = sorted(items, key=lambda e: len(e.encoded.ids) + rng.randint(-16, 16))
    out: list[list[Example]] = []
    longest = 0
    for item in ordered:
        size = len(item.encoded.ids)
        longest = max(longest, size)
        if out and longest * (len(out[-1]) + 1) <= tokens:
            out[-1].append(item)
        else:
            out.append([item])
            longest = size
    rng.shuffle(out)
    return out
