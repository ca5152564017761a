"""One report in the dresses it comes in: Word with footnotes, web page, and the codes of before Unicode."""

from __future__ import annotations

import io
import zipfile
from html import escape
from itertools import pairwise
from xml.sax.saxutils import escape as xml_escape

from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Without these styles LibreOffice prints the number in front of a note's body as plain text.
_STYLES = (
    f'<w:styles xmlns:w="{_W}"><w:style w:type="paragraph" w:styleId="FootnoteText"><w:name w:val="footnote text"/>'
    '<w:rPr><w:sz w:val="18"/></w:rPr></w:style><w:style w:type="character" w:styleId="FootnoteReference">'
    '<w:name w:val="footnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>'
)
# A paragraph: its text cut at its notes' marks, and the notes' bodies.
Part = tuple[list[str], list[str]]


def parts_of(text: str) -> list[Part]:
    """The paragraphs of a text, notes tied to their places."""
    reading = Reading(SourceText(text))
    out: list[Part] = []
    cuts: list[tuple[int, int, list[int]]] = []
    for paragraph in reading.paragraphs:
        words = reading.text[paragraph.start : paragraph.end]
        if paragraph.anchor is None:
            out.append(([words], []))
            cuts.append((paragraph.start, paragraph.end, []))
            continue
        at = next(n for n in range(len(cuts) - 1, -1, -1) if cuts[n][0] <= paragraph.anchor <= cuts[n][1])
        start, end, marks = cuts[at]
        marks.append(paragraph.anchor)
        bounds = [start, *marks, end]
        pieces = [reading.text[a:b] for a, b in pairwise(bounds)]
        out[at] = (pieces, [*out[at][1], words])
    return out


def word(text: str) -> bytes:
    """A Word file with real footnotes."""

    def run(words: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{xml_escape(words)}</w:t></w:r>'

    body, notes = [], []
    for pieces, bodies in parts_of(text):
        runs = [run(pieces[0])]
        for piece, words in zip(pieces[1:], bodies, strict=True):
            number = len(notes) + 1
            mark = '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'
            runs.append(f'{mark}<w:footnoteReference w:id="{number}"/></w:r>{run(piece)}')
            notes.append(
                f'<w:footnote w:id="{number}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>{mark}<w:footnoteRef/></w:r>'
                f"{run(' ' + words)}</w:p></w:footnote>"
            )
        body.append(f'<w:p><w:pPr><w:jc w:val="both"/></w:pPr>{"".join(runs)}</w:p>')
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}.document.main+xml"/>'
        f'<Override PartName="/word/footnotes.xml" ContentType="{_MAIN}.footnotes+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_MAIN}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/footnotes" Target="footnotes.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{"".join(body)}</w:body></w:document>',
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{_W}"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        f"{''.join(notes)}</w:footnotes>",
        "word/styles.xml": _STYLES,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def web_page(text: str) -> bytes:
    """A web page with raised marks, the notes' bodies at its end."""
    body, notes = [], []
    for pieces, bodies in parts_of(text):
        words = escape(pieces[0])
        for piece, note in zip(pieces[1:], bodies, strict=True):
            notes.append(note)
            words += f"<sup>{len(notes)}</sup>{escape(piece)}"
        body.append(f"<p>{words}</p>")
    body += [f"<p><sup>{number}</sup> {escape(note)}</p>" for number, note in enumerate(notes, 1)]
    menu = "<nav><a href='/'>Trang chủ</a> <a href='/tin'>Tin tức 24</a></nav>"
    return f"<!doctype html><html><head><title>Báo cáo</title></head><body>{menu}{''.join(body)}</body></html>".encode()
