"""The text as it is read: paragraphs in reading order, clean of what belongs to the page, every character tied to the source.

Whatever comes behind (pieces, spans, figures) counts offsets in ``Reading.text``; at the end they are told in the source's.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from chitieu.text.joining import Part
from chitieu.text.layout import read_layout
from chitieu.text.source import SourceText

_UNREAD = "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # soft hyphens and what has no width
_PART = re.compile(rf"\s+|[{_UNREAD}]+|[^\s{_UNREAD}]+")
_PARTING = "\n\n"
_FAR = 60  # characters between two neighbours in reading that a span may bridge in the source


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Offsets in the reading; of a footnote, the offset of the place where its mark stood."""

    start: int
    end: int
    anchor: int | None = None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A run that is read without a jump: where it begins in the view, and its range in the reading."""

    view: int
    start: int
    end: int


class Reading:
    """A source and the text that is read from it.

    Attributes:
        source: the text as sent.
        text: its paragraphs in reading order, single spaces, an empty line between them.
        paragraphs: where they stand in ``text``.
    """

    def __init__(self, source: SourceText, *, wrapped: bool = True) -> None:
        """``wrapped``: the source's lines may be those of a page; else each is a paragraph."""
        self.source = source
        self._view = array("L")  # reading offset -> view offset
        self._stretches: list[_Stretch] = []
        parts: list[str] = []
        bounds: list[tuple[int, int, int | None]] = []
        for part in read_layout(source.view, wrapped=wrapped):
            words = self._read(part, len(self._view) + (len(_PARTING) if parts else 0))
            if words is None:
                continue
            text, places = words
            if parts:
                parts.append(_PARTING)
                self._view.extend([places[0]] * len(_PARTING))
            bounds.append((len(self._view), len(self._view) + len(text), part.anchor))
            parts.append(text)
            self._view.extend(places)
        self.text = "".join(parts)
        self._stretches.sort(key=lambda s: s.view)
        self._starts = [s.view for s in self._stretches]
        self.paragraphs = [
            Paragraph(start, end, None if anchor is None else self._place(anchor)) for start, end, anchor in bounds
        ]

    def _read(self, part: Part, base: int) -> tuple[str, array[int]] | None:
        """The text of a paragraph and the view offset of each of its characters; its stretches are put on the map."""
        out: list[str] = []
        places = array("L")
        for number, (start, end) in enumerate(part.ranges):
            first = len(places)
            if out and number not in part.glued:
                out.append(part.joint)
                places.extend([start - 1] * len(part.joint))
                first += len(part.joint)
            for match in _PART.finditer(self.source.view, start, end):
                words = match.group()
                if words[0] in _UNREAD:
                    continue
                if words.isspace():
                    words = " "
                out.append(words)
                places.extend(range(match.start(), match.start() + len(words)))
            if len(places) > first:
                self._stretches.append(_Stretch(places[first], base + first, base + len(places)))
        text = "".join(out)
        return (text, places) if text.strip() else None

    def _place(self, view: int) -> int:
        """The reading offset behind the last character read before a view offset."""
        at = bisect_right(self._starts, view) - 1
        if at < 0:
            return 0
        stretch = self._stretches[at]
        return bisect_left(self._view, view, stretch.start, stretch.end)

    def anchor_of(self, offset: int) -> int:
        """Of an offset in a footnote's body the place where its mark stood, of any other the offset itself."""
        at = bisect_right(self.paragraphs, offset, key=lambda p: p.start) - 1
        anchor = self.paragraphs[at].anchor if at >= 0 else None
        return offset if anchor is None else anchor

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Source offsets of the reading's ``[start, end)``.

        Where a page's foot parts what is read as one, the longer side of the parting is told.

        Raises:
            IndexError: the range is empty or does not lie in the reading.
        """
        if not 0 <= start < end <= len(self._view):
            raise IndexError(f"[{start}, {end}) is not in a reading of {len(self._view)} characters")
        places = self._view[start:end]
        first = last = 0
        begin = 0
        for at in range(1, len(places) + 1):
            if at == len(places) or not 0 <= places[at] - places[at - 1] <= _FAR:
                if at - begin > last - first:
                    first, last = begin, at
                begin = at
        return self.source.to_source(places[first], places[last - 1] + 1)

    def from_source(self, start: int, end: int) -> tuple[int, int] | None:
        """The reading's range that covers the source's ``[start, end)``, or None where nothing of it is read.

        Raises:
            IndexError: the range does not lie in the text.
        """
        begin, stop = self.source.to_view(start, end)
        at = max(bisect_right(self._starts, begin) - 1, 0)
        first: int | None = None
        last = 0
        for stretch in self._stretches[at:]:
            if stretch.view >= stop:
                break
            low = bisect_left(self._view, begin, stretch.start, stretch.end)
            high = bisect_left(self._view, stop, stretch.start, stretch.end)
            if low < high:
                if first is None:
                    first, last = low, high
                elif low >= last:
                    last = high
        return None if first is None else (first, last)
