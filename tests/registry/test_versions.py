"""What a registry holds, where it came from, and what differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chitieu.errors import ModelDamaged, ModelUnknown
from chitieu.registry.describe import describe, registry
from chitieu.registry.differences import diff
from chitieu.registry.lineage import Lineage, read_lineage, written
from chitieu.registry.versions import find, versions
from registered import held, model_folder, point

SCORES = {"documents": 3, "scores": {"micro": 0.9, "complete": 0.8, "figures": 20}, "labels": {"UNIT": {"f1": 0.7}}}
BETTER = {"documents": 3, "scores": {"micro": 0.92, "complete": 0.8, "figures": 20}, "labels": {"UNIT": {"f1": 0.75}}}


def test_versions_by_name_and_number_and_which_is_served(tmp_path):
    for version in ("0.10.0", "0.9.0", "1.0.0-rc1"):
        held(tmp_path, version)
    held(tmp_path, "2.0", name="another")
    point(tmp_path, "0.9.0")
    told = versions(tmp_path)
    assert [one.label for one in told] == ["another/2.0", "fake/0.9.0", "fake/0.10.0", "fake/1.0.0-rc1"]
    assert [one.version for one in told if one.is_current] == ["0.9.0"]
    assert [one.problem for one in told] == [None] * 4


def test_what_is_no_version_is_not_taken_for_one(tmp_path):
    held(tmp_path, "1.0.0")
    (tmp_path / "fake" / "train.toml").write_text("")
    (tmp_path / "fake" / "2.0.0").mkdir()
    for left in (".incoming/tmp_1", "fake/.2.0.0.partial", "fake/tmp_2/3.0.0"):
        model_folder(tmp_path / left, "3.0.0")
    assert [one.label for one in versions(tmp_path)] == ["fake/1.0.0"]


def test_faulty_versions_are_listed_with_what_is_wrong(tmp_path):
    faults = {
        "1": ("manifest.json", "{"),
        "2": ("manifest.json", "[]"),
        "3": ("model.onnx", "longer than it was"),
        "4": ("lineage.json", '{"parent": 1}'),
    }
    for version, (file, content) in faults.items():
        (held(tmp_path, version) / file).write_text(content)
    told = versions(tmp_path)
    assert len(told) == 4 and all(one.problem for one in told), told
    assert "model.onnx" in told[2].problem and "lineage.json" in told[3].problem
    assert [describe(one).problem for one in told] == [one.problem for one in told]


def test_a_version_is_found_by_what_names_it_alone(tmp_path):
    for name, version in (("one", "1.0"), ("two", "1.0"), ("two", "2.0")):
        held(tmp_path, version, name=name)
    point(tmp_path, "1.0", "two")
    assert find(tmp_path, "2.0").label == "two/2.0"
    assert find(tmp_path, "one/1.0").label == "one/1.0"
    assert find(tmp_path, "current").label == "two/1.0"
    for asked in ("1.0", "3.0", "", "two"):
        with pytest.raises(ModelUnknown) as caught:
            find(tmp_path, asked)
        assert caught.value.detail["versions"] == ["one/1.0", "two/1.0", "two/2.0"]


def test_what_is_told_of_the_version_that_the_project_serves(root):
    (told,) = registry(root / "models").models
    assert told.current and told.problem is None and told.lineage is None and told.gate is None
    assert told.evaluation["development"].scores["micro"] > 0.9 and told.evaluation["development"].documents == 46
    assert told.training["data"]["sha256"] and told.sha256 and told.base == "multilingual-e5-small"
    assert told.bytes > 30_000_000


def test_a_lineage_is_kept_as_it_was_told(tmp_path):
    told = Lineage(
        data="a" * 64,
        documents={"corrected": 30},
        code="0.6.0",
        parent={"name": "fake", "version": "0.9.0", "sha256": None},
        recipe="b" * 64,
        metrics={"development": {"micro": 0.9}},
        run="r1",
        made_at=datetime(2026, 1, 31, 10, tzinfo=UTC),
        made_by="lan",
    )
    (tmp_path / "lineage.json").write_bytes(written(told))
    assert read_lineage(tmp_path) == told
    assert json.loads((tmp_path / "lineage.json").read_text("utf-8"))["schema"] == "chitieu-lineage/1"
    (tmp_path / "lineage.json").write_text('{"schema": "chitieu-lineage/2"}')
    with pytest.raises(ModelDamaged):
        read_lineage(tmp_path)


def test_what_differs_is_told_place_by_place(tmp_path):
    held(tmp_path, "1.0.0", evaluation={"test": SCORES}, windows={"core": 384, "context": 64, "lookahead": 16})
    held(
        tmp_path,
        "2.0.0",
        evaluation={"test": BETTER},
        windows={"core": 256, "context": 64, "lookahead": 16},
        gate="refuse",
    )
    (tmp_path / "fake/2.0.0/lineage.json").write_bytes(written(Lineage(data="a" * 64)))
    found = {one.field: one for one in diff(find(tmp_path, "1.0.0"), find(tmp_path, "2.0.0"))}
    assert found["evaluation.test.scores.micro"].change == 0.02
    assert (found["evaluation.test.labels.UNIT"].one, found["evaluation.test.labels.UNIT"].two) == (0.7, 0.75)
    assert found["windows.core"].change == -128
    assert found["lineage.data"].one is None and found["lineage.data"].two == "a" * 64
    assert found["gate.decision"].two == "refuse"
    assert "files.model.onnx.sha256" in found and "evaluation.test.scores.complete" not in found
    assert not {"version", "current"} & found.keys()
    assert diff(find(tmp_path, "1.0.0"), find(tmp_path, "1.0.0")) == []
