"""The training loop: batches by tokens, a checkpoint after every epoch, development scores beside it."""

from __future__ import annotations

import json
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from chitieu.annotation.inline_xml import GoldDocument
from chitieu.errors import ConfigInvalid
from chitieu.tagging.decode import TaggedSpan, WindowScores, decode, relation
from chitieu.tagging.repair import repair
from chitieu.tagging.tokens import load_tokenizer
from chitieu.training.config import Config
from chitieu.training.dataset import (
    IGNORED,
    Example,
    Prepared,
    digest_of,
    find_documents,
    load,
    names_in,
    piece_ranges,
    prepare,
    rewrap,
)
from chitieu.training.model import Extractor
from chitieu.training.served import served_weights

Log = Callable[[str], None]


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


def loss_of(model: Extractor, batch: dict[str, Tensor], governor_weight: float) -> Tensor:
    """Sum of the mean cross-entropies of the heads."""
    mentions, phrases, governor = model(batch["ids"], batch["words"], batch["mask"])
    total = functional.cross_entropy(mentions.flatten(0, 1), batch["mentions"].flatten(), ignore_index=IGNORED)
    total = total + functional.cross_entropy(phrases.flatten(0, 1), batch["phrases"].flatten(), ignore_index=IGNORED)
    if (batch["governors"] != IGNORED).any():
        # Only first tokens of pieces, and "none", can govern.
        allowed = torch.cat([torch.ones_like(batch["heads"][:, :1]), batch["heads"]], dim=1)
        scores = governor.masked_fill(~allowed[:, None, None, :], -1e4)
        total = total + governor_weight * functional.cross_entropy(
            scores.flatten(0, 2), batch["governors"].flatten(), ignore_index=IGNORED
        )
    return total


@torch.no_grad()
def tag(model: Extractor, prepared: Prepared) -> list[TaggedSpan]:
    """The torch model's spans of a document, put right by the rules behind it as when served."""
    mention_parts, phrase_parts, scores = [], [], []
    for example in prepared.examples:
        batch = collate([example])
        mentions, phrases, governor = (t[0].numpy() for t in model(batch["ids"], batch["words"], batch["mask"]))
        window, heads = example.encoded.window, example.encoded.heads
        core = heads[window.core_first - window.first : window.core_last - window.first]
        mention_parts.append(mentions[core])
        phrase_parts.append(phrases[core])
        columns = np.concatenate([[0], heads + 1])
        governor = governor[:, heads][:, :, columns]
        scores.append(WindowScores(window.first, window.core_first, window.core_last, governor))
    if not scores:
        return []
    spans = decode(np.concatenate(mention_parts), np.concatenate(phrase_parts), scores)
    passages = prepared.tokens.passages
    return repair(spans, passages.reading.text, passages.pieces)


def development_scores(model: Extractor, documents: Sequence[Prepared]) -> dict[str, float]:
    """Strict F1 over all and by label, and accuracy of the governors of the spans found."""
    model.eval()
    hits: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for prepared in documents:
        spans = tag(model, prepared)
        ranges = piece_ranges(prepared.document, prepared.tokens)
        gold = {(s.label, *(r or (s.start, -1))): s for s, r in zip(prepared.document.spans, ranges, strict=True)}
        sizes.update(label for label, *_ in gold)
        sizes.update(s.label for s in spans)
        for span in spans:
            want = gold.get((span.label, span.first, span.last))
            if want is None:
                continue
            hits[span.label] += 2
            if relation(span) is not None:
                sizes["links"] += 1
                head = ranges[want.head] if want.head is not None else None
                got = spans[span.head] if span.head is not None else None
                same = got is None if head is None else got is not None and got.first < head[1] and head[0] < got.last
                hits["links"] += same
    labels = sorted(k for k in sizes if k != "links")
    out = {"micro": sum(hits[k] for k in labels) / max(1, sum(sizes[k] for k in labels))}
    out |= {k: hits[k] / sizes[k] for k in sorted(sizes)}
    return {k: round(v, 4) for k, v in out.items()}


def _optimiser(model: Extractor, config: Config) -> torch.optim.Optimizer:
    o = config.optimisation
    groups = []
    for in_encoder, rate in ((True, o.encoder_learning_rate), (False, o.head_learning_rate)):
        for decays in (True, False):
            chosen = [
                p
                for n, p in model.named_parameters()
                if n.startswith("encoder.") == in_encoder and (p.ndim > 1 and "distance" not in n) == decays
            ]
            groups.append({"params": chosen, "lr": rate, "weight_decay": o.weight_decay if decays else 0.0})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


