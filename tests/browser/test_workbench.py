"""The way from a new project to its export in a real browser: documents, two who annotate blindly, agreement, adjudication."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench_page import WIDTHS, log_in, press, saved, serious_faults

pytestmark = [pytest.mark.browser, pytest.mark.pages]
REPORT = (
    "BÁO CÁO\n\nI. KINH TẾ\n👩‍🌾 Kết quả:\n- Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.\n"
    "- Đàn bò có 8.320 con, tăng 3,1% so với cùng kỳ.\n- Tổng đàn lợn có 12.450 con tại 9 xã.\n"
)


def walk_to(page, words):
    """With the arrow keys alone."""
    press(page, "Escape")
    for _ in range(40):
        press(page, "ArrowRight")
        if page.locator("#words .chosen").text_content() == words:
            return
    raise AssertionError(f"no {words}")


def standings(page):
    return page.locator(".differences .standing").all_inner_texts()


def picked(page):
    return page.locator(".differences [aria-current=true] strong").inner_text()


def two_done(bench, name):
    """A project with a document that lan and minh have done differently; its id and the document's."""
    task = bench.task(REPORT, name, "lan", "minh", blind=True)
    other = next(one for one in bench.ask(f"/v1/projects/{task['project']}/tasks")["tasks"] if one["id"] != task["id"])
    spans = bench.spans(task)
    of = {words: span["id"] for words, span in spans.items()}
    lan = [
        {"op": "change", "span": of["Tổng đàn lợn"], "start": spans["Tổng đàn lợn"]["start"] + 5},
        {"op": "reject", "span": of["9"]},
        {"op": "entry", "span": of["Đàn bò"], "entry": "none"},
    ]
    minh = [
        {"op": "change", "span": of["8.320"], "label": "PERCENT"},
        {"op": "link", "span": of["7.215"], "to": None},
    ]
    for who, one, operations in (("lan", task, lan), ("minh", other, minh)):
        events = [{"id": f"e{at}", "operation": operation} for at, operation in enumerate(operations)]
        body = {"revision": 0, "client": "c", "events": events}
        bench.ask(f"/v1/tasks/{one['id']}/corrections", body, name=who)
        bench.ask(f"/v1/tasks/{one['id']}", {"state": "done"}, method="PATCH", name=who)
    return task["project"], task["document"]["id"]


def adjudication(bench, name):
    project, document = two_done(bench, name)
    return bench.ask(f"/v1/projects/{project}/adjudications", {"document": document})


def counting(bench, task):
    """The words that count, with label and the words of the link."""
    told = bench.ask(f"/v1/tasks/{task['id']}")
    words = {s["id"]: told["text"][s["start"] : s["end"]] for s in told["spans"]}
    return {
        (words[s["id"]], s["label"], words.get(s["of"] or s["in"])) for s in told["spans"] if s["state"] != "rejected"
    }


