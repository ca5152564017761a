from __future__ import annotations

import hashlib
import multiprocessing
import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

import chitieu
from chitieu.contract import ModelInfo, Place
from chitieu.errors import BadRequest, DatabaseInvalid, DocumentUnknown
from chitieu.output.values import table
from chitieu.store import audit, documents, observations, traces
from chitieu.store.database import Database
from chitieu.store.documents import (
    document_id,
    get,
    list_documents,
    stored_answer,
    text_of,
)
from chitieu.store.tables import Job, StoredDocument, StoredObservation, StoredText
from stored import MODEL, REPORT, days, delete, id_of, keep, keep_rows, put_together, read, save

SHA = "a" * 64


def count(database: Database, of: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


# Ids


def test_the_same_sent_again_is_the_same_document():
    place, period = Place(text="Trà Vinh", code="84"), days("2023-01-01", "2023-12-31")
    first = document_id(SHA, name="Báo cáo", file_sha256=None, period=period, place=place)
    again = document_id(SHA, name="Ba\u0301o ca\u0301o", file_sha256=None, period=period, place=place)
    assert first == again and len(first) == 64 and int(first, 16)


def test_whatever_differs_makes_another_document():
    plain = {"name": None, "file_sha256": None, "period": None, "place": None}
    sent = [
        plain,
        plain | {"name": "a"},
        plain | {"name": ""},
        plain | {"file_sha256": "b" * 64},
        plain | {"period": days(None, None)},
        plain | {"period": days("2023-01-01", None)},
        plain | {"period": days(None, "2023-01-01")},
        plain | {"place": Place(text="Trà Vinh")},
        plain | {"place": Place(text="Trà Vinh", code="84")},
        plain | {"place": Place(text="Trà Vinh", name="84")},
    ]
    ids = {document_id(SHA, **each) for each in sent} | {document_id("b" * 64, **plain)}
    assert len(ids) == len(sent) + 1


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "a\0"},
        {"name": "a\ud83d"},
        {"name": "a" * 501},
        {"period": days(None, None).model_copy(update={"text": "\0"})},
        {"place": Place(text="\0")},
        {"place": Place(text="x", name="\udfff")},
        {"place": Place(text="x", code="8" * 21)},
        {"place": Place(text="x", code="\0")},
    ],
)
def test_what_could_not_be_stored_is_refused_before_it_is_read(sent):
    with pytest.raises(BadRequest):
        document_id(SHA, **({"name": None, "file_sha256": None, "period": None, "place": None} | sent))


# Storing and getting


def test_a_stored_document_comes_back_whole(database):
    answer = read(REPORT)
    summary = save(database, answer, REPORT, id=id_of(answer), by="lan")
    assert (summary.name, summary.sha256, summary.length) == ("Báo cáo.txt", answer.document.sha256, len(REPORT))
    assert (summary.figures, summary.observations) == (len(answer.figures), len(answer.observations)) != (0, 0)
    assert summary.place is not None and (summary.place.name, summary.place.code) == ("Tỉnh Trà Vinh", "84")
    assert summary.period is not None
    assert (summary.period.text, summary.period.start) == ("NĂM 2021", date(2021, 1, 1))
    assert summary.stored_by == "lan" and summary.stored_at == summary.read_at
    assert summary.model == answer.model

    found = get(database, summary.id)
    assert found.summary == summary
    assert found.text == REPORT == found.answer.document.text == text_of(database, summary.id)
    found.answer.document.text = None
    assert found.answer == answer


def test_a_document_of_a_file_keeps_what_its_file_says(database):
    answer = read(REPORT, name="báo cáo.pdf", with_text=True)
    answer.document.kind, answer.document.file_sha256 = "pdf", "f" * 64
    summary = save(database, answer, REPORT, id=id_of(answer), by="lan")
    assert (summary.kind, summary.file_sha256) == ("pdf", "f" * 64)
    assert get(database, summary.id).answer == answer


