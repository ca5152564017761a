"""A document's figures as the checks look at them: by indicator, with the words between them."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from chitieu.contract import Figure, Period, Span
from chitieu.figures.precision import factor
from chitieu.figures.tables import either, rows

_LONGEST_PATH = 8
# Of a table, a row is a sentence.
_SENTENCE_END = re.compile(r"[.!?…](?=\s)|\n[^\S\n]*\n|\n\s*[-+•*]\s|\n\s*\|")
_CLAUSE_END = re.compile(rf"{_SENTENCE_END.pattern}|;(?=\s)|\|")
_LIST = re.compile(r"(?:[,;]|và|hay)?(?: và)?")
_LISTED = 14  # characters around a percentage within which another makes it one of a list
# Figures further apart than this are of another sentence, whatever stands between.
REACH = 400


class View:
    """The figures of one document in text order, and what stands around them."""

    def __init__(self, text: str, spans: Sequence[Span], figures: Sequence[Figure]) -> None:
        self.text = text
        self.figures = sorted(figures, key=lambda f: (f.start, f.end))
        self.spans = {s.id: s for s in spans}
        self.of: dict[str, list[Figure]] = defaultdict(list)
        for figure in self.figures:
            if figure.indicator is not None:
                self.of[figure.indicator].append(figure)
        self.children: dict[str, set[str]] = defaultdict(set)
        for span in spans:
            if span.label == "INDICATOR" and span.in_ is not None:
                self.children[span.in_].add(span.id)
        self.levels = {i: sum(f.kind == "level" for f in found) for i, found in self.of.items()}
        self._starts = {indicator: [f.start for f in found] for indicator, found in self.of.items()}
        self._all_starts = [f.start for f in self.figures]

    def parent(self, indicator: str | None) -> str | None:
        span = self.spans.get(indicator or "")
        return span.in_ if span is not None else None

    def wider(self, indicator: str | None) -> list[str]:
        """The indicators that one stands in, the nearest first; a cycle ends it."""
        found: list[str] = []
        at = self.parent(indicator)
        while at is not None and at != indicator and at not in found and len(found) < _LONGEST_PATH:
            found.append(at)
            at = self.parent(at)
        return found

    def words_of(self, indicator: str | None) -> str:
        span = self.spans.get(indicator or "")
        return folded(span.text) if span is not None else ""

    def before(self, indicator: str, offset: int, reach: int = REACH) -> list[Figure]:
        """An indicator's last few figures before an offset and within reach of it, the nearest first."""
        end = bisect.bisect_left(self._starts.get(indicator, []), offset)
        found = self.of.get(indicator, [])[max(0, end - 6) : end]
        return [f for f in reversed(found) if offset - f.end <= reach]

    def beside(self, indicator: str, offset: int, reach: int) -> Sequence[Figure]:
        """An indicator's figures that begin within reach before or after an offset."""
        starts = self._starts.get(indicator, [])
        low, high = bisect.bisect_left(starts, offset - reach), bisect.bisect_right(starts, offset + reach)
        return self.of.get(indicator, [])[low:high]

    def among(self, start: int, end: int) -> Sequence[Figure]:
        """All figures that begin in ``[start, end)``."""
        return self.figures[bisect.bisect_left(self._all_starts, start) : bisect.bisect_left(self._all_starts, end)]

    def between(self, one: Figure, other: Figure) -> str:
        """The words between two figures, the first before the second; "" out of reach."""
        return folded(self.text[one.end : other.start]) if 0 <= other.start - one.end <= REACH else ""

    def one_sentence(self, one: Figure, other: Figure) -> bool:
        return self._undivided(one, other, _SENTENCE_END)

    def one_clause(self, one: Figure, other: Figure) -> bool:
        return self._undivided(one, other, _CLAUSE_END)

    def _undivided(self, one: Figure, other: Figure, end: re.Pattern[str]) -> bool:
        first, second = (one, other) if one.start <= other.start else (other, one)
        return second.start - first.end <= REACH and end.search(self.text, first.end, second.start) is None

    def behind_number(self, figure: Figure) -> str:
        """The words of a figure's phrase behind its number."""
        phrase = self.spans.get(figure.phrase or "")
        return folded(self.text[figure.end : phrase.end]).strip(" .,;:()") if phrase is not None else ""

    def sentence_before(self, figure: Figure) -> str:
        """The words of a figure's sentence before it, within reach."""
        words = self.text[max(0, figure.start - REACH) : figure.start]
        ends = [m.end() for m in _SENTENCE_END.finditer(words)]
        return folded(words[ends[-1] if ends else 0 :])

    def sentence_end(self, offset: int) -> int:
        """Where the sentence or list item at an offset ends, at most ``REACH`` characters on."""
        found = _SENTENCE_END.search(self.text, offset, offset + REACH)
        return found.start() if found is not None else min(len(self.text), offset + REACH)

    def mention_start(self, figure: Figure) -> int:
        """Where the words about a figure begin: its own start, that of its phrase or of its indicator."""
        spans = (self.spans.get(figure.phrase or ""), self.spans.get(figure.indicator or ""))
        return min([figure.start, *(s.start for s in spans if s is not None)])

    def led_in(self, whole: Figure, part: Figure) -> bool:
        """Whether the words between say that the second is a part of the first: `trong đó`, `gồm`, or an open bracket."""
        if part_words()[0].search(self.between(whole, part)) is not None:
            return True
        at = self.text.rfind("(", whole.end, part.start)
        # A bracket behind another figure is about that one.
        return at >= 0 and self.text.find(")", at, part.start) < 0 and not self.among(whole.end, at)

    def adds_up(self, figure: Figure) -> bool:
        """Whether a quantity's parts are smaller than it: no ratio, average or price, nothing that can be negative."""
        if is_ratio(figure) or (figure.value or "").startswith("-"):
            return False
        path = [figure.indicator, *self.wider(figure.indicator)]
        return not any(average_words().search(self.words_of(i)) for i in path)

    def is_listed(self, percentage: Figure) -> bool:
        """Whether another percentage stands right beside one (`tương ứng 88,4%, 74,7%`): which is whose, the order alone says."""
        around = self.among(percentage.start - _LISTED, percentage.end + _LISTED)
        return any(
            f is not percentage
            and is_percent(f)
            and _LIST.fullmatch(folded(self.text[min(f.end, percentage.end) : max(f.start, percentage.start)]))
            for f in around
        )

    def noun(self, figure: Figure) -> str | None:
        """The first word of what a figure counts: of its unit, or of its indicator where it has none; None of what is measured."""
        unit = figure.known_unit
        if unit is None:
            return self.words_of(figure.indicator).split(" ")[0] or None
        if unit.dimension != "count" or factor(figure) != 1:
            return None
        return folded(unit.text).split(" ")[0]

    def comparable(self, one: Figure, other: Figure) -> bool:
        """Whether two quantities are of one measure: the same base unit, or things counted by the same noun."""
        mine, its = one.known_unit, other.known_unit
        if mine is not None and mine.id is not None and its is not None and mine.id == its.id:
            return True
        noun = self.noun(one)
        return noun is not None and noun == self.noun(other)


