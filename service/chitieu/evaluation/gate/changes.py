"""What two answers to one annotated document have right and wrong, span by span and figure by figure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from chitieu.annotation.document import AnnotatedDocument
from chitieu.contract import Extraction
from chitieu.evaluation.gate.report import Change, ChangeKind, Mark, SpanVerdict, View
from chitieu.evaluation.measures import judged_figures

FIGURE_PARTS: tuple[ChangeKind, ...] = ("value", "unit", "kind", "link")
Place = tuple[str, int, int]  # label, start, end


def view(document: AnnotatedDocument, current: Extraction, candidate: Extraction) -> View:
    """All that a page shows of a document."""
    gold = [(s.label, s.start, s.end) for s in document.spans]
    old, new = ([(s.label, s.start, s.end) for s in answer.spans] for answer in (current, candidate))
    changes = [*_span_changes(gold, old, new), *_figure_changes(document, current, candidate)]
    return View(
        name=document.name,
        text=document.text,
        gold=_marks(gold, new, miss="missed"),
        current=_marks(old, gold, miss="extra"),
        candidate=_marks(new, gold, miss="extra"),
        changes=sorted(changes, key=lambda change: (change.start, change.end, change.kind, change.label)),
    )


def _marks(places: Sequence[Place], others: Sequence[Place], *, miss: SpanVerdict) -> list[Mark]:
    """Of gold spans held against an answer, or of an answer's against the gold: what has no counterpart at all is a ``miss``."""
    exact = set(others)
    edges = {(start, end) for _, start, end in exact - set(places)}
    near = _Overlaps(others)
    out: list[Mark] = []
    for place in places:
        label, start, end = place
        if place in exact:
            verdict: SpanVerdict = "right"
        elif (start, end) in edges or near.any(label, start, end):
            verdict = "wrong"
        else:
            verdict = miss
        out.append(Mark(label=label, start=start, end=end, verdict=verdict))
    return out


class _Overlaps:
    """Spans of one label do not overlap each other, so that by their ends they are sorted by their starts too."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        for label, start, end in sorted(places):
            self._ranges.setdefault(label, []).append((end, start))

    def any(self, label: str, start: int, end: int) -> bool:
        ranges = self._ranges.get(label, [])
        at = bisect_left(ranges, (start + 1, 0))
        return at < len(ranges) and ranges[at][1] < end


def _span_changes(gold: Sequence[Place], old: Sequence[Place], new: Sequence[Place]) -> Iterator[Change]:
    """Gold spans that one answer has and the other has not, and spans that one has made up and the other has not."""
    truth, before, after = set(gold), set(old), set(new)
    for place in before ^ after:
        label, start, end = place
        is_gold = place in truth
        lost = (place in before) == is_gold
        yield Change(kind="missed" if is_gold else "extra", lost=lost, label=label, start=start, end=end)


def _figure_changes(document: AnnotatedDocument, current: Extraction, candidate: Extraction) -> Iterator[Change]:
    """Parts of gold figures that one answer has right and the other has not, of figures that both have found."""
    pairs = zip(judged_figures(document, current), judged_figures(document, candidate), strict=True)
    for (gold, old_figure, old), (_, new_figure, new) in pairs:
        if old_figure is None or new_figure is None:
            continue  # a span tells of it already
        for part in FIGURE_PARTS:
            before = getattr(old, part)
            if before != getattr(new, part):
                yield Change(kind=part, lost=before, label=gold.label, start=gold.start, end=gold.end)
