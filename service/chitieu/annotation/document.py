"""An annotated document as a plain type, and the rules that every one keeps, whatever format it was read from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from chitieu.contract import MENTION_LABELS, PHRASE_LABELS
from chitieu.errors import AnnotationInvalid
from chitieu.tagging.labels import FIGURE_LABELS

State = Literal["suggested", "confirmed"]
LABELS: tuple[str, ...] = (*MENTION_LABELS, *PHRASE_LABELS)
_LINKED = ("INDICATOR", *FIGURE_LABELS, *PHRASE_LABELS)


@dataclass(frozen=True, slots=True)
class AnnotatedSpan:
    """A mention or phrase; offsets are code points, half-open.

    ``head``: index of the INDICATOR span it is ``of`` (an INDICATOR: ``in``), or None. ``phrase``: index of the phrase around it.
    ``id``: what names an INDICATOR in inline XML; it tells nothing, and two spans that differ in it alone are equal.
    ``entry``: id of the catalogue's entry. ``alias``: words that are proposed as a new name of it.
    ``state``: ``suggested`` by a model, ``confirmed`` by a person, None: not known.
    """

    label: str
    start: int
    end: int
    id: str | None = field(default=None, compare=False)
    head: int | None = None
    phrase: int | None = None
    entry: str | None = None
    alias: str | None = None
    score: float | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """A text with its spans, in text order, a phrase before what it holds. ``place`` and ``period`` are words, as the API takes them."""

    name: str
    text: str = field(repr=False)
    spans: Sequence[AnnotatedSpan] = field(repr=False)
    place: str | None = None
    period: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """A span as a file tells it: ``target`` is the ``id`` of the mark that it is ``of`` or ``in``, ``words`` what should stand there."""

    label: str
    start: int
    end: int
    id: str | None = None
    target: str | None = None
    words: str | None = None
    entry: str | None = None
    alias: str | None = None
    score: float | None = None
    state: State | None = None


def relation(label: str) -> str:
    """What a link from a span of this label is called: ``in`` from an INDICATOR, else ``of``."""
    return "in" if label == "INDICATOR" else "of"


def can_link(label: str) -> bool:
    """Whether a span of this label can be ``of`` or ``in`` an indicator."""
    return label in _LINKED


def problem(text: str, offset: int, vi: str, en: str) -> str:
    """A breach of the rules, told with its line and column, both from 1."""
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return f"{vi} (dòng {line}, cột {column}) / {en} (line {line}, column {column})"


def assembled(
    document: AnnotatedDocument, marks: Iterable[Mark], *, where: str = "", sha256: str | None = None
) -> AnnotatedDocument:
    """The document with the spans that the marks tell.

    Args:
        document: name, text and what else is known of it; its own spans are not looked at.
        marks: in any order.
        where: what an error names: the file, and the item in it.
        sha256: what the text's digest should be, where the file tells.

    Raises:
        AnnotationInvalid: the text is another one, or the marks break the rules; ``detail["problems"]`` lists how.
    """
    where = where or document.name
    if sha256 is not None and sha256 != document.sha256:
        raise invalid(where, ["văn bản không khớp sha256 / the text is another one than its sha256 tells"])
    spans, found = resolved(document.text, list(marks))
    if found:
        raise invalid(where, found)
    # Other formats than inline XML number all spans anew; their names say nothing.
    return replace(document, spans=tuple(replace(span, id=None) for span in spans))


def invalid(where: str, problems: list[str]) -> AnnotationInvalid:
    """The error of a file, or an item in it, that has these problems; the message tells the first."""
    return AnnotationInvalid(f"{where or 'tài liệu / document'}: {problems[0]}", file=where, problems=problems)


def resolved(text: str, marks: Sequence[Mark]) -> tuple[tuple[AnnotatedSpan, ...], list[str]]:
    """Spans in text order with their links and phrases, and every breach of the rules; where there is one, the spans may be none."""
    found = [told for mark in marks if (told := _unfit(text, mark))]
    if found:
        return (), found
    order = sorted(marks, key=lambda m: (m.start, -m.end, m.label not in PHRASE_LABELS))
    ids = {mark.id: at for at, mark in enumerate(order) if mark.id is not None}
    repeats = Counter(mark.id for mark in order if mark.id is not None)
    for name, times in repeats.items():
        if times > 1:
            en = f"indicator id {name} stands {times} times"
            found.append(problem(text, order[ids[name]].start, f"id {name} có {times} lần", en))
    spans: list[AnnotatedSpan] = []
    phrase: int | None = None
    for at, mark in enumerate(order):
        if phrase is not None and spans[phrase].end <= mark.start:
            phrase = None
        head = ids.get(mark.target) if mark.target is not None else None
        if mark.target is not None and (head is None or order[head].label != "INDICATOR"):
            vi, en = f"chỉ tới {mark.target}, không phải chỉ tiêu", f"names {mark.target}, no such indicator"
            found.append(_problem(text, mark, vi, en))
        is_phrase = mark.label in PHRASE_LABELS
        spans.append(
            AnnotatedSpan(
                mark.label,
                mark.start,
                mark.end,
                id=mark.id if mark.label == "INDICATOR" else None,
                head=head,
                phrase=None if is_phrase else phrase,
                entry=mark.entry,
                alias=mark.alias,
                score=mark.score,
                state=mark.state,
            )
        )
        if is_phrase:
            phrase = at
    return tuple(spans), [*found, *breaches(text, spans)]


def breaches(text: str, spans: Sequence[AnnotatedSpan]) -> list[str]:
    """Every breach of the annotation rules that can be seen without reading Vietnamese; empty when there is none.

    ``spans`` lie in the text and are in text order, a phrase before what it holds.
    """
    found = [*_overlaps(text, spans)]
    for span in spans:
        words = text[span.start : span.end]
        if words != words.strip():
            vi, en = f"{span.label} {words!r} có khoảng trắng ở đầu hoặc cuối", "starts or ends with space"
            found.append(problem(text, span.start, vi, f"{span.label} {words!r} {en}"))
        if span.head is None:
            continue
        if not can_link(span.label):
            found.append(_problem(text, span, "không thể thuộc chỉ tiêu nào", "can be of no indicator"))
        if span.label in FIGURE_LABELS and span.phrase is not None:
            found.append(_problem(text, span, "có 'of' trong một cụm", "has an 'of' inside a phrase"))
    found += [
        _problem(text, spans[at], "thuộc chính nó", "is in itself") for at in range(len(spans)) if _circular(spans, at)
    ]
    return found


def _problem(text: str, span: AnnotatedSpan | Mark, vi: str, en: str) -> str:
    named = f"{span.label} {text[span.start : span.end]!r}"
    return problem(text, span.start, f"{named} {vi}", f"{named} {en}")


def _unfit(text: str, mark: Mark) -> str | None:
    """What is wrong with a mark by itself."""
    if mark.label not in LABELS:
        vi, en = f"nhãn lạ {mark.label!r}", f"unknown label {mark.label!r}"
    elif not 0 <= mark.start <= mark.end <= len(text):
        where = f"{mark.label} [{mark.start}, {mark.end})"
        return f"{where} nằm ngoài văn bản / is outside the text (0…{len(text)})"
    elif mark.start == mark.end:
        vi, en = f"{mark.label} rỗng", f"{mark.label} starts or ends with space, or is empty"
    elif mark.words is not None and text[mark.start : mark.end] != mark.words:
        return _problem(text, mark, f"không phải {mark.words!r} như đã ghi", f"should be {mark.words!r}")
    else:
        return None
    return problem(text, max(0, min(mark.start, len(text))), vi, en)


def _overlaps(text: str, spans: Sequence[AnnotatedSpan]) -> Iterable[str]:
    """Mentions that overlap mentions, phrases that overlap phrases or lie in a mention, mentions that leave their phrase."""
    mention: AnnotatedSpan | None = None
    phrase: AnnotatedSpan | None = None
    for span in spans:
        is_phrase = span.label in PHRASE_LABELS
        for outer in (mention, phrase):
            if outer is None or outer.end <= span.start:
                continue
            within = span.end <= outer.end
            if within and not is_phrase and outer is phrase:
                continue
            vi, en = ("nằm trong", "inside") if within else ("cắt ngang", "crosses the edge of")
            told = f"{span.label} {vi} {outer.label}", f"{span.label} {en} {outer.label}"
            yield problem(text, span.start, *told)
        if is_phrase:
            phrase = span if phrase is None or span.end > phrase.end else phrase
        else:
            mention = span if mention is None or span.end > mention.end else mention


def _circular(spans: Sequence[AnnotatedSpan], at: int) -> bool:
    """Whether following ``in`` from an indicator comes back to it."""
    seen = set()
    head = spans[at].head
    while head is not None and head not in seen:
        if head == at:
            return True
        seen.add(head)
        head = spans[head].head
    return False
