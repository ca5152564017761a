"""From bytes, and from the fonts before Unicode, to Unicode text: which encoding each paragraph was in, and how sure."""

from chitieu.text.encodings.decode import decode_bytes, decode_fonts
from chitieu.text.encodings.result import ENCODINGS, Decoded, EncodedPart

__all__ = ["ENCODINGS", "Decoded", "EncodedPart", "decode_bytes", "decode_fonts"]
