"""How far two annotations of the same texts agree."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chitieu.annotation.document import LABELS, AnnotatedDocument, AnnotatedSpan, invalid
from chitieu.tagging.labels import FIGURE_LABELS

ALL = "all"


@dataclass(frozen=True, slots=True)
class Spans:
    """Of one label, or of all: how many spans either has, F1 of those with equal ends, F1 where any overlap will do.

    None where neither has any.
    """

    first: int
    second: int
    strict: float | None
    relaxed: float | None


@dataclass(frozen=True, slots=True)
class Links:
    """Of the spans that both have and that can be linked, how many go to the same indicator (spans that overlap), or both to none."""

    shared: int
    same: int

    @property
    def accuracy(self) -> float | None:
        """None where no span is shared."""
        return self.same / self.shared if self.shared else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """``spans``: by label, and under ``all``; ``of``: links of figures outside phrases and of phrases; ``within``: of indicators."""

    spans: dict[str, Spans]
    of: Links
    within: Links


def agreement(pairs: Iterable[tuple[AnnotatedDocument, AnnotatedDocument]]) -> Agreement:
    """Two annotations of one text, or of several texts together.

    Raises:
        AnnotationInvalid: the two of a pair annotate different texts.
    """
    count: Counter[tuple[str, str]] = Counter()
    for first, second in pairs:
        if first.text != second.text:
            told = "hai bản gán nhãn của hai văn bản khác nhau / the two annotate different texts"
            raise invalid(f"{first.name}, {second.name}", [told])
        _count_spans(first.spans, second.spans, count)
        _count_links(first.spans, second.spans, count)
    return Agreement(
        {label: _spans(count, label) for label in (*LABELS, ALL)},
        Links(count["of", "shared"], count["of", "same"]),
        Links(count["in", "shared"], count["in", "same"]),
    )


def _spans(count: Counter[tuple[str, str]], label: str) -> Spans:
    labels = LABELS if label == ALL else (label,)
    first, second, both, near = (
        sum(count[one, what] for one in labels) for what in ("first", "second", "both", "near")
    )
    total = first + second
    return Spans(first, second, 2 * both / total if total else None, near / total if total else None)


def _count_spans(
    first: Sequence[AnnotatedSpan], second: Sequence[AnnotatedSpan], count: Counter[tuple[str, str]]
) -> None:
    for label in LABELS:
        one = sorted((s.start, s.end) for s in first if s.label == label)
        two = sorted((s.start, s.end) for s in second if s.label == label)
        count[label, "first"] += len(one)
        count[label, "second"] += len(two)
        count[label, "both"] += len(set(one) & set(two))
        count[label, "near"] += _near(one, two) + _near(two, one)


def _near(ranges: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """How many ranges overlap another; both are sorted, and in neither do two overlap."""
    starts = [start for start, _ in others]
    found = 0
    for start, end in ranges:
        before = bisect_right(starts, end - 1) - 1
        found += before >= 0 and others[before][1] > start
    return found


def _count_links(
    first: Sequence[AnnotatedSpan], second: Sequence[AnnotatedSpan], count: Counter[tuple[str, str]]
) -> None:
    other = {(s.label, s.start, s.end): s for s in second}
    for span in first:
        found = other.get((span.label, span.start, span.end))
        if (
            found is None
            or span.label in ("UNIT", "PERIOD")
            or (span.label in FIGURE_LABELS and span.phrase is not None)
        ):
            continue
        kind = "in" if span.label == "INDICATOR" else "of"
        count[kind, "shared"] += 1
        count[kind, "same"] += _same(first, span.head, second, found.head)


def _same(first: Sequence[AnnotatedSpan], one: int | None, second: Sequence[AnnotatedSpan], two: int | None) -> bool:
    if one is None or two is None:
        return one is None and two is None
    return first[one].start < second[two].end and second[two].start < first[one].end
