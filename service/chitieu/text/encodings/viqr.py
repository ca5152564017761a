"""VIQR: Vietnamese in ASCII, its accents written behind the letter (RFC 1456)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_MARKS = {
    "^": "\u0302",
    "(": "\u0306",
    "+": "\u031b",
    "`": "\u0300",
    "'": "\u0301",
    "?": "\u0309",
    "~": "\u0303",
    ".": "\u0323",
}
_ESCAPE = r"\\[\^(+'`?~.\\Dd]"
_VOWEL = r"(?:[AaEeOo]\^|[Aa]\(|[OoUu]\+|[AaEeIiOoUuYy])[`'?~.]?"
_CLUSTER = re.compile(rf"({_ESCAPE})|([Dd])[Dd]|({_VOWEL})")
_WORD = re.compile(rf"(?<![`\w])(?:{_ESCAPE}|{_VOWEL}|[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz])+")
_SURE = re.compile(r"[AaEeOo]\^|[Aa]\(|[OoUu]\+|[AaEeIiOoUuYy][`~](?=[A-Za-z])")
_WEAK = re.compile(r"[AaEeIiOoUuYy]['?.](?=[A-Za-z])|^[Dd][Dd]")
_ABBREVIATION = re.compile("[A-Z]{1,3}|[B-DF-HJ-NP-TV-XZ]+")
_LINE_END = re.compile(r"[\"')\]]{0,4}[\r\n]*\Z")

SURE, WEAK, WRONG, PLAIN_FOREIGN = 3.0, 1.0, -3.0, -0.5


def _cluster(match: re.Match[str]) -> str:
    escape, d, vowel = match.groups()
    if escape:
        return str(escape[1])
    if d:
        return "Đ" if d == "D" else "đ"
    return unicodedata.normalize("NFC", vowel[0] + "".join(_MARKS[c] for c in vowel[1:]))


def _letters(raw: str) -> str:
    return _CLUSTER.sub(_cluster, raw)


class Viqr:
    """Reads VIQR paragraphs of one text.

    ``escapes``: the text writes a backslash before punctuation behind a vowel, as the standard asks, so that a full stop or a
    question mark without it is a tone even where the line ends.
    """

    def __init__(self, syllables: frozenset[str], *, escapes: bool) -> None:
        self._syllables = syllables
        self._escapes = escapes
        self._known: dict[str, tuple[float, bool | None]] = {}

    def evidence(self, line: str) -> float:
        """Log odds that the paragraph is VIQR and not plain ASCII."""
        return sum([self._weigh(raw)[0] for raw in {m.group() for m in _WORD.finditer(line)}])

    def _weigh(self, raw: str) -> tuple[float, bool | None]:
        """What a word weighs, and whether it is a syllable (None where it has no sure mark); remembered."""
        known = self._known.get(raw)
        if known is not None:
            return known
        low = raw.lower()
        sure, weak = _SURE.search(low), _WEAK.search(low)
        good = any(w in self._syllables for w in self._readings(low))
        weight = 0.0
        if sure or weak:
            weight = WRONG if not good or len(raw) < 3 else SURE if sure else WEAK
        elif len(raw) > 1 and raw.isalpha() and not _ABBREVIATION.fullmatch(raw) and low not in self._syllables:
            weight = PLAIN_FOREIGN
        known = self._known[raw] = (weight, good if sure else None)
        return known

    def line(self, line: str) -> str:
        """A paragraph, decoded and in NFC; words that are neither Vietnamese nor plainly accented stay as they are."""
        return _WORD.sub(lambda match: self._word(match, line), line)

    def fit(self, lines: Iterable[str]) -> float:
        """The part of the marked words that become syllables, from 0 to 1; 1 where none is marked."""
        good = seen = 0
        for line in lines:
            for match in _WORD.finditer(line):
                right = self._weigh(match.group())[1]
                if right is not None:
                    seen += 1
                    good += right
        return good / seen if seen else 1.0

    @staticmethod
    def _readings(raw: str) -> list[str]:
        readings = [_letters(raw)]
        if raw[-1] in ".?'":
            readings.append(_letters(raw[:-1]))
        return readings

    def _word(self, match: re.Match[str], line: str) -> str:
        raw = match.group()
        last = raw[-1]
        toned = last in ".?'" and raw[-2:-1] != "\\"
        full = _letters(raw)
        if toned and last in ".?" and not self._escapes:
            without = _letters(raw[:-1])
            ends = line.startswith(last, match.end()) or _LINE_END.match(line, match.end())
            if ends and (without.lower() in self._syllables or without.isascii()):
                return without + last
        if full.lower() in self._syllables:
            return full
        if toned and _letters(raw[:-1]).lower() in self._syllables:
            return _letters(raw[:-1]) + last
        if "\\" in raw or ("DD" in raw and raw.isupper()) or re.search(r"[AaEeOo]\^|[Aa]\(.?[A-Za-z]|[OoUu]\+", raw):
            return full
        return raw
