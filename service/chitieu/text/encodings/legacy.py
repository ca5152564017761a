"""Reading words and paragraphs under one 8-bit table: which signs are letters, and which letters are capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chitieu.text.encodings.normal import nfc
from chitieu.text.encodings.tables import WINDOWS_1252, Table, is_letter

# Letters and everything that may be the code of one; the no-break space is treated apart.
TOKEN = re.compile(r"[A-Za-z\x01-\x06\x11-\x17\x19\x1e\x80-\x9f\xa1-\xff]+")
_LONGEST = 16  # no syllable, with what may be glued to it, has more codes
_ALONE = frozenset("«»©£¥¢×÷±½¼¾°²³´¹·¡¿º¦¨¯")  # signs when no letter is beside them
_ONE_LETTER_WORDS = frozenset("ởổô")  # where one stands between two words, the sign with its code is not meant
_BETWEEN_WORDS = re.compile(r"[\s,()\"'“”-]*")  # what may stand between two words of one heading
_CLOSING = re.compile("(?<![A-Za-z\x80-\xff])»(?![A-Za-z\x80-\xff])")
_VISIBLE = re.compile(r"\S")
_QUOTES = {"\x93": "\x94", "\x91": "\x92", "\x84": "\x93", "\xab": "\xbb"}
# VISCII puts Õ where everyone else has the no-break space: between capital consonants, where a syllable comes of it.
_CAPITAL_O_TILDE = re.compile(r"(?<!\w)([BCDĐGHKLMNPQRSTVX]{1,3})\xa0(N|NG|I|[A-Z]{1,2})?(?!\w)")


class Word(NamedTuple):
    """A token as read.

    ``fit``: 1 for a syllable, 0 where nothing can be said, -1 for what is no Vietnamese. ``case``: ``U`` for capitals, ``L``
    where a letter is surely small, else empty. ``capitals`` differs from ``text`` where the word alone does not tell its case.
    """

    text: str
    capitals: str
    case: str
    fit: int


class _Line(NamedTuple):
    """A paragraph, and what is asked of it again and again: where its text begins, whether a lone `»` closes a quotation."""

    text: str
    begin: int
    closing: bool


class _Unit(NamedTuple):
    raw: str
    letter: str  # empty for a sign
    open_case: bool


def _is_plain(token: str) -> bool:
    return token.isascii() and token.isalpha()


def _is_punctuation(code: str) -> bool:
    return ("\x80" <= code <= "\x9f" and code != "\x99") or code < " "


class Reader:
    """Reads under one table; remembers the words it met, so make one for each text.

    ``only_codes``: no typographic sign can be meant (the text is a file in this very encoding), which settles `Ở` alone,
    whose code in VISCII is a dash in Windows-1252.
    """

    def __init__(self, table: Table, syllables: frozenset[str], *, only_codes: bool = False) -> None:
        self.table = table
        self._syllables = syllables
        self._pairs = table.pairs
        self._only_codes = only_codes
        self._words: dict[str, Word] = {}

    def word(self, token: str) -> Word:
        """A match of `TOKEN` read by itself."""
        word = self._words.get(token)
        if word is None:
            word = self._words[token] = self._read(token)
        return word

    def line(self, line: str) -> str:
        """A paragraph, decoded and in NFC."""
        found = [(m, m.group()) for m in TOKEN.finditer(line)]
        words = [None if _is_plain(token) else self.word(token) for _, token in found]
        begin = len(line) - len(line.lstrip())
        whole = _Line(line, begin, "«" in line and _CLOSING.search(line) is not None)
        parts: list[str] = []
        at = 0
        for index, ((match, _), word) in enumerate(zip(found, words, strict=True)):
            if word is None:
                continue
            text = word.text
            if word.capitals != text and self._among_capitals(line, found, words, index):
                text = word.capitals
            elif self._is_one_letter_word(whole, match):
                text = self.table.letters[match.group()]
            parts += line[at : match.start()], text
            at = match.end()
        out = nfc("".join((*parts, line[at:])))
        if "\xa0" in self.table.letters and "\xa0" in out:
            out = _CAPITAL_O_TILDE.sub(self._capital_o_tilde, out)
        return out

    def undefined(self, text: str) -> int | None:
        """Where the first code stands that the table does not define, nor is punctuation in Windows-1252."""
        wrong = [
            code
            for code, shown in WINDOWS_1252.items()
            if code not in self.table.letters
            and code not in self.table.tones
            and (is_letter(shown) or "\x80" <= shown <= "\x9f")
        ]
        if self._pairs:  # the marks stand behind a letter
            wrong = [code for code in wrong if not any(pair[1:] == code for pair in self.table.letters)]
        match = re.search(f"[{re.escape(''.join(wrong))}]", text) if wrong else None
        return match.start() if match else None

    def _capital_o_tilde(self, match: re.Match[str]) -> str:
        word = f"{match[1]}Õ{match[2] or ''}"
        sure = self._only_codes or match[2] in (None, "N", "NG", "I")
        return word if sure and word.lower() in self._syllables else match.group()

    def _is_one_letter_word(self, line: _Line, match: re.Match[str]) -> bool:
        """Whether a sign by itself is `ở`, `ổ`, `ô`: between spaces, no bullet, no `± 5`, no quotation mark."""
        code = match.group()
        letter = self.table.letters.get(code, "") if code in _ALONE else ""
        if self._only_codes and self.table.name != "tcvn3" and letter.islower():  # these leave no room for signs
            return letter in self._syllables
        if letter not in _ONE_LETTER_WORDS:
            return False
        text, start, end = line.text, match.start(), match.end()
        if start <= line.begin or not text[start - 1].isspace() or (code == "«" and line.closing):
            return False
        if not text[end : end + 1].isspace():
            return False
        following = _VISIBLE.search(text, end)  # the next sign's search begins behind this one, so a line is read once
        follows = following.group() if following else ""
        return code == "·" or follows.isalpha() or follows >= "\x80"

    def _among_capitals(
        self, line: str, found: Sequence[tuple[re.Match[str], str]], words: Sequence[Word | None], index: int
    ) -> bool:
        """Whether the nearest words on both sides whose case is sure are in capitals (one side is enough at an end)."""
        cases: list[str] = []
        for step in (-1, 1):
            for at in range(index + step, index + 4 * step, step):
                if not 0 <= at < len(found):
                    break
                first, second = sorted((found[at][0], found[at - step][0]), key=lambda m: m.start())
                if not _BETWEEN_WORDS.fullmatch(line, first.end(), second.start()):
                    break
                word = words[at]
                case = word.case if word is not None else self._plain_case(found[at][1])
                if case:
                    cases.append(case)
                    break
        return "U" in cases and "L" not in cases

    def _plain_case(self, token: str) -> str:
        if not token.isupper():
            return "L"
        # Abbreviations are in capitals everywhere and say nothing.
        return "U" if len(token) > 1 and token.lower() in self._syllables else ""

    def _units(self, token: str) -> list[_Unit]:
        letters, tones, out = self.table.letters, self.table.tones, list[_Unit]()
        at = 0
        while at < len(token):
            pair, code = token[at : at + 2], token[at]
            at += 1
            if self._pairs and pair in letters:
                out.append(_Unit(pair, letters[pair], False))
                at += 1
                continue
            if code in tones and out and out[-1].letter.lower() in tuple("aăâeêioôơuưy"):
                before = out.pop()
                letter = unicodedata.normalize("NFC", before.letter + tones[code])
                out.append(_Unit(before.raw + code, letter, before.open_case))
                continue
            letter = letters.get(code) or (code if code.isascii() and code.isalpha() else "")
            out.append(_Unit(code, letter, code in self.table.open_case))
        return out

    def _read(self, token: str) -> Word:
        units = self._units(token)
        letters = [bool(u.letter) for u in units]
        if self.table.soft.isdisjoint(token):
            return self._render(units, letters)
        if len(units) <= _LONGEST:
            for mask in self._masks(units):
                word = self._render(units, mask)
                if word.fit >= 0:
                    return word
        # No reading makes sense: signs of punctuation at the ends stay signs, the rest are letters.
        for order in (range(len(units)), range(len(units) - 1, -1, -1)):
            for at in order:
                if units[at].raw not in self.table.soft or not _is_punctuation(units[at].raw):
                    break
                letters[at] = False
        word = self._render(units, letters)
        return Word(word.text, word.capitals, word.case, -1 if any(letters) else 0)

    def _masks(self, units: list[_Unit]) -> Iterator[list[bool]]:
        """Which units to take for letters, the likeliest first; only readings that make sense are taken."""
        soft = [u.raw in self.table.soft for u in units]
        letters = [bool(u.letter) for u in units]
        if all(soft):
            signs = all(u.raw in _ALONE or _is_punctuation(u.raw) for u in units)
            if len(units) == 1:
                alone = not signs or (self._only_codes and units[0].letter == "Ở")
                yield [alone]
            elif signs:
                yield [False] * len(units)
            yield letters
            return
        quoted = len(units) > 2 and _QUOTES.get(units[0].raw) == units[-1].raw
        if not (quoted and soft[0] and soft[-1]):
            yield letters
        if not any(soft):
            return
        # Đ before a word that is whole without it is a name (`M'Đrắk`), no section sign.
        lead = next((i for i, (s, u) in enumerate(zip(soft, units, strict=True)) if not s or u.letter in "đĐ"), 0)
        trail = next((i for i, s in enumerate(reversed(soft)) if not s), 0)
        for total in range(1, min(lead + trail, 4) + 1):
            for first in sorted(range(total + 1), key=lambda i: abs(total - 2 * i)):
                last = total - first
                if first > lead or last > trail:
                    continue
                mask = [letters[i] and first <= i < len(units) - last for i in range(len(units))]
                ends = [*units[:first], *units[len(units) - last :]]
                if all(_is_punctuation(u.raw) for u in ends) or self._render(units, mask).fit == 1:
                    yield mask
        yield [a and not (s and _is_punctuation(u.raw)) for a, s, u in zip(letters, soft, units, strict=True)]
        mask = [a and not s for a, s in zip(letters, soft, strict=True)]
        if self._render(units, mask).fit == 1:
            yield mask

    def _render(self, units: list[_Unit], mask: list[bool]) -> Word:
        text: list[str] = []
        capitals: list[str] = []
        fits: list[int] = []
        cases: set[str] = set()
        run: list[_Unit] = []
        for unit, letter in [*zip(units, mask, strict=True), (_Unit("", "", False), False)]:
            if letter:
                run.append(unit)
                continue
            if run:
                word = self._segment(run)
                text.append(word.text)
                capitals.append(word.capitals)
                fits.append(word.fit)
                cases.add(word.case)
                run = []
            shown = WINDOWS_1252.get(unit.raw, unit.raw)
            if unit.raw and not unit.letter and (is_letter(shown) or "\x80" <= shown <= "\x9f"):
                fits.append(-1)  # a letter that this encoding does not have
            text.append(shown)
            capitals.append(shown)
        fit = -1 if -1 in fits else max(fits, default=0)
        return Word("".join(text), "".join(capitals), "L" if "L" in cases else max(cases, default=""), fit)

    def _segment(self, run: list[_Unit]) -> Word:
        """A run of letters: its case, and whether it is a syllable."""
        text = "".join(u.letter for u in run)
        sure = ["" if u.open_case else "U" if u.letter.isupper() else "L" for u in run]
        small, capital_inside = "L" in sure, "U" in sure[1:]
        upper = "".join(u.letter.upper() if u.open_case else u.letter for u in run)
        if capital_inside and not small:
            text = upper
        case = "L" if small else "U" if capital_inside else ""
        capitals = text if case else upper
        if text.isascii():
            return Word(text, capitals, case, 0)
        broken = small and capital_inside
        if not broken and text.lower() in self._syllables:
            return Word(text, capitals, case, 1 if len(run) > 1 else 0)
        initials = text.isupper() and len(text) <= 6 and {c for c in text if not c.isascii()} <= set("ĐƯÔÂ")
        return Word(text, capitals, case, 0 if initials or text in "đĐ" else -1)
