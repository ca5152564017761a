"""What the annotation rules fix without doubt, put right behind the model.

Where a span ends can be hard; that `âm` belongs to its number, that `đồng/` goes on below the line, that `nghìn` before `tỷ đồng` is no
unit alone, that a change without a number is none, is not. Each rule works on one list of spans; indices are kept consistent by `without`.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from functools import cache

from chitieu.contract import PHRASE_LABELS
from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.labels import FIGURE_LABELS
from chitieu.tagging.orphans import without_orphans
from chitieu.tagging.tables import govern_tables
from chitieu.tagging.tagged_text import REACH, TaggedText, without
from chitieu.tagging.words import magnitudes, role, unit_words
from chitieu.text.segmentation import Piece

_LENGTH = re.compile(r"(?:k|c|d)?m", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+[23²³]?")
_COMPOUND = re.compile(r"\s*(?:tỷ|tỉ)\s+\d{1,3}(?=\s+triệu)", re.IGNORECASE)
# `33,7 và 31,8%`: the sign of the second is the first one's too.
_SIGN_LATER = re.compile(r"\s*(?:và|hoặc|,|-|–|đến|tới)\s*[\d.,]+\s*(?:%|‰|điểm|phần)", re.IGNORECASE)


def repair(spans: Sequence[TaggedSpan], read: str, pieces: Sequence[Piece]) -> list[TaggedSpan]:
    """The spans with edges and labels put right, less those that the rules do not allow; heads and phrases follow.

    Args:
        spans: as decoded, in text order; changed in place.
        read: the text that pieces are offsets of.
    """
    text = TaggedText(read, pieces)
    for span in spans:
        if span.label not in FIGURE_LABELS:
            _trim(span, text)
    kept = _mentions(list(spans), text)
    return without_orphans(govern_tables(_phrases(kept, text), text), text)


def _mentions(spans: list[TaggedSpan], text: TaggedText) -> list[TaggedSpan]:
    taken = {at for s in spans if s.label not in PHRASE_LABELS for at in range(s.first, s.last)}
    by_first = {s.first: n for n, s in enumerate(spans) if s.label not in PHRASE_LABELS}
    by_last = {s.last: n for n, s in enumerate(spans) if s.label == "INDICATOR"}
    dropped: set[int] = set()
    for number, span in enumerate(spans):
        if number in dropped:
            continue
        if span.label in FIGURE_LABELS:
            _take_sign(span, spans, text, taken, by_last)
            dropped |= _join_compound(span, text, by_first)
            _settle_percent(span, text, taken)
        elif span.label == "UNIT":
            _complete_magnitude(span, text, taken)
            if text.piece(span.last) == "/":
                below = by_first.get(span.last + 1)
                if below is not None and spans[below].label == "UNIT":
                    span.last = spans[below].last
                    dropped.add(below)
            _finish_ratio(span, text, taken)
            exponent = _exponent_behind(span, text)
            if exponent is not None:
                span.last = exponent + 1
                other = by_first.get(exponent)
                if other is not None and spans[other].label == "QUANTITY" and spans[other].last == exponent + 1:
                    dropped.add(other)
        if span.phrase is not None and span.last > spans[span.phrase].last:
            spans[span.phrase].last = span.last
    return without(spans, dropped)


def _trim(span: TaggedSpan, text: TaggedText) -> None:
    """No name, unit or phrase ends in punctuation, or in a bracket that it does not open; no name in a word that leads on."""
    while span.last - span.first > 1:
        last = text.piece(span.last - 1)
        leads_on = span.label == "INDICATOR" and _leads_on().fullmatch(last)
        if last not in tuple(",.;:(") and not (last == ")" and "(" not in text.surface(span)) and not leads_on:
            return
        span.last -= 1


@cache
def _leads_on() -> re.Pattern[str]:
    return re.compile(role("leads on"), re.IGNORECASE)


def _take_sign(
    span: TaggedSpan, spans: Sequence[TaggedSpan], text: TaggedText, taken: set[int], by_last: dict[int, int]
) -> None:
    before = span.first - 1
    if text.piece(before).lower() != "âm" or not text.piece(span.first)[:1].isdigit():
        return
    indicator = spans[by_last[span.first]] if span.first in by_last else None
    if indicator is not None and indicator.last - indicator.first > 1:
        indicator.last = before
        taken.discard(before)
    if before not in taken:
        span.first = before
        taken.add(before)
        if span.phrase is not None:
            spans[span.phrase].first = min(spans[span.phrase].first, before)


def _join_compound(span: TaggedSpan, text: TaggedText, by_first: dict[int, int]) -> set[int]:
    """`825 tỷ 776` before `triệu đồng` is one QUANTITY; returns the spans it swallows."""
    match = _COMPOUND.match(text.text, text.end(span), text.end(span) + REACH)
    if span.label != "QUANTITY" or match is None:
        return set()
    last = bisect.bisect_right([p.end for p in text.pieces[span.last : span.last + 8]], match.end()) + span.last
    swallowed = {by_first[at] for at in range(span.last, last) if at in by_first}
    span.last = last
    return swallowed


def _settle_percent(span: TaggedSpan, text: TaggedText, taken: set[int]) -> None:
    """A PERCENT has a percent sign or says `phần trăm`, `điểm`; a number with a sign right behind it is one."""
    surface = text.surface(span).lower()
    if re.search(r"[%‰]|phần|điểm", surface):
        return
    sign = text.piece(span.last) in ("%", "‰") and span.last not in taken
    if sign and surface[:1].isdigit():
        span.label = "PERCENT"
        span.last += 1
        taken.add(span.last - 1)
    elif span.label == "PERCENT" and not sign and not _SIGN_LATER.match(text.behind(span)):
        span.label = "QUANTITY"


def _complete_magnitude(span: TaggedSpan, text: TaggedText, taken: set[int]) -> None:
    while magnitudes().fullmatch(text.surface(span)):
        match = unit_words().match(text.text, text.end(span))
        if match is None:
            return
        last = span.last
        while last < len(text.pieces) and text.pieces[last].end <= match.end():
            if last in taken:
                return
            last += 1
        if last == span.last:
            return
        taken.update(range(span.last, last))
        span.last = last


def _finish_ratio(span: TaggedSpan, text: TaggedText, taken: set[int]) -> None:
    """`đồng/` + `hộ/tháng`; a line that a number follows (`vụ/724 bị cáo`) is no part of a unit."""

    def goes_on(at: int) -> bool:
        return at not in taken and _WORD.fullmatch(text.piece(at)) is not None

    while True:
        if text.piece(span.last - 1) == "/" and span.last - span.first > 1:
            if not goes_on(span.last):
                span.last -= 1
                break
            span.last += 1
        elif text.piece(span.last) == "/" and span.last not in taken and goes_on(span.last + 1):
            span.last += 2
        else:
            break
    taken.update(range(span.first, span.last))


def _exponent_behind(span: TaggedSpan, text: TaggedText) -> int | None:
    """The piece of a `2` or `3` glued to a length (the layout has glued the one that stood on a line of its own), or None."""
    at = span.last
    if not _LENGTH.fullmatch(text.piece(at - 1)) or text.piece(at) not in ("2", "3"):
        return None
    glued = text.pieces[at - 1].end == text.pieces[at].start
    behind = text.text[text.pieces[at].end : text.pieces[at].end + 2]
    return at if glued and not (behind[:1].isalnum() or (behind[:1] in ",." and behind[1:].isdecimal())) else None


@cache
def _met() -> re.Pattern[str]:
    """A verb and, anywhere behind it, a plan: what an ATTAINMENT without a number says."""
    return re.compile(rf"(?<!\w){role('met')}(?!\w).*?(?<!\w){role('plan')}(?!\w)|^đạt\s+và\s+vượt$", re.I | re.S)


@cache
def _new_level() -> re.Pattern[str]:
    return re.compile(rf"(?:tăng|giảm|nâng|hạ)(?:\s+\w+)?\s+{role('new level')}\s", re.IGNORECASE)


@cache
def _verb_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)((?:{role('verb')}\s+)(?:{role('bound')}\s+)*)$", re.IGNORECASE)


@cache
def _rate_before() -> re.Pattern[str]:
    """`619 hồ sơ, tỷ lệ 33%`: the word for a rate is the SHARE's own."""
    return re.compile(rf"(?<!\w)({role('rate')}\s+(?:{role('bound')}\s+)*)$", re.IGNORECASE)


