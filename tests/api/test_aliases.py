"""Names that annotators propose: listed with what the catalogue makes of them, decided on, written, and read again."""

from __future__ import annotations

import pytest

from chitieu.catalogue.aliases import standing, with_aliases, written
from chitieu.catalogue.linker import link
from chitieu.catalogue.load import Alias, load_catalogue
from chitieu.cli.main import main
from chitieu.errors import CatalogueInvalid
from chitieu.store import audit
from members import code_of, service
from office import TEXT, Office
from stored import keep

WORDS = "số đầu bò hiện hữu của tỉnh"


@pytest.fixture
def office(database_url):
    with service(database_url) as (client, database):
        yield Office(client, database)


@pytest.fixture
def proposed(office):
    """Two people's tasks, an indicator of each with a proposed name."""
    entry = next(i for i in load_catalogue().indicators if "bò" in i.name_vi)
    project = office.project()
    tasks = []
    for name, text in (("lan", TEXT), ("minh", TEXT + "\nHết.")):
        document = keep(office.database, text, name=f"{name}.txt").id
        (task,) = office.tasks(project, document, assign=[name])
        cattle = next(s for s in office.spans(name, task["id"]) if text[s["start"] : s["end"]] == "Đàn bò")
        alias = WORDS if name == "lan" else WORDS.upper()
        assert office.send(
            name, task["id"], {"op": "entry", "span": cattle["id"], "entry": entry.id, "alias": alias}
        ).is_success
        tasks.append((task["id"], cattle))
    return office, entry, tasks, project


def listed(office, **params):
    return office.ok("an", "GET", "aliases", params=params)["aliases"]


def test_what_is_proposed_is_told_with_people_places_and_what_the_catalogue_makes_of_it(proposed):
    office, entry, tasks, _ = proposed
    (one,) = listed(office)
    assert (one["entry"], one["name"], one["alias"], one["count"], one["by"]) == (
        entry.id, entry.name_vi, WORDS, 2, ["lan", "minh"],
    )  # fmt: skip
    place = one["places"][0]
    assert TEXT[place["start"] : place["end"]] == "Đàn bò"
    assert TEXT[place["sentence_start"] : place["sentence_end"]].strip() == "Đàn bò có 8.320 con."
    assert (place["task"], place["name"], place["by"]) == (tasks[0][0], "lan.txt", "lan")
    assert one["collides"] == [] and one["decided"] is None
    assert one["found"] is (one["linked"] == entry.id)


def test_what_is_taken_back_is_proposed_no_more(proposed):
    office, _, tasks, _ = proposed
    task, cattle = tasks[0]
    undo = office.ok("lan", "GET", f"tasks/{task}/corrections")["corrections"][0]["inverse"]
    assert office.send("lan", task, undo, revision=1, prefix="u").is_success
    (one,) = listed(office)
    assert (one["count"], one["by"]) == (1, ["minh"])
    task, cattle = tasks[1]
    assert office.send("minh", task, {"op": "reject", "span": cattle["id"]}, revision=1, prefix="u").is_success
    assert listed(office) == []


def test_a_decision_is_kept_with_who_made_it_and_the_last_one_holds(proposed):
    office, *_ = proposed
    (one,) = listed(office)
    path = f"aliases/{one['id']}"
    made = office.ok("an", "POST", path, json={"decision": "refused"})
    assert made["decided"]["decision"] == "refused" and made["decided"]["by"] == "an"
    assert listed(office, state="open") == [] and listed(office, state="refused") == [made]
    made = office.ok("an", "POST", path, json={"decision": "accepted", "alone": False})
    assert listed(office, state="accepted") == [made] and made["decided"]["alone"] is False
    trail = audit.listed(office.database, action="alias_decided").items
    assert [(e.actor, e.subject, e.detail["decision"]) for e in trail] == [
        ("an", one["id"], "accepted"), ("an", one["id"], "refused"),
    ]  # fmt: skip
    assert code_of(office.ask("an", "POST", "aliases/none", json={"decision": "refused"})) == (404, "alias_unknown")
    assert code_of(office.ask("an", "POST", path, json={"decision": "maybe"})) == (422, "request_invalid")
    for method, to in (("GET", "aliases"), ("POST", path)):
        assert code_of(office.ask("lan", method, to, json={"decision": "refused"})) == (403, "forbidden")


