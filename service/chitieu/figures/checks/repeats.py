"""One quantity printed twice: what agrees within its digits repeats, what does not is a conflict."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from chitieu.contract import Check, Figure, Observation
from chitieu.figures.checks.view import View
from chitieu.figures.numbers import plain
from chitieu.figures.precision import base_unit, quantity, same_quantity

# More values than this under one name are the cells of a table or the cases of a list, no contradiction.
_MOST_CONFLICTING = 3
# A sentence that names a plan can hold its value, whatever its status was read as.
_PLAN = re.compile(r"kế hoạch|mục tiêu|chỉ tiêu|dự toán|phấn đấu|kịch bản|dự kiến|dự báo|nghị quyết")
# So many digits do not meet by chance under a short name that no catalogue knows.
_TELLING = 3


def repeats(observations: Sequence[Observation], by_id: Mapping[str, Figure]) -> Iterator[Check]:
    """`repeat`: each later or coarser statement of a row's level against it."""
    for row in observations:
        level = by_id.get(row.level or "")
        if level is None or level.form != "plain" or quantity(level) is None:
            continue
        for again in (by_id[i] for i in row.repeats if i in by_id):
            stated, computed = quantity(again), quantity(level)
            if again.form != "plain" or stated is None or computed is None or again.indicator == level.indicator:
                continue
            if row.indicator.catalogue is None and _digits(level) < _TELLING:
                continue
            yield Check(
                kind="repeat",
                figures=[again.id, level.id],
                stated=plain(stated),
                computed=plain(computed),
                ok=same_quantity(again, level),
            )


def _digits(figure: Figure) -> int:
    return len((figure.number or "").replace(".", "").strip("-0"))


def _is_slip(one: Figure, other: Figure) -> bool:
    """Whether two numbers differ as by a slip of the pen: in one digit, or in two that changed places.

    Others are of two times, plans or places, whatever was read of that.
    """
    a, b = one.number or "", other.number or ""
    if len(a) != len(b) or min(_digits(one), _digits(other)) < _TELLING:
        return False
    apart = [at for at in range(len(a)) if a[at] != b[at]]
    swapped = len(apart) == 2 and apart[1] - apart[0] == 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]
    return len(apart) == 1 or swapped


def conflicts(view: View, observations: Sequence[Observation], by_id: Mapping[str, Figure]) -> Iterator[Check]:
    """`conflict`: two values of one indicator, period, status and unit, where the text names the indicator twice; never ok."""
    stated: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for row in observations:
        level = by_id.get(row.level or "")
        if level is None or level.known_unit is None or level.form != "plain" or level.bound != "exact":
            continue
        path = tuple(p.casefold() for p in row.indicator.path)
        # Short names that no catalogue knows (`phát hiện`) mean another thing in another section.
        place = () if row.indicator.catalogue else tuple(row.section)
        period = row.period and (row.period.start or row.period.text, row.period.end)
        stated[path, place, period, row.status, base_unit(level)].append(level)
    for levels in stated.values():
        if len(levels) > _MOST_CONFLICTING:
            continue
        known = levels[0]
        for level in levels[1:]:
            # Two values of one mention are told in one breath: of two times, places or cases, whatever was read of that.
            if level.indicator == known.indicator:
                continue
            a, b = quantity(known), quantity(level)
            if a is None or b is None or same_quantity(known, level) or not _is_slip(known, level):
                continue
            if not any(_PLAN.search(view.sentence_before(f)) for f in (known, level)):
                yield Check(kind="conflict", figures=[known.id, level.id], stated=plain(a), computed=plain(b), ok=False)
