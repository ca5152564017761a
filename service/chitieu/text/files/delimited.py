"""CSV as the lines of a table: ` | ` between cells, whatever parted them in the file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

from chitieu.text.encodings import Decoded, EncodedPart
from chitieu.text.files.raw import row

_DELIMITERS = "\t;|,"  # of two that fit alike the first: a comma is also a decimal sign
_SAMPLE = 50  # rows that are looked at


def read_csv(decoded: Decoded) -> Decoded:
    """A decoded CSV as rows; the encodings' parts follow to the rows that their lines became."""
    lines = decoded.text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    delimiter = _delimiter(lines)
    try:
        records = list(_records(lines, delimiter, quoted=True))
    except csv.Error:  # a quotation mark that is never closed
        records = list(_records(lines, delimiter, quoted=False))
    out: list[str] = []
    width = _width([cells for _, cells in records])
    bounds: list[tuple[int, int]] = []  # where a record begins in the decoded text, and in the answer
    length = 0
    for first, cells in records:
        text = row([*cells, *[""] * (width - len(cells) if len(cells) > 1 else 0)])
        if text:
            bounds.append((starts[first], length))
            out.append(text)
            length += len(text) + 1
    text = "\n".join(out)
    return Decoded(text, tuple(_moved(decoded.parts, bounds, len(text))))


def _width(records: list[list[str]]) -> int:
    """How many cells most records have: some programs leave out the empty ones at a line's end."""
    counted = Counter(len(cells) for cells in records if len(cells) > 1)
    return counted.most_common(1)[0][0] if counted else 0


def _records(lines: list[str], delimiter: str, *, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """Every record with the number of the line that it begins at (0-based)."""
    if quoted:
        reader = csv.reader(lines, delimiter=delimiter)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    first = 0
    for cells in reader:
        yield first, cells
        first = reader.line_num


def _delimiter(lines: list[str]) -> str:
    """The delimiter that gives most rows the same number of cells, more than one."""
    best, chosen = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            sizes = [len(cells) for _, cells in _records(lines[:_SAMPLE], delimiter, quoted=True) if cells]
        except csv.Error:
            continue
        counted = Counter(size for size in sizes if size > 1)
        if not counted:
            continue
        size, times = counted.most_common(1)[0]
        rank = (times / len(sizes), size)
        if rank > best:
            best, chosen = rank, delimiter
    return chosen


def _moved(parts: tuple[EncodedPart, ...], bounds: list[tuple[int, int]], length: int) -> Iterator[EncodedPart]:
    """Parts of the decoded text as parts of the rows: a part begins with the first record that begins in it."""
    begins: list[int] = []
    at = 0
    for part in parts:
        while at < len(bounds) and bounds[at][0] < part.start:
            at += 1
        begins.append(bounds[at][1] if at < len(bounds) else length)
    if begins:
        begins[0] = 0
    for part, start, end in zip(parts, begins, [*begins[1:], length], strict=True):
        if start < end:
            yield EncodedPart(start, end, part.encoding, part.score)
