"""Whether the spans of an answer stand where they say: what annotators and programs build on, so one violation is too many."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from chitieu.contract import Extraction, Figure, Span

Fault = Literal["outside", "text", "order", "crossing"]


class Violation(NamedTuple):
    """A span or figure, and what is wrong: it leaves the text; its words are others; it stands before an earlier one; it crosses one."""

    fault: Fault
    id: str
    start: int
    end: int


def violations(text: str, answer: Extraction) -> Iterator[Violation]:
    """All of one answer."""
    items: list[Span | Figure] = [*answer.spans, *answer.figures]
    for item in items:
        if not 0 <= item.start < item.end <= len(text):
            yield Violation("outside", item.id, item.start, item.end)
        elif text[item.start : item.end] != item.text:
            yield Violation("text", item.id, item.start, item.end)
    for before, span in pairwise(answer.spans):
        if (span.start, -span.end) < (before.start, -before.end):
            yield Violation("order", span.id, span.start, span.end)
    around: list[int] = []  # ends of the spans that are open
    for span in sorted(answer.spans, key=lambda s: (s.start, -s.end)):
        while around and around[-1] <= span.start:
            around.pop()
        if around and span.end > around[-1]:
            yield Violation("crossing", span.id, span.start, span.end)
        else:
            around.append(span.end)
