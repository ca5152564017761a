"""The workbench on a port, with people who are logged in, for tests of its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from live import served
from members import PASSWORD, member, token

WIDTHS = {"desktop": (1366, 768), "phone": (390, 844)}
# All that the tests' tagger reads is below it: so everything is unsure.
UNSURE = "if (location.protocol === 'http:' && !localStorage.getItem('annotate-threshold')) localStorage.setItem('annotate-threshold', '0.95')"


@dataclass(frozen=True, slots=True)
class Bench:
    """A service, its address and the tokens of its people."""

    address: str
    tokens: dict[str, str]

    def ask(
        self, path: str, body: Any = None, *, method: str | None = None, raw: bytes | None = None, name: str = "an"
    ) -> Any:
        """The answer of the API to somebody, the reviewer if nobody else."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if raw is not None else "application/json"
        headers = {"Authorization": f"Bearer {self.tokens[name]}", "Content-Type": kind}
        with urlopen(Request(self.address + path, data=data, headers=headers, method=method)) as response:
            told = response.read()
        return json.loads(told) if told else None

    def task(self, text: str, name: str, *assign: str | None, blind: bool = False) -> dict[str, Any]:
        """A task of a stored text in a project of its own."""
        stored = self.ask("/v1/extract", {"text": text, "id": name, "store": True})
        project = self.ask("/v1/projects", {"name": f"Dự án {name}"})
        body = {"documents": [stored["document"]["stored"]], "assign": assign or [None], "blind": blind}
        return self.ask(f"/v1/projects/{project['id']}/documents", body)["tasks"][0]

    def spans(self, task: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The spans of a task as the service has them, by their words; those of the same words by the last."""
        told = self.ask(f"/v1/tasks/{task['id']}")
        return {told["text"][s["start"] : s["end"]]: s for s in told["spans"]}


@contextmanager
def benched(pipeline: Pipeline, folder: Any) -> Iterator[Bench]:
    """A service with two annotators, lan and minh, and a reviewer."""
    with served(pipeline, Settings(login="required", data=folder, rate_per_minute=0)) as (address, app):
        database = app.state.database
        people = {"lan": "annotator", "minh": "annotator", "an": "reviewer"}
        for name, role in people.items():
            member(database, name, role)
        yield Bench(address, {name: token(database, name) for name in people})


def enter(context: Any, bench: Bench, name: str, path: str = "/annotate") -> Any:
    """A page of the context, logged in."""
    context.add_init_script(UNSURE)
    log_in(context, bench, name)
    page = context.new_page()
    page.goto(bench.address + path)
    return page


def log_in(context: Any, bench: Bench, name: str) -> None:
    """A new login of the context's pages."""
    told = context.request.post(f"{bench.address}/v1/session", data={"name": name, "password": PASSWORD})
    assert told.ok, told.text()


def serious_faults(page: Any, axe: str) -> list[tuple[str, list[str]]]:
    """What axe (its script) finds in the page as it stands that keeps somebody from using it."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((told) => told.violations)")
    return [(f["id"], [n["html"][:200] for n in f["nodes"]]) for f in found if f["impact"] in ("serious", "critical")]


def mark(page: Any, words: str) -> Any:
    """The spans of these words alone."""
    return page.locator("#words .mark").filter(has_text=words)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Any) -> None:
    """Waits until the page says that all is saved."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_selector("#saving.saved")
