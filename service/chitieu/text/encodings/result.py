"""What decoding gives back: the text, and which of its paragraphs were read how, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

ENCODINGS = (
    "utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1258", "tcvn3", "vni-windows", "viscii", "vps", "viqr",
)  # fmt: skip
"""The names that ``--encoding`` accepts."""


@dataclass(frozen=True, slots=True)
class EncodedPart:
    """``[start, end)`` in code points of the decoded text; ``score`` from 0 (a guess) to 1 (sure)."""

    start: int
    end: int
    encoding: str
    score: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and its parts, which cover it in order and without gaps."""

    text: str
    parts: tuple[EncodedPart, ...]
