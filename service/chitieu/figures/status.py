"""Whether a figure is a result, an estimate or a target: from its clause, its bracket, its section.

``data/status.tsv`` lists the words and where they count: anywhere in the ``clause`` before the figure, in the ``bracket`` around it,
``just_before`` it, in a ``heading`` above it. A phrase with status ``none`` only holds such a word (`chương trình mục tiêu quốc gia`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import cast

from chitieu.contract import Status
from chitieu.figures.tables import either, rows

_WINDOW = 200  # characters before a figure that are looked at
_NAME = 80  # of them, those that may name a plan value (`kế hoạch vốn được giao: 500 tỷ đồng`)
# A dot inside a number ends no clause; a line break alone may be the wrapping of a page.
_CLAUSE_START = re.compile(r"[;:(\[]|\.(?!\d)|\n\s*\n|\n\s*[-+•*]")
_BRACKET = re.compile(r"[(\[][^()\[\]]{0,60}$")
_CLOSED_BRACKET = re.compile(r"\([^()]*\)")
_FILLER = r"(?:\s+(?!(?:đạt|bằng|vượt|tăng|giảm|thực\s+hiện|được|còn|với)(?!\w))[^\W\d_]+){0,5}\s*:?\s*$"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


@cache
def _clause_words(where: str) -> tuple[re.Pattern[str], dict[str, str]]:
    known = {r["phrase"]: r["status"] for r in rows("status") if r["where"] == where}
    return re.compile(either(known)), known


def _said(where: str, text: str) -> set[str]:
    """The statuses that a text's words give, longest words first (`hiệp ước` is no `ước`)."""
    pattern, known = _clause_words(where)
    return {known[" ".join(m.group().split())] for m in pattern.finditer(text)} - {"none"}


@cache
def _just_before() -> re.Pattern[str]:
    return re.compile(either(r["phrase"] for r in rows("status") if r["where"] == "just_before") + _FILLER)


def find_status(
    before: str, sections: Sequence[str] = (), *, year: int | None = None, in_phrase: bool = False
) -> Status:
    """The status of a figure by the words before it in its clause, its bracket, and the headings above it.

    Args:
        before: the text before the number, not past its sentence.
        sections: headings, widest first.
        year: the year that the document reports on; a heading with `chỉ tiêu` and a later year holds targets.
        in_phrase: the figure is a change, share or attainment, so that a plan named before it is its reference, not its name.
    """
    folded = _fold(before[-_WINDOW:])
    if not in_phrase:
        bracket = _BRACKET.search(folded)
        if bracket and _said("bracket", bracket.group()):
            return "target"
    outer = _CLOSED_BRACKET.sub(" ", folded)
    clause = outer[max((m.end() for m in _CLAUSE_START.finditer(outer)), default=0) :]
    if not in_phrase and _just_before().search(outer[-_NAME:]):
        return "target"
    said = _said("clause", clause)
    for status in ("target", "estimate"):
        if status in said:
            return cast(Status, status)
    if "expected" in said:  # `dự kiến` of what is yet to come; beside `ước` it is that estimate
        return "target"
    for heading in map(_fold, reversed(sections)):
        said = _said("heading", heading)
        if "actual" in said:
            return "actual"
        if "target" in said or (year and "chỉ tiêu" in heading and _later(heading, year)):
            return "target"
    return "actual"


def _later(heading: str, year: int) -> bool:
    years = [int(m.group()) for m in _YEAR.finditer(heading)]
    return bool(years) and min(years) > year
