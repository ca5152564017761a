"""Pieces of a page: what is put into them is escaped unless it is such a piece itself."""

from __future__ import annotations

import re
from html import escape

_CODE = re.compile(r"`([^`]+)`")
_EMPTY = frozenset({"meta", "link", "br"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def el(tag: str, *inside: str | None, **attributes: str | None) -> Html:
    """An element. An attribute is named as in HTML, with a trailing underscore where Python has the word for itself; None leaves it out."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{told}>" + ("" if tag in _EMPTY else f"{joined(*inside)}</{tag}>"))


def joined(*parts: str | None) -> Html:
    """Pieces one after another; None is nothing."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts if part is not None))


def prose(text: str) -> Html:
    """Paragraphs and lists of the little Markdown that descriptions are written in: blank lines, `- `, back-ticks."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.splitlines()]
        items = [inline(line[2:]) for line in lines if line.startswith("- ")]
        before = " ".join(line for line in lines if not line.startswith("- "))
        if before:
            out.append(el("p", inline(before)))
        if items:
            out.append(el("ul", *(el("li", item) for item in items)))
    return Html("".join(out))


def inline(text: str) -> Html:
    """A line in which back-ticks mark code."""
    return Html(_CODE.sub(r"<code>\1</code>", escape(text)))
