"""Reader of inline XML annotation: the text as it stands, with tags around parts of it.

The tags are those of the annotation guidelines: mentions ``ind qty unit pct per``, phrases ``att chg shr``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chitieu.contract import MENTION_LABELS, PHRASE_LABELS
from chitieu.errors import AnnotationInvalid
from chitieu.tagging.labels import FIGURE_LABELS, TAGS

_TAG = re.compile(r"<(/?)(" + "|".join(TAGS) + r")((?:\s+\w+=\"[^\"]*\")*)\s*>")
_ATTRIBUTE = re.compile(r"(\w+)=\"([^\"]*)\"")
_STRAY = re.compile(r"<[^>]{1,30}>")


@dataclass
class GoldSpan:
    """A gold span. ``head``: index of the INDICATOR span it is ``of`` or ``in``, or None. ``phrase``: index of the phrase around it."""

    label: str
    start: int
    end: int
    id: str | None = None
    head: int | None = None
    phrase: int | None = None


@dataclass(frozen=True)
class GoldDocument:
    """An annotated document: name, text without tags, spans in order of their start tags."""

    name: str
    text: str
    spans: list[GoldSpan] = field(repr=False)


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def problems(xml: str) -> list[str]:
    """Every breach of the annotation rules that can be seen without reading Vietnamese; empty when there is none."""
    return _parse(xml)[2]


def parse(xml: str, name: str = "") -> GoldDocument:
    """Read one annotated document.

    Raises:
        AnnotationInvalid: the tags break the rules; ``detail["problems"]`` lists how.
    """
    text, spans, found = _parse(xml)
    if found:
        raise AnnotationInvalid(f"{name or 'tài liệu / document'}: {found[0]}", file=name, problems=found)
    return GoldDocument(name, text, spans)


def read(path: Path) -> GoldDocument:
    """Read an annotated file (UTF-8).

    Raises:
        AnnotationInvalid: not UTF-8, or the tags break the rules.
    """
    try:
        xml = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnnotationInvalid(f"{path.name}: không phải UTF-8 / not UTF-8 ({error})", file=path.name) from error
    return parse(xml, path.name)


def _parse(xml: str) -> tuple[str, list[GoldSpan], list[str]]:
    parts: list[str] = []
    length = at = 0
    spans: list[GoldSpan] = []
    targets: list[str | None] = []
    stack: list[int] = []
    found: list[str] = []
    for match in _TAG.finditer(xml):
        part = _unescape(xml[at : match.start()])
        parts.append(part)
        length += len(part)
        at = match.end()
        label = TAGS[match[2]]
        if match[1]:
            if not stack or spans[stack[-1]].label != label:
                found.append(f"</{match[2]}> closes nothing at {length}")
            else:
                spans[stack.pop()].end = length
            continue
        attributes = dict(_ATTRIBUTE.findall(match[3]))
        span = GoldSpan(label, length, -1, id=attributes.get("id"))
        if stack:
            outer = spans[stack[-1]]
            if label in PHRASE_LABELS or outer.label in MENTION_LABELS:
                found.append(f"{label} inside {outer.label} at {length}")
            else:
                span.phrase = stack[-1]
        target = attributes.get("in" if label == "INDICATOR" else "of")
        if label in FIGURE_LABELS and span.phrase is not None and target is not None:
            found.append(f"{label} at {length} has an 'of' inside a phrase")
        if label == "INDICATOR" and span.id is None:
            found.append(f"INDICATOR at {length} has no id")
        stack.append(len(spans))
        spans.append(span)
        targets.append(target)
    parts.append(_unescape(xml[at:]))
    text = "".join(parts)
    found += [f"{spans[i].label} at {spans[i].start} is never closed" for i in stack]
    for span in spans:
        words = text[span.start : span.end]
        if span.end >= 0 and (words != words.strip() or not words):
            found.append(f"{span.label} {words!r} starts or ends with space, or is empty")
    ids = {span.id: number for number, span in enumerate(spans) if span.label == "INDICATOR" and span.id is not None}
    repeats = Counter(span.id for span in spans if span.label == "INDICATOR" and span.id is not None)
    found += [f"indicator id {i} stands {n} times" for i, n in repeats.items() if n > 1]
    for span, target in zip(spans, targets, strict=True):
        if target is None:
            continue
        span.head = ids.get(target)
        if span.head is None:
            found.append(f"{span.label} {text[span.start : span.end]!r} names {target}, no such indicator")
    stray = _STRAY.search(_TAG.sub("", xml))
    if stray:
        found.append(f"unknown markup {stray.group()!r}")
    return text, spans, found
