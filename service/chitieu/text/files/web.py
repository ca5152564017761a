"""A web page to its main text: a block a line, a table's row a line, everything that may hold a figure kept.

Nothing of the page runs and nothing that it names is loaded. What is left out is told by its element (`nav`, `script`), or by its name
and its links together: a block called `menu` or `footer` that is not mostly links stays, since lost figures are worse than clutter.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.text.files.raw import Charset, Gathered, Options, Raw, ReadFailure, raised, table

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_RAISED_STYLE = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})",
    re.IGNORECASE,
)
# Pages in TCVN3 and VNI fonts name these, or none: the letters are told apart later.
_SAYS_NOTHING = frozenset({"iso8859-1", "cp1252", "ascii", "iso8859-15"})
_FRAME = 400  # characters in several blocks of a cell: the table sets the page
_LINKS = 0.5  # share of a suspect block's text that stands in links
_ALL_LINKS = 0.9  # from here on its size does not matter
_SMALL = 0.3  # share of the page's text that a suspect block may hold and still be left out
_DIGITS_OF_ADVERT = 0.1  # share of the page's digits that an advertisement may hold and still be left out
_KEPT = frozenset({"pre", "listing", "xmp", "plaintext"})
_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
_NEWLINE = "\x00"  # a line break that the page prints; no page holds this character


class _Row(str):
    """A table's row, a line as it is."""


class _Marker(str):
    """What stands in front of a list item's first line; an empty one ends the item."""


@dataclass(frozen=True, slots=True)
class _Words:
    """`data/web.json`: which elements and names tell the frame of a page from its text."""

    dropped: frozenset[str]
    blocks: frozenset[str]
    suspect_elements: frozenset[str]
    suspect_roles: frozenset[str]
    suspect_names: re.Pattern[str]
    advert_names: re.Pattern[str]


@cache
def _words() -> _Words:
    data: dict[str, list[str]] = json.loads((Path(__file__).parent / "data" / "web.json").read_text("utf-8"))
    adverts = data["advert_names"]
    return _Words(
        frozenset(data["dropped_elements"]),
        frozenset(data["block_elements"]),
        frozenset(data["suspect_elements"]),
        frozenset(data["suspect_roles"]),
        _named(data["suspect_names"] + adverts),
        _named(adverts),
    )


def _named(names: list[str]) -> re.Pattern[str]:
    """A name among the words of a class or id attribute."""
    return re.compile(rf"(?:^|[\s_-])(?:{'|'.join(map(re.escape, names))})(?:$|[\s_-])", re.IGNORECASE)


def read_html(data: bytes, options: Options) -> Raw:
    """The main text of a web page.

    Raises:
        ReadFailure: ``damaged`` (no element at all), ``too_long``.
    """
    import lxml.html
    from lxml import etree

    text, charset = decode_page(data)
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        root = lxml.html.document_fromstring(text.replace("\0", "\ufffd").encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ReadFailure("damaged", f"HTML bị hỏng ({error})", f"the HTML is damaged ({error})") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):  # what is behind it would be lost
        raise ReadFailure("damaged", "các phần tử HTML lồng nhau quá sâu", "its HTML elements are nested too deeply")
    if b"</html" in data[-2048:].lower() and root.find(".//body") is None:
        raise ReadFailure("damaged", "HTML không có thân trang", "the HTML has no body")
    _drop(root)
    gathered = Gathered(options.max_characters)
    for line in _lines(root):
        gathered.add(line)
    return Raw("html", (gathered.text(),), charset=charset)


