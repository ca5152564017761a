"""An answer with what the tables look up in it: figures and spans by id, rows, checks, pages and sentences by place."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from chitieu.contract import Check, Extraction, Figure, Observation, Span

# A paragraph ends at an empty line, behind closing punctuation at a line's end, and before a line that opens with a bullet,
# a number, a heading's mark or is a table's row; where a line is a paragraph, at each line's end.
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n|[.;:!?…][^\S\n]*\n|\n(?=[^\S\n]*(?:[-+*•–#|]|\d+[.)]\s|[a-zđ]\)))")
_LINE = re.compile(r"\n")
_WRAPPED = (None, "txt", "md", "pdf")
_REACH = 2000  # characters of a sentence to either side
# Not behind `TP.`, `ThS.` and the like, nor a number at the head of a list.
_SENTENCE = re.compile(r"(?<!\b[Tt][Pp])(?<!\b[Tt][Xx])(?<!\bT[Ss])(?<!\bThS)(?<![\s\d]\d)[.!?…]+[\"”’)\]]*(?=\s)")


def one_line(text: str) -> str:
    """Composed (NFC), white space and line breaks as one space, none around."""
    return " ".join(unicodedata.normalize("NFC", text).split())


class Context:
    """What is looked up while an answer becomes tables."""

    def __init__(self, answer: Extraction) -> None:
        self.answer = answer
        self.text = answer.document.text
        self.figures = {f.id: f for f in answer.figures}
        self.spans = {s.id: s for s in answer.spans}
        self.row_of: dict[str, str] = {}
        for row in answer.observations:
            for figure in members(row):
                self.row_of[figure] = row.id
        self.checks_of: dict[str, list[Check]] = defaultdict(list)
        for check in answer.checks:
            for figure in check.figures:
                self.checks_of[figure].append(check)
        pages = answer.document.pages or []
        self._page_starts = [page.start for page in pages]
        self._pages = [page.number for page in pages]

    def some(self, ids: Sequence[str]) -> list[Figure]:
        return [self.figures[i] for i in ids]

    def phrase(self, figure: Figure) -> str:
        """The words around a figure: its phrase, or its own."""
        span = self.spans.get(figure.phrase or "")
        return one_line(span.text if span is not None else figure.text)

    def path(self, figure: Figure) -> list[str]:
        """The names of a figure's indicator, widest first; none where the text does not say."""
        span: Span | None = self.spans.get(figure.indicator or "")
        out: list[str] = []
        while span is not None and len(out) < len(self.spans):
            out.append(one_line(span.text))
            span = self.spans.get(span.in_ or "")
        return out[::-1]

    def page(self, start: int) -> int | None:
        """The page that an offset stands on, of a file that has pages."""
        at = bisect.bisect_right(self._page_starts, start) - 1
        return self._pages[at] if at >= 0 else None

    def sentence(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the sentence around a range begins and ends; None where the answer does not hold its text."""
        text = self.text
        if text is None:
            return None
        breaks = _PARAGRAPH if self.answer.document.kind in _WRAPPED else _LINE
        first, last = max(0, start - _REACH), min(len(text), end + _REACH)
        for before in breaks.finditer(text, first, start):
            first = before.end()
        behind = breaks.search(text, end, last)
        if behind is not None:
            last = behind.start() + 1
        for mark in _SENTENCE.finditer(text, first, last):
            if mark.end() <= start:
                first = mark.end()
            elif mark.end() >= end:
                last = mark.end()
                break
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        return first, last


def members(row: Observation) -> list[str]:
    """The ids of all figures of a row, its level first."""
    return [*([row.level] if row.level else []), *row.repeats, *row.changes, *row.shares, *row.attainments]
