"""An annotation as it stands after corrections: spans of the beginning, and operations folded over them one by one.

Nothing is lost on the way: a span that is removed or rejected, and a link that cannot hold now, are kept and come back. So each
operation has an inverse that gives exactly what was there before.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from chitieu.annotation.document import LABELS, AnnotatedDocument, Mark, assembled, can_link
from chitieu.annotation.operations import (
    NO_ENTRY,
    Accept,
    Add,
    Change,
    Link,
    Operation,
    Reject,
    Remove,
    Restore,
    SetEntry,
    SpanState,
)
from chitieu.contract import PHRASE_LABELS, Extraction
from chitieu.tagging.labels import FIGURE_LABELS

Origin = Literal["model", "person"]
Reason = Literal[
    "span_unknown", "span_exists", "span_gone", "label_unknown", "outside_text", "empty", "space_at_edge", "overlap",
    "crosses_phrase", "link_impossible", "link_target", "link_circular", "entry_impossible", "entry_unknown", "event_reused",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveSpan:
    """A span with all that is known of it, whether it counts now or not; offsets are code points, half-open.

    ``to``: id of the span that it is linked to, which may not count now. ``entry``: of the catalogue, `NO_ENTRY` or None: not said.
    ``alias``: words proposed as a new name of the entry. ``gone``: removed.
    """

    id: str
    label: str
    start: int
    end: int
    to: str | None = None
    entry: str | None = None
    alias: str | None = None
    score: float | None = None
    link_score: float | None = None
    state: SpanState = "suggested"
    origin: Origin = "model"
    gone: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a part of the annotation."""
        return not self.gone and self.state != "rejected"

    @property
    def is_phrase(self) -> bool:
        return self.label in PHRASE_LABELS


Spans = Mapping[str, LiveSpan]


@dataclass(frozen=True, slots=True)
class ShownSpan:
    """A span that is not removed: ``to`` is the link that counts, ``phrase`` the phrase around it, ``changed``: not as it began."""

    span: LiveSpan
    to: str | None
    phrase: str | None
    changed: bool


class Unfit(Exception):
    """An operation that breaks the rules: why, and which other spans are in its way."""

    def __init__(self, reason: Reason, *spans: str) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.spans = spans


def of_answer(answer: Extraction) -> list[LiveSpan]:
    """What a model read, as the beginning of an annotation."""
    entries = {
        o.indicator.spans[-1]: o.indicator.catalogue.id
        for o in answer.observations
        if o.indicator.catalogue is not None and o.indicator.spans
    }
    return [
        LiveSpan(
            span.id,
            span.label,
            span.start,
            span.end,
            to=span.in_ if span.label == "INDICATOR" else span.of,
            entry=entries.get(span.id),
            score=span.score,
            link_score=span.link_score,
        )
        for span in answer.spans
    ]


def of_document(document: AnnotatedDocument) -> list[LiveSpan]:
    """An annotated document as the beginning of an annotation; what does not say who made it is a person's, unless it has a score."""
    return [
        LiveSpan(
            f"s{number}",
            span.label,
            span.start,
            span.end,
            to=f"s{span.head}" if span.head is not None else None,
            entry=span.entry,
            alias=span.alias if span.entry not in (None, NO_ENTRY) else None,
            score=span.score,
            state=span.state or ("suggested" if span.score is not None else "confirmed"),
            origin="model" if span.state == "suggested" or span.score is not None else "person",
        )
        for number, span in enumerate(document.spans)
    ]


def packed(spans: Iterable[LiveSpan]) -> bytes:
    """Spans as they are stored."""
    return zlib.compress(json.dumps([asdict(span) for span in spans], ensure_ascii=False).encode())


def unpacked(data: bytes) -> list[LiveSpan]:
    """Spans that were stored."""
    return [LiveSpan(**one) for one in json.loads(zlib.decompress(data))]


def folded(beginning: Iterable[LiveSpan], operations: Iterable[Operation]) -> dict[str, LiveSpan]:
    """All spans after operations that were checked when they were made."""
    spans = {span.id: span for span in beginning}
    for operation in operations:
        spans[operation.span] = after(spans, operation)
    return spans


def after(spans: Spans, operation: Operation) -> LiveSpan:
    """The one span that an operation changes, as it is then.

    Raises:
        Unfit: there is no such span, or it is not in a state for this.
    """
    before = spans.get(operation.span)
    if isinstance(operation, Add):
        return _added(before, operation)
    if before is None:
        raise Unfit("span_unknown")
    if isinstance(operation, Restore):
        state: SpanState = operation.state or ("suggested" if before.origin == "model" else "confirmed")
        return replace(before, state=state, gone=False)
    if before.gone:
        raise Unfit("span_gone")
    match operation:
        case Remove():
            return replace(before, gone=True)
        case Accept():
            return replace(before, state="confirmed")
        case Reject():
            return replace(before, state="rejected")
    if not before.counts:
        raise Unfit("span_gone")
    match operation:
        case Change():
            return replace(
                before,
                label=before.label if operation.label is None else operation.label,
                start=before.start if operation.start is None else operation.start,
                end=before.end if operation.end is None else operation.end,
                state=operation.state,
            )
        case Link():
            return replace(before, to=operation.to, state=operation.state)
        case SetEntry():
            return replace(before, entry=operation.entry, alias=operation.alias, state=operation.state)