def folded(text: str) -> str:
    """NFC, lower case, white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def is_percent(figure: Figure) -> bool:
    """Whether a figure is printed in percent, not in points or per mille."""
    return figure.known_unit is not None and figure.known_unit.id == "percent"


def is_ratio(figure: Figure) -> bool:
    """Whether a figure is itself a ratio or has one below the line (`tấn/ha`): parts of such a whole need not be smaller."""
    dimension = figure.known_unit.dimension if figure.known_unit is not None else None
    return dimension is not None and ("_per_" in dimension or dimension in _RATIOS)


_RATIOS = frozenset({"ratio", "percentage_point", "multiple", "score", "rank", "temperature", "time"})


def is_level(figure: Figure) -> bool:
    """Whether a figure is a level of one number."""
    return figure.kind == "level" and figure.form == "plain" and figure.number is not None


def days(period: Period | None) -> tuple[str | None, str | None] | None:
    """First and last day of a period."""
    return (period.start, period.end) if period is not None else None


def one_time(one: Figure, other: Figure) -> bool:
    """Whether two figures hold for one period and are both a plan's or both not."""
    return days(one.period) == days(other.period) and (one.status == "target") == (other.status == "target")


@cache
def part_words() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of the words that lead parts in, and of each whether the parts are ``all`` of the whole or ``within`` it."""
    return re.compile(either(row["phrase"] for row in rows("part_words"))), {
        row["phrase"]: row["says"] for row in rows("part_words")
    }


@cache
def average_words() -> re.Pattern[str]:
    """A pattern of the words of quantities that do not add up."""
    return re.compile(either(row["phrase"] for row in rows("average_words")))
