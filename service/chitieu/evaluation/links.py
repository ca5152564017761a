"""Which links are right, by how far the indicator stands from what is ``of`` or ``in`` it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from chitieu.annotation.document import AnnotatedDocument, AnnotatedSpan
from chitieu.contract import PHRASE_LABELS, Extraction, Span
from chitieu.evaluation.measures import same_indicator
from chitieu.tagging.labels import FIGURE_LABELS

DISTANCES = ("none", "inside", "before", "behind", "clause", "sentence", "paragraph", "further")
_CLAUSE = re.compile(r"[,;:()]|\s[-–]\s")
_SENTENCE = re.compile(r"[.!?…]\s")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")


def distance(text: str, span: AnnotatedSpan, head: AnnotatedSpan | None) -> str:
    """Where the indicator of a span stands.

    ``none``: the text never says. ``inside``: in the phrase. ``before``, ``behind``: in the same clause. Else what lies between at
    most: a ``clause`` edge (comma, semicolon, colon, bracket, dash), the end of a ``sentence``, of a ``paragraph``; ``further``: of more.
    """
    if head is None:
        return "none"
    if span.start <= head.start and head.end <= span.end:
        return "inside"
    first, last = (head, span) if head.start < span.start else (span, head)
    between = text[first.end : last.start]
    paragraphs = len(_PARAGRAPH.findall(between))
    if paragraphs:
        return "paragraph" if paragraphs == 1 else "further"
    if _SENTENCE.search(between):
        return "sentence"
    if _CLAUSE.search(between):
        return "clause"
    return "before" if head.start < span.start else "behind"


def links_by_distance(pairs: Iterable[tuple[AnnotatedDocument, Extraction]]) -> dict[str, dict[str, list[int]]]:
    """``of`` and ``in``: distance to [links, links that are right], of the spans whose label, start and end are right."""
    count: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for document, answer in pairs:
        by_id = {s.id: s for s in answer.spans}
        found: dict[tuple[str, int, int], Span] = {(s.label, s.start, s.end): s for s in answer.spans}
        for span in document.spans:
            got = found.get((span.label, span.start, span.end))
            free = span.label in FIGURE_LABELS and span.phrase is None
            if got is None or not (free or span.label == "INDICATOR" or span.label in PHRASE_LABELS):
                continue
            head = document.spans[span.head] if span.head is not None else None
            key = ("in" if span.label == "INDICATOR" else "of", distance(document.text, span, head))
            count[key] += 1
            right[key] += same_indicator(by_id.get(got.of or got.in_ or ""), head)
    return {
        relation: {d: [count[relation, d], right[relation, d]] for d in DISTANCES if count[relation, d]}
        for relation in ("of", "in")
    }
