"""Projects and tasks through the service: who may do what, corrections, conflicts, the queue, blind pairs, export as of any time."""

from __future__ import annotations

import io
import json
import threading
import unicodedata
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chitieu.annotation.formats.form import Origin
from chitieu.annotation.formats.registry import FORMATS
from chitieu.store import audit
from members import code_of, service
from office import TEXT, Office
from stored import REPORT, keep


@pytest.fixture
def office(database_url):
    with service(database_url) as (client, database):
        yield Office(client, database)


@pytest.fixture
def begun(office):
    """An office with a task that nobody has, of a text with an emoji."""
    document = keep(office.database, TEXT, name="bao-cao.txt").id
    project = office.project()
    return office, project, office.tasks(project, document)[0]["id"], document


def named(spans, text=TEXT):
    return {text[s["start"] : s["end"]]: s for s in spans}


def test_a_project_is_made_listed_and_changed(office):
    made = office.ok("an", "POST", "projects", json={"name": "Báo cáo", "guidelines": "Gạch chân số."})
    assert (made["order"], made["made_by"], made["tasks"]["open"]) == ("learn", "an", 0)
    path = f"projects/{made['id']}"
    assert office.ok("lan", "GET", path) == made
    changed = office.ok("an", "PATCH", path, json={"order": "added"})
    assert changed == made | {"order": "added"}
    assert office.ok("lan", "GET", "projects")["projects"] == [changed]
    assert code_of(office.ask("an", "POST", "projects", json={"name": "Báo cáo"})) == (409, "project_exists")
    office.project("Khác")
    assert code_of(office.ask("an", "PATCH", path, json={"name": "Khác"})) == (409, "project_exists")
    assert code_of(office.ask("an", "PATCH", path, json={"name": ""})) == (422, "request_invalid")
    assert code_of(office.ask("an", "GET", "projects/none")) == (404, "project_unknown")
    actions = [entry.action for entry in audit.listed(office.database, actor="an").items]
    assert actions == ["project_made", "project_changed", "project_made"]


def test_a_reader_sees_nothing_of_it_and_an_annotator_makes_no_projects(begun):
    office, project, task, document = begun
    for method, path in (("GET", "projects"), ("GET", f"projects/{project}"), ("GET", f"tasks/{task}")):
        assert code_of(office.ask("xem", method, path)) == (403, "forbidden")
    sent = {"documents": [document]}
    for path, body in (("projects", {"name": "x"}), (f"projects/{project}/documents", sent)):
        assert code_of(office.ask("lan", "POST", path, json=body)) == (403, "forbidden")
    assert code_of(office.ask("lan", "GET", f"projects/{project}/export")) == (403, "forbidden")


def test_a_task_shows_text_sections_spans_and_their_table(begun):
    office, _, task, document = begun
    shown = office.ok("lan", "GET", f"tasks/{task}")
    assert shown["text"] == TEXT and shown["writable"] and shown["revision"] == 0 and shown["sides"] is None
    assert shown["task"]["document"] == {"id": document, "name": "bao-cao.txt", "length": len(TEXT)}
    assert {(part["start"], part["end"]) for part in shown["sections"]} <= {(0, len(TEXT)), (0, 61), (62, len(TEXT))}
    spans = named(shown["spans"])
    assert spans["7.215"]["label"] == "QUANTITY" and spans["7.215"]["state"] == "suggested"
    assert spans["8.320"]["of"] == spans["Đàn bò"]["id"]
    assert spans["6,2%"]["phrase"] == spans["tăng 6,2% so với cùng kỳ"]["id"]
    table = office.ok("lan", "GET", f"tasks/{task}/table")
    assert {f["value"] for f in table["figures"]} >= {"7215000000000", "8320"}


