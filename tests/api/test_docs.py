"""`/docs`: the description as a page."""

from __future__ import annotations

import re
import shlex
from html import unescape
from html.parser import HTMLParser

import pytest

from chitieu.api.docs import curl
from chitieu.api.html import Html, el, joined, prose
from fakes import fake_pipeline
from live import served


class Page(HTMLParser):
    """The elements of a page: attributes by tag, ids, where links lead, what stands open."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.tags, self.attributes = [], [], [], set()
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.links.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text(client):
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_needs_no_network(page):
    for link in page.links:
        assert link.startswith(("#", "/", "data:image/svg+xml,")) and not link.startswith("//"), link


@pytest.mark.pages
def test_nothing_of_it_is_inline(page, text):
    assert "style" not in page.attributes and not any(name.startswith("on") for name in page.attributes)
    assert "style" not in page.tags
    assert re.findall(r"<script[^>]*>(.*?)</script>", text) == [""]
    assert page.open == []


@pytest.mark.pages
def test_its_files_are_served(client, page):
    files = {link for link in page.links if re.fullmatch(r"/[\w./-]+", link)}
    assert {"css", "js", "json"} <= {file.rpartition(".")[2] for file in files}
    for file in files:
        assert client.get(file).status_code == 200, file


def test_every_operation_and_schema_has_its_place(client, page):
    spec = client.get("/openapi.json").json()
    ids = [o["operationId"] for methods in spec["paths"].values() for o in methods.values()]
    names = [f"schema-{name}" for name in spec["components"]["schemas"]]
    assert {*ids, *names, *(f"tag-{tag['name']}" for tag in spec["tags"])} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_every_link_within_it_leads_somewhere(page):
    inner = {link[1:] for link in page.links if link.startswith("#")}
    assert len(inner) > 30
    assert inner <= set(page.ids)


def test_the_examples_of_commands_ask_for_what_they_stand_at(client, text):
    commands = [unescape(c) for c in re.findall(r'<div class="command"><pre[^>]*>(.*?)</pre>', text, re.DOTALL)]
    met = set()
    for command in commands:
        words = shlex.split(command.replace("\\\n", " "))
        assert words.pop(0) == "curl"
        method, headers, data, query, files = None, {}, None, [], None
        url = ""
        while words:
            word = words.pop(0)
            if word == "-X":
                method = words.pop(0)
            elif word == "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            elif word == "--data-binary":
                data = words.pop(0)
            elif word == "--data-urlencode":
                query.append(tuple(words.pop(0).split("=", 1)))
            elif word == "-F":
                files = {"file": ("bao-cao.html", "<!doctype html><html><body>Đàn bò có 5 con.</body></html>")}
                assert words.pop(0).startswith("file=@")
            elif word != "-G":
                url = word
        method = method or ("POST" if data is not None or files else "GET")
        if data is not None and data.startswith("@"):
            data = '{"text": "Đàn bò có 5 con."}\n' if data.endswith("ndjson") else "Đàn bò có 5 con."
            if headers["Content-Type"] == "application/octet-stream":
                data = "Đàn bò có 5 con."
        headers.pop("Authorization", None)
        path = url.removeprefix("http://testserver")
        if "/session" in path or "/setup" in path or "/jobs/" in path or "/models/" in path or "/training" in path:
            continue
        answer = client.request(
            method, path, params=query or None, headers=headers, files=files, content=data and data.encode()
        )
        unknown = re.search("/(aliases|documents|projects|tasks)/", path) and answer.status_code == 404
        assert answer.is_success or unknown, (command, answer.text)
        met.add((method, path))
    assert {
        ("POST", "/v1/extract"),
        ("POST", "/v1/extract/batch"),
        ("GET", "/v1/observations"),
        ("GET", "/v1/model"),
    } <= met


def test_a_command_is_safe_to_paste():
    operation = {"parameters": []}
    command = curl("post", "/v1/x", operation, "http://h", "application/json", {"text": "it's $(rm) `x`"})
    assert shlex.split(command.replace("\\\n", " "))[-1] == '{"text": "it\'s $(rm) `x`"}'


def test_what_is_put_into_a_page_is_escaped():
    assert el("p", "<b>&", class_='"x') == '<p class="&quot;x">&lt;b&gt;&amp;</p>'
    assert joined("<i>", Html("<i>"), None) == "&lt;i&gt;<i>"
    assert prose("a `<b>` c\n\n- one\n- two") == "<p>a <code>&lt;b&gt;</code> c</p><ul><li>one</li><li>two</li></ul>"


@pytest.fixture(scope="module")
def address():
    with served(fake_pipeline()) as (where, _):
        yield where


@pytest.mark.pages
@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 390])
def test_it_fits_a_screen_and_breaks_no_rule_of_its_policy(browser, address, width):
    tab = browser.new_page(viewport={"width": width, "height": 800})
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(f"{address}/docs")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        tab.evaluate("getComputedStyle(document.querySelector('body > header')).backgroundColor") == "rgb(11, 93, 59)"
    )
    assert tab.evaluate("document.querySelector('.menu details').open") is (width == 1366)
    button = tab.locator(".command button").first
    assert button.is_visible()
    button.click()
    tab.wait_for_function("button => button.textContent != 'Chép / Copy'", arg=button.element_handle())
    assert said == []
    tab.close()


def test_operations_and_schemas_are_folded(client, text):
    spec = client.get("/openapi.json").json()
    count = sum(len(methods) for methods in spec["paths"].values()) + len(spec["components"]["schemas"])
    assert text.count('<details class="whole">') == count


@pytest.mark.pages
@pytest.mark.browser
def test_an_address_unfolds_what_it_leads_to(browser, address):
    tab = browser.new_page()
    tab.goto(f"{address}/docs#schema-Statement")
    assert tab.locator("#schema-Statement table").is_visible()
    assert tab.locator("#schema-Period table").is_hidden()
    tab.locator('#schema-Statement a[href="#schema-StatedIn"]').click()
    assert tab.locator("#schema-StatedIn table").is_visible()
    tab.close()
