"""Logging in with a real browser, and what the pages' policy forbids."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
import structlog
from sqlalchemy import URL

from chitieu.access.prepare import prepare_access
from chitieu.settings import Settings
from chitieu.store.accounts import set_disabled, set_password
from members import BY, PASSWORD, Session, end_all, hashed, member

pytestmark = [pytest.mark.browser, pytest.mark.pages]
REPORT = "- Thu ngân sách đạt 215,4 tỷ đồng, bằng 81,4% dự toán.\n"
WIDTHS = {"desktop": (1366, 900), "phone": (390, 844)}


@contextmanager
def serving(folder, **settings):
    """The address of a service that listens, and its database."""
    import uvicorn

    from chitieu.api.app import create_app
    from fakes import fake_pipeline

    url = URL.create("sqlite", database=str(folder / "chitieu.db")).render_as_string()
    app = create_app(fake_pipeline(), settings=Settings(**({"login": "required", "database_url": url} | settings)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app.state.database
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("login")) as (address, database):
        member(database, "minh", "admin")
        member(database, "lan", "annotator")
        yield address, database


@pytest.fixture
def opened(browser):
    """Opens pages in a browser of their own; what goes wrong in one fails the test."""
    contexts, faults = [], []

    def open_page(address, width="desktop", **options):
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def fill(page, form, **fields):
    page.wait_for_selector(f"#{form}:not([hidden])")
    for name, value in fields.items():
        page.fill(f"#{form} [name={name}]", value)
    page.click(f"#{form} button[type=submit]")


def log_in(page, name="lan", password=PASSWORD):
    fill(page, "login", name=name, password=password)


def path_of(page, address):
    return page.url.removeprefix(address)


@pytest.mark.parametrize("width", WIDTHS)
def test_in_and_out(opened, served, width):
    address, _ = served
    page = opened(address + "/", width)
    page.wait_for_selector("#login:not([hidden])")
    assert path_of(page, address) == "/login"
    assert page.evaluate("document.activeElement.id") == "login-name"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    log_in(page)
    page.wait_for_selector("#read")
    assert path_of(page, address) == "/"
    page.wait_for_selector("#account:not([hidden])")
    assert page.locator("#who").inner_text() == "lan (biên tập)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#text", REPORT)
    page.click("#read")  # by cookie, with the login's token
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#document .QUANTITY").inner_text() == "215,4"
    page.click("#logout")
    page.wait_for_selector("#login:not([hidden])")
    page.goto(address + "/")
    assert path_of(page, address) == "/login"


def test_the_cookie_is_out_of_reach_of_scripts(opened, served):
    page = opened(served[0])
    log_in(page)
    page.wait_for_selector("#read")
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert page.evaluate("Object.values({...localStorage, ...sessionStorage}).join()") in ("", "vi")


def test_a_wrong_password_is_told_in_the_language_of_the_page(opened, served):
    page = opened(served[0] + "/login")
    log_in(page, password="sai mật khẩu")
    page.wait_for_selector("#login .error:not([hidden])")
    assert page.locator("#login .error").inner_text() == "Tên hoặc mật khẩu không đúng."
    page.click("#language")
    assert page.locator("#login .error").inner_text() == "Wrong name or password."
    assert page.locator("#login h2").inner_text() == "Log in"
    log_in(page)
    page.wait_for_selector("#read")


def test_back_to_where_one_wanted_to_go(opened, served):
    address, _ = served
    page = opened(address + "/docs?x=1#about")
    log_in(page)
    page.wait_for_url("**/docs*")
    assert path_of(page, address).startswith("/docs?x=1")


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/.//evil.example", "/%09/evil.example", "javascript:alert(1)", "\\\\evil.example", "data:text/html,x", "@evil.example", "/login"],
)  # fmt: skip
def test_the_way_back_leads_to_no_other_site(opened, served, wanted):
    address, _ = served
    page = opened(address + "/login?next=" + wanted)
    log_in(page)
    page.wait_for_url(lambda url: "/login" not in url)
    assert page.evaluate("location.origin") == address


def test_a_login_that_is_over_leads_to_the_login_page(opened, served):
    address, database = served
    page = opened(address)
    log_in(page)
    page.wait_for_selector(
        "#account:not([hidden])"
    )  # the page has asked who it is; what ends later shows at the next request
    end_all(database, Session)
    page.fill("#text", REPORT)
    page.click("#read")
    page.wait_for_selector("#login:not([hidden])")
    assert path_of(page, address) == "/login"


def test_a_disabled_account(opened, served):
    address, database = served
    member(database, "hoa")
    set_disabled(database, "hoa", True, by=BY)
    page = opened(address)
    log_in(page, "hoa")
    page.wait_for_selector("#login .error:not([hidden])")


@pytest.mark.parametrize("width", WIDTHS)
def test_changing_the_password(opened, served, width):
    address, database = served
    set_password(database, "lan", hashed(), by=BY)
    page = opened(address, width)
    log_in(page)
    page.wait_for_selector("#account:not([hidden])")
    page.click("#account a")
    fill(page, "change", old=PASSWORD, new="một câu khác hẳn", again="một câu khác hơn")
    assert "không giống nhau" in page.locator("#change .error").inner_text()
    fill(page, "change", old="sai", new="một câu khác hẳn", again="một câu khác hẳn")
    page.locator("#change .error", has_text="không đúng").wait_for()
    fill(page, "change", old=PASSWORD, new="một câu khác hẳn", again="một câu khác hẳn")
    page.wait_for_selector("#read")
    page.wait_for_selector("#account:not([hidden])")
    page.click("#logout")
    log_in(page, password="một câu khác hẳn")
    page.wait_for_selector("#read")
    set_password(database, "lan", hashed(), by=BY)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_account(opened, tmp_path, width):
    with serving(tmp_path) as (address, database):
        with structlog.testing.capture_logs() as lines:
            prepare_access(Settings(login="required"), database, attended=False)
        code = next(line["code"] for line in lines if "code" in line)
        page = opened(address, width)
        assert path_of(page, address) == "/login"
        fill(page, "setup", code="x" + code[1:], password=PASSWORD, again=PASSWORD)
        page.wait_for_selector("#setup .error:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        fill(page, "setup", code=code, name="minh", password=PASSWORD, again=PASSWORD)
        page.wait_for_selector("#read")
        page.wait_for_selector("#account:not([hidden])")
        assert page.locator("#who").inner_text() == "minh (quản trị)"


def test_without_a_login_the_page_shows_none(opened, tmp_path):
    with serving(tmp_path, login="open") as (address, _):
        page = opened(address)
        page.fill("#text", REPORT)
        page.click("#read")
        page.wait_for_selector("#result:not([hidden])")
        assert page.locator("#account").is_hidden()
        page.goto(address + "/login")
        page.wait_for_selector("#read")


def test_nothing_that_the_policy_forbids_is_on_any_page(opened, served):
    address, _ = served
    page = opened(address + "/login")
    log_in(page)
    page.wait_for_selector("#read")
    page.click("#example")
    page.wait_for_selector("#result:not([hidden])")
    page.locator("#document [data-figure]").first.click()
    assert (
        page.locator("#document .QUANTITY").first.evaluate("n => getComputedStyle(n).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )
    for path in ("/docs", "/login#password", "/openapi.json"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
    # A page as answer, as a browser shows it that asked for it.
    csrf = page.evaluate("fetch('/v1/session').then((r) => r.json()).then((w) => w.csrf)")
    page.goto(address + "/")

    def ask(route):
        headers = route.request.headers | {"accept": "text/html", "content-type": "text/plain", "x-csrf-token": csrf}
        route.continue_(url=address + "/v1/extract", method="POST", headers=headers, post_data=REPORT)

    page.route("**/answer", ask)
    answer = page.goto(address + "/answer")
    assert answer.status == 200 and "sandbox" in answer.headers["content-security-policy"]
    figure = page.locator(".text .QUANTITY")
    assert figure.inner_text() == "215,4"
    assert figure.evaluate("n => getComputedStyle(n).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_the_policy_stops_what_would_be_slipped_in(browser, served):
    address, _ = served
    page = browser.new_page()
    page.goto(address + "/login")
    page.wait_for_selector("#login:not([hidden])")
    page.evaluate("""() => {
        const script = document.createElement('script'); script.textContent = 'window.slipped = 1'; document.body.append(script);
        const image = document.createElement('img'); image.setAttribute('onerror', 'window.slipped = 1'); image.src = '/none.png';
        document.body.append(image);
    }""")
    page.wait_for_timeout(300)
    assert page.evaluate("window.slipped") is None
    page.close()
