"""Offsets as other programs count them: code points, UTF-16 code units, or grapheme clusters."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, get_args

Unit = Literal["code-points", "utf-16", "graphemes"]
UNITS: tuple[Unit, ...] = get_args(Unit)


class Offsets:
    """The map between offsets in code points of one text and in another unit."""

    def __init__(self, text: str, unit: Unit) -> None:
        self._edges = None if unit == "code-points" or (text.isascii() and unit == "utf-16") else _edges(text, unit)
        self._length = len(text)

    def told(self, start: int, end: int) -> tuple[int, int]:
        """A range in code points as the other program counts it; where an edge lies inside a cluster, all of that cluster."""
        if self._edges is None:
            return start, end
        first = bisect_left(self._edges, start)
        return first - (self._edges[first] > start), bisect_left(self._edges, end)

    def read(self, offset: int) -> int | None:
        """The offset in code points of one that the other program told; None where the text has none such."""
        if self._edges is None:
            return offset if 0 <= offset <= self._length else None
        if not 0 <= offset < len(self._edges):
            return None
        found = self._edges[offset]
        return None if offset and self._edges[offset - 1] == found else found


def _edges(text: str, unit: Unit) -> array[int]:
    """For each offset in ``unit`` the offset in code points; between the halves of a surrogate pair, that of its start again."""
    return array("L", [0, *_ends(text, unit)])


def _ends(text: str, unit: Unit) -> Iterator[int]:
    if unit == "graphemes":
        import regex

        yield from (match.end() for match in regex.finditer(r"\X", text))
        return
    for at, sign in enumerate(text):
        if sign > "\uffff":
            yield at
        yield at + 1
