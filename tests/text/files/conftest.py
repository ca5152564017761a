"""Files that the tests read, made here: PDFs byte by byte, Word and Excel files by the libraries that write them."""

from __future__ import annotations

import io
import resource
import zipfile
import zlib
from collections.abc import Callable, Sequence

import pytest

Run = tuple[float, float, float, str]  # x, y, size, text
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf_bytes(
    pages: Sequence[Sequence[Run] | bytes | None],
    *,
    trailer: str = "",
    scaled: bool = False,
    spaced: bool = False,
    drawn: str = "",
) -> bytes:
    """A PDF: a page is runs of text, a gray picture that fills it (one byte a pixel, `width,height,` in front), or blank.

    With ``scaled`` the sizes stand in the text matrix, and the font's own is 1. The font is Helvetica with widths of half an em, or its own
    where it is ``spaced`` to be looked at; letters of ``drawn`` look like an H; a ToUnicode map gives every letter of the document a code.
    """
    letters = sorted({c for page in pages if isinstance(page, (list, tuple)) for *_, text in page for c in text})
    assert len(letters) < 224
    # ASCII keeps its codes, so that a picture of the page shows what the text says.
    codes = {c: ord(c) for c in letters if " " <= c <= "~"}
    free = [*range(128, 256), *range(1, 32)]
    codes |= {c: ord("H") for c in drawn}
    codes |= dict(zip((c for c in letters if c not in codes), free, strict=False))
    pairs = "\n".join(f"<{code:02x}> <{c.encode('utf-16-be').hex()}>" for c, code in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange {len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    objects: list[bytes] = [b"", b"", b"", _stream(cmap.encode())]
    kids: list[int] = []
    for page in pages:
        extra = b""
        if isinstance(page, bytes):
            width, height, pixels = page.split(b",", 2)
            head = (
                b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %s /Height %s"
                % (
                    width,
                    height,
                )
            )
            objects.append(_stream(pixels, head))
            extra = b" /XObject << /P %d 0 R >>" % len(objects)
            drawn = b"q 595 0 0 842 0 0 cm /P Do Q"
        else:
            drawn = b"\n".join(
                b"BT /F %f Tf %f 0 0 %f %f %f Tm <%s> Tj ET"
                % (*((1, size, size) if scaled else (size, 1, 1)), x, y, bytes(codes[c] for c in text).hex().encode())
                for x, y, size, text in page or ()
            )
        objects.append(_stream(drawn))
        contents = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F 3 0 R >>%s >> >>"
            % (contents, extra)
        )
        kids.append(len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % n for n in kids))
    widths = b"/FirstChar 0 /LastChar 255 /Widths [%s]" % b" ".join([b"500"] * 256)
    objects[2] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica %s /ToUnicode 4 0 R >>" % (
        b"" if spaced else widths
    )
    out = bytearray(b"%PDF-1.7\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer.encode(),
        start,
    )
    return bytes(out)


def _stream(data: bytes, head: bytes = b"") -> bytes:
    packed = zlib.compress(data)
    return b"<< /Filter /FlateDecode /Length %d %s >>\nstream\n%s\nendstream" % (len(packed), head, packed)


def zip_bytes(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def docx_bytes(body: str, **parts: str) -> bytes:
    """A Word file of raw XML: the body's content, and parts (`footnotes`, `numbering`, `styles`, …) by name."""
    kinds = {
        name: f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{name}"
        for name in ("officeDocument", *parts)
    }
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{kinds[name]}" Target="{name}.xml"/>' for n, name in enumerate(parts)
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return zip_bytes(
        {
            "_rels/.rels": f'<Relationships xmlns="{namespace}"><Relationship Id="r" Type="{kinds["officeDocument"]}" '
            'Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{namespace}">{relations}</Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
            f' xmlns:v="urn:v"><w:body>{body}</w:body></w:document>',
            **{f"word/{name}.xml": text.replace(">", f' xmlns:w="{W}">', 1) for name, text in parts.items()},
        }
    )


@pytest.fixture(scope="session")
def pdf() -> Callable[..., bytes]:
    return pdf_bytes


@pytest.fixture(scope="session")
def docx() -> Callable[..., bytes]:
    return docx_bytes


@pytest.fixture(scope="session")
def zipped() -> Callable[[dict[str, str | bytes]], bytes]:
    return zip_bytes


@pytest.fixture
def children_seconds() -> Callable[[], float]:
    """Processor seconds of the processes that have ended since the test began: holds on a busy machine, too."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    return lambda: used() - before
