"""Texts written in every encoding are found out, as documents and paragraph by paragraph."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chitieu.annotation.inline_xml import read
from chitieu.text.encodings import decode_bytes, decode_fonts
from text.encodings.encoder import LEGACY, encode, plain, shown

DATA = Path(__file__).parent / "data"
OWN = ("nong_nghiep", "thu_chi", "giao_duc_y_te", "doanh_nghiep")
FILES = (*LEGACY, "windows-1258", "viqr", "utf-8", "utf-16le", "utf-16be")
LONG = 40


@pytest.fixture(scope="module")
def documents(root) -> dict[str, str]:
    """The texts beside this test, and a fixed sample of the project's documents."""
    out = {name: plain((DATA / f"{name}.txt").read_text(encoding="utf-8")) for name in OWN}
    paths = sorted((root / "training_data/documents").glob("*.xml"))
    for path in random.Random(7).sample(paths, min(8, len(paths))):
        out[path.name] = plain(read(path).text)
    return out


def mostly(decoded) -> str:
    """The encoding of most of the text."""
    sizes: dict[str, int] = {}
    for part in decoded.parts:
        sizes[part.encoding] = sizes.get(part.encoding, 0) + part.end - part.start
    return max(sizes, key=sizes.__getitem__)


def paragraphs(documents: dict[str, str]) -> list[str]:
    """Long lines of prose; a table's row has too few words to be told by itself."""
    lines = (line for text in documents.values() for line in text.split("\n"))
    return [p for p in lines if len(p) > LONG and not p.isascii() and " | " not in p]


def check_parts(decoded) -> None:
    at = 0
    for part in decoded.parts:
        assert part.start == at < part.end
        assert 0 <= part.score <= 1
        at = part.end
    assert at == len(decoded.text)


@pytest.mark.parametrize("name", FILES)
def test_documents_as_files(name, documents):
    wrong = []
    for title, text in documents.items():
        decoded = decode_bytes(encode(text, name))
        check_parts(decoded)
        words, read_words = text.split(), decoded.text.split()
        same = sum(a == b for a, b in zip(words, read_words, strict=False))
        if mostly(decoded) != name or len(words) != len(read_words) or same < 0.998 * len(words):
            wrong.append((title, mostly(decoded), same / len(words)))
        assert decoded.parts[0].score > 0.8
    assert len(wrong) <= 0.01 * len(documents), wrong


@pytest.mark.parametrize("latin1", [False, True], ids=["windows-1252", "latin-1"])
@pytest.mark.parametrize("name", LEGACY)
def test_documents_typed_in_fonts(name, latin1, documents):
    wrong = []
    for title, text in documents.items():
        decoded = decode_fonts(shown(encode(text, name), latin1=latin1))
        check_parts(decoded)
        same = sum(a == b for a, b in zip(text.split(), decoded.text.split(), strict=True))
        # `Ở` by itself is a dash or a trade mark sign in Windows-1252.
        if mostly(decoded) != name or same < 0.99 * len(text.split()):
            wrong.append((title, mostly(decoded), same / len(text.split())))
    assert len(wrong) <= 0.01 * len(documents), wrong


def test_tcvn3_as_typed_for_its_fonts(documents):
    """Capitals with a tone have the codes of small letters: all come back but the first letters of sentences."""
    for text in documents.values():
        data = encode(text, "tcvn3", font=True)
        for decoded in (decode_bytes(data), decode_fonts(shown(data))):
            assert {p.encoding for p in decoded.parts} == {"tcvn3"}
            pairs = list(zip(text.split(), decoded.text.split(), strict=True))
            assert sum(a == b for a, b in pairs) >= 0.985 * len(pairs)
            assert sum(a.lower() == b.lower() for a, b in pairs) >= 0.998 * len(pairs)


