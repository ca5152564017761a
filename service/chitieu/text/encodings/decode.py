"""Bytes, or text typed in the fonts before Unicode, to Unicode text; every paragraph says what it was and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chitieu.errors import BadEncoding, NotText
from chitieu.text.encodings.evidence import Evidence, Judge, unicode_base, windows_1258_base
from chitieu.text.encodings.legacy import Reader
from chitieu.text.encodings.normal import nfc
from chitieu.text.encodings.result import ENCODINGS, Decoded, EncodedPart
from chitieu.text.encodings.smooth import posteriors
from chitieu.text.encodings.syllables import syllables
from chitieu.text.encodings.tables import CODE_OF, LEGACY, load_table
from chitieu.text.encodings.viqr import Viqr

UNICODE_PRIOR = 6.0  # log odds against a font in a text that is Unicode already: rather miss one than harm a word
VIQR_PRIOR = 8.0
SWITCH = -5.0  # log probability that a paragraph is in another encoding than the one before
SURE = 0.8  # parts are split where the score crosses this, so that doubtful paragraphs show
DAMAGE = -6.0  # log odds against UTF-8 for every byte that breaks it
USUAL_WORDS = 8
FEW_WORDS = 3
LEAST_FIT = 0.4  # of at least that many words; below, no encoding explains the bytes
MOST_CONTROLS = 0.1

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CODES = re.compile(r"[\x01-\x06\x11-\x17\x19\x1e\x80-\U0010ffff]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# Letters and accents that only Unicode has: a paragraph with one of them is no font's.
_UNICODE_ONLY = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1e80-\u1eff\u0300-\u036f]"
)
_ALIASES = {
    "utf8": "utf-8", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "utf16": "utf-16", "cp1258": "windows-1258",
    "abc": "tcvn3", "tcvn": "tcvn3", "vni": "vni-windows",
}  # fmt: skip


def decode_bytes(data: bytes, *, encoding: str | None = None) -> Decoded:
    """The text in ``data``, a text file's bytes; byte order marks are no part of it.

    Args:
        data: the bytes.
        encoding: one of `ENCODINGS` where it is known; else it is found from the text, paragraph by paragraph.

    Raises:
        BadEncoding: an unknown name (``detail["encodings"]`` has the known ones), bytes that the encoding asked for does not
            have (``detail["position"]``), or bytes that no encoding explains.
        NotText: binary data.
    """
    if encoding is not None:
        return _decode_as(data, _name(encoding))
    for mark, name in ((b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be")):
        if data.startswith(mark):
            return _decode_utf16(data, name)
    if b"\0" in data:
        guess = _guess_utf16(data)
        if guess is None:
            raise _binary()
        return _decode_utf16(data, guess)
    _check_controls(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _decode_lines(data, error.start)
    return _decode_ascii(text) if text.isascii() else _as_utf(decode_fonts(text), "utf-8")


def decode_fonts(text: str) -> Decoded:
    """A text out of a PDF, a Word document, a web page or a Unicode file, with paragraphs typed in fonts made Unicode.

    The codes of TCVN3, VNI, VISCII and VPS fonts stand there as characters of Latin-1 or Windows-1252. Paragraphs in which they
    are not found stay as they are, to the character, and are ``unicode``.
    """
    if not _CODES.search(text):
        return Decoded(text, _parts([(len(text), "unicode", 1.0)]))
    readers = _readers(only_codes=False)
    judge = Judge(list(readers.values()), syllables(), {"unicode": unicode_base()})
    lines = _LINES.findall(text)
    coded = [line.translate(CODE_OF) for line in lines]
    rows = [judge.line(c) for c in coded]
    weights = [
        [0.0, *[-60.0] * len(readers)] if _UNICODE_ONLY.search(line) else [e.weight for e in row]
        for line, row in zip(lines, rows, strict=True)
    ]
    chosen = _choose(weights, rows, judge.names, (UNICODE_PRIOR, *[0.0] * len(readers)))
    out: list[str] = []
    runs: list[tuple[int, str, float]] = []
    for line, codes, (name, probability, fit) in zip(lines, coded, chosen, strict=True):
        decoded = line if name == "unicode" else readers[name].line(codes)
        out.append(decoded)
        runs.append((len(decoded), name, probability if name == "unicode" else probability * fit))
    return Decoded("".join(out), _parts(runs))


def _readers(*, only_codes: bool) -> dict[str, Reader]:
    return {name: Reader(load_table(name), syllables(), only_codes=only_codes) for name in LEGACY}


def _choose(
    weights: Sequence[Sequence[float]],
    rows: Sequence[Sequence[Evidence]],
    names: Sequence[str],
    prior: Sequence[float],
) -> list[tuple[str, float, float]]:
    """For every paragraph: the encoding, its probability, and the part of its words that it explains."""
    picked: list[tuple[int, float]] = []
    good, seen = [0.0] * len(names), [0.0] * len(names)
    for row, chances in zip(rows, posteriors(weights, prior, SWITCH), strict=True):
        best = chances.index(max(chances))
        picked.append((best, chances[best]))
        if best < len(row):
            good[best] += row[best].good
            seen[best] += row[best].seen
    # A short paragraph's own words say little, so the text's others in that encoding count as a few of its own.
    usual = [(g / s if s else 1.0) for g, s in zip(good, seen, strict=True)]
    out: list[tuple[str, float, float]] = []
    for row, (best, chance) in zip(rows, picked, strict=True):
        own_good, own_seen = (row[best].good, row[best].seen) if best < len(row) else (0.0, 0)
        fit = (own_good + USUAL_WORDS * usual[best]) / (own_seen + USUAL_WORDS)
        out.append((names[best], chance, fit))
    return out


def _parts(runs: Iterable[tuple[int, str, float]]) -> tuple[EncodedPart, ...]:
    """Runs of (length, encoding, score) joined where the encoding is the same and as sure; the score is the mean by length."""
    out: list[EncodedPart] = []
    at = 0
    weight = 0.0
    for length, name, score in runs:
        if not length:
            continue
        end = at + length
        last = out[-1] if out else None
        if last is not None and last.encoding == name and (last.score >= SURE) == (score >= SURE):
            weight += score * length
            out[-1] = EncodedPart(last.start, end, name, weight / (end - last.start))
        else:
            weight = score * length
            out.append(EncodedPart(at, end, name, score))
        at = end
    return tuple(EncodedPart(p.start, p.end, p.encoding, round(min(p.score, 1.0), 4)) for p in out)


def _as_utf(decoded: Decoded, name: str) -> Decoded:
    parts = (
        EncodedPart(p.start, p.end, name if p.encoding == "unicode" else p.encoding, p.score) for p in decoded.parts
    )
    return Decoded(decoded.text, tuple(parts))


# --- files that are not UTF-8 ---


def _decode_lines(data: bytes, broken_at: int) -> Decoded:
    """A file that is not UTF-8, or not all of it, paragraph by paragraph."""
    readers = _readers(only_codes=True)
    base = windows_1258_base()
    judge = Judge(list(readers.values()), syllables(), {"windows-1258": base})
    lines = _LINES.findall(data.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
    rows = [judge.line(line) for line in lines]
    utf8 = [_utf8_weight(line) for line in lines]
    weights = [[*[e.weight for e in row], u] for row, u in zip(rows, utf8, strict=True)]
    names = (*judge.names, "utf-8")
    chosen = _choose(weights, rows, names, [0.0] * len(names))
    good = seen = 0.0
    for row, (name, _, _) in zip(rows, chosen, strict=True):
        if name != "utf-8":
            evidence = row[names.index(name)]
            good, seen = good + evidence.good, seen + evidence.seen
    if seen >= FEW_WORDS and good < LEAST_FIT * seen:
        raise _unexplained(broken_at)
    out: list[str] = []
    runs: list[tuple[int, str, float]] = []
    at = len(data) - sum(map(len, lines))
    for line, (name, probability, fit) in zip(lines, chosen, strict=True):
        if name == "utf-8":
            decoded = _strict(line.encode("latin-1"), "utf-8", at)
        elif name == "windows-1258":
            decoded = nfc(line.translate(base))
        else:
            decoded = readers[name].line(line)
        at += len(line)
        out.append(decoded)
        runs.append((len(decoded), name, probability * fit))
    return Decoded("".join(out), _parts(runs))


def _utf8_weight(line: str) -> float:
    if line.isascii():
        return 0.0
    broken = line.encode("latin-1").decode("utf-8", errors="replace").count("\ufffd")
    return max(DAMAGE * broken, -60.0)


def _decode_ascii(text: str) -> Decoded:
    """ASCII: itself, or VIQR where much speaks for it."""
    reader = Viqr(syllables(), escapes=bool(re.search(r"\\[.?']", text)))
    lines = _LINES.findall(text)
    weights = [[0.0, max(min(reader.evidence(line), 60.0), -60.0)] for line in lines]
    runs: list[tuple[int, str, float]] = []
    out: list[str] = []
    for line, chances in zip(lines, posteriors(weights, (VIQR_PRIOR, 0.0), SWITCH), strict=True):
        if chances[1] > chances[0]:
            decoded = reader.line(line)
            runs.append((len(decoded), "viqr", chances[1] * reader.fit([line])))
        else:
            decoded = line
            runs.append((len(line), "utf-8", chances[0]))
        out.append(decoded)
    return Decoded("".join(out), _parts(runs))


# --- UTF-16 ---


def _guess_utf16(data: bytes) -> str | None:
    """The byte order of UTF-16 without a mark: one half of the bytes is NUL again and again, the other never."""
    if len(data) % 2:
        return None
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd * 4 > len(data) // 2 and not even:
        return "utf-16le"
    if even * 4 > len(data) // 2 and not odd:
        return "utf-16be"
    return None


def _decode_utf16(data: bytes, name: str) -> Decoded:
    text = _strict(data, name, 0).removeprefix("\ufeff")
    if "\0" in text:
        raise _binary()
    return _as_utf(decode_fonts(text), name)


# --- an encoding asked for ---


def _name(encoding: str) -> str:
    name = encoding.strip().lower().replace("_", "-")
    name = _ALIASES.get(name, name)
    if name not in ENCODINGS:
        known = ", ".join(ENCODINGS)
        raise BadEncoding(
            f"Không có bảng mã “{encoding}”; có: {known}. / No encoding “{encoding}”; there are: {known}.",
            encoding=encoding,
            encodings=list(ENCODINGS),
        )
    return name


def _decode_as(data: bytes, name: str) -> Decoded:
    if name == "utf-16":
        marks = {b"\xff\xfe": "utf-16le", b"\xfe\xff": "utf-16be"}
        name = marks.get(data[:2]) or _guess_utf16(data) or "utf-16le"
    if name.startswith("utf-"):
        text = _strict(data, name, 0).removeprefix("\ufeff")
        if "\0" in text:
            raise _binary()
        return Decoded(text, _parts([(len(text), name, 1.0)]))
    if b"\0" in data:
        raise _binary()
    if name == "viqr":
        return _decode_as_viqr(data)
    if name == "windows-1258":
        text = nfc(_strict(data, "cp1258", 0))
        judge = Judge([], syllables(), {name: windows_1258_base()})
        score = _mean_fit(judge.line(line)[0] for line in _LINES.findall(data.decode("latin-1")))
        return Decoded(text, _parts([(len(text), name, score)]))
    codes, only_codes = _font_codes(data)
    reader = Reader(load_table(name), syllables(), only_codes=only_codes)
    wrong = reader.undefined(codes)
    if wrong is not None:
        raise _invalid(name, wrong)
    judge = Judge([reader], syllables(), {})
    lines = _LINES.findall(codes)
    text = "".join(map(reader.line, lines))
    return Decoded(text, _parts([(len(text), name, _mean_fit(judge.line(line)[0] for line in lines))]))


def _font_codes(data: bytes) -> tuple[str, bool]:
    """The codes in a file, and whether it is a file in the encoding itself rather than a UTF-8 file of a font's characters."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    codes = text.translate(CODE_OF)
    if codes and not codes.isascii() and max(codes) <= "\xff":
        return codes, False
    return data.decode("latin-1"), True


