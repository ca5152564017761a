"""Figures of tables: what they are of follows from rows and columns.

Where rows are years, each figure is of what heads its column, however far above; and no figure of a table is of what a later row names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from chitieu.contract import PHRASE_LABELS
from chitieu.tagging.decode import TaggedSpan, relation
from chitieu.tagging.tagged_text import TaggedText
from chitieu.tagging.words import role
from chitieu.text.tables import is_row

_YEAR = re.compile(r"(?:năm\s+)?(?:19|20)\d\d(?:\s*[-–/]\s*(?:19|20)?\d\d)?(?:\s*(?:\*+|\[\d+\]))*", re.IGNORECASE)
_NUMBER = re.compile(r"[-–+]?\d[\d.,]*\s*%?")
_RULE = re.compile(r"[|\s:+-]+")
_BRACKET = re.compile(r"\s*\([^()]*\)\s*$")  # behind a name: its unit
_MOST_HEAD_LINES = 6
_LONGEST_NAME = 60  # characters
_RULED = 0.9  # raw score of an INDICATOR that stands because the table says so


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    cells: tuple[_Cell, ...]
    is_row: bool


def govern_tables(spans: list[TaggedSpan], text: TaggedText) -> list[TaggedSpan]:
    """The spans with the governors of tables put right; a name that heads a column of figures is an INDICATOR.

    Args:
        spans: in text order; changed in place.
    """
    if "|" not in text.text:
        return spans
    _no_later_rows(spans, text)
    lines = list(_lines(text.text))
    for first, last in _year_runs(lines):
        names = _names(lines[:first][-_MOST_HEAD_LINES:])
        if names:
            _govern_columns(spans, text, lines[first:last], names)
    return _in_order(spans)


def _no_later_rows(spans: Sequence[TaggedSpan], text: TaggedText) -> None:
    for span in spans:
        if span.head is None or relation(span) != 0:
            continue
        start, end = text.line(span)
        head = spans[span.head]
        if text.start(head) < end or not is_row(text.text[start:end]):
            continue
        if is_row(text.text[slice(*text.line(head))]):
            span.head = next(
                (
                    n
                    for n, s in enumerate(spans)
                    if s.label == "INDICATOR" and start <= text.start(s) < text.start(span)
                ),
                None,
            )


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text.split("\n"):
        if line.strip():
            cells = tuple(_cells(text, at, at + len(line)))
            yield _Line(at, at + len(line), cells, is_row(line))
        at += len(line) + 1


def _cells(text: str, start: int, end: int) -> Iterator[_Cell]:
    """What stands between bars; an empty first one that an outer bar opens is left out, others are empty cells."""
    at = start + (text[start:end].lstrip().startswith("|") and text.index("|", start) - start + 1)
    while at <= end:
        bar = text.find("|", at, end)
        stop = bar if bar >= 0 else end
        words = text[at:stop]
        begin = at + len(words) - len(words.lstrip())
        yield _Cell(begin, max(begin, at + len(words.rstrip())), words.strip())
        at = stop + 1


def _year_runs(lines: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """Lines in a run that are rows, begin with a year and hold a number."""
    first = None
    for number in range(len(lines) + 1):
        if number < len(lines) and _is_year_row(lines[number]):
            first = number if first is None else first
        elif first is not None:
            yield first, number
            first = None


def _is_year_row(line: _Line) -> bool:
    return (
        line.is_row
        and bool(_YEAR.fullmatch(line.cells[0].text))
        and any(_NUMBER.fullmatch(cell.text) for cell in line.cells[1:])
    )


@cache
def _time_head() -> re.Pattern[str]:
    return re.compile(role("time column"), re.IGNORECASE)


def _names(above: Sequence[_Line]) -> list[_Cell]:
    """The names of the columns behind that of the years, from the lines of a head; none without a clear one.

    They stand in one row, or one a line.
    """
    for number in range(len(above) - 1, -1, -1):
        line = above[number]
        times = [at for at, cell in enumerate(line.cells) if _time_head().fullmatch(cell.text)]
        if not times:
            if not line.is_row and len(line.cells[0].text) > _LONGEST_NAME:
                return []
            continue
        first, later = times[0], times[1] if len(times) > 1 else len(line.cells)
        names = list(line.cells[first + 1 : later])
        if any(cell.text for cell in names):
            return names
        below = [cell for other in above[number + 1 :] for cell in other.cells]
        return [cell for cell in below if cell.text and not _RULE.fullmatch(cell.text)]
    return []


def _govern_columns(spans: list[TaggedSpan], text: TaggedText, rows: Sequence[_Line], names: Sequence[_Cell]) -> None:
    heads: dict[int, int | None] = {}
    for row in rows:
        column = 0
        for cell in row.cells[1:]:
            if _YEAR.fullmatch(cell.text) and column >= len(names):
                column = 0  # the table goes on beside itself
                continue
            column += 1
            inside = [n for n, s in enumerate(spans) if relation(s) == 0 and cell.start <= text.start(s) < cell.end]
            if not inside or column > len(names):
                continue
            at = column - 1
            while at > 0 and not _has_letters(names[at]):
                at -= 1  # `±%` is the change of the column before it
            if at not in heads:
                heads[at] = _indicator(spans, text, names[at])
            for number in inside:
                if heads[at] is not None:
                    spans[number].head = heads[at]


def _has_letters(cell: _Cell) -> bool:
    return any(character.isalpha() for character in cell.text)


def _indicator(spans: list[TaggedSpan], text: TaggedText, name: _Cell) -> int | None:
    """The INDICATOR in a name, else one made of it and put behind all spans; None where it is not read or another span stands."""
    end = name.start + len(_BRACKET.sub("", name.text))
    first, last = text.piece_at(name.start), text.piece_at(end)
    for number, span in enumerate(spans):
        if span.first < last and span.last > first:
            return number if span.label == "INDICATOR" else None
    if not _has_letters(name) or last <= first or text.pieces[first].start != name.start:
        return None
    spans.append(TaggedSpan("INDICATOR", first, last, _RULED))
    return len(spans) - 1


def _in_order(spans: Sequence[TaggedSpan]) -> list[TaggedSpan]:
    order = sorted(
        range(len(spans)), key=lambda n: (spans[n].first, -spans[n].last, spans[n].label not in PHRASE_LABELS)
    )
    place = {old: new for new, old in enumerate(order)}
    for span in spans:
        span.head = None if span.head is None else place[span.head]
        span.phrase = None if span.phrase is None else place[span.phrase]
    return [spans[n] for n in order]
