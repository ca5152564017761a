"""Pieces, words and sentences of a view.

A *piece* is a run of letters, a run of digits, or one other character that is not white space: the unit that the
tagger labels. A *word* is underthesea's; it never moves an edge, it only says which pieces belong together.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import threading
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import NamedTuple

_PIECE = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*|\d+|[^\w\s]|_")
# Possessive, and only from the first sign of a run: a million leader dots take linear time.
_SENTENCE_END = re.compile(r"(?<![.!?…;])[.!?…;]++[\"”’)\]]*+(?=\s)|\n")
_UNDERTHESEA = threading.Lock()


class Piece(NamedTuple):
    """View offsets of a piece, and whether it continues the word of the piece before it."""

    start: int
    end: int
    inside: bool


@cache
def word_tokenizer() -> Callable[[str], list[str]]:
    """underthesea's word segmenter alone, loaded once.

    The package's own ``__init__`` imports its classifiers, agents and translators (over five seconds, and torch where
    it is installed); a bare parent module in its stead lets the one pipeline be imported.
    """
    with _UNDERTHESEA:
        stand_in = None
        if "underthesea" not in sys.modules:
            spec = importlib.util.find_spec("underthesea")
            if spec is None or spec.submodule_search_locations is None:
                raise ModuleNotFoundError("underthesea is not installed", name="underthesea")
            stand_in = ModuleType("underthesea")
            stand_in.__path__ = list(spec.submodule_search_locations)
            sys.modules["underthesea"] = stand_in
        try:
            # text_normalize first: the two import each other, and only this order works.
            importlib.import_module("underthesea.pipeline.text_normalize")
            word_tokenize = importlib.import_module("underthesea.pipeline.word_tokenize").word_tokenize
            word_tokenize("khởi động", use_token_normalize=False)
        finally:
            if stand_in is not None and sys.modules.get("underthesea") is stand_in:
                del sys.modules["underthesea"]

    def segment(text: str) -> list[str]:
        # The CRF object is shared and not documented to be thread-safe.
        with _UNDERTHESEA:
            return list(word_tokenize(text, use_token_normalize=False))

    return segment


def _continuations(text: str, words: list[str]) -> set[int]:
    """Offsets where a syllable continues a word that began before it."""
    found, at = set(), 0
    for word in words:
        for number, syllable in enumerate(word.split(" ")):
            here = text.find(syllable, at)
            if here < 0:  # a segmenter that rewrites a token costs that token's membership, never an offset
                continue
            if number:
                found.add(here)
            at = here + len(syllable)
    return found


def pieces(text: str, start: int, end: int, *, words: bool = True) -> list[Piece]:
    """The pieces of ``text[start:end]``, offsets in ``text``; with ``words`` false no piece is inside a word."""
    part = text[start:end]
    inside = _continuations(part, word_tokenizer()(part)) if words and part.strip() else set()
    return [Piece(start + m.start(), start + m.end(), m.start() in inside) for m in _PIECE.finditer(part)]


def sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Offsets behind which a sentence or clause of ``text[start:end]`` ends, for cutting long paragraphs."""
    return [m.end() for m in _SENTENCE_END.finditer(text, start, end)]
