"""Fitting the linker on mentions read by hand."""

from __future__ import annotations

import pytest

from chitieu.catalogue.evidence import mention
from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import Alias, Catalogue, load_catalogue
from chitieu.catalogue.meaning import Senses, load_meaning
from chitieu.catalogue.scorer import best, load_weights
from chitieu.contract import Unit
from chitieu.errors import CatalogueInvalid, ConfigInvalid
from chitieu.training.links.drills import drills
from chitieu.training.links.mentions import COLUMNS, Labelled, read_labelled

pytest.importorskip("torch", reason="needs the extra `train`")
from chitieu.training.links.run import candidates_of, fit_links, often, save, sentences_in
from chitieu.training.links.vectors import word_vectors

pytestmark = pytest.mark.torch
IDS = ("ty-le-che-phu-rung", "san-luong-lua", "so-ho-ngheo", "thu-noi-dia")
PERCENT = Unit(text="%", id="percent", dimension="ratio")
# What a mention is called, its unit, and the entry; the words of the last two are in no name of their entries.
SAID = (
    ("độ che phủ của rừng", PERCENT, {"ty-le-che-phu-rung"}),
    ("thóc thu hoạch", Unit(text="tấn"), {"san-luong-lua"}),
    ("gia đình khó khăn", Unit(text="hộ"), {"so-ho-ngheo"}),
    ("mưa trung bình", Unit(text="mm"), set()),
)


@pytest.fixture(scope="module")
def catalogue():
    whole = load_catalogue()
    return Catalogue(
        "small",
        tuple(i for i in whole.indicators if i.id in IDS),
        (*(a for a in whole.aliases if a.id in IDS), Alias("thu-noi-dia", "thu trong nước", True)),
        (),
    )


@pytest.fixture(scope="module")
def labelled():
    out = []
    for row in range(48):
        words, unit, ids = SAID[row % len(SAID)]
        one = mention([words], unit=unit, kind="level", section=["I. Kết quả"], sentence=f"{words} đạt {row}")
        out.append(Labelled(f"van-ban-{row % 9}", row, one, frozenset(ids), 1.0))
    return out


@pytest.fixture(scope="module")
def fitted(catalogue, labelled):
    sentences = [f"{words} năm nay tăng so với năm trước" for words, _, _ in SAID] * 20
    vectors = word_vectors(sentences, [a.alias for a in catalogue.aliases], size=8)
    return fit_links(labelled, catalogue, vectors)


def test_a_name_with_the_end_of_another_means_neither():
    catalogue = load_catalogue()
    names = {fold(i.name_vi): i.id for i in catalogue.indicators} | {fold(a.alias): a.id for a in catalogue.aliases}
    heads = {tuple(name.split()[:3]) for name in names}
    mixed = [
        d
        for d in drills(catalogue, 0)
        if d.mention.path[0] not in names and tuple(d.mention.path[0].split()[:3]) in heads
    ]
    assert len(mixed) > 200
    assert not any(d.ids for d in mixed)


def test_what_was_read_by_hand_is_learnt(fitted, catalogue, labelled):
    model, weights = fitted
    for one, found in zip(labelled, candidates_of(labelled, catalogue, model, weights.often), strict=True):
        got = best(weights, found)
        linked = {got[0].name.id} if got and got[1] >= weights.threshold else set()
        assert linked == one.ids


def test_saved_and_read_again(fitted, catalogue, labelled, tmp_path):
    model, weights = fitted
    save(model, weights, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link_weights.json", "link_words.npz"]
    again, weights_again = load_meaning(tmp_path / "link_words.npz"), load_weights(tmp_path / "link_weights.json")
    before, after = Senses(model, catalogue), Senses(again, catalogue)
    for one in labelled[:4]:
        difference = before.log_probabilities(one.mention.fields) - after.log_probabilities(one.mention.fields)
        assert abs(difference).max() < 0.1
    assert weights_again.often == weights.often and abs(weights_again.direct - weights.direct).max() < 1e-4


def test_usual_entries(labelled):
    usual = often(labelled)
    assert set(usual) == {"ty-le-che-phu-rung", "san-luong-lua", "so-ho-ngheo"}
    assert all(0 < value < 1 for value in usual.values())


@pytest.mark.parametrize("name", ["link_words.npz", "link_weights.json"])
def test_a_damaged_file_is_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(CatalogueInvalid):
        (load_meaning if name.endswith("npz") else load_weights)(tmp_path / name)


def write(folder, rows):
    table = folder / "links.tsv"
    table.write_text("\n".join(["\t".join(COLUMNS), *("\t".join(r) for r in rows)]) + "\n", encoding="utf-8")
    return table


def test_mentions_of_annotated_documents(root):
    """The project's own table names INDICATORs of the project's own documents."""
    ids = [i.id for i in load_catalogue().indicators]
    found = read_labelled(root / "training_data" / "links.tsv", [root / "training_data" / "documents"], ids)
    assert len({one.row for one in found}) > 800
    assert sum(not one.ids for one in found) > 100
    one = found[0]
    assert one.mention.path and one.document in {p.stem for p in (root / "training_data" / "documents").iterdir()}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (("bacgiang_fdi_2022", "739", "749", "khong-co", "", "yes"), "id"),
        (("bacgiang_fdi_2022", "1", "2", "none", "", "yes"), "start"),
    ],
)
def test_a_faulty_line_is_named(root, tmp_path, row, column):
    with pytest.raises(CatalogueInvalid) as caught:
        read_labelled(write(tmp_path, [row]), [root / "training_data" / "documents"], IDS)
    assert (caught.value.detail["line"], caught.value.detail["column"]) == (2, column)


def test_a_document_that_is_not_there_is_passed_over(tmp_path):
    assert read_labelled(write(tmp_path, [("xa-la", "1", "2", "none", "", "yes")]), [tmp_path], IDS) == []


def test_sentences(tmp_path):
    (tmp_path / "cau.txt").write_text("1\tThu nội địa\nBội chi\n", encoding="utf-8")
    assert list(sentences_in(tmp_path / "cau.txt")) == ["thu nội địa", "bội chi"]
    with pytest.raises(ConfigInvalid):
        list(sentences_in(tmp_path / "khong-co.txt"))
