"""Fitting `chitieu.catalogue.scorer`: how much each piece of evidence counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from chitieu.catalogue.evidence import FEATURES, Candidate
from chitieu.catalogue.scorer import Weights
from chitieu.training.links.mentions import Labelled

HIDDEN, EPOCHS, RATE, DECAY = 32, 300, 0.03, 3e-3
_OUT = -30.0


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.direct = nn.Linear(len(FEATURES), 1)
        self.hidden = nn.Linear(len(FEATURES), HIDDEN)
        self.out = nn.Linear(HIDDEN, 1, bias=False)

    def forward(self, evidence: torch.Tensor) -> torch.Tensor:
        """Scores of names, from (…, features)."""
        scores: torch.Tensor = self.direct(evidence) + self.out(torch.relu(self.hidden(evidence)))
        return scores.squeeze(-1)


def fit_scorer(
    labelled: Sequence[Labelled],
    candidates: Sequence[Sequence[Candidate]],
    *,
    often: dict[str, float],
    threshold: float,
    seed: int = 0,
) -> Weights:
    """Weights under which the entries that were read by hand are likeliest.

    Args:
        labelled: mentions.
        candidates: of each, with evidence that does not know the mention's own document.
        often, threshold: go into the weights as they are.
    """
    torch.manual_seed(seed)
    most = max(len(found) for found in candidates)
    shape = (len(labelled), most)
    evidence = torch.zeros((*shape, len(FEATURES)))
    there = torch.zeros(shape, dtype=torch.bool)
    entry = torch.zeros(shape, dtype=torch.long)
    right = torch.zeros((len(labelled), most + 1), dtype=torch.bool)
    for row, (one, found) in enumerate(zip(labelled, candidates, strict=True)):
        number: dict[str, int] = {}
        for column, candidate in enumerate(found):
            evidence[row, column] = torch.tensor(candidate.evidence)
            there[row, column] = True
            at = number.setdefault(candidate.name.id, len(number))
            entry[row, column] = at
            right[row, at] = candidate.name.id in one.ids
        right[row, most] = not one.ids & number.keys()
    weight = torch.tensor([one.weight for one in labelled])
    network = _Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        scores = network(evidence).masked_fill(~there, _OUT)
        best = torch.full(shape, _OUT).scatter_reduce(1, entry, scores, "amax", include_self=True)
        logs = torch.log_softmax(torch.cat([best, torch.zeros((len(labelled), 1))], 1), 1)
        loss = -(torch.logsumexp(logs.masked_fill(~right, -1e9), 1) * weight).sum() / weight.sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return Weights(
            direct=network.direct.weight.squeeze(0).numpy().astype(np.float64),
            bias=float(network.direct.bias),
            hidden=network.hidden.weight.numpy().astype(np.float64),
            hidden_bias=network.hidden.bias.numpy().astype(np.float64),
            out=network.out.weight.squeeze(0).numpy().astype(np.float64),
            threshold=threshold,
            often=often,
        )