def decode_page(data: bytes) -> tuple[str, Charset]:
    """A page's characters by its byte order mark, what it declares, or UTF-8; else one for each byte (``bytes``)."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), "unicode"
    if data[:2] == b"<\0":
        return data.decode("utf-16-le", "replace"), "unicode"
    if data[:2] == b"\0<":
        return data.decode("utf-16-be", "replace"), "unicode"
    try:
        return data.decode("utf-8"), "unicode"  # bytes that are valid UTF-8 are, whatever a page declares
    except UnicodeDecodeError:
        pass
    declared = _CHARSET.search(data[:4096])
    if declared:
        try:
            name = codecs.lookup((declared[1] or declared[2]).decode("ascii")).name
            if name == "utf-8" and _mostly_utf8(data):
                return data.decode("utf-8", "replace"), "unicode"
            if name not in _SAYS_NOTHING and name not in ("utf-8", "utf-16", "utf-7") and "utf-16" not in name:
                return data.decode(name), "unicode"
        except (LookupError, UnicodeDecodeError):
            pass
    return data.decode("latin-1"), "bytes"


def _mostly_utf8(data: bytes) -> bool:
    """Whether a page that calls itself UTF-8 is, but for a few broken bytes."""
    text = data.decode("utf-8", "replace")
    good = sum(ord(char) > 127 and char != "\ufffd" for char in text)
    return text.count("\ufffd") < 0.05 * good


def _drop(root: HtmlElement) -> None:
    """Take out what is no text of the page, then what is its frame."""
    for item in list(root.iter()):
        if not isinstance(item.tag, str):
            continue
        hidden = item.get("hidden") is not None or _HIDDEN.search(item.get("style", ""))
        if item.getparent() is not None and (item.tag in _words().dropped or (hidden and item.tag != "body")):
            _remove(item)
    whole = _said(root)
    for item in list(root.iter()):
        if isinstance(item.tag, str) and item.tag not in ("html", "body") and _is_frame_part(item, whole):
            _remove(item)


def _remove(item: HtmlElement) -> None:
    if item.getparent() is not None:
        item.drop_tree()


def _said(item: HtmlElement) -> str:
    return "".join("".join(item.itertext()).split())


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _is_frame_part(item: HtmlElement, whole: str) -> bool:
    """Whether an element is navigation, an advertisement or the like, by its name and by what is in it."""
    words = _words()
    name = f"{item.get('class', '')} {item.get('id', '')}"
    suspect = (
        item.tag in words.suspect_elements
        or item.get("role", "") in _words().suspect_roles
        or _words().suspect_names.search(name) is not None
    )
    if not suspect:
        return False
    text = _said(item)
    linked = sum(len(_said(link)) for link in item.iter("a"))
    if linked >= _ALL_LINKS * len(text):
        return True
    if len(text) > _SMALL * len(whole):
        return False
    if words.advert_names.search(name) and _digits(text) <= _DIGITS_OF_ADVERT * _digits(whole):
        return True
    return linked >= _LINKS * len(text)


def _lines(root: HtmlElement) -> Iterator[str]:
    """The page's lines in order."""
    open_line: list[str] = []
    marker = ""
    for piece in chain(_pieces(root), [None]):
        if piece is None:
            for line in _close(open_line):
                yield marker + line
                marker = ""
            open_line = []
        elif isinstance(piece, _Row):
            yield piece
        elif isinstance(piece, _Marker):
            marker = piece
        else:
            open_line.append(piece)


def _close(pieces: list[str]) -> Iterator[str]:
    for line in "".join(pieces).split(_NEWLINE):
        text = _SPACE.sub(" ", line).strip()
        if text:
            yield text


def _pieces(top: HtmlElement) -> Iterator[str | None]:
    """Texts of an element in order, None where a block begins or ends.

    Walks without recursion: pages with thousands of elements that nothing closes exist.
    """
    from lxml import etree

    blocks = _words().blocks
    kept = 0  # how many elements around print the source's line breaks (`pre`)
    walk = etree.iterwalk(top, events=("start", "end"))
    numbers: dict[HtmlElement, int] = {}  # of the last item of every list
    whole: set[HtmlElement] = set()  # of elements at hand, those that were given in one piece
    for event, item in walk:
        if event == "start":
            pieces = _in_one_piece(item) if item is not top else None
            if pieces is not None:
                yield from pieces
                whole.add(item)
                walk.skip_subtree()
                continue
            kept += item.tag in _KEPT
            if item.tag in blocks and item is not top:
                yield None
                if item.tag == "li":
                    yield _Marker(_marker(item, numbers))
            yield _text(item.text, kept=kept > 0)
            continue
        if item in whole:
            whole.remove(item)
        else:
            kept -= item.tag in _KEPT
            if item.tag in blocks and item is not top:
                yield None
                if item.tag == "li":
                    yield _Marker()
        if item is not top:
            yield _text(item.tail, kept=kept > 0)