def test_a_name_of_another_entry_stands_alone_for_neither(proposed):
    office, entry, tasks, _ = proposed
    task, cattle = tasks[0]
    other = next(i for i in load_catalogue().indicators if i.id != entry.id)
    taken = {"op": "entry", "span": cattle["id"], "entry": entry.id, "alias": other.name_vi}
    assert office.send("lan", task, taken, revision=1, prefix="t").is_success
    one = next(one for one in listed(office) if one["alias"] == other.name_vi)
    assert one["collides"] == [other.id] and one["found"] is False
    answer = office.ask("an", "POST", f"aliases/{one['id']}", json={"decision": "accepted"})
    assert code_of(answer) == (422, "request_invalid") and other.id in answer.json()["error"]["message"]
    office.ok("an", "POST", f"aliases/{one['id']}", json={"decision": "accepted", "alone": False})


def test_a_reviewer_who_makes_one_side_sees_no_names_of_the_other(office):
    entry = next(i for i in load_catalogue().indicators if "bò" in i.name_vi)
    document = keep(office.database, TEXT, name="a.txt").id
    own, other = office.tasks(office.project(), document, assign=["an", "minh"])
    cattle = next(s for s in office.spans("minh", other["id"]) if TEXT[s["start"] : s["end"]] == "Đàn bò")
    sent = {"op": "entry", "span": cattle["id"], "entry": entry.id, "alias": WORDS}
    assert office.send("minh", other["id"], sent).is_success
    assert listed(office) == []
    for name, task in (("an", own), ("minh", other)):
        office.ok(name, "PATCH", f"tasks/{task['id']}", json={"state": "done"})
    assert [one["alias"] for one in listed(office)] == [WORDS]


def test_accepted_names_are_written_and_the_next_start_links_by_them(proposed, tmp_path, monkeypatch, capsys):
    office, entry, _, project = proposed
    (one,) = listed(office)
    office.ok("an", "POST", f"aliases/{one['id']}", json={"decision": "accepted"})
    url = office.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CHITIEU_DATABASE_URL", url)
    path = tmp_path / "tên gọi.tsv"
    assert main(["aliases", "export", "--out", str(path)]) == 0
    assert path.read_text("utf-8").splitlines() == ["id\talias\talone\tsource", f"{entry.id}\t{WORDS}\tyes\tannotators"]
    assert "1 tên / names" in capsys.readouterr().err
    catalogue = with_aliases(load_catalogue(), path)
    assert catalogue.version != load_catalogue().version and with_aliases(load_catalogue(), path) is catalogue
    found = link([WORDS], unit=None, kind="level", section=(), catalogue=catalogue)
    assert found is not None and found.entry.id == entry.id
    assert standing(catalogue, entry.id, WORDS).linked == entry.id
    # The export has the name as well, and what is imported from it proposes it again.
    line = office.ask("an", "GET", f"projects/{project}/export", params={"format": "jsonl"}).text.splitlines()[0]
    assert f'"alias": "{WORDS}"' in line


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("khong-co\tmột tên\tyes\tx", "id"),
        ("{id}\t…\tyes\tx", "alias"),
        ("{id}\tmột tên\tmaybe\tx", "alone"),
        ("{id}\t{other}\tyes\tx", "alias"),
        ("{id}\tmột tên mới\tyes\tx\n{two}\tMột tên  mới\tyes\tx", "alias"),
    ],
)
def test_a_faulty_table_is_told_with_line_and_column(tmp_path, row, column):
    one, two, *_ = load_catalogue().indicators
    path = tmp_path / "names.tsv"
    told = row.format(id=one.id, other=two.name_vi, two=two.id)
    path.write_text(f"id\talias\talone\tsource\n{told}\n", "utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        with_aliases(load_catalogue(), path)
    assert (caught.value.detail["file"], caught.value.detail["column"]) == ("names.tsv", column)
    assert caught.value.detail["line"] == 2 + told.count("\n")


def test_a_table_that_is_written_has_one_line_for_each_name(tmp_path):
    one = load_catalogue().indicators[0]
    path = tmp_path / "names.tsv"
    path.write_bytes(written([Alias(one.id, "tên\tcó\ndòng mới", False), Alias(one.id, one.name_vi, True)], "x"))
    added = with_aliases(load_catalogue(), path).aliases[len(load_catalogue().aliases) :]
    assert added == (Alias(one.id, "tên có dòng mới", False),)  # the other is its name already
