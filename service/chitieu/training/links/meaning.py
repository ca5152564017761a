"""Fitting `chitieu.catalogue.meaning`: words near each other in meaning lead to one entry."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.meaning import FIELDS, MOST_UNITS, Meaning, units_in
from chitieu.training.links.mentions import Labelled
from chitieu.training.links.vectors import Vectors

EPOCHS, BATCH, RATE, DROPPED = 12, 256, 4e-3, 0.2
# A name is evidence of less weight than a mention that was read; one that needs its context of still less.
_OFFICIAL, _ALONE, _IN_CONTEXT, _CUT = 0.5, 0.25, 0.12, 0.15
_NO_ENTRY = -1


@dataclass(frozen=True, slots=True)
class Example:
    """Texts of FIELDS, the positions of the entries that are right (none: empty), and how much it counts."""

    fields: tuple[str, ...]
    entries: tuple[int, ...]
    weight: float


def examples_of(labelled: Sequence[Labelled], position: dict[str, int]) -> list[Example]:
    """Mentions that were read by hand."""
    return [Example(one.mention.fields, tuple(sorted(position[i] for i in one.ids)), one.weight) for one in labelled]


def names_as_examples(catalogue: Catalogue, seed: int) -> list[Example]:
    """Every name as if it were a mention, long ones now and then cut into a wider subject and what is said of it."""
    chance = random.Random(seed)
    position = {i.id: at for at, i in enumerate(catalogue.indicators)}
    units = {i.id: [fold(u) for u in i.units] or [""] for i in catalogue.indicators}
    owners: dict[str, set[int]] = defaultdict(set)
    for alias in catalogue.aliases:
        owners[fold(alias.alias)].add(position[alias.id])
    out = []
    for entry in catalogue.indicators:
        name = fold(entry.name_vi)
        out.append(Example((name, "", "", units[entry.id][0], "", name, ""), (position[entry.id],), _OFFICIAL))
    for alias in catalogue.aliases:
        name, unit = fold(alias.alias), chance.choice(units[alias.id])
        right = tuple(sorted(owners[name]))
        out.append(Example((name, "", "", unit, "", name, ""), right, _ALONE if alias.alone else _IN_CONTEXT))
        words = name.split()
        if len(words) > 4 and chance.random() < 0.5:
            at = chance.randint(2, len(words) - 2)
            out.append(Example((" ".join(words[at:]), " ".join(words[:at]), "", unit, "", name, ""), right, _CUT))
    return out


class _Network(nn.Module):
    def __init__(self, vectors: Vectors, entries: npt.NDArray[np.float32]) -> None:
        super().__init__()
        size = vectors.matrix.shape[1]
        self.vectors = nn.Embedding.from_pretrained(torch.tensor(vectors.matrix), freeze=False)  # type: ignore[no-untyped-call]
        logs = torch.log(torch.tensor(vectors.weights) + 1e-6).unsqueeze(1)
        self.weights = nn.Embedding.from_pretrained(logs, freeze=False)  # type: ignore[no-untyped-call]
        self.shares = nn.Parameter(torch.tensor([1.0, 0.6, 0.3, 0.5, 0.15, 0.15, 0.15]))
        self.turns = nn.Parameter(torch.eye(size).repeat(len(FIELDS), 1, 1))
        self.entries = nn.Parameter(torch.tensor(entries))
        self.none = nn.Linear(size, 1)
        nn.init.constant_(self.none.bias, 0.3)
        self.sharpness = nn.Parameter(torch.tensor(2.5))  # its logarithm

    def forward(self, units: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Scores (batch, entries + 1) of units (batch, fields, MOST_UNITS), where ``there`` is set."""
        weights = torch.exp(self.weights(units).squeeze(-1)).masked_fill(~there, 0)
        means = torch.einsum("bfu,bfus->bfs", weights, self.vectors(units))
        means = means / (means.norm(dim=-1, keepdim=True) + 1e-4)
        turned = torch.einsum("f,fij,bfj->bfi", self.shares, self.turns, means)
        query = functional.normalize((turned * there.any(-1, keepdim=True)).sum(1), dim=-1)
        scores = query @ functional.normalize(self.entries, dim=-1).t()
        return torch.cat([scores, self.none(query)], 1) * torch.exp(self.sharpness)


