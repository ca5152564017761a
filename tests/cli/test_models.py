"""`chitieu models` as it is typed."""

from __future__ import annotations

import json

import pytest

from chitieu.cli import main
from chitieu.models import current_model
from registered import BROKEN, fake_load, held, model_folder, point


@pytest.fixture
def root(tmp_path, monkeypatch):
    made = tmp_path / "models"
    for version in ("1.0.0", "2.0.0"):
        scores = {"development": {"documents": 4, "scores": {"micro": 0.9 if version == "1.0.0" else 0.92}}}
        held(made, version, evaluation=scores)
    held(made, "3.0.0", gate=None)
    held(made, "4.0.0", model=BROKEN)
    point(made, "1.0.0")
    monkeypatch.setenv("CHITIEU_MODELS", str(made))
    # The tagger alone is a fake: what a version's files are whole by is checked as it is.
    monkeypatch.setattr("chitieu.registry.promote.Tagger", fake_load)
    return made


def run(capsys, *words):
    status = main(["models", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_versions_are_listed(root, capsys):
    status, out, _ = run(capsys, "list")
    lines = out.splitlines()
    assert status == 0 and len(lines) == 5
    assert lines[1].startswith("*") and "1.0.0" in lines[1] and "0.9000" in lines[1] and "pass" in lines[1]
    assert not lines[2].startswith("*")
    status, out, _ = run(capsys, "list", "--json")
    told = json.loads(out)
    assert [one["version"] for one in told["models"] if one["current"]] == ["1.0.0"]
    assert told["history"][0]["action"] == "found"


def test_one_is_shown(root, capsys):
    status, out, _ = run(capsys, "show")
    assert status == 0 and "fake/1.0.0" in out and "có / yes" in out and "micro: 0.9" in out
    assert json.loads(run(capsys, "show", "2.0.0", "--json")[1])["version"] == "2.0.0"
    status, out, err = run(capsys, "show", "9.0.0")
    assert (status, out) == (1, "") and err.startswith("chitieu: model_unknown: ")


def test_two_are_compared(root, capsys):
    status, out, _ = run(capsys, "diff", "1.0.0", "2.0.0")
    assert status == 0 and "evaluation.development.scores.micro" in out and "+0.02" in out
    found = json.loads(run(capsys, "diff", "current", "2.0.0", "--json")[1])
    assert {"field": "evaluation.development.scores.micro", "one": 0.9, "two": 0.92, "change": 0.02} in found


def test_one_is_served_and_the_one_before_again(root, capsys):
    status, out, err = run(capsys, "promote", "2.0.0")
    assert (status, err) == (0, "") and out.startswith("Đang dùng / served: fake/2.0.0 (") and "(command line: " in out
    assert current_model(root).name == "2.0.0"
    assert "promote: " in run(capsys, "show")[1]
    status, out, _ = run(capsys, "rollback", "--json")
    assert status == 0 and json.loads(out)["version"] == current_model(root).name == "1.0.0"
    status, _, err = run(capsys, "rollback")
    assert status == 1 and "model_has_no_previous" in err


def test_what_the_gate_has_not_let_pass_is_refused_unless_forced(root, capsys):
    status, _, err = run(capsys, "promote", "3.0.0")
    assert status == 1 and err.startswith("chitieu: model_not_passed: ") and " / " in err
    assert current_model(root).name == "1.0.0"
    status, out, err = run(capsys, "promote", "3.0.0", "--force")
    assert status == 0 and "--force" in out and err
    assert current_model(root).name == "3.0.0"


def test_what_does_not_load_is_refused_whatever_is_said(root, capsys):
    status, _, err = run(capsys, "promote", "4.0.0", "--force")
    assert status == 1 and "model_damaged" in err
    assert current_model(root).name == "1.0.0"


def test_a_folder_is_brought_in(root, capsys, tmp_path):
    made = model_folder(tmp_path / "made", "5.0.0")
    status, out, _ = run(capsys, "register", str(made))
    assert (status, out) == (0, "Đã đưa vào kho / registered: fake/5.0.0\n")
    status, _, err = run(capsys, "register", str(made))
    assert status == 1 and "model_exists" in err
    assert current_model(root).name == "1.0.0"


@pytest.mark.parametrize("words", [[], ["unknown"], ["diff", "1.0.0"], ["promote"], ["list", "--jsn"]])
def test_wrong_usage(root, capsys, words):
    with pytest.raises(SystemExit) as caught:
        main(["models", *words])
    assert caught.value.code == 2