def test_rows_are_those_of_the_table_with_the_same_digits(database):
    answer = put_together(
        {"value": "0.000000100", "period": days("2021-01-01", "2021-12-31")},
        {"value": "123456789012345678901234567890"},
    )
    keep_rows(
        database,
        {"value": "0.000000100", "period": days("2021-01-01", "2021-12-31")},
        {"value": "123456789012345678901234567890"},
    )
    rows = observations.find(database).items
    assert [row.cells["value"] for row in rows] == ["0.000000100", "123456789012345678901234567890"]
    assert rows[0].cells["period_end"] == "2021-12-31" and rows[1].cells["period_end"] is None
    whole = answer.model_copy(update={"document": answer.document.model_copy(update={"text": "Văn bản."})})
    assert [observations.typed(row.cells) for row in rows] == table("observations", whole)
    assert [list(row.cells) for row in rows] == [list(row) for row in table("observations", whole)]


def test_an_answer_of_another_text_is_not_stored(database):
    with pytest.raises(ValueError, match="not of this text"):
        save(database, read(REPORT), REPORT + " ", id=SHA, by="lan")
    assert count(database, StoredText) == 0


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a" * 501])
def test_a_name_that_cannot_be_stored_is_refused_and_nothing_is_stored(database, name):
    answer = put_together({})
    answer.document.id = name
    with pytest.raises(BadRequest):
        save(database, answer, "Văn bản.", id=SHA, by="lan")
    assert count(database, StoredText) == count(database, StoredDocument) == 0


def test_stored_again_it_keeps_its_place_and_first_sender_and_takes_the_new_answer(database):
    first = keep(database)
    other = keep(database, REPORT + "- Đàn trâu có 120 con.\n", name="sau.txt")
    answer = read(REPORT)
    del answer.observations[1:]
    answer.model = ModelInfo(name="newer", version="2", catalogue="c")
    again = save(database, answer, REPORT, id=first.id, by="minh")
    assert (again.stored_at, again.stored_by) == (first.stored_at, "lan")
    assert again.read_at > first.read_at and again.observations == 1
    assert again == get(database, first.id).summary
    assert [found.id for found in list_documents(database).items] == [other.id, first.id]
    assert count(database, StoredDocument) == 2
    assert count(database, StoredObservation) == other.observations + 1
    assert {row.cells["model"] for row in observations.find(database, document=first.id).items} == {"newer 2"}


def test_a_text_is_stored_once_for_all_documents_that_have_it(database):
    keep(database, name="một.txt")
    keep(database, name="hai.txt")
    assert (count(database, StoredDocument), count(database, StoredText)) == (2, 1)


def test_an_id_that_gets_another_text_leaves_none_behind(database):
    keep(database)
    first = id_of(read(REPORT))
    save(database, put_together({}), "Văn bản.", id=first, by="lan")
    with database.read() as session:
        assert list(session.scalars(select(StoredText.text))) == ["Văn bản."]


# Asking again


def test_what_the_same_model_read_need_not_be_read_again(database):
    answer = read(REPORT)
    summary = keep(database)
    found = stored_answer(database, summary.id, model=answer.model)
    assert found is not None and found.document.text == REPORT
    found.document.text = None
    assert found == answer


@pytest.mark.parametrize("changed", ["name", "version", "catalogue"])
def test_another_model_or_catalogue_reads_again(database, changed):
    summary = keep_rows(database, {})
    assert stored_answer(database, summary.id, model=MODEL) is not None
    assert stored_answer(database, summary.id, model=MODEL.model_copy(update={changed: "x"})) is None


def test_another_version_of_the_software_reads_again(database, monkeypatch):
    summary = keep_rows(database, {})
    monkeypatch.setattr("chitieu.store.documents.__version__", chitieu.__version__ + "1")
    assert stored_answer(database, summary.id, model=MODEL) is None


def test_what_was_never_stored_has_no_answer(database):
    assert stored_answer(database, SHA, model=MODEL) is None


@pytest.mark.parametrize("ask", [get, text_of, delete])
def test_an_unknown_id_is_said_to_be_unknown(database, ask):
    with pytest.raises(DocumentUnknown) as caught:
        ask(database, "x" * 300)
    assert caught.value.status == 404


# Lists


