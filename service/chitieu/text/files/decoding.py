"""From what a reader took to Unicode: legacy fonts and encodings, decided over the whole document, form feeds kept."""

from __future__ import annotations

import re

from chitieu.text.encodings import Decoded, EncodedPart, decode_bytes, decode_fonts
from chitieu.text.files.raw import Raw

_PARTING = re.compile("([\n\f\U0010ffd0-\U0010ffd9]+)")  # raised digits stand for no byte
_AS_IT_IS = ("unicode", "utf-8", "utf-16le", "utf-16be")


def decode_raw(raw: Raw, encoding: str | None = None) -> Decoded:
    """The texts of a file as one, a form feed between two of them; ``encoding`` overrules what the text looks like.

    Raises:
        BadEncoding: an unknown ``encoding``, or bytes that no encoding explains.
    """
    joined = "\f".join(raw.texts)
    if encoding is not None:
        return _forced(joined, encoding)
    if raw.charset == "bytes" and joined.isascii() is False:
        try:
            return decode_bytes(joined.encode("latin-1"))
        except UnicodeEncodeError:  # character references gave letters that the page's bytes did not have
            pass
    decoded = decode_fonts(joined)
    if decoded.text.count("\f") == joined.count("\f"):
        return decoded
    return _join([decode_fonts(text) for text in raw.texts], "\f")


def as_one_part(text: str, encoding: str, score: float = 1.0) -> Decoded:
    """A text that is all in one encoding."""
    return Decoded(text, (EncodedPart(0, len(text), encoding, score),) if text else ())


def _forced(text: str, encoding: str) -> Decoded:
    """Line by line, so that a line of letters which stand for no byte stays as it is."""
    if encoding in _AS_IT_IS:
        return as_one_part(text, "unicode")
    decode_bytes(b" ", encoding=encoding)  # an unknown name is an error even where no line needs it
    lines: list[Decoded] = []
    for part in _PARTING.split(text):
        data = _bytes(part)
        if data is None:
            lines.append(as_one_part(part, "unicode"))
        else:
            lines.append(as_one_part(decode_bytes(data, encoding=encoding).text, encoding))
    return _join(lines, "")


def _bytes(text: str) -> bytes | None:
    """The bytes that a font's letters stand for: code points of Latin-1, or what Windows makes of them."""
    out = bytearray()
    for char in text:
        if ord(char) < 256:
            out.append(ord(char))
            continue
        try:
            out += char.encode("cp1252")
        except UnicodeEncodeError:
            return None
    return bytes(out)


def _join(pieces: list[Decoded], parting: str) -> Decoded:
    """Pieces as one, neighbours in the same encoding put together with the lower score of the two."""
    texts: list[str] = []
    parts: list[EncodedPart] = []
    length = 0
    for number, piece in enumerate(pieces):
        if number:
            texts.append(parting)
            length += len(parting)
        texts.append(piece.text)
        for part in piece.parts:
            end = length + part.end
            if parts and parts[-1].encoding == part.encoding:
                last = parts.pop()
                parts.append(EncodedPart(last.start, end, last.encoding, min(last.score, part.score)))
            else:
                parts.append(EncodedPart(parts[-1].end if parts else 0, end, part.encoding, part.score))
        length += len(piece.text)
    return Decoded("".join(texts), tuple(parts))
