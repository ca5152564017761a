"""The place that a text is about; cases in ``cases/places.tsv`` (a bar is a line break)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chitieu.catalogue.places import find_place, is_place_name
from chitieu.catalogue.tables import read_table

CASES = read_table("places.tsv", ("text", "name", "code", "printed"), Path(__file__).parent / "cases")


@pytest.mark.parametrize("case", CASES, ids=[c["name"] or c["text"][:20] for c in CASES])
def test_case(case):
    found = find_place("\n".join(part.strip() for part in case["text"].split("|")))
    if not case["name"]:
        assert found is None
        return
    assert found is not None
    assert (found.name, found.code, found.text) == (case["name"], case["code"], case["printed"])


def test_nothing_in_an_empty_text():
    assert find_place("") is None


def test_place_names():
    assert is_place_name("nam định") and is_place_name("thành phố đà nẵng") and is_place_name("huyện cần giờ")
    assert not is_place_name("châu thành") and not is_place_name("công nghiệp")


def test_long_text_is_read_quickly():
    import time

    text = "Báo cáo của tỉnh Gia Lai năm 2022\n" + "Tổng đàn bò tăng 3%. " * 40_000
    begin = time.process_time()
    found = find_place(text)
    assert found is not None and found.name == "Tỉnh Gia Lai"
    assert time.process_time() - begin < 1
