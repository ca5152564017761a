"""Continued pre-training: the encoder fills in masked words of unlabelled sentences of the genre before it is trained to tag."""

from __future__ import annotations

import gzip
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from chitieu.errors import ConfigInvalid
from chitieu.tagging.tokens import EncodedWindow, encode_window, special_ids, tokenize
from chitieu.text.passages import read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.training.config import Pretraining, WindowSizes
from chitieu.training.dataset import IGNORED
from chitieu.training.model import Extractor
from chitieu.training.precision import products

_NEW = 8.0  # the head begins from nothing: its learning rate against the encoder's
_SORTED = 64  # batches whose sentences are sorted by length together


def read_sentences(path: Path) -> list[str]:
    """The last column of a tab-separated file with a head line, one sentence a line; ``.gz`` is unpacked.

    Raises:
        ConfigInvalid: the file cannot be read or holds no sentence.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            lines = [line.rstrip("\n").rsplit("\t", 1)[-1] for line in file][1:]
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise ConfigInvalid(f"{path}: không đọc được / cannot be read: {error}") from error
    sentences = [line for line in lines if line.strip()]
    if not sentences:
        raise ConfigInvalid(f"{path}: không có câu nào / no sentence", path=str(path))
    return sentences


def encode_sentence(sentence: str, tokenizer: Tokenizer, sizes: WindowSizes) -> EncodedWindow | None:
    """The first window of a sentence, laid out as documents are; None where nothing in it is read."""
    tokens = tokenize(read_passages(Reading(SourceText(sentence))), tokenizer)
    found = tokens.windows(core=sizes.core, context=0, lookahead=0)
    return encode_window(tokens, found[0], special_ids(tokenizer)) if found else None


def mask_words(
    encoded: EncodedWindow, lettered: NDArray[np.bool_], mask: int, rate: float, rng: random.Random
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids with some whole words hidden, and what stood there (IGNORED elsewhere). Numbers and signs say little and stay.

    Of the tokens chosen eight in ten become ``mask``, one in ten another lettered token, one stays (Devlin et al. 2019); all tokens of a
    word share their fate, since what tells a name's end is whole words.
    """
    starts = np.flatnonzero((encoded.words == 1) & lettered[encoded.ids])
    ids, targets = encoded.ids.copy(), np.full(len(encoded.ids), IGNORED, dtype=np.int64)
    if not len(starts):
        return ids, targets
    count = max(1, round(rate * len(starts)))
    choices = np.flatnonzero(lettered)
    for start in rng.sample(starts.tolist(), min(count, len(starts))):
        end = start + 1
        while end < len(ids) and encoded.words[end] == 2:
            end += 1
        targets[start:end] = encoded.ids[start:end]
        fate = rng.random()
        if fate < 0.8:
            ids[start:end] = mask
        elif fate < 0.9:
            ids[start:end] = [choices[rng.randrange(len(choices))] for _ in range(end - start)]
    return ids, targets


