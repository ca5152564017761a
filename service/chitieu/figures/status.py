"""Whether a figure is a result, an estimate or a target: from its clause, its bracket, its sentence, its section, its document.

``data/status.tsv`` lists the words and where they count:

- ``clause``: anywhere in the clause before the figure; ``actual`` there only goes before what the section says (`hiện có 12 xã`);
- ``sentence``: those of them that hold for the clauses of their sentence that follow, too;
- ``bracket``: in the bracket around the figure; ``just_before``: right before it, as the name of a plan value;
- ``heading``: in a heading above it, of which the first such word decides; ``weak`` is a target where no wider heading is of results,
  ``year`` only with a year behind the one that is reported on (`một số chỉ tiêu` heads any table).

A phrase with status ``none`` only holds such a word (`chương trình mục tiêu quốc gia`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

from chitieu.contract import Status
from chitieu.figures.tables import either, rows

_WINDOW = 200  # characters before a figure that are looked at as its clause
_NAME = 80  # of them, those that may name a plan value (`kế hoạch vốn được giao: 500 tỷ đồng`)
# A dot inside a number ends no clause; a line break alone may be the wrapping of a page.
_CLAUSE_START = re.compile(r"[;:(\[]|\.(?=\s|$)|\n\s*\n|\n\s*[-+•*]")
_PART = re.compile(r";|\n")
_BRACKET = re.compile(r"[(\[][^()\[\]]{0,60}$")
_CLOSED_BRACKET = re.compile(r"\([^()]*\)|\[\d{1,3}\]")
_OTHER_WORDS = (
    r"đạt|bằng|vượt|tăng|giảm|thực\s+hiện|được(?!\s+(?:giao|phân\s+bổ|duyệt))|còn|với|do|vì|nhờ"
    r"|song|nhưng|đã|mới|giải\s+ngân|trong|so"
)
_NUMBER_NEXT = r"\s*:?\s*$"
_FILLER = rf"(?:\s+(?!(?:{_OTHER_WORDS})(?!\w))(?:[^\W\d_]+|(?:19|20)\d\d)){{0,9}}" + _NUMBER_NEXT
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")

HeadingStatus = Literal["actual", "estimate", "target", "weak"]
_HEADING_STATUSES: dict[str, HeadingStatus] = {
    "actual": "actual",
    "estimate": "estimate",
    "target": "target",
    "weak": "weak",
}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


@cache
def _words(where: str) -> tuple[re.Pattern[str], dict[str, str]]:
    known = {r["phrase"]: r["status"] for r in rows("status") if r["where"] == where}
    return re.compile(either(known)), known


def _found(where: str, text: str) -> list[str]:
    """The statuses that a text's words give, in order, longest words first (`hiệp ước` is no `ước`)."""
    pattern, known = _words(where)
    found = [known[" ".join(m.group().split())] for m in pattern.finditer(text)]
    return [status for status in found if status != "none"]


@cache
def _just_before() -> re.Pattern[str]:
    return re.compile(either(r["phrase"] for r in rows("status") if r["where"] == "just_before") + _FILLER)


@cache
def _plan_bracket() -> re.Pattern[str]:
    """`… chỉ tiêu Nghị quyết (15`: the value of the plan that is named."""
    name = _just_before().pattern.removesuffix(_NUMBER_NEXT)
    return re.compile(name + r"\s*\(\s*(?:dưới|trên|ít\s+nhất|tối\s+thiểu|không\s+quá|từ)?\s*$")


def clause_status(before: str, *, in_phrase: bool = False, plans: str | None = None) -> Status | None:
    """What the words before a figure in its sentence say, or None.

    Args:
        before: the text before the number, not past its sentence.
        in_phrase: the figure is a change, share or attainment, so that a plan named before it is its reference, not its name.
        plans: ``before`` without what names the plan of an attainment; the words of plans are looked for there.
    """
    folded, named = _fold(before), _fold(before if plans is None else plans)
    if not in_phrase:
        bracket = _BRACKET.search(named[-_WINDOW:])
        if bracket and "target" in _found("bracket", bracket.group()):
            return "target"
        if _plan_bracket().search(folded[-_WINDOW:]):
            return "target"
    outer, outer_named = _CLOSED_BRACKET.sub(" ", folded), _CLOSED_BRACKET.sub(" ", named)
    if not in_phrase and _just_before().search(outer_named[-_NAME:]):
        return "target"
    said = {s for s in _found("clause", _last_clause(outer)) if s not in ("target", "expected")}
    said |= {s for s in _found("clause", _last_clause(outer_named)) if s in ("target", "expected")}
    if "target" in said:
        return "target"
    if "estimate" in said:
        return "estimate"
    if "expected" in said:  # `dự kiến` of what is yet to come; beside `ước` it is that estimate
        return "target"
    if "actual" in said:
        return "actual"
    if not _found("sentence", outer_named):
        return None
    for part in reversed(_PART.split(outer_named)[:-1]):
        if "actual" in _found("clause", part):
            return None
        spread = _found("sentence", part)
        if spread:
            return "estimate" if spread[-1] == "estimate" else "target"
    return None


