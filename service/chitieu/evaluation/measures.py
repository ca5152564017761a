"""Scores of contract documents against gold documents.

Span scores are strict (label, start and end equal) and relaxed (same label, any overlap). ``found``, ``value``, ``value_unit``,
``kind`` and ``complete`` are F1 over figures, a system figure matched one to one to the gold figure that it overlaps.
``link``, ``att_link``, ``ind_in`` and ``direction`` are accuracies, given that the figure, the attainment without a number
or the indicator was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from chitieu.annotation.document import AnnotatedDocument, AnnotatedSpan
from chitieu.contract import MENTION_LABELS, PHRASE_LABELS, Extraction, Figure, Kind, Span
from chitieu.evaluation.readings import readings, squash
from chitieu.tagging.labels import FIGURE_LABELS

KIND_OF: dict[str, Kind] = {"ATTAINMENT": "attainment", "CHANGE": "change", "SHARE": "share"}
LABELS = (*MENTION_LABELS, *PHRASE_LABELS)
_UP_OR_DOWN = re.compile(r"(tăng|giảm)\b")


@dataclass(frozen=True)
class GoldFigure:
    """A gold QUANTITY or PERCENT with what is held against a system; ``readings`` None: any value will do."""

    start: int
    end: int
    label: str
    unit: str
    readings: set[Decimal] | None
    kind: str
    indicator: AnnotatedSpan | None
    verb: str


@dataclass(frozen=True)
class Counts:
    """What the measures of one document, or of several together, are made of."""

    spans: Counter[tuple[str, str]] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Take in what another document adds."""
        self.spans.update(other.spans)
        self.figures.update(other.figures)

    def near(self, *labels: str) -> tuple[int, int]:
        """Twice the hits and the size of both sides, where any overlap will do."""
        return self._sum(("near_gold", "near_system"), labels), self._sum(("gold", "system"), labels)

    def parts(self) -> dict[str, tuple[int, int]]:
        """Each measure as a quotient, so that measures of many documents are those of their sums.

        An F1 is twice the hits over the size of both sides, an accuracy what is right over all; the second less the first is
        how many errors there are.
        """
        count = self.figures
        figures = ("found", "value", "value_unit", "kind", "complete")
        return {
            "micro": self._strict(*LABELS),
            "relaxed": self.near(*LABELS),
            **{name: (2 * count[name], count["gold"] + count["system"]) for name in figures},
            "link": (count["link"], count["found"]),
            "att_link": (count["att_link"], count["attainments"]),
            "ind_in": (count["ind_in"], count["indicators"]),
            "direction": (count["direction"], count["directions"]),
            **{label.lower(): self._strict(label) for label in LABELS},
        }

    def _strict(self, *labels: str) -> tuple[int, int]:
        return 2 * self._sum(("both",), labels), self._sum(("gold", "system"), labels)

    def _sum(self, names: tuple[str, ...], labels: tuple[str, ...]) -> int:
        return sum(self.spans[name, label] for name in names for label in labels)


@dataclass(frozen=True)
class Scores:
    """``rows``: measure name to value (None where nothing was to measure); ``labels``: label to its counts and F1."""

    rows: dict[str, float | int | None]
    labels: dict[str, dict[str, float | int | None]]


def gold_figures(document: AnnotatedDocument) -> list[GoldFigure]:
    """The figures of a gold document, in text order."""
    text, spans = document.text, document.spans
    units = {s.start: s for s in spans if s.label == "UNIT"}
    out = []
    for span in spans:
        if span.label not in FIGURE_LABELS:
            continue
        words = text[span.start : span.end]
        phrase = spans[span.phrase] if span.phrase is not None else None
        head = (phrase or span).head
        if span.label == "PERCENT":
            unit = "percentage_point" if "điểm" in squash(words) else "permille" if "‰" in words else "percent"
        else:
            behind = span.end + len(text[span.end :]) - len(text[span.end :].lstrip())
            own = units.get(behind)
            unit = squash(text[own.start : own.end]) if own else ""
        out.append(
            GoldFigure(
                span.start,
                span.end,
                span.label,
                unit,
                readings(unicodedata.normalize("NFC", words), unit),
                KIND_OF[phrase.label] if phrase else "level",
                spans[head] if head is not None else None,
                squash(text[phrase.start : span.start]) if phrase else "",
            )
        )
    return out


def _overlap(a: GoldFigure | AnnotatedSpan | Figure | Span, b: GoldFigure | AnnotatedSpan | Figure | Span) -> int:
    return min(a.end, b.end) - max(a.start, b.start)


def same_indicator(got: Span | None, want: AnnotatedSpan | None) -> bool:
    """Whether two answers to "of what" agree: both none, or spans that overlap."""
    if got is None or want is None:
        return got is None and want is None
    return _overlap(got, want) > 0


def _right_value(figure: Figure, want: set[Decimal] | None) -> bool:
    if want is None:
        return True
    try:
        return figure.number is not None and Decimal(figure.number) in want
    except InvalidOperation:
        return False


def _right_unit(figure: Figure, gold: GoldFigure) -> bool:
    if gold.label == "PERCENT":
        return (figure.unit.id if figure.unit else None) == gold.unit
    return squash(figure.unit.text if figure.unit else "") == gold.unit


