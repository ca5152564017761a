"""The documents written for this project keep the rules, and there are enough of them."""

import csv

import pytest

from chitieu.annotation.inline_xml import read
from chitieu.tagging.labels import FIGURE_LABELS

GENRES = {"party", "committee", "statistics", "council", "district", "commune", "ministry", "news", "agency"}


@pytest.fixture(scope="module")
def rows(root):
    with (root / "training_data/documents.tsv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.fixture(scope="module")
def documents(root):
    return {p.name: read(p) for p in sorted((root / "training_data/documents").glob("*.xml"))}


def test_every_document_is_listed_once(rows, documents):
    assert sorted(r["file"] for r in rows) == sorted(documents)


def test_there_are_enough_kinds_places_and_years(rows):
    assert len(rows) >= 25
    assert {r["genre"] for r in rows} >= GENRES - {"agency"}
    assert len({r["place"] for r in rows}) >= 15
    years = {int(r["year"]) for r in rows}
    assert max(years) - min(years) >= 12


def test_every_document_has_figures_with_indicators(documents):
    for name, document in documents.items():
        figures = [s for s in document.spans if s.label in FIGURE_LABELS]
        assert len(figures) >= 10, name
        phrases = document.spans
        linked = sum((phrases[s.phrase] if s.phrase is not None else s).head is not None for s in figures)
        assert linked >= 0.95 * len(figures), name


def test_test_documents_exist_and_are_not_all(root, documents):
    names = (root / "training_data/splits/test.txt").read_text(encoding="utf-8").split()
    assert names
    assert set(names) < set(documents)


def test_nothing_is_copied_from_the_annotated_real_texts(documents, shared):
    def runs(text):
        # Longer than any official name of an indicator, which every report writes alike.
        words = text.lower().split()
        return {" ".join(words[i : i + 18]) for i in range(len(words) - 17)}

    real = set()
    for path in [*(shared / "gold/real").glob("*.xml"), shared / "gold/seed.xml"]:
        real |= runs(read(path).text)
    for name, document in documents.items():
        copied = runs(document.text) & real
        assert not copied, (name, sorted(copied)[:2])
