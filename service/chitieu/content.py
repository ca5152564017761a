"""What a request or a job sends to be read, and what its answer shows: the rules that both share."""

from __future__ import annotations

from hashlib import sha256

from chitieu.contract import Extraction, Period, Place
from chitieu.pipeline import Pipeline
from chitieu.tagging.encoder import Progress
from chitieu.text.encodings import Decoded, decode_fonts
from chitieu.text.files.reading import FileText

Content = str | FileText
"""A text as it stands, or one that was taken from a file or had to be decoded."""


def decoded_file(decoded: Decoded, data: bytes) -> FileText:
    """A text that was decoded from these bytes."""
    return FileText(decoded.text, "txt", sha256(data).hexdigest(), encodings=decoded.parts)


def as_unicode(text: str) -> Content:
    """The text; decoded, if parts of it were typed in the fonts before Unicode."""
    decoded = decode_fonts(text)
    return text if decoded.text == text else decoded_file(decoded, text.encode("utf-8", "surrogatepass"))


def text_of(content: Content) -> str:
    """What the offsets of its answer count in."""
    return content.text if isinstance(content, FileText) else content


def extracted(
    pipeline: Pipeline,
    content: Content,
    *,
    id: str | None,
    period: Period | None,
    place: Place | None,
    with_text: bool,
    progress: Progress,
) -> Extraction:
    """The answer, with its text where that was asked for or is not what was sent. Raises what `Pipeline.extract` raises."""
    if isinstance(content, FileText):
        return pipeline.extract_file(content, id=id, period=period, place=place, progress=progress)
    return pipeline.extract(content, id=id, period=period, place=place, with_text=with_text, progress=progress)


def as_asked(stored: Extraction, *, with_text: bool) -> None:
    """Take its text from a stored answer that `extracted` would have given without."""
    if stored.document.file_sha256 is None and not with_text:
        stored.document.text = None
