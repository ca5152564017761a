"""Lines into paragraphs: which line goes on with the one before it.

The widths of wrapped lines tell: where the next word would still have fitted, the paragraph ended. What is wrapped in type of varying
width needs some slack, and a line that breaks off in the middle of a sentence goes on however short it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chitieu.text.lines import Lines, is_power
from chitieu.text.tables import is_row, tabbed_cells

CELLS = " | "
_MARKER = re.compile(
    r"(?:[-–—+*•●▪◦·]\s|\(?\d{1,2}(?:\.\d{1,2}){0,3}[.)/](?!\d)|\(?\d{1,2}(?:\.\d{1,2}){1,3}\s|[IVX]{1,5}\s?[-.)–:]"
    r"|[A-ZĐ]\s?[.)]\s|[a-zđ]\s?[.)]\s|#{1,6}\s|\|)"
)
_TERMINAL = re.compile(r"[.:;!?…]['\"”’)\]]*\s*$")
_CLOSING = re.compile(r"[,.;:!?)\]”’…%]")
_HYPHENATED = re.compile(r"[^\W_][-\u00ad]$")
# What a sentence cannot end with, nor a heading.
_BREAKS_OFF = re.compile(
    r"(?:,|(?<!\w)(?:và|là|của|các|những|trong|trong đó|với|cho|từ|đến|tại|ở|do|bằng|đạt|có|gồm|được|hoặc|hay|như))$"
)
_HEADING_LINES = 3  # at most
_LINE_BEGUN, _LINE_FULL, _SENTENCE_FULL = 0.6, 0.88, 0.95  # of the width


class Part:
    """A paragraph that is being put together.

    Attributes:
        ranges: of the view, in reading order; before those whose numbers are in ``glued`` stands no space.
        marks: where footnote marks stood in it.
        anchor: of a footnote's body, where its own mark stands (view offset).
        joint: what is read between two ranges.
    """

    def __init__(self, anchor: int | None = None, joint: str = " ") -> None:
        self.ranges: list[tuple[int, int]] = []
        self.glued: set[int] = set()
        self.marks: list[int] = []
        self.anchor, self.joint = anchor, joint

    def add(self, start: int, end: int, *, glue: bool = False) -> None:
        if start < end:
            if glue and self.ranges:
                self.glued.add(len(self.ranges))
            self.ranges.append((start, end))


class Joiner:
    """Puts lines together, one after the other.

    Args:
        cuts: ranges of footnote marks that are left out, by line, in order.
        begin: what stands before this view offset is left out.
        anchor: where the mark stands whose footnote the lines are.
    """

    def __init__(
        self,
        lines: Lines,
        cuts: Mapping[int, Sequence[tuple[int, int]]],
        *,
        begin: int = 0,
        anchor: int | None = None,
    ) -> None:
        self.lines, self.cuts, self.begin, self.anchor = lines, cuts, begin, anchor
        self.parts: list[Part] = []
        self._before: int | None = None  # the line that may go on
        self._length = 0  # of that line, with what a mark or an exponent parted from it
        self._run = 0  # lines of the paragraph so far
        self._headed = False  # whether it begins as numbered headings do
        self._inline = False  # whether a mark or an exponent on a line of its own came last

    def add_row(self, numbers: Sequence[int]) -> None:
        """A table's row, of which every line is a cell, or one line that tabs part into cells."""
        part = Part(self.anchor, CELLS)
        for number in numbers:
            line = self.lines.lines[number]
            for start, end in tabbed_cells(self.lines.view, line.start, line.end) or [(line.start, line.end)]:
                part.add(start, end)
        self.parts.append(part)
        self._before, self._inline = None, False

    def add(self, number: int) -> None:
        """The next line in reading order."""
        lines, line = self.lines, self.lines.lines[number]
        if tabbed_cells(lines.view, line.start, line.end):
            self.add_row([number])
            return
        marks = self.cuts.get(number, ())
        leads = bool(marks) and marks[0][0] == line.start
        alone = leads and len(marks) == 1 and line.end - marks[0][1] < 4
        text = lines.text(number)
        if leads and not alone:
            text = text[marks[0][1] - line.start :].lstrip() or text
        power = is_power(lines, number)
        inline = power or alone
        goes_on = self._before is not None and (inline or self._goes_on(self._before, number, text))
        if not goes_on:
            self.parts.append(Part(self.anchor))
            self._headed = _MARKER.match(text) is not None and text[0].isalnum()
        glue = power or (goes_on and _HYPHENATED.search(lines.text(self._before or 0)) is not None)
        self._put(number, marks, glue=glue)
        same_line = goes_on and (inline or self._inline)
        self._length = len(text) + (self._length if same_line else 0)
        self._run = self._run + (not same_line) if goes_on else 1
        self._inline = inline
        if not alone:
            self._before = number

    def _put(self, number: int, marks: Sequence[tuple[int, int]], *, glue: bool) -> None:
        """Add what a line says between its footnote marks."""
        line, view, part = self.lines.lines[number], self.lines.view, self.parts[-1]
        at = max(line.start, self.begin)
        for start, end in [*(m for m in marks if m[0] >= at), (line.end, line.end)]:
            words = view[at:start]
            first, last = at + len(words) - len(words.lstrip()), at + len(words.rstrip())
            if first < last:
                part.add(first, last, glue=glue or _CLOSING.match(view, first) is not None or view[first] == "/")
                # What a mark parted without white space is tight again, but two words are not run into one.
                glue = not view[start : start + 1].isspace() and not view[end : end + 1].isspace()
                glue = glue and not (view[last - 1].isalnum() and view[end : end + 1].isalnum())
            if start < end:
                part.marks.append(start)
            at = end

    def _goes_on(self, before: int, number: int, following: str) -> bool:
        """Whether line ``number``, which says ``following``, goes on with the paragraph of line ``before``."""
        lines = self.lines
        text, width = lines.text(before), lines.width
        if _CLOSING.match(following) or (self._inline and (following[0].islower() or following[0] == "/")):
            return True
        if is_row(text) or is_row(following):
            return False
        interrupted = number != before + 1 or lines.lines[number].page_break
        if (not interrupted and lines.lines[number].gap > lines.usual_gap) or _MARKER.match(following):
            return False
        ended = _TERMINAL.search(text) is not None
        finished = text[-1] in ".!?…"
        lower = following[0].islower() or following[0] == "(" or (width > 0 and following[0].isdecimal())
        if not width:
            return not interrupted and not ended and lower
        fits = self._length + 1 + len(following.split(maxsplit=1)[0])
        if lower and not finished:
            full = self._length >= _LINE_BEGUN * width
        elif not ended and (self._run > (_HEADING_LINES if self._headed else 1) or _BREAKS_OFF.search(text)):
            full = fits >= _LINE_BEGUN * width
        else:
            full = fits >= (_SENTENCE_FULL if finished else _LINE_FULL) * width
        # A line that begins in lower case goes on with an unfinished one, however short that was.
        return (full and not (interrupted and ended)) or (not ended and lower)