def _quotient(right: int, of: int) -> float | None:
    return round(right / of, 4) if of else None


def _count_spans(document: AnnotatedDocument, answer: Extraction, count: Counter[tuple[str, str]]) -> None:
    gold = {(s.label, s.start, s.end) for s in document.spans}
    system = {(s.label, s.start, s.end) for s in answer.spans}
    for name, side in (("gold", gold), ("system", system), ("both", gold & system)):
        count.update((name, label) for label, *_ in side)
    for name, side, other in (("near_gold", gold, system), ("near_system", system, gold)):
        for label in LABELS:
            # Spans of one label do not overlap each other, so sorting both sides lets one sweep find the overlaps.
            rows = sorted((s, e) for other_label, s, e in other if other_label == label)
            at = 0
            for start, end in sorted((s, e) for own_label, s, e in side if own_label == label):
                while at < len(rows) and rows[at][1] <= start:
                    at += 1
                count[name, label] += at < len(rows) and rows[at][0] < end


@dataclass(frozen=True)
class Verdict:
    """What is right about a system figure."""

    value: bool = False
    unit: bool = False
    kind: bool = False
    link: bool = False

    @property
    def complete(self) -> bool:
        return self.value and self.unit and self.kind and self.link


def judged_figures(
    document: AnnotatedDocument, answer: Extraction
) -> Iterator[tuple[GoldFigure, Figure | None, Verdict]]:
    """Each gold figure with the system figure matched to it, or None, and what is right about that."""
    by_id = {s.id: s for s in answer.spans}
    free = _numbered(answer)
    for gold in gold_figures(document):
        figure = max((f for f in free if _overlap(f, gold) > 0), key=lambda f: _overlap(f, gold), default=None)
        if figure is None:
            yield gold, None, Verdict()
            continue
        free.remove(figure)
        yield (
            gold,
            figure,
            Verdict(
                value=_right_value(figure, gold.readings),
                unit=_right_unit(figure, gold),
                kind=figure.kind == gold.kind,
                link=same_indicator(by_id.get(figure.indicator or ""), gold.indicator),
            ),
        )


def _numbered(answer: Extraction) -> list[Figure]:
    """The figures that hold a number."""
    numbers = {(s.start, s.end) for s in answer.spans if s.label in FIGURE_LABELS}
    return [f for f in answer.figures if (f.start, f.end) in numbers]


def _count_figures(document: AnnotatedDocument, answer: Extraction, count: Counter[str]) -> None:
    count["system"] += len(_numbered(answer))
    for gold, figure, verdict in judged_figures(document, answer):
        count["gold"] += 1
        if figure is None:
            continue
        count["found"] += 1
        count["value"] += verdict.value
        count["value_unit"] += verdict.value and verdict.unit
        count["kind"] += verdict.kind
        count["link"] += verdict.link
        count["complete"] += verdict.complete
        if gold.kind == "change" and _UP_OR_DOWN.match(gold.verb):
            count["directions"] += 1
            count["direction"] += figure.direction == ("up" if gold.verb.startswith("tăng") else "down")


def _count_links(document: AnnotatedDocument, answer: Extraction, count: Counter[str]) -> None:
    by_id = {s.id: s for s in answer.spans}
    found: dict[tuple[str, int, int], Span] = {(s.label, s.start, s.end): s for s in answer.spans}
    numbers = [s for s in document.spans if s.label in FIGURE_LABELS]
    for gold in document.spans:
        got = found.get((gold.label, gold.start, gold.end))
        if got is None:
            continue
        head = document.spans[gold.head] if gold.head is not None else None
        if gold.label == "INDICATOR":
            count["indicators"] += 1
            count["ind_in"] += same_indicator(by_id.get(got.in_ or ""), head)
        elif gold.label == "ATTAINMENT" and not any(_overlap(n, gold) > 0 for n in numbers):
            count["attainments"] += 1
            count["att_link"] += same_indicator(by_id.get(got.of or ""), head)


def counted(document: AnnotatedDocument, answer: Extraction) -> Counts:
    """What one document adds to the measures."""
    counts = Counts()
    items: list[Span | Figure] = [*answer.spans, *answer.figures]
    counts.figures["bad_offsets"] += sum(document.text[i.start : i.end] != i.text for i in items)
    _count_spans(document, answer, counts.spans)
    _count_figures(document, answer, counts.figures)
    _count_links(document, answer, counts.figures)
    return counts


def score(pairs: Iterable[tuple[AnnotatedDocument, Extraction]]) -> Scores:
    """The measures over all documents together; ``bad_offsets`` counts spans and figures whose text is not at their offsets."""
    total = Counts()
    for document, answer in pairs:
        total.add(counted(document, answer))
    rows: dict[str, float | int | None] = {name: _quotient(*part) for name, part in total.parts().items()}
    rows |= {"figures": total.figures["gold"], "bad_offsets": total.figures["bad_offsets"]}
    labels: dict[str, dict[str, float | int | None]] = {
        label: {
            "f1": rows[label.lower()],
            "relaxed": _quotient(*total.near(label)),
            "gold": total.spans["gold", label],
            "system": total.spans["system", label],
        }
        for label in LABELS
    }
    return Scores(rows, labels)
