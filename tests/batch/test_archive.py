"""The made archive, and how much of what is known in it is found."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet
import pytest

from batch_runs import batch, contents
from chitieu.batch.recall import recall
from chitieu.text.files.reading import read_bytes

pytest.importorskip("docx", reason="needs the extra `dev`")


@pytest.fixture(scope="module")
def script(root):
    spec = importlib.util.spec_from_file_location("make_archive", root / "scripts" / "make_archive.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_archive"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(script, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    script.make(folder, documents=36, seed=3)
    return folder


def truths(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(script, made, tmp_path):
    script.make(tmp_path / "a", documents=36, seed=3)
    script.make(tmp_path / "b", documents=36, seed=4)
    assert contents(tmp_path / "a") == contents(made)
    assert contents(tmp_path / "b") != contents(made)


def test_it_has_every_kind_and_every_trouble(made):
    told = truths(made)
    assert Counter(t["state"] for t in told) == {"good": 36, "broken": 2, "empty": 1, "double": 1, "huge": 1}
    good = [t for t in told if t["state"] == "good"]
    assert {t["kind"] for t in good} == {"txt", "docx", "html", "pdf", "xlsx"}
    assert {t["encoding"] for t in good} == {None, "utf-8", "utf-16", "tcvn3", "vni"}
    assert {f["kind"] for t in good for f in t["figures"]} == {"level", "change", "share", "attainment"}
    for told in good:
        assert (made / "archive" / told["name"]).is_file() or "/nen.zip/" in told["name"]


def test_known_places_are_right(made):
    """Where the text of a file is plain, each figure stands where the truth says."""
    seen = 0
    for told in truths(made):
        path = made / "archive" / told["name"]
        placed = [f for f in told["figures"] if f["start"] is not None]
        if not placed or not path.is_file():
            continue
        text = read_bytes(path.read_bytes(), name=path.name).text
        for figure in placed:
            assert text[figure["start"] : figure["end"]] == figure["text"], told["name"]
        seen += 1
    assert seen >= 12


def test_recall_counts_what_is_right(tmp_path, made):
    """With answers of a few regular expressions; then with the figures of a document taken away."""
    out = tmp_path / "out"
    report = batch(made / "archive", out=out)
    assert {f.name for f in report.failures} == {
        t["name"] for t in truths(made) if t["state"] in ("broken", "empty", "huge")
    }
    found = recall(out, made / "truth.jsonl")
    assert found["all"]["figures"] == sum(len(t["figures"]) for t in truths(made))
    assert found["all"]["found"] == 1.0, "a number is easily found"
    assert 0 < found["all"]["right"] < found["all"]["found"]
    assert found["figure attainment"]["kind"] < 1.0
    path = next((out / "figures").rglob("*.parquet"))
    rows = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(rows.slice(0, 0), path)
    assert recall(out, made / "truth.jsonl")["all"]["found"] < 1.0


def test_the_served_model_finds_what_is_known(script, tmp_path, pipeline):
    """Real processes, the real model; the same again from another number of workers."""
    script.make(tmp_path, documents=12, seed=5)
    for workers in (1, 2):
        report = batch(
            tmp_path / "archive",
            out=tmp_path / f"out{workers}",
            engine="local",
            workers=workers,
            pipeline="chitieu.pipeline:load_pipeline",
        )
        assert {f.code for f in report.failures} >= {"text_empty", "text_too_long"}
    found = recall(tmp_path / "out1", tmp_path / "truth.jsonl")["all"]
    assert found["found"] >= 0.98 and found["kind"] >= 0.95 and found["indicator"] >= 0.85
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
