"""The province or district that a document is about."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick

from chitieu.catalogue.fold import fold
from chitieu.catalogue.tables import read_table
from chitieu.contract import Place

_PREFIXES = ("thành phố ", "tỉnh ", "huyện ", "quận ", "thị xã ", "tp. ", "tp ", "tp.", "tx. ", "tx ")
_HEAD_LINES, _HEAD_CHARACTERS, _READ = 12, 1500, 200_000
_IN_HEAD, _PREFIXED, _BARE = 8.0, 2.0, 1.0
# The best name must stand this much above the next, or the text is about several places.
_LEAD = 2.0
_LEAST = 4.0
_DATE = re.compile(r"(?:tháng\s*|/)(\d{1,2})\s*(?:/|-|năm\s*)\s*(20\d\d)|năm\s+(20\d\d)")


@dataclass(frozen=True, slots=True)
class _Unit:
    level: str
    since_2025: bool
    code: str
    name: str
    within: str


def _bare(name: str) -> str:
    """`Tỉnh Bến Tre` → `bến tre`; a name that is only a number keeps its prefix (`Quận 1`)."""
    lower = name.lower()
    for prefix in _PREFIXES:
        if lower.startswith(prefix) and not lower[len(prefix) :].isdecimal():
            return lower[len(prefix) :]
    return lower


@lru_cache(maxsize=1)
def _units() -> dict[str, tuple[_Unit, ...]]:
    """Units by bare lower-case name."""
    out: dict[str, list[_Unit]] = defaultdict(list)
    for row in read_table("places.tsv", ("level", "valid", "code", "name", "in")):
        unit = _Unit(row["level"], row["valid"].startswith("since"), row["code"], row["name"], row["in"])
        for key in {_bare(row["name"]), _same_length(_bare(row["name"]))}:
            out[key].append(unit)
    return {key: tuple(found) for key, found in out.items()}


def _same_length(lower: str) -> str:
    """Tone marks where the other spelling has them (`khánh hoà`, `khánh hòa`); same length."""
    swaps = (("oà", "òa"), ("oá", "óa"), ("uỳ", "ùy"), ("uý", "úy"), ("uỷ", "ủy"))
    for new, old in swaps:
        if re.search(new + r"\b", lower):
            return re.sub(new + r"\b", old, lower)
        if re.search(old + r"\b", lower):
            return re.sub(old + r"\b", new, lower)
    return lower


@lru_cache(maxsize=1)
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for name in _units():
        automaton.add_word(name, name)
    automaton.make_automaton()
    return automaton


@lru_cache(maxsize=1)
def _folded_names() -> frozenset[str]:
    names = {fold(u.name) for found in _units().values() for u in found}
    bare = {fold(key) for key, found in _units().items() if any(u.level == "province" for u in found)}
    short = {f"tp {fold(key)}" for key, found in _units().items() if any(u.name.startswith("Thành phố") for u in found)}
    return frozenset(names | bare | short)


def is_place_name(folded: str) -> bool:
    """Whether a folded name is that of a province, or of a district with its kind before it."""
    return folded in _folded_names()


def _latest(text: str) -> tuple[int, int]:
    """Year and month of the latest date near the beginning; December where only the year is known… of the past years."""
    latest = (0, 0)
    for match in _DATE.finditer(text[:5000].lower()):
        month, year = (int(match[1]), int(match[2])) if match[2] else (0, int(match[3]))
        latest = max(latest, (year, month))
    return latest


def _mentions(lower: str) -> list[tuple[int, int, str]]:
    """Longest place names that stand as whole words: (start, end, bare name)."""
    found: list[tuple[int, int, str]] = []
    for last, name in _automaton().iter(lower):
        start, end = last - len(name) + 1, last + 1
        if (start and lower[start - 1].isalnum()) or (end < len(lower) and lower[end].isalnum()):
            continue
        while found and found[-1][0] >= start:
            found.pop()
        if not found or found[-1][1] <= start:
            found.append((start, end, name))
    return found


def find_place(text: str) -> Place | None:
    """The province or district that a text is about, or None where it names none, or several alike.

    Names in the first lines weigh most, then those with their kind before them (`tỉnh Bến Tre`), then the frequent ones.
    A text dated July 2025 or later is read with the provinces of that day.
    """
    text = unicodedata.normalize("NFC", text[:_READ])
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    head_end = min(_HEAD_CHARACTERS, _end_of_lines(text, _HEAD_LINES))
    score: dict[tuple[str, str], float] = defaultdict(float)
    printed: dict[tuple[str, str], str] = {}
    for start, end, name in _mentions(lower):
        if not text[start].isupper() and not text[start].isdecimal():
            continue
        before = re.sub(r"\s+", " ", lower[max(0, start - 10) : start])
        prefix = next((p for p in _PREFIXES if before.endswith(p)), "")
        whole_unit = name.startswith(_PREFIXES)
        units = _units()[name]
        district = whole_unit or prefix in ("huyện ", "quận ", "thị xã ", "tx. ", "tx ")
        levels = {u.level for u in units}
        if district or levels == {"district"}:
            # A district is named with its kind, or it may be any word.
            if not prefix and not whole_unit:
                continue
            if not any(u.level == "district" for u in units):
                continue
            level = "district"
        else:
            level = "province"
        weight = (_IN_HEAD if start < head_end else 1.0) * (_PREFIXED if prefix or whole_unit else _BARE)
        score[name, level] += weight
        printed.setdefault((name, level), text[start - len(prefix) if prefix else start : end])
    if not score:
        return None
    ranked = sorted(score.items(), key=lambda item: -item[1])
    (name, level), best = ranked[0]
    provinces = [key for key in score if key[1] == "province"]
    # The province that a district's report names beside it is no rival, nor is a district inside the province.
    rivals = [value for key, value in ranked[1:] if key[1] == level]
    if best < _LEAST or (rivals and best < _LEAD * rivals[0]):
        return None
    since = _latest(lower) >= (2025, 7)
    options = [u for u in _units()[name] if u.level == level]
    if level == "province":
        options = [u for u in options if u.since_2025 == since] or options
    elif len(options) > 1:
        around = {u.name for p, _ in provinces for u in _units()[p] if u.level == "province"}
        options = [u for u in options if u.within in around]
        if len(options) != 1:
            return Place(text=" ".join(printed[name, level].split()))
    return Place(text=" ".join(printed[name, level].split()), code=options[0].code, name=options[0].name)


def _end_of_lines(text: str, count: int) -> int:
    at = 0
    for match in re.finditer(r"[^\n]+", text):
        if match.group().isspace():
            continue
        at = match.end()
        count -= 1
        if not count:
            break
    return at
