"""Reader of inline XML annotation: the text as it stands, with tags around parts of it.

The tags are those of the annotation guidelines: mentions ``ind qty unit pct per``, phrases ``att chg shr``.
"""

from __future__ import annotations

import re
from pathlib import Path

from chitieu.annotation.document import AnnotatedDocument, AnnotatedSpan, Mark, invalid, problem, relation, resolved
from chitieu.errors import AnnotationInvalid
from chitieu.tagging.labels import TAGS

_TAG = re.compile(r"<(/?)(" + "|".join(TAGS) + r")((?:\s+\w+=\"[^\"]*\")*)\s*>")
_ATTRIBUTE = re.compile(r"(\w+)=\"([^\"]*)\"")
_STRAY = re.compile(r"<[^>]{1,30}>")


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def problems(xml: str) -> list[str]:
    """Every breach of the annotation rules that can be seen without reading Vietnamese; empty when there is none."""
    return _parse(xml)[2]


def parse(xml: str, name: str = "") -> AnnotatedDocument:
    """Read one annotated document.

    Raises:
        AnnotationInvalid: the tags break the rules; ``detail["problems"]`` lists how.
    """
    text, spans, found = _parse(xml)
    if found:
        raise invalid(name, found)
    return AnnotatedDocument(name, text, spans)


def read(path: Path) -> AnnotatedDocument:
    """Read an annotated file (UTF-8).

    Raises:
        AnnotationInvalid: not UTF-8, or the tags break the rules.
    """
    return parse(decoded(path.read_bytes(), path.name), path.name)


def decoded(data: bytes, name: str) -> str:
    """UTF-8 as text.

    Raises:
        AnnotationInvalid: it is none.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnnotationInvalid(f"{name}: không phải UTF-8 / not UTF-8 ({error})", file=name) from error


def _parse(xml: str) -> tuple[str, tuple[AnnotatedSpan, ...], list[str]]:
    """Text, spans and problems; lines and columns are those of the XML where a tag is to blame, else those of the text."""
    parts: list[str] = []
    length = at = 0
    marks: dict[int, Mark] = {}  # by where the start tag stands
    stack: list[tuple[re.Match[str], int]] = []
    found: list[str] = []

    def tell(match: re.Match[str], vi: str, en: str) -> None:
        found.append(problem(xml, match.start(), vi, en))

    for match in _TAG.finditer(xml):
        part = _unescape(xml[at : match.start()])
        parts.append(part)
        length += len(part)
        at = match.end()
        tag = match[2]
        if not match[1]:
            stack.append((match, length))
        elif not stack or stack[-1][0][2] != tag:
            tell(match, f"</{tag}> không đóng thẻ nào", f"</{tag}> closes nothing")
        else:
            opening, start = stack.pop()
            label, attributes = TAGS[tag], dict(_ATTRIBUTE.findall(opening[3]))
            own = attributes.get("id") if label == "INDICATOR" else None
            if label == "INDICATOR" and own is None:
                tell(opening, "INDICATOR không có id", "INDICATOR has no id")
            marks[opening.start()] = Mark(label, start, length, id=own, target=attributes.get(relation(label)))
    parts.append(_unescape(xml[at:]))
    text = "".join(parts)
    for opening, _ in stack:
        tell(opening, f"<{opening[2]}> không được đóng", f"<{opening[2]}> is never closed")
    spans: tuple[AnnotatedSpan, ...] = ()
    if not found:
        spans, found = resolved(text, [marks[at] for at in sorted(marks)])
    stray = _STRAY.search(_TAG.sub("", xml))
    if stray:
        found.append(f"thẻ lạ / unknown markup {stray.group()!r}")
    return text, spans, found