@pytest.mark.parametrize("name", [*LEGACY, "windows-1258", "viqr", "utf-8"])
def test_paragraphs_by_themselves(name, documents):
    whole = paragraphs(documents)
    assert len(whole) > 60
    wrong = [p for p in whole if mostly(decode_bytes(encode(p, name))) != name]
    assert len(wrong) <= 0.03 * len(whole), wrong[:5]


@pytest.mark.parametrize("name", LEGACY)
def test_font_paragraphs_by_themselves(name, documents):
    whole = paragraphs(documents)
    wrong = [p for p in whole if mostly(decode_fonts(shown(encode(p, name)))) != name]
    assert len(wrong) <= 0.03 * len(whole), wrong[:5]


@pytest.mark.parametrize("name", LEGACY)
def test_a_font_paragraph_in_a_unicode_file(name, documents):
    before, inside, behind = (plain((DATA / f"{n}.txt").read_text(encoding="utf-8")).split("\n")[2] for n in OWN[:3])
    mixed = "\n".join((before, shown(encode(inside, name)), behind))
    for decoded, base in ((decode_fonts(mixed), "unicode"), (decode_bytes(mixed.encode()), "utf-8")):
        assert decoded.text == "\n".join((before, inside, behind))
        assert [p.encoding for p in decoded.parts] == [base, name, base]
        middle = decoded.parts[1]
        assert decoded.text[middle.start : middle.end] == inside + "\n"


@pytest.mark.parametrize("name", LEGACY)
def test_raw_bytes_of_a_paragraph_in_a_utf8_file(name):
    before, inside, behind = (plain((DATA / f"{n}.txt").read_text(encoding="utf-8")).split("\n")[2] for n in OWN[:3])
    decoded = decode_bytes(b"\r\n".join((before.encode(), encode(inside, name), behind.encode())))
    assert decoded.text == "\r\n".join((before, inside, behind))
    assert [p.encoding for p in decoded.parts] == ["utf-8", name, "utf-8"]


def test_short_paragraphs_borrow_from_their_neighbours():
    text = plain((DATA / "thu_chi.txt").read_text(encoding="utf-8"))
    heading = "Nợ thuế"
    alone = decode_fonts(shown(encode("b¸o", "tcvn3")))
    assert alone.parts[0].encoding == "unicode"
    decoded = decode_fonts(shown(encode(f"{text}{heading}\n{text}", "tcvn3")))
    assert [p.encoding for p in decoded.parts] == ["tcvn3"]
    assert heading in decoded.text


def test_scores_tell_sure_from_guessed():
    sure = decode_bytes(encode(plain((DATA / "thu_chi.txt").read_text(encoding="utf-8")), "tcvn3"))
    assert sure.parts[0].score > 0.95
    western = decode_bytes("Un été à la mer, près de la forêt, ça me plaît".encode("cp1252"))
    assert western.text == "Un été à la mer, près de la forêt, ça me plaît"
    assert western.parts[0].encoding == "windows-1258"
    assert western.parts[0].score < 0.75


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_byte_order_marks_are_no_part_of_the_text(mark):
    name = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}[mark]
    data = mark + "Tỉnh đạt 5%".encode(name)
    for encoding in (None, name):
        decoded = decode_bytes(data, encoding=encoding)
        assert decoded.text == "Tỉnh đạt 5%"
        assert [(p.start, p.end, p.encoding) for p in decoded.parts] == [(0, 11, name)]


def test_viqr_full_stops_and_escapes():
    text = "Nga^n sa'ch cu?a ti?nh dda~ thu ddu+o+.c 5 ty? ddo^`ng, co`n thie^'u.\nTra? lo+`i ra sao?\n"
    assert decode_bytes(text.encode()).text == "Ngân sách của tỉnh đã thu được 5 tỷ đồng, còn thiếu.\nTrả lời ra sao?\n"
    strict = "Nga^n sa'ch cu?a ti?nh dda~ cho\\. Ho.c tro` tra? lo+`i va.\n"
    assert decode_bytes(strict.encode()).text == "Ngân sách của tỉnh đã cho. Học trò trả lời vạ\n"
