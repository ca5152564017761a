"""What projects have of their documents now, for programs that learn from it."""

from __future__ import annotations

from chitieu.annotation.operations import OPERATION
from chitieu.store import audit, corrections, projects, tasks
from chitieu.store.audit import By
from chitieu.store.corrections import Event, standing
from chitieu.store.tasks import Person
from members import member
from stored import keep

AN, LAN, MINH = Person("an", "reviewer"), Person("lan", "annotator"), Person("minh", "annotator")
TEXT = "Đàn bò có 8.320 con."


def corrected(database, task, person, *, done=True):
    """A task whose number somebody rejected."""
    number = next(s.span for s in corrections.annotation(database, task, person).spans if s.span.label == "QUANTITY")
    event = Event("e", OPERATION.validate_python({"op": "reject", "span": number.id}))
    corrections.append(database, task, [event], revision=0, client="c", person=person, is_entry=lambda _: True)
    if done:
        tasks.change_task(database, task, person, by=By(person.name), state="done")


def labels(one):
    return [span.label for span in one.document().spans]


def test_each_document_of_each_project_as_it_stands(database):
    ids = [keep(database, f"{TEXT} Ghi chú {'abc'[n]}.", name=f"{n}.txt").id for n in range(3)]
    first = projects.add_project(database, "Một", guidelines=None, order="added", by=By("an")).id
    second = projects.add_project(database, "Hai", guidelines=None, order="added", by=By("an")).id
    made = tasks.add_tasks(database, first, ids, assign=[None], blind=False, by=By("an"))
    tasks.add_tasks(database, second, ids[:1], assign=[None], blind=False, by=By("an"))
    corrected(database, made[0].id, LAN)
    corrected(database, made[1].id, LAN, done=False)
    before = len(audit.listed(database).items)
    found = standing(database)
    assert [(one.project, one.state) for one in found] == [
        (first, "done"), (first, "begun"), (first, "open"), (second, "open")
    ]  # fmt: skip
    assert ["QUANTITY" in labels(one) for one in found] == [False, False, True, True]
    assert [one.document().text[-2] for one in found] == ["a", "b", "c", "a"]
    assert len(audit.listed(database).items) == before


def test_of_two_blind_sides_what_was_decided_counts(database):
    for name in ("lan", "minh"):
        member(database, name, "annotator", password=False)
    document = keep(database, TEXT, name="bo.txt").id
    project = projects.add_project(database, "Đôi", guidelines=None, order="added", by=By("an")).id
    sides = tasks.add_tasks(database, project, [document], assign=["lan", "minh"], blind=True, by=By("an"))
    corrected(database, sides[0].id, LAN)
    assert [one.state for one in standing(database)] == ["done"]
    corrected(database, sides[1].id, MINH)
    both = corrections.all_done(database, project, AN)[document]
    made, _ = tasks.adjudication(
        database, project, document, [(one.task, one.document()) for one in both], assignee=None, by=By("an")
    )
    (one,) = standing(database)
    assert one.annotation.task.id == sides[0].id, "nothing is decided yet"
    tasks.change_task(database, made.id, AN, by=By("an"), state="done")
    (one,) = standing(database)
    assert (one.annotation.task.id, one.state) == (made.id, "done")
    assert "QUANTITY" not in labels(one)