def _in_one_piece(item: HtmlElement) -> list[str | None] | None:
    """What a line break, a table or a raised run gives; None for an element that is walked through."""
    if item.tag == "br":
        return [_NEWLINE]
    if item.tag == "table" and not _sets_the_page(item):
        return [None, *(piece for line in _table(item) for piece in (line, None))]
    if item.tag == "sup" or _RAISED_STYLE.search(item.get("style", "")):
        return [raised("".join(item.itertext()))]
    return None


def _text(text: str | None, *, kept: bool) -> str:
    if not text:
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", _NEWLINE) if kept else text


def _marker(item: HtmlElement, numbers: dict[HtmlElement, int]) -> str:
    """What the browser prints in front of a list item: its number, or a dash for its bullet. Counts on in ``numbers``."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "- " if parent is not None and parent.tag == "ul" else ""
    from chitieu.text.files.numbering import in_form

    usual = numbers[parent] + 1 if parent in numbers else _whole(parent.get("start"), 1)
    number = numbers[parent] = _whole(item.get("value"), usual)
    forms = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
    return f"{in_form(number, forms.get(parent.get('type', ''), 'decimal'))}. "


def _whole(text: str | None, otherwise: int) -> int:
    """A whole number of an attribute."""
    bare = (text or "").strip()
    return int(bare) if bare.removeprefix("-").isdecimal() and len(bare) < 9 else otherwise


def _cells(line: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in line if cell.tag in ("td", "th")]


def _sets_the_page(item: HtmlElement) -> bool:
    """Whether a table is the page's frame and no table: one column, tables inside, or long texts of several blocks in a cell."""
    if next(item.iterdescendants("table"), None) is not None:
        return True
    widest = 0
    for line in item.iter("tr"):
        cells = _cells(line)
        widest = max(widest, len(cells))
        for cell in cells:
            blocks = sum(1 for inner in cell.iter("p", "div", "li", "pre", "br"))
            if blocks > 1 and len("".join(cell.itertext())) > _FRAME:
                return True
    return widest <= 1


def _table(item: HtmlElement) -> Iterator[str]:
    """Rows as lines; a cell that spans rows or columns stands in the first of them, and leaves its place empty in the others."""
    caption = next(item.iter("caption"), None)
    if caption is not None:
        yield _inline(caption)
    rows: list[dict[int, str]] = []
    covered: dict[int, tuple[int, int]] = {}  # column -> columns and rows that a cell above still covers from there
    for line in item.iter("tr"):
        row: dict[int, str] = {}
        begun: dict[int, tuple[int, int]] = {}
        column = 0
        for cell in _cells(line):
            while column in covered:
                column += covered[column][0]
            high, wide = _span(cell, "rowspan"), _span(cell, "colspan")
            row[column] = _inline(cell)
            if high > 1:
                begun[column] = (wide, high)
            column += wide
        rows.append(row)
        covered = {at: (wide, high - 1) for at, (wide, high) in (covered | begun).items() if high > 1}
    yield from map(_Row, table(rows))


def _span(cell: HtmlElement, name: str) -> int:
    value = cell.get(name, "1").strip()
    return max(1, min(int(value), 1000)) if value.isdecimal() and len(value) < 6 else 1


def _inline(cell: HtmlElement) -> str:
    """All that a cell says, on one line."""
    said = "".join(" " if piece is None else piece for piece in _pieces(cell))
    return " ".join(said.replace(_NEWLINE, " ").split())
