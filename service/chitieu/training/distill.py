"""Distillation: a student of fewer layers learns what its teacher, a served model, says of annotated and of unlabelled text.

The student begins as some of the teacher's layers. It is held to the teacher's tags, governors and layer outputs (Hinton et al. 2015; Jiao
et al. 2020), and on annotated windows to the annotation as well.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from chitieu.errors import ConfigInvalid
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.tagging.tokens import encode_window, special_ids, tokenize
from chitieu.text.passages import read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.training.config import Distillation, WindowSizes
from chitieu.training.dataset import IGNORED, Example
from chitieu.training.model import Extractor
from chitieu.training.served import served_weights

_OUTSIDE = -1e4
_BEGINS = {
    "mentions": [i for i, tag in enumerate(MENTION_TAGS) if tag.startswith("B-")],
    "phrases": [i for i, tag in enumerate(PHRASE_TAGS) if tag.startswith("B-")],
}


def load_teacher(served: Path, base: str, *, layers: int, governor_width: int) -> Extractor:
    """The served model as a torch model that only answers.

    Raises:
        ConfigInvalid: there is no such model. ModelInvalid: it is built otherwise.
    """
    if not served.is_file():
        raise ConfigInvalid(f"{served}: không có mô hình dạy / no teacher", file=str(served))
    teacher = Extractor(base, layers=layers, governor_width=governor_width, dropout=0.0)
    teacher.load_state_dict(served_weights(served, teacher.state_dict()))
    return teacher.eval().requires_grad_(False)


def begin_as(student: Extractor, teacher: Extractor, kept: Sequence[int]) -> None:
    """Give the student the teacher's weights, and of its layers those that are kept, in order."""
    weights = teacher.state_dict()
    own = {}
    for name in student.state_dict():
        parts = name.split(".")
        if "layer" in parts:
            at = parts.index("layer") + 1
            parts[at] = str(kept[int(parts[at])])
        own[name] = weights[".".join(parts)]
    student.load_state_dict(own)


def unlabelled_windows(
    sentences: Sequence[str], tokenizer: Tokenizer, sizes: WindowSizes, *, tokens: int, rng: random.Random
) -> list[Example]:
    """Windows over sentences drawn at random, several a text, until about so many tokens are together; no target is known."""
    out: list[Example] = []
    special = special_ids(tokenizer)
    total = 0
    while total < tokens:
        text = "\n".join(rng.sample(sentences, min(rng.choice((1, 2, 4, 8, 12)), len(sentences))))
        tokenized = tokenize(read_passages(Reading(SourceText(text))), tokenizer)
        for window in tokenized.windows(core=sizes.core, context=sizes.context, lookahead=sizes.lookahead):
            encoded = encode_window(tokenized, window, special)
            unknown = np.full(window.last - window.first, IGNORED, dtype=np.int64)
            out.append(Example(encoded, unknown, unknown, np.stack([unknown, unknown])))
            total += len(encoded.ids)
    return out


def _divergence(student: Tensor, teacher: Tensor, chosen: Tensor) -> Tensor:
    """The mean Kullback-Leibler divergence of rows of logits, of those that are chosen."""
    if not chosen.any():
        return student.sum() * 0.0
    ours = functional.log_softmax(student[chosen].float(), dim=-1)
    theirs = functional.log_softmax(teacher[chosen].float(), dim=-1)
    return functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)


class Distiller(nn.Module):
    """The loss of a student against its teacher."""

    def __init__(self, teacher: Extractor, settings: Distillation) -> None:
        super().__init__()
        self.teacher = teacher
        self.settings = settings

    def forward(self, student: Extractor, batch: dict[str, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """The loss, and the student's logits, which the annotation may judge as well."""
        inputs = batch["ids"], batch["words"], batch["mask"]
        real = batch["mask"].bool()
        with torch.no_grad():
            their_layers = self.teacher.layer_states(*inputs)
            theirs = self.teacher.heads(their_layers[-1])
        layers = student.layer_states(*inputs)
        ours = student.heads(student.dropout(layers[-1]))
        mentions, phrases = (_divergence(o, t, real) for o, t in zip(ours[:2], theirs[:2], strict=True))
        # Only what the teacher takes for the beginning of a span has a governor, and only first tokens of pieces can be one.
        begins = torch.zeros_like(real)
        for logits, tags in zip(theirs[:2], _BEGINS.values(), strict=True):
            begins |= torch.isin(logits.argmax(-1), torch.tensor(tags))
        allowed = torch.cat([torch.ones_like(batch["heads"][:, :1]), batch["heads"]], dim=1)[:, None, None, :]
        governors = _divergence(
            ours[2].masked_fill(~allowed, _OUTSIDE),
            theirs[2].masked_fill(~allowed, _OUTSIDE),
            (begins & batch["heads"])[:, None, :].expand(-1, 2, -1),
        )
        states = sum(
            (
                functional.mse_loss(layers[n + 1][real].float(), their_layers[kept + 1][real].float())
                for n, kept in enumerate(self.settings.layers)
            ),
            start=torch.zeros(()),
        )
        loss = mentions + phrases + governors + self.settings.states_weight * states / len(self.settings.layers)
        return loss, ours
