"""`chitieu export --project`: what people corrected, out of the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chitieu.annotation.operations import OPERATION
from chitieu.cli.main import main
from chitieu.store import audit, corrections, projects, tasks
from chitieu.store.audit import By
from chitieu.store.corrections import Event
from chitieu.store.tasks import Person
from stored import keep


@pytest.fixture
def corrected(database, database_url, monkeypatch):
    """A project whose one task was corrected, and a time before that."""
    monkeypatch.setenv("CHITIEU_DATABASE_URL", database_url.render_as_string(hide_password=False))
    document = keep(database, "Đàn bò có 8.320 con.", name="bo.txt").id
    project = projects.add_project(database, "Báo cáo 2023", guidelines=None, order="learn", by=By("an"))
    (task,) = tasks.add_tasks(database, project.id, [document], assign=[None], blind=False, by=By("an"))
    before = datetime.now(UTC)
    lan = Person("lan", "annotator")
    number = next(s.span for s in corrections.annotation(database, task.id, lan).spans if s.span.label == "QUANTITY")
    event = Event("e", OPERATION.validate_python({"op": "reject", "span": number.id}))
    corrections.append(database, task.id, [event], revision=0, client="c", person=lan, is_entry=lambda _: True)
    return database, before


def labels(written):
    return [span["label"] for span in json.loads(written)["spans"]]


def test_a_project_is_exported_now_and_as_of_any_time(corrected, capsysbinary, tmp_path):
    database, before = corrected
    assert main(["export", "--project", "Báo cáo 2023", "--format", "jsonl"]) == 0
    assert "QUANTITY" not in labels(capsysbinary.readouterr().out)
    file = tmp_path / "then.jsonl"
    arguments = ["--at", before.isoformat(), "--output", str(file)]
    assert main(["export", "--project", "Báo cáo 2023", "--format", "jsonl", *arguments]) == 0
    assert "QUANTITY" in labels(file.read_bytes())
    assert [entry.action for entry in audit.listed(database).items][:2] == ["project_exported"] * 2


def test_what_is_not_done_is_left_out(corrected, capsysbinary):
    assert main(["export", "--project", "Báo cáo 2023", "--format", "jsonl", "--done"]) == 1
    assert capsysbinary.readouterr().out == b""


def test_a_project_that_is_not_there_is_told(corrected, capsysbinary):
    assert main(["export", "--project", "Không có", "--format", "jsonl"]) != 0
    assert b"project_unknown" in capsysbinary.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.xml", "--project", "x"],
        ["a.xml", "--done"],
        ["a.xml", "--at", "2026-01-31"],
        ["--project", "x", "--at", "hôm qua"],
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments):
    with pytest.raises(SystemExit) as caught:
        main(["export", "--format", "jsonl", *arguments])
    assert caught.value.code == 2
