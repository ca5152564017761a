"""An office's own catalogue."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from chitieu.catalogue.linker import link
from chitieu.catalogue.load import load_catalogue
from chitieu.catalogue.own import with_own
from chitieu.contract import Unit
from chitieu.errors import CatalogueInvalid, ConfigInvalid
from chitieu.settings import load_settings

TABLE = "id\tname_vi\tunits\taliases\nso-ghe-da\tSố ghế đá công viên\tghế\tghế đá; ghế công viên\n"


@pytest.fixture
def write(tmp_path):
    def to_file(text: str, name: str = "own.tsv", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return to_file


def test_added(write):
    catalogue = with_own(write(TABLE))
    assert len(catalogue.indicators) == len(load_catalogue().indicators) + 1
    entry = catalogue.indicators[-1]
    assert (entry.id, entry.name_vi, entry.units, entry.system) == ("so-ghe-da", "Số ghế đá công viên", ("ghế",), "own")
    assert [a.alias for a in catalogue.aliases if a.id == "so-ghe-da"] == ["ghế đá", "ghế công viên"]
    assert catalogue.version != load_catalogue().version


def test_alone(write):
    catalogue = with_own(write(TABLE), "replace")
    assert [i.id for i in catalogue.indicators] == ["so-ghe-da"] and catalogue.ambiguities == ()


def test_an_own_id_and_an_own_name_go_before_the_projects(write):
    project = load_catalogue().indicators[0]
    other = next(a for a in load_catalogue().aliases if a.id != project.id)
    catalogue = with_own(write(f"id\tname_vi\taliases\n{project.id}\tTên riêng\t{other.alias}\n"))
    assert [i.name_vi for i in catalogue.indicators if i.id == project.id] == ["Tên riêng"]
    assert {a.id for a in catalogue.aliases if a.alias == other.alias} == {project.id}
    assert len(catalogue.indicators) == len(load_catalogue().indicators)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_as_excel_saves_it(write, encoding, delimiter):
    text = (
        delimiter.join(["id", "name_vi", "units"])
        + "\r\n"
        + delimiter.join(["so-ghe-da", '"Ghế, đá; dài"', "ghế"])
        + "\r\n"
    )
    entry = with_own(write(text, "own.csv", encoding), "replace").indicators[0]
    assert (entry.id, entry.name_vi, entry.units) == ("so-ghe-da", "Ghế, đá; dài", ("ghế",))


def test_workbook(tmp_path):
    book = Workbook()
    book.active.append(["name_vi", "id", "valid_from"])
    book.active.append(["Số ghế đá", "so-ghe-da", 2021])
    book.save(tmp_path / "own.xlsx")
    entry = with_own(tmp_path / "own.xlsx", "replace").indicators[0]
    assert (entry.id, entry.name_vi, entry.valid_from) == ("so-ghe-da", "Số ghế đá", "2021")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("id\n", 1, "name_vi"),
        ("id\tname_vi\tcolour\n", 1, "colour"),
        ("id\tname_vi\tid\n", 1, "id"),
        ("id\tname_vi\n", 2, "id"),
        ("id\tname_vi\na\tMột\n\na\tHai\n", 4, "id"),
        ("id\tname_vi\na\tMột\nb\tmột\n", 3, "name_vi"),
        ("id\tname_vi\nSố ghế\tMột\n", 2, "id"),
        ("id\tname_vi\na\t\n", 2, "name_vi"),
        ("id\tname_vi\na\tMột\tHai\n", 2, "name_vi"),
        ("id\tname_vi\tkind\na\tMột\tlớn\n", 2, "kind"),
        ("id\tname_vi\tparent\na\tMột\tb\n", 2, "parent"),
        ("id\tname_vi\tparent\na\tMột\tb\nb\tHai\ta\n", 2, "parent"),
        ("id\tname_vi\tbreakdowns\na\tMột\tcolour\n", 2, "breakdowns"),
        ("id\tname_vi\tvalid_until\na\tMột\t21\n", 2, "valid_until"),
        ("id\tname_vi\taliases\na\tMột\tghế\nb\tHai\tGHẾ\n", 3, "aliases"),
        ('id\tname_vi\na\t"Một\n', 2, "id"),
        ("id\tname_vi\na\t***\n", 2, "name_vi"),
    ],
)
def test_a_fault_names_line_and_column(write, text, line, column):
    with pytest.raises(CatalogueInvalid) as caught:
        with_own(write(text), "replace")
    assert caught.value.detail == {"file": "own.tsv", "line": line, "column": column}


@pytest.mark.parametrize(("name", "data"), [("own.tsv", b"id\tname_vi\n\x81\x8d"), ("own.xlsx", b"PK no workbook")])
def test_unreadable(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CatalogueInvalid):
        with_own(tmp_path / name)
    with pytest.raises(CatalogueInvalid):
        with_own(tmp_path / "missing.tsv")


def test_a_changed_file_is_read_again(write):
    first = with_own(write(TABLE), "replace").version
    assert with_own(write(TABLE), "replace").version == first
    assert with_own(write(TABLE.replace("ghế\t", "cái\t")), "replace").version != first


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_an_own_indicator_is_linked_by_its_names(write, mode):
    catalogue = with_own(write(TABLE), mode)
    for path in (["Số ghế đá công viên"], ["ghế công viên"], ["Công viên", "số ghế đá công viên"]):
        found = link(path, unit=Unit(text="ghế"), kind="level", section=(), catalogue=catalogue)
        assert found is not None and found.entry.id == "so-ghe-da", path
    assert link(["Lượng mưa trung bình"], unit=Unit(text="mm"), kind="level", section=(), catalogue=catalogue) is None


def test_the_setting_is_what_a_pipeline_serves(write, monkeypatch):
    monkeypatch.setenv("CHITIEU_CATALOGUE", str(write(TABLE)))
    settings = load_settings()
    assert with_own(settings.catalogue, settings.catalogue_mode).indicators[-1].id == "so-ghe-da"
    monkeypatch.setenv("CHITIEU_CATALOGUE_MODE", "both")
    with pytest.raises(ConfigInvalid):
        load_settings()


def test_a_name_of_an_own_entry_means_it_alone(write):
    """Also where the project's catalogue has an entry of that very name."""
    text = "id\tname_vi\tunits\taliases\nrung-cua-tinh\tRừng của tỉnh\t%\tTỷ lệ che phủ rừng\n"
    catalogue = with_own(write(text))
    found = link(["Tỷ lệ che phủ rừng"], unit=Unit(text="%"), kind="level", section=(), catalogue=catalogue)
    assert found is not None and (found.entry.id, found.entry.score) == ("rung-cua-tinh", 0.99)
    area = link(["Tỷ lệ che phủ rừng"], unit=Unit(text="ha"), kind="level", section=(), catalogue=catalogue)
    assert area is None or area.entry.id != "rung-cua-tinh"


def test_line_breaks_in_a_cell(write):
    text = 'id,name_vi,definition\r\na,Một,"hai\r\ndòng"\r\nb,Hai,\r\nb,Ba,\r\n'
    with pytest.raises(CatalogueInvalid) as caught:
        with_own(write(text, "own.csv"), "replace")
    assert caught.value.detail["line"] == 5


def test_a_circle_through_the_projects_entries_is_refused(write):
    child = next(i for i in load_catalogue().indicators if i.parent)
    with pytest.raises(CatalogueInvalid) as caught:
        with_own(write(f"id\tname_vi\tparent\n{child.parent}\tTên riêng\t{child.id}\n"))
    assert caught.value.detail["column"] == "parent"
