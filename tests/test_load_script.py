"""`scripts/load_test.py` from its start to its tables, on a service of its own."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest


def run(root, *arguments):
    return subprocess.run(
        [sys.executable, root / "scripts" / "load_test.py", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(autouse=True)
def needs_locust():
    if importlib.util.find_spec("locust") is None:
        pytest.skip("needs the extra `dev`")


def test_it_measures_and_finds_the_same_figures_under_load(root):
    done = run(root, "--sizes", "300", "--seconds", "5", "--clients", "4", "--soak", "10")
    assert done.returncode == 0, done.stderr[-2000:]
    rows = re.findall(r"^\| 300 \|.*\| (\d+) \|$", done.stdout, re.MULTILINE)
    assert rows == ["0", "0"], done.stdout
    crowd = re.search(
        r"4 clients at once, .*: (\d+) answers, 0 times 429, 0 other errors, 0 answers with other figures", done.stdout
    )
    assert crowd and int(crowd[1]) > 0, done.stdout
    assert re.search(r"texts, 0 errors: at most \d+ MiB", done.stdout), done.stdout


@pytest.mark.parametrize("url", ["http://192.0.2.1:8000", "https://chitieu.example"])
def test_it_loads_this_machine_alone(root, url):
    done = run(root, "--url", url)
    assert done.returncode != 0 and "only services on this machine" in done.stderr
