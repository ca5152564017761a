from __future__ import annotations

from datetime import date

import pytest

from chitieu.contract import Place
from chitieu.errors import BadRequest
from chitieu.store import observations
from chitieu.store.observations import find, stream
from stored import REPORT, days, delete, keep, keep_rows

PROVINCE = Place(text="Trà Vinh", code="84", name="Tỉnh Trà Vinh")
YEAR = days("2023-01-01", "2023-12-31")
DISTRICT = {"text": "Càng Long", "kind": "place", "code": "844", "name": "Huyện Càng Long"}
ROWS = [
    {"id": "ho-ngheo", "title": "Tỷ lệ hộ nghèo", "path": ["Giảm nghèo", "hộ còn nghèo"], "period": YEAR},
    {"id": "ho-ngheo", "path": ["Hộ nghèo"], "breakdown": [DISTRICT], "period": days("2023-07-01", "2023-09-30")},
    {"path": ["Thủy sản", "Sản lượng tôm 100%"], "period": days("2023-09-01", "2023-09-30"), "status": "estimate"},
    {"path": ["Thu ngân sách"], "period": days(None, "2023-12-31"), "status": "target"},
    {"path": ["Thú y"], "breakdown": [{"text": "gạo"}, {"text": "xã Hòa An", "kind": "place"}, {"text": "nữ", "kind": "sex"}]},
]  # fmt: skip


@pytest.fixture
def filled(database):
    keep_rows(database, *ROWS, name="a.txt", place=PROVINCE)
    return database


def numbers(database, **by) -> list[str]:
    """Which of ROWS are found."""
    return sorted(row.cells["observation"][1:] for row in find(database, **by).items)


@pytest.mark.parametrize(
    ("indicator", "found"),
    [
        ("ho-ngheo", "01"),
        ("hộ nghèo", "01"),
        ("HO NGHEO", "01"),
        ("giảm nghèo", "0"),
        ("tỷ lệ", "0"),
        ("tỉ lệ", "0"),
        ("thu", "234"),  # without an accent it is `thu`, `thủ` and `thú`
        ("thú", "4"),
        ("thuy san", "2"),
        ("thuỷ sản", "2"),
        ("100%", "2"),
        ("%", "2"),
        ("_", None),
        ("hộ giàu", ""),
        ("hộ nghèo thu", ""),
        ("nghè", ""),
    ],
)
def test_rows_are_found_by_id_or_words_of_their_indicator(filled, indicator, found):
    if found is None:
        with pytest.raises(BadRequest) as caught:
            find(filled, indicator=indicator)
        assert "indicator" in caught.value.detail
    elif indicator == "thu":
        assert numbers(filled, indicator=indicator) == ["3", "4"]
    else:
        assert numbers(filled, indicator=indicator) == list(found)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("84", "023"),
        ("Tỉnh Trà Vinh", "023"),
        ("tra vinh", "023"),
        ("844", "1"),
        ("huyện càng long", "1"),
        ("Càng Long", "1"),
        ("xã Hoà An", "4"),
        ("hoa an", "4"),
        ("Hà Nội", ""),
        ("84%", ""),
    ],
)
def test_the_place_of_a_row_is_that_of_its_breakdown_else_the_documents(filled, place, found):
    assert numbers(filled, place=place) == list(found)


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("2023", "012"),
        ("2023-Q3", "12"),
        ("2023-H2", "12"),
        ("2023-09", "2"),
        ("2023-09-30", ""),
        ("2022/2024", "012"),
        ("2023-02/2023-12", "12"),
        ("2024", ""),
    ],
)
def test_rows_are_found_whose_time_lies_within_and_is_closed(filled, period, found):
    assert numbers(filled, period=period) == list(found)


def test_a_query_as_long_as_may_be_is_no_fault(filled):
    assert numbers(filled, indicator=" ".join(f"chữ{n}" for n in range(50))) == []
    assert numbers(filled, place="Hòa An " * 5000) == []


def test_rows_are_found_by_status_and_document(filled):
    other = keep_rows(filled, {}, name="b.txt", text="Khác.")
    assert numbers(filled, status="estimate") == ["2"]
    assert numbers(filled, status="target") == ["3"]
    assert [row.document_id for row in find(filled, document=other.id).items] == [other.id]
    assert find(filled, document="không có").items == []


def test_what_is_asked_for_together_holds_together(filled):
    assert numbers(filled, indicator="hộ nghèo", place="Trà Vinh", period="2023", status="actual") == ["0"]
    assert numbers(filled, indicator="ho-ngheo", place="844", period="2023") == ["1"]
    assert numbers(filled, indicator="ho-ngheo", status="target") == []


