"""The code tables of the 8-bit Vietnamese encodings, read from `data/`.

Bytes are held as characters of the same number (`\\x80` to `\\xff`), so that a paragraph of a file and a paragraph of a
Word document typed in such a font are read by the same code.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

DATA = Path(__file__).resolve().parent / "data"
COLUMNS = {"tcvn3": "TCVN3_hex", "vni-windows": "VNI_hex", "viscii": "VISCII_hex", "vps": "VPS_hex"}
LEGACY = tuple(COLUMNS)
# Free-standing tones of TCVN 5712-1, 0xB0 to 0xB4; as Windows-1252 they are ° ± ² ³ ´, which reports print too.
TCVN3_TONES = {"\xb0": "\u0300", "\xb1": "\u0309", "\xb2": "\u0303", "\xb3": "\u0301", "\xb4": "\u0323"}


def _symbols() -> dict[str, str]:
    out: dict[str, str] = {}
    for code in range(0x80, 0x100):
        out[chr(code)] = bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", chr(code))
    return out


WINDOWS_1252 = MappingProxyType(_symbols())
"""From a code to the character that Windows-1252 shows for it (the five free codes show as themselves)."""
CODE_OF = MappingProxyType({ord(shown): code for code, shown in WINDOWS_1252.items() if shown != code})
"""For `str.translate`: from what Windows-1252 shows back to the code."""
SHOWN = MappingProxyType({ord(code): shown for code, shown in WINDOWS_1252.items()})


def is_letter(char: str) -> bool:
    """A letter in running text: not the micro sign, ª, º or the spacing accents, which Unicode counts as letters."""
    return char.isalpha() and char not in "µªºˆ˜"


@dataclass(frozen=True, slots=True)
class Table:
    """One encoding: ``letters`` from a code (one or two characters below U+0100) to its letter.

    ``open_case``: codes whose letter may be a capital though the table has it in lower case, because two cases share the
    code or because a capitals font draws it so. ``soft``: codes that Windows-1252 or a terminal does not read as letters, so
    that the sign itself may be meant.
    """

    name: str
    letters: dict[str, str]
    open_case: frozenset[str]
    soft: frozenset[str]
    tones: dict[str, str]

    @property
    def pairs(self) -> bool:
        """Whether some letters take two codes."""
        return any(len(code) > 1 for code in self.letters)


def read_rows(name: str) -> list[dict[str, str]]:
    """The records of a tab-separated file of `data/` (UTF-8, a header line, no quoting)."""
    lines = (DATA / name).read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]


@cache
def load_table(name: str) -> Table:
    """The table of one of `LEGACY`."""
    column = COLUMNS[name]
    letters: dict[str, str] = {}
    shared: set[str] = set()
    rows = read_rows("legacy_encodings.tsv")
    if column in ("TCVN3_hex", "VISCII_hex"):
        rows += read_rows("control_codes.tsv")
    for row in rows:
        code = bytes.fromhex(row[column]).decode("latin-1")
        if not code or (code.isascii() and code >= " "):
            continue
        letter = unicodedata.normalize("NFC", row["unicode"])
        if code in letters:
            shared.add(code)
            letter = letter.lower()
        letters[code] = letter
    open_case = set(shared)
    if name == "tcvn3":  # the capitals font draws capitals for the codes of small letters
        open_case |= {code for code, letter in letters.items() if letter.islower()}
    # A small mark on a capital is seen where a word was put into capitals by hand: the base letter's case holds.
    for code, letter in list(letters.items()):
        if len(code) == 2:
            letters.setdefault(code[0] + chr(ord(code[1]) ^ 0x20), letter)
    soft = frozenset(c for c in letters if len(c) == 1 and not is_letter(WINDOWS_1252.get(c, c)))
    return Table(name, letters, frozenset(open_case), soft, TCVN3_TONES if name == "tcvn3" else {})
