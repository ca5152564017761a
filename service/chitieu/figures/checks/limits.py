"""What one number cannot pass: a part its whole, a rise the level reached, a fall all of it, a rank the number ranked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from chitieu.contract import Figure
from chitieu.figures.checks.relation import Related, Sides, ranges
from chitieu.figures.checks.view import View, days, is_level, is_percent, one_time
from chitieu.figures.precision import exactly, open_range

# A level behind its change is what that led to (`tăng 50 giường, lên 150 giường`), not what it started from or the next of a list.
_TO = re.compile(r"(?<!\w)(?:lên|đạt|thành|còn)(?!\w)")
_FROM = re.compile(r"(?<!\w)(?:so|từ|cùng)(?!\w)")
_WHOLE = 400


def parts(view: View) -> Iterator[Related]:
    """`part`: a level led in as a part (`trong đó …`, or alone in the bracket behind), and the level of its whole."""
    for indicator, figures in view.of.items():
        wider = view.wider(indicator)
        if not wider:
            continue
        for part in figures:
            if is_level(part) and view.adds_up(part):
                whole = _whole(view, part, wider)
                if whole is not None:
                    yield Related("part", (part, whole), at_most, relation="at_most")


def _whole(view: View, part: Figure, wider: Sequence[str]) -> Figure | None:
    """The last level before a part of the nearest wider indicator with any, if the words between say that it is the whole."""
    for indicator in wider:
        levels = [f for f in view.before(indicator, part.start, _WHOLE) if f.kind == "level"]
        if levels:
            whole = levels[0]
            fits = is_level(whole) and view.comparable(whole, part) and one_time(whole, part)
            if fits and view.one_sentence(whole, part) and view.adds_up(whole) and view.led_in(whole, part):
                return whole
            return None
    return None


def at_most(figures: Sequence[Figure]) -> Sides | None:
    """The first figure, and the second that it is to be at most."""
    found = ranges(figures)
    return (found[0], found[1]) if found else None


def rises(view: View) -> Iterator[Related]:
    """`rise`: an increase in amount and the level that it led to; a decrease in percent of a level above zero and 100 %."""
    for figures in view.of.values():
        for at, phrase in enumerate(figures):
            if phrase.kind != "change" or phrase.form != "plain" or phrase.number is None:
                continue
            level = _level(view, figures, at)
            if level is None or not view.adds_up(level):
                continue
            if phrase.measure == "amount" and phrase.direction == "up" and view.comparable(phrase, level):
                yield Related("rise", (phrase, level), at_most, relation="at_most")
            elif phrase.measure == "relative" and phrase.direction == "down" and is_percent(phrase):
                yield Related("rise", (phrase,), at_most_all, relation="at_most")


def _level(view: View, figures: Sequence[Figure], at: int) -> Figure | None:
    """The level right before a change in its clause, or right behind it, of the same time; not a base that it is compared with."""
    phrase = figures[at]
    for other in (*reversed(figures[max(0, at - 3) : at]), *figures[at + 1 : at + 2]):
        if other.kind != "level" or other.form not in ("plain", "fraction") or other.number is None:
            continue
        if not view.one_clause(phrase, other) or days(other.period) != days(phrase.period):
            return None
        if other.start > phrase.start:
            between = view.between(phrase, other)
            if _FROM.search(between) or not _TO.search(between):
                return None
        return other
    return None


def at_most_all(figures: Sequence[Figure]) -> Sides | None:
    """A percentage, and 100 %."""
    stated = open_range(figures[0])
    return (stated, exactly(Decimal(1))) if stated is not None else None


def ranks(view: View) -> Iterator[Related]:
    """`rank`: a rank and the number ranked, both in one figure (`48/63`)."""
    for figure in view.figures:
        if figure.form == "rank" and figure.number is not None and figure.denominator:
            yield Related("rank", (figure,), rank, relation="at_most")


def rank(figures: Sequence[Figure]) -> Sides | None:
    """The rank, and the number ranked."""
    number, denominator = figures[0].number, figures[0].denominator
    return (exactly(Decimal(number)), exactly(Decimal(denominator))) if number and denominator else None
