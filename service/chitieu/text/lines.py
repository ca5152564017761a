"""The lines of a view, and how the document sets them: one paragraph a line, or hard-wrapped at a width."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINE = re.compile(r"[^\n\r\x0b\x0c\u2028\u2029]+")
_RULER = re.compile(r"\s*(?:[_\-–—=*.…~]\s*){5,}$")
# What a `2` or `3` behind it is the exponent of.
POWER = re.compile(r"(?<![^\W\d_])[kcdhm]?m$", re.IGNORECASE)
_FEWEST_LINES, _FEWEST_FULL = 6, 3
_WIDE_BLANK = 20  # a line of so many blanks is the ruler above footnotes in PDF text


@dataclass(frozen=True, slots=True)
class Line:
    """View offsets of a line without the white space around it, and what stands between it and the line before.

    Attributes:
        gap: line breaks before it.
        page_break: a form feed stands before it.
        ruler: a rule (a drawn line, or one of blanks) stands before it.
    """

    start: int
    end: int
    gap: int
    page_break: bool
    ruler: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines that say something, in order.

    Attributes:
        width: characters at which lines are wrapped, or 0 where a line is a paragraph.
        usual_gap: line breaks between two lines of one paragraph.
    """

    view: str
    lines: Sequence[Line]
    width: int
    usual_gap: int

    def text(self, number: int) -> str:
        line = self.lines[number]
        return self.view[line.start : line.end]


def read_lines(view: str, *, wrapped: bool = True) -> Lines:
    """Cut a view into lines; rulers and blank lines are none, but leave their trace on the line behind them.

    ``wrapped``: its lines may be those of a page; else each is a paragraph.
    """
    found: list[Line] = []
    last_end, ruler = 0, False
    for match in _LINE.finditer(view):
        raw = match.group()
        if raw.isspace():
            ruler = ruler or len(raw) >= _WIDE_BLANK
            continue
        if _RULER.match(raw):
            ruler = True
            continue
        indent = len(raw) - len(raw.lstrip())
        start, end = match.start() + indent, match.start() + len(raw.rstrip())
        between = view[last_end : match.start()]
        gap = between.count("\n") + between.count("\r") - between.count("\r\n")
        found.append(Line(start, end, max(gap, 1 if found else 0), "\f" in between, ruler))
        last_end, ruler = end, False
    gaps = sorted(line.gap for line in found[1:])
    return Lines(view, found, _wrap_width(view, found) if wrapped else 0, gaps[len(gaps) // 2] if gaps else 1)


def _wrap_width(view: str, lines: Sequence[Line]) -> int:
    """The width at which a document's lines are wrapped, or 0: many lines are full, and the next goes on in lower case."""
    lengths = [line.end - line.start for line in lines]
    if len(lengths) < _FEWEST_LINES:
        return 0
    width = sorted(lengths)[int(len(lengths) * 0.95)]
    if not 30 <= width <= 160:
        return 0
    full = [n for n, length in enumerate(lengths) if length >= 0.8 * width]
    broken = [n for n in full if n + 1 < len(lines) and view[lines[n + 1].start].islower()]
    many = len(full) >= 0.35 * len(lengths) and len(broken) >= 0.3 * len(full)
    sure = len(full) >= _FEWEST_FULL and len(broken) >= 0.6 * len(full)
    return width if many or sure else 0


def is_power(lines: Lines, number: int) -> bool:
    """Whether a line holds nothing but the exponent of the unit that ends the line before (`m` and `2`)."""
    return number > 0 and lines.text(number) in ("2", "3", "²", "³") and bool(POWER.search(lines.text(number - 1)))
