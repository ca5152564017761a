"""Paragraphs of a view and the headings above each: layout repairs reading, never offsets.

Two kinds of text come in: one paragraph a line (web pages, text boxes), and hard-wrapped lines (PDF text, old files),
sometimes with a blank line after every line. Which one a document is, its own line lengths say.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_LINE = re.compile(r"[^\n\r\x0b\x0c\u2028\u2029]+")
_MARKER = re.compile(
    r"\s*(?:[-–—+*•●▪◦·]\s|\(?\d{1,2}(?:\.\d{1,2}){0,3}[.)/]?\s|[IVX]{1,5}\s?[-.)–:]|[A-ZĐ]\s?[.)]\s|[a-zđ]\s?[.)]\s|#{1,6}\s|\|)"
)
_TERMINAL = re.compile(r"[.:;!?…]['\"”’)\]]*\s*$")
_PAGE_NUMBER = re.compile(r"\s*(?:[-–—]\s*)?(?:[Tt]rang\s+)?\d{1,4}(?:\s*/\s*\d{1,4})?(?:\s*[-–—])?\s*$")
_FOOTNOTE_MARK = re.compile(r"\s*[(\[]\d{1,3}[)\]]\s*$")
# Heading levels, widest first: (what it looks like, rank).
_HEADINGS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"\s*#{1,6}\s"), 0),
    (re.compile(r"\s*(?:PHẦN|Phần|CHƯƠNG|Chương)\s"), 1),
    (re.compile(r"\s*[IVX]{1,5}\s?[-.)–:/]"), 3),
    (re.compile(r"\s*[A-HĐ]\s?[-.)–:]\s?"), 2),
    (re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d{1,2}\.?\s"), 6),
    (re.compile(r"\s*\d{1,2}\.\d{1,2}\.?\s"), 5),
    (re.compile(r"\s*\d{1,2}\s?[-.)/]\s?"), 4),
    (re.compile(r"\s*[a-zđ]\s?[.)]\s?"), 7),
)
_LONGEST_HEADING = 200


@dataclass(frozen=True, slots=True)
class Paragraph:
    """View offsets of a paragraph without the white space around it."""

    start: int
    end: int


def _is_capitalised(line: str) -> bool:
    return line.lstrip()[:1].isupper()


def _is_wrapped(lengths: Sequence[int]) -> int:
    """The width at which a document's lines are wrapped, or 0."""
    if len(lengths) < 6:
        return 0
    ordered = sorted(lengths)
    width = ordered[int(len(ordered) * 0.95)]
    full = sum(n >= 0.8 * width for n in lengths)
    return width if 30 <= width <= 160 and full >= 0.35 * len(lengths) else 0


def paragraphs(view: str) -> list[Paragraph]:
    """The paragraphs of a view in order; they do not overlap and hold every character that is not white space."""
    lines = [(m.start(), m.end()) for m in _LINE.finditer(view) if not m.group().isspace()]
    if not lines:
        return []
    width = _is_wrapped([end - start for start, end in lines])
    gaps = [view.count("\n", a[1], b[0]) for a, b in pairwise(lines)]
    usual_gap = sorted(gaps)[len(gaps) // 2] if gaps else 1
    out: list[list[int]] = [list(lines[0])]
    for (start, end), (next_start, next_end), gap in zip(lines, lines[1:], gaps, strict=False):
        line, following = view[start:end], view[next_start:next_end]
        length = len(line.strip())
        ended = _TERMINAL.search(line) is not None
        full = length >= (0.85 if ended else 0.6) * width
        joins = gap <= usual_gap and not any(
            (_MARKER.match(following), _PAGE_NUMBER.match(following), _PAGE_NUMBER.match(line))
        )
        # A line that begins in lower case goes on with an unfinished one, however short that was.
        joins = joins and ((width > 0 and full) or (not ended and following.lstrip()[:1].islower()))
        joins = joins or (
            width > 0
            and bool(_FOOTNOTE_MARK.match(following) or (_FOOTNOTE_MARK.match(line) and not _is_capitalised(following)))
        )
        if joins:
            out[-1][1] = next_end
        else:
            out.append([next_start, next_end])
    return [_stripped(view, start, end) for start, end in out]


def _stripped(view: str, start: int, end: int) -> Paragraph:
    part = view[start:end]
    return Paragraph(start + len(part) - len(part.lstrip()), start + len(part.rstrip()))


def heading_rank(paragraph: str) -> int | None:
    """How wide a heading is (0 widest), or None for a paragraph that is none."""
    text = paragraph.strip()
    if not text or len(text) > _LONGEST_HEADING or (len(text) > 90 and _TERMINAL.search(text)):
        return None
    for pattern, rank in _HEADINGS:
        if pattern.match(text):
            # `1. Trồng trọt: diện tích …` is a list item that says something, not a heading
            return (
                None if re.search(r"\d\s*(?:%|[^\W\d_])", pattern.sub("", text, count=1)) and text.count(",") else rank
            )
    letters = [c for c in text if c.isalpha()]
    return 2 if len(letters) >= 6 and all(c.isupper() for c in letters) else None


def section_paths(view: str, parts: Sequence[Paragraph]) -> Callable[[int], tuple[str, ...]]:
    """A function from a view offset to the headings above it, widest first, white space squashed."""
    starts: list[int] = []
    paths: list[tuple[str, ...]] = []
    open_headings: list[tuple[int, str]] = []
    for part in parts:
        rank = heading_rank(view[part.start : part.end])
        if rank is not None:
            open_headings = [h for h in open_headings if h[0] < rank]
            open_headings.append((rank, " ".join(view[part.start : part.end].split())))
            starts.append(part.start)
            paths.append(tuple(text for _, text in open_headings))

    def section(offset: int) -> tuple[str, ...]:
        at = bisect.bisect_right(starts, offset) - 1
        return paths[at] if at >= 0 else ()

    return section
