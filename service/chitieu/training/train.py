"""The training loop: batches by tokens, a checkpoint after every epoch, development scores beside it."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from chitieu.annotation.document import AnnotatedDocument
from chitieu.errors import ConfigInvalid
from chitieu.tagging.tokens import load_tokenizer
from chitieu.training.batches import batches, collate
from chitieu.training.checkpoint import check_same, save_checkpoint
from chitieu.training.config import Config, Optimisation
from chitieu.training.dataset import IGNORED, Example, digest_of, find_documents, load, names_in, prepare, rewrap
from chitieu.training.development import development_scores
from chitieu.training.distill import Distiller, begin_as, load_teacher, unlabelled_windows
from chitieu.training.dropout import pool_dropout
from chitieu.training.model import Extractor, has_weights
from chitieu.training.precision import note_precision, products
from chitieu.training.pretrain import pretrain, read_sentences
from chitieu.training.served import served_weights

Log = Callable[[str], None]
Progress = Callable[[int, int], None]  # steps done, and of how many
_CHECKPOINT, _PRETRAINED = "checkpoint.pt", "pretrained.pt"


def loss_of(model: Extractor, batch: dict[str, Tensor], governor_weight: float) -> Tensor:
    """Sum of the mean cross-entropies of the heads."""
    return gold_loss(model(batch["ids"], batch["words"], batch["mask"]), batch, governor_weight)


def gold_loss(logits: tuple[Tensor, Tensor, Tensor], batch: dict[str, Tensor], governor_weight: float) -> Tensor:
    """Sum of the mean cross-entropies of logits against the annotation."""
    mentions, phrases, governor = logits
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
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)


def _running_average(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """Moves averages towards weights; the first steps count for more, so that what training began with is soon forgotten."""

    @torch.no_grad()
    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
        kept = min(decay, (1.0 + int(steps)) / (10.0 + int(steps)))
        for average, weight in zip(averages, weights, strict=True):
            average.lerp_(weight.to(average.dtype), 1.0 - kept)

    return update


class _Corpus:
    """The training documents; an epoch sees some of them with their lines wrapped anew, and unlabelled text where a teacher reads it."""

    def __init__(
        self,
        documents: Sequence[AnnotatedDocument],
        tokenizer: Tokenizer,
        config: Config,
        sentences: Sequence[str] = (),
    ) -> None:
        self._tokenizer, self._sizes, self._rewrap = tokenizer, config.windows, config.optimisation.rewrap
        self._plain = [prepare(document, tokenizer, self._sizes) for document in documents]
        self._sentences, self._tokens = sentences, config.distillation.tokens if config.distillation else 0

    def epoch(self, rng: random.Random) -> list[Example]:
        out: list[Example] = []
        for plain in self._plain:
            if rng.random() < self._rewrap:
                text = rewrap(plain.document.text, rng)
                out.extend(prepare(plain.document, self._tokenizer, self._sizes, text=text).examples)
            else:
                out.extend(plain.examples)
        if self._tokens:
            out += unlabelled_windows(self._sentences, self._tokenizer, self._sizes, tokens=self._tokens, rng=rng)
        return out


def _begin(config: Config, root: Path, base: Path, out: Path, tokenizer: Tokenizer, log: Log) -> Extractor:
    """The model before its first epoch: the base's weights or a served model's, pre-trained where asked.

    What pre-training gave is kept in ``out`` until the first checkpoint, so that a run that is stopped need not repeat it. Where there is
    a checkpoint, its weights will be put in.
    """
    model = Extractor(
        str(base),
        layers=config.encoder.layers,
        governor_width=config.heads.governor_width,
        dropout=config.heads.dropout,
    )
    pool_dropout(model)
    if config.encoder.start is None and not has_weights(str(base)):
        raise ConfigInvalid(f"{base}: không có trọng số, cần encoder.start / has no weights, encoder.start is needed")
    kept = out / _PRETRAINED
    if (out / _CHECKPOINT).exists():
        return model
    if kept.exists():
        model.load_state_dict(torch.load(kept, weights_only=True))
        return model
    if config.encoder.start:
        served = root / config.encoder.start / "model.onnx"
        if not served.is_file():
            raise ConfigInvalid(f"{served}: không có mô hình để đi tiếp / no model to go on from", file=str(served))
        model.load_state_dict(served_weights(served, model.state_dict()))
    if config.pretraining:
        sentences = read_sentences(root / config.pretraining.sentences)
        pretrain(model, sentences, tokenizer, config.windows, config.pretraining, log)
        save_checkpoint(kept, model.state_dict())
    return model


def _distiller(config: Config, root: Path, base: Path) -> tuple[Distiller | None, list[str]]:
    """The teacher's loss and the unlabelled sentences, where a teacher is named."""
    settings = config.distillation
    if settings is None:
        return None, []
    if len(settings.layers) != config.encoder.layers or max(settings.layers) >= settings.teacher_layers:
        raise ConfigInvalid(
            "distillation.layers: phải có đúng encoder.layers lớp của mô hình dạy / must name encoder.layers layers of the teacher"
        )
    teacher = load_teacher(
        root / settings.teacher / "model.onnx",
        str(base),
        layers=settings.teacher_layers,
        governor_width=config.heads.governor_width,
    )
    return Distiller(teacher, settings), read_sentences(root / settings.sentences)


