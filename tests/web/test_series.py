"""The page of an indicator over the years, in a real browser."""

from __future__ import annotations

import json
import re
from urllib.request import Request, urlopen

import pytest

from fakes import fake_pipeline
from live import served

pytestmark = [pytest.mark.browser, pytest.mark.pages]
WIDTHS = {"desktop": (1366, 900), "phone": (390, 844)}
ID = "thu-ngan-sach-nha-nuoc-tren-dia-ban"
HEAD = "UBND TỈNH TRÀ VINH\nBÁO CÁO NĂM {}\n\n"
# The report of 2021 restates 2020 and has the plan of 2022; the second one of 2021 contradicts the first.
TEXTS = {
    "bao-cao-2019.txt": HEAD.format(2019) + "- Thu ngân sách đạt 4.512 tỷ đồng.",
    "bao-cao-2020.txt": HEAD.format(2020)
    + "👩‍🌾 Đàn bò có 8.320 con.\n- Thu ngân sách đạt 4.850 tỷ đồng, bằng 96,8% dự toán.",
    "bao-cao-2021.txt": HEAD.format(2021)
    + "- Kết quả năm 2020: Thu ngân sách đạt 4.900 tỷ đồng.\n- Thu ngân sách đạt 5.120,5 tỷ đồng.\n"
    + "- Mục tiêu năm 2022: Thu ngân sách đạt 5.600 tỷ đồng.",
    "phu-luc-2021.txt": HEAD.format(2021) + "- Thu ngân sách đạt 5.300 tỷ đồng.",
    "bao-cao-2022.txt": HEAD.format(2022) + "- Thu ngân sách ước đạt 5.480 tỷ đồng.",
    "ben-lam.txt": "UBND TỈNH BẾN TRE\nBÁO CÁO NĂM 2021\n\n- Thu ngân sách đạt 6.010 tỷ đồng.",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from chitieu.settings import Settings

    settings = Settings(login="open", data=tmp_path_factory.mktemp("series"))
    with served(fake_pipeline(), settings) as (where, _):
        for name, text in TEXTS.items():
            body = json.dumps({"text": text, "id": name, "store": True}).encode()
            request = Request(f"{where}/v1/extract", data=body, headers={"Content-Type": "application/json"})
            assert urlopen(request).status == 200
        yield where


@pytest.fixture(params=WIDTHS)
def page(browser, address, request):
    width, height = WIDTHS[request.param]
    made = browser.new_page(viewport={"width": width, "height": height})
    faults = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    made.goto(f"{address}/series")
    made.wait_for_selector(".asking")
    yield made
    assert faults == []
    assert made.evaluate("document.documentElement.scrollWidth <= innerWidth")
    made.close()


def show(page, address, **query):
    pairs = "&".join(f"{name}={value}" for name, value in ({"indicator": ID, "place": "84"} | query).items())
    page.goto(f"{address}/series?{pairs}")
    page.wait_for_selector(".one table")


def test_an_indicator_is_found_while_typing_by_keyboard_alone(page):
    page.focus("[name=indicator]")
    page.keyboard.type("thu ngan sach")
    page.wait_for_selector("[role=option]")
    field = page.locator("[name=indicator]")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    option = page.locator(f"[id='{active}']")
    assert option.get_attribute("aria-selected") == "true" and "Thu ngân sách nhà nước" in option.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector(".one table")
    assert f"indicator={ID}" in page.url and page.locator("[role=listbox]").is_hidden()
    assert field.input_value() == "Thu ngân sách nhà nước trên địa bàn"
    assert page.locator(".one h3").all_inner_texts()[0].startswith("Tỉnh Trà Vinh")
    assert page.locator(".one").count() == 2
    page.focus("[name=place]")
    page.keyboard.type("ben tre")
    page.keyboard.press("Enter")
    page.wait_for_url("**place=ben+tre*")
    page.wait_for_function("() => document.querySelectorAll('.one').length === 1")
    assert "6.010" in page.locator(".one tbody").inner_text()


def test_the_table_has_results_restatements_conflicts_and_plans(page, address):
    show(page, address)
    rows = [re.sub(r"\s+", " ", row) for row in page.locator(".one tbody tr").all_inner_texts()]
    assert [row.split()[1] for row in rows] == ["2019", "2020", "2021", "2022", "2022"]
    assert "4.900" in rows[1] and "nơi khác: 4.850 (−50)" in rows[1]
    assert "5.120,5" in rows[2] and "mâu thuẫn: 5.300 (+179,5)" in rows[2]
    assert "ước" in rows[3] and "5.600 97,86%" in rows[3] and "mục tiêu" in rows[4]
    assert [words.strip() for words in page.locator(".legend li").all_inner_texts()] == [
        "Thực hiện", "Ước thực hiện", "Kế hoạch, mục tiêu", "Số ở tài liệu khác", "Số mâu thuẫn",
    ]  # fmt: skip


def test_a_point_shows_its_sentence_and_leads_to_its_place_in_the_document(page, address):
    show(page, address)
    page.locator(".points button").nth(2).click()
    detail = page.locator(".detail")
    detail.wait_for()
    assert detail.locator("mark").all_inner_texts() == ["5.120,5", "5.300"]
    assert "Thu ngân sách đạt 5.120,5 tỷ đồng." in detail.locator(".stated blockquote").inner_text()
    assert "(+179,5)" in detail.locator(".conflict").inner_text()
    link = detail.locator(".stated a")
    page.wait_for_function("() => document.querySelector('.detail .stated a').hash !== ''")
    link.click()
    page.wait_for_url("**/v1/documents/*")
    assert page.locator(":target").inner_text() == "5.120,5"
    page.go_back()
    page.locator(".detail mark").first.wait_for()


def test_offsets_behind_signs_of_two_code_units(page, address):
    show(page, address, to="2020")
    page.locator(".one tbody button").nth(1).click()
    other = page.locator(".detail .restatement")
    assert other.locator("mark").inner_text() == "4.850" and "(−50)" in other.inner_text()


def test_points_by_keyboard_alone(page, address):
    show(page, address)
    page.locator(".points button").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == "năm 2022, ước: 5.480 tỷ đồng"
    page.keyboard.press("Enter")
    page.wait_for_selector(".detail .plan")
    assert "đạt 97,86%" in page.locator(".detail .plan").inner_text()
    assert page.evaluate("document.activeElement.closest('.detail') !== null")
    page.keyboard.press("Escape")
    page.wait_for_selector(".detail", state="detached")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label


def test_the_address_holds_what_is_shown(page, address, browser):
    show(page, address)
    page.locator(".one tbody button").nth(1).click()
    page.wait_for_selector(".detail")
    other = browser.new_page()
    other.goto(page.url)
    assert other.locator(".detail mark").first.inner_text() == "4.900"
    other.close()
    page.go_back()
    page.wait_for_selector(".detail", state="detached")
    page.fill("[name=place]", "")
    page.click(".asking [type=submit]")
    page.wait_for_function("() => document.querySelectorAll('.one').length === 2")
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('.one').length === 1")
    assert page.input_value("[name=place]") == "84"


def test_points_lie_where_they_are_drawn(page, address):
    show(page, address)
    plot = page.locator(".plot canvas").bounding_box()
    boxes = [button.bounding_box() for button in page.locator(".points button").all()]
    assert all(plot["x"] <= box["x"] + 13 <= plot["x"] + plot["width"] for box in boxes)
    assert all(plot["y"] <= box["y"] + 13 <= plot["y"] + plot["height"] for box in boxes)
    assert [box["y"] for box in boxes] == sorted((box["y"] for box in boxes), reverse=True)  # each value is larger


def test_an_ambiguous_name_is_answered_with_choices(page, address):
    page.goto(f"{address}/series?indicator=sản lượng")
    page.wait_for_selector(".fault")
    assert "nhiều chỉ tiêu" in page.locator(".error").inner_text()
    page.locator(".choices button").first.click()
    page.wait_for_selector(".nothing")
    assert "Chưa có tài liệu" in page.locator(".nothing").inner_text()


def test_what_cannot_be_answered_is_told(page, address):
    page.fill("[name=indicator]", "xyzzy qwrtp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error")
    assert "Không có chỉ tiêu" in page.locator(".error").inner_text()
    page.click("#language")
    assert "There is no indicator" in page.locator(".error").inner_text()
    page.click("#language")
    page.goto(f"{address}/series?indicator={ID}&from=hôm qua")
    page.wait_for_selector(".error")
    page.route("**/v1/series?*", lambda route: route.abort())
    page.click(".asking [type=submit]")
    page.locator(".error", has_text="Không kết nối được").wait_for()


def test_nothing_in_a_narrower_question_leads_to_a_wider_one(page, address):
    page.goto(f"{address}/series?indicator={ID}&from=2030")
    page.locator(".nothing button").click()
    page.wait_for_selector(".one")


@pytest.mark.parametrize("path", ["/", "/login", "/docs", "/series", f"/series?indicator={ID}&place=84"])
def test_no_serious_fault_of_accessibility(browser, address, root, path):
    axe = root / "service/web/node_modules/axe-core/axe.min.js"
    if not axe.is_file():
        pytest.skip("needs axe-core: `make web` installs it")
    tab = browser.new_page(viewport={"width": 1366, "height": 900})
    if path == "/login":  # where no login is needed it leads on at once
        tab.route("**/v1/session*", lambda route: route.fulfill(json={"name": None}))
    tab.goto(address + path)
    tab.wait_for_load_state("networkidle")
    if "place" in path:
        tab.locator(".points button").first.click()
        tab.wait_for_selector(".detail")
    tab.evaluate(axe.read_text("utf-8"))
    found = tab.evaluate("axe.run().then((told) => told.violations)")
    grave = [
        (one["id"], [node["html"][:150] for node in one["nodes"][:5]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []
    tab.close()