class _Corpus:
    """The training documents; an epoch sees some of them with their lines wrapped anew."""

    def __init__(self, documents: Sequence[GoldDocument], tokenizer: Tokenizer, config: Config) -> None:
        self._tokenizer, self._sizes, self._rewrap = tokenizer, config.windows, config.optimisation.rewrap
        self._plain = [prepare(document, tokenizer, self._sizes) for document in documents]

    def epoch(self, rng: random.Random) -> list[Example]:
        out: list[Example] = []
        for plain in self._plain:
            if rng.random() < self._rewrap:
                text = rewrap(plain.document.text, rng)
                out.extend(prepare(plain.document, self._tokenizer, self._sizes, text=text).examples)
            else:
                out.extend(plain.examples)
        return out


def train(config: Config, root: Path, out: Path, log: Log = print, *, stop_after: float = math.inf) -> Path:
    """Train as configured, or go on from the checkpoint in ``out``; returns the checkpoint's path.

    Args:
        root: folder that relative paths of the configuration start from.
        out: folder for ``checkpoint.pt`` and ``log.jsonl``.
        stop_after: seconds after which no further epoch begins.

    Raises:
        ConfigInvalid, AnnotationInvalid: data that is missing or faulty.
    """
    begun = time.monotonic()
    o = config.optimisation
    torch.manual_seed(o.seed)
    rng = random.Random(o.seed)
    exclude = [name for path in config.data.exclude for name in names_in(root / path)]
    train_paths = find_documents([root / p for p in config.data.train], exclude=exclude)
    if not train_paths:
        raise ConfigInvalid("không còn tài liệu nào để huấn luyện / every training document is excluded")
    only = names_in(root / config.data.development_names) if config.data.development_names else None
    development_paths = find_documents([root / p for p in config.data.development], only=only)
    documents = load(train_paths)
    base = root / config.encoder.base if (root / config.encoder.base).exists() else Path(config.encoder.base)
    tokenizer = load_tokenizer(base / "tokenizer.json")
    development = [prepare(d, tokenizer, config.windows) for d in load(development_paths)]
    corpus = _Corpus(documents, tokenizer, config)
    model = Extractor(
        str(base),
        layers=config.encoder.layers,
        governor_width=config.heads.governor_width,
        dropout=config.heads.dropout,
    )
    if config.encoder.start:
        served = root / config.encoder.start / "model.onnx"
        if not served.is_file():
            raise ConfigInvalid(f"{served}: không có mô hình để đi tiếp / no model to go on from", file=str(served))
        model.load_state_dict(served_weights(served, model.state_dict()))
    optimiser = _optimiser(model, config)
    first = corpus.epoch(random.Random(o.seed))
    per_epoch = len(batches(first, o.batch_tokens, random.Random(0)))
    steps = per_epoch * o.epochs

    def factor(step: int) -> float:
        warm = o.warmup * steps
        return step / max(1.0, warm) if step < warm else max(0.0, (steps - step) / max(1.0, steps - warm))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    checkpoint = out / "checkpoint.pt"
    epoch = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        epoch = state["epoch"]
        rng.setstate(state["rng"])
        log(f"goes on after epoch {epoch}")
    log(
        f"{len(documents)} documents, {len(first)} windows, {steps} steps, {sum(p.numel() for p in model.parameters())} parameters"
    )
    while epoch < o.epochs and time.monotonic() - begun < stop_after:
        model.train()
        at = time.monotonic()
        losses = []
        parts = batches(corpus.epoch(rng), o.batch_tokens, rng)
        for number, part in enumerate(parts):
            loss = loss_of(model, collate(part), o.governor_weight)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if number % 25 == 24:
                log(
                    f"epoch {epoch + 1} step {number + 1}/{len(parts)} loss {np.mean(losses[-25:]):.4f} {time.monotonic() - at:.0f} s"
                )
        epoch += 1
        scores = development_scores(model, development)
        row = {
            "epoch": epoch,
            "loss": round(float(np.mean(losses)), 4),
            "seconds": round(time.monotonic() - at),
            **scores,
        }
        save_checkpoint(
            checkpoint,
            {
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch,
                "rng": rng.getstate(),
                "config": config.model_dump(),
                "data": {"documents": len(documents), "sha256": digest_of(train_paths)},
                "development": scores,
            },
        )
        with (out / "log.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
        log(json.dumps(row))
    return checkpoint
