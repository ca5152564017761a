"""A folder becomes a version: whole or not at all, whenever a process is killed."""

from __future__ import annotations

import json

import pytest

from chitieu.errors import ModelDamaged, ModelExists, ModelMissing, OutputUnwritable
from chitieu.registry.register import register
from chitieu.registry.versions import check_whole, find, versions
from registered import held, kills, model_folder


def test_a_folder_becomes_a_version_with_its_lineage(tmp_path):
    root = tmp_path / "models"
    parent = held(root, "1.0.0")
    source = model_folder(tmp_path / "made", "1.1.0")
    (source / "CARD.md").write_text("# fake", encoding="utf-8")
    (source / "runs").mkdir()
    lineage = {
        "data": "a" * 64,
        "parent": {"name": "fake", "version": "1.0.0"},
        "metrics": {"development": {"micro": 0.9}},
    }
    made = register(source, root, lineage, by="lan")
    assert made == root / "fake" / "1.1.0"
    assert sorted(path.name for path in made.iterdir()) == [
        "CARD.md",
        "lineage.json",
        "manifest.json",
        "model.onnx",
        "tokenizer.json",
    ]
    told = find(root, "1.1.0").lineage
    assert told.made_by == "lan" and told.made_at is not None and told.metrics == lineage["metrics"]
    digest = json.loads((parent / "manifest.json").read_text("utf-8"))["files"]["model.onnx"]["sha256"]
    assert told.parent.sha256 == digest
    assert made.stat().st_mode & 0o777 == 0o755
    assert source.is_dir() and not list((root / ".incoming").iterdir())


def test_no_version_takes_the_place_of_another(tmp_path):
    root = tmp_path / "models"
    register(model_folder(tmp_path / "one", "1.0.0"), root)
    other = model_folder(tmp_path / "two", "1.0.0", model=b"another")
    with pytest.raises(ModelExists) as caught:
        register(other, root)
    assert caught.value.code == "model_exists"
    assert (root / "fake/1.0.0/model.onnx").read_bytes() == b"fake 1.0.0"


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda folder: (folder / "tokenizer.json").write_bytes(b"[]"), ModelDamaged),  # of the same size
        (lambda folder: (folder / "manifest.json").unlink(), ModelMissing),
        (lambda folder: (folder / "lineage.json").write_text('{"dta": 1}'), ModelDamaged),
    ],
)
def test_what_is_not_whole_is_refused_and_leaves_nothing(tmp_path, spoil, error):
    root, source = tmp_path / "models", model_folder(tmp_path / "made", "1.0.0")
    spoil(source)
    with pytest.raises(error):
        register(source, root)
    assert versions(root) == []
    assert not root.is_dir() or not list(root.glob("*/*")) + list((root / ".incoming").glob("*"))


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", ""])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    source = model_folder(tmp_path / "made", "1.0.0", name=name)
    with pytest.raises(ModelDamaged):
        register(source, tmp_path / "models")


def test_a_lineage_that_breaks_its_schema_is_refused(tmp_path):
    with pytest.raises(ModelDamaged) as caught:
        register(model_folder(tmp_path / "made", "1.0.0"), tmp_path / "models", {"parent": "1.0.0"})
    assert "parent" in caught.value.message


def test_a_registry_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(OutputUnwritable):
        register(model_folder(tmp_path / "made", "1.0.0"), tmp_path / "models")


def test_killed_at_any_step_it_leaves_whole_versions_alone(tmp_path):
    root = tmp_path / "models"
    held(root, "1.0.0")
    told = kills("register", root, tmp_path / "work")
    assert len(told) > 20 and told[-1]["done"] and not any(one["done"] for one in told[:-1])
    assert all(one["faulty"] == [] and "fake/1.0.0" in one["versions"] for one in told)
    counts = [len(one["versions"]) for one in told]
    assert counts == sorted(counts) and counts[0] == 1
    assert max(one["incoming"] for one in told) == 1, "what was left over is removed by the next"
    assert told[-1]["incoming"] == 0
    check_whole(root / "fake" / f"1.{told[-1]['steps']}.0")