class _Cloze(nn.Module):
    """Fills in what is hidden; the output matrix is the embeddings'."""

    def __init__(self, model: Extractor) -> None:
        super().__init__()
        self.model = model
        self.embeddings = model.encoder.get_input_embeddings()
        size = self.embeddings.weight.shape
        self.transform = nn.Sequential(nn.Linear(size[1], size[1]), nn.GELU(), nn.LayerNorm(size[1]))
        self.bias = nn.Parameter(torch.zeros(size[0]))

    def forward(self, ids: Tensor, words: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        """The mean cross-entropy of the hidden tokens."""
        states = self.model.states(ids, words, mask)
        hidden = targets != IGNORED
        logits = functional.linear(self.transform(states[hidden]), self.embeddings.weight, self.bias)
        return functional.cross_entropy(logits.float(), targets[hidden])


def _batches(
    sentences: Sequence[str], tokenizer: Tokenizer, sizes: WindowSizes, tokens: int, rng: random.Random
) -> Iterator[list[EncodedWindow]]:
    """Batches of sentences of like length without end, at most ``tokens`` padded tokens each."""
    while True:
        held: list[EncodedWindow] = []
        for number in rng.sample(range(len(sentences)), len(sentences)):
            encoded = encode_sentence(sentences[number], tokenizer, sizes)
            if encoded is not None:
                held.append(encoded)
            if sum(len(e.ids) for e in held) >= tokens * _SORTED:
                yield from _packed(held, tokens, rng)
                held = []
        yield from _packed(held, tokens, rng)


def _packed(held: list[EncodedWindow], tokens: int, rng: random.Random) -> list[list[EncodedWindow]]:
    """Sentences sorted by length and put together, the batches in random order."""
    parts: list[list[EncodedWindow]] = []
    for one in sorted(held, key=lambda e: len(e.ids)):
        if parts and len(one.ids) * (len(parts[-1]) + 1) <= tokens:
            parts[-1].append(one)
        else:
            parts.append([one])
    rng.shuffle(parts)
    return parts


def lettered_tokens(tokenizer: Tokenizer, size: int) -> NDArray[np.bool_]:
    """Which of the first ``size`` ids are tokens of letters."""
    out = np.zeros(size, dtype=bool)
    for token, number in tokenizer.get_vocab().items():
        out[number] = number < size and token.strip("▁").isalpha()
    return out


def pretrain(
    model: Extractor,
    sentences: Sequence[str],
    tokenizer: Tokenizer,
    sizes: WindowSizes,
    settings: Pretraining,
    log: Callable[[str], None],
) -> None:
    """Train the encoder in place; the heads are left as they are.

    Raises:
        ConfigInvalid: the tokenizer has no mask token, or nothing in the sentences is read.
    """
    mask = tokenizer.token_to_id("<mask>")
    mask = tokenizer.token_to_id("[MASK]") if mask is None else mask
    if mask is None:
        raise ConfigInvalid("tokenizer.json: thiếu <mask> / lacks <mask>", file="tokenizer.json")
    if not any(encode_sentence(sentence, tokenizer, sizes) for sentence in sentences):
        raise ConfigInvalid("không câu nào đọc được / nothing in the sentences is read")
    cloze = _Cloze(model)
    rng = random.Random(settings.seed)
    lettered = lettered_tokens(tokenizer, cloze.bias.numel())
    read = [*model.encoder.parameters(), model.word_membership.weight]
    new = [*cloze.transform.parameters(), cloze.bias]
    trained = [*read, *new]
    optimiser = torch.optim.AdamW(
        [{"params": read, "lr": settings.learning_rate}, {"params": new, "lr": _NEW * settings.learning_rate}],
        betas=(0.9, 0.98),
        eps=1e-6,
        fused=True,
    )
    warm = max(1, settings.steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm, max(0.0, (settings.steps - step) / settings.steps))
    )
    cloze.train()
    begun, losses = time.monotonic(), []
    parts = _batches(sentences, tokenizer, sizes, settings.batch_tokens, rng)
    for step in range(settings.steps):
        part = next(parts)
        length = max(len(e.ids) for e in part)
        ids, words, keep = (np.full((len(part), length), fill, dtype=np.int64) for fill in (1, 0, 0))
        targets = np.full((len(part), length), IGNORED, dtype=np.int64)
        for row, one in enumerate(part):
            size = len(one.ids)
            ids[row, :size], targets[row, :size] = mask_words(one, lettered, mask, settings.rate, rng)
            words[row, :size], keep[row, :size] = one.words, 1
        if (targets == IGNORED).all():
            continue
        with products(settings.bfloat16):
            loss = cloze(*(torch.from_numpy(a) for a in (ids, words, keep, targets)))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 50 == 49:
            log(
                f"pre-training step {step + 1}/{settings.steps} loss {np.mean(losses[-50:]):.4f} {time.monotonic() - begun:.0f} s"
            )
    if not all(map(math.isfinite, losses)):
        raise ConfigInvalid("huấn luyện trước phân kỳ / pre-training diverged: lower its learning_rate")