def _added(before: LiveSpan | None, operation: Add) -> LiveSpan:
    made = LiveSpan(
        operation.span,
        operation.label,
        operation.start,
        operation.end,
        to=operation.to,
        entry=operation.entry,
        state="confirmed",
        origin="person",
    )
    # Else what undoes the removal of the one before would bring back the other.
    if before is not None and before != replace(made, gone=True, alias=before.alias, state=before.state):
        raise Unfit("span_exists", operation.span)
    return made if before is None else replace(made, alias=before.alias)


def inverse(spans: Spans, operation: Operation) -> Operation:
    """What gives back ``spans`` after the operation; it fits."""
    name = operation.span
    before = spans.get(name)
    if before is None or before.gone:
        return Remove(op="remove", span=name)
    match operation:
        case Change():
            return Change(
                op="change", span=name, label=before.label, start=before.start, end=before.end, state=_live(before)
            )
        case Link():
            return Link(op="link", span=name, to=before.to, dormant=True, state=_live(before))
        case SetEntry():
            return SetEntry(op="entry", span=name, entry=before.entry, alias=before.alias, state=_live(before))
    return Restore(op="restore", span=name, state=before.state)


def _live(span: LiveSpan) -> Literal["suggested", "confirmed"]:
    return "suggested" if span.state == "suggested" else "confirmed"


def checked(text: str, spans: Spans, operation: Operation, *, is_entry: Callable[[str], bool]) -> LiveSpan:
    """The span that an operation changes, as it is then, if that keeps the rules of `chitieu.annotation.document`.

    Args:
        text: what the spans lie in.
        spans: all, as they are before.
        operation: what is to be done.
        is_entry: whether the catalogue has an entry of this id.

    Raises:
        Unfit: it does not.
    """
    new = after(spans, operation)
    if isinstance(operation, Link | Add) and operation.to is not None and operation.to not in spans:
        raise Unfit("link_target", operation.to)
    if not new.counts:
        return new
    old = spans.get(new.id)
    if old is None or not old.counts or (old.label, old.start, old.end) != (new.label, new.start, new.end):
        _check_place(text, spans, new)
    if isinstance(operation, Add | SetEntry):
        _check_entry(spans, new, is_entry)
    if isinstance(operation, Add) or (isinstance(operation, Link) and not operation.dormant):
        _check_link(spans, new)
    _check_circle(spans, new)
    return new


def _check_place(text: str, spans: Spans, new: LiveSpan) -> None:
    if new.label not in LABELS:
        raise Unfit("label_unknown")
    if not 0 <= new.start <= new.end <= len(text):
        raise Unfit("outside_text")
    words = text[new.start : new.end]
    if not words:
        raise Unfit("empty")
    if words != words.strip():
        raise Unfit("space_at_edge")
    near = [s for s in spans.values() if s.counts and s.id != new.id and s.start < new.end and new.start < s.end]
    same = [s.id for s in near if s.is_phrase == new.is_phrase]
    if same:
        raise Unfit("overlap", *same)
    for other in near:
        phrase, mention = (new, other) if new.is_phrase else (other, new)
        if not (phrase.start <= mention.start and mention.end <= phrase.end):
            raise Unfit("crosses_phrase", other.id)


def _check_entry(spans: Spans, new: LiveSpan, is_entry: Callable[[str], bool]) -> None:
    if (new.entry is not None or new.alias is not None) and new.label != "INDICATOR":
        raise Unfit("entry_impossible")
    if new.alias is not None and new.entry in (None, NO_ENTRY):
        raise Unfit("entry_impossible")
    # One that an earlier catalogue had may be given back.
    told = {span.entry for span in spans.values()}
    if new.entry is not None and new.entry != NO_ENTRY and new.entry not in told and not is_entry(new.entry):
        raise Unfit("entry_unknown")


def _check_link(spans: Spans, new: LiveSpan) -> None:
    if new.to is None:
        return
    if not can_link(new.label) or (new.label in FIGURE_LABELS and phrase_around(spans.values(), new) is not None):
        raise Unfit("link_impossible")
    if new.to == new.id:
        raise Unfit("link_circular", new.id)
    if not _is_indicator(spans.get(new.to)):
        raise Unfit("link_target", new.to)


def _check_circle(spans: Spans, new: LiveSpan) -> None:
    """Links are followed as they count; every circle that an operation makes goes through the span that it changes."""
    seen: list[str] = []
    at: LiveSpan | None = new
    while at is not None and _is_indicator(at) and at.to is not None and at.id not in seen:
        seen.append(at.id)
        at = new if at.to == new.id else spans.get(at.to)
        if at is new:
            raise Unfit("link_circular", *seen)


