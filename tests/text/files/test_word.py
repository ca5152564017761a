"""Word files: body order, tables, notes, numbering, revisions, raised digits, text boxes, and bombs."""

from __future__ import annotations

import io

import docx as python_docx
import pytest

from chitieu.errors import EmptyText, FileDamaged, FileEncrypted, FileTooLarge, FileUnsupported
from chitieu.settings import Settings
from chitieu.text.files.reading import read_bytes


def p(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(r if r.startswith('<') else run(r) for r in runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: list[str]) -> str:
    return f"<w:tbl>{''.join('<w:tr>' + ''.join(cells) + '</w:tr>' for cells in rows)}</w:tbl>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


RAISED = '<w:vertAlign w:val="superscript"/>'


def test_a_file_of_python_docx():
    document = python_docx.Document()
    document.add_heading("A. KẾT QUẢ", 1)
    paragraph = document.add_paragraph("Diện tích rừng đạt 1.250 m")
    paragraph.add_run("2").font.superscript = True
    paragraph.add_run(", tăng")
    grid = document.add_table(2, 3)
    for at, text in enumerate(("Chỉ tiêu", "Đơn vị", "Năm 2021", "Lúa", "tấn", "1.234,5")):
        grid.cell(at // 3, at % 3).text = text
    document.add_paragraph("Hết.")
    document.sections[0].header.paragraphs[0].text = "Đầu trang"
    document.sections[0].footer.paragraphs[0].text = "Chân trang"
    out = io.BytesIO()
    document.save(out)
    read = read_bytes(out.getvalue())
    assert read.kind == "docx"
    assert read.text.split("\n") == [
        "A. KẾT QUẢ",
        "Diện tích rừng đạt 1.250 m², tăng",
        "Chỉ tiêu | Đơn vị | Năm 2021",
        "Lúa | tấn | 1.234,5",
        "Hết.",
    ]
    assert read.pages == ()
    assert [part.encoding for part in read.encodings] == ["unicode"]


def test_body_order_with_controls_and_revisions(docx):
    body = (
        p("Một ", "<w:ins>" + run("thêm ") + "</w:ins>", "<w:del><w:r><w:delText>bỏ </w:delText></w:r></w:del>", "hai")
        + "<w:sdt><w:sdtPr/><w:sdtContent>"
        + p("trong điều khiển")
        + "</w:sdtContent></w:sdt>"
        + table([cell("a"), "<w:sdt><w:sdtContent>" + cell("b") + "</w:sdtContent></w:sdt>"])
        + p("<w:hyperlink>" + run("liên kết") + "</w:hyperlink>", "<w:moveFrom>" + run("dời đi") + "</w:moveFrom>")
        + p(run("ẩn", "<w:vanish/>"), "hiện")
        + p("<w:r><w:t>một</w:t><w:tab/><w:t>hai</w:t><w:br/><w:t>ba</w:t></w:r>")
    )
    assert read_bytes(docx(body)).text.split("\n") == [
        "Một thêm hai", "trong điều khiển", "a | b", "liên kết", "hiện", "một\thai", "ba",
    ]  # fmt: skip


def test_raised_digits_of_several_runs_and_styles(docx):
    styles = (
        '<w:styles><w:style w:styleId="Raised"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style></w:styles>'
    )
    body = p(
        "xã hội", run("1", RAISED), run("2", RAISED), " năm", run("3", '<w:rStyle w:val="Raised"/>'),
        " thứ 1", run("st", RAISED), " CO", run("2", '<w:vertAlign w:val="subscript"/>'), " m", run("3", '<w:position w:val="6"/>'),
    )  # fmt: skip
    assert read_bytes(docx(body, styles=styles)).text == "xã hội¹² năm³ thứ 1st CO2 m³"


def test_merged_cells_once_and_empty_cells_stay(docx):
    body = table(
        [
            cell("Chỉ tiêu", '<w:vMerge w:val="restart"/>'),
            cell("Thực hiện", '<w:gridSpan w:val="2"/>'),
            cell("Ghi chú"),
        ],
        [cell("", "<w:vMerge/>"), cell("2020"), cell("2021"), cell("")],
        [cell(""), cell(""), cell(""), cell("")],
    )
    assert read_bytes(docx(body)).text.split("\n") == [
        "Chỉ tiêu | Thực hiện |  | Ghi chú",
        " | 2020 | 2021 | ",
    ]


def test_paragraphs_of_a_row_are_rows_where_all_cells_have_as_many(docx):
    def cells(*texts: str) -> str:
        return f"<w:tc><w:tcPr/>{''.join(p(text) for text in texts)}</w:tc>"

    body = table(
        [cells("Tên", "hàng"), cells("Sản lượng"), cell("Ghi chú")],
        [cells("Lúa", "Ngô"), cells("120", "80"), cell("")],
        [cells("Sắn"), cells("5", "6"), cell("x")],
    )
    assert read_bytes(docx(body)).text.split("\n") == [
        "Tên hàng | Sản lượng | Ghi chú", "Lúa | 120 | ", "Ngô | 80 | ", "Sắn | 5 6 | x",
    ]  # fmt: skip


def test_cells_merged_the_old_way_keep_their_columns(docx):
    merged = '<w:hMerge w:val="restart"/>', "<w:hMerge/>"
    body = table([cell("a", merged[0]), cell("", merged[1]), cell("b")], [cell("1"), cell("2"), cell("3")])
    assert read_bytes(docx(body)).text.split("\n") == ["a |  | b", "1 | 2 | 3"]


def test_a_frame_of_one_cell_is_read_as_paragraphs(docx):
    inner = table([cell("a"), cell("b")])
    body = f"<w:tbl><w:tr><w:tc>{p('Một.')}{inner}{p('Hai.')}</w:tc></w:tr></w:tbl>"
    assert read_bytes(docx(body)).text == "Một.\na | b\nHai."


FOOTNOTES = (
    '<w:footnotes><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>'
    '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> Bằng 95,5% kế hoạch.</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>Nguồn: Cục Thống kê.</w:t></w:r></w:p></w:footnote>"
    '<w:footnote w:id="3"><w:p><w:r><w:t>Gồm 12 xã.</w:t></w:r></w:p></w:footnote></w:footnotes>'
)
ENDNOTES = '<w:endnotes><w:endnote w:id="2"><w:p><w:r><w:t>Cuối cùng.</w:t></w:r></w:p></w:endnote></w:endnotes>'


def mark(note: int, kind: str = "footnote") -> str:
    return f'<w:r><w:rPr>{RAISED}</w:rPr><w:{kind}Reference w:id="{note}"/></w:r>'


def test_notes_stand_behind_the_paragraph_of_their_first_mark(docx):
    body = (
        p("Thu đạt 15 tỷ đồng", mark(3), ", chi 12 tỷ", mark(2), ".")
        + table([cell("a"), f"<w:tc>{p('b', mark(2, 'endnote'))}</w:tc>"], [cell("c"), cell("d")])
        + p("Lại nhắc", mark(3), ".")
    )
    read = read_bytes(docx(body, footnotes=FOOTNOTES, endnotes=ENDNOTES))
    assert read.text.split("\n") == [
        "Thu đạt 15 tỷ đồng[1], chi 12 tỷ[2].",
        "[1] Gồm 12 xã.",
        "[2] Bằng 95,5% kế hoạch. Nguồn: Cục Thống kê.",
        "a | b[3]",
        "c | d",
        "[3] Cuối cùng.",
        "Lại nhắc[1].",
    ]


NUMBERING = """<w:numbering>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%3"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2."/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="4"><w:abstractNumId w:val="2"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"""


def item(text: str, number: int, level: int = 0) -> str:
    return p(text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_list_markers_are_what_word_prints(docx):
    styles = (
        '<w:styles><w:style w:styleId="Muc"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="Con"><w:basedOn w:val="Muc"/></w:style></w:styles>'
    )
    body = (
        p("Kinh tế", properties='<w:pStyle w:val="Con"/>')
        + item("a", 1, 2) + item("b", 1, 2)
        + p("Xã hội", properties='<w:pStyle w:val="Muc"/>')
        + item("c", 1, 2)
        + item("gạch", 2)
        + item("một", 3) + item("con", 3, 1) + item("con", 3, 1) + item("hai", 3) + item("con", 3, 1)
        + item("lại một", 4) + item("hai nữa", 4)
        + item("không", 0)
    )  # fmt: skip
    assert read_bytes(docx(body, numbering=NUMBERING, styles=styles)).text.split("\n") == [
        "I. Kinh tế", "a) a", "b) b", "II. Xã hội", "a) c", "- gạch",
        "1. một", "1.1. con", "1.2. con", "2. hai", "2.1. con", "1. lại một", "2. hai nữa", "không",
    ]  # fmt: skip


def test_text_boxes_once(docx):
    box = f"<v:textbox><w:txbxContent>{p('Trong khung 12%.')}</w:txbxContent></v:textbox>"
    twice = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert read_bytes(docx(p("Trước.", twice) + p("Sau."))).text == "Trước.\nTrong khung 12%.\nSau."


def test_legacy_fonts_by_paragraph(docx):
    body = p("Báo cáo tình hình kinh tế - xã hội năm 2021 của tỉnh") + p(
        "Tæng thu ng©n s¸ch nhµ n­íc trªn ®Þa bµn tØnh ®¹t 7.215 tû ®ång", run("1", RAISED), ", b»ng 81,4% dù to¸n"
    )
    first, second = read_bytes(docx(body)).text.split("\n")
    assert first == "Báo cáo tình hình kinh tế - xã hội năm 2021 của tỉnh"
    assert second == "Tổng thu ngân sách nhà nước trên địa bàn tỉnh đạt 7.215 tỷ đồng¹, bằng 81,4% dự toán"


def test_entities_are_not_resolved(zipped, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("bí mật 12345")
    document = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        '<w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>a &x; b</w:t></w:r></w:p></w:body></w:document>'
    )
    with pytest.raises(FileDamaged) as caught:
        read_bytes(zipped({"word/document.xml": document}), name="x.docx")
    assert "DTD" in caught.value.message
    assert "12345" not in str(caught.value.body())


def test_a_bomb_of_entities(zipped):
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    document = f'<!DOCTYPE d [{entities}]><w:document xmlns:w="urn:w"><w:body><w:p><w:r><w:t>&i;</w:t></w:r></w:p></w:body></w:document>'
    with pytest.raises(FileDamaged):
        read_bytes(zipped({"word/document.xml": document}))


def test_a_zip_bomb_by_what_it_declares_and_by_what_comes_out(zipped, docx):
    bomb = docx(f"<w:p><w:r><w:t>{'0' * 40_000_000}</w:t></w:r></w:p>")
    assert len(bomb) < 100_000
    with pytest.raises(FileTooLarge) as caught:
        read_bytes(bomb, name="bom.docx", settings=Settings(max_unpacked_bytes=20_000_000))
    assert "bom.docx" in caught.value.message
    # One that lies: both places that declare its size say 10 bytes.
    lying = bomb.replace(
        (40_000_000 + len(docx("<w:p><w:r><w:t></w:t></w:r></w:p>")) * 0).to_bytes(4, "little"), b"\x0a\0\0\0"
    )
    real = next(size for size in range(40_000_000, 40_001_000) if size.to_bytes(4, "little") in bomb)
    lying = bomb.replace(real.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(FileDamaged):
        read_bytes(lying, settings=Settings(max_unpacked_bytes=20_000_000))


def test_a_word_file_that_is_cut_short(docx):
    data = docx(p("Một hai ba." * 200))
    for cut in (40, len(data) // 2, len(data) - 10):
        with pytest.raises(FileDamaged) as caught:
            read_bytes(data[:cut], name="cụt.docx")
        assert "cụt.docx" in caught.value.message


def test_broken_xml_names_its_part(zipped):
    with pytest.raises(FileDamaged) as caught:
        read_bytes(zipped({"word/document.xml": "<w:document><w:body>"}))
    assert "word/document.xml" in caught.value.message


def test_nested_too_deeply(docx):
    with pytest.raises(FileDamaged):
        read_bytes(docx("<w:sdt><w:sdtContent>" * 5000 + p("x") + "</w:sdtContent></w:sdt>" * 5000))


def test_broken_links_to_pictures_do_not_matter(docx):
    document = python_docx.Document()
    document.add_paragraph("Còn đọc được 15%.")
    out = io.BytesIO()
    document.save(out)
    import zipfile

    source = zipfile.ZipFile(io.BytesIO(out.getvalue()))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/_rels/document.xml.rels":
                link = b'<Relationship Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="NULL"/>'
                data = data.replace(b"</Relationships>", link + b"</Relationships>")
            target.writestr(name, data)
    assert read_bytes(changed.getvalue()).text == "Còn đọc được 15%."


def test_a_password(docx, zipped):
    ole = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2040))
    name = "EncryptedPackage".encode("utf-16-le") + b"\0\0"
    ole[1024 : 1024 + len(name)] = name
    ole[1024 + 64 : 1024 + 67] = len(name).to_bytes(2, "little") + b"\x02"
    with pytest.raises(FileEncrypted):
        read_bytes(bytes(ole), name="mật.docx")


def test_an_empty_word_file(docx):
    with pytest.raises(EmptyText):
        read_bytes(docx(p("")))


def test_other_zips(zipped):
    for members in ({"ppt/presentation.xml": "x"}, {"a.txt": "x"}, {"xl/workbook.bin": "x"}):
        with pytest.raises(FileUnsupported):
            read_bytes(zipped(members))
