"""NFC in a time that grows with the length: `unicodedata` sorts a run of marks in a time that grows with its square."""

from __future__ import annotations

import re
import unicodedata

_LONG_RUN = re.compile(r"[^\w\s]{32}")  # marks are no word characters; no text has so many on one letter


def nfc(text: str) -> str:
    """The text in NFC; runs of more than 32 signs and marks are normalised in pieces of 32."""
    pieces: list[str] = []
    at = 0
    for match in _LONG_RUN.finditer(text):
        pieces.append(unicodedata.normalize("NFC", text[at : match.end()]))
        at = match.end()
    pieces.append(unicodedata.normalize("NFC", text[at:]))
    return "".join(pieces)
