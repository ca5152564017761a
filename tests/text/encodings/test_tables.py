"""The data files, and every letter there and back."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata

import pytest

from chitieu.text.encodings import decode_bytes
from chitieu.text.encodings.syllables import syllables
from chitieu.text.encodings.tables import DATA, LEGACY, TCVN3_TONES, load_table, read_rows
from text.encodings.encoder import codes, encode

LETTERS = [row["unicode"] for row in read_rows("legacy_encodings.tsv") if not row["unicode"].isascii()]
SHARED = {"tcvn3": 12, "viscii": 6, "vps": 14, "vni-windows": 0}
ICONV = {"tcvn3": "TCVN5712-1", "viscii": "VISCII", "windows-1258": "CP1258"}


def iconv(data: bytes, source: str, target: str) -> bytes:
    if shutil.which("iconv") is None:
        pytest.skip("needs iconv")
    done = subprocess.run(["iconv", "-f", source, "-t", target], input=data, capture_output=True, check=False)
    if done.returncode and b"not supported" in done.stderr:
        pytest.skip(f"this iconv does not know {source} or {target}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def syllable_with(letter: str) -> str:
    """A syllable of three or more letters with this one in it, in the letter's case, and another word behind."""
    low = letter.lower()
    if low == "đ":
        return "ĐI TO" if letter.isupper() else "đi to"
    found = min((s for s in syllables() if low in s and len(s) > 2 and s[0] in "bdhlmt"), key=lambda s: (len(s), s))
    return found.upper() + " TO" if letter.isupper() else found + " to"


def test_the_catalogue_is_brought_in_whole(shared):
    path = shared / "catalogue" / "legacy_encodings.tsv"
    if not path.is_file():
        pytest.skip("needs the table of ../shared/catalogue")
    assert (DATA / "legacy_encodings.tsv").read_bytes() == path.read_bytes()


def test_all_letters_are_there_in_both_cases():
    assert len(LETTERS) == 2 * 67
    assert {c.lower() for c in LETTERS} == {c.lower() for c in LETTERS if c.isupper()}


@pytest.mark.parametrize("name", LEGACY)
def test_codes_shared_by_two_cases(name):
    owners: dict[bytes, list[str]] = {}
    for letter, code in codes(name).items():
        owners.setdefault(code, []).append(letter)
    shared = [letters for letters in owners.values() if len(letters) > 1]
    assert len(shared) == SHARED[name]
    assert all(len(pair) == 2 and pair[0].lower() == pair[1].lower() for pair in shared)


@pytest.mark.parametrize("name", [*LEGACY, "windows-1258", "viqr", "utf-8", "utf-16le", "utf-16be"])
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_there_and_back(name, letter):
    word = syllable_with(letter)
    assert decode_bytes(encode(word, name), encoding=name).text == word


@pytest.mark.parametrize("name", LEGACY)
def test_shared_codes_are_small_unless_the_word_is_in_capitals(name):
    owners: dict[bytes, list[str]] = {}
    for letter, code in codes(name).items():
        owners.setdefault(code, []).append(letter)
    for small in (min(pair, key=str.isupper) for pair in owners.values() if len(pair) > 1):
        word = syllable_with(small)
        for written in (word, word.upper(), word.capitalize(), f"XA {word.upper()}"):
            assert decode_bytes(encode(written, name), encoding=name).text == written


@pytest.mark.parametrize("name", ["tcvn3", "viscii"])
@pytest.mark.parametrize("letter", LETTERS)
def test_table_agrees_with_iconv(name, letter):
    code = codes(name)[letter]
    read = unicodedata.normalize("NFC", iconv(code + b".", ICONV[name], "UTF-8").decode())[:-1]
    own_code = load_table(name).letters[code.decode("latin-1")] == letter
    assert read == letter if own_code else read == letter.lower()


@pytest.mark.parametrize("name", ["tcvn3", "viscii", "windows-1258"])
@pytest.mark.parametrize("letter", LETTERS)
def test_what_iconv_writes_is_read(name, letter):
    word = syllable_with(letter)
    if name == "windows-1258":  # iconv writes this one from letters and tones apart
        data = encode(word, name)
        assert unicodedata.normalize("NFC", iconv(data, ICONV[name], "UTF-8").decode()) == word
    else:
        data = iconv(word.encode(), "UTF-8", ICONV[name])
    assert decode_bytes(data, encoding=name).text == word


def test_tones_by_themselves_agree_with_iconv():
    for code, tone in TCVN3_TONES.items():
        assert iconv(b"a" + code.encode("latin-1") + b".", "TCVN5712-1", "UTF-8").decode() == unicodedata.normalize(
            "NFC", f"a{tone}."
        )


@pytest.mark.parametrize(
    "syllable",
    [
        "nghiêng",
        "thuở",
        "hoà",
        "hòa",
        "quý",
        "giếng",
        "gìn",
        "khuỷu",
        "ương",
        "yêu",
        "uyển",
        "ngoằn",
        "xoong",
        "cả",
        "đắk",
    ],
)
def test_syllables_of_the_language(syllable):
    assert syllable in syllables()


@pytest.mark.parametrize(
    "other",
    ["strong", "kả", "ngiên", "ghà", "cãt", "tốch", "café", "müller", "ắ", "hoáe", "cộ́ng", "zà", "fà", "wô", "ăn̂"],
)
def test_what_is_no_syllable(other):
    assert unicodedata.normalize("NFC", other) not in syllables()


def test_rimes_are_written_once_and_take_their_tone_inside():
    rows = read_rows("rimes.tsv")
    assert len({r["rime"] for r in rows}) == len(rows)
    for row in rows:
        assert row["tones"] in ("all", "stop")
        for place in row["tone_on"].split(","):
            assert row["rime"][int(place) - 1] in "aăâeêioôơuưy", row