def _last_clause(outer: str) -> str:
    near = re.sub(r"[(\[]\s*$", "", outer[-_WINDOW:])
    return near[max((m.end() for m in _CLAUSE_START.finditer(near)), default=0) :]


def heading_status(heading: str, *, year: int | None = None) -> HeadingStatus | None:
    """What a heading says of the figures under it.

    Args:
        year: the year that the document reports on; `chỉ tiêu` with a later year are targets, of that year results.
    """
    folded = _CLOSED_BRACKET.sub(" ", _fold(heading))
    found = _found("heading", folded)
    if not found:
        return None
    years = [int(m.group()) for m in _YEAR.finditer(folded)]
    if found[0] == "year":
        return "target" if year and years and min(years) > year else None
    if found[0] != "weak":
        return _HEADING_STATUSES[found[0]]
    if "actual" in found:
        return "actual"
    if year and years:
        return "target" if min(years) > year else "actual"
    return "target" if "target" in found else "weak"


def column_status(head: str) -> Status | None:
    """What the head of a table's column says of the figures in it: `Kế hoạch năm 2024`, `Ước thực hiện`, or None."""
    folded = _fold(head).strip(" *_#|")
    first = _words("bracket")[0].match(folded)
    if first and _found("bracket", first.group()):
        return "target"
    status = heading_status(head)
    return "target" if status == "weak" else status


def section_status(
    sections: Sequence[str], *, year: int | None = None, later: Callable[[str], bool] = lambda _: False
) -> Status | None:
    """What the headings above a figure say of it, the nearest first, or None.

    Args:
        sections: headings, widest first.
        year: the year that the document reports on.
        later: whether a heading names a time behind the one that the document reports on (`nhiệm vụ quý IV`).
    """
    weak = False
    for heading in reversed(sections):
        if heading_status(heading) in ("weak", "target") and later(heading):
            return "target"
        status = heading_status(heading, year=year)
        if status == "weak":
            weak = True
        elif status is not None:
            return status
    return "target" if weak else None


_TITLE_BEGINS, _TITLE = 1500, 300
# At the beginning of a line: in capitals, or of a short line that is no sentence.
_PLAN_KIND = re.compile(
    r"(?:^|\n)[^\w\n]*(?:(?:NGHỊ\s+QUYẾT|QUYẾT\s+ĐỊNH|KẾ\s+HOẠCH|CHƯƠNG\s+TRÌNH\s+HÀNH\s+ĐỘNG)(?!\w)"
    r"|(?:Nghị\s+quyết|Quyết\s+định|Kế\s+hoạch|Chương\s+trình\s+hành\s+động)(?!\w)[^\n.;:]{0,200}[^\n.;:,](?=\s*(?:\n|$)))"
)
# `kế hoạch thực hiện nhiệm vụ` plans, `báo cáo tình hình thực hiện kế hoạch` tells.
_PLAN_OF = re.compile(
    r"(?:về|v/v|ban\s+hành|phê\s+duyệt|bổ\s+sung|điều\s+chỉnh|giao|phân\s+bổ|quyết\s+định)(?:\s+(?!kết\s+quả|tình\s+hình|quyết\s+toán)[^\W\d_]+){0,6}?"
    r"\s+(?:nhiệm\s+vụ|mục\s+tiêu|kế\s+hoạch|dự\s+toán|chỉ\s+tiêu|phương\s+hướng|phương\s+án\s+phân\s+bổ)(?!\w)"
    r"|^\s*kế\s+hoạch(?!\w)"
)
_TELLS = re.compile(r"kết\s+quả|tình\s+hình|quyết\s+toán|sơ\s+kết|tổng\s+kết|báo\s+cáo")


def plan_title(text: str) -> str | None:
    """The title of a document that sets targets (a council's resolution on next year's tasks, a plan, a budget), or None."""
    head = unicodedata.normalize("NFC", text[: _TITLE_BEGINS + _TITLE])
    for kind in _PLAN_KIND.finditer(head):
        if kind.start() > _TITLE_BEGINS:
            break
        title = head[kind.start() : kind.start() + _TITLE].lower()
        title = re.split(
            r"căn\s+cứ|hội\s+đồng\s+nhân\s+dân\s+(?:tỉnh|huyện|thành)|\n\s*điều\s+1", title.lstrip("\n*# _")
        )[0]
        found = _PLAN_OF.search(title)
        if found and not _TELLS.search(title[: found.start()]):
            return " ".join(title.split())
    return None
