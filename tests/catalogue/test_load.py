"""The catalogue's files: schema, shared names, and errors that say where."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import ALIAS_COLUMNS, AMBIGUITY_COLUMNS, INDICATOR_COLUMNS, load_catalogue
from chitieu.catalogue.tables import DATA, read_table
from chitieu.errors import CatalogueInvalid

FILES = ("indicators.tsv", "aliases.tsv", "ambiguities.tsv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(DATA / name, tmp_path / name)
    return tmp_path


def edit(path: Path, line: int, column: int, value: str) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[line - 1].split("\t")
    cells[column] = value
    lines[line - 1] = "\t".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


def test_ids_are_unique_ascii_names():
    catalogue = load_catalogue()
    ids = [i.id for i in catalogue.indicators]
    assert len(ids) == len(set(ids)) >= 500
    assert all(i.isascii() and i == i.lower() and set(i) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for i in ids)


def test_every_alias_has_an_entry_and_no_name_is_empty():
    catalogue = load_catalogue()
    ids = {i.id for i in catalogue.indicators}
    assert all(a.id in ids and fold(a.alias) for a in catalogue.aliases)
    assert all(i.name_vi and i.name_en for i in catalogue.indicators)


def test_names_of_two_entries_are_listed_as_ambiguous():
    catalogue = load_catalogue()
    owners = defaultdict(set)
    for i in catalogue.indicators:
        owners[fold(i.name_vi)].add(i.id)
    for a in catalogue.aliases:
        if a.alone:
            owners[fold(a.alias)].add(a.id)
    listed = defaultdict(set)
    for one in catalogue.ambiguities:
        listed[one.name].add(one.id)
    assert {n: o for n, o in owners.items() if len(o) > 1 and not o <= listed[n]} == {}
    assert all(len(o) > 1 for o in listed.values())


def test_national_list_is_there():
    """Law 89/2015/QH13 lists 186 indicators; thirteen lines name several that stand apart here."""
    with_code = [i for i in load_catalogue().indicators if i.system == "national" and i.code]
    assert len(with_code) >= 170


def test_no_machine_paths_in_the_data():
    for path in DATA.glob("*.tsv"):
        text = path.read_text(encoding="utf-8")
        assert "/" + "work/" not in text and "/home/" not in text and "\r" not in text, path.name


def test_version_follows_content(folder):
    before = load_catalogue().version
    assert len(before) == 12
    edit(folder / "indicators.tsv", 2, INDICATOR_COLUMNS.index("name_en"), "Another name")
    assert load_catalogue(folder).version != before


def test_read_once():
    assert load_catalogue() is load_catalogue()


@pytest.mark.parametrize(
    ("file", "line", "column", "value"),
    [
        ("indicators.tsv", 3, "name_vi", ""),
        ("indicators.tsv", 4, "kind", "size"),
        ("indicators.tsv", 5, "system", "local"),
        ("aliases.tsv", 7, "id", "khong-co"),
        ("aliases.tsv", 8, "alias", " , "),
        ("aliases.tsv", 9, "alone", "maybe"),
        ("ambiguities.tsv", 2, "id", "khong-co"),
        ("ambiguities.tsv", 3, "name", ""),
    ],
)
def test_error_names_file_line_and_column(folder, file, line, column, value):
    columns = {"indicators.tsv": INDICATOR_COLUMNS, "aliases.tsv": ALIAS_COLUMNS, "ambiguities.tsv": AMBIGUITY_COLUMNS}[
        file
    ]
    edit(folder / file, line, columns.index(column), value)
    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(folder)
    assert caught.value.code == "catalogue_invalid"
    assert caught.value.detail == {"file": file, "line": line, "column": column}
    assert file in caught.value.message and f"dòng {line}" in caught.value.message


def test_repeated_id(folder):
    first = (folder / "indicators.tsv").read_text(encoding="utf-8").split("\n")[1].split("\t")[0]
    edit(folder / "indicators.tsv", 3, 0, first)
    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(folder)
    assert caught.value.detail["line"] == 3


def test_shared_alias_must_be_listed(folder):
    with (folder / "aliases.tsv").open("a", encoding="utf-8") as file:
        file.write("thu-noi-dia\tTỈ lệ che phủ rừng\tyes\ttest\n")
    with pytest.raises(CatalogueInvalid, match="ambiguities"):
        load_catalogue(folder)


def test_wrong_header_missing_cell_and_missing_file(folder):
    (folder / "ambiguities.tsv").write_text("name\tid\n", encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(folder)
    assert caught.value.detail == {"file": "ambiguities.tsv", "line": 1, "column": "words"}
    (folder / "ambiguities.tsv").write_text("\t".join(AMBIGUITY_COLUMNS) + "\nmột\thai\n", encoding="utf-8")
    with pytest.raises(CatalogueInvalid) as caught:
        read_table("ambiguities.tsv", AMBIGUITY_COLUMNS, folder)
    assert caught.value.detail["line"] == 2
    shutil.copy(DATA / "ambiguities.tsv", folder / "ambiguities.tsv")
    (folder / "aliases.tsv").unlink()
    with pytest.raises(CatalogueInvalid, match=r"aliases\.tsv"):
        load_catalogue(folder)


def test_not_utf8(folder):
    (folder / "aliases.tsv").write_bytes(b"id\talias\talone\tsource\n\xff\xfe\n")
    with pytest.raises(CatalogueInvalid, match="UTF-8"):
        load_catalogue(folder)
