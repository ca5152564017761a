"""How good the torch model is on development documents, between epochs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from chitieu.tagging.decode import TaggedSpan, WindowScores, decode, relation
from chitieu.tagging.repair import repair
from chitieu.training.batches import collate
from chitieu.training.dataset import Prepared, piece_ranges
from chitieu.training.model import Extractor


@torch.no_grad()
def tag(model: Extractor, prepared: Prepared) -> list[TaggedSpan]:
    """The torch model's spans of a document, put right by the rules behind it as when served."""
    mention_parts, phrase_parts, scores = [], [], []
    for example in prepared.examples:
        batch = collate([example])
        mentions, phrases, governor = (t[0].float().numpy() for t in model(batch["ids"], batch["words"], batch["mask"]))
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
