"""From Unicode to the encodings that `chitieu.text.encodings` reads: the other way, for tests only."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from chitieu.text.encodings.tables import COLUMNS, DATA

LEGACY = ("tcvn3", "vni-windows", "viscii", "vps")
_PLAIN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-", "\xa0": " ", "²": "2", "³": "3"})  # fmt: skip
_TONES = "\u0300\u0301\u0303\u0309\u0323"


@cache
def codes(name: str) -> dict[str, bytes]:
    """Letter to bytes; a letter whose code another case has as well is there under both cases."""
    lines = (DATA / "legacy_encodings.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    at = lines[0].split("\t").index(COLUMNS[name])
    return {row[0]: bytes.fromhex(row[at]) for row in (line.split("\t") for line in lines[1:])}


def plain(text: str) -> str:
    """Text that every encoding can write: no typographic signs."""
    return "".join(
        c for c in unicodedata.normalize("NFC", text).translate(_PLAIN) if c.isascii() or c in codes("tcvn3")
    )


def encode(text: str, name: str, *, font: bool = False) -> bytes:
    """``font``: TCVN3 as typed for its fonts, where a capital with a tone has the code of the small letter."""
    text = unicodedata.normalize("NFC", text)
    if name.startswith("utf-"):
        return text.encode(name)
    if name == "viqr":
        return _viqr(text)
    out = bytearray()
    for char in text:
        if name == "windows-1258":
            out += _windows_1258(char)
        elif char.isascii():
            out += char.encode()
        elif char in codes(name):
            code = codes(name)[char]
            if font and char.isupper() and len(unicodedata.normalize("NFD", char)) > 1 and char not in "ĂÂÊÔƠƯ":
                code = codes(name)[char.lower()]
            out += code
        else:
            out += char.encode("cp1252")
    return bytes(out)


def shown(data: bytes, *, latin1: bool = False) -> str:
    """What a program shows that takes the bytes for Windows-1252, or for Latin-1."""
    if latin1:
        return data.decode("latin-1")
    return "".join(bytes([b]).decode("cp1252", errors="replace").replace("\ufffd", chr(b)) for b in data)


def _windows_1258(char: str) -> bytes:
    try:
        return char.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", char)
        tone = next(c for c in parts if c in _TONES)
        return unicodedata.normalize("NFC", parts.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")


def _viqr(text: str) -> bytes:
    lines = (DATA / "legacy_encodings.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    table = {row[0]: row[5] for row in (line.split("\t") for line in lines[1:])}
    out = ""
    for char in text:
        if char in "^(+'`?~." and re.search(r"[AaEeIiOoUuYy][\^(+'`?~.]*$", out[-4:]):
            out += "\\"
        if char in "Dd" and out[-1:] in ("D", "d"):
            out += "\\"
        out += table.get(char, char)
    return out.encode("ascii")
