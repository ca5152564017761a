"""The tree of headings: which paragraphs are headings, and which stand above each place of a text.

Reports number their parts in many orders (`I, 1, a`; `A, I, 1`; `Phần thứ nhất, I, 1.1`). So a kind of marker that is met under another
is nested in it, whatever the two are; only a document's own order counts.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chitieu.text.tables import is_row

_LONGEST = 250
_TERMINAL = re.compile(r"[.;!?…,]['\"”’)\]]*\s*$")
_BOLD = re.compile(r"[*_]{1,3}([^*_].*?)[*_]{1,3}\s*:?$")
_COLON = re.compile(r":\s*$")
# What a heading begins with: (kind, pattern; its group "n" is the ordinal).
_MARKERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("markdown", re.compile(r"(?P<n>#{1,6})\s+")),
    ("part", re.compile(r"(?:PHẦN|Phần|CHƯƠNG|Chương)\s+(?:(?:THỨ|thứ)\s+)?(?P<n>[IVX]+|\d+|[^\W\d_]+)\b[\s:.\-–]*")),
    ("article", re.compile(r"Điều\s+(?P<n>\d{1,3})\b[.:]?\s*")),
    ("dotted3", re.compile(r"(?P<n>\d{1,2}\.\d{1,2}\.\d{1,2})[.)]?\s+(?=[^\W\d_])")),
    ("dotted2", re.compile(r"(?P<n>\d{1,2}\.\d{1,2})[.)]?\s+(?=[^\W\d_])")),
    ("roman", re.compile(r"(?P<n>[IVX]{1,5})\s?(?:[-.)–:]|/(?=\s))+\s*")),
    ("capital", re.compile(r"(?P<n>[A-HĐ])\s?(?:[-.)–:]|/(?=\s))+\s*")),
    ("number", re.compile(r"(?P<n>\d{1,2})\s?(?:[-.)–]|/(?=\s))++\s*+(?!\d)")),
    ("bracketed", re.compile(r"\((?P<n>\d{1,2}|[a-zđ]|[ivx]{1,4})\)\s*")),
    ("letter", re.compile(r"(?P<n>[a-zđ]\d?)\s?[.)]+\s*")),
    ("dash", re.compile(r"(?P<n>[-–—])\s+")),
    ("star", re.compile(r"(?P<n>[*•●▪◦])\s*")),
    ("plus", re.compile(r"(?P<n>\+)\s*")),
)
# Where two kinds first met give no order, this one: widest first.
_ORDER = (
    "markdown",
    "part",
    "capitals",
    "article",
    "capital",
    "roman",
    "number",
    "dotted2",
    "dotted3",
    "letter",
    "bracketed",
    "star",
    "dash",
    "plus",
)
_NUMBERED = frozenset({"part", "article", "capital", "roman", "number", "dotted2"})
_LIST_KINDS = frozenset({"dash", "star", "plus"})
_ROMAN = {"I": 1, "V": 5, "X": 10}
_FIGURE = re.compile(r"\d\s*(?:%|‰|[^\W\d_])")
_DATED = re.compile(
    r"(?:năm|tháng|quý|giai đoạn|ngày|khóa|khoá|lần thứ|Covid|số)\s*-?\s*[\dIVX/.,\s–-]+"
    r"|\d+\s+(?:tháng|năm|ngày)(?!\w)|(?:19|20)\d\d|\d+/\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: offsets in the text it was read from, the kind of its marker, its ordinal where it has one."""

    start: int
    end: int
    kind: str
    ordinal: int | None


def _ordinal(kind: str, printed: str) -> int | None:
    if printed.isdigit():
        return int(printed)
    if kind == "roman":
        values = [_ROMAN[c] for c in printed]
        return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))
    if kind in ("capital", "letter") and len(printed) == 1:
        return "aăâbcdđeghiklmnopqrstuvxy".find(printed.lower()) + 1 or None
    return None


def _unmarked(text: str) -> str:
    """Without Markdown's marks of bold and italic around it."""
    bold = _BOLD.match(text)
    return bold[1] if bold else text


