"""Parts that make up a whole: shares against 100 %, listed parts against the total printed before them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from chitieu.contract import Figure
from chitieu.figures.checks.relation import Related, Sides, ranges
from chitieu.figures.checks.view import REACH, View, days, folded, is_level, is_percent, one_time, part_words
from chitieu.figures.precision import Range, exactly, is_counted

_HUNDRED = Decimal(1)
# Shares that add up to less than this beside 100 are a partition misprinted; others are no partition at all.
_NEAR_HUNDRED = Decimal("0.015")
# A list whose sum is further from its total leaves parts out, whatever its words say.
_NEAR_TOTAL = Decimal("0.1")

# Words of a whole that is told by all of its parts, and of a part that is all the rest.
_STRUCTURE = re.compile(r"cơ cấu|t[ỷỉ] trọng|kết cấu")
_REST = re.compile(r"còn lại|khác$")

Lead = Literal["all", "within", "open"]


def hundreds(view: View) -> Iterator[Related]:
    """`sum`: the percentages of the parts of one whole, one of them at least told as a share."""
    wholes: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in view.figures:
        parent = view.parent(figure.indicator)
        if parent is None or not is_percent(figure) or figure.form != "plain" or figure.number is None:
            continue
        if figure.kind in ("level", "share") and figure.bound == "exact":
            wholes[parent, days(figure.period), figure.status].append(figure)
    for key, parts in wholes.items():
        for run in _runs(parts):
            if _may_be_partition(view, run):
                whole, names = view.words_of(str(key[0])), [view.words_of(f.indicator) for f in run]
                sure = len(run) > 2 and bool(_STRUCTURE.search(whole) or any(_REST.search(name) for name in names))
                yield Related("sum", tuple(run), hundred, near=_NEAR_HUNDRED, sure=sure)


def _runs(parts: Sequence[Figure]) -> Iterator[list[Figure]]:
    """The parts that stand near each other, in text order."""
    run: list[Figure] = []
    for part in parts:
        if run and part.start - run[-1].end > REACH:
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _may_be_partition(view: View, parts: Sequence[Figure]) -> bool:
    """Whether percentages can be the shares of one whole, as far as words go."""
    if len(parts) < 2 or len({f.indicator for f in parts}) != len(parts):
        return False
    told = [f for f in parts if f.kind == "share"]
    return bool(told) and len({view.behind_number(f) for f in told} - {""}) <= 1


def hundred(figures: Sequence[Figure]) -> Sides | None:
    """The sum of the percentages, and 100 %."""
    found = ranges(figures)
    return (exactly(_HUNDRED), _added(found)) if found else None


def _added(found: Sequence[Range]) -> Range:
    return sum(found[1:], start=found[0])


def totals(view: View) -> Iterator[Related]:
    """`sum`: parts listed behind their total: equal to it where the words say that they are all, at most it where they do not."""
    for indicator, figures in view.of.items():
        children = view.children.get(indicator)
        if children is not None:
            for total in figures:
                if _is_total(view, total):
                    yield from _list_behind(view, total, children)


def _is_total(view: View, figure: Figure) -> bool:
    if figure.number is None or figure.bound not in ("exact", "about") or not view.adds_up(figure):
        return False
    if figure.kind == "level":
        return figure.form == "plain"
    return figure.kind == "change" and figure.measure == "amount" and figure.form in ("plain", "fraction")


def _list_behind(view: View, total: Figure, children: set[str]) -> Iterator[Related]:
    end = view.sentence_end(total.end)
    behind = view.among(total.end, end)
    first = next((f for f in behind if f.indicator in children and _is_part(view, f, total)), None)
    if first is None:
        return
    start = max(total.end, view.mention_start(first))
    lead = _lead(view.text[total.end : start])
    # Another value in between, and the list is of that one.
    if lead is None or any(
        f.kind == total.kind and _same_measure(view, f, total) for f in view.among(total.end, start)
    ):
        return
    stop = _list_end(view, _bracket_end(view.text, total.end, start, end), first, children)
    listed = [f for f in view.among(start, stop) if f.kind == total.kind and _same_measure(view, f, total)]
    parts = [f for f in listed if f.indicator in children and one_time(f, total)]
    inside = {f.indicator for f in parts}
    # A number of the same things that is no part of the total, nor of a part of it, leaves open what the list holds.
    if any(f.indicator not in inside and inside.isdisjoint(view.wider(f.indicator)) for f in listed):
        return
    if len(parts) < 2 or len(inside) != len(parts) or any(f.bound not in ("exact", "about") for f in parts):
        return
    figures = (*parts, total)
    if lead == "all":
        yield Related("sum", figures, added_up, near=_NEAR_TOTAL)
    elif lead == "open":
        yield Related("sum", figures, added_up, sure=False)
    elif _alike(view, parts):
        yield Related("sum", figures, added_within, relation="at_most")


def _same_measure(view: View, figure: Figure, total: Figure) -> bool:
    if figure.kind == "change":
        return figure.measure == "amount" and (
            view.comparable(figure, total) or (is_counted(figure) and is_counted(total))
        )
    return view.comparable(figure, total)


def _is_part(view: View, figure: Figure, total: Figure) -> bool:
    plain = is_level(figure) or (figure.kind == "change" and figure.direction == total.direction)
    return plain and figure.kind == total.kind and _same_measure(view, figure, total)


def _lead(words: str) -> Lead | None:
    """What the words between a total and its first part say of the list; None where they do not lead one in."""
    before = folded(words).rstrip(" -")
    colon = before.endswith(":")
    before = before.rstrip(" :")
    pattern, says = part_words()
    found = list(pattern.finditer(before))
    if found and found[-1].end() == len(before):
        return "all" if says[found[-1].group()] == "all" else "within"
    return "open" if colon or before.endswith("(") else None


def _list_end(view: View, end: int, first: Figure, children: set[str]) -> int:
    """Where a list ends: at a semicolon, too, where commas part its first two parts."""
    depth, semicolon = 0, -1
    for at in range(first.end, end):
        depth += (view.text[at] == "(") - (view.text[at] == ")")
        if view.text[at] == ";" and depth <= 0:
            semicolon = at
            break
    second = next((f for f in view.among(first.end, end) if f.indicator in children and f.kind == first.kind), None)
    return semicolon if semicolon >= 0 and second is not None and second.start < semicolon else end


def _bracket_end(text: str, begin: int, start: int, end: int) -> int:
    """Where the bracket that a list stands in is closed, or else the end of the sentence."""
    opened = text.rfind("(", begin, start)
    if opened < 0 or text.find(")", opened, start) >= 0:
        return end
    depth = 0
    for at in range(opened, end):
        depth += (text[at] == "(") - (text[at] == ")")
        if not depth:
            return at
    return end


def _alike(view: View, parts: Sequence[Figure]) -> bool:
    """Whether parts are named by one word (`mức độ 3`, `mức độ 4`): such are of one division and do not overlap."""
    return len({view.words_of(f.indicator).split(" ")[0] for f in parts}) == 1


def added_up(figures: Sequence[Figure]) -> Sides | None:
    """The sum of the parts, and the total, the last figure."""
    found = ranges(figures)
    return (found[-1], _added(found[:-1])) if found else None


def added_within(figures: Sequence[Figure]) -> Sides | None:
    """The sum of the parts that is to be at most the total."""
    found = ranges(figures)
    return (_added(found[:-1]), found[-1]) if found else None