def test_a_list_goes_from_the_newest_in_pages_without_gap_or_repeat(database):
    ids = [keep_rows(database, {}, name=f"{n}.txt", text=f"Văn bản {n}.").id for n in range(7)]
    seen: list[str] = []
    cursor = None
    for size in (3, 3, 1):
        page = list_documents(database, limit=3, cursor=cursor)
        assert len(page.items) == size
        seen += [found.id for found in page.items]
        cursor = page.next
        keep_rows(database, {}, name=f"giữa {size}{len(seen)}.txt", text="Chen vào.")
    assert cursor is None and seen == ids[::-1]


def test_a_list_of_exactly_one_page_has_no_next(database):
    keep(database)
    page = list_documents(database, limit=1)
    assert len(page.items) == 1 and page.next is None
    assert list_documents(database, name="không có").items == []


def test_documents_are_found_by_place_period_and_name(database):
    province = Place(text="Trà Vinh", code="84", name="Tỉnh Trà Vinh")
    commune = Place(text="xã Hòa An")
    a = keep_rows(database, {}, name="Báo cáo quý I.docx", place=province, period=days("2023-01-01", "2023-03-31")).id
    b = keep_rows(database, {}, name="kết quả.txt", place=commune, period=days("2023-01-01", "2023-12-31")).id
    c = keep_rows(database, {}, name="khác.txt", period=days("2023-01-01", None)).id

    def found(**by) -> list[str]:
        return [each.id for each in list_documents(database, **by).items]

    for place in ("84", "Trà Vinh", "trà vinh", "TỈNH TRÀ VINH", "tinh tra vinh", "tra vinh"):
        assert found(place=place) == [a], place
    for place in ("xã Hoà An", "Hòa An", "hoa an", "xa hoa an"):
        assert found(place=place) == [b], place
    for place in ("huyện Trà Vinh", "Tra Vính", "phường Hòa An", "Hóa An", "85"):
        assert found(place=place) == [], place
    assert found(period="2023") == [b, a]
    assert found(period="2023-Q1") == [a]
    assert found(period="2022/2024") == [b, a]
    assert found(name="quy bao cao") == [a]
    assert found(name="KẾT QUẢ") == [b]
    assert found(name="txt") == [c, b]
    assert found(place="Trà Vinh", period="2023-H1", name="docx") == [a]


