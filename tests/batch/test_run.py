"""Whole runs: nothing twice, nothing lost, the same output however it came about."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import fsspec
import pyarrow.parquet
import pytest

from batch_fakes import read_texts
from batch_runs import batch, contents, fill, report_text, zipped
from chitieu.batch.columns import PARTITIONED, WHOLE, columns
from chitieu.batch.entries import Selection
from chitieu.batch.run import Options, forecast
from chitieu.batch.tables import schema
from chitieu.errors import OutputInvalid, OutputUnwritable
from chitieu.settings import Settings, load_settings


def rows(out: Path, table: str) -> list[dict]:
    path = out / f"{table}.parquet" if table in WHOLE else out / table
    return pyarrow.parquet.read_table(path).to_pylist()


def test_everything_is_found_read_and_told(archive, tmp_path):
    report = batch(archive, out=tmp_path / "out")
    assert (report.files, report.read, report.before, report.failed) == (15, 14, 1, 2)
    assert (report.totals.documents, report.totals.names, report.totals.errors) == (12, 15, 2)
    documents = rows(tmp_path / "out", "documents")
    assert len(documents) == len({d["document"] for d in documents}) == 12
    assert {(d["year"], d["place"]) for d in documents} >= {("2019", "84"), ("2020", "15"), ("2021", "84")}
    figures = rows(tmp_path / "out", "figures")
    assert len(figures) == sum(d["figures"] for d in documents) == report.totals.figures
    for figure in figures:
        assert figure["name"] in {d["name"] for d in documents}
        assert figure["place_code"] == figure["place"] and str(figure["document_period_end"].year) == figure["year"]
    budget = [f for f in figures if f["catalogue_id"] == "thu-ngan-sach-nha-nuoc-tren-dia-ban" and f["kind"] == "level"]
    assert sorted(f["number"] for f in budget) == [n * 1000 + 215 for n in range(1, 13)]
    names = Counter(n["document"] for n in rows(tmp_path / "out", "names"))
    twice = [d for d in documents if d["names"] == 2]
    assert len(twice) == 1 and names[twice[0]["document"]] == 2
    assert twice[0]["name"] == "2020/bc-1.txt", "the first by name, not the first that was found"
    errors = {e["name"]: (e["code"], e["message"]) for e in rows(tmp_path / "out", "errors")}
    assert errors["trống.txt"][0] == "text_empty" and errors["hỏng.pdf"][0] == "file_damaged"
    assert {f.name for f in report.failures} == set(errors)


def test_a_second_run_reads_nothing_and_touches_nothing(archive, tmp_path, told):
    out = tmp_path / "out"
    batch(archive, out=out, pipeline="batch_fakes:telling")
    assert len(read_texts(told)) == 12
    first, times = contents(out), {p: p.stat().st_mtime_ns for p in out.rglob("*.parquet")}
    report = batch(archive, out=out, pipeline="batch_fakes:telling")
    assert (report.files, report.read, report.before, report.failed) == (15, 0, 15, 2)
    assert len(read_texts(told)) == 12
    assert contents(out) == first
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.parquet")} == times


def test_the_output_does_not_depend_on_the_number_of_workers(archive, tmp_path):
    batch(archive, out=tmp_path / "inline")
    for workers in (1, 3):
        batch(archive, out=tmp_path / f"out{workers}", workers=workers, engine="local")
        assert contents(tmp_path / f"out{workers}") == contents(tmp_path / "inline")


def test_parts_of_an_archive_give_what_the_whole_gives(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out=tmp_path / "whole")
    batch(archive, out=out, limit=4)
    assert len(rows(out, "names")) == 4
    batch(archive, out=out, selection=Selection(match="*.zip/*"))
    batch(archive / "2020", out=tmp_path / "other")
    batch(archive, out=out)
    assert contents(out) == contents(tmp_path / "whole")


def test_only_partitions_that_changed_are_written_again(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out=out)
    times = {p.relative_to(out).as_posix(): p.stat().st_mtime_ns for p in out.rglob("*.parquet")}
    fill(archive, {"2021/mới.txt": report_text(50, year=2021)})
    batch(archive, out=out)
    now = {p.relative_to(out).as_posix(): p.stat().st_mtime_ns for p in out.rglob("*.parquet")}
    changed = {name for name in now if now[name] != times.get(name)}
    assert changed == {"names.parquet", *(f"{table}/year=2021/place=84/part-0.parquet" for table in PARTITIONED)} & set(
        now
    )


def test_a_report_that_changed_its_year_leaves_no_trace_in_the_old_one(tmp_path):
    kho, out = tmp_path / "kho", tmp_path / "out"
    fill(kho, {"a.txt": report_text(1, year=2018), "b.txt": report_text(2, year=2019)})
    batch(kho, out=out)
    fill(kho, {"a.txt": report_text(1, year=2019)})
    batch(kho, out=out)
    assert not (out / "documents/year=2018").exists()
    assert {d["year"] for d in rows(out, "figures")} == {"2019"}
    batch(kho, out=tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_what_a_killed_run_left_is_swept_away_and_what_was_deleted_made_again(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out=out)
    first = contents(out)
    fill(out, {".names.parquet.x.partial": "half", "figures/year=2021/place=84/.part-0.parquet.x.partial": "half"})
    fill(out, {"figures/year=1999/place=84/part-0.parquet": "gone", "checks/year=2021/place=84/part-7.parquet": "x"})
    (out / "documents/year=2019/place=84/part-0.parquet").unlink()
    (out / "names.parquet").write_bytes(b"cut")
    batch(archive, out=out)
    assert contents(out) == first


def test_files_of_others_in_the_folder_are_left_alone(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out=out)
    fill(out, {"ghi chú.txt": "của tôi", "figures/ghi chú.txt": "của tôi"})
    batch(archive, out=out)
    assert (out / "ghi chú.txt").exists() and (out / "figures/ghi chú.txt").exists()


def test_failures_are_told_again_and_tried_again_on_request(tmp_path, told):
    kho, out = tmp_path / "kho", tmp_path / "out"
    fill(kho, {"a.txt": report_text(1), "b.txt": "NỔ " + report_text(2), "c.txt": "CHẾT " + report_text(3)})
    report = batch(kho, out=out, pipeline="batch_fakes:touchy", engine="local")
    assert {(f.name, f.code) for f in report.failures} == {("b.txt", "internal"), ("c.txt", "file_too_costly")}
    before = len(read_texts(told))
    report = batch(kho, out=out, pipeline="batch_fakes:touchy")
    assert report.failed == 2 and len(read_texts(told)) == before
    report = batch(kho, out=out, retry_errors=True)
    assert report.failed == 0 and report.read == 2
    assert rows(out, "errors") == [] and len(rows(out, "documents")) == 3


def test_a_broken_file_that_is_taken_away_is_no_failure_any_more(archive, tmp_path):
    out = tmp_path / "out"
    os.mkfifo(archive / "ống")
    assert batch(archive, out=out).failed == 3
    (archive / "ống").unlink()
    (archive / "hỏng.pdf").unlink()
    (archive / "2019/bc-0.txt").unlink()
    report = batch(archive, out=out, selection=Selection(match="*.docx"))
    assert (report.failed, report.totals.errors) == (0, 3), "what was not looked at stays"
    report = batch(archive, out=out)
    assert [e["name"] for e in rows(out, "errors")] == ["trống.txt"]
    assert report.totals.documents == 12, "what was read stays"


def test_a_document_that_takes_too_long_is_one_failure(tmp_path, told):
    kho = fill(tmp_path / "kho", {"a.txt": report_text(1), "b.txt": "TREO " + report_text(2)})
    report = batch(
        kho, out=tmp_path / "out", pipeline="batch_fakes:touchy", engine="local", settings=Settings(batch_seconds=5)
    )
    assert [(f.name, f.code) for f in report.failures] == [("b.txt", "file_too_costly")]
    assert "5 giây" in report.failures[0].message


def test_other_settings_read_again_and_the_same_do_not(archive, tmp_path, told):
    out = tmp_path / "out"
    batch(archive, out=out, pipeline="batch_fakes:telling")
    batch(archive, out=out, pipeline="batch_fakes:telling", settings=Settings(read_seconds=77))
    assert len(read_texts(told)) == 12
    report = batch(archive, out=out, pipeline="batch_fakes:telling", settings=Settings(max_characters=60))
    assert report.failed == 14 and {f.code for f in report.failures} >= {"text_too_long"}
    batch(archive, out=out, pipeline="batch_fakes:telling")
    assert len(read_texts(told)) == 24
    assert len(rows(out, "documents")) == 12


def test_the_name_that_comes_first_tells_how_a_text_is_read(tmp_path):
    table = "Chỉ tiêu;Đơn vị;Thực hiện\nThu ngân sách;tỷ đồng;1.215\nĐàn bò;con;8.320\n"
    kho, out = tmp_path / "kho", tmp_path / "out"
    fill(kho, {"m.txt": table})
    batch(kho, out=out)
    fill(kho, {"a.csv": table, "z.txt": table})
    batch(kho, out=out)
    (document,) = rows(out, "documents")
    assert (document["kind"], document["name"], document["names"]) == ("csv", "a.csv", 3)
    batch(kho, out=tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_an_unchanged_file_is_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("chitieu.batch.storage._SETTLED_NS", -1)
    kho, out = fill(tmp_path / "kho", {"a.txt": report_text(1)}), tmp_path / "out"
    batch(kho, out=out)
    times = (kho / "a.txt").stat()
    opened: list[str] = []
    monkeypatch.setattr("chitieu.batch.walk._load", lambda _place, node, _limit: opened.append(node.name))
    assert batch(kho, out=out).before == 1
    assert opened == [] and (kho / "a.txt").stat().st_ctime_ns == times.st_ctime_ns


def test_an_archive_in_memory_and_several_at_once(tmp_path):
    files = fsspec.filesystem("memory")
    files.pipe("/kho/a.txt", report_text(1).encode())
    files.pipe("/kho/b.zip", zipped({"c.txt": report_text(2)}))
    fill(tmp_path / "kho", {"a.txt": report_text(1), "d.txt": report_text(3)})
    try:
        report = batch("memory://kho", tmp_path / "kho", out=tmp_path / "out")
    finally:
        files.rm("/kho", recursive=True)
    assert (report.files, report.read, report.failed) == (4, 3, 0)
    names = {(n["archive"].rpartition("/")[2], n["name"]) for n in rows(tmp_path / "out", "names")}
    assert names == {("kho", "a.txt"), ("kho", "b.zip/c.txt"), ("kho", "d.txt")}
    assert len(rows(tmp_path / "out", "names")) == 4


def test_an_empty_archive_gives_tables_without_rows(tmp_path):
    (tmp_path / "kho").mkdir()
    report = batch(tmp_path / "kho", out=tmp_path / "out")
    assert report.files == report.failed == 0
    for table in (*PARTITIONED, *WHOLE):
        assert rows(tmp_path / "out", table) == []


def test_told_to_stop_it_ends_with_what_is_done_and_goes_on_later(tmp_path, told):
    kho = fill(tmp_path / "kho", {f"{n:03}.txt": report_text(n) for n in range(60)})
    stop = threading.Event()

    def stopping() -> None:
        while len(read_texts(told)) < 10:
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=stopping, daemon=True).start()
    report = batch(kho, out=tmp_path / "out", pipeline="batch_fakes:slow", stop=stop)
    assert report.interrupted and 0 < report.read < 60
    assert len(rows(tmp_path / "out", "documents")) == report.read
    again = batch(kho, out=tmp_path / "out", pipeline="batch_fakes:slow")
    assert again.read == 60 - report.read and not again.interrupted
    batch(kho, out=tmp_path / "fresh", pipeline="batch_fakes:slow")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_the_output_is_written_while_the_run_goes_on(tmp_path, told, monkeypatch):
    kho = fill(tmp_path / "kho", {f"{n:03}.txt": report_text(n, year=2015 + n % 5) for n in range(100)})
    monkeypatch.setattr("chitieu.batch.dataset._PAUSE", 0.1)
    monkeypatch.setattr("chitieu.batch.dataset._SHARE", 0.0)
    seen: set[int] = set()
    over = threading.Event()

    def watching() -> None:
        while not over.wait(0.05):
            try:
                seen.add(len(rows(tmp_path / "out", "documents")))
            except (OSError, ValueError):
                continue  # not there yet, or another partition came meanwhile

    thread = threading.Thread(target=watching)
    thread.start()
    batch(kho, out=tmp_path / "out", pipeline="batch_fakes:slow")
    over.set()
    thread.join()
    assert any(0 < count < 100 for count in seen)
    batch(kho, out=tmp_path / "fresh", pipeline="batch_fakes:pipeline")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_a_forecast_says_what_a_run_does_and_changes_nothing(archive, tmp_path):
    options = Options(archives=(str(archive),), out=str(tmp_path / "out"), pipeline="batch_fakes:pipeline")
    told = forecast(options, load_settings())
    assert (told.files, told.to_read, told.before, told.failures) == (15, 14, 1, [])
    assert not (tmp_path / "out").exists()
    batch(archive, out=tmp_path / "out", limit=5)
    first = contents(tmp_path / "out")
    told = forecast(options, load_settings())
    report = batch(archive, out=tmp_path / "out", limit=5)
    assert report.read == 0 and told.to_read == 14 - 5
    assert contents(tmp_path / "out") == first


def test_a_folder_with_something_else_in_it_is_refused(archive, tmp_path):
    fill(tmp_path / "nhà", {"documents/thư.txt": "x"})
    with pytest.raises(OutputInvalid):
        batch(archive, out=tmp_path / "nhà")
    assert contents(tmp_path / "nhà") == {"documents/thư.txt": b"x"}
    (tmp_path / "tệp").write_text("x")
    with pytest.raises(OutputUnwritable):
        batch(archive, out=tmp_path / "tệp")


def test_the_tables_are_described(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out=out)
    told = json.loads((out / "schema.json").read_text(encoding="utf-8"))
    assert (told["format"], told["version"]) == ("chitieu-batch", 1)
    for table in (*PARTITIONED, *WHOLE):
        assert [c["name"] for c in told["tables"][table]] == [c.name for c in columns(table)]
        for path in [out / f"{table}.parquet"] if table in WHOLE else (out / table).rglob("*.parquet"):
            found = pyarrow.parquet.ParquetFile(path).schema_arrow
            assert found.equals(schema(table), check_metadata=False)
            assert found.field(0).metadata[b"title_vi"].decode() == columns(table)[0].title_vi
    assert {"document", "start", "end", "number", "kind"} <= {c["name"] for c in told["tables"]["figures"]}


def test_pandas_polars_and_duckdb_read_it(archive, tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="needs the extra `dev`")
    pandas = pytest.importorskip("pandas", reason="needs the extra `dev`")
    polars = pytest.importorskip("polars", reason="needs the extra `dev`")
    out = tmp_path / "out"
    fill(archive, {"hà giang.txt": report_text(70, place="HÀ GIANG", year=2020)})  # its code is 02
    batch(archive, out=out)
    query = duckdb.sql(f"select * from read_parquet('{out}/figures/**/*.parquet', hive_partitioning = true)")
    kinds = dict(zip(query.columns, map(str, query.types), strict=True))
    assert (kinds["number"], kinds["period_end"], kinds["start"]) == ("DECIMAL(38,12)", "DATE", "BIGINT")
    assert (kinds["year"], kinds["place"]) == ("VARCHAR", "VARCHAR")
    count = len(query.fetchall())
    frame = pandas.read_parquet(out / "figures")
    assert len(frame) == count and set(frame["place"].unique()) == {"84", "15", "02"}
    assert set(frame["year"].unique()) == {"2019", "2020", "2021"}
    table = polars.read_parquet(out / "figures/")
    assert len(table) == count and table.schema["number"] == polars.Decimal(38, 12)
    assert table.schema["year"] == table.schema["place"] == polars.String
    assert set(table["place"]) == {"84", "15", "02"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a file system of its own")
def test_a_full_disk_is_told_and_the_run_goes_on_later(tmp_path):
    import subprocess

    kho = fill(tmp_path / "kho", {f"{n:03}.txt": report_text(n) for n in range(60)})
    small = tmp_path / "đĩa"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", small], check=False).returncode:
        pytest.skip("cannot mount a file system")
    out = small / "out"
    try:
        with pytest.raises(OutputUnwritable) as caught:
            batch(kho, out=out)
        assert "full" in caught.value.message or "space" in caught.value.message
        for path in out.rglob("*.parquet"):
            pyarrow.parquet.read_table(path)
        subprocess.run(["mount", "-o", "remount,size=50m", small], check=True)
        batch(kho, out=out)
        shutil.copytree(out, tmp_path / "copy")
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    batch(kho, out=tmp_path / "fresh")
    assert contents(tmp_path / "copy") == contents(tmp_path / "fresh")
