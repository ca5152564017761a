"""Folding of names: two spellings of one name become one key.

Folding keeps accents (``xóa`` and ``xoa`` are different words); `unaccented` drops them for texts that have none.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from chitieu.catalogue.tables import read_table

_WORD = re.compile(r"[^\W_]+|[%‰]")
# Older spelling puts the tone on the first vowel of an open `oa`, `oe`, `uy`, newer spelling on the second.
_TONE = re.compile(r"(?<![^\W_])([^\W\d_]*?)(o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?![^\W_])")
_MOVED = dict(
    zip(
        ["oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"],
        ["òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy"],
        strict=True,
    )
)


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    return {row["written"]: row["read_as"] for row in read_table("spellings.tsv", ("written", "read_as"))}


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The key of a name: NFC, lower case, words with one space between, known spellings and short forms read out.

    Punctuation counts as a space, ``%`` and ``‰`` as words, ``05`` as ``5``.
    """
    lower = unicodedata.normalize("NFC", text).lower()
    lower = _TONE.sub(lambda m: m[1] + _MOVED[m[2]], lower)
    known = _spellings()
    words = [w.lstrip("0") or "0" if w.isdecimal() else known.get(w, w) for w in _WORD.findall(lower)]
    return " ".join(words)


def word_at(text: str, start: int, end: int) -> str:
    """The part of a text, composed (NFC), that became words ``start`` to ``end`` of its folded form.

    A short form that was read out as several words (`THPT`) is taken whole.
    """
    composed = unicodedata.normalize("NFC", text)
    source = [word for word in _WORD.finditer(composed) for _ in fold(word.group()).split()]
    return composed[source[start].start() : source[end - 1].end()]


@lru_cache(maxsize=16_384)
def unaccented(folded: str) -> str:
    """A folded name without any accents, ``đ`` as ``d``."""
    plain = unicodedata.normalize("NFD", folded.replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))
