"""Data set versions: the same state is the same version, a document's split never changes, and nothing leaks."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import parse
from chitieu.errors import AnnotationInvalid, ConfigInvalid, DataLeak
from chitieu.training.versions.build import build
from chitieu.training.versions.documents import annotation_sha256, base_documents
from chitieu.training.versions.manifest import read, splits_before
from chitieu.training.versions.near import near_duplicates
from chitieu.training.versions.splits import split_of

_WORDS = [
    "thu",
    "chi",
    "ngân",
    "sách",
    "lúa",
    "đàn",
    "bò",
    "xã",
    "huyện",
    "tỉnh",
    "năm",
    "tháng",
    "đạt",
    "tăng",
    "giảm",
    "kế",
    "hoạch",
    "so",
    "cùng",
    "kỳ",
    "tấn",
    "ha",
    "người",
    "vốn",
]


def words(seed: int, count: int = 120) -> str:
    rng = random.Random(seed)
    return " ".join(f"{rng.choice(_WORDS)}{rng.randint(0, 99)}" for _ in range(count))


def document(seed: int, *, count: int = 120) -> AnnotatedDocument:
    return parse(f'<ind id="1">Đàn bò</ind> có <qty of="1">{seed}</qty> con. {words(seed, count)}', f"d{seed}.xml")


@dataclass
class Kept:
    """What a store gives."""

    told: AnnotatedDocument
    state: str = "done"
    project: str = "p1"
    faulty: bool = field(default=False)

    def document(self) -> AnnotatedDocument:
        if self.faulty:
            raise AnnotationInvalid("hỏng / faulty")
        return self.told


def in_split(split: str, *, start: int = 1000) -> AnnotatedDocument:
    """A document that its digest puts into a split."""
    return next(d for d in map(document, range(start, start + 400)) if split_of(d.sha256) == split)


@pytest.fixture
def base(tmp_path):
    """Six documents of 20 words and more; d5.xml is for testing."""
    folder = tmp_path / "base"
    (folder / "documents").mkdir(parents=True)
    (folder / "splits").mkdir()
    for seed in range(6):
        text = f'<ind id="1">Đàn bò</ind> có <qty of="1">{seed}</qty> con. {words(seed)}'
        (folder / "documents" / f"d{seed}.xml").write_text(text, encoding="utf-8")
    (folder / "splits" / "test.txt").write_text("d5.xml\n", encoding="utf-8")
    return folder


@pytest.fixture
def made(base, tmp_path):
    def make(*annotations, folder="versions", log=lambda _: None):
        return build(base, annotations, tmp_path / folder, log=log)

    return make


def splits_of(version):
    return {one.source.document.name: one.split for one in version.documents}


class TestVersions:
    def test_the_same_state_is_the_same_version_and_its_file_says_so(self, made, tmp_path):
        stored = [
            Kept(document(n), state) for n, state in ((10, "open"), (11, "begun"), (12, "done"), (13, "adjudicated"))
        ]
        first, again = made(*stored), made(*stored, folder="elsewhere")
        assert first.manifest == again.manifest
        assert first.manifest.version == again.manifest.version
        kept = read(tmp_path / "versions" / f"{first.manifest.version}.json")
        assert kept == first.manifest
        states = Counter(item.state for item in kept.documents if item.source == "project:p1")
        assert states == {"raw": 1, "annotated": 1, "reviewed": 2}
        assert sum(item.source.startswith("base:") for item in kept.documents) == 6

    def test_another_annotation_or_state_is_another_version(self, made):
        one = document(12)
        without = replace(one, spans=one.spans[:1])
        assert annotation_sha256(one) != annotation_sha256(without)
        versions = {made(Kept(one)), made(Kept(without)), made(Kept(one, "begun"))}
        assert len({v.manifest.version for v in versions}) == 3

    def test_scores_and_who_confirmed_change_nothing(self, made):
        one = document(12)
        told = replace(one, spans=[replace(s, score=0.5, state="confirmed", id="x") for s in one.spans])
        assert made(Kept(one)).manifest.version == made(Kept(told)).manifest.version

    def test_no_text_is_in_a_manifest(self, made, tmp_path):
        version = made(Kept(document(12)))
        written = (tmp_path / "versions" / f"{version.manifest.version}.json").read_text(encoding="utf-8")
        assert "bò" not in written and "d12" not in written

    def test_a_damaged_version_is_told(self, made, tmp_path):
        version = made()
        path = tmp_path / "versions" / f"{version.manifest.version}.json"
        path.write_text(path.read_text(encoding="utf-8").replace('"test"', '"train"'), encoding="utf-8")
        with pytest.raises(ConfigInvalid, match="SHA-256"):
            splits_before(tmp_path / "versions")

    def test_what_broke_the_rules_is_left_out_and_told(self, made):
        lines = []
        version = made(Kept(document(12)), Kept(document(13), faulty=True), log=lines.append)
        assert lines == ["left out: hỏng / faulty"]
        assert len(version.documents) == 7

    def test_of_two_projects_what_is_furthest_counts(self, made):
        one = document(12)
        other = replace(one, spans=one.spans[:1])
        version = made(Kept(one), Kept(other, "begun", "p2"))
        (item,) = [i for i in version.manifest.documents if not i.source.startswith("base:")]
        assert (item.source, item.state, item.annotation) == ("project:p1", "reviewed", annotation_sha256(one))


class TestSplits:
    def test_the_digest_alone_decides(self, made):
        drawn = [document(n, count=20) for n in range(2000, 2300)]
        counts = Counter(split_of(d.sha256) for d in drawn)
        assert 15 <= counts["test"] <= 45 and 15 <= counts["development"] <= 45
        assert [split_of(d.sha256) for d in drawn] == [split_of(d.sha256) for d in drawn]

    def test_base_documents_are_where_their_lists_say(self, made):
        assert splits_of(made()) == {"d5.xml": "test"} | {f"d{n}.xml": "train" for n in range(5)}

    def test_a_correction_of_a_base_document_takes_its_place_but_for_the_frozen_test_set(self, made, base):
        tested = next(s.document for s in base_documents(base) if s.split == "test")
        version = made(Kept(replace(tested, name="sửa")), Kept(replace(document(1), name="sửa 1")))
        assert splits_of(version)["sửa 1"] == "train" and "sửa" not in splits_of(version)
        assert len(version.documents) == 6
        assert [d.name for d in version.reviewed("train", base=False)] == ["sửa 1"]
        assert [d.name for d in version.reviewed("test", base=True)] == ["d5.xml"]

    def test_what_is_not_reviewed_takes_no_place_and_is_not_learned_from(self, made):
        version = made(Kept(replace(document(1), name="sửa"), "begun"), Kept(in_split("train"), "begun"))
        assert "sửa" not in splits_of(version)
        assert version.reviewed("train", base=False) == []
        assert len(version.reviewed("train", base=True)) == 5

    @pytest.mark.parametrize("of", ["base test", "correction"])
    def test_a_near_duplicate_follows(self, made, base, of):
        if of == "base test":
            first = next(s.document for s in base_documents(base) if s.split == "test")
            given = []
        else:
            first = in_split("development")
            given = [Kept(first)]
        text = first.text.replace(" so", " tính", 1) + " " + words(77, 15)
        assert split_of(AnnotatedDocument("bản sau", text, ()).sha256) == "train"
        version = made(*given, Kept(AnnotatedDocument("bản sau", text, ())))
        assert splits_of(version)["bản sau"] == ("test" if of == "base test" else "development")

    def test_a_document_stays_where_it_was_when_what_it_followed_is_gone(self, made):
        first = in_split("test")
        later = AnnotatedDocument("bản sau", first.text + " " + words(5, 9), ())
        assert split_of(later.sha256) == "train"
        assert splits_of(made(Kept(first), Kept(later)))["bản sau"] == "test"
        assert splits_of(made(Kept(later)))["bản sau"] == "test"
        assert splits_of(made(Kept(later), folder="another office"))["bản sau"] == "train"


class TestLeaks:
    def test_near_duplicates_across_splits_fail_and_are_named(self, made, base):
        tested, trained = (base / "documents" / name for name in ("d5.xml", "d0.xml"))
        trained.write_text(tested.read_text(encoding="utf-8") + " Thêm một câu.", encoding="utf-8")
        with pytest.raises(DataLeak) as caught:
            made()
        assert caught.value.code == "data_leak"
        (pair,) = caught.value.detail["pairs"]
        assert sorted(zip(pair["documents"], pair["splits"], strict=True)) == [("d0.xml", "train"), ("d5.xml", "test")]
        assert pair["shared"] == 1.0 and "d5.xml" in caught.value.message

    def test_what_nobody_has_reviewed_stops_no_training(self, made):
        one, other = in_split("train"), in_split("test", start=5000)
        both = AnnotatedDocument("cả hai", f"{one.text}\n{other.text}", ())
        version = made(Kept(one), Kept(other), Kept(both, "open"))
        assert {one.name, other.name, "cả hai"} <= set(splits_of(version))

    def test_one_that_is_near_to_two_splits_fails(self, made):
        one, other = in_split("train"), in_split("test", start=5000)
        both = AnnotatedDocument("cả hai", f"{one.text}\n{other.text}", ())
        before = splits_of(made(Kept(one), Kept(other)))
        assert (before[one.name], before[other.name]) == ("train", "test")
        with pytest.raises(DataLeak) as caught:
            made(Kept(one), Kept(other), Kept(both))
        assert all("cả hai" in pair["documents"] for pair in caught.value.detail["pairs"])

    def test_a_base_document_that_was_trained_on_cannot_be_tested_with(self, made, base):
        made()
        (base / "splits" / "test.txt").write_text("d5.xml\nd4.xml\n", encoding="utf-8")
        with pytest.raises(DataLeak, match=r"d4\.xml"):
            made()

    @pytest.mark.parametrize("names", ["", "d9.xml\n"])
    def test_a_base_without_its_test_set_is_told(self, made, base, names):
        (base / "splits" / "test.txt").write_text(names, encoding="utf-8")
        with pytest.raises(ConfigInvalid, match="splits"):
            made()

    def test_the_projects_own_base_has_none(self, root, tmp_path):
        version = build(root / "training_data", [], tmp_path)
        counts = version.manifest.counts()["base"]
        named = (root / "training_data" / "splits" / "test.txt").read_text(encoding="utf-8").split()
        assert counts["reviewed/test"] == len(named)
        assert counts["reviewed/train"] > 150


class TestNear:
    def test_it_is_the_part_of_the_shorter_one(self):
        whole = words(1, 400)
        part = " ".join(whole.split()[100:180])
        assert [(n.first, n.second, n.shared) for n in near_duplicates([whole, words(2, 400), part])] == [(0, 2, 1.0)]

    def test_case_spaces_and_the_form_of_accents_are_no_difference(self):
        text = words(1, 60) + " hòa bình"
        assert near_duplicates([text, text.upper().replace(" ", "\n"), ""])[0].shared == 1.0

    def test_it_counts_as_one_by_one_would(self):
        rng = random.Random(4)
        pool = [words(n, 30) for n in range(6)]
        texts = [" ".join(rng.sample(pool, 3)) for _ in range(25)] + [pool[0]] * 12

        def shingles(text):
            tokens = text.split()
            return {tuple(tokens[at : at + 8]) for at in range(len(tokens) - 7)}

        sets = [shingles(text) for text in texts]
        wanted = {
            (a, b): round(len(sets[a] & sets[b]) / min(len(sets[a]), len(sets[b])), 4)
            for a in range(len(texts))
            for b in range(a + 1, len(texts))
        }
        found = {(n.first, n.second): n.shared for n in near_duplicates(texts, least=0.01)}
        assert found == {pair: part for pair, part in wanted.items() if part >= 0.01}

    @pytest.mark.parametrize("texts", [[], ["một"], ["", ""], ["một hai", "ba bốn"]])
    def test_little_is_near_to_nothing(self, texts):
        assert near_duplicates(texts) == []