@cache
def _rate_first() -> re.Pattern[str]:
    return re.compile(role("rate"), re.IGNORECASE)


@cache
def _negation_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)((?:{role('negation')}|{role('coordinated verb')})\s+)$", re.IGNORECASE)


@cache
def _bound_first() -> re.Pattern[str]:
    return re.compile(rf"((?:{role('bound')}\s+)+)\d", re.IGNORECASE)


@cache
def _plan_last() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{role('plan')}|năm)$", re.IGNORECASE)


@cache
def _plan_goes_on() -> re.Pattern[str]:
    return re.compile(
        rf"\s+(?:(?:cả\s+)?năm\s+(?:19|20)\d\d|(?:19|20)\d\d|(?:năm\s+)?{role('issued')})(?!\w)", re.IGNORECASE
    )


@cache
def _loose_end() -> re.Pattern[str]:
    return re.compile(rf"\s{role('loose end')}$", re.IGNORECASE)


def _phrases(spans: list[TaggedSpan], text: TaggedText) -> list[TaggedSpan]:
    holding: dict[int, list[TaggedSpan]] = {}
    for span in spans:
        if span.phrase is not None:
            holding.setdefault(span.phrase, []).append(span)
    dropped: set[int] = set()
    floor = 0  # phrases do not overlap: none begins before the end of the one before it
    for number, span in enumerate(spans):
        if span.label not in PHRASE_LABELS:
            continue
        inside = holding.get(number, [])
        has_number = any(s.label in FIGURE_LABELS for s in inside)
        surface = text.surface(span)
        if _is_none(span, surface, has_number):
            dropped.add(number)
            continue
        _move_start(span, text, spans, number, floor)
        ceiling = next((s.first for s in spans[number + 1 : number + 40] if s.first >= span.last), len(text.pieces))
        _move_end(span, text, inside, ceiling)
        floor = span.last
    return without(spans, dropped)