def test_the_whole_way(entered, bench):
    an = entered("an")
    an.click("text=Dự án mới")
    an.fill("#project-name", "Báo cáo quý")
    an.click("button:text-is('Tạo')")
    an.wait_for_selector("#paste")
    an.check("text=hai người, độc lập")
    an.select_option("[aria-label='Người thứ 1']", "lan")
    an.select_option("[aria-label='Người thứ 2']", "minh")
    file = {"name": "bao-cao.txt", "mimeType": "text/plain", "buffer": REPORT.encode()}
    an.set_input_files("#upload", [file])
    an.wait_for_selector(".lines .added:has-text('bao-cao.txt')")
    an.check("text=chưa ai: người nào nhận cũng được")
    an.fill("#paste-name", "văn bản dán")
    an.fill("#paste", "Đàn dê có 1.050 con.")
    an.click("#paste-add")
    an.wait_for_selector(".lines .added:has-text('văn bản dán')")
    bench.ask("/v1/extract", {"text": "Đàn trâu có 310 con.", "id": "đã lưu.txt", "store": True})
    an.fill("#stored-search", "da luu")
    an.check(".stored li:has-text('đã lưu.txt') input")
    an.click("#stored-add")
    an.wait_for_selector(".stored li:has-text('đã có trong dự án')")
    line = json.dumps({"text": "Đàn gà có 900 con.", "spans": [{"label": "QUANTITY", "start": 10, "end": 13}]})
    an.set_input_files("#import", [{"name": "ga.jsonl", "mimeType": "text/plain", "buffer": line.encode()}])
    an.wait_for_selector(".lines .added:has-text('ga.jsonl')")
    an.set_input_files("#import", [{"name": "hỏng.jsonl", "mimeType": "text/plain", "buffer": b"{"}])
    an.wait_for_selector(".lines .failed:has-text('hỏng.jsonl')")
    an.click(".views >> text=Việc")
    an.wait_for_selector(".tasks li >> nth=4")
    assert an.locator(".tasks li").count() == 5

    for name, keys in (("lan", ["x"]), ("minh", ["4"])):
        page = entered(name)
        page.click("#next")
        page.wait_for_selector("#words .mark")
        walk_to(page, "8.320")
        press(page, *keys)
        saved(page)
        page.click(".finish")
        page.wait_for_selector(".tasks li:has-text('bao-cao.txt') .task-state.done")

    an.click(".views >> text=Độ thống nhất")
    an.wait_for_selector("#strict")
    assert an.locator("#strict").inner_text() == "96,8%"
    assert an.locator(".agreed tr:has-text('phần trăm')").inner_text().split()[-5:] == ["80,0%", "80,0%", "2", "–", "3"]
    an.click(".adjudicate")
    an.wait_for_selector("#sides .mark")
    press(an, "j")
    assert picked(an) == "8.320"
    an.click(".finish")
    an.wait_for_selector(".said.open:has-text('chưa quyết')")
    press(an, "p")
    saved(an)
    an.click(".finish")
    an.wait_for_selector(".tasks li:has-text('phân xử') .task-state.done")
    assert an.locator(".task-state.adjudicated").count() == 2

    an.click(".views >> text=Tiến độ")
    an.wait_for_selector(".hours rect")
    assert an.locator(".numbers tr:has-text('minh') td").nth(2).inner_text() == "1"
    assert an.locator(".hours rect").count() >= 3
    an.click(".views >> text=Xuất")
    an.check("#export-done")
    with an.expect_download() as download:
        an.click("#export")
    assert download.value.suggested_filename == "Báo cáo quý.jsonl"
    told = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert {s["label"] for s in told["spans"] if s["text"] == "8.320"} == {"PERCENT"}
    an.fill("#export-at", "2020-01-01T00:00:00")
    with an.expect_download() as download:
        an.click("#export")
    assert Path(download.value.path()).read_bytes() == b""


def test_tasks_are_found_taken_given_and_opened_again(entered, bench):
    task = bench.task(REPORT, "giao việc.txt", None)
    an = entered("an", f"/annotate?project={task['project']}")
    row = an.locator(".tasks li:has-text('giao việc.txt')")
    state = lambda: bench.ask(f"/v1/tasks/{task['id']}")["task"]  # noqa: E731
    row.locator("select").select_option("minh")
    an.wait_for_selector("h2:text-is('Của người khác')")
    assert state()["assignee"] == "minh"
    lan = entered("lan", f"/annotate?project={task['project']}")
    lan.wait_for_selector(".sieve")
    assert lan.locator(".tasks").count() == 0
    row.locator("select").select_option(label="chưa ai nhận")
    an.wait_for_selector("h2:text-is('Chưa ai nhận')")
    lan.reload()
    lan.click("text=Nhận việc")
    lan.wait_for_selector("text=Trả lại")
    assert state()["assignee"] == "lan"
    lan.click("text=Trả lại")
    lan.click("text=Nhận việc")
    lan.wait_for_selector("text=Trả lại")
    bench.ask(f"/v1/tasks/{task['id']}", {"state": "done"}, method="PATCH")
    lan.reload()
    lan.click("text=Mở lại")
    lan.wait_for_selector(".task-state.begun")
    lan.fill(".sieve input", "giao viec")
    assert lan.locator(".tasks li").count() == 1
    lan.select_option("[aria-label='Tình trạng']", "done")
    assert lan.locator(".tasks li").count() == 0


