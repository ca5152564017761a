"""The same series out of the service's database and out of a data set."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pyarrow", reason="needs the extra `export`")

from batch_runs import batch, fill
from chitieu.batch.series import rows_of as in_data_set
from chitieu.catalogue.load import load_catalogue
from chitieu.errors import OutputInvalid, SeriesTooLarge
from chitieu.series.build import series_of
from chitieu.series.query import indicator_named, query_of
from chitieu.settings import Settings
from chitieu.store.series import rows_of as in_database


def report(year: int, *sentences: str, place: str = "TRÀ VINH") -> str:
    return f"UBND TỈNH {place}\nBÁO CÁO NĂM {year}\n\n" + "\n".join(f"- {sentence}" for sentence in sentences)


REPORTS = {
    "2020.txt": report(2020, "Thu ngân sách đạt 4.850,0 tỷ đồng, đạt 101,7% dự toán, tăng 6,2% so với cùng kỳ."),
    "2021.txt": report(
        2021, "Kết quả năm 2020: Thu ngân sách đạt 4.900 tỷ đồng.", "Thu ngân sách ước đạt 5.300 tỷ đồng."
    ),
    "yb/2021.txt": report(2021, "Thu ngân sách đạt 4.500 tỷ đồng, vượt 7,3% kế hoạch.", place="YÊN BÁI"),
    "khac.txt": report(2021, "Đàn bò có 8.320 con."),
}
INDICATOR = indicator_named(load_catalogue(), "thu ngân sách")


@pytest.fixture
def both(tmp_path, database_url, database):
    """The reports in a data set, and in a database."""
    archive = fill(tmp_path / "kho", REPORTS)
    address = database_url.render_as_string(hide_password=False)
    for out in (tmp_path / "ket-qua", address):
        assert batch(archive, out=out, settings=Settings(data=tmp_path / "data")).failed == 0
    return tmp_path / "ket-qua", database


def told(rows, **asked):
    """The series as JSON, ids of documents left out: of a data set they are those of files."""
    got = series_of(load_catalogue(), INDICATOR, rows, query_of(**asked)).model_dump(mode="json")

    def without(value):
        if isinstance(value, dict):
            is_document = set(value) == {"id", "name", "period"}
            return {k: without(v) for k, v in value.items() if not (is_document and k == "id")}
        return [without(one) for one in value] if isinstance(value, list) else value

    return without(got)


@pytest.mark.parametrize(
    "asked",
    [{}, {"place": "tra vinh"}, {"place": "15"}, {"first": "2021"}, {"last": "2020"}, {"status": "estimate"}, {"breakdown": "all"}],
)  # fmt: skip
def test_a_data_set_and_the_database_give_the_same(both, asked):
    folder, database = both
    query = query_of(**asked)
    in_folder = told(in_data_set(folder, INDICATOR.id, query), **asked)
    assert in_folder == told(in_database(database, INDICATOR.id, query), **asked)
    assert in_folder["series"]


def test_the_series_are_those_of_the_reports(both):
    folder, database = both
    for rows in (in_data_set(folder, INDICATOR.id, query_of()), in_database(database, INDICATOR.id, query_of())):
        series = {one["place"]["code"]: one for one in told(rows)["series"]}
        assert set(series) == {"84", "15"}
        first, estimate = series["84"]["points"]
        assert (first["number"], first["value"], first["statements"][0]["document"]["name"]) == (
            "4900", "4900000000000", "2021.txt",
        )  # fmt: skip
        (before,) = first["restatements"]
        assert (before["number"], before["difference"], before["document"]["name"]) == ("4850.0", "-50", "2020.txt")
        assert REPORTS["2020.txt"][before["start"] : before["end"]] == before["text"] == "4.850,0"
        assert REPORTS["2020.txt"][before["sentence_start"] : before["sentence_end"]] == before["sentence"]
        assert (estimate["status"], estimate["number"], estimate["period"]["label"]) == ("estimate", "5300", "2021")
        (other,) = series["15"]["points"]
        assert other["plan"]["source"] == "implied" and other["plan"]["attainment"] == "1.073"
        assert other["attainment_stated"]["ratio"] == "1.073"


def test_a_database_narrows_by_place_and_time(both):
    _, database = both
    assert len(in_database(database, INDICATOR.id, query_of())) == 4
    assert len(in_database(database, INDICATOR.id, query_of(place="Yên Bái"))) == 1
    assert len(in_database(database, INDICATOR.id, query_of(first="2021"))) == 2
    assert in_database(database, "khong-co", query_of()) == []


def test_what_is_too_much_is_refused(both):
    _, database = both
    with pytest.raises(SeriesTooLarge) as caught:
        in_database(database, INDICATOR.id, query_of(), most=3)
    assert caught.value.detail == {"limit": 3}
    assert len(in_database(database, INDICATOR.id, query_of(), most=4)) == 4


def test_a_folder_that_is_no_data_set_is_refused(tmp_path):
    for name, content in [("none", None), ("other", b"{}"), ("text", b"x"), ("list", b"[]"), ("newer", b"newer")]:
        folder = tmp_path / name
        if content is not None:
            folder.mkdir()
            newer = json.dumps({"format": "chitieu-batch", "version": 99}).encode()
            (folder / "schema.json").write_bytes(newer if content == b"newer" else content)
        with pytest.raises(OutputInvalid) as caught:
            in_data_set(folder, INDICATOR.id, query_of())
        assert caught.value.detail["file"] == str(folder)


def test_a_damaged_file_is_told(tmp_path):
    archive = fill(tmp_path / "kho", REPORTS)
    batch(archive, out=tmp_path / "ket-qua")
    for path in (tmp_path / "ket-qua" / "observations").rglob("*.parquet"):
        path.write_bytes(b"PAR1 cut")
    with pytest.raises(OutputInvalid):
        in_data_set(tmp_path / "ket-qua", INDICATOR.id, query_of())
