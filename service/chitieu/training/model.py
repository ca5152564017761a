"""The torch model: one encoder, two BIO heads, a biaffine governor head."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS

_DISTANCES = 64  # buckets of the signed distance between a dependent and its head, per relation


def has_weights(base: str) -> bool:
    """Whether a base brings weights: a folder with a `config.json` alone does not, and a name is one of a hub."""
    folder = Path(base)
    return not (folder / "config.json").is_file() or any(folder.glob("*.safetensors")) or any(folder.glob("*.bin"))


class Governor(nn.Module):
    """Biaffine attention (Dozat and Manning 2017) over tokens, for the relations ``of`` and ``in``.

    Besides the vectors, a learned bias of the signed, logarithmically bucketed distance takes part; head 0 is "none".
    """

    def __init__(self, hidden: int, width: int, dropout: float) -> None:
        super().__init__()
        self.dependent = nn.Linear(hidden, 2 * width)
        self.head = nn.Linear(hidden, 2 * width)
        self.none = nn.Parameter(torch.zeros(2, 1, width))
        self.bilinear = nn.Parameter(torch.zeros(2, width + 1, width))
        self.distance = nn.Parameter(torch.zeros(2, _DISTANCES))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.bilinear, std=0.02)
        nn.init.normal_(self.none, std=0.02)
        self.width = width

    def forward(self, states: Tensor) -> Tensor:
        """(batch, tokens, hidden) -> (batch, 2, tokens, 1 + tokens)."""
        batch, length, _ = states.shape
        dependent = self.dropout(torch.tanh(self.dependent(states))).view(batch, length, 2, self.width).transpose(1, 2)
        head = self.dropout(torch.tanh(self.head(states))).view(batch, length, 2, self.width).transpose(1, 2)
        ones = torch.ones_like(dependent[..., :1])
        left = torch.cat([dependent, ones], dim=-1) @ self.bilinear
        scores = left @ head.transpose(-1, -2)
        positions = torch.arange(length, device=states.device)
        offset = positions[None, :] - positions[:, None]
        near = torch.log2(offset.abs().float() + 1.0) * 3.4
        bucket = near.long().clamp(max=_DISTANCES // 2 - 1) + (offset > 0).long() * (_DISTANCES // 2)
        scores = scores + self.distance[:, bucket]
        nothing = left @ self.none.transpose(-1, -2)
        return torch.cat([nothing, scores], dim=-1)


class Extractor(nn.Module):
    """Encoder with its heads.

    Inputs: ``ids`` and ``words`` (batch, tokens), ``mask`` (batch, tokens), 1 where there is a token.
    Outputs: mention logits (batch, tokens, mention tags), phrase logits, governor scores (batch, 2, tokens, 1 + tokens).
    """

    def __init__(self, base: str, *, layers: int, governor_width: int, dropout: float) -> None:
        super().__init__()
        shape = {"num_hidden_layers": layers, "attention_probs_dropout_prob": 0.0, "dtype": torch.float32}
        if has_weights(base):
            self.encoder = AutoModel.from_pretrained(base, add_pooling_layer=False, **shape)
        else:  # whoever goes on from a served model brings its weights
            described = AutoConfig.from_pretrained(base, **shape)
            self.encoder = AutoModel.from_config(described, add_pooling_layer=False)
        hidden = cast(int, self.encoder.config.hidden_size)
        self.word_membership = nn.Embedding(3, hidden)
        nn.init.zeros_(self.word_membership.weight)
        self.dropout = nn.Dropout(dropout)
        self.mentions = nn.Linear(hidden, len(MENTION_TAGS))
        self.phrases = nn.Linear(hidden, len(PHRASE_TAGS))
        self.governor = Governor(hidden, governor_width, dropout)

    def states(self, ids: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """The encoder's vectors, (batch, tokens, hidden)."""
        inputs = self.encoder.get_input_embeddings()(ids) + self.word_membership(words)
        return cast(Tensor, self.encoder(inputs_embeds=inputs, attention_mask=mask).last_hidden_state)

    def layer_states(self, ids: Tensor, words: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """The vectors that enter the first layer and those that leave each, (batch, tokens, hidden); the last are `states`."""
        inputs = self.encoder.get_input_embeddings()(ids) + self.word_membership(words)
        answer = self.encoder(inputs_embeds=inputs, attention_mask=mask, output_hidden_states=True)
        return cast(tuple[Tensor, ...], answer.hidden_states)

    def heads(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the heads make of the encoder's vectors; see the class."""
        return self.mentions(states), self.phrases(states), self.governor(states)

    def forward(self, ids: Tensor, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.heads(self.dropout(self.states(ids, words, mask)))
