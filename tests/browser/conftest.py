"""What tests of the workbench's page share."""

from __future__ import annotations

import pytest

from fakes import fake_pipeline
from workbench_page import WIDTHS, benched, enter


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with benched(fake_pipeline(), tmp_path_factory.mktemp("workbench")) as made:
        yield made


@pytest.fixture
def entered(browser, bench):
    """Opens a path as somebody, in a browser of their own; what goes wrong in a page fails the test."""
    contexts, faults = [], []

    def open_path(name, path="/annotate", width="desktop"):
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, has_touch=width == "phone")
        contexts.append(context)
        page = enter(context, bench, name, path)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture
def axe(root):
    """axe's script, or the test is skipped."""
    script = root / "service/web/node_modules/axe-core/axe.min.js"
    if not script.is_file():
        pytest.skip("needs axe-core: `make web` installs it")
    return script.read_text("utf-8")