def test_whoever_has_read_a_side_is_told_why_they_cannot_take_the_other(entered, bench):
    task = bench.task(REPORT, "đã đọc.txt", None, "lan", blind=True)
    other = next(t for t in bench.ask(f"/v1/projects/{task['project']}/tasks")["tasks"] if t["assignee"] == "lan")
    bench.ask(f"/v1/tasks/{other['id']}")
    an = entered("an", f"/annotate?project={task['project']}")
    an.click("text=Nhận việc")
    an.wait_for_selector(".error:has-text('đã đọc bản kia')")


def test_a_project_of_this_name_is_refused_and_one_is_changed(entered, bench):
    bench.ask("/v1/projects", {"name": "Trùng tên"})
    an = entered("an", "/annotate?view=new")
    an.fill("#project-name", "Trùng tên")
    an.click("button:text-is('Tạo')")
    an.wait_for_selector(".error:has-text('Đã có dự án')")
    an.fill("#project-name", "Khác tên")
    an.click("button:text-is('Tạo')")
    an.click(".views button:text-is('Dự án')")
    an.fill("#project-guidelines", "Chỉ gạch dưới số có đơn vị.")
    an.click("button:text-is('Lưu')")
    an.wait_for_selector(".sieve")
    an.click("button:text-is('Hướng dẫn')")
    assert "số có đơn vị" in an.locator(".guidelines").inner_text()


def test_guidelines_are_at_hand_while_annotating(entered, bench):
    lan = entered("lan", f"/annotate?task={bench.task(REPORT, 'hướng dẫn.txt', 'lan')['id']}")
    lan.wait_for_selector("#words .mark")
    press(lan, "g")
    lan.wait_for_selector(".guidelines td:has-text('so kế hoạch')")
    press(lan, "ArrowRight")
    assert lan.locator("#words .chosen").count() == 1
    press(lan, "Escape")
    lan.wait_for_selector(".guidelines", state="detached")
    assert lan.locator("#words .chosen").count() == 1


def test_every_kind_of_difference_is_decided_by_keys_undone_and_kept(entered, bench):
    task = adjudication(bench, "phân xử.txt")
    an = entered("an", f"/annotate?task={task['id']}")
    an.wait_for_selector("#sides .mark")
    listed = an.locator(".differences strong").all_inner_texts()
    assert listed == ["7.215", "Đàn bò", "8.320", "Tổng đàn lợn", "12.450", "9"]
    kinds = an.locator(".differences small").all_inner_texts()
    assert kinds == ["khác chỉ tiêu", "khác danh mục", "khác nhãn", "khác đầu cuối", "khác chỉ tiêu", "một bên có"]
    before = counting(bench, task)
    press(an, "j", "t")  # lan's link
    assert picked(an) == "Đàn bò"
    press(an, "p")  # minh's entry
    press(an, "s")  # neither label
    press(an, "t")  # lan's edges, and what is linked to it by both
    assert standings(an) == ["trái", "phải", "cả hai sai", "trái", "như nhau", "chưa quyết"]
    assert picked(an) == "9"
    press(an, "p")
    saved(an)
    decided = counting(bench, task)
    assert decided - before == {
        ("7.215", "QUANTITY", "Thu ngân sách"),
        ("đàn lợn", "INDICATOR", None),
        ("12.450", "QUANTITY", "đàn lợn"),
        ("9", "QUANTITY", "đàn lợn"),
    }
    assert bench.spans(task)["Đàn bò"]["entry"]["id"] != "none"
    an.reload()
    an.wait_for_selector(".differences .standing")
    assert standings(an) == ["trái", "phải", "cả hai sai", "trái", "như nhau", "phải"]

    an.locator(".differences button", has_text="8.320").click()
    press(an, "p")  # another decision
    saved(an)
    assert ("8.320", "PERCENT", "Đàn bò") in counting(bench, task)
    press(an, "t")
    saved(an)
    assert {label for words, label, _ in counting(bench, task) if words == "8.320"} == {"QUANTITY"}
    press(an, "u", "u")
    saved(an)
    assert counting(bench, task) == decided
    press(an, "r", "v")  # the result, which the other keys correct
    saved(an)
    an.wait_for_selector("#words .chosen:has-text('8.320')")
    press(an, "2")
    press(an, "v")
    saved(an)
    assert standings(an)[2] == "trái"