@pytest.mark.parametrize(
    ("by", "field"),
    [
        ({"period": "quý I"}, "period"),
        ({"place": " … "}, "place"),
        ({"name": "?"}, "name"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_faulty_search_is_a_bad_request_that_names_the_field(database, by, field):
    with pytest.raises(BadRequest) as caught:
        list_documents(database, **by)
    assert field in caught.value.detail


# Deleting


def test_a_deleted_document_is_gone_with_its_text_rows_and_ended_jobs(database):
    kept, gone = keep(database, name="giữ.txt"), keep(database, "- Đàn dê có 17 con.", name="bỏ.txt")
    now = gone.read_at
    with database.write() as session:
        for job, state, document in [("1", "done", gone.id), ("2", "queued", gone.id), ("3", "done", kept.id)]:
            session.add(
                Job(
                    id=job,
                    kind="x",
                    state=state,
                    settings={},
                    done=0,
                    attempts=0,
                    asked_by="lan",
                    asked_at=now,
                    document_id=document,
                )
            )
    delete(database, gone.id)
    for ask in (get, text_of, delete):
        with pytest.raises(DocumentUnknown):
            ask(database, gone.id)
    assert observations.find(database, document=gone.id).items == []
    assert count(database, StoredObservation) == kept.observations
    assert count(database, StoredText) == 1
    with database.read() as session:
        assert sorted(session.scalars(select(Job.id))) == ["2", "3"]


def test_what_is_stored_or_deleted_stands_in_the_audit_trail(database):
    by = audit.By("lan", "192.0.2.1", "r1")
    answer = put_together({})
    new = id_of(answer)
    documents.save(database, answer, "Văn bản.", id=new, by=by, job="j1")
    documents.delete(database, new, by=by)
    deleted, stored = audit.listed(database).items
    assert (stored.action, stored.subject, stored.detail) == ("document_stored", new, {"job": "j1"})
    assert (deleted.action, deleted.subject, deleted.detail) == ("document_deleted", new, {})
    assert {(line.actor, line.address, line.request) for line in (stored, deleted)} == {("lan", "192.0.2.1", "r1")}


def test_without_its_line_in_the_audit_trail_nothing_is_stored_or_deleted(database):
    kept = keep(database)
    with database.write() as session:
        session.execute(text("ALTER TABLE audit RENAME TO elsewhere"))
    for change in (lambda: keep_rows(database, {}), lambda: delete(database, kept.id)):
        with pytest.raises(DatabaseInvalid):
            change()
    assert [document.id for document in list_documents(database).items] == [kept.id]
    assert text_of(database, kept.id) == REPORT


def test_a_text_that_another_document_has_stays(database):
    first, second = keep(database, name="một.txt"), keep(database, name="hai.txt")
    delete(database, first.id)
    assert text_of(database, second.id) == REPORT
    delete(database, second.id)
    assert count(database, StoredText) == 0


def test_a_deleted_document_can_be_stored_anew(database):
    first = keep(database)
    delete(database, first.id)
    again = keep(database)
    assert again.id == first.id and again.stored_at > first.stored_at


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def _secret(number: int, lines: int = 40) -> str:
    """A text of which every line can be told from all others."""
    return "\n".join(f"- Đàn bò thôn bimat{number:03d}q{line:03d} đạt {line + 1} con." for line in range(lines))


def test_no_byte_of_a_deleted_document_stays_in_the_files(in_file, tmp_path):
    folder = tmp_path / "data"
    kept = [keep(in_file, _secret(n), name=f"bimat{n:03d}.txt") for n in range(0, 20, 2)]
    gone = [keep(in_file, _secret(n), name=f"bimat{n:03d}.txt") for n in range(1, 21, 2)]
    assert b"bimat001q003" in _bytes_of(folder)
    with in_file.read() as session:
        answers = {row.id: row.answer for row in session.execute(select(StoredDocument.id, StoredDocument.answer))}
    stays = b"".join(answers[document.id] for document in kept)
    goes = [answers[document.id] for document in gone]
    pieces = [answer[at : at + 40] for answer in goes for at in range(200, len(answer) - 40, 200)]
    pieces = [piece for piece in pieces if piece not in stays]
    before = _bytes_of(folder)
    assert len(pieces) > 50 and sum(piece in before for piece in pieces) > len(pieces) / 2  # pages cut some in two
    for document in gone:
        assert delete(in_file, document.id) is True
    left = _bytes_of(folder)
    assert not [n for n in range(1, 21, 2) if f"bimat{n:03d}".encode() in left]
    assert not [piece for piece in pieces if piece in left]
    assert all(f"bimat{n:03d}".encode() in left for n in range(0, 20, 2))
    assert not [d.id for d in gone if d.sha256.encode() in left]
    assert {left.count(d.id.encode()) for d in gone} == {2}  # in the audit trail: stored, deleted
    for document in kept:
        assert get(in_file, document.id).summary == document


def test_no_byte_stays_where_rows_were_moved_from_page_to_page(in_file, tmp_path):
    chance = random.Random(3)
    alive, gone = {}, []
    for number in range(200):
        mark = f"zq{number:04d}zq"
        text = " ".join(f"{mark}{chance.randint(0, 999)}" for _ in range(chance.choice([1, 5, 50, 500])))
        rows = [
            {"path": [f"{mark} {k}"], "breakdown": [{"text": mark, "kind": "place"}]}
            for k in range(chance.choice([0, 1, 3, 30]))
        ]
        alive[mark] = keep_rows(in_file, *rows, text=text, name=mark).id
        if chance.random() < 0.5:
            mark = chance.choice(list(alive))
            gone.append(mark)
            delete(in_file, alive.pop(mark))
    assert in_file.rewrite(unasked=False)
    left = _bytes_of(tmp_path / "data")
    assert [mark for mark in gone if mark.encode() in left] == []
    assert all(mark.encode() in left for mark in alive)


def test_a_file_is_rewritten_again_only_after_a_while_and_not_at_all_if_large(in_file, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(traces.time, "monotonic", lambda: clock[0])
    ran = []

    def vacuum(cursor) -> bool:
        ran.append(clock[0])
        clock[0] += 2.0
        return True

    monkeypatch.setattr(traces, "_vacuum", vacuum)
    first, second, third = (keep(in_file, name=f"{n}.txt") for n in range(3))
    assert delete(in_file, first.id) is True
    assert delete(in_file, second.id) is False
    in_file.tidy()
    assert ran == [1000.0]
    clock[0] = 1042.0
    list_documents(in_file)
    assert ran == [1000.0], "who reads does not wait for that"
    in_file.tidy()
    in_file.tidy()
    assert ran == [1000.0, 1042.0]
    clock[0] = 2000.0
    monkeypatch.setattr(traces, "_LARGEST", 1000)
    assert delete(in_file, third.id) is False
    in_file.tidy()
    assert ran == [1000.0, 1042.0]
    assert in_file.rewrite(unasked=False) is True


def test_what_a_new_reading_replaces_is_gone_from_the_files_with_the_next_deletion(in_file, tmp_path):
    summary = keep(in_file, _secret(1), name="x.txt")
    other = keep(in_file, name="khác.txt")
    answer = put_together({}, name="x.txt", text=_secret(1))
    save(in_file, answer, _secret(1), id=summary.id, by="lan")
    delete(in_file, other.id)
    left = _bytes_of(tmp_path / "data")
    assert left.count("Đàn bò thôn bimat001q003".encode()) == 1  # its text's


def test_bytes_that_a_reader_holds_go_as_soon_as_it_is_done(in_file, tmp_path):
    document = keep(in_file, _secret(1), name="x.txt")
    other = Database(in_file.url)
    try:
        with other.read() as session:
            session.scalar(select(func.count()).select_from(StoredText))
            in_file.erase(wait=0)
            assert delete(in_file, document.id) is False
            assert session.scalar(select(func.count()).select_from(StoredText)) == 1
        list_documents(in_file)
        assert b"bimat001" not in _bytes_of(tmp_path / "data")
    finally:
        other.close()


# Several processes at once


def _save_often(url, number: int, times: int) -> None:
    database = Database(url)
    rows = [{"value": str(number), "path": [f"số {number}"]} for _ in range(5 + number)]
    answer = put_together(*rows)
    for _ in range(times):
        save(database, answer, "Văn bản.", id=id_of(answer), by=f"p{number}")
    database.close()


def _in_processes(target, *calls) -> None:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=target, args=call) for call in calls]
    for process in running:
        process.start()
    for process in running:
        process.join(180)
    assert [process.exitcode for process in running] == [0] * len(running)


def test_processes_that_store_the_same_at_once_leave_one_whole_answer(database):
    _in_processes(_save_often, *[(database.url, number, 15) for number in range(3)])
    found = list_documents(database).items
    assert len(found) == 1 and count(database, StoredText) == 1
    rows = observations.find(database, limit=100).items
    number = int(rows[0].cells["value"])
    assert {row.cells["value"] for row in rows} == {str(number)}
    assert len(rows) == found[0].observations == found[0].figures == 5 + number
    assert [row.cells["observation"] for row in rows] == [f"o{n}" for n in range(5 + number)]


def _store_and_delete(url, name: str, times: int) -> None:
    database = Database(url)
    for _ in range(times):
        summary = keep_rows(database, {}, name=name)
        assert text_of(database, summary.id) == "Văn bản."
        delete(database, summary.id)
    keep_rows(database, {}, name=name)
    database.close()


def test_a_text_is_never_missing_where_others_store_and_delete_it(database):
    _in_processes(_store_and_delete, *[(database.url, f"{name}.txt", 15) for name in "abc"])
    assert {each.name for each in list_documents(database).items} == {"a.txt", "b.txt", "c.txt"}
    with database.read() as session:
        assert list(session.scalars(select(StoredText.sha256))) == [hashlib.sha256("Văn bản.".encode()).hexdigest()]


def _store_then_delete_one(url, id: str) -> None:
    database = Database(url)
    try:
        delete(database, id)
    except DocumentUnknown:
        raise SystemExit(7) from None
    finally:
        database.close()


def test_of_two_that_delete_at_once_one_is_told_that_it_is_gone(database):
    summary = keep(database)
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_store_then_delete_one, args=(database.url, summary.id)) for _ in range(2)]
    for process in running:
        process.start()
    for process in running:
        process.join(180)
    assert sorted(process.exitcode for process in running) == [0, 7]
