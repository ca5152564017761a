"""The service's database as the output."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from batch_fakes import read_texts
from batch_runs import batch, fill, report_text
from chitieu.errors import ConfigInvalid, DatabaseDown
from chitieu.settings import Settings
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.documents import delete, get, list_documents
from chitieu.store.observations import find


@pytest.fixture
def address(database_url: URL) -> str:
    return database_url.render_as_string(hide_password=False)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data=tmp_path / "data")


def documents(database: Database) -> dict[str, str]:
    """Names with ids."""
    return {one.name: one.id for one in list_documents(database, limit=200).items}


def test_everything_is_stored_once(archive, address, database, settings, told):
    report = batch(archive, out=address, settings=settings, pipeline="batch_fakes:telling")
    assert (report.read, report.failed, report.totals.documents) == (14, 2, 12)
    first = documents(database)
    assert len(first) == 12 and "kho.zip" not in first
    stored = get(database, first["2020/bc-1.txt"])
    assert stored.text == report_text(1, place="YÊN BÁI", year=2020) and stored.summary.stored_by == "batch"
    assert stored.summary.file_sha256 and len(stored.answer.figures) >= 5
    again = batch(archive, out=address, settings=settings, pipeline="batch_fakes:telling")
    assert again.read == 0 and len(read_texts(told)) == 12
    assert documents(database) == first


def test_a_lost_work_file_reads_again_and_stores_the_same(archive, address, database, settings, tmp_path):
    batch(archive, out=address, settings=settings)
    first = documents(database)
    batch(archive, out=address, settings=Settings(data=tmp_path / "other"))
    assert documents(database) == first


def test_what_was_deleted_there_is_stored_again_without_reading(archive, address, database, settings, told):
    batch(archive, out=address, settings=settings, pipeline="batch_fakes:telling")
    first = documents(database)
    delete(database, first["2019/bc-0.txt"], by=By("lan"))
    batch(archive, out=address, settings=settings, pipeline="batch_fakes:telling")
    assert documents(database) == first and len(read_texts(told)) == 12


def test_a_run_that_ended_before_it_stored_goes_on(archive, address, database, settings, monkeypatch):
    from chitieu.batch import stored

    calls = []

    def failing(*args, **kwargs):
        calls.append(1)
        if len(calls) > 5:
            raise DatabaseDown("x")
        return save(*args, **kwargs)

    save = stored.save
    with monkeypatch.context() as patch:
        patch.setattr(stored, "save", failing)
        with pytest.raises(DatabaseDown):
            batch(archive, out=address, settings=settings)
    assert len(documents(database)) == 5
    report = batch(archive, out=address, settings=settings)
    assert report.read == 0 and len(documents(database)) == 12


def test_names_that_the_store_does_not_take_are_cut(tmp_path, address, database, settings):
    long = "/".join(["thư mục rất dài " * 8] * 5) + "/báo cáo.txt"
    fill(tmp_path / "kho", {long: report_text(1), "xuống\ndòng.txt": report_text(2)})
    report = batch(tmp_path / "kho", out=address, settings=settings)
    assert report.failed == 0
    names = documents(database)
    assert "xuống\ufffddòng.txt" in names
    assert any(len(name) == 500 and name.startswith("…") and name.endswith("/báo cáo.txt") for name in names)


def test_another_reading_replaces_the_first(archive, address, database, settings, monkeypatch):
    batch(archive, out=address, settings=settings)
    first = documents(database)
    monkeypatch.setattr("chitieu.batch.key.__version__", "9.9.9")
    report = batch(archive, out=address, settings=settings)
    assert report.read == 14 and documents(database) == first


def test_observations_can_be_searched(archive, address, database, settings):
    batch(archive, out=address, settings=settings)
    found = find(database, indicator="thu-ngan-sach-nha-nuoc-tren-dia-ban", place="84")
    assert len(found.items) == 7


def test_urls_that_are_no_database(archive, settings):
    for url in ("sqlite://", "postgres://x/y"):
        with pytest.raises(ConfigInvalid):
            batch(archive, out=url, settings=settings)
