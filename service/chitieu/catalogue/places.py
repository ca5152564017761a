"""The province, district or commune that a document is about.

The body that issues it, named in its letterhead, goes before the names that its text holds. Communes have no list here: they are given
by their words alone. A document of July 2025 or later is read with the provinces of that day. A national body's report is about no
place but one that its letterhead or title names; that of its dateline is where it sits.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick

from chitieu.catalogue.fold import fold
from chitieu.catalogue.tables import read_table
from chitieu.contract import Period, Place, TextRange

_PREFIXES = ("thành phố ", "tỉnh ", "huyện ", "quận ", "thị xã ", "tp. ", "tp ", "tp.", "tx. ", "tx ")
_KINDS = (
    ("huyện ", "huyện "), ("quận ", "quận "), ("thị xã ", "thị xã "), ("tx ", "thị xã "),
    ("thành phố ", "thành phố "), ("tp ", "thành phố "),
)  # fmt: skip
_HEAD_LINES, _HEAD_CHARACTERS, _READ = 12, 1500, 200_000
_IN_HEAD, _PREFIXED, _BARE = 8.0, 2.0, 1.0
# The best name must stand this much above the next, or the text is about several places.
_LEAD = 2.0
_LEAST = 4.0
_MERGER = (2025, 7)  # year and month from which the merged provinces stand
_DATELINE = re.compile(r"(?:^|\n)[^\n,;.]{2,60},\s*ngày\s+\d{1,2}\s+tháng\s+(\d{1,2})\s+năm\s+(20\d\d)", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!đến\s)(?<!trước\s)(?:tháng\s*|\d/)(\d{1,2})\s*(?:/|-|năm\s*)\s*(20\d\d)|(?<!đến\s)(?<!hết\s)năm\s+(20\d\d)"
)
# Bodies of the whole country; `bộ chỉ huy quân sự tỉnh` is none.
_NATIONAL = re.compile(
    r"^[^\w\n]*(?:bộ\s+(?!chỉ\s+huy|đội|tư\s+lệnh|phận|môn|máy)\w|tổng\s+cục\s|chính\s+phủ\b|thủ\s+tướng\b|văn\s+phòng\s+chính\s+phủ"
    r"|quốc\s+hội\b|(?:ủy|uỷ)\s+ban\s+(?:thường\s+vụ\s+quốc\s+hội|dân\s+tộc|chứng\s+khoán)|ngân\s+hàng\s+nhà\s+nước|kiểm\s+toán\s+nhà\s+nước"
    r"|bảo\s+hiểm\s+xã\s+hội\s+việt\s+nam|thanh\s+tra\s+chính\s+phủ|tổng\s+liên\s+đoàn|ban\s+chấp\s+hành\s+trung\s+ương"
    r"|(?:tòa|toà)\s+án\s+nhân\s+dân\s+tối\s+cao|viện\s+kiểm\s+sát\s+nhân\s+dân\s+tối\s+cao)",
    re.MULTILINE,
)
_DAY_FOLLOWS = re.compile(r"\s*,?\s*ngày(?!\w)")
_SENTENCE_ENDS = re.compile(r"[.;:]\s*(?:\n|$)")
# Who issues: a letterhead names the body of a place (`UBND XÃ …`, `HUYỆN ỦY …`) in a short line of its own.
_COMMUNE_BODY = re.compile(
    r"(?:(?:ủy|uỷ)\s+ban\s+nhân\s+dân|ubnd|hội\s+đồng\s+nhân\s+dân|hđnd|đảng\s+(?:ủy|uỷ|bộ))\s+(?=(?:xã|phường|thị\s+trấn|đặc\s+khu)\s)"
)
_COMMUNE_KIND = re.compile(r"(?:xã|phường|thị\s+trấn|đặc\s+khu)[ \t]+")
_WORD = re.compile(r"[\w'’]+[ \t]*")
_PARTY_BODY = re.compile(r"(?:(tỉnh|thành)|(huyện|quận|thị))\s+(?:ủy|uỷ)\s+")
_LETTERHEAD_LINE = 90  # characters


@dataclass(frozen=True, slots=True)
class _Unit:
    level: str
    since_2025: bool
    until: str
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
        unit = _Unit(
            level=row["level"],
            since_2025=row["valid"].startswith("since"),
            until=row["valid"].removeprefix("until ") if row["valid"].startswith("until") else "",
            code=row["code"],
            name=row["name"],
            within=row["in"],
        )
        for key in {_bare(row["name"]), _same_length(_bare(row["name"]))}:
            out[key].append(unit)
    return {key: tuple(found) for key, found in out.items()}


@lru_cache(maxsize=2)
def _names(kind: str) -> dict[str, str]:
    """Other spellings of a bare name, or of a renamed province the old name and the new one."""
    rows = read_table("place_names.tsv", ("printed", "name", "kind"))
    return {row["printed"]: row["name"] for row in rows if row["kind"] == kind}


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
        automaton.add_word(name, (name, name))
    for printed, name in _names("spelling").items():
        automaton.add_word(printed, (printed, name))
    automaton.make_automaton()
    return automaton


@lru_cache(maxsize=1)
def _folded_names() -> dict[str, tuple[str | None, str]]:
    units: dict[str, list[_Unit]] = defaultdict(list)
    for key, found in _units().items():
        for unit in found:
            units[fold(unit.name)].append(unit)
            if unit.level == "province":
                units[fold(key)].append(unit)
            if unit.name.startswith("Thành phố"):
                units[f"tp {fold(key)}"].append(unit)
    return {name: (_one({u.code for u in found}), found[-1].name) for name, found in units.items()}


def _one(codes: set[str]) -> str | None:
    return next(iter(codes)) if len(codes) == 1 else None


def place_named(folded: str) -> tuple[str | None, str] | None:
    """Code and name of the province, or of the district with its kind before it, that a folded name is; None: of no place.

    The code is None where several units of one name are known (a province before and after a merger keeps its code).
    """
    return _folded_names().get(folded)


def _written(lower: str, period: Period | None) -> tuple[int, int]:
    """Year and month of a document: of its dateline, else of the end of its period, else of the latest month or past year it names."""
    dateline = _DATELINE.search(lower[:3000])
    if dateline:
        return int(dateline[2]), int(dateline[1])
    if period is not None and period.end and (not period.start or int(period.end[:4]) - int(period.start[:4]) < 2):
        # Of several years (a term, a plan) the document may be written in any.
        return int(period.end[:4]), int(period.end[5:7])
    latest = (0, 0)
    for match in _DATE.finditer(lower[:5000]):
        month, year = (int(match[1]), int(match[2])) if match[2] else (0, int(match[3]))
        if year < 2030:  # further on stand the years of visions
            latest = max(latest, (year, month))
    return latest


def _mentions(lower: str) -> list[tuple[int, int, str]]:
    """Longest place names that stand as whole words: (start, end, bare name)."""
    found: list[tuple[int, int, str]] = []
    for last, (printed, name) in _automaton().iter(lower):
        start, end = last - len(printed) + 1, last + 1
        if (start and lower[start - 1].isalnum()) or (end < len(lower) and lower[end].isalnum()):
            continue
        while found and found[-1][0] >= start:
            found.pop()
        if not found or found[-1][1] <= start:
            found.append((start, end, name))
    return found


def find_place(text: str, *, period: Period | None = None) -> Place | None:
    """The province, district or commune that a text is about, or None where it names none, or several alike.

    The body in the letterhead decides. Else names in the first lines weigh most, then those with their kind before them
    (`tỉnh Bến Tre`), then the frequent ones. Of a commune only the words are known.

    Args:
        text: composed (NFC), or there are no offsets in ``read_from``.
        period: the document's own, which dates it where it has no dateline.
    """
    read = unicodedata.normalize("NFC", text[:_READ])
    composed = read == text[:_READ]
    lower = read.lower()
    if len(lower) != len(read):
        lower = "".join(c if len(c.lower()) != 1 else c.lower() for c in read)
    head_end = min(_HEAD_CHARACTERS, _end_of_lines(read, _HEAD_LINES))
    commune = _commune(read, lower, head_end)
    if commune:
        return _place(read, *commune, composed=composed)
    national_end = _national_head(read, lower, head_end)
    score: dict[tuple[str, str], float] = defaultdict(float)
    printed: dict[tuple[str, str], tuple[int, int]] = {}
    issuer: tuple[str, str] | None = None
    for start, end, name in _mentions(lower):
        if not read[start].isupper() and not read[start].isdecimal():
            continue
        if national_end is not None and (start >= national_end or _DAY_FOLLOWS.match(lower, end)):
            continue  # a dateline, or one of the many places that such a report names
        prefix, level = _level(read, lower, start, name)
        in_head = start < (head_end if national_end is None else national_end)
        if in_head:
            party = _party_level(lower, start, name)
            if party:
                level, issuer = party, (name, party)
        if level is None:
            continue
        weight = (_IN_HEAD if in_head else 1.0) * (_PREFIXED if prefix or name.startswith(_PREFIXES) else _BARE)
        score[name, level] += weight
        printed.setdefault((name, level), (start - len(prefix), end))
    written = _written(lower, period)
    best = issuer or _best(_as_named_then(score, printed, written))
    if best is None:
        return None
    name, level = best
    options = [u for u in _units()[name] if u.level == level]
    if level == "province":
        options = [u for u in options if u.since_2025 == (written >= _MERGER)] or options
        if _not_yet(name, written):
            options = []
    else:
        options = _of_the_kind(read[slice(*printed[best])], options)
    if level == "district" and len(options) > 1:
        around = {u.name for p, other in score if other == "province" for u in _units()[p] if u.level == "province"}
        options = [u for u in options if u.within in around]
    sure = options and (level == "province" or len(options) == 1)
    return _place(read, *printed[best], composed=composed, unit=options[0] if sure else None)


def _of_the_kind(printed: str, units: list[_Unit]) -> list[_Unit]:
    """Of units that share a name those of the kind that is printed before it: `huyện Cao Lãnh` is not the city; all where none is."""
    lower = " ".join(printed.lower().split()).replace("tp.", "tp ").replace("tx.", "tx ")
    kind = next((long for short, long in _KINDS if lower.startswith(short)), None)
    return [u for u in units if kind and u.name.lower().startswith(kind)] or units


def _national_head(text: str, lower: str, head_end: int) -> int | None:
    """The end of the letterhead and title of a national body's document, None where another body issues it.

    A letterhead stands in capitals; a line of an article may begin with a ministry.
    """
    found = next((m for m in _NATIONAL.finditer(lower, 0, head_end) if text[m.start() : m.end()].isupper()), None)
    line_end = lower.find("\n", found.end()) if found else -1
    if found is None or (line_end if line_end >= 0 else len(lower)) - found.start() > _LETTERHEAD_LINE:
        return None
    ends = _SENTENCE_ENDS.search(lower, found.end(), _HEAD_CHARACTERS)
    return lower.rfind("\n", 0, ends.start()) + 1 if ends else _HEAD_CHARACTERS


def _not_yet(name: str, written: tuple[int, int]) -> bool:
    """Whether a province had another name when a document was written."""
    old = next((old for old, new in _names("renamed").items() if new == name), None)
    return old is not None and (0, 0) < written <= _last_month(old)


def _last_month(name: str) -> tuple[int, int]:
    last = max(unit.until for unit in _units()[name])
    return int(last[:4]), int(last[5:7])


def _as_named_then(
    score: dict[tuple[str, str], float], printed: dict[tuple[str, str], tuple[int, int]], written: tuple[int, int]
) -> dict[tuple[str, str], float]:
    """Scores with those of a renamed province's two names together under the one of the day, where both are printed."""
    out = dict(score)
    for old, new in _names("renamed").items():
        names = (old, "province"), (new, "province")
        if all(name in printed for name in names):
            other, kept = names if written > _last_month(old) else names[::-1]
            out[kept] += out.pop(other)
    return out


