"""The immutable text as sent, its NFC view, and the exact map between their offsets."""

from __future__ import annotations

import unicodedata
from array import array
from functools import cached_property
from hashlib import sha256
from itertools import pairwise


def _clusters(text: str) -> list[int]:
    """Start offsets of the shortest runs that NFC normalises independently of each other.

    A boundary stands before a character when normalising it together with the run before it gives the same as
    normalising the two apart; ASCII never composes with what is before it.
    """
    starts = [0]
    for at in range(1, len(text)):
        char = text[at]
        if char < "\u0300":
            starts.append(at)
            continue
        if unicodedata.combining(char):
            continue
        # Only the last starter can compose with a starter, and runs of starters that compose are short (Hangul, some
        # Indic vowels), so looking at a bounded tail keeps the walk linear.
        before = text[max(starts[-1], at - 32) : at]
        if unicodedata.normalize("NFC", before + char) == unicodedata.normalize("NFC", before) + unicodedata.normalize(
            "NFC", char
        ):
            starts.append(at)
    return starts


class SourceText:
    """A text as sent (``text``) and its NFC form (``view``), with offsets mapped exactly in both directions.

    All offsets are code points, half-open. A position inside a composed character of the view maps to the whole run of
    source characters it was composed from, so that a span of the view never cuts an accent from its letter.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._from_view: array[int] | None = None  # view offset -> source offset of its cluster's start
        self._cluster_end: array[int] | None = None  # view offset -> source offset of its cluster's end
        if unicodedata.is_normalized("NFC", text):
            self.view = text
            return
        parts: list[str] = []
        starts, ends = array("L"), array("L")
        bounds = [*_clusters(text), len(text)]
        for begin, end in pairwise(bounds):
            part = text[begin:end]
            if end - begin > 1 or part > "\u02ff":
                part = unicodedata.normalize("NFC", part)
            parts.append(part)
            starts.extend([begin] * len(part))
            ends.extend([end] * len(part))
        self.view = "".join(parts)
        self._from_view, self._cluster_end = starts, ends

    def __len__(self) -> int:
        return len(self.text)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text in UTF-8, hexadecimal."""
        return sha256(self.text.encode("utf-8")).hexdigest()

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Source offsets of the view's ``[start, end)``; an empty range maps to an empty range.

        Raises:
            IndexError: the range does not lie in the view.
        """
        if not 0 <= start <= end <= len(self.view):
            raise IndexError(f"[{start}, {end}) is not in a view of {len(self.view)} characters")
        if self._from_view is None or self._cluster_end is None:
            return start, end
        first = self._from_view[start] if start < len(self.view) else len(self.text)
        return first, (self._cluster_end[end - 1] if end > start else first)

    @cached_property
    def _to_view(self) -> array[int]:
        table = array("L", [0]) * (len(self.text) + 1)
        table[len(self.text)] = len(self.view)
        if self._from_view is not None and self._cluster_end is not None:
            for at, (start, end) in enumerate(zip(self._from_view, self._cluster_end, strict=True)):
                if at == 0 or self._from_view[at - 1] != start:  # once a cluster, at the first character it became
                    for source in range(start, end):
                        table[source] = at
        return table

    def to_view(self, start: int, end: int) -> tuple[int, int]:
        """View offsets of the smallest range that covers the source's ``[start, end)``.

        Raises:
            IndexError: the range does not lie in the text.
        """
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"[{start}, {end}) is not in a text of {len(self.text)} characters")
        if self._from_view is None:
            return start, end
        table = self._to_view
        first = table[start]
        if end == start:
            return first, first
        last = table[end - 1]
        while last + 1 < len(self.view) and self._from_view[last + 1] == self._from_view[last]:
            last += 1
        return first, last + 1
