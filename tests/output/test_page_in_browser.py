"""The page as a browser shows it, at the width of a desk and of a phone."""

from __future__ import annotations

import pytest

from chitieu.contract import Check
from chitieu.output.page import to_html

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1366, 390])
def test_the_page_fits_and_asks_for_nothing(browser, read_answer, tmp_path, width):
    answer = read_answer.model_copy(deep=True)
    first, second = (
        f for f in answer.figures if f.kind == "level" and f.value is not None and f.text in ("7.215", "8.320")
    )
    answer.checks = [
        Check(kind="conflict", figures=[first.id, second.id], stated=first.value, computed=second.value, ok=False)
    ]
    path = tmp_path / "a.html"
    path.write_text(to_html(answer.document.text, answer), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tables = page.locator("table")
    assert tables.count() == 2
    assert tables.nth(0).locator("tbody tr").count() == len(answer.observations)
    failed = tables.nth(1).locator("tr.no")
    assert failed.count() == 1 and "không khớp" in failed.inner_text() and failed.is_visible()
    assert tables.nth(0).locator("thead").is_visible() == (width > 700)
    link = tables.nth(0).locator("tbody tr:first-child a").first
    link.click()
    assert page.locator(":target").inner_text() == "7.215"
    page.close()