def _is_indicator(span: LiveSpan | None) -> bool:
    return span is not None and span.counts and span.label == "INDICATOR"


def phrase_around(spans: Iterable[LiveSpan], mention: LiveSpan) -> str | None:
    """The id of the phrase that holds a mention; None where none does, and of a phrase."""
    if mention.is_phrase:
        return None
    holds = (s.id for s in spans if s.is_phrase and s.counts and s.start <= mention.start and mention.end <= s.end)
    return next(holds, None)


def shown(spans: Spans, beginning: Mapping[str, LiveSpan]) -> list[ShownSpan]:
    """All spans that are not removed, in text order, a phrase before what it holds.

    Args:
        spans: as `folded` gives them.
        beginning: those that they began as, by id.
    """
    out: list[ShownSpan] = []
    phrase: LiveSpan | None = None
    for span in sorted(spans.values(), key=lambda s: (s.start, -s.end, not s.is_phrase)):
        if span.gone:
            continue
        if span.is_phrase:
            around = None
            phrase = span if span.counts else phrase
        else:
            around = phrase.id if phrase is not None and span.end <= phrase.end and span.counts else None
        target = spans.get(span.to) if span.to is not None else None
        inside = span.label in FIGURE_LABELS and around is not None
        to = span.to if can_link(span.label) and not inside and _is_indicator(target) else None
        out.append(ShownSpan(span, to, around, _differs(span, beginning.get(span.id))))
    return out


def _differs(span: LiveSpan, before: LiveSpan | None) -> bool:
    def told(one: LiveSpan) -> tuple[object, ...]:
        return one.label, one.start, one.end, one.to, one.entry, one.alias

    return before is None or told(span) != told(before)


def to_document(
    name: str, text: str, spans: Sequence[ShownSpan], *, place: str | None = None, period: str | None = None
) -> AnnotatedDocument:
    """The spans that count as an annotated document.

    Raises:
        AnnotationInvalid: the beginning broke the rules.
    """
    marks = (
        Mark(
            one.span.label,
            one.span.start,
            one.span.end,
            id=one.span.id,
            target=one.to,
            entry=one.span.entry if one.span.label == "INDICATOR" else None,
            alias=one.span.alias if one.span.label == "INDICATOR" else None,
            score=one.span.score if not one.changed else None,
            state="suggested" if one.span.state == "suggested" else "confirmed",
        )
        for one in spans
        if one.span.counts
    )
    return assembled(AnnotatedDocument(name, text, (), place=place, period=period), marks)


def in_the_way(operations: Iterable[Operation], others: Iterable[Operation]) -> set[str]:
    """Ids of the spans that both change, or that the one changes so that a link of the other may hold no more."""
    ours, theirs = list(operations), list(others)
    written, changed = {o.span for o in ours}, {o.span for o in theirs}
    found = written & changed
    for some, by_others in ((ours, theirs), (theirs, ours)):
        targets = {o.to for o in some if isinstance(o, Link | Add) and o.to is not None}
        found |= targets & {o.span for o in by_others if _may_end_links(o)}
    return found


def _may_end_links(operation: Operation) -> bool:
    return isinstance(operation, Remove | Reject) or (isinstance(operation, Change) and operation.label is not None)


def agreed(first: AnnotatedDocument, second: AnnotatedDocument) -> list[LiveSpan]:
    """The spans that two annotations of one text share, as the beginning of a third; a link where both go to the same shared indicator.

    A span whose link or entry they tell differently is `suggested`: it is to be decided.
    """

    def places(document: AnnotatedDocument) -> dict[tuple[str, int, int], int]:
        return {(s.label, s.start, s.end): at for at, s in enumerate(document.spans)}

    one, two = places(first), places(second)
    shared = [key for key in one if key in two]
    names = {key: f"s{number}" for number, key in enumerate(shared)}
    out = []
    for key in shared:
        heads = {
            (document.spans[head].label, document.spans[head].start, document.spans[head].end)
            if head is not None
            else None
            for document, at in ((first, one[key]), (second, two[key]))
            for head in (document.spans[at].head,)
        }
        is_linked_alike = len(heads) == 1
        head = heads.pop() if len(heads) == 1 else None
        ours, theirs = first.spans[one[key]], second.spans[two[key]]
        entry = ours.entry if ours.entry == theirs.entry else None
        alias = ours.alias if entry is not None and ours.alias == theirs.alias else None
        is_settled = is_linked_alike and (ours.entry, ours.alias) == (theirs.entry, theirs.alias)
        out.append(
            LiveSpan(
                names[key],
                *key,
                to=names.get(head) if head is not None else None,
                entry=entry,
                alias=alias,
                state="confirmed" if is_settled else "suggested",
                origin="person",
            )
        )
    return out