def _decode_as_viqr(data: bytes) -> Decoded:
    text = _strict(data, "ascii", 0)
    reader = Viqr(syllables(), escapes=bool(re.search(r"\\[.?']", text)))
    lines = _LINES.findall(text)
    decoded = "".join(map(reader.line, lines))
    return Decoded(decoded, _parts([(len(decoded), "viqr", reader.fit(lines))]))


def _mean_fit(rows: Iterable[Evidence]) -> float:
    good = seen = 0.0
    for row in rows:
        good, seen = good + row.good, seen + row.seen
    return good / seen if seen else 1.0


# --- errors ---


def _strict(data: bytes, codec: str, offset: int) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        names = {"cp1258": "windows-1258", "ascii": "viqr"}
        raise _invalid(names.get(codec, codec), offset + error.start) from error


def _invalid(name: str, position: int) -> BadEncoding:
    return BadEncoding(
        f"Không phải {name} (byte {position}). / Not valid {name} (byte {position}).", encoding=name, position=position
    )


def _unexplained(position: int) -> BadEncoding:
    return BadEncoding(
        f"Không nhận ra bảng mã (byte {position} không phải UTF-8); hãy nêu tên bảng mã."
        f" / No known encoding explains the text (byte {position} is not UTF-8); name the encoding.",
        position=position,
        encodings=list(ENCODINGS),
    )


def _binary() -> NotText:
    return NotText("Dữ liệu nhị phân, không phải văn bản. / Binary data, not text.")


def _check_controls(data: bytes) -> None:
    if len(_CONTROLS.findall(data)) > MOST_CONTROLS * len(data):
        raise _binary()
