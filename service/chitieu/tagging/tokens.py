"""Subword tokens of pieces: every token belongs to one piece, a piece may have several or none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, pre_tokenizers

from chitieu.errors import ModelInvalid
from chitieu.text.passages import Passages, Window, windows

_LONGEST_PIECE = 12  # tokens of one piece that are read; a digit run of thousands of characters is cut there


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer at ``path`` (tokenizer.json), made to cut at every edge where pieces are cut."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            tokenizer.pre_tokenizer,
            pre_tokenizers.Split(Regex(r"▁?[\p{L}\p{M}]+|▁?\p{N}+|▁?[^\p{L}\p{M}\p{N}]"), "isolated"),
        ]
    )
    return tokenizer


class SpecialIds(NamedTuple):
    """Ids of the tokens that stand for no piece, or for one without tokens."""

    begin: int
    separator: int
    unknown: int


def special_ids(tokenizer: Tokenizer) -> SpecialIds:
    """The special tokens that windows are laid out with.

    Raises:
        ModelInvalid: the tokenizer lacks one.
    """
    ids: list[int] = [i for t in ("<s>", "</s>", "<unk>") if (i := tokenizer.token_to_id(t)) is not None]
    if len(ids) != 3:
        raise ModelInvalid("tokenizer.json: thiếu <s>, </s> hoặc <unk> / lacks one of them", file="tokenizer.json")
    return SpecialIds(*ids)


@dataclass(frozen=True)
class TokenizedPassages:
    """Token ids of each piece, in text order.

    Attributes:
        ids: all token ids, flat.
        first: index into ``ids`` of each piece's first token; one more entry at the end.
        marks: per piece, 1 where a paragraph begins (a separator token precedes it), else 0.
    """

    passages: Passages
    ids: list[int]
    first: list[int]
    marks: list[int]

    def windows(self, *, core: int, context: int, lookahead: int) -> list[Window]:
        costs = [b - a + m for a, b, m in zip(self.first, self.first[1:], self.marks, strict=False)]
        return windows(costs, self.passages.cuts, core=core, context=context, lookahead=lookahead)


def tokenize(passages: Passages, tokenizer: Tokenizer) -> TokenizedPassages:
    """Encode every piece with or without the word mark, as white space stands before it or not.

    A piece that the tokenizer's normaliser drops (a lone zero-width character) becomes one unknown token, so that
    pieces and tokens stay aligned.
    """
    text = passages.reading.text
    unknown = special_ids(tokenizer).unknown
    pieces = passages.pieces
    # Encode each different surface once: reports repeat themselves.
    surfaces: dict[tuple[str, bool], list[int]] = {}
    keys = []
    for number, piece in enumerate(pieces):
        glued = number > 0 and pieces[number - 1].end == piece.start
        keys.append((text[piece.start : piece.end], glued))
    todo = list(dict.fromkeys(keys))
    prefix = ","  # a neighbour that is always cut off, so that the piece after it carries no word mark
    encodings = tokenizer.encode_batch(
        [prefix + word[:400] if glued else word[:400] for word, glued in todo], add_special_tokens=False
    )
    for key, encoding in zip(todo, encodings, strict=True):
        ids = encoding.ids
        if key[1]:
            ids = [i for i, (start, _) in zip(ids, encoding.offsets, strict=True) if start >= 1]
        surfaces[key] = ids[:_LONGEST_PIECE] or [unknown]
    flat: list[int] = []
    first = [0]
    for key in keys:
        flat.extend(surfaces[key])
        first.append(len(flat))
    marks = [0] * len(pieces)
    for start in passages.paragraph_starts:
        marks[start] = 1
    return TokenizedPassages(passages, flat, first, marks)


@dataclass(frozen=True)
class EncodedWindow:
    """Model input of one window.

    Attributes:
        window: the pieces it covers.
        ids: token ids with ``<s>`` in front and a separator before each paragraph, shape (length,).
        words: word membership of each token: 1 begins a word, 2 continues one, 0 no piece, shape (length,).
        heads: token position of each piece's first token, for pieces ``window.first:window.last``, shape (pieces,).
    """

    window: Window
    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    heads: NDArray[np.int64]


def encode_window(tokens: TokenizedPassages, window: Window, special: SpecialIds) -> EncodedWindow:
    """Lay the tokens of a window out for the encoder."""
    ids, words, heads = [special.begin], [0], []
    for piece in range(window.first, window.last):
        if tokens.marks[piece]:
            ids.append(special.separator)
            words.append(0)
        heads.append(len(ids))
        own = tokens.ids[tokens.first[piece] : tokens.first[piece + 1]]
        inside = tokens.passages.pieces[piece].inside
        ids.extend(own)
        words.extend([2 if inside else 1] + [2] * (len(own) - 1))
    return EncodedWindow(window, np.array(ids), np.array(words), np.array(heads))
