"""Word (docx) to text: the body in order, a paragraph a line, a table's row a line, footnotes behind the paragraph of their mark.

The members are unpacked and parsed one by one (`zips.Archive`): only those with text, each counted while it unpacks.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chitieu.text.files.numbering import Numbering, Styles, attribute, child, tag, to_int
from chitieu.text.files.raw import Gathered, Options, Raw, ReadFailure, raised
from chitieu.text.files.raw import table as as_lines

if TYPE_CHECKING:
    from lxml.etree import _Element

    from chitieu.text.files.zips import Archive

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_LONG_CELL = 1000  # characters in several paragraphs: the table is the page's frame, not a table
_MOST_SKIPPED = 64  # columns
_SPACE = re.compile(r"[^\S\n\t]*\n[^\S\n]*")
# What only wraps text: content controls, inserted and moved-in revisions, hyperlinks, fields, smart tags.
_WRAPPERS = frozenset(
    {"sdt", "sdtContent", "ins", "moveTo", "hyperlink", "fldSimple", "smartTag", "customXml", "dir", "bdo"}
)
# What the usual signs of the font Symbol stand for.
_SYMBOLS = {
    0xA3: "≤", 0xB3: "≥", 0xB0: "°", 0xB1: "±", 0xB4: "×", 0xB7: "•", 0xB9: "≠",
    0xBB: "≈", 0xD7: "⋅", 0xDE: "⇒", 0xA5: "∞",
}  # fmt: skip


def read_docx(archive: Archive, options: Options) -> Raw:
    """The text of a Word file; headers and footers are left out.

    Raises:
        ReadFailure: ``damaged``, ``too_large`` (unpacked), ``too_long``.
    """
    name, related = _main_part(archive)
    root = archive.xml(name)
    body = child(root, "body")
    if body is None:
        raise ReadFailure("damaged", "tệp Word không có thân văn bản", "the Word file has no body")
    reader = _Reader(
        Numbering(
            _optional(archive, related.get("numbering")), styles := Styles(_optional(archive, related.get("styles")))
        ),
        styles,
        {kind: _notes(_optional(archive, related.get(kind))) for kind in ("footnotes", "endnotes")},
        options,
    )
    reader.blocks(body)
    return Raw("docx", (reader.gathered.text(),))


def _main_part(archive: Archive) -> tuple[str, dict[str, str]]:
    """The main part's name, and the names of its parts by the last word of their relationship's type."""
    name = _relations(archive, "").get("officeDocument")
    if name is None or name not in archive.names:
        name = next(
            (n for n in sorted(archive.names) if re.fullmatch(r"word/document\d*\.xml", n)), "word/document.xml"
        )
    return name, _relations(archive, name)


def _relations(archive: Archive, part: str) -> dict[str, str]:
    folder, base = posixpath.split(part)
    listing = posixpath.join(folder, "_rels", f"{base}.rels")
    if listing not in archive.names:
        return {}
    found: dict[str, str] = {}
    for relation in archive.xml(listing).iter(_RELATIONSHIP):
        if relation.get("TargetMode") == "External":  # nothing outside is ever opened
            continue
        target = relation.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found.setdefault(relation.get("Type", "").rpartition("/")[2], path)
    return found


def _optional(archive: Archive, name: str | None) -> _Element | None:
    return archive.xml(name) if name is not None and name in archive.names else None


def _notes(root: _Element | None) -> dict[str, _Element]:
    """Footnotes or endnotes by id, separators aside."""
    if root is None:
        return {}
    return {
        attribute(note, "id") or "": note
        for note in root
        if tag(note) in ("footnote", "endnote") and attribute(note, "type") in (None, "normal")
    }


class _Reader:
    """Walks a body; what it holds goes to ``gathered``."""

    def __init__(
        self, numbering: Numbering, styles: Styles, notes: dict[str, dict[str, _Element]], options: Options
    ) -> None:
        self.gathered = Gathered(options.max_characters)
        self._numbering = numbering
        self._styles = styles
        self._notes = notes
        self._numbers: dict[tuple[str, str], int] = {}  # of every note that was mentioned
        self._due: list[tuple[int, _Element]] = []  # bodies to give behind the paragraph at hand
        self._boxes: list[_Element] = []  # text boxes anchored in it
        self._in_note = False

    def blocks(self, parent: _Element) -> None:
        for item in parent:
            what = tag(item)
            if what == "p":
                self._line(self._paragraph(item))
                self._flush()
            elif what == "tbl":
                self._table(item)
                self._flush()
            elif what in _WRAPPERS:
                self.blocks(item)
            elif what == "AlternateContent":
                self.blocks(_alternative(item))

    def _line(self, text: str) -> None:
        for line in text.split("\n"):
            if line.strip():
                self.gathered.add(line.strip())

    def _flush(self) -> None:
        """Give what was anchored or mentioned: text boxes, then bodies of notes."""
        while self._boxes or self._due:
            boxes, self._boxes = self._boxes, []
            for box in boxes:
                self.blocks(box)
            due, self._due = self._due, []
            for number, note in due:
                self._in_note = True
                said = " ".join(" ".join(self._plain(note)).split())
                self._in_note = False
                self._line(f"[{number}] {said}")

    def _plain(self, parent: _Element) -> Iterator[str]:
        """Paragraphs of a note or a cell, those of tables in it included."""
        for item in parent:
            what = tag(item)
            if what == "p":
                yield self._paragraph(item)
            elif what == "tbl":
                for cells in _rows(item):
                    yield " ".join(text for cell in cells if cell is not None for text in self._plain(cell))
            elif what in _WRAPPERS:
                yield from self._plain(item)
            elif what == "AlternateContent":
                yield from self._plain(_alternative(item))

    def _paragraph(self, paragraph: _Element) -> str:
        marker = self._numbering.marker(paragraph)
        text = _SPACE.sub("\n", "".join(self._runs(paragraph))).strip()
        return f"{marker} {text}".strip() if text else ""

    def _runs(self, parent: _Element) -> Iterator[str]:
        """What is printed of a paragraph; raised runs of digits that Word cut up are read as one."""
        run: list[str] = []  # raised text at hand
        for text, is_raised in self._inline(parent):
            if is_raised:
                run.append(text)
                continue
            if run:
                yield raised("".join(run))
                run = []
            yield text
        if run:
            yield raised("".join(run))

    def _inline(self, parent: _Element) -> Iterator[tuple[str, bool]]:
        for item in parent:
            what = tag(item)
            if what == "r":
                yield from self._run(item)
            elif what in _WRAPPERS:
                yield from self._inline(item)
            elif what == "AlternateContent":
                yield from self._inline(_alternative(item))
            elif what in ("oMath", "oMathPara"):
                yield "".join(part.text or "" for part in item.iter() if tag(part) == "t"), False

    def _run(self, run: _Element) -> Iterator[tuple[str, bool]]:
        properties = child(run, "rPr")
        if self._styles.is_on(properties, "vanish"):
            return
        high = self._styles.is_raised(properties)
        for item in run:
            yield from self._piece(item, high=high)

    def _piece(self, item: _Element, *, high: bool) -> Iterator[tuple[str, bool]]:
        what = tag(item)
        if what == "t":
            yield (item.text or "").replace("\n", " "), high
        elif what in ("tab", "ptab"):
            yield "\t", False
        elif what in ("br", "cr"):
            yield "\n", False
        elif what == "noBreakHyphen":
            yield "-", False
        elif what == "softHyphen":
            yield "\xad", False
        elif what == "sym":
            yield _symbol(item), high
        elif what in ("footnoteReference", "endnoteReference"):
            yield self._mark(what.removesuffix("Reference") + "s", attribute(item, "id") or ""), False
        elif what == "AlternateContent":
            for inner in _alternative(item):
                yield from self._piece(inner, high=high)
        elif what in ("drawing", "pict", "object"):
            self._boxes.extend(_text_boxes(item))

    def _mark(self, kind: str, note_id: str) -> str:
        """`[n]`, counted in the order of first mention; the body is due behind this paragraph."""
        note = self._notes[kind].get(note_id)
        if note is None or self._in_note:
            return ""
        key = (kind, note_id)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self._due.append((self._numbers[key], note))
        return f"[{self._numbers[key]}]"

    def _table(self, table: _Element) -> None:
        rows = list(_rows(table))
        if _is_frame(rows):
            for cells in rows:
                for cell in cells:
                    if cell is not None:
                        self.blocks(cell)
            return
        lines: list[dict[int, str]] = []
        for cells in rows:
            lines.extend(_lines({at: list(self._plain(cell)) for at, cell in enumerate(cells) if cell is not None}))
        for line in as_lines(lines):
            self.gathered.add(line)


def _alternative(item: _Element) -> _Element:
    """The branch of `mc:AlternateContent` that Word itself shows."""
    choice = child(item, "Choice")
    if choice is not None:
        return choice
    fallback = child(item, "Fallback")
    return fallback if fallback is not None else item


def _text_boxes(drawing: _Element) -> Iterator[_Element]:
    """Contents of the text boxes in a drawing, each once; those inside another one come with it."""
    stack = [drawing]
    while stack:
        item = stack.pop()
        if tag(item) == "txbxContent":
            yield item
        elif tag(item) == "AlternateContent":
            stack.append(_alternative(item))
        else:
            stack.extend(reversed(item))


def _symbol(item: _Element) -> str:
    """A character of a symbol font: the usual ones of Symbol, bullets of the others."""
    try:
        code = int(attribute(item, "char") or "", 16)
    except ValueError:
        return ""
    if not 0xF000 <= code <= 0xF0FF:
        return chr(code) if 0x20 <= code < 0xD800 else ""
    if (attribute(item, "font") or "").lower() == "symbol":
        return _SYMBOLS.get(code - 0xF000, chr(code - 0xF000) if code < 0xF07F else "")
    return "•"


def _lines(cells: dict[int, list[str]]) -> Iterator[dict[int, str]]:
    """A row's paragraphs by column as what it shows: rows within the row where every cell has as many, else one row."""
    said = {column: texts for column, texts in cells.items() if any(texts)}
    counts = {len(texts) for texts in said.values()}
    if len(said) > 1 and len(counts) == 1:
        for at in range(counts.pop()):
            yield {column: texts[at] for column, texts in said.items()}
    else:
        yield {column: " ".join(texts) for column, texts in said.items()}


