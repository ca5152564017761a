"""Which version is served: checked, one change at a time, and back again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from chitieu.errors import (
    ModelDamaged,
    ModelHasNoPrevious,
    ModelInvalid,
    ModelNotPassed,
    ModelUnknown,
    OutputLocked,
    OutputUnwritable,
)
from chitieu.models import current_model
from chitieu.registry.lock import locked
from chitieu.registry.pointer import read_pointer
from chitieu.registry.promote import promote, rollback
from chitieu.registry.versions import find
from registered import BROKEN, fake_load, held, kills, point


@pytest.fixture
def root(tmp_path):
    """Three versions that passed the gate; the first is served, as a file of before says."""
    made = tmp_path / "models"
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        held(made, version)
    point(made, "1.0.0")
    return made


def put(root, version, **more):
    return promote(root, "fake", version, "lan", load=fake_load, **more)


def back(root):
    return rollback(root, "minh", load=fake_load)


def test_a_promoted_version_is_served_and_the_one_before_is_remembered(root):
    change = put(root, "2.0.0")
    assert (change.action, change.version, change.by, change.forced) == ("promote", "2.0.0", "lan", False)
    assert current_model(root) == root / "fake" / "2.0.0"
    found, promoted = read_pointer(root).told
    assert (found.action, found.version, found.at) == ("found", "1.0.0", None)
    assert promoted == change and promoted.at.tzinfo is not None


def test_the_first_version_of_all(tmp_path):
    held(tmp_path, "1.0.0")
    put(tmp_path, "1.0.0")
    assert [one.action for one in read_pointer(tmp_path).history] == ["promote"]
    with pytest.raises(ModelHasNoPrevious):
        back(tmp_path)


def test_what_is_served_already_stays_as_it_is(root):
    before = (root / "current.json").read_bytes()
    assert put(root, "1.0.0").action == "found"
    assert (root / "current.json").read_bytes() == before


def test_each_rollback_goes_one_further_back(root):
    for version in ("2.0.0", "3.0.0"):
        put(root, version)
    assert back(root).version == "2.0.0"
    assert back(root).version == "1.0.0"
    with pytest.raises(ModelHasNoPrevious) as caught:
        back(root)
    assert caught.value.code == "model_has_no_previous"
    put(root, "3.0.0")
    assert back(root).version == "1.0.0", "what was rolled back from is not gone back to"
    assert len(read_pointer(root).history) == 7


def test_a_version_that_was_named_by_hand_is_gone_back_from_too(root):
    put(root, "2.0.0")
    told = json.loads((root / "current.json").read_text("utf-8"))
    (root / "current.json").write_text(json.dumps(told | {"version": "3.0.0"}))
    assert back(root).version == "2.0.0"
    assert [one.action for one in read_pointer(root).history] == ["found", "promote", "found", "rollback"]


def test_a_version_of_before_that_is_gone_is_told(root):
    put(root, "2.0.0")
    (root / "fake/1.0.0/manifest.json").unlink()
    with pytest.raises(ModelUnknown):
        back(root)
    assert current_model(root).name == "2.0.0"


@pytest.mark.parametrize(
    ("gate", "decision", "reasons"),
    [
        (None, None, []),
        ({"decision": "refuse", "reasons": [{"code": "regression", "message_vi": "kém", "message_en": "worse"}]}, "refuse", ["regression"]),
        ({"decision": "maybe"}, "unreadable", []),
        ("{", "unreadable", []),
    ],
)  # fmt: skip
def test_what_has_not_passed_the_gate_is_not_served_unless_forced(root, gate, decision, reasons):
    folder = held(root, "4.0.0", gate=None)
    if gate is not None:
        (folder / "gate.json").write_text(gate if isinstance(gate, str) else json.dumps(gate), encoding="utf-8")
    with pytest.raises(ModelNotPassed) as caught:
        put(root, "4.0.0")
    assert caught.value.code == "model_not_passed" and " / " in caught.value.message
    assert caught.value.detail == {"model": "fake/4.0.0", "decision": decision, "reasons": reasons}
    assert ("worse" in caught.value.message) == bool(reasons)
    assert current_model(root).name == "1.0.0"
    assert put(root, "4.0.0", force=True).forced
    assert current_model(root).name == "4.0.0" and read_pointer(root).history[-1].forced


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("spoil", ["bytes", "missing", "manifest", "names", "does not load"])
def test_what_is_not_whole_or_does_not_load_is_never_served(root, spoil, force):
    folder = held(root, "4.0.0", model=BROKEN if spoil == "does not load" else None)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    if spoil == "bytes":
        (folder / "model.onnx").write_bytes(b"FAKE 4.0.0")
    elif spoil == "missing":
        (folder / "tokenizer.json").unlink()
    elif spoil == "manifest":
        (folder / "manifest.json").write_text("[]")
    elif spoil == "names":
        (folder / "manifest.json").write_text(json.dumps(manifest | {"version": "5.0.0"}))
    with pytest.raises(ModelDamaged) as caught:
        put(root, "4.0.0", force=force)
    assert caught.value.code == "model_damaged"
    assert current_model(root).name == "1.0.0"


def test_what_is_not_there_is_told_with_what_is(root):
    with pytest.raises(ModelUnknown) as caught:
        put(root, "9.0.0")
    assert caught.value.detail["versions"] == ["fake/1.0.0", "fake/2.0.0", "fake/3.0.0"]


def test_the_served_model_itself_is_read_before_it_is_served(root):
    """With the real tagger: a file that is whole and no model is refused, the served model under another number is not."""
    real = current_model()
    held(root, "4.0.0")
    with pytest.raises(ModelDamaged):
        promote(root, "fake", "4.0.0", "lan")
    manifest = json.loads((real / "manifest.json").read_text("utf-8")) | {"name": "fake", "version": "5.0.0"}
    folder = root / "fake" / "5.0.0"
    folder.mkdir()
    for name in manifest["files"]:
        (folder / name).symlink_to(real / name)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert promote(root, "fake", "5.0.0", "lan", force=True).version == "5.0.0"


def test_changes_at_the_same_moment_come_one_after_the_other(root):
    wanted = ["2.0.0", "3.0.0"] * 8
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda version: put(root, version), wanted))
    pointer = read_pointer(root)
    told = pointer.told
    assert told[0].action == "found" and {one.action for one in told[1:]} == {"promote"}
    assert all(one.version != two.version for one, two in pairwise(told)), "none was lost"
    assert pointer.version == told[-1].version == find(root, "current").version


def test_a_registry_that_another_is_changing_is_waited_for_and_told(root):
    with locked(root), pytest.raises(OutputLocked), locked(root, seconds=0.1):
        pass
    put(root, "2.0.0")


def test_a_pointer_that_cannot_be_read_is_not_written_over(root):
    (root / "current.json").write_text("{")
    with pytest.raises(ModelInvalid):
        put(root, "2.0.0")
    assert (root / "current.json").read_text() == "{"


def test_a_folder_that_cannot_be_written_is_told(root, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chitieu.output.destination.tempfile.mkstemp", refuse)
    with pytest.raises(OutputUnwritable):
        put(root, "2.0.0")
    assert current_model(root).name == "1.0.0"


def test_killed_at_any_step_a_promotion_is_done_or_not(root, tmp_path):
    told = kills("promote", root, tmp_path / "work")
    assert len(told) > 10 and told[-1]["done"]
    for before, after in pairwise(told):
        assert after["line"][: len(before["line"])] == before["line"], "what was served before is never lost"
        assert len(after["line"]) - len(before["line"]) in (0, 1)
    assert not list(root.glob(".current.json.*.partial"))


def test_killed_at_any_step_a_rollback_is_done_or_not(root, tmp_path):
    put(root, "2.0.0")
    put(root, "3.0.0")
    told = kills("rollback", root, tmp_path / "work")
    assert all(one["line"] in (["1.0.0", "2.0.0", "3.0.0"], ["1.0.0", "2.0.0"], ["1.0.0"]) for one in told)


def test_the_file_is_made_for_eyes_too(root):
    put(root, "2.0.0")
    text = (root / "current.json").read_text("utf-8")
    told = json.loads(text)
    assert (told["name"], told["version"]) == ("fake", "2.0.0") and len(told["history"]) == 2
    assert len(text.splitlines()) == 4, "one line a change, for eyes and for diff"