def test_what_is_linked_to_an_undecided_indicator_waits_for_it(entered, bench):
    task = adjudication(bench, "chờ chỉ tiêu.txt")
    an = entered("an", f"/annotate?task={task['id']}")
    an.wait_for_selector("#sides .mark")
    an.locator(".differences button", has_text="12.450").click()
    press(an, "p")
    an.wait_for_selector(".said.open:has-text('chỉ tiêu')")
    press(an, "k")
    assert picked(an) == "Tổng đàn lợn"
    press(an, "p")
    saved(an)
    assert ("12.450", "QUANTITY", "Tổng đàn lợn") in counting(bench, task)


def test_adjudication_on_a_phone_by_keyboard_alone(entered, bench):
    project, _ = two_done(bench, "điện thoại.txt")
    an = entered("an", f"/annotate?project={project}&view=agreement", "phone")
    an.wait_for_selector(".adjudicate")
    for _ in range(40):
        press(an, "Tab")
        if an.evaluate("document.activeElement.className") == "adjudicate":
            break
    press(an, "Enter")
    an.wait_for_selector("#sides .mark")
    assert not an.locator("#sides .right .mark").first.is_visible()
    press(an, "j", "t", "t", "t", "p")
    assert an.evaluate("document.documentElement.scrollWidth <= innerWidth")
    saved(an)
    # What only the other side has brings that side.
    press(an, "k", "j")
    an.wait_for_selector("#sides .right .chosen:has-text('9') >> visible=true")
    press(an, "s")
    an.wait_for_selector(".progress:has-text('6 / 6')")
    saved(an)
    task = next(t for t in bench.ask(f"/v1/projects/{project}/tasks")["tasks"] if t["kind"] == "adjudicate")
    assert ("12.450", "QUANTITY", "Tổng đàn lợn") in counting(bench, task)
    for _ in range(20):
        press(an, "Shift+Tab")
        if "finish" in an.evaluate("document.activeElement.className"):
            break
    press(an, "Enter")
    an.wait_for_selector(".tasks .task-state.adjudicated")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_serious_fault_in_the_project_and_between_two(entered, bench, axe, width):
    project, document = two_done(bench, f"axe {width}.txt")
    page = entered("an", f"/annotate?project={project}", width)
    page.wait_for_selector(".tasks")
    names = page.locator(".views button").all_inner_texts()
    assert len(names) == 6
    for name in names:
        page.click(f".views button:text-is('{name}')")
        page.wait_for_selector(".card, .tasks")
        assert not serious_faults(page, axe), name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    task = bench.ask(f"/v1/projects/{project}/adjudications", {"document": document})
    page.goto(f"{bench.address}/annotate?task={task['id']}")
    page.wait_for_selector("#sides .mark")
    press(page, "j", "t")
    assert not serious_faults(page, axe)
    press(page, "g")
    page.wait_for_selector(".guidelines table")
    assert not serious_faults(page, axe)


def test_a_login_in_another_tab_leaves_this_one_working(entered, bench):
    task = bench.task(REPORT, "đăng nhập lại.txt", "lan")
    first = entered("lan", f"/annotate?task={task['id']}")
    first.wait_for_selector("#words .mark")
    log_in(first.context, bench, "lan")
    walk_to(first, "8.320")
    press(first, "x")
    saved(first)
    assert bench.spans(task)["8.320"]["state"] == "rejected"


def test_corrections_that_are_too_many_for_one_request_are_sent_in_parts(entered, bench):
    task = bench.task(REPORT, "quá lớn.txt", "lan")
    page = entered("lan", f"/annotate?task={task['id']}")
    page.wait_for_selector("#words .mark")
    sent = []

    def small_only(route):
        count = len(route.request.post_data_json["events"])
        sent.append(count)
        if count > 4:
            route.fulfill(status=413, body="too large")
        else:
            route.continue_()

    page.route("**/corrections", small_only)
    page.fill(".screen input", "50")
    page.click(".screen button")
    saved(page)
    assert {s["state"] for s in bench.spans(task).values()} == {"confirmed"}
    assert sent[0] > 4 and max(sent[-3:]) <= 4
