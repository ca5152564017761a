"""`chitieu train --from-corrections`: what it takes, what it says for eyes and for the job that asks."""

from __future__ import annotations

import json
import subprocess

import pytest

from chitieu.cli import tuning
from chitieu.cli.main import main
from chitieu.jobs.train import COMMAND
from chitieu.text.files.sandbox import program_environment
from tuned import RECIPE, make_base


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe, a base beside it, and a database with nothing in it."""
    monkeypatch.setenv("CHITIEU_DATA", str(tmp_path / "data"))
    make_base(tmp_path / "base")
    path = tmp_path / "models" / "thu" / "corrections.toml"
    path.parent.mkdir(parents=True)
    path.write_text(RECIPE.format(epochs=1, promote="false"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["train.toml"],
        ["--out", "runs"],
        ["train.toml", "--out", "runs", "--recipe", "x.toml"],
        ["train.toml", "--from-corrections"],
        ["--from-corrections", "--export", "0.4.0"],
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments):
    with pytest.raises(SystemExit) as caught:
        main(["train", *arguments])
    assert caught.value.code == 2


def test_nothing_corrected_is_told_for_eyes_and_as_an_event(recipe, capsys, monkeypatch):
    arguments = ["train", "--from-corrections", "--recipe", str(recipe)]
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert "corrections_missing" in told.err and "== reading" in told.out
    monkeypatch.setattr(tuning, "_end_with_the_parent", lambda: None)
    monkeypatch.setattr(tuning.os, "nice", lambda _: 0)
    assert main([*arguments, "--events", "--run", "r1", "--out", str(recipe.parent / "work")]) == 1
    told = capsys.readouterr()
    events = [json.loads(line) for line in told.out.splitlines()]
    assert events[0] == {"step": "reading", "done": 0, "total": None}
    assert (events[-1]["error"]["code"], events[-1]["error"]["status"]) == ("corrections_missing", 409)
    assert "data set version" in told.err


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "program_missing"),
        (MemoryError(), "training_failed"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), "training_failed"),
        (OSError(28, "No space left on device", "/data/x"), "output_unwritable"),
    ],
)
def test_what_a_user_can_cause_has_a_code(recipe, capsys, monkeypatch, raised, code):
    def fail(*_, **__):
        raise raised

    monkeypatch.setattr("chitieu.training.tuning.run.tune", fail)
    assert main(["train", "--from-corrections", "--recipe", str(recipe)]) == 1
    assert f"{code}: " in capsys.readouterr().err


def test_the_process_that_a_job_starts_ends_by_itself_with_its_last_word(recipe, tmp_path):
    """Its standard input is open all the time."""
    command = [
        *COMMAND,
        "--recipe",
        str(recipe.with_name("khong-co.toml")),
        "--run",
        "r1",
        "--out",
        str(tmp_path / "o"),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=program_environment()) as process:
        last = process.stdout.read().splitlines()[-1]
        assert process.wait(60) == 1
    assert json.loads(last)["error"]["code"] == "config_invalid"


def test_a_fault_of_the_software_is_none_of_the_users(recipe, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("chitieu.training.tuning.run.tune", fail)
    with pytest.raises(ZeroDivisionError):
        main(["train", "--from-corrections", "--recipe", str(recipe)])
