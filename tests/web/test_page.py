"""The page in a real browser."""

import io
import socket
import threading
import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.pages]
REPORT = "👩‍🌾 Báo cáo\n- Thu ngân sách đạt 215,4 tỷ đồng, bằng 81,4% dự toán.\n- Đàn bò có 8.320 con, tăng 3,1% so với cùng kỳ.\n"


@pytest.fixture(scope="module")
def address():
    import uvicorn

    from chitieu.api.app import create_app
    from fakes import fake_pipeline

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(fake_pipeline()), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(300):
        if server.started:
            break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(params=[(1366, 900), (390, 844)], ids=["desktop", "phone"])
def page(browser, address, request):
    width, height = request.param
    made = browser.new_page(viewport={"width": width, "height": height})
    faults = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.goto(address)
    made.wait_for_selector("#read:not(:empty)")
    yield made
    assert not faults
    assert made.evaluate("document.documentElement.scrollWidth <= innerWidth")
    made.close()


def read(page, text):
    page.fill("#text", text)
    page.click("#read")
    page.wait_for_selector("#result:not([hidden])")


def test_figures_stand_highlighted_where_they_are(page):
    read(page, REPORT)
    assert page.locator("#document").inner_text().strip() == REPORT.strip()
    assert page.locator("#document .QUANTITY").all_inner_texts() == ["215,4", "8.320"]
    assert page.locator("#rows tr").count() == 2


def test_a_figure_and_its_row_find_each_other(page):
    read(page, REPORT)
    page.locator("#document .QUANTITY").nth(1).click()
    assert "Đàn bò" in page.locator("#rows tr.chosen").inner_text()
    assert page.locator("#document .governs").inner_text() == "Đàn bò"
    page.locator("#rows button", has_text="81,4%").click()
    assert page.locator("#document .chosen").inner_text() == "81,4%"


def test_the_example_and_the_other_language(page):
    page.click("#example")
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#rows tr").count() > 5
    assert "số liệu" in page.locator("#counts").inner_text()
    page.click("#language")
    assert "figures" in page.locator("#counts").inner_text()
    page.click("#language")


def test_rows_are_filtered_without_accents(page):
    read(page, REPORT)
    page.fill("#filter", "dan bo")
    visible = [row.inner_text() for row in page.locator("#rows tr").all() if row.is_visible()]
    assert len(visible) == 1 and visible[0].startswith("Đàn bò")


def test_an_error_is_shown(page):
    page.fill("#text", "   ")
    page.click("#read")
    page.wait_for_selector("#error:not([hidden])")
    assert "trống" in page.locator("#error").inner_text()


def test_a_file_in_an_encoding_of_before_unicode(page):
    words = b"Thu ng\xa9n s\xb8ch \xae\xb9t 215,4 t\xfb \xae\xe5ng, b\xbbng 81,4% d\xf9 to\xb8n.\r\n"
    page.set_input_files("#file", {"name": "cu.txt", "mimeType": "text/plain", "buffer": words * 3})
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#document").inner_text().startswith("Thu ngân sách đạt 215,4 tỷ đồng, bằng 81,4% dự toán.")
    assert page.locator("#document .QUANTITY").all_inner_texts() == ["215,4"] * 3
    assert "cu.txt" in page.locator("#about").inner_text()


def test_a_word_file(page):
    import docx

    document, out = docx.Document(), io.BytesIO()
    document.add_paragraph("Đàn bò có 8.320 con, tăng 3,1% so với cùng kỳ.")
    document.save(out)
    page.set_input_files("#file", {"name": "a.docx", "mimeType": "", "buffer": out.getvalue()})
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#document .QUANTITY").all_inner_texts() == ["8.320"]


def test_a_file_that_cannot_be_read_is_told(page):
    page.set_input_files("#file", {"name": "cut.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n1 0 obj"})
    page.wait_for_selector("#error:not([hidden])")
    assert "cut.pdf" in page.locator("#error").inner_text()
    assert page.locator("#result").is_hidden()


def test_markup_in_a_report_stays_text(page):
    read(page, "<img src=x onerror=alert(1)> Thu ngân sách đạt 5 tỷ đồng")
    assert page.locator("#document img").count() == 0
