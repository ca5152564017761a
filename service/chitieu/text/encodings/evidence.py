"""What the words of a paragraph say for and against each encoding, in natural logarithms of odds; 0 is the best."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chitieu.text.encodings.legacy import TOKEN, Reader
from chitieu.text.encodings.tables import WINDOWS_1252, is_letter

INVALID = -4.0  # a word that cannot be Vietnamese, read in a Vietnamese encoding
FOREIGN = -1.5  # a word with an accent that is no Vietnamese, but may be another language
PLAIN_FOREIGN = -0.5  # a word without accents that is no Vietnamese: a little, for names and units are everywhere
MOST_PLAIN_FOREIGN = -6.0
LEAST = -60.0  # no single paragraph is worth more
MOST_WORDS = 400  # different words of a paragraph that are looked at
MOST_WORDS_OF_TEXT = 20_000  # and of a text; a megabyte of reports has a third of them
LONGEST_WORD = 40  # longer ones are no words

_SPLIT = re.compile("[’‘“”–—…•„‚‹›†‡‰€™]+")
_LEADING = "«¿¡§±£¥¢¤©µ·°¼½¾×÷®¬"
_TRAILING = "»®©ªº¹²³°·¢×±½¼¾÷"


class Evidence(NamedTuple):
    """``weight`` is added to the encoding's log odds; ``good`` of ``seen`` words were read as they should."""

    weight: float
    good: float
    seen: int


NO_EVIDENCE = Evidence(0.0, 0.0, 0)


def western(token: str, syllables: frozenset[str]) -> tuple[float, float]:
    """A word as Unicode or Windows-1258 shows it: its weight, and how good it is (1 Vietnamese, 0.5 maybe foreign, 0)."""
    weight, good = 0.0, 1.0
    for piece in _SPLIT.split(token):
        core = piece.lstrip(_LEADING).rstrip(_TRAILING)
        if not core:
            continue
        if "\xad" in core:
            core = core.replace("\xad", "")
            weight -= 1.0
        if core.isascii() and (core.isalpha() or not core):
            continue
        if not all(map(is_letter, core)):
            return INVALID, 0.0
        if not (core.islower() or core.isupper() or (core[0].isupper() and core[1:].islower())):
            return INVALID, 0.0
        if core.lower() in syllables:
            continue
        plain = sum(c.isascii() for c in core)
        if 2 * plain < len(core) and len(core) > 3:  # Western words are mostly plain letters
            return INVALID, 0.0
        weight, good = weight + FOREIGN, 0.5
    return max(weight, INVALID), good


class Judge:
    """Weighs paragraphs, held as codes below U+0100 where they can be; remembers words, so make one for each text.

    ``bases``: how a word looks where it is no font: for each name, a table for `str.translate`.
    """

    def __init__(
        self, readers: Sequence[Reader], syllables: frozenset[str], bases: Mapping[str, Mapping[int, str | None]]
    ) -> None:
        self._readers = readers
        self._syllables = syllables
        self._bases = bases
        self.names = (*bases, *(r.table.name for r in readers))
        self._words: dict[str, tuple[tuple[float, float], ...]] = {}

    def line(self, line: str) -> tuple[Evidence, ...]:
        """The evidence of a paragraph for each of ``names``."""
        tokens = set(TOKEN.findall(line))
        foreign = 0.0
        coded: list[tuple[tuple[float, float], ...]] = []
        for token in tokens:
            if token.isascii() and token.isalpha():
                if len(token) > 1 and not token.isupper() and token.lower() not in self._syllables:
                    foreign += PLAIN_FOREIGN
            elif len(token) > 1 and len(coded) < MOST_WORDS:  # lists of letters and signs say nothing
                word = self._words.get(token)
                if word is None:
                    if len(token) > LONGEST_WORD or len(self._words) > MOST_WORDS_OF_TEXT:
                        continue
                    word = self._words[token] = self._word(token)
                coded.append(word)
        if not coded and not foreign:
            return (NO_EVIDENCE,) * len(self.names)
        foreign = max(foreign, MOST_PLAIN_FOREIGN)
        out = []
        for at in range(len(self.names)):
            weight = sum([w[at][0] for w in coded]) + (foreign if at >= len(self._bases) else 0.0)
            good = sum([w[at][1] for w in coded])
            out.append(Evidence(max(weight, LEAST), good, len(coded)))
        return tuple(out)

    def _word(self, token: str) -> tuple[tuple[float, float], ...]:
        out = [
            western(unicodedata.normalize("NFC", token.translate(table)), self._syllables)
            for table in self._bases.values()
        ]
        for reader in self._readers:
            fit = reader.word(token).fit
            out.append((INVALID, 0.0) if fit < 0 else (0.0, 1.0))
        return tuple(out)


def unicode_base() -> dict[int, str | None]:
    """How Windows-1252 shows the codes."""
    return {ord(code): shown for code, shown in WINDOWS_1252.items()}


def windows_1258_base() -> dict[int, str | None]:
    """How Windows-1258 shows the codes; those it does not define stay control characters."""
    out: dict[int, str | None] = {}
    for code in range(0x80, 0x100):
        shown = bytes([code]).decode("cp1258", errors="replace")
        out[code] = chr(code) if shown == "\ufffd" else shown
    return out