def _is_none(span: TaggedSpan, surface: str, has_number: bool) -> bool:
    """A CHANGE or SHARE needs a number, an ATTAINMENT one or a verb with a plan; `giảm còn`, `tăng từ` tell levels."""
    if span.label == "ATTAINMENT":
        return not has_number and _met().search(surface) is None
    return not has_number or (span.label == "CHANGE" and _new_level().match(surface) is not None)


def _move_start(span: TaggedSpan, text: TaggedText, spans: Sequence[TaggedSpan], number: int, floor: int) -> None:
    surface = text.surface(span)
    before = text.before(span)
    bound = _bound_first().match(surface)
    match = _verb_before().search(before) if bound or surface[:1].isdigit() else _negation_before().search(before)
    if match is None and span.label == "SHARE":
        match = _rate_before().search(before)
    if match is not None:
        first = text.piece_at(text.start(span) - len(match[1]))
        free = all(s.last <= first or s.first >= span.first for s in spans[max(0, number - 6) : number])
        if first >= floor and free:
            span.first = first
            return
    if bound and not (span.label == "SHARE" and _rate_first().match(surface)):
        span.first = text.piece_at(text.start(span) + bound.end(1))


def _move_end(span: TaggedSpan, text: TaggedText, inside: Sequence[TaggedSpan], ceiling: int) -> None:
    held = max((s.last for s in inside), default=span.first + 1)
    loose = _loose_end().search(text.surface(span))
    while loose is not None:
        last = text.piece_at(text.start(span) + loose.start() + 1)
        if last < held:
            break
        span.last = last
        loose = _loose_end().search(text.surface(span))
    if span.label != "ATTAINMENT":
        return
    while _plan_last().search(text.surface(span)):
        more = _plan_goes_on().match(text.text, text.end(span))
        if more is None:
            return
        last = text.piece_at(more.end())
        if last > ceiling or last <= span.last:
            return
        span.last = last