def _place(text: str, start: int, end: int, *, composed: bool, unit: _Unit | None = None) -> Place:
    return Place(
        text=" ".join(text[start:end].split()),
        code=unit.code if unit else None,
        name=unit.name if unit else None,
        read_from=TextRange(start=start, end=end) if composed else None,
    )


def _level(text: str, lower: str, start: int, name: str) -> tuple[str, str | None]:
    """The kind printed before a name, and whether the name is meant as a province or a district; None: neither."""
    before = lower[max(0, start - 10) : start]
    spaces = re.sub(r"\s", " ", before)
    prefix = next((p for p in _PREFIXES if spaces.endswith(p)), "")
    units = _units()[name]
    district = name.startswith(_PREFIXES) or prefix in ("huyện ", "quận ", "thị xã ", "tx. ", "tx ")
    if not district and {u.level for u in units} != {"district"}:
        return prefix, "province"
    # A district is named with its kind, or it may be any word.
    known = (prefix or name.startswith(_PREFIXES)) and any(u.level == "district" for u in units)
    return prefix, "district" if known else None


def _party_level(lower: str, start: int, name: str) -> str | None:
    """The level of the place whose party committee stands in the letterhead right before a name."""
    line = lower.rfind("\n", 0, start) + 1
    bodies = list(_PARTY_BODY.finditer(lower, max(line, start - 24), start))
    found = bodies[-1] if bodies else None
    end = lower.find("\n", start)
    if found is None or found.end() != start or (end if end >= 0 else len(lower)) - line > _LETTERHEAD_LINE:
        return None
    units = _units()[name]
    if found[2]:
        return "district" if any(u.level == "district" for u in units) else None
    return next((level for level in ("province", "district") if any(u.level == level for u in units)), None)


def _commune(text: str, lower: str, head_end: int) -> tuple[int, int] | None:
    """Where the commune stands whose body issues the document."""
    for match in _COMMUNE_BODY.finditer(lower, 0, head_end):
        line, end = lower.rfind("\n", 0, match.start()) + 1, lower.find("\n", match.end())
        kind = _COMMUNE_KIND.match(lower, match.end())
        if kind is None or (end if end >= 0 else len(lower)) - line > _LETTERHEAD_LINE:
            continue
        at = kind.end()
        word = _WORD.match(text, at)
        while word and (word.group()[0].isupper() or word.group()[0].isdecimal()):
            at = word.end()
            word = _WORD.match(text, at)
        if at > kind.end():
            return match.end(), len(text[:at].rstrip())
    return None


def _best(score: dict[tuple[str, str], float]) -> tuple[str, str] | None:
    """The name that stands clear above all others of its level, if any."""
    if not score:
        return None
    ranked = sorted(score.items(), key=lambda item: -item[1])
    key, best = ranked[0]
    # The province that a district's report names beside it is no rival, nor is a district inside the province.
    rivals = [value for other, value in ranked[1:] if other[1] == key[1]]
    return None if best < _LEAST or (rivals and best < _LEAD * rivals[0]) else key


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
