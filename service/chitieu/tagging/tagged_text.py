"""What the rules behind the model look at: spans over pieces of a text, and lists of them that lose some."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.labels import FIGURE_LABELS
from chitieu.text.segmentation import Piece

REACH = 48  # characters looked at beside a span


class TaggedText:
    """The text that is read and its pieces, with spans' surfaces."""

    def __init__(self, text: str, pieces: Sequence[Piece]) -> None:
        self.text, self.pieces = text, pieces
        self._starts = [p.start for p in pieces]

    def piece(self, number: int) -> str:
        if not 0 <= number < len(self.pieces):
            return ""
        return self.text[self.pieces[number].start : self.pieces[number].end]

    def start(self, span: TaggedSpan) -> int:
        return self.pieces[span.first].start

    def end(self, span: TaggedSpan) -> int:
        return self.pieces[span.last - 1].end

    def surface(self, span: TaggedSpan) -> str:
        return self.text[self.start(span) : self.end(span)]

    def before(self, span: TaggedSpan) -> str:
        return self.text[max(0, self.start(span) - REACH) : self.start(span)]

    def behind(self, span: TaggedSpan) -> str:
        return self.text[self.end(span) : self.end(span) + REACH]

    def between(self, span: TaggedSpan, other: TaggedSpan) -> str:
        """What stands between a span and one behind it."""
        return self.text[self.end(span) : self.start(other)]

    def line(self, span: TaggedSpan) -> tuple[int, int]:
        """Offsets of the line, in the reading a paragraph, that a span begins in."""
        start = self.start(span)
        end = self.text.find("\n", start)
        return self.text.rfind("\n", 0, start) + 1, end if end >= 0 else len(self.text)

    def piece_at(self, offset: int) -> int:
        """The first piece that begins at ``offset`` or later."""
        return bisect.bisect_left(self._starts, offset)


def without(spans: Sequence[TaggedSpan], dropped: set[int]) -> list[TaggedSpan]:
    """The spans less those at the indices dropped, which govern and hold nothing any more.

    A number that stood in a dropped phrase takes over the phrase's head: it is a figure of its own now.
    """
    place: dict[int, int] = {}
    kept: list[TaggedSpan] = []
    for number, span in enumerate(spans):
        if number not in dropped:
            place[number] = len(kept)
            kept.append(span)
        if span.phrase in dropped and span.label in FIGURE_LABELS:
            phrase = spans[span.phrase]
            span.head, span.head_score = phrase.head, phrase.head_score
    for span in kept:
        span.head = place.get(span.head) if span.head is not None else None
        span.phrase = place.get(span.phrase) if span.phrase is not None else None
    return kept
