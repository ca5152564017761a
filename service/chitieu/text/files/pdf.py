"""PDF to text with pdfium: its reading order, a line break a line, raised digits told from what they are glued to.

Runs in a process of its own (`child`): pdfium is C++, and what it reads was written by strangers.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from chitieu.text.files.raw import Options, Raw, RawNotice, ReadFailure, check_length, raised

_DIGITS = re.compile(r"[0-9]+")
_SPACES = " \t\xa0"
_SMALLER = 0.88  # a raised digit's size to its neighbour's, at most
_SAME_SIZE = 0.05
_LIFT = (0.12, 0.9)  # how far above its neighbour's baseline, in sizes of the neighbour
_REACH = 1.5  # how far from its neighbour along the line, likewise
_HYPHEN_HEIGHT = 0.3  # of the font size: a hyphen is flat, the letter that TCVN3 has at the soft hyphen's code is not
_FEW_CHARACTERS = 100  # a scan may carry a stamp, a signature or a page number as text
_PICTURE_SHARE = 0.5  # of the page's area that a scan's pictures cover
_MANY_PATHS = 100  # drawn letters
_FORM_DEPTH = 5
_NOTES_SIZE = 0.92  # of the text's size, at most: lines at a page's foot that are footnotes
_RULE = "_" * 10  # what stands for the line that is drawn above footnotes
_NUMBER = re.compile(r"\W*\d{1,4}\W*$")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and the font size of its first letters, 0 where that is not known."""

    text: str
    size: float


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a character stands: its origin, its font size on the page, the direction that is up for it."""

    x: float
    y: float
    size: float
    up: tuple[float, float]


def read_pdf(data: bytes, options: Options) -> Raw:
    """The text of every page; pages that show something but hold no text are named in ``bare``.

    Raises:
        ReadFailure: ``encrypted``, ``damaged`` (also truncated, or without pages), ``too_large`` (pages), ``too_long``.
    """
    _check_whole(data)
    pdfium.FPDF_InitLibrary()
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    if not document:
        raise _not_opened(pdfium.FPDF_GetLastError())
    pages = pdfium.FPDF_GetPageCount(document)
    if pages < 1:
        raise ReadFailure("damaged", "PDF không có trang nào", "the PDF has no pages")
    if pages > options.max_pages:
        raise ReadFailure(
            "too_large",
            f"PDF có {pages} trang, tối đa {options.max_pages}",
            f"the PDF has {pages} pages, the limit is {options.max_pages}",
            pages=pages,
            limit=options.max_pages,
        )
    printed: list[list[_Line]] = []
    bare: list[int] = []
    unmapped: list[int] = []
    length = 0
    for number in range(1, pages + 1):
        with _loaded_page(document, number) as page, _loaded_text(page, number) as text_page:
            lines = _page_lines(text_page)
            text = "\n".join(line.text for line in lines)
            said = sum(not char.isspace() for char in text)
            if said and text.count("\ufffd") > 0.5 * said:
                unmapped.append(number)
                bare.append(number)
            elif said < _FEW_CHARACTERS and _is_picture(page, said):
                bare.append(number)
        length += len(text) + 1
        check_length(length - 1, options.max_characters)
        printed.append(lines)
    usual = _usual_size(printed)
    texts = ["\n".join(_with_rule(lines, usual)) for lines in printed]
    notices: list[RawNotice] = []
    if unmapped:
        listed = ", ".join(map(str, unmapped[:20]))
        notices.append(
            RawNotice(
                "pages_unmapped",
                f"Phông chữ không cho biết ký tự ở trang {listed}. / The fonts do not tell their characters on page {listed}.",
            )
        )
    return Raw("pdf", tuple(texts), tuple(notices), tuple(bare))


def _check_whole(data: bytes) -> None:
    """A PDF that was cut short still opens, with fewer pages or none of their text: better no answer than half of one."""
    last = data.rfind(b"%%EOF")
    declared = re.search(rb"/Linearized\b[^>]{0,200}?/L\s+(\d+)", data[:2048])
    cut = (
        last < 0
        or (declared is not None and int(declared[1]) > len(data))
        or re.search(rb"\d+\s+\d+\s+obj\b", data[last:]) is not None
    )
    if cut:
        raise ReadFailure("damaged", "PDF bị cắt cụt", "the PDF is cut short: its end is missing")


def _not_opened(code: int) -> ReadFailure:
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return ReadFailure("encrypted", "PDF có mật khẩu", "the PDF is protected by a password")
    return ReadFailure("damaged", "PDF bị hỏng", f"the PDF is damaged (pdfium error {code})")


@contextmanager
def _loaded_page(document: Any, number: int) -> Iterator[Any]:
    page = pdfium.FPDF_LoadPage(document, number - 1)
    if not page:
        raise ReadFailure("damaged", "trang không mở được", "the page cannot be opened", page=number)
    try:
        yield page
    finally:
        pdfium.FPDF_ClosePage(page)


@contextmanager
def _loaded_text(page: Any, number: int) -> Iterator[Any]:
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ReadFailure("damaged", "không lấy được văn bản của trang", "the page's text cannot be taken", page=number)
    try:
        yield text_page
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _page_lines(text_page: Any) -> list[_Line]:
    """The page as pdfium orders it: raised digits marked, line by line, hyphens as printed; no empty line at either end."""
    chars = _characters(text_page)
    text = "".join(chars)
    lifted = {
        start: end
        for match in _DIGITS.finditer(text)
        for start, end in _of_one_size(text_page, match.start(), match.end())
        if _is_raised(text_page, text, start, end)
    }
    for start, end in lifted.items():
        chars[start:end] = raised(text[start:end])
        for before, after in ((end, True), (start - 1, False)):
            _mend_break(text_page, text, chars, before, forward=after)
    for at in _all(text, "\ufffe"):
        chars[at] = _hyphen(text_page, at) + "\n"
    if "\ufffe" in text:
        chars = ["" if c == "\r" else c for c in chars]
    # A form feed parts pages, so none may stand inside one.
    ends = [at for at, char in enumerate(chars) if char and char[-1] in "\r\n\f"]
    lines: list[_Line] = []
    begin = 0
    for end in [*ends, len(chars)]:
        words = "".join(chars[begin : end + 1]).rstrip("\r\n\f").replace("\0", "\ufffd")
        if any("\ud800" <= c <= "\udfff" for c in words):
            words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if not (end in ends and chars[end] == "\n" and end and chars[end - 1] == "\r"):
            lines.append(_Line(words.rstrip(_SPACES), _line_size(text_page, text, begin, end)))
        begin = end + 1
    while lines and not lines[-1].text:
        lines.pop()
    first = next((n for n, line in enumerate(lines) if line.text), 0)
    return lines[first:]


def _line_size(text_page: Any, text: str, start: int, end: int) -> float:
    """The font size of a line's first letter that has one."""
    for at in range(start, min(end, start + 40)):
        if text[at].isalpha():
            place = _place(text_page, at)
            if place is not None:
                return place.size
    return 0.0