def _rows(table: _Element) -> Iterator[list[_Element | None]]:
    """Cells of every row by column of the table's grid.

    None stands for one that goes on from the row above or from the cell at its left, or is skipped at the row's beginning.
    """
    for line in _inside(table, "tr"):
        properties = child(line, "trPr")
        if properties is not None and child(properties, "del") is not None:
            continue
        cells: list[_Element | None] = []
        skipped = child(properties, "gridBefore") if properties is not None else None
        if skipped is not None:
            cells.extend([None] * min(to_int(attribute(skipped, "val")), _MOST_SKIPPED))
        for cell in _inside(line, "tc"):
            cell_properties = child(cell, "tcPr")
            merged = child(cell_properties, "vMerge") if cell_properties is not None else None
            beside = child(cell_properties, "hMerge") if cell_properties is not None else None
            goes_on = any(way is not None and attribute(way, "val") != "restart" for way in (merged, beside))
            cells.append(None if goes_on else cell)
            span = child(cell_properties, "gridSpan") if cell_properties is not None else None
            if span is not None:
                cells.extend([None] * (min(to_int(attribute(span, "val")), _MOST_SKIPPED) - 1))
        yield cells


def _inside(parent: _Element, wanted: str) -> Iterator[_Element]:
    for item in parent:
        what = tag(item)
        if what == wanted:
            yield item
        elif what in _WRAPPERS:
            yield from _inside(item, wanted)
        elif what == "AlternateContent":
            yield from _inside(_alternative(item), wanted)


def _is_frame(rows: list[list[_Element | None]]) -> bool:
    """Whether a table only sets the page: one column, tables inside, or a cell with a long text of several paragraphs."""
    if all(sum(cell is not None for cell in cells) <= 1 for cells in rows):
        return True
    for cells in rows:
        for cell in cells:
            if cell is None:
                continue
            if next(_inside(cell, "tbl"), None) is not None:
                return True
            paragraphs = list(_inside(cell, "p"))
            if len(paragraphs) > 1 and sum(_length(p) for p in paragraphs) > _LONG_CELL:
                return True
    return False


def _length(item: _Element) -> int:
    """Characters of an element's text."""
    return sum(len(text) for text in item.itertext())
