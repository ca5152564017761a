"""What docs/deployment.md says to type, to watch and to look for is there."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml

from chitieu.api.telemetry.metrics import Metrics, Standing
from chitieu.cli import parser


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs/deployment.md").read_text("utf-8")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S)


def test_its_commands_are_commands(page):
    lines = [line for block in blocks(page, "") for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", page)
    told = [
        shlex.split(words)
        for line in lines
        for words in re.findall(
            r"(?:^|\s)chitieu(?:-admin)? ((?:users|tokens|backup|restore) [^&|)]+)", re.sub(r"\$\(.*?\)", "now", line)
        )
    ]
    assert len(told) >= 8
    for words in told:
        parser().parse_args(words)


def test_its_measures_are_measured(page):
    measured = Metrics()
    measured.answered("/", "GET", 500, 0.1, error="internal")
    measured.files.labels("pdf").inc()
    text = measured.page(Standing({"version": "1"}, True, {"queued": 1}, 0.0))[0].decode()
    families = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
    named = set(re.findall(r"\b((?:chitieu|process)_[a-z_]+)\b", page)) - {"chitieu_session"}
    base = {re.sub(r"_bucket$", "", name) for name in named}
    assert base - families == set(), "named, and not measured"
    ours = {name for name in families if name.startswith("chitieu_")}
    assert ours - base == set(), "measured, and not described"


def test_its_rules_are_rules(page):
    scrape, rules = (yaml.safe_load(block) for block in blocks(page, "yaml"))
    assert scrape["scrape_configs"][0]["job_name"] == "chitieu"
    alerts = rules["groups"][0]["rules"]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) >= 8
    for rule in alerts:
        assert rule["expr"] and rule["labels"]["severity"] in ("page", "look"), rule["alert"]


def test_codes_that_alerts_wait_for_are_codes(page, root):
    known = set(re.findall(r"^\| `([a-z_]+)` \| \d+ ", (root / "docs/api.md").read_text("utf-8"), re.M))
    waited = {code for found in re.findall(r'code=~?"([a-z_|]+)"', page) for code in found.split("|")}
    assert waited and waited <= known


def test_events_of_the_log_are_logged(page, root):
    table = page[page.index("| event | level |") : page.index("No text of a report, file name")]
    events = {name for row in re.findall(r"^\| (`[^|]+) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
    code = "\n".join(file.read_text("utf-8") for file in (root / "service/chitieu").rglob("*.py"))
    logged = set(re.findall(r'log\.\w+\(\s*(?:logging\.[A-Z]+[^"]*|[^"(]*)?"(\w+)"', code))
    assert len(events) >= 8
    assert {event for event in events if event not in logged and f'"{event}"' not in code} == set()


def test_files_that_it_names_are_there(page, root):
    for name in set(re.findall(r"`?((?:scripts/deploy|scripts)/[\w.-]+)", page)) | {"compose.yaml", "Dockerfile"}:
        assert (root / name).is_file(), name
    for name, anchor in re.findall(r"\]\((\w+\.md)?(?:#([\w-]+))?\)", page):
        target = page if not name else (root / "docs" / name).read_text("utf-8")
        if anchor:
            headings = {
                re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-")
                for h in re.findall(r"^#+ (.+)$", target, re.M)
            }
            assert anchor in headings, (name, anchor)