def _usual_size(pages: list[list[_Line]]) -> float:
    """The font size that most characters of a document have."""
    count: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            if line.size:
                count[round(line.size, 1)] += len(line.text)
    return count.most_common(1)[0][0] if count else 0.0


def _with_rule(lines: list[_Line], usual: float) -> list[str]:
    """The lines of a page, a rule above the lines of smaller type at its foot: its footnotes."""
    last = len(lines)
    if last and _NUMBER.match(lines[-1].text):  # the page's number may stand below them
        last -= 1
    first = last
    while first and 0 < lines[first - 1].size <= _NOTES_SIZE * usual:
        first -= 1
    texts = [line.text for line in lines]
    return [*texts[:first], _RULE, *texts[first:]] if 0 < first < last else texts


def _characters(text_page: Any) -> list[str]:
    """One string for each character index of pdfium."""
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return []
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    if written == count + 1:
        return (
            list(memoryview(buffer).tobytes()[: 2 * count].decode("utf-16-le", "surrogatepass"))
            if not any(0xD800 <= unit < 0xE000 for unit in buffer)
            else [chr(unit) for unit in buffer[:count]]
        )
    # Characters that pdfium writes as none or several: ask for each.
    chars = [pdfium.FPDFText_GetUnicode(text_page, at) for at in range(count)]
    return [
        "\ufffe" if code == 2 and pdfium.FPDFText_IsHyphen(text_page, at) == 1 else chr(code) if code < 0x110000 else ""
        for at, code in enumerate(chars)
    ]


def _all(text: str, char: str) -> Iterator[int]:
    at = text.find(char)
    while at >= 0:
        yield at
        at = text.find(char, at + 1)


def _place(text_page: Any, at: int) -> _Place | None:
    """Where a character stands, or None where pdfium made it up."""
    if pdfium.FPDFText_IsGenerated(text_page, at) == 1:
        return None
    x, y = ctypes.c_double(), ctypes.c_double()
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetCharOrigin(text_page, at, x, y) or not pdfium.FPDFText_GetMatrix(text_page, at, matrix):
        return None
    scale = math.hypot(matrix.c, matrix.d)
    size = pdfium.FPDFText_GetFontSize(text_page, at) * scale
    if not size > 0 or not math.isfinite(size):
        return None
    return _Place(x.value, y.value, size, (matrix.c / scale, matrix.d / scale))