def _marker(text: str) -> tuple[str, int | None, int]:
    """Kind, ordinal and length of the marker that a paragraph begins with; kind "" where it has none."""
    for kind, pattern in _MARKERS:
        match = pattern.match(text)
        if match and not (kind.startswith("dotted") and text[match.end()].islower()):  # `1.5 triệu`
            name = f"markdown{len(match['n'])}" if kind == "markdown" else kind
            return name, _ordinal(kind, match["n"]), match.end()
    return "", None, 0


def heading_of(text: str) -> tuple[str, int | None] | None:
    """Kind and ordinal of a paragraph that is a heading by its own looks, or None.

    A heading is short, ends in no full stop, and says no figure: `1. Trồng trọt: diện tích 5.200 ha` is a list item.
    """
    if not text or len(text) > _LONGEST or is_row(text):
        return None
    text = _unmarked(text)
    kind, ordinal, length = _marker(text)
    rest = text[length:]
    if not any(c.isalpha() for c in rest):
        return None
    letters = [c for c in rest if c.isalpha()]
    capitals = len(letters) >= 6 and sum(c.isupper() for c in letters) >= 0.9 * len(letters)
    if capitals and kind not in _LIST_KINDS:
        return (kind or "capitals"), ordinal
    if not kind or (kind in _LIST_KINDS and len(rest) > 80):
        return None
    if _TERMINAL.search(rest) or (len(rest) > 120 and _COLON.search(rest)):
        return None
    if _FIGURE.search(_DATED.sub(" ", rest)):
        return None
    return kind, ordinal


def _rank(kind: str) -> tuple[int, int]:
    base = "markdown" if kind.startswith("markdown") else kind
    return _ORDER.index(base), int(kind[8:] or 0) if base == "markdown" else 0


def heading_tree(text: str, parts: Sequence[tuple[int, int]]) -> list[tuple[Heading, ...]]:
    """For every part (offsets of a paragraph) the headings above it, widest first; of a heading, itself the last.

    A list item is a heading where it opens a list within the list, or ends in a colon.
    """
    open_now: list[Heading] = []
    out: list[tuple[Heading, ...]] = []
    kinds = [_marker(_unmarked(text[start : min(end, start + _LONGEST)]))[0] for start, end in parts]
    title = any(kind in _NUMBERED for kind in kinds)  # capitals above the first numbered heading are the title's
    for number, (start, end) in enumerate(parts):
        found = heading_of(text[start:end]) if end - start <= _LONGEST else None
        if found and found[0] in _LIST_KINDS:
            following = kinds[number + 1] if number + 1 < len(parts) else ""
            deeper = following in _LIST_KINDS and following != found[0]
            if not (deeper or _COLON.search(text, start, end)) or following == found[0]:
                found = None
        if found and found[0] in _NUMBERED:
            title = False
        if found and title and found[0] == "capitals":
            found = None
        if found:
            heading = Heading(start, end, *found)
            open_now = [*_above(heading, open_now), heading]
        elif kinds[number] and any(h.kind == kinds[number] for h in open_now):
            # The next item of a list, of headings too, ends what the one before it opened.
            open_now = open_now[: next(n for n, h in enumerate(open_now) if h.kind == kinds[number])]
        out.append(tuple(open_now))
    return out


def _above(heading: Heading, open_now: Sequence[Heading]) -> list[Heading]:
    """The open headings that a new one stands under."""
    for number in range(len(open_now) - 1, -1, -1):
        if open_now[number].kind == heading.kind:
            return list(open_now[:number])
    if heading.kind == "capitals":
        return [h for h in open_now if h.kind in ("part", "capital", "roman")]
    if heading.ordinal == 1 or heading.kind in _LIST_KINDS:
        # A list that begins is nested in what is open, unless its kind never is.
        return [h for h in open_now if _rank(h.kind) < _rank(heading.kind) or h.kind not in _LIST_KINDS]
    return [h for h in open_now if _rank(h.kind) < _rank(heading.kind)]


def section_paths(text: str, parts: Sequence[tuple[int, int]]) -> Callable[[int], tuple[str, ...]]:
    """A function from an offset to the headings above it, widest first."""
    starts = [start for start, _ in parts]
    paths = [tuple(text[h.start : h.end] for h in path) for path in heading_tree(text, parts)]

    def section(offset: int) -> tuple[str, ...]:
        at = bisect.bisect_right(starts, offset) - 1
        return paths[at] if at >= 0 else ()

    return section
