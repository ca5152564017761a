"""A tagger of a few regular expressions: for tests of everything around the model, none of the model."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from typing import cast

import numpy as np

from chitieu.catalogue.load import load_catalogue
from chitieu.pipeline import Pipeline
from chitieu.tagging.confidence import Calibration
from chitieu.tagging.decode import TaggedSpan, WindowScores, decode, nest
from chitieu.tagging.encoder import Manifest, Progress, Tagger
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.tagging.repair import repair
from chitieu.tagging.shared import PassObserver
from chitieu.text.passages import Passages

_NUMBER = r"\d+(?:[.,/]\d+)*"
_PERCENT = rf"(?:âm\s+)?{_NUMBER}\s*(?:điểm\s+(?:%|phần\s+trăm)|%|‰)"
_UNIT = r"(?:tỷ|triệu|nghìn)\s+(?:đồng|tấn|USD)|đồng|tấn|tạ/ha|ha|con|lao\s+động|xã|vụ|người|lần"
_AMOUNT = rf"(?:{_PERCENT}|{_NUMBER}(?:\s+(?:{_UNIT}))?)"
_MENTIONS = re.compile(
    rf"""(?P<PERIOD>\b\d+\s+tháng(?:\s+đầu)?\s+năm\s+\d{{4}}\b|\bnăm\s+(?:(?:19|20)\d\d|trước)\b|\bcùng\s+kỳ\b)
    |(?P<PERCENT>{_PERCENT})
    |(?P<QUANTITY>{_NUMBER})(?:\s+(?P<UNIT>{_UNIT})\b)?
    |(?P<INDICATOR>(?:(?<=^)|(?<=[.:;,]\s)|(?<=-\s))[^\W\d_]+(?:\s+[^\W\d_]+){{0,7}}?(?=\s+(?:ước|đạt|tăng|giảm|còn|có|bằng|vượt)\s))""",
    re.VERBOSE,
)
_PHRASES = re.compile(
    rf"""(?P<ATTAINMENT>\b(?:đạt|vượt|bằng)\s+(?:{_PERCENT}\s+)?(?:kế\s+hoạch|dự\s+toán|chỉ\s+tiêu|nghị\s+quyết)\b)
    |(?P<CHANGE>\b(?:tăng|giảm)\s+{_AMOUNT}(?:\s+so\s+(?:với\s+)?cùng\s+kỳ)?)
    |(?P<SHARE>\bchiếm\s+{_PERCENT})""",
    re.VERBOSE,
)


class FakeTagger:
    """Stands where `chitieu.tagging.encoder.Tagger` stands."""

    def __init__(self) -> None:
        self.manifest = Manifest("fake", "0.0.0", 384, 64, 16, {"name": "fake", "version": "0.0.0", "files": {}})
        self.calibration = Calibration({})
        self.pass_observers: list[PassObserver] = []

    def warm_up(self) -> None:
        """Nothing to load."""

    def tag(self, passages: Passages, *, progress: Progress | None = None) -> list[TaggedSpan]:
        """Spans over pieces, in text order; the head is the last indicator before, in the same paragraph."""
        if progress is not None:
            progress(0, 1)
        view = passages.reading.text
        starts = [p.start for p in passages.pieces]
        mentions: list[TaggedSpan] = []
        phrases: list[TaggedSpan] = []

        def add(out: list[TaggedSpan], label: str, start: int, end: int) -> None:
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            if first < last and starts[first] == start and passages.pieces[last - 1].end == end:
                out.append(TaggedSpan(label, first, last, 0.9))

        bounds = [*passages.paragraph_starts, len(passages.pieces)]
        for first, last in pairwise(bounds):
            begin, end = passages.pieces[first].start, passages.pieces[last - 1].end
            part = view[begin:end]
            for out, pattern in ((mentions, _MENTIONS), (phrases, _PHRASES)):
                for match in pattern.finditer(part):
                    for label, words in match.groupdict().items():
                        if words is not None:
                            add(out, label, begin + match.start(label), begin + match.end(label))
        spans = nest(mentions, phrases)
        self._link(spans, passages)
        if progress is not None:
            progress(1, 1)
        return spans

    @staticmethod
    def _link(spans: list[TaggedSpan], passages: Passages) -> None:
        opened = set(passages.paragraph_starts)
        head: int | None = None
        at = 0
        for number, span in enumerate(spans):
            if any(start in opened for start in range(at, span.first + 1)):
                head = None
            at = span.first + 1
            if span.label == "INDICATOR":
                head = number
            elif span.phrase is None and span.label not in ("UNIT", "PERIOD"):
                span.head, span.head_score = head, 0.9 if head is not None else 0.0


class ChaosTagger(FakeTagger):
    """Sees spans at random, put right as the model's are: for finding texts and spans that the steps behind the tagger do not bear."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def tag(self, passages: Passages, *, progress: Progress | None = None) -> list[TaggedSpan]:
        count = len(passages.pieces)
        if not count:
            return []
        rng = np.random.default_rng(self._seed)
        mentions = rng.normal(size=(count, len(MENTION_TAGS))).astype(np.float32)
        phrases = rng.normal(size=(count, len(PHRASE_TAGS))).astype(np.float32)
        for layer in (mentions, phrases):
            layer[:, 0] += rng.uniform(-1, 2)  # of texts with a span everywhere, and of those with few
        # Numbers are mostly what is a figure, as a model would have it.
        digits = [any(c.isdigit() for c in passages.reading.text[p.start : p.end]) for p in passages.pieces]
        mentions[digits, MENTION_TAGS.index(str(rng.choice(["B-QUANTITY", "B-PERCENT"])))] += rng.uniform(0, 4)
        governor = rng.normal(size=(2, count, 1 + count)).astype(np.float32)
        spans = decode(mentions, phrases, [WindowScores(0, 0, count, governor)])
        return repair(spans, passages.reading.text, passages.pieces)


def chaos_pipeline(seed: int) -> Pipeline:
    """As `fake_pipeline`, with spans at random."""
    return Pipeline(cast(Tagger, ChaosTagger(seed)), load_catalogue())


def fake_pipeline() -> Pipeline:
    """The real way from text to answer, but for the tagger."""
    return Pipeline(cast(Tagger, FakeTagger()), load_catalogue())
