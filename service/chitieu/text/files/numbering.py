"""What Word's styles and list definitions say of a paragraph or run: the marker in front of it, whether it is raised or hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9
_BASED_ON = 20  # styles in a chain at most; files with circles exist
_RAISED_BY = 4  # half-points of `w:position`
_LETTERS = 26 * 30  # numbers that letters are used for, at most
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"),
    (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def tag(item: _Element) -> str:
    """An element's name without its namespace; empty for comments and processing instructions."""
    name = item.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def child(item: _Element, name: str) -> _Element | None:
    """The first child of a name, whatever its namespace (Word writes two sets of them)."""
    return next((inner for inner in item if tag(inner) == name), None)


def attribute(item: _Element, name: str) -> str | None:
    """An attribute by its name without its namespace."""
    return next((str(value) for key, value in item.attrib.items() if str(key).rpartition("}")[2] == name), None)


def _value(parent: _Element | None, name: str) -> str | None:
    inner = child(parent, name) if parent is not None else None
    return attribute(inner, "val") if inner is not None else None


def to_int(text: str | None, default: int = 0) -> int:
    """A number that an attribute holds, or the default where it holds none."""
    try:
        return int(text) if text is not None else default
    except ValueError:
        return default


class Styles:
    """The styles of a Word file, each with the one that it is based on."""

    def __init__(self, root: _Element | None) -> None:
        self._by_id: dict[str, _Element] = {}
        for style in root if root is not None else ():
            if tag(style) == "style":
                self._by_id[attribute(style, "styleId") or ""] = style

    def chain(self, style_id: str | None) -> list[_Element]:
        """A style, the one that it is based on, and so on."""
        out: list[_Element] = []
        while style_id in self._by_id and len(out) < _BASED_ON:
            style = self._by_id[style_id]
            out.append(style)
            style_id = _value(style, "basedOn")
        return out

    def _property(self, properties: _Element | None, name: str) -> _Element | None:
        """A run's property, its own or of its character style."""
        if properties is None:
            return None
        own = child(properties, name)
        if own is not None:
            return own
        for style in self.chain(_value(properties, "rStyle")):
            inner = child(style, "rPr")
            found = child(inner, name) if inner is not None else None
            if found is not None:
                return found
        return None

    def is_on(self, properties: _Element | None, name: str) -> bool:
        """Whether a switch is on for a run."""
        found = self._property(properties, name)
        return found is not None and attribute(found, "val") not in ("0", "false", "off", "none")

    def is_raised(self, properties: _Element | None) -> bool:
        """Whether a run is set as superscript, or lifted by hand."""
        found = self._property(properties, "vertAlign")
        if found is not None:
            return attribute(found, "val") == "superscript"
        lifted = self._property(properties, "position")
        return lifted is not None and to_int(attribute(lifted, "val")) >= _RAISED_BY


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False


@dataclass(slots=True)
class _List:
    """A list definition: its levels, and how far each has been counted."""

    levels: dict[int, _Level] = field(default_factory=dict)
    counted: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a Word file, counted as paragraphs are asked for in order."""

    def __init__(self, root: _Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists: dict[str, _List] = {}
        self._of_num: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        links: dict[str, str] = {}
        for item in root if root is not None else ():
            if tag(item) == "abstractNum":
                key = attribute(item, "abstractNumId") or ""
                self._lists[key] = _List(
                    {to_int(attribute(level, "ilvl")): _level(level) for level in item if tag(level) == "lvl"}
                )
                links[key] = _value(item, "numStyleLink") or ""
            elif tag(item) == "num":
                key = attribute(item, "numId") or ""
                self._of_num[key] = _value(item, "abstractNumId") or ""
                self._read_overrides(key, item)
        for key, style_id in links.items():
            if style_id:
                self._follow(key, style_id)

    def _read_overrides(self, key: str, item: _Element) -> None:
        for override in item:
            if tag(override) == "lvlOverride":
                start = _value(override, "startOverride")
                if start is not None:
                    self._restarts.setdefault(key, {})[to_int(attribute(override, "ilvl"))] = to_int(start, 1)

    def _follow(self, key: str, style_id: str) -> None:
        """A definition that only names a list style has the levels of that style's list."""
        for style in self._styles.chain(style_id):
            number = _value(_properties(style), "numId")
            target = self._lists.get(self._of_num.get(number or "", ""))
            if target is not None and target.levels:
                self._lists[key].levels = target.levels
                return

    def marker(self, paragraph: _Element) -> str:
        """The marker that Word prints in front of a paragraph: `1.`, `a)`, `II.`, `-` for bullets; empty where there is none."""
        number, depth = self._find(paragraph)
        target = self._lists.get(self._of_num.get(number, ""))
        if not number or number == "0" or target is None:
            return ""
        for at, start in self._restarts.pop(number, {}).items():
            target.counted[at] = start - 1
            for deeper in range(at + 1, _LEVELS):
                target.counted.pop(deeper, None)
        level = target.levels.get(depth, _Level(text=f"%{depth + 1}."))
        target.counted[depth] = target.counted.get(depth, level.start - 1) + 1
        for deeper in range(depth + 1, _LEVELS):
            target.counted.pop(deeper, None)
        return _print(target, depth, level)

    def _find(self, paragraph: _Element) -> tuple[str, int]:
        """The paragraph's list and level: its own, or of its style."""
        properties = child(paragraph, "pPr")
        if properties is None:
            return "", 0
        own = child(properties, "numPr")
        if own is not None and _value(own, "numId") is not None:
            return _value(own, "numId") or "", to_int(_value(own, "ilvl"))
        for style in self._styles.chain(_value(properties, "pStyle")):
            listed = _properties(style)
            if listed is not None and _value(listed, "numId") is not None:
                depth = _value(own, "ilvl") if own is not None else _value(listed, "ilvl")
                return _value(listed, "numId") or "", to_int(depth)
        return "", 0


def _properties(style: _Element) -> _Element | None:
    inner = child(style, "pPr")
    return child(inner, "numPr") if inner is not None else None


def _level(item: _Element) -> _Level:
    return _Level(
        start=to_int(_value(item, "start"), 1),
        form=_value(item, "numFmt") or "decimal",
        text=_value(item, "lvlText") or "",
        legal=child(item, "isLgl") is not None,
    )


def _print(target: _List, depth: int, level: _Level) -> str:
    if level.form == "bullet":
        return "-"
    if level.form == "none" and "%" not in level.text:
        return level.text.strip()

    def number(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        other = target.levels.get(at, _Level())
        value = target.counted.get(at, other.start)
        return in_form(value, "decimal" if level.legal else other.form)

    return _PLACE.sub(number, level.text).strip()


def in_form(value: int, form: str) -> str:
    """A number as a list prints it: decimal, Roman or letters; forms of other scripts as decimal."""
    if form in ("upperLetter", "lowerLetter") and 0 < value <= _LETTERS:
        letter = chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("upperRoman", "lowerRoman") and 0 < value < 4000:
        out = ""
        for worth, sign in _ROMAN:
            out += sign * (value // worth)
            value %= worth
        return out if form == "upperRoman" else out.lower()
    if form == "decimalZero":
        return f"{value:02d}"
    return "" if form == "none" else str(value)
