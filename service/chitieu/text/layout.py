"""From a view to paragraphs in reading order: layout repairs reading, never offsets.

Two kinds of text come in: one paragraph a line (web pages, Word files), and hard-wrapped lines (PDF text, old files), sometimes
with a blank line after every line. Which one a document is, its own line lengths say. Lines that belong to the page are set
aside, a paragraph that a page's foot interrupts is put together again, and a footnote is read behind the paragraph of its mark.
"""

from __future__ import annotations

from chitieu.text.footnotes import Footnotes, find_footnotes
from chitieu.text.furniture import find_furniture
from chitieu.text.joining import Joiner, Part
from chitieu.text.lines import read_lines
from chitieu.text.tables import stacked_rows


def read_layout(view: str, *, wrapped: bool = True) -> list[Part]:
    """The paragraphs of a view in reading order; ``wrapped`` as in `read_lines`."""
    lines = read_lines(view, wrapped=wrapped)
    rows = stacked_rows(lines)
    furniture = find_furniture(lines).difference(*(range(first, last) for first, last in rows.items()))
    notes = find_footnotes(lines, furniture)
    aside = furniture.union(notes.page_numbers, *(note.lines for note in notes.notes))
    cuts = _cuts(notes)
    main = Joiner(lines, cuts)
    number = 0
    while number < len(lines.lines):
        last = rows.get(number, number + 1)
        if number in rows:
            main.add_row(range(number, last))
        elif number not in aside:
            main.add(number)
        number = last
    bodies: dict[int, list[Part]] = {}
    for note in notes.notes:
        body = Joiner(lines, cuts, begin=note.body_start, anchor=note.mark.start)
        for number in note.lines:
            if number not in furniture:
                body.add(number)
        bodies[note.mark.start] = body.parts
    out: list[Part] = []
    for part in main.parts:
        out.append(part)
        for mark in part.marks:
            out += bodies.pop(mark, [])
    # A mark inside another footnote, or one whose line is none of a paragraph.
    out.extend(part for left in bodies.values() for part in left)
    return [part for part in out if part.ranges]


def _cuts(notes: Footnotes) -> dict[int, list[tuple[int, int]]]:
    """Ranges of marks to leave out, by line, in order."""
    cuts: dict[int, list[tuple[int, int]]] = {}
    for mark in sorted([*(note.mark for note in notes.notes), *notes.orphans], key=lambda m: m.start):
        cuts.setdefault(mark.line, []).append((mark.start, mark.end))
    return cuts