def _apart(one: _Place, other: _Place) -> tuple[float, float]:
    """How far ``one`` stands along the line and above the baseline of ``other``."""
    dx, dy = one.x - other.x, one.y - other.y
    up_x, up_y = other.up
    return dx * up_y - dy * up_x, dx * up_x + dy * up_y


def _of_one_size(text_page: Any, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of digits cut where the size changes: `15` and a mark `12` behind it are two runs."""
    if end - start > 1:
        sizes = [pdfium.FPDFText_GetFontSize(text_page, at) for at in range(start, end)]
        scales = [_scale(text_page, at) for at in range(start, end)]
        for at in range(start + 1, end):
            one, other = (sizes[at - start - n] * scales[at - start - n] for n in (1, 0))
            if abs(one - other) > _SAME_SIZE * max(one, other):
                yield start, at
                start = at
    yield start, end


def _scale(text_page: Any, at: int) -> float:
    matrix = pdfium.FS_MATRIX()
    return math.hypot(matrix.c, matrix.d) if pdfium.FPDFText_GetMatrix(text_page, at, matrix) else 1.0


def _is_raised(text_page: Any, text: str, start: int, end: int) -> bool:
    """Whether a run of digits is smaller and higher than its neighbour, on the left or else on the right."""
    first = _place(text_page, start)
    if first is None:
        return False
    for at, from_left in ((_neighbour(text, start - 1, -1), True), (_neighbour(text, end, 1), False)):
        place = _place(text_page, at) if at is not None else None
        if place is None or first.size > _SMALLER * place.size:
            continue
        along, above = _apart(first, place)
        along = along if from_left else -along
        near = -0.2 * place.size < along < (_REACH + (0 if from_left else 0.6 * (end - start))) * place.size
        if near and _LIFT[0] * place.size < above < _LIFT[1] * place.size:
            return True
    return False


def _neighbour(text: str, at: int, step: int) -> int | None:
    """The next character that is printed, in one direction; a line break that pdfium put there does not end the search."""
    for _ in range(4):
        if not 0 <= at < len(text):
            return None
        if not text[at].isspace():
            return at
        at += step
    return None


def _mend_break(text_page: Any, text: str, chars: list[str], at: int, *, forward: bool) -> None:
    """Take out the line break that pdfium puts between a raised digit and the rest of its own line."""
    pair = text[at : at + 2] if forward else text[max(0, at - 1) : at + 1]
    if pair != "\r\n":
        return
    first = at if forward else at - 1
    before, after = _neighbour(text, first - 1, -1), _neighbour(text, first + 2, 1)
    if before is None or after is None:
        return
    one, other = _place(text_page, before), _place(text_page, after)
    if one is None or other is None:
        return
    along, above = _apart(other, one)
    size = max(one.size, other.size)
    if 0 < along < _REACH * size and abs(above) < _LIFT[1] * size:
        chars[first] = chars[first + 1] = ""


def _hyphen(text_page: Any, at: int) -> str:
    """What pdfium took for a hyphen at the end of a line: one, or the letter that some fonts have at its code."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    place = _place(text_page, at)
    if place and pdfium.FPDFText_GetCharBox(text_page, at, left, right, bottom, top):
        return "\xad" if top.value - bottom.value > _HYPHEN_HEIGHT * place.size else "-"
    return "-"


def _is_picture(page: Any, said: int) -> bool:
    """Whether a page with so little text shows pictures or drawn letters instead."""
    area = pdfium.FPDF_GetPageWidthF(page) * pdfium.FPDF_GetPageHeightF(page)
    pictures, paths = 0.0, 0
    for kind, covered in _objects(page):
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures += covered
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            paths += 1
    return pictures > _PICTURE_SHARE * area or (not said and (pictures > 0.05 * area or paths >= _MANY_PATHS))


def _objects(page: Any) -> Iterator[tuple[int, float]]:
    """Kind and covered area of every object, those of forms included."""
    count = pdfium.FPDFPage_CountObjects(page)
    stack = [(pdfium.FPDFPage_GetObject(page, at), 0) for at in range(min(count, 10_000))]
    while stack:
        item, depth = stack.pop()
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _FORM_DEPTH:
            inside = pdfium.FPDFFormObj_CountObjects(item)
            stack.extend((pdfium.FPDFFormObj_GetObject(item, at), depth + 1) for at in range(min(inside, 10_000)))
            # What stands in a form is placed by the form's matrix: the form's own bounds tell the area.
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            yield kind, abs((right.value - left.value) * (top.value - bottom.value))
