"""From scores to spans: constrained decoding of the two BIO layers, and the choice of governors.

Scores are per piece of a whole document, put together from the windows' cores, so no span is lost at a window's edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chitieu.contract import PHRASE_LABELS
from chitieu.tagging.labels import FIGURE_LABELS, MENTION_TAGS, PHRASE_TAGS

Scores = NDArray[np.float32]
_PHRASES = frozenset(PHRASE_LABELS)


@dataclass
class TaggedSpan:
    """A span over pieces ``first:last``; ``head`` is the index (in the list it stands in) of its governing INDICATOR."""

    label: str
    first: int
    last: int
    score: float
    phrase: int | None = None
    head: int | None = None
    head_score: float = 0.0


def softmax(logits: Scores) -> Scores:
    """Along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def constrained_path(logits: Scores, tags: Sequence[str]) -> list[int]:
    """The best tag sequence in which every ``I-X`` follows ``B-X`` or ``I-X`` (Viterbi, no learned transitions).

    Args:
        logits: shape (pieces, tags); ``tags`` are ``O, B-a, I-a, B-b, I-b, …``.
    """
    length, count = logits.shape
    if not length:
        return []
    inside = np.array([tag.startswith("I-") for tag in tags])
    inside_at = np.flatnonzero(inside)
    score = np.where(inside, -np.inf, logits[0])
    back = np.zeros((length, count), dtype=np.int16)
    for at in range(1, length):
        best = int(score.argmax())
        back[at] = best
        new = score[best] + logits[at]
        # An I-tag's own predecessors are the B-tag one place before it and itself.
        from_begin, from_inside = score[inside_at - 1], score[inside_at]
        stays = from_inside >= from_begin
        back[at, inside_at] = np.where(stays, inside_at, inside_at - 1)
        new[inside_at] = np.where(stays, from_inside, from_begin) + logits[at, inside_at]
        score = new
    path = [int(score.argmax())]
    for at in range(length - 1, 0, -1):
        path.append(int(back[at, path[-1]]))
    return path[::-1]


def spans_of(logits: Scores, tags: Sequence[str]) -> list[TaggedSpan]:
    """Decode one layer; a span's score is the least probability among its tags."""
    path = constrained_path(logits, tags)
    probability = softmax(logits) if len(path) else logits
    out: list[TaggedSpan] = []
    for at, tag in enumerate(path):
        name, p = tags[tag], float(probability[at, tag])
        if name.startswith("B-"):
            out.append(TaggedSpan(name[2:], at, at + 1, p))
        elif name.startswith("I-"):
            out[-1].last = at + 1
            out[-1].score = min(out[-1].score, p)
    return out


def nest(mentions: list[TaggedSpan], phrases: list[TaggedSpan]) -> list[TaggedSpan]:
    """Both layers in text order, phrases before what they hold; a phrase is widened to hold a mention that it cuts."""
    at = 0
    for phrase in phrases:
        while at < len(mentions) and mentions[at].last <= phrase.first:
            at += 1
        number = at
        while number < len(mentions) and mentions[number].first < phrase.last:
            phrase.first = min(phrase.first, mentions[number].first)
            phrase.last = max(phrase.last, mentions[number].last)
            number += 1
    apart: list[TaggedSpan] = []
    for phrase in phrases:
        if not apart or phrase.first >= apart[-1].last:
            apart.append(phrase)
    spans = sorted([*apart, *mentions], key=lambda s: (s.first, -s.last, s.label not in _PHRASES))
    current: int | None = None
    for number, span in enumerate(spans):
        if span.label in _PHRASES:
            current = number
        elif current is not None and span.last <= spans[current].last:
            span.phrase = current
    return spans


def relation(span: TaggedSpan) -> int | None:
    """Which governor row answers for a span: 0 ``of``, 1 ``in``, None for spans that have no governor of their own."""
    if span.label == "INDICATOR":
        return 1
    if span.label in _PHRASES or (span.label in FIGURE_LABELS and span.phrase is None):
        return 0
    return None


@dataclass(frozen=True)
class WindowScores:
    """Governor scores of one window.

    Attributes:
        first, core_first, core_last: piece indices; scores are of pieces from ``first`` on.
        governor: shape (2, pieces, 1 + pieces): relation, dependent, head; head 0 is "none".
    """

    first: int
    core_first: int
    core_last: int
    governor: Scores


def choose_governors(spans: list[TaggedSpan], scores: Sequence[WindowScores]) -> None:
    """Set ``head`` of every span that has a governor, from the window whose core its first piece lies in."""
    heads = [n for n, s in enumerate(spans) if s.label == "INDICATOR"]
    dependents = [n for n, s in enumerate(spans) if relation(s) is not None]
    at = low = 0
    for window in scores:
        pieces = window.governor.shape[1]
        end = window.first + pieces
        while low < len(heads) and spans[heads[low]].first < window.first:
            low += 1
        inside = []
        for n in heads[low:]:
            if spans[n].first >= end:
                break
            inside.append(n)
        while at < len(dependents) and spans[dependents[at]].first < window.core_last:
            number = dependents[at]
            at += 1
            span = spans[number]
            row = window.governor[relation(span) or 0, span.first - window.first]
            candidates = [n for n in inside if n != number]
            values = np.array(
                [row[0]]
                + [
                    row[1 + spans[n].first - window.first : 1 + min(spans[n].last, end) - window.first].max()
                    for n in candidates
                ]
            )
            best = int(values.argmax())
            span.head_score = float(softmax(values)[best])
            span.head = candidates[best - 1] if best else None
    _break_cycles(spans)


def _break_cycles(spans: list[TaggedSpan]) -> None:
    """An indicator that is, by way of others, ``in`` itself loses the least sure of the links."""
    state = [0] * len(spans)
    for start in range(len(spans)):
        walk: list[int] = []
        node: int | None = start if spans[start].label == "INDICATOR" else None
        while node is not None and not state[node]:
            state[node] = 1
            walk.append(node)
            node = spans[node].head
        if node is not None and state[node] == 1:
            cycle = walk[walk.index(node) :]
            spans[min(cycle, key=lambda n: spans[n].head_score)].head = None
        for n in walk:
            state[n] = 2


def decode(mention_logits: Scores, phrase_logits: Scores, scores: Sequence[WindowScores]) -> list[TaggedSpan]:
    """All spans of a document, in text order, with their governors.

    Args:
        mention_logits: shape (pieces, mention tags).
        phrase_logits: shape (pieces, phrase tags).
        scores: one entry a window, in text order, cores covering all pieces.
    """
    spans = nest(spans_of(mention_logits, MENTION_TAGS), spans_of(phrase_logits, PHRASE_TAGS))
    choose_governors(spans, scores)
    return spans