def fit_meaning(examples: Sequence[Example], catalogue: Catalogue, vectors: Vectors, *, seed: int = 0) -> Meaning:
    """A model from examples (those of the catalogue's names among them) that begins with the vectors of running text."""
    torch.manual_seed(seed)
    network = _Network(vectors, _first_directions(catalogue, vectors))
    units, there = _packed(examples, vectors.vocabulary)
    right = torch.zeros((len(examples), len(catalogue.indicators) + 1), dtype=torch.bool)
    for row, example in enumerate(examples):
        right[row, list(example.entries) or [_NO_ENTRY]] = True
    weight = torch.tensor([e.weight for e in examples])
    words = [network.vectors.weight]
    rest = [p for name, p in network.named_parameters() if name != "vectors.weight"]
    groups = [
        {"params": words, "lr": RATE / 2, "weight_decay": 0.0},
        {"params": rest, "lr": RATE, "weight_decay": 1e-3},
    ]
    optimizer = torch.optim.AdamW(groups)
    steps = EPOCHS * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.02, 1 - step / steps))
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(examples)), BATCH):
            kept = there[batch] & (torch.rand(there[batch].shape) > DROPPED)
            logs = torch.log_softmax(network(units[batch], kept), 1)
            likelihood = torch.logsumexp(logs.masked_fill(~right[batch], -1e9), 1)
            loss = -(likelihood * weight[batch]).sum() / weight[batch].sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return _as_model(network, catalogue, vectors)


def _as_model(network: _Network, catalogue: Catalogue, vectors: Vectors) -> Meaning:
    with torch.no_grad():
        return Meaning(
            vocabulary=vectors.vocabulary,
            vectors=network.vectors.weight.numpy().copy(),
            weights=torch.exp(network.weights.weight.squeeze(1)).numpy(),
            turns=(network.shares[:, None, None] * network.turns).numpy(),
            ids=tuple(i.id for i in catalogue.indicators),
            entries=functional.normalize(network.entries, dim=-1).numpy(),
            none=network.none.weight.squeeze(0).numpy().copy(),
            none_bias=float(network.none.bias),
            sharpness=float(torch.exp(network.sharpness)),
        )


def _first_directions(catalogue: Catalogue, vectors: Vectors) -> npt.NDArray[np.float32]:
    """Each entry as the mean of its names, the official one twice."""
    position = {i.id: at for at, i in enumerate(catalogue.indicators)}
    out = np.zeros((len(position), vectors.matrix.shape[1]), dtype=np.float32)
    named = [(i.id, i.name_vi, 2.0) for i in catalogue.indicators] + [(a.id, a.alias, 1.0) for a in catalogue.aliases]
    for id_, name, times in named:
        units = units_in(fold(name), vectors.vocabulary)
        if units:
            mean = vectors.weights[units] @ vectors.matrix[units]
            out[position[id_]] += times * mean / (np.linalg.norm(mean) + 1e-6)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.maximum(length, 1e-6), dtype=np.float32)


def _packed(examples: Sequence[Example], vocabulary: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    units = torch.zeros((len(examples), len(FIELDS), MOST_UNITS), dtype=torch.long)
    there = torch.zeros_like(units, dtype=torch.bool)
    for row, example in enumerate(examples):
        for column, text in enumerate(example.fields):
            found = units_in(text, vocabulary)
            units[row, column, : len(found)] = torch.tensor(found, dtype=torch.long)
            there[row, column, : len(found)] = True
    return units, there
