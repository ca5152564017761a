"""Whether a figure is a result, an estimate or a target: from its clause, its bracket, its section."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import cast

from chitieu.contract import Status
from chitieu.figures.tables import either, rows

_RESULT_HEADING = re.compile(r"kết quả|thực hiện|đánh giá|tình hình|hạn chế|đạt được")
_CLAUSE_START = re.compile(r"[.;:\n(]")
_BRACKET = re.compile(r"[(\[][^()\[\]]{0,60}$")


@cache
def _pattern(where: str, status: str) -> re.Pattern[str]:
    return re.compile(either(r["phrase"] for r in rows("status") if r["where"] == where and r["status"] == status))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def find_status(before: str, sections: Sequence[str]) -> Status:
    """The status of a level by the words before it in its clause, its bracket, and the headings above it.

    Args:
        before: the text before the number, not past its sentence.
        sections: headings, widest first.
    """
    folded = _fold(before[-160:])
    bracket = _BRACKET.search(folded)
    if bracket and _pattern("bracket", "target").search(bracket.group()):
        return "target"
    clause = folded[max((m.end() for m in _CLAUSE_START.finditer(folded)), default=0) :]
    for status in ("target", "estimate"):
        if _pattern("clause", status).search(clause):
            return cast(Status, status)
    for heading in map(_fold, reversed(sections)):
        if _pattern("heading", "target").search(heading) and not _RESULT_HEADING.search(heading):
            return "target"
        if _RESULT_HEADING.search(heading):
            return "actual"
    return "actual"
