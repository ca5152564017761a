"""Old office formats through LibreOffice, and what is said where it is missing or fails."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import openpyxl
import pytest

from chitieu.errors import FileDamaged, FileTooCostly, ProgramMissing
from chitieu.settings import Settings
from chitieu.text.files.reading import read_bytes, read_file

RTF = rb"{\rtf1\ansi Thu \u273? 15% {\super 2}\par Chi 12%.}"


@pytest.fixture(scope="session")
def converted(soffice, tmp_path_factory):
    """Convert bytes to another format with LibreOffice; a file's path."""
    folder = tmp_path_factory.mktemp("office")

    def convert(data: bytes, suffix: str, to: str) -> Path:
        source = folder / f"report{suffix}"
        source.write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        subprocess.run(
            [soffice, "--headless", profile, "--convert-to", to, "--outdir", str(folder), str(source)],
            check=True,
            capture_output=True,
            timeout=180,
        )
        return folder / f"report.{to.partition(':')[0]}"

    return convert


def _report(docx) -> bytes:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    note = f'{raised}<w:footnoteReference w:id="2"/></w:r>'
    # Without these styles LibreOffice prints the number in front of the body as plain text.
    styles = (
        '<w:styles><w:style w:type="paragraph" w:styleId="FootnoteText"><w:name w:val="footnote text"/><w:rPr><w:sz w:val="20"/></w:rPr>'
        '</w:style><w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>'
        '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>'
    )
    footnotes = (
        '<w:footnotes><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2"><w:p>'
        '<w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr><w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
        '<w:r><w:t xml:space="preserve"> Gồm 12 xã của huyện.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    body = (
        f"<w:p><w:r><w:t>Diện tích rừng trồng đạt 1.250 m</w:t></w:r>{raised}<w:t>2</w:t></w:r><w:r><w:t>, tăng 12% ở các xã</w:t></w:r>{note}"
        '<w:r><w:t xml:space="preserve"> trong tỉnh.</w:t></w:r></w:p>'
        "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:t>Lúa</w:t></w:r></w:p></w:tc>"
        "<w:tc><w:p><w:r><w:t>1.234,5</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:r><w:t>Hết.</w:t></w:r></w:p>"
    )
    return docx(body, footnotes=footnotes, styles=styles)


EXPECTED = [
    "Diện tích rừng trồng đạt 1.250 m², tăng 12% ở các xã[1] trong tỉnh.",
    "[1] Gồm 12 xã của huyện.",
    "Lúa | 1.234,5",
    "Hết.",
]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["doc", "odt", "rtf"])
def test_a_report_in_old_formats(converted, docx, kind):
    source = docx_with_types(_report(docx))
    assert read_bytes(source).text.split("\n") == EXPECTED
    path = converted(source, ".docx", kind)
    misnamed = path.rename(path.with_suffix(".dat"))
    read = read_file(misnamed)
    assert read.kind == kind
    assert read.text.split("\n") == EXPECTED


def docx_with_types(data: bytes) -> bytes:
    """LibreOffice also wants the list of content types, which nothing here reads."""
    import io
    import zipfile

    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}.document.main+xml"/>'
        f'<Override PartName="/word/footnotes.xml" ContentType="{main}.footnotes+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{main}.styles+xml"/></Types>'
    )
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("[Content_Types].xml", types)
    return out.getvalue()


@pytest.mark.office
def test_a_pdf_that_a_word_processor_made(converted, docx):
    read = read_file(converted(docx_with_types(_report(docx)), ".docx", "pdf"))
    assert read.kind == "pdf"
    lines = read.text.split("\n")
    assert lines[0].startswith("Diện tích rừng trồng đạt 1.250 m², tăng 12% ở các xã¹ trong tỉnh.")
    assert lines[-1] == "¹ Gồm 12 xã của huyện."
    assert [page.number for page in read.pages] == [1]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_old_workbooks(converted, kind, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Biểu 1"
    book.active.append(["Thu ngân sách", 7215.5, 0.814, "=B1*2"])
    book.active["B1"].number_format, book.active["C1"].number_format = "#,##0.0", "0.0%"
    path = tmp_path / "x.xlsx"
    book.save(path)
    read = read_file(converted(path.read_bytes(), ".xlsx", kind))
    assert read.kind == kind
    assert read.text == "# Biểu 1\nThu ngân sách | 7.215,5 | 81,4% | 14431"


@pytest.mark.office
def test_several_conversions_at_once_do_not_share_a_profile(soffice):
    import threading

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(read_bytes(RTF).text)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Thu đ 15% ²\nChi 12%."] * 3


def test_without_libreoffice_it_says_what_to_install():
    with pytest.raises(ProgramMissing) as caught:
        read_bytes(RTF, name="x.rtf", settings=Settings(soffice="no-such-program"))
    assert "apt-get install libreoffice-writer-nogui" in caught.value.message
    assert "x.rtf" in caught.value.message


def test_a_program_that_hangs_or_makes_nothing(tmp_path):
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    start = time.monotonic()
    with pytest.raises(FileTooCostly) as caught:
        read_bytes(RTF, name="x.rtf", settings=Settings(soffice=str(program), office_seconds=1))
    assert time.monotonic() - start < 5
    assert "x.rtf" in caught.value.message
    (tmp_path / "libswlo.so").touch()
    program.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(FileDamaged):
        read_bytes(RTF, settings=Settings(soffice=str(program)))


def test_an_installation_without_its_writer_says_which_package(tmp_path):
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\necho 'Error: source file could not be loaded' >&2\n")
    program.chmod(0o755)
    with pytest.raises(ProgramMissing):
        read_bytes(RTF, settings=Settings(soffice=str(program)))
