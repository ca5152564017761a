"""Web pages: the text stays with every figure, the frame goes, nothing runs."""

from __future__ import annotations

import pytest

from chitieu.errors import EmptyText, FileDamaged
from chitieu.text.files.reading import read_bytes


def page(body: str, head: str = '<meta charset="utf-8">') -> bytes:
    return f"<!DOCTYPE html><html><head><title>Cổng</title>{head}</head><body>{body}</body></html>".encode()


def test_a_news_page_loses_its_frame():
    links = "".join(f'<li><a href="/{n}">Chuyên mục số {n}</a></li>' for n in range(12))
    read = read_bytes(
        page(
            f"""<script>document.write("9.999")</script><style>p {{ width: 77% }}</style>
            <header class="site-header"><a href="/">Báo tỉnh</a></header><nav><ul>{links}</ul></nav>
            <div class="breadcrumb"><a href="/">Trang chủ</a> &raquo; <a href="/kt">Kinh tế</a></div>
            <article><header><h1>Thu ngân sách 6 tháng đạt 7.215 tỷ đồng</h1></header>
            <p>Bằng <b>81,4%</b> dự toán, tăng&nbsp;12%
            so với cùng kỳ.</p><div class="quangcao">Giảm giá 50%</div>
            <p>Diện tích 150 m<sup>2</sup>; xã hội<sup><a href="#fn">12</a></sup>; 1<sup>st</sup>.<br>Dòng sau.</p></article>
            <aside class="related"><ul>{links}</ul></aside>
            <footer><a href="/gt">Giới thiệu</a> <a href="/lh">Liên hệ</a></footer>
            <noscript>Bật JavaScript 1.234</noscript><p hidden>ẩn 5%</p><p style="display: none">ẩn 6%</p>"""
        )
    )
    assert read.kind == "html"
    assert read.text.split("\n") == [
        "Thu ngân sách 6 tháng đạt 7.215 tỷ đồng",
        "Bằng 81,4% dự toán, tăng 12% so với cùng kỳ.",
        "Diện tích 150 m²; xã hội¹²; 1st.",
        "Dòng sau.",
    ]


def test_a_report_in_nested_tables_keeps_every_figure():
    figures = "".join(f"<tr><td>Chỉ tiêu {n}</td><td>{n}.{n}5{n}</td><td>9{n},5%</td></tr>" for n in range(1, 9))
    read = read_bytes(
        page(
            f"""<form id="aspnetForm"><table class="menu"><tr><td><table class="sidebar"><tr><td>
            <div class="footer-content"><p>Báo cáo tình hình kinh tế - xã hội</p>
            <table><tr><th rowspan="2">Tên</th><th colspan="2">Năm 2021</th></tr><tr><th>Thực hiện</th><th>So kế hoạch</th></tr>
            {figures}</table><p>Hết báo cáo.</p></div></td></tr></table></td></tr></table></form>"""
        )
    )
    lines = read.text.split("\n")
    assert lines[:3] == ["Báo cáo tình hình kinh tế - xã hội", "Tên | Năm 2021 | ", " | Thực hiện | So kế hoạch"]
    assert lines[3] == "Chỉ tiêu 1 | 1.151 | 91,5%"
    assert lines[-1] == "Hết báo cáo."
    assert len(lines) == 12


def test_a_page_that_is_one_pre():
    read = read_bytes(page("<pre>Tổng thu đạt 15 tỷ,\n  bằng 95%.\n\nChi 12 tỷ.</pre>"))
    assert read.text == "Tổng thu đạt 15 tỷ,\nbằng 95%.\nChi 12 tỷ."


def test_a_footer_with_figures_stays():
    read = read_bytes(
        page("<p>Thu đạt 15 tỷ.</p><div class='footer'>Ghi chú: số liệu ước tính đến 31/12, gồm 12 xã.</div>")
    )
    assert "gồm 12 xã" in read.text


def test_lists_are_marked_as_the_browser_prints_them():
    read = read_bytes(
        page("<ol start='3'><li>ba</li><li>bốn</li></ol><ol type='a'><li>x</li></ol><ul><li>gạch</li></ul>")
    )
    assert read.text.split("\n") == ["3. ba", "4. bốn", "a. x", "- gạch"]


