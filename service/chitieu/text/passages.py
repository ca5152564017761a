"""Which paragraphs are worth encoding, and how their pieces are packed into windows for the encoder.

Training and serving both come through here, so that a model never sees at work what it did not see in training.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate

from chitieu.text.reading import Reading
from chitieu.text.segmentation import Piece, pieces, sentence_ends
from chitieu.text.tables import is_row

_HEADING_LENGTH = 200
_CELL_LENGTH = 60
_HEAD_LINES = 5


@cache
def _cue() -> re.Pattern[str]:
    lines = resources.files("chitieu.text").joinpath("data/figure_cues.txt").read_text(encoding="utf-8").splitlines()
    phrases = [r"\s+".join(map(re.escape, line.split())) for line in lines if line.strip() and not line.startswith("#")]
    return re.compile(r"\d|[%‰½¼¾²³]|\b(?:" + "|".join(phrases) + r")\b", re.IGNORECASE)


@dataclass(frozen=True)
class Passages:
    """A document cut for reading.

    Attributes:
        reading: the text as it is read; all offsets here are in its ``text``.
        pieces: the pieces of the paragraphs that may hold a figure, in reading order.
        paragraph_starts: index of the first piece of each of those paragraphs.
        cuts: piece indices where a window may begin: paragraph starts and sentence starts.
    """

    reading: Reading
    pieces: list[Piece]
    paragraph_starts: list[int]
    cuts: list[int]


def read_passages(reading: Reading, *, words: bool = True) -> Passages:
    """Paragraphs that hold a digit, a percent sign or a cue, each with the short paragraph (a heading) or the table's head before it."""
    text, cue = reading.text, _cue()
    parts = reading.paragraphs
    told = [bool(cue.search(text, part.start, part.end)) for part in parts]
    read = {n for number, has_cue in enumerate(told) if has_cue for n in (number, *_heads(reading, number))}
    out: list[Piece] = []
    starts: list[int] = []
    cuts: list[int] = []
    for number in sorted(read):
        part = parts[number]
        found = pieces(text, part.start, part.end, words=words)
        if not found:
            continue
        offsets = [p.start for p in found]
        ends = [bisect.bisect_left(offsets, end) for end in sentence_ends(text, part.start, part.end)]
        starts.append(len(out))
        cuts.extend(sorted({len(out), *(len(out) + at for at in ends if at < len(found))}))
        out.extend(found)
    return Passages(reading, out, starts, cuts)


def _heads(reading: Reading, number: int) -> Iterator[int]:
    """The paragraphs before one that name what it holds: a short one; above a row of a table, also a head broken into lines."""
    text, parts = reading.text, reading.paragraphs
    longest = _HEADING_LENGTH
    for above in range(number - 1, max(number - 1 - _HEAD_LINES, -1), -1):
        part = parts[above]
        if part.end - part.start > longest:
            return
        yield above
        if not is_row(text[part.start : part.end]) and longest == _HEADING_LENGTH:
            return
        longest = _CELL_LENGTH


@dataclass(frozen=True, slots=True)
class Window:
    """Piece ranges: ``first:last`` is encoded, of which ``core_first:core_last`` is answered for; the rest is context."""

    first: int
    last: int
    core_first: int
    core_last: int


def windows(costs: Sequence[int], cuts: Sequence[int], *, core: int, context: int, lookahead: int) -> list[Window]:
    """Cut pieces into windows whose cores follow each other without gap or overlap.

    Args:
        costs: tokens of each piece (a paragraph mark counts to the piece it precedes).
        cuts: piece indices where a core may begin, ascending.
        core: tokens of a core at most; a piece of more stands alone.
        context: tokens of left context at most.
        lookahead: tokens of right context at most.

    A core ends at the last cut that fits; a sentence longer than a core is cut where the core is full.
    """
    total = len(costs)
    if not total:
        return []
    sums = [0, *accumulate(costs)]
    out: list[Window] = []
    begin = 0
    while begin < total:
        end = max(bisect.bisect_right(sums, sums[begin] + core) - 1, begin + 1)
        if end < total:
            cut = cuts[bisect.bisect_right(cuts, end) - 1] if cuts else 0
            if cut > begin and sums[cut] - sums[begin] >= core // 3:
                end = cut
        first = bisect.bisect_left(sums, sums[begin] - context, 0, begin + 1)
        last = min(max(bisect.bisect_right(sums, sums[end] + lookahead) - 1, end), total)
        out.append(Window(first, last, begin, end))
        begin = end
    return out
