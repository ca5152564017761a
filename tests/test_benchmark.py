"""`scripts/benchmark.py` from its start to its tables and its JSON."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys

import pytest


def run(root, *arguments):
    return subprocess.run(
        [sys.executable, root / "scripts" / "benchmark.py", *arguments],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="module")
def measured(root, tmp_path_factory):
    """What one short run prints, and its JSON."""
    path = tmp_path_factory.mktemp("benchmark") / "measured.json"
    # In no environment for development are both of these peers there: quantulum3 comes with the extra `peers` alone.
    done = run(
        root, "--texts", "short", "--repeats", "2", "--documents", "1", "--json", path,
        "--peers", "regular expression", "quantulum3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, json.loads(path.read_text(encoding="utf-8"))


def test_the_steps_are_the_whole(measured):
    (text,) = measured[1]["texts"]
    assert text["characters"] == 2_000
    for one in text["runs"]:
        assert sum(one["steps"].values()) == pytest.approx(one["whole"])
        # What no step is charged with is small, or a step of the package is not watched.
        assert one["steps"]["other"] < 0.05 * one["whole"]
        assert min(one["steps"].values()) > 0
    assert sum(step["share"] for step in text["steps"].values()) == pytest.approx(1, abs=0.1)


def test_the_encoder_alone_is_less_than_the_whole(measured):
    (text,) = measured[1]["texts"]
    for one in text["runs"]:
        assert one["floor"] == pytest.approx(one["steps"]["encode"], rel=3)
    assert text["to_floor"] > text["to_floor_and_segment"] > 0
    assert text["first_answer_seconds"] > 0
    assert text["tokens"] > 400  # of 2,000 characters


def test_the_json_has_what_the_documentation_says(measured, root):
    page = (root / "docs" / "performance.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", page.split("## The JSON")[1].split("\n## ")[0]))
    (text,) = measured[1]["texts"]
    for part in (measured[1], measured[1]["machine"], text, text["runs"][0], measured[1]["peers"]["found"][0]):
        assert set(part) <= documented
    assert set(text["steps"]) <= documented


def test_peers_are_measured_or_noted(measured):
    found = {one["name"]: one for one in measured[1]["peers"]["found"]}
    assert list(found) == ["chitieu", "regular expression", "quantulum3"]
    assert found["regular expression"]["ratios"] and 0 < found["regular expression"]["value_f1"] < 1
    assert found["chitieu"]["value_f1"] > found["regular expression"]["value_f1"]
    if importlib.util.find_spec("quantulum3") is None:
        assert found["quantulum3"]["note"] == "not installed: quantulum3"
        assert "not installed: quantulum3" in measured[0]


def test_growth_is_told_with_its_power(root):
    done = run(root, "--texts", "--growth", "--lengths", "300", "1200", "--counts", "--entries")
    assert done.returncode == 0, done.stderr[-2000:]
    (power,) = re.findall(r"^\| grows with the power \| ([\d.]+) \|", done.stdout, re.MULTILINE)
    assert 0 < float(power) < 2