def test_a_list_item_that_begins_with_a_block_and_numbers_that_are_given():
    body = (
        "<ul><li><p>Khoai 200</p><p>Sắn 100</p></li><li></li></ul><p>Ngoài</p>"
        "<ol><li>một</li><li value=7><div>bảy</div></li><li>tám</li></ol>"
    )
    assert read_bytes(page(body)).text.split("\n") == ["- Khoai 200", "Sắn 100", "Ngoài", "1. một", "7. bảy", "8. tám"]


def test_struck_out_text_is_left_out():
    assert read_bytes(page("<p>Đạt <del>15</del> <s>16</s> 17%</p>")).text == "Đạt 17%"


def test_rows_of_a_table_have_the_same_number_of_cells():
    body = (
        "<table><tr><th rowspan=2>Tên<th colspan=2>Năm 2021<th rowspan=2 colspan=1000>Ghi chú"
        "<tr><th>Kế hoạch<th>Thực hiện<tr><td>Lúa<td>120<td><tr><td><td>Trong đó<td>5<td>x<tr><td><td><td><td></table>"
    )
    assert read_bytes(page(body)).text.split("\n") == [
        "Tên | Năm 2021 |  | Ghi chú",
        " | Kế hoạch | Thực hiện | ",
        "Lúa | 120 |  | ",
        " | Trong đó | 5 | x",
    ]


def test_a_cell_over_rows_and_columns_covers_all_its_places():
    body = "<table><tr><td rowspan=2 colspan=2>a<td>b<td>c<tr><td>d<td>e<tr><td>f<td>g<td>h<td>i</table>"
    assert read_bytes(page(body)).text.split("\n") == ["a |  | b | c", " |  | d | e", "f | g | h | i"]


TCVN3 = "Tæng thu ng©n s¸ch nhµ n­íc trªn ®Þa bµn tØnh ®¹t 7.215 tû ®ång, b»ng 81,4% dù to¸n"
UNICODE = "Tổng thu ngân sách nhà nước trên địa bàn tỉnh đạt 7.215 tỷ đồng, bằng 81,4% dự toán"


@pytest.mark.parametrize(
    "head",
    ["", '<meta charset="iso-8859-1">', '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'],
)
def test_legacy_fonts(head):
    data = page(f"<p>{TCVN3} m<sup>2</sup></p>", head).replace(page("x").split(b"<title>")[1][:6], b"x")
    data = data.decode().encode("latin-1", "xmlcharrefreplace")
    read = read_bytes(data)
    assert read.text == UNICODE + " m²"
    assert {part.encoding for part in read.encodings} == {"tcvn3"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_by_its_bytes_whatever_is_declared(encoding):
    text = f'<html><head><meta charset="iso-8859-1"></head><body><p>{UNICODE}</p></body></html>'
    assert read_bytes(text.encode(encoding)).text == UNICODE


def test_a_declared_code_page():
    text = "<html><head><meta charset=windows-1258></head><body><p>Doanh thu tăng 15%, ước đạt</p></body></html>"
    assert read_bytes(text.encode("cp1258", "xmlcharrefreplace")).text == "Doanh thu tăng 15%, ước đạt"


def test_an_encoding_that_is_asked_for():
    read = read_bytes("<html><body><p>®Þa &ndash; bµn</p></body></html>".encode("latin-1"), encoding="tcvn3")
    assert read.text == "địa – bàn"
    assert [part.encoding for part in read.encodings] == ["tcvn3"]


def test_nothing_outside_is_loaded(tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_text("bí mật 12345")
    body = f'<iframe src="{secret.as_uri()}"></iframe><img src="http://127.0.0.1:9/x"><object data="{secret.as_uri()}"></object><p>15%</p>'
    data = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><html><body>{body}&x;</body></html>'.encode()
    assert "12345" not in read_bytes(data).text


def test_a_page_with_nothing_but_scripts():
    with pytest.raises(EmptyText):
        read_bytes(page("<script>while (true) {}</script>"))


def test_elements_that_nothing_closes():
    text = read_bytes(b"<html><body>" + b"<font><div>" * 900 + b"<p>15%<p>16%").text
    assert text == "15%\n16%"


def test_nesting_that_would_lose_text_is_an_error():
    with pytest.raises(FileDamaged):
        read_bytes(b"<html><body>" + b"<div>" * 20_000 + b"<p>15%")
