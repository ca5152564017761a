"""The parts that a path breaks an entry down by; cases in ``cases/parts.tsv``."""

from __future__ import annotations

from pathlib import Path

import pytest

from chitieu.catalogue.fold import fold, word_at
from chitieu.catalogue.index import build_index, core
from chitieu.catalogue.load import load_catalogue
from chitieu.catalogue.parts import is_part_name, parts
from chitieu.catalogue.tables import DATA, read_table
from chitieu.errors import CatalogueInvalid

CASES = read_table("parts.tsv", ("path", "name", "parts"), Path(__file__).parent / "cases")


@pytest.mark.parametrize("case", CASES, ids=[c["path"] for c in CASES])
def test_case(case):
    path = case["path"].split(" > ")
    found = parts(build_index(load_catalogue()), [fold(p) for p in path], frozenset(core(fold(case["name"]))))
    told = [f"{word_at(path[p.level], *p.words)} = {p.kind}{' ' + p.code if p.code else ''}" for p in found]
    assert "; ".join(told) == case["parts"]


def test_usual_parts_are_known():
    assert is_part_name(fold("Khu vực nông thôn")) and is_part_name(fold("tỉnh Bắc Kạn"))
    assert not is_part_name(fold("Kim ngạch xuất khẩu"))


def test_names_of_one_part_have_one_code():
    codes = {}
    for row in read_table("breakdowns.tsv", ("name", "kind", "code")):
        assert codes.setdefault(row["code"], row["kind"]) == row["kind"] or not row["code"]


def test_a_kind_that_is_none_is_refused(tmp_path, monkeypatch):
    from chitieu.catalogue import parts as module

    (tmp_path / "breakdowns.tsv").write_text("name\tkind\tcode\nđô thị\tarea\turban\nnhà\thouse\t\n", encoding="utf-8")
    monkeypatch.setattr(module, "DATA", tmp_path)
    monkeypatch.setattr(module, "read_table", lambda name, columns: read_table(name, columns, tmp_path))
    with pytest.raises(CatalogueInvalid) as caught:
        module._known.__wrapped__()
    assert caught.value.detail == {"file": "breakdowns.tsv", "line": 3, "column": "kind"}
    assert (DATA / "breakdowns.tsv").is_file()