def test_a_row_says_what_it_was_found_by(filled):
    row = find(filled, indicator="hộ nghèo", place="844").items[0]
    assert (row.indicator_id, row.indicator) == ("ho-ngheo", "Hộ nghèo")
    assert (row.place_code, row.place_name) == ("844", "Huyện Càng Long")
    assert (row.period_start, row.period_end, row.status) == (date(2023, 7, 1), date(2023, 9, 30), "actual")
    assert row.cells["breakdown_code"] == "844" and row.cells["place_code"] == "84"


@pytest.mark.parametrize(
    ("by", "field"),
    [
        ({"indicator": "…"}, "indicator"),
        ({"indicator": " ".join(f"chữ{n}" for n in range(2000))}, "indicator"),
        ({"place": ""}, "place"),
        ({"period": "tháng 9"}, "period"),
        ({"status": "done"}, "status"),
        ({"cursor": "abc"}, "cursor"),
    ],
)
def test_a_faulty_search_is_a_bad_request_that_names_the_field(filled, by, field):
    with pytest.raises(BadRequest) as caught:
        find(filled, **by)
    assert field in caught.value.detail
    if field != "cursor":
        with pytest.raises(BadRequest):
            stream(filled, **by)


@pytest.mark.parametrize("by", [{"indicator": "a\0"}, {"place": "\ud800"}, {"document": "\0"}])
def test_what_is_no_text_is_never_a_fault_of_the_database(filled, by):
    try:
        assert find(filled, **by).items == []
    except BadRequest as error:
        assert error.status == 422


def _many(database, documents: int, rows: int) -> list[str]:
    """Documents of so many rows each; their ids, newest first."""
    ids = [
        keep_rows(database, *[{"id": "x"} for _ in range(rows)], name=f"{n}.txt", text=f"Văn bản {n}.").id
        for n in range(documents)
    ]
    return ids[::-1]


def test_pages_go_through_all_rows_in_order_without_gap_or_repeat(database):
    ids = _many(database, 3, 5)
    expected = [(document, f"o{n}") for document in ids for n in range(5)]
    for by in ({}, {"indicator": "x"}, {"indicator": "chỉ tiêu"}, {"period": None}):
        for size in (1, 4, 5, 15, 16):
            seen, cursor = [], None
            while True:
                page = find(database, limit=size, cursor=cursor, **by)
                assert 0 < len(page.items) <= size
                seen += [(row.document_id, row.cells["observation"]) for row in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert seen == expected


def test_what_comes_meanwhile_moves_no_page(database):
    ids = _many(database, 2, 4)
    first = find(database, limit=3)
    keep_rows(database, {}, {}, name="mới.txt", text="Mới.")
    keep_rows(database, *[{"id": "x"} for _ in range(4)], name="0.txt", text="Văn bản 0.")  # read again
    rest = find(database, limit=10, cursor=first.next)
    assert [row.document_id for row in rest.items] == [ids[0], *[ids[1]] * 4]
    assert [row.cells["observation"] for row in rest.items] == ["o3", "o0", "o1", "o2", "o3"]


def test_an_export_gives_every_row_once_however_many_it_holds_at_once(database, monkeypatch):
    ids = _many(database, 4, 5)
    expected = [(document, f"o{n}") for document in ids for n in range(5)]
    for size in (1, 3, 5, 7, 19, 20, 21):
        monkeypatch.setattr(observations, "_PAGE", size)
        assert [(row.document_id, row.cells["observation"]) for row in stream(database, indicator="x")] == expected
    assert list(stream(database, indicator="không có")) == []


def test_an_export_holds_nothing_back_and_mixes_no_two_readings(database, monkeypatch):
    monkeypatch.setattr(observations, "_PAGE", 3)
    ids = _many(database, 3, 5)
    rows = stream(database)
    seen = [next(rows)]
    keep_rows(database, *[{"value": "2"} for _ in range(5)], name="2.txt", text="Văn bản 2.")
    keep_rows(database, *[{"value": "2"} for _ in range(2)], name="1.txt", text="Văn bản 1.")
    delete(database, ids[2])
    seen += rows
    values = [(row.document_id, row.cells["value"]) for row in seen]
    assert values == [(ids[0], "1")] * 5 + [(ids[1], "2")] * 2


def test_a_column_that_an_old_row_does_not_know_is_empty(filled):
    row = find(filled, indicator="thú y").items[0]
    assert row.cells["value_upper"] is None and list(row.cells)[:3] == ["document", "section", "indicator"]
    typed = observations.typed({"value": "1.50", "page": 3, "period_end": "2023-12-31"})
    assert (str(typed["value"]), typed["page"], typed["period_end"]) == ("1.50", 3, date(2023, 12, 31))
    assert typed["sentence"] is None


def test_rows_that_were_read_are_found_by_what_the_text_says(database):
    keep(database, REPORT)
    row = find(database, indicator="đàn bò", place="Trà Vinh", period="2021").items[0]
    assert row.cells["value"] == "8320"
    assert row.cells["sentence"] == "- Đàn bò có 8.320 con, giảm 3,1%, tăng 250 con so với cùng kỳ."
