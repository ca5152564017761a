"""Which letter sequences are syllables of Vietnamese: onsets, rimes and the tones they can bear."""

from __future__ import annotations

import unicodedata
from functools import cache

from chitieu.text.encodings.tables import read_rows

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_STOP_TONES = ("\u0301", "\u0323")  # a syllable that ends in a stop is sắc or nặng


@cache
def syllables() -> frozenset[str]:
    """Every possible syllable, in lower case and NFC, with both habits of placing the tone (`hoà`, `hòa`)."""
    rimes: list[tuple[str, set[str]]] = []
    for row in read_rows("rimes.tsv"):
        rime, forms = row["rime"], set()
        for tone in _STOP_TONES if row["tones"] == "stop" else _TONES:
            for place in row["tone_on"].split(","):
                at = int(place)
                forms.add(unicodedata.normalize("NFC", rime[:at] + tone + rime[at:]))
        rimes.append((rime, forms))
    out: set[str] = set()
    for row in read_rows("onsets.tsv"):
        for rime, forms in rimes:
            if row["before"] == "*" or rime[0] in row["before"]:
                out.update(row["onset"] + form for form in forms)
    return frozenset(out)