def test_the_table_follows_the_corrections(begun):
    office, _, task, _ = begun
    spans = named(office.spans("lan", task))
    start, end = spans["7.215"]["start"], spans["7.215"]["end"]
    answer = office.send(
        "lan", task,
        {"op": "change", "span": spans["7.215"]["id"], "start": start + 2, "end": end},
        {"op": "reject", "span": spans["8.320"]["id"]},
        {"op": "entry", "span": spans["Đàn bò"]["id"], "entry": "none"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    table = office.ok("lan", "GET", f"tasks/{task}/table")
    assert {"215000000000"} <= {f["value"] for f in table["figures"]}
    assert "8320" not in {f["value"] for f in table["figures"]}
    known = {s["id"] for s in office.spans("lan", task)}
    assert {f["indicator"] for f in table["figures"]} - {None} <= known
    before = office.ok("lan", "GET", f"tasks/{task}/table", params={"revision": 0})
    assert "7215000000000" in {f["value"] for f in before["figures"]}


def test_an_entry_that_somebody_chose_is_in_the_table(begun):
    office, _, task, _ = begun
    cattle = named(office.spans("lan", task))["Đàn bò"]["id"]
    entry = office.ok("lan", "GET", "indicators", params={"limit": 1})["indicators"][0]
    assert office.send("lan", task, {"op": "entry", "span": cattle, "entry": entry["id"], "alias": "đàn bò"}).is_success
    span = next(s for s in office.spans("lan", task) if s["id"] == cattle)
    assert (span["entry"], span["alias"]) == ({"id": entry["id"], "name": entry["name_vi"]}, "đàn bò")
    rows = office.ok("lan", "GET", f"tasks/{task}/table")["observations"]
    assert [r["indicator"]["catalogue"]["id"] for r in rows if r["indicator"]["spans"][-1] == cattle] == [entry["id"]]
    assert office.send("lan", task, {"op": "entry", "span": cattle, "entry": "none"}, revision=1, prefix="f").is_success
    rows = office.ok("lan", "GET", f"tasks/{task}/table")["observations"]
    assert [r["indicator"]["catalogue"] for r in rows if r["indicator"]["spans"][-1] == cattle] == [None]


def test_corrections_are_stored_with_who_what_when_and_how_to_undo_them(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    made = office.send("lan", task, {"op": "accept", "span": number}).json()
    assert (made["revision"], made["between"], made["gone"]) == (1, [], [])
    (one,) = made["corrections"]
    assert (one["number"], one["id"], one["by"]) == (1, "e0", "lan")
    assert one["model"] == {"name": "fake", "version": "0.0.0"}
    assert one["inverse"] == {"op": "restore", "span": number, "state": "suggested"}
    assert [(s["id"], s["state"]) for s in made["spans"]] == [(number, "confirmed")]
    undone = office.send("lan", task, one["inverse"], revision=1, prefix="u").json()
    assert [(s["id"], s["state"]) for s in undone["spans"]] == [(number, "suggested")]
    history = office.ok("lan", "GET", f"tasks/{task}/corrections", params={"since": 1})
    assert (history["revision"], [c["number"] for c in history["corrections"]]) == (2, [2])
    task_now = office.ok("lan", "GET", f"tasks/{task}")["task"]
    assert (task_now["state"], task_now["assignee"]) == ("begun", "lan")


def test_twenty_retries_are_one_correction(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    answers, errors = [], []

    def send():
        answer = office.send("lan", task, {"op": "accept", "span": number}, {"op": "reject", "span": number})
        (answers if answer.is_success else errors).append(answer.json())

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {json.dumps(answer, sort_keys=True) for answer in answers} == {json.dumps(answers[0], sort_keys=True)}
    assert office.ok("lan", "GET", f"tasks/{task}/corrections")["revision"] == 2


def test_an_id_is_no_other_correction(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    assert office.send("lan", task, {"op": "accept", "span": number}).is_success
    again = office.send("lan", task, {"op": "reject", "span": number}, revision=1)
    assert code_of(again) == (422, "correction_invalid")
    assert again.json()["error"]["detail"] == {"event": "e0", "index": 0, "reason": "event_reused", "spans": []}


def test_an_id_twice_in_one_request_is_one_correction_and_no_one_elses(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    accept, reject = ({"id": "e1", "operation": {"op": op, "span": number}} for op in ("accept", "reject"))

    def sent(name, *events):
        body = {"revision": 0, "client": name, "events": events}
        return office.ask(name, "POST", f"tasks/{task}/corrections", json=body)

    assert code_of(sent("lan", accept, reject)) == (422, "correction_invalid")
    told = sent("lan", accept, accept).json()
    assert told["revision"] == 1 and [c["number"] for c in told["corrections"]] == [1, 1]
    assert sent("minh", accept).json()["error"]["detail"]["reason"] == "event_reused"


def test_one_that_breaks_the_rules_stores_none(begun):
    office, _, task, _ = begun
    spans = named(office.spans("lan", task))
    answer = office.send(
        "lan", task,
        {"op": "accept", "span": spans["7.215"]["id"]},
        {"op": "change", "span": spans["7.215"]["id"], "end": spans["tỷ đồng"]["end"]},
    )  # fmt: skip
    assert code_of(answer) == (422, "correction_invalid")
    detail = answer.json()["error"]["detail"]
    assert detail == {"event": "e1", "index": 1, "reason": "overlap", "spans": [spans["tỷ đồng"]["id"]]}
    assert office.ok("lan", "GET", f"tasks/{task}/corrections")["revision"] == 0


def test_what_others_did_to_other_spans_is_merged_to_the_same_told(begun):
    office, _, task, _ = begun
    spans = named(office.spans("lan", task))
    number, cattle = spans["7.215"]["id"], spans["8.320"]["id"]
    assert office.send("lan", task, {"op": "accept", "span": number}).is_success
    merged = office.send("minh", task, {"op": "accept", "span": cattle}, prefix="m").json()
    assert merged["revision"] == 2 and [c["id"] for c in merged["between"]] == ["e0"]
    assert {s["id"] for s in merged["spans"]} == {number, cattle}
    clash = office.send("minh", task, {"op": "reject", "span": number}, prefix="n")
    assert code_of(clash) == (409, "correction_conflict")
    detail = clash.json()["error"]["detail"]
    assert (detail["revision"], detail["events"], detail["spans"]) == (2, ["n0"], [number])
    assert [(c["by"], c["operation"]["op"]) for c in detail["between"]] == [("lan", "accept")]
    assert office.ok("lan", "GET", f"tasks/{task}/corrections")["revision"] == 2
    assert office.send("minh", task, {"op": "reject", "span": number}, revision=2, prefix="n").is_success


def test_two_windows_of_one_person_are_two_a_window_is_in_no_conflict_with_itself(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    assert office.send("lan", task, {"op": "accept", "span": number}, client="one").is_success
    # The answer was lost: it sends on from what it knew.
    assert office.send(
        "lan", task, {"op": "accept", "span": number}, {"op": "reject", "span": number}, client="one"
    ).is_success
    other = office.send("lan", task, {"op": "accept", "span": number}, client="two", prefix="t")
    assert code_of(other) == (409, "correction_conflict")


def test_spans_that_two_add_to_one_place_are_a_conflict(begun):
    office, _, task, _ = begun
    start = TEXT.index("so với")
    for name in ("lan", "minh"):
        sent = {"op": "add", "span": f"n-{name}", "label": "PERIOD", "start": start, "end": start + 6}
        answer = office.send(name, task, sent, prefix=name)
    assert code_of(answer) == (409, "correction_conflict")
    assert answer.json()["error"]["detail"]["spans"] == ["n-lan", "n-minh"]


def test_a_revision_that_was_never_is_a_conflict(begun):
    office, _, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    answer = office.send("lan", task, {"op": "accept", "span": number}, revision=9)
    assert code_of(answer) == (409, "correction_conflict")
    assert answer.json()["error"]["detail"]["revision"] == 0


def test_many_writers_of_one_task_lose_nothing(begun):
    office, _, task, _ = begun
    ids = [s["id"] for s in office.spans("lan", task)]
    problems = []

    def work(name, client):
        for n in range(10):
            revision = office.ok(name, "GET", f"tasks/{task}/corrections")["revision"]
            sent = {"op": ("accept", "reject")[n % 2], "span": ids[n % len(ids)]}
            while True:
                answer = office.send(name, task, sent, revision=revision, client=client, prefix=f"{client}-{n}-")
                if answer.is_success:
                    break
                if answer.json()["error"]["code"] != "correction_conflict":
                    problems.append(answer.text)
                    return
                revision = answer.json()["error"]["detail"]["revision"]

    threads = [
        threading.Thread(target=work, args=(name, f"w{n}")) for n, name in enumerate(("lan", "minh", "lan", "an"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    history = office.ok("lan", "GET", f"tasks/{task}/corrections")["corrections"]
    assert [c["number"] for c in history] == list(range(1, 41))
    assert len({c["id"] for c in history}) == 40


def test_offsets_are_code_points_of_the_text_as_stored(office):
    text = unicodedata.normalize("NFD", TEXT)
    document = keep(office.database, text, name="nfd.txt").id
    task = office.tasks(office.project(), document)[0]["id"]
    word = unicodedata.normalize("NFD", "cùng kỳ")
    period = next(s for s in office.spans("lan", task) if text[s["start"] : s["end"]] == word)
    start = period["start"] - len(unicodedata.normalize("NFD", "với "))
    assert office.send("lan", task, {"op": "change", "span": period["id"], "start": start}).is_success
    line = json.loads(
        office.ask("an", "GET", f"projects/{office.ok('an', 'GET', f'tasks/{task}')['task']['project']}/export").text
    )
    assert unicodedata.normalize("NFD", "với cùng kỳ") in [s["text"] for s in line["spans"]]


def test_the_queue_gives_each_task_to_one_and_the_unsure_first(office):
    sure = keep(office.database, "Ghi chú. " * 30 + "\nĐàn bò có 1 con.", name="a.txt").id
    unsure = keep(office.database, REPORT * 3, name="b.txt").id
    project = office.project()
    first, second = office.tasks(project, sure, unsure)
    by_doubt = sorted((first, second), key=lambda t: -t["priority"])
    assert office.ok("lan", "GET", f"projects/{project}/next")["task"]["id"] == by_doubt[0]["id"]
    assert office.ok("lan", "GET", f"tasks/{by_doubt[0]['id']}")["task"]["assignee"] is None
    taken = office.ok("lan", "POST", f"projects/{project}/next")["task"]
    assert (taken["id"], taken["assignee"], taken["state"]) == (by_doubt[0]["id"], "lan", "begun")
    assert office.ok("lan", "POST", f"projects/{project}/next", json={})["task"]["id"] == taken["id"]
    assert office.ok("minh", "POST", f"projects/{project}/next")["task"]["id"] == by_doubt[1]["id"]
    assert office.ok("an", "POST", f"projects/{project}/next")["task"] is None
    office.ok("lan", "PATCH", f"tasks/{taken['id']}", json={"state": "done"})
    assert office.ok("lan", "POST", f"projects/{project}/next")["task"] is None
    added = office.project("Theo thứ tự", order="added")
    office.tasks(added, sure, unsure)
    assert office.ok("lan", "GET", f"projects/{added}/next")["task"]["document"]["id"] == sure


def test_many_who_ask_at_once_get_different_tasks(office):
    documents = [keep(office.database, TEXT, name=f"{n}.txt").id for n in range(8)]
    project = office.project()
    office.tasks(project, *documents, assign=[None, None], blind=True)
    got = []

    def take(name):
        for _ in range(4):
            task = office.ok(name, "POST", f"projects/{project}/next")["task"]
            got.append((name, task["id"], task["document"]["id"]))
            office.ok(name, "PATCH", f"tasks/{task['id']}", json={"state": "done"})

    threads = [threading.Thread(target=take, args=(name,)) for name in ("lan", "minh", "an")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len({task for _, task, _ in got}) == len({(name, document) for name, _, document in got}) == 12


def test_adding_a_document_again_adds_no_task(begun):
    office, project, task, document = begun
    assert [t["id"] for t in office.tasks(project, document)] == [task]
    two = office.tasks(project, document, assign=["lan", "minh"])
    assert len({t["id"] for t in two} | {task}) == 3 and all(t["blind"] for t in two)
    assert office.tasks(project, document, assign=["minh"])[0]["id"] == two[1]["id"]
    assert code_of(office.ask("an", "POST", f"projects/{project}/documents", json={"documents": ["0" * 64]})) == (
        404,
        "document_unknown",
    )
    for wrong, code in (("mai", (404, "account_unknown")), ("xem", (404, "account_unknown"))):
        body = {"documents": [document], "assign": [wrong]}
        assert code_of(office.ask("an", "POST", f"projects/{project}/documents", json=body)) == code
    body = {"documents": [document], "assign": ["lan", "lan"]}
    assert code_of(office.ask("an", "POST", f"projects/{project}/documents", json=body)) == (422, "request_invalid")


def test_whoever_takes_it_takes_no_task_that_somebody_has(begun):
    office, project, _, _ = begun
    document = keep(office.database, TEXT + "\n", name="b.txt").id
    (own,) = office.tasks(project, document, assign=["lan"])
    nobodys, again = office.tasks(project, document, assign=[None, "lan"])
    assert again["id"] == own["id"] != nobodys["id"] and nobodys["assignee"] is None
    assert again["blind"] and nobodys["blind"]


def test_an_import_of_other_spans_is_a_task_of_its_own(begun):
    office, project, _, _ = begun
    out = office.ask("an", "GET", f"projects/{project}/export").content
    headers = office.headers["an"] | {"Content-Type": "application/octet-stream"}

    def taken(data):
        answer = office.client.post(f"/v1/projects/{project}/import?format=jsonl", content=data, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()["tasks"][0]["id"]

    gold = json.loads(out)
    first = taken(json.dumps(gold).encode())
    assert taken(json.dumps(gold).encode()) == first
    gold["spans"] = [span for span in gold["spans"] if span["text"] != "8.320"]
    second = taken(json.dumps(gold).encode())
    assert second != first
    assert "8.320" not in named(office.spans("an", second))


def test_of_a_blind_pair_neither_sees_the_other_until_both_are_done(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    one, two = (t["id"] for t in office.tasks(project, document, assign=["lan", "minh"]))
    for path in (f"tasks/{two}", f"tasks/{two}/table", f"tasks/{two}/corrections"):
        assert code_of(office.ask("lan", "GET", path)) == (404, "task_unknown")
    assert code_of(office.send("lan", two, {"op": "accept", "span": "s1"})) == (404, "task_unknown")
    assert office.ask("an", "GET", f"tasks/{two}").is_success
    assert not office.ok("an", "GET", f"tasks/{two}")["writable"]
    number = named(office.spans("lan", one))["7.215"]["id"]
    assert office.send("lan", one, {"op": "reject", "span": number}).is_success
    office.ok("lan", "PATCH", f"tasks/{one}", json={"state": "done"})
    assert code_of(office.ask("minh", "GET", f"tasks/{one}")) == (404, "task_unknown")
    office.ok("lan", "PATCH", f"tasks/{one}", json={"state": "begun"})
    office.ok("lan", "PATCH", f"tasks/{one}", json={"state": "done"})
    body = {"document": document}
    assert code_of(office.ask("an", "POST", f"projects/{project}/adjudications", json=body)) == (409, "task_unfinished")
    office.ok("minh", "PATCH", f"tasks/{two}", json={"state": "done"})
    assert named(office.spans("minh", one))["7.215"]["state"] == "rejected"
    assert code_of(office.ask("lan", "PATCH", f"tasks/{one}", json={"state": "begun"})) == (409, "task_closed")
    assert code_of(office.send("lan", one, {"op": "accept", "span": number}, revision=1, prefix="f")) == (
        409,
        "task_closed",
    )
    # What was sent before is answered all the same.
    assert office.send("lan", one, {"op": "reject", "span": number}).is_success


def test_a_reviewer_who_makes_one_side_does_not_see_the_other(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    _, two = office.tasks(project, document, assign=["an", "lan"])
    assert code_of(office.ask("an", "GET", f"tasks/{two['id']}")) == (404, "task_unknown")
    assert office.ask("an", "GET", f"projects/{project}/export", params={"annotator": "lan"}).content == b""


def test_who_has_read_one_side_makes_no_other(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    _, two = office.tasks(project, document, assign=[None, "lan"], blind=True)
    one = office.ok("an", "POST", f"projects/{project}/next")["task"]["id"]
    assert code_of(office.ask("an", "GET", f"tasks/{two['id']}")) == (404, "task_unknown")
    office.ok("an", "PATCH", f"tasks/{one}", json={"assignee": None})
    assert office.ok("an", "GET", f"projects/{project}/next")["task"]["id"] == one
    assert office.ok("an", "GET", f"tasks/{one}")["writable"]
    office.ok("an", "GET", f"tasks/{two['id']}")
    assert code_of(office.ask("an", "PATCH", f"tasks/{one}", json={"assignee": "an"})) == (422, "request_invalid")
    assert office.ok("an", "POST", f"projects/{project}/next")["task"] is None
    assert not office.ok("an", "GET", f"tasks/{one}")["writable"]
    assert code_of(office.ask("an", "PATCH", f"tasks/{one}", json={"state": "done"})) == (409, "task_closed")
    assert code_of(office.send("an", one, {"op": "accept", "span": "s1"})) == (409, "task_closed")
    assert office.ok("minh", "POST", f"projects/{project}/next")["task"]["id"] == one


@pytest.mark.parametrize("path", ["tasks/{task}/corrections", "tasks/{task}/table", "projects/{project}/export"])
def test_a_side_is_read_by_each_of_these(office, path):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    one, two = (t["id"] for t in office.tasks(project, document, assign=[None, "lan"], blind=True))
    assert office.send("lan", two, {"op": "accept", "span": office.spans("lan", two)[0]["id"]}).is_success
    assert office.ask("an", "GET", path.format(task=two, project=project)).is_success
    assert code_of(office.ask("an", "PATCH", f"tasks/{one}", json={"assignee": "an"})) == (422, "request_invalid")
    assert code_of(office.ask("an", "PATCH", f"tasks/{one}", json={"state": "begun"})) == (409, "task_closed")


def test_reviewers_see_whom_tasks_may_be_given_to(office):
    assert office.ok("an", "GET", "annotators") == {"annotators": ["an", "lan", "minh"]}
    assert code_of(office.ask("lan", "GET", "annotators")) == (403, "forbidden")


def test_of_three_blind_annotations_none_is_decided_before_the_last_is_done(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    *two, third = (t["id"] for t in office.tasks(project, document, assign=["lan", "minh", "an"]))
    for name, task in zip(("lan", "minh"), two, strict=True):
        office.ok(name, "PATCH", f"tasks/{task}", json={"state": "done"})
    asked = ("an", "POST", f"projects/{project}/adjudications")
    assert code_of(office.ask(*asked, json={"document": document})) == (409, "task_unfinished")
    office.ok("an", "PATCH", f"tasks/{third}", json={"state": "done"})
    assert office.ask(*asked, json={"document": document}).status_code == 201


def test_what_is_being_decided_is_exported_when_it_is(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    sides = [t["id"] for t in office.tasks(project, document, assign=["lan", "minh"])]
    number = named(office.spans("lan", sides[0]))["7.215"]["id"]
    assert office.send("minh", sides[1], {"op": "reject", "span": number}).is_success
    for name, task in zip(("lan", "minh"), sides, strict=True):
        office.ok(name, "PATCH", f"tasks/{task}", json={"state": "done"})
    path = f"projects/{project}"
    made = office.ok("an", "POST", f"{path}/adjudications", json={"document": document, "assignee": "an"})["id"]
    office.ok("an", "PATCH", f"tasks/{made}", json={"state": "begun"})
    assert "7.215" in {s["text"] for s in json.loads(office.ask("an", "GET", f"{path}/export").text)["spans"]}
    office.ok("an", "PATCH", f"tasks/{made}", json={"state": "done"})
    assert "7.215" not in {s["text"] for s in json.loads(office.ask("an", "GET", f"{path}/export").text)["spans"]}


def test_agreement_and_adjudication(office):
    document = keep(office.database, TEXT, name="a.txt").id
    project = office.project()
    one, two = (t["id"] for t in office.tasks(project, document, assign=["lan", "minh"]))
    spans = named(office.spans("lan", one))
    assert office.send("lan", one, {"op": "reject", "span": spans["7.215"]["id"]}).is_success
    assert office.send("minh", two, {"op": "link", "span": spans["8.320"]["id"], "to": None}).is_success
    assert office.ok("an", "GET", f"projects/{project}/agreement")["documents"] == 0
    for name, task in (("lan", one), ("minh", two)):
        office.ok(name, "PATCH", f"tasks/{task}", json={"state": "done"})
    told = office.ok("an", "GET", f"projects/{project}/agreement")
    assert (told["documents"], told["each"][0]["by"], told["each"][0]["adjudication"]) == (1, ["lan", "minh"], None)
    quantity = told["total"]["spans"]["QUANTITY"]
    assert (quantity["first"], quantity["second"], round(quantity["strict"], 3)) == (1, 2, 0.667)
    assert told["total"]["of"]["same"] == told["total"]["of"]["shared"] - 1

    path = f"projects/{project}/adjudications"
    made = office.ask("an", "POST", path, json={"document": document, "assignee": "an"})
    again = office.ask("an", "POST", path, json={"document": document})
    assert (made.status_code, again.status_code) == (201, 200) and again.json()["id"] == made.json()["id"]
    third = made.json()["id"]
    shown = office.ok("an", "GET", f"tasks/{third}")
    agreed = named(shown["spans"])
    assert "7.215" not in agreed and agreed["8.320"]["of"] is None
    # What the two tell differently of it is to be decided.
    assert agreed["8.320"]["state"] == "suggested" and agreed["6,2%"]["state"] == "confirmed"
    assert [side["task"]["id"] for side in shown["sides"]] == [one, two]
    assert named(shown["sides"][0]["spans"])["7.215"]["state"] == "rejected"
    assert code_of(office.ask("lan", "GET", f"tasks/{third}")) == (404, "task_unknown")
    start = TEXT.index("7.215")
    assert office.send(
        "an", third, {"op": "add", "span": "n1", "label": "QUANTITY", "start": start, "end": start + 5}
    ).is_success
    office.ok("an", "PATCH", f"tasks/{third}", json={"state": "done"})
    assert {office.ok("an", "GET", f"tasks/{t}")["task"]["state"] for t in (one, two)} == {"adjudicated"}
    assert code_of(office.ask("an", "PATCH", f"tasks/{one}", json={"state": "begun"})) == (409, "task_closed")
    exported = json.loads(office.ask("an", "GET", f"projects/{project}/export").text)
    assert len([s for s in exported["spans"] if s["text"] == "7.215"]) == 1
    assert office.ok("an", "GET", f"projects/{project}/agreement")["each"][0]["adjudication"] == third
    progress = office.ok("lan", "GET", f"projects/{project}/progress")
    assert progress["tasks"] == {"open": 0, "begun": 0, "done": 1, "adjudicated": 2}
    people = {p["name"]: p for p in progress["people"]}
    assert (people["lan"]["tasks_done"], people["lan"]["corrections"], people["lan"]["figures"]) == (1, 1, 1)
    assert progress["documents"] == 1 and sum(h["corrections"] for h in progress["hours"]) == 3


def test_who_gives_a_task_to_whom(begun):
    office, project, task, document = begun
    path = f"tasks/{task}"
    assert code_of(office.ask("lan", "PATCH", path, json={"assignee": "minh"})) == (422, "request_invalid")
    assert office.ok("lan", "PATCH", path, json={"assignee": "lan"})["assignee"] == "lan"
    assert code_of(office.ask("minh", "PATCH", path, json={"assignee": "minh"})) == (422, "request_invalid")
    assert office.ok("an", "PATCH", path, json={"assignee": "minh"})["assignee"] == "minh"
    assert office.ok("minh", "PATCH", path, json={"assignee": None})["assignee"] is None
    assert code_of(office.ask("an", "PATCH", path, json={"assignee": "xem"})) == (404, "account_unknown")
    one, _ = office.tasks(project, document, assign=["lan", "minh"])
    both = office.ask("an", "PATCH", f"tasks/{one['id']}", json={"assignee": "minh"})
    assert code_of(both) == (422, "request_invalid")


def test_any_time_is_shown_and_exported_as_it_was(begun):
    office, project, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    start = datetime.now(UTC)
    assert office.send("lan", task, {"op": "accept", "span": number}).is_success
    between = datetime.now(UTC)
    assert office.send("lan", task, {"op": "reject", "span": number}, revision=1, prefix="f").is_success

    def state(**of):
        return named(office.spans("lan", task, **of))["7.215"]["state"]

    assert [state(at=start.isoformat()), state(at=between.isoformat()), state()] == [
        "suggested",
        "confirmed",
        "rejected",
    ]
    assert [state(revision=n) for n in (0, 1, 2)] == ["suggested", "confirmed", "rejected"]

    def exported(**of):
        line = json.loads(office.ask("an", "GET", f"projects/{project}/export", params=of).text)
        return [s["state"] for s in line["spans"] if s["text"] == "7.215"]

    assert [exported(at=start.isoformat()), exported(at=between.isoformat()), exported()] == [
        ["suggested"],
        ["confirmed"],
        [],
    ]
    assert office.ask("an", "GET", f"projects/{project}/export", params={"done": True}).text == ""
    assert office.ask("an", "GET", f"projects/{project}/export", params={"at": "2020-01-01"}).text == ""


@pytest.mark.parametrize("format", [*FORMATS])
def test_every_format_goes_out_and_comes_in_again(begun, format):
    office, project, task, _ = begun
    number = named(office.spans("lan", task))["7.215"]["id"]
    assert office.send("lan", task, {"op": "reject", "span": number}).is_success
    answer = office.ask("an", "GET", f"projects/{project}/export", params={"format": format})
    assert answer.is_success and "attachment" in answer.headers["content-disposition"]
    data = answer.content
    if format == "xml":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.namelist() == ["bao-cao.xml"]
            data = archive.read("bao-cao.xml")
    (document,) = FORMATS[format].read(data, Origin("x", TEXT))
    words = [TEXT[s.start : s.end] for s in document.spans]
    assert "8.320" in words and "7.215" not in words
    other = office.project("Nhập lại")
    headers = {"Content-Type": "application/octet-stream"}
    path = f"/v1/projects/{other}/import?name=x&format={format}"
    made = office.client.post(path, content=data, headers=office.headers["an"] | headers)
    assert made.status_code == 201, made.text
    again = office.spans("lan", made.json()["tasks"][0]["id"])
    assert [TEXT[s["start"] : s["end"]] for s in again] == words


def test_what_is_no_annotated_document_is_refused(office):
    path = f"/v1/projects/{office.project()}/import"
    headers = office.headers["an"] | {"Content-Type": "application/octet-stream"}
    assert code_of(office.client.post(path, content=b"xin chao", headers=headers)) == (422, "format_unknown")
    answer = office.client.post(path + "?format=jsonl", content=b"{}", headers=headers)
    assert code_of(answer) == (422, "annotation_invalid")


def test_another_reading_changes_no_task(begun):
    from chitieu.contract import ModelInfo
    from stored import id_of, read, save

    office, _, task, document = begun
    before = office.ok("lan", "GET", f"tasks/{task}")
    answer = read(TEXT, name="bao-cao.txt")
    empty = answer.model_copy(
        update={
            "spans": [],
            "figures": [],
            "observations": [],
            "model": ModelInfo(name="x", version="2", catalogue="0"),
        }
    )
    assert save(office.database, empty, TEXT, id=id_of(answer)).id == document
    assert office.ok("lan", "GET", f"tasks/{task}") == before


@given(st.lists(st.tuples(st.sampled_from(["accept", "reject", "remove", "link"]), st.integers(0, 7)), max_size=12))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_undoing_all_over_the_service_leads_back(undoing, wanted):
    office, task = undoing
    start = office.ok("lan", "GET", f"tasks/{task}")
    ids = [s["id"] for s in start["spans"]]
    inverses, revision = [], start["revision"]
    for n, (what, at) in enumerate(wanted):
        told = {"op": what, "span": ids[at % len(ids)]} | ({"to": None} if what == "link" else {})
        answer = office.send("lan", task, told, revision=revision, prefix=f"{revision}-{n}-")
        if answer.is_success:
            revision = answer.json()["revision"]
            inverses.append(answer.json()["corrections"][0]["inverse"])
    for inverse in reversed(inverses):
        answer = office.send("lan", task, inverse, revision=revision, prefix=f"{revision}-u-")
        assert answer.is_success, answer.text
        revision = answer.json()["revision"]
    assert office.ok("lan", "GET", f"tasks/{task}")["spans"] == start["spans"]


@pytest.fixture
def undoing(begun):
    return begun[0], begun[2]


def test_what_was_done_and_is_open_again_was_done_then(begun):
    office, project, task, _ = begun
    moments = []
    for state in ("done", "begun"):
        office.ok("lan", "PATCH", f"tasks/{task}", json={"state": state})
        moments.append(datetime.now(UTC).isoformat())
    lines = [
        office.ask("an", "GET", f"projects/{project}/export", params={"done": True, "at": at}).text.splitlines()
        for at in moments
    ]
    assert [len(one) for one in lines] == [1, 0]
