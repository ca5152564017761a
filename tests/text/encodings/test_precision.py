"""What is Unicode already stays as it is, to the character."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.annotation.inline_xml import read
from chitieu.text.encodings import decode_bytes, decode_fonts
from chitieu.text.encodings.syllables import syllables

DATA = Path(__file__).parent / "data"
UNHARMED = (DATA / "unharmed.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
ENGLISH = (DATA / "english.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
SYLLABLES = sorted(syllables())
SIGNS = ["5 m²", "30°C", "±2%", "×", "§ 5", "«", "»", "–", "…", "•", "\u00a0", "½", "café", "Genève", "Müller", "®", "µm", "100 €", "“", "”", "\n"]  # fmt: skip


def words(*, latin: bool = False):
    pool = [s for s in SYLLABLES if max(s) <= "\xff"] if latin else SYLLABLES
    word = st.sampled_from(pool)
    return st.one_of(word, word.map(str.capitalize), word.map(str.upper))


@pytest.mark.parametrize("line", UNHARMED)
def test_lines_that_stay(line):
    for text in (line, f"{line}\n" * 20):
        decoded = decode_fonts(text)
        assert decoded.text == text
        assert {p.encoding for p in decoded.parts} == {"unicode"}
        assert decode_bytes(text.encode()).text == text


def test_all_of_them_in_one_text():
    text = "\n".join(UNHARMED)
    assert decode_fonts(text).text == text


@pytest.mark.parametrize("line", ENGLISH)
def test_ascii_is_no_viqr(line):
    for text in (line, f"{line}\n" * 20):
        decoded = decode_bytes(text.encode())
        assert decoded.text == text
        assert {p.encoding for p in decoded.parts} == {"utf-8"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(words(), st.sampled_from(SIGNS)), min_size=1, max_size=40), st.sampled_from(["NFC", "NFD"]))
def test_unicode_vietnamese_is_unchanged(parts, form):
    text = unicodedata.normalize(form, " ".join(parts))
    assert decode_fonts(text).text == text
    if not text.isascii():
        assert decode_bytes(text.encode()).text == text


@settings(max_examples=150, deadline=None)
@given(st.lists(words(latin=True), min_size=1, max_size=40))
def test_vietnamese_within_latin_1_is_unchanged(parts):
    text = " ".join(parts)
    assert decode_fonts(text).text == text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_parts_that_cover_it(text):
    decoded = decode_fonts(text)
    assert "".join(decoded.text[p.start : p.end] for p in decoded.parts) == decoded.text
    assert all(a.end == b.start for a, b in zip(decoded.parts, decoded.parts[1:], strict=False))
    if all(p.encoding == "unicode" for p in decoded.parts):
        assert decoded.text == text


def test_documents_of_the_project_stay(root):
    for path in sorted((root / "training_data/documents").glob("*.xml"))[::2]:
        text = read(path).text
        assert decode_fonts(text).text == text, path.name
        assert decode_bytes(text.encode()).text == text, path.name


def test_real_documents_stay(shared):
    for path in sorted((shared / "gold").rglob("*.xml"))[::4]:
        text = read(path).text
        assert decode_fonts(text).text == text, path.name
