"""From annotated documents to windows with targets."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import read
from chitieu.contract import PHRASE_LABELS
from chitieu.errors import ConfigInvalid
from chitieu.tagging.labels import FIGURE_LABELS, MENTION_TAGS, PHRASE_TAGS
from chitieu.tagging.tokens import EncodedWindow, TokenizedPassages, encode_window, special_ids, tokenize
from chitieu.text.passages import read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText
from chitieu.training.config import WindowSizes

IGNORED = -100
_SPACE = re.compile(" ")


def names_in(path: Path) -> list[str]:
    """The file names in a list of one a line.

    Raises:
        ConfigInvalid: the list cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError as error:
        raise ConfigInvalid(f"{path}: không đọc được / cannot be read: {error.strerror}") from error


def find_documents(
    paths: Iterable[Path], *, exclude: Iterable[str] = (), only: Iterable[str] | None = None
) -> list[Path]:
    """The annotated files at ``paths`` (files, or folders of ``*.xml``), sorted, less the excluded names.

    With ``only``, no other names are taken.

    Raises:
        ConfigInvalid: a path is not there, or a folder holds no document.
    """
    left_out, wanted = set(exclude), None if only is None else set(only)
    out: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        if not found or not found[0].exists():
            raise ConfigInvalid(f"{path}: không có tài liệu gán nhãn / no annotated document", path=str(path))
        out.extend(p for p in found if p.name not in left_out and (wanted is None or p.name in wanted))
    return out


def digest_of(paths: Sequence[Path]) -> str:
    """SHA-256 over the names and bytes of files, in order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def rewrap(text: str, rng: random.Random) -> str:
    """The text with lines broken as in a PDF: some single spaces become line breaks, so no offset moves."""
    width = rng.randint(60, 100)
    out = list(text)
    last = 0
    for match in _SPACE.finditer(text):
        newline = text.rfind("\n", last, match.start())
        if newline >= 0:
            last = newline
        following = text.find(" ", match.end())
        if (following if following >= 0 else len(text)) - last > width:
            out[match.start()] = "\n"
            last = match.start()
    return "".join(out)


@dataclass(frozen=True)
class Example:
    """A window with its targets, per piece of the window; IGNORED where a target says nothing.

    Attributes:
        mentions, phrases: tag indices, shape (pieces,).
        governors: shape (2, pieces): for relation ``of`` and ``in``, 0 for "none" or 1 + the head's piece in the window.
    """

    encoded: EncodedWindow
    mentions: NDArray[np.int64]
    phrases: NDArray[np.int64]
    governors: NDArray[np.int64]


def piece_ranges(document: AnnotatedDocument, tokens: TokenizedPassages) -> list[tuple[int, int] | None]:
    """The pieces of each gold span, half-open; None for a span that is not read."""
    starts = np.array([p.start for p in tokens.passages.pieces])
    out: list[tuple[int, int] | None] = []
    for span in document.spans:
        read = tokens.passages.reading.from_source(span.start, span.end)
        first, last = np.searchsorted(starts, read) if read else (0, 0)
        out.append((int(first), int(last)) if last > first else None)
    return out


def targets_of(document: AnnotatedDocument, tokens: TokenizedPassages) -> tuple[NDArray[np.int64], ...]:
    """Document-wide targets: mention tags, phrase tags (pieces,), governor head pieces (2, pieces), -1 for "none"."""
    count = len(tokens.passages.pieces)
    mentions, phrases = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    governors = np.full((2, count), IGNORED, dtype=np.int64)
    ranges = piece_ranges(document, tokens)
    for span, pieces in zip(document.spans, ranges, strict=True):
        if pieces is None:
            continue
        first, last = pieces
        layer, tags = (phrases, PHRASE_TAGS) if span.label in PHRASE_LABELS else (mentions, MENTION_TAGS)
        begin = tags.index(f"B-{span.label}")
        layer[first:last] = begin + 1
        layer[first] = begin
        head = ranges[span.head] if span.head is not None else None
        if span.label == "INDICATOR":
            row = 1
        elif span.label in PHRASE_LABELS or (span.label in FIGURE_LABELS and span.phrase is None):
            row = 0
        else:
            continue
        if span.head is None:
            governors[row, first] = -1
        elif head is not None:
            governors[row, first] = head[0]
    return mentions, phrases, governors


@dataclass(frozen=True)
class Prepared:
    """A gold document, its tokens and its windows with targets."""

    document: AnnotatedDocument
    tokens: TokenizedPassages
    examples: list[Example]


def prepare(
    document: AnnotatedDocument, tokenizer: Tokenizer, sizes: WindowSizes, *, text: str | None = None
) -> Prepared:
    """All windows of a document. ``text`` may stand in for the document's own if every offset still holds."""
    tokens = tokenize(read_passages(Reading(SourceText(document.text if text is None else text))), tokenizer)
    mentions, phrases, governors = targets_of(document, tokens)
    special = special_ids(tokenizer)
    out = []
    for window in tokens.windows(core=sizes.core, context=sizes.context, lookahead=sizes.lookahead):
        part = slice(window.first, window.last)
        local = governors[:, part]
        seen = (local >= window.first) & (local < window.last)
        local = np.where(seen, local - window.first + 1, np.where(local == -1, 0, IGNORED))
        encoded = encode_window(tokens, window, special)
        out.append(Example(encoded, mentions[part], phrases[part], local))
    return Prepared(document, tokens, out)


def load(paths: Sequence[Path]) -> list[AnnotatedDocument]:
    """Read documents; the first faulty one raises AnnotationInvalid."""
    return [read(path) for path in paths]
