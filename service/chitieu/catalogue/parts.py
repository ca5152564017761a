"""The parts that an indicator is broken down by: what the path of a mention says beyond the name that was found in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast, get_args

from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.index import Index, core, generic_phrases, measure_word_parts
from chitieu.catalogue.places import place_named
from chitieu.catalogue.tables import DATA, invalid, read_table
from chitieu.contract import PartKind

# Words of a mention that only say how or where in general; what is left of them is no part.
_SLIGHT = 2.0


@dataclass(frozen=True, slots=True)
class PathPart:
    """A part: which level of the path names it, from which to which of its words, kind, and code and name where a list has it."""

    level: int
    words: tuple[int, int]
    kind: PartKind
    code: str | None = None
    name: str | None = None


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[PartKind, str]]:
    out: dict[str, tuple[PartKind, str]] = {}
    for line, row in enumerate(read_table("breakdowns.tsv", ("name", "kind", "code")), 2):
        if row["kind"] not in get_args(PartKind):
            kinds = ", ".join(get_args(PartKind))
            raise invalid(
                DATA / "breakdowns.tsv", line, "kind", f"phải là một trong {kinds}", f"must be one of {kinds}"
            )
        star = "*" if row["name"].endswith("*") else ""
        out[fold(row["name"]) + star] = (cast(PartKind, row["kind"]), row["code"])
    return out


@lru_cache(maxsize=1)
def _beginnings() -> tuple[tuple[str, PartKind], ...]:
    return tuple((name[:-1] + " ", kind) for name, (kind, _) in _known().items() if name.endswith("*"))


def is_part_name(folded: str) -> bool:
    """Whether a folded name is that of a usual part (`đô thị`, `khu vực II`), of a place, or of a body that is named."""
    return _part(0, folded).kind != "item" or folded in _known()


def usual_code(text: str) -> str | None:
    """The code of a usual part by its name (`dịch vụ` and `khu vực III` are one, `services`), None of any other."""
    known = _known().get(fold(text))
    return (known[1] or None) if known is not None else None


def _part(level: int, text: str, words: tuple[int, int] | None = None) -> PathPart:
    tokens = text.split()
    start, end = words or (0, len(tokens))
    folded = " ".join(tokens[start:end])
    known = _known().get(folded)
    if known is not None:
        return PathPart(level, (start, end), known[0], known[1] or None)
    place = place_named(folded)
    if place is not None:
        return PathPart(level, (start, end), "place", place[0], place[1])
    kind: PartKind = next((kind for beginning, kind in _beginnings() if folded.startswith(beginning)), "item")
    return PathPart(level, (start, end), kind)


def parts(index: Index, path: Sequence[str], words: frozenset[str], whole: Collection[str] = ()) -> list[PathPart]:
    """The parts in a folded path, widest first.

    Args:
        index: weighs words.
        path: folded, from the widest subject to the mention.
        words: those of the name that was found, of the entry's own name, and of the noun that the unit counts.
        whole: names that mean the entry by themselves: below a level that is one of them every level is a part.

    Below the last level that adds words of the name every level is a part. In that level what is left of it is one, where it says
    something. Above it only places and usual parts are: other wider subjects are context.
    """
    said: set[str] = set()
    last = None
    for level, text in enumerate(path):
        here = words & set(core(text))
        if here - said:
            last = level
        said |= here
        if text in whole:
            last = level
            break
    out: list[PathPart] = []
    for level, text in enumerate(path):
        if last is None or level < last:
            if is_part_name(text) and not set(core(text)) <= words:
                out.append(_part(level, text))
            continue
        left = _left_over(index, text, words)
        if level == last and left is not None:
            out.append(_part(level, text, left))
        elif level > last:
            # `hộ nghèo khu vực nông thôn` below `tỷ lệ hộ nghèo` is rural.
            known = left is not None and is_part_name(" ".join(text.split()[slice(*left)]))
            out.append(_part(level, text, left if known else None))
    return out


def _generic(tokens: Sequence[str]) -> set[int]:
    """Where generic phrases stand among the words of a level."""
    return {
        at
        for start in range(len(tokens))
        for phrase in generic_phrases()
        if tuple(tokens[start : start + len(phrase)]) == phrase
        for at in range(start, start + len(phrase))
    }


def _left_over(index: Index, text: str, words: frozenset[str]) -> tuple[int, int] | None:
    """From the first to the last of a level's words that the name does not have; None where they say little."""
    tokens = text.split()
    # A misprint in a word of the name is no part.
    plain = {unaccented(w) for w in words}
    telling = {w for w in core(text) if unaccented(w) not in plain}
    generic = _generic(tokens)
    at = [n for n, token in enumerate(tokens) if token in telling and n not in generic]
    if {tokens[n] for n in at} <= measure_word_parts() or sum(index.rarity(tokens[n]) for n in at) < _SLIGHT:
        return None
    return at[0], at[-1] + 1