def _log_epoch(log: Log, epoch: int, line: str) -> None:
    log(f"epoch {epoch} {line}")


def _loss(model: Extractor, batch: dict[str, Tensor], settings: Optimisation, distiller: Distiller | None) -> Tensor:
    if distiller is None:
        return loss_of(model, batch, settings.governor_weight)
    loss, logits = distiller(model, batch)
    if distiller.settings.gold_weight and (batch["mentions"] != IGNORED).any():
        loss = loss + distiller.settings.gold_weight * gold_loss(logits, batch, settings.governor_weight)
    return cast(Tensor, loss)


def _one_epoch(
    model: Extractor,
    averaged: AveragedModel | None,
    parts: Sequence[Sequence[Example]],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    settings: Optimisation,
    log: Log,
    distiller: Distiller | None = None,
    stepped: Callable[[int], None] | None = None,
) -> float:
    """A step a batch; returns the mean loss. ``stepped`` is told how many are done."""
    model.train()
    begun = time.monotonic()
    losses = []
    for number, part in enumerate(parts, 1):
        with products(settings.bfloat16):
            loss = _loss(model, collate(part), settings, distiller)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if averaged:
            averaged.update_parameters(model)
        losses.append(loss.item())
        if stepped:
            stepped(number)
        if number % 25 == 0:
            mean, seconds = np.mean(losses[-25:]), time.monotonic() - begun
            left = seconds / number * (len(parts) - number)
            log(f"step {number}/{len(parts)} loss {mean:.4f} {seconds:.0f} s, {left:.0f} s to go")
    return float(np.mean(losses))


def train(
    config: Config,
    root: Path,
    out: Path,
    log: Log = print,
    *,
    stop_after: float = math.inf,
    progress: Progress | None = None,
) -> Path:
    """Train as configured, or go on from the checkpoint in ``out``; returns the checkpoint's path.

    With ``averaging``, what is scored, kept as ``model`` in the checkpoint and served is the running average of the weights.

    Args:
        root: folder that relative paths of the configuration start from.
        out: folder for ``checkpoint.pt`` and ``log.jsonl``.
        stop_after: seconds after which no further epoch begins.
        progress: told after each step how many of all are done.

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
    distiller, sentences = _distiller(config, root, base)
    corpus = _Corpus(documents, tokenizer, config, sentences)
    checkpoint = out / _CHECKPOINT
    model = _begin(config, root, base, out, tokenizer, log)
    if distiller is not None:
        begin_as(model, distiller.teacher, distiller.settings.layers)
    averaged = AveragedModel(model, multi_avg_fn=_running_average(o.averaging)) if o.averaging else None
    optimiser = _optimiser(model, config)
    first = corpus.epoch(random.Random(o.seed))
    per_epoch = len(batches(first, o.batch_tokens, random.Random(0)))
    steps = per_epoch * o.epochs

    def factor(step: int) -> float:
        warm = o.warmup * steps
        return step / max(1.0, warm) if step < warm else max(0.0, (steps - step) / max(1.0, steps - warm))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    epoch = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        check_same(checkpoint, state["config"], config)
        model.load_state_dict(state["trained"] if averaged else state["model"])
        if averaged:
            averaged.module.load_state_dict(state["model"])
            averaged.n_averaged.fill_(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        epoch = state["epoch"]
        rng.setstate(state["rng"])
        log(f"goes on after epoch {epoch}")
    log(
        f"{len(documents)} documents, {len(first)} windows, {steps} steps, {sum(p.numel() for p in model.parameters())} parameters"
    )
    note_precision(o.bfloat16, log)

    def stepped(before: int, number: int) -> None:
        if progress:
            progress(min(before + number, steps), steps)

    while epoch < o.epochs and time.monotonic() - begun < stop_after:
        at = time.monotonic()
        parts = batches(corpus.epoch(rng), o.batch_tokens, rng)
        loss = _one_epoch(
            model,
            averaged,
            parts,
            optimiser,
            schedule,
            o,
            partial(_log_epoch, log, epoch + 1),
            distiller,
            partial(stepped, epoch * per_epoch),
        )
        epoch += 1
        served = cast(Extractor, averaged.module) if averaged else model
        with products(o.bfloat16):
            scores = development_scores(served, development)
        row = {
            "epoch": epoch,
            "loss": round(loss, 4),
            "seconds": round(time.monotonic() - at),
            **scores,
        }
        save_checkpoint(
            checkpoint,
            {
                "model": served.state_dict(),
                "trained": model.state_dict() if averaged else None,
                "averaged": int(averaged.n_averaged) if averaged else 0,
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch,
                "rng": rng.getstate(),
                "config": config.model_dump(),
                "data": {"documents": len(documents), "sha256": digest_of(train_paths)},
                "development": scores,
            },
        )
        (out / _PRETRAINED).unlink(missing_ok=True)
        with (out / "log.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
        log(json.dumps(row))
    return checkpoint
