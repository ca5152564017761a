"""From corrections to the next model: what is drawn, what becomes of a run that is broken off, what reaches the registry."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")
pytest.importorskip("onnxscript", reason="needs the extra `train`")

from chitieu import __version__  # noqa: E402
from chitieu.annotation.document import AnnotatedDocument  # noqa: E402
from chitieu.annotation.inline_xml import parse, read  # noqa: E402
from chitieu.cli.tuning import promote_version, register_version  # noqa: E402
from chitieu.errors import (  # noqa: E402
    ConfigInvalid,
    CorrectionsMissing,
    ModelExists,
    OutputInvalid,
    OutputLocked,
    OutputUnwritable,
)
from chitieu.models import current_model  # noqa: E402
from chitieu.tagging.encoder import Tagger, read_manifest  # noqa: E402
from chitieu.training import checkpoint  # noqa: E402
from chitieu.training.tuning import run as module  # noqa: E402
from chitieu.training.tuning.candidate import next_version  # noqa: E402
from chitieu.training.tuning.plan import draw, frozen_documents, kept_plan  # noqa: E402
from chitieu.training.tuning.recipe import load_recipe  # noqa: E402
from chitieu.training.tuning.run import Tools, Verdict, alone, tune  # noqa: E402
from chitieu.training.versions.build import build  # noqa: E402
from chitieu.training.versions.splits import split_of  # noqa: E402
from tuned import FIRST, NAME, Place, make_place  # noqa: E402

pytestmark = pytest.mark.torch


@dataclass
class Kept:
    """What a store gives."""

    told: AnnotatedDocument
    state: str = "done"
    project: str = "p1"

    def document(self) -> AnnotatedDocument:
        return self.told


def corrected(number: int, split: str = "train") -> AnnotatedDocument:
    """A short document that its digest puts into a split."""
    for extra in range(400):
        found = parse(
            f'<ind id="1">Đàn bò xã {number}</ind> có <qty of="1">{extra}{number}0</qty> <unit>con</unit>, '
            f'<chg of="1">tăng <pct>{number},5%</pct> so với <per>cùng kỳ</per></chg>.',
            f"sửa {number} {split}",
        )
        if split_of(found.sha256) == split:
            return found
    raise AssertionError


class Report:
    """Notes what it hears; raises where it is told to."""

    def __init__(self, *, stop_at: str = "") -> None:
        self.steps: list[tuple[str, int, int | None]] = []
        self.lines: list[str] = []
        self.stop_at = stop_at

    def step(self, step, done=0, total=None):
        self.steps.append((step, done, total))
        if step == self.stop_at:
            raise Stopped

    def log(self, line):
        self.lines.append(line)
        if self.stop_at and line.startswith(self.stop_at):
            raise Stopped


class Stopped(Exception):
    """As if the process had been killed."""


class Gate:
    """Decides as it is told, and notes what it was asked."""

    def __init__(self, decision="pass"):
        self.decision = decision
        self.asked = []

    def __call__(self, candidate, current, documents, folder, progress):
        self.asked.append((candidate.name, current.name, [d.text for d in documents]))
        progress(1, 1)
        (folder / "gate.json").write_text(json.dumps({"decision": self.decision, "reasons": []}), encoding="utf-8")
        page = folder / "gate.html"
        page.write_text("<!doctype html>Cổng", encoding="utf-8")
        return Verdict(self.decision, {"decision": self.decision}, page)


@pytest.fixture(scope="module")
def origin(tmp_path_factory, tiny_encoder) -> Place:
    return make_place(tmp_path_factory.mktemp("origin"), tiny_encoder)


@pytest.fixture
def place(origin, tmp_path) -> Place:
    shutil.copytree(origin.folder, tmp_path / "place")
    return Place(tmp_path / "place")


def tools_of(place, *documents, gate=None, **more) -> Tools:
    given = documents or tuple(Kept(corrected(n)) for n in range(3))
    return Tools(
        **{
            "models": place.models,
            "current": lambda: current_model(place.models),
            "annotations": lambda: given,
            "gate": gate or Gate(),
            "register": register_version,
            "promote": promote_version,
        }
        | more
    )


def go(place, tools, report=None, *, run="run-1"):
    return tune(place.recipe, place.folder / "work", place.folder / "versions", tools, report or Report(), run=run)


@pytest.fixture
def untrained(monkeypatch, origin):
    """Training and export take no time: the candidate is the parent under another number."""

    def train(config, root, out, log, *, progress):
        progress(1, 1)
        log('{"epoch": 1}')
        return out / "checkpoint.pt"

    def export(checkpoint, root, out, *, version, precision):
        copy(origin.models / NAME / FIRST, out / version)
        manifest = json.loads((out / version / "manifest.json").read_text(encoding="utf-8"))
        (out / version / "manifest.json").write_text(json.dumps(manifest | {"version": version}), encoding="utf-8")
        return out / version

    copy = shutil.copytree  # a test may have it fail
    monkeypatch.setattr("chitieu.training.train.train", train)
    monkeypatch.setattr("chitieu.training.export.export", export)


def test_a_run_that_is_stopped_goes_on_from_its_checkpoint_and_registers_a_model(place):
    place.write_recipe(epochs=2)
    gate = Gate()
    with pytest.raises(Stopped):
        go(place, tools_of(place, gate=gate), Report(stop_at='{"epoch"'))
    assert place.versions == [FIRST] and gate.asked == []
    # Corrections that come meanwhile are for the next version.
    report = Report()
    result = go(place, tools_of(place, Kept(corrected(9)), gate=gate), report)
    assert "goes on after epoch 1" in report.lines
    assert (result.decision, result.promoted, result.documents.corrected) == ("pass", False, 3)
    assert result.model is not None and (result.model.name, result.model.version) == (NAME, "0.1.1")
    assert result.page == "<!doctype html>Cổng"
    trained = [(done, total) for step, done, total in report.steps if step == "training" and total]
    assert trained == [(n, trained[0][1]) for n in range(trained[0][1] // 2 + 1, trained[0][1] + 1)]
    assert place.versions == [FIRST, "0.1.1"] and current_model(place.models).name == FIRST
    made = place.models / NAME / "0.1.1"
    lineage = json.loads((made / "lineage.json").read_text(encoding="utf-8"))
    parent = hashlib.sha256((place.models / NAME / FIRST / "model.onnx").read_bytes()).hexdigest()
    assert lineage["parent"] == {"name": NAME, "version": FIRST, "sha256": parent} and lineage["code"] == __version__
    assert (place.folder / "versions" / f"{lineage['data']}.json").is_file()
    assert lineage["recipe"] == load_recipe(place.recipe).sha256
    assert lineage["metrics"]["gate"] == {"decision": "pass"} and "micro" in lineage["metrics"]["development"]
    assert (made / "gate.html").read_text(encoding="utf-8") == result.page
    manifest = read_manifest(made).raw
    assert manifest["training"]["data"] == {
        "documents": 3 + result.documents.rehearsed,
        "corrected": 3,
        "sha256": result.data,
    }
    assert manifest["training"]["start"] == FIRST and str(place.folder) not in json.dumps(manifest)
    assert Tagger(made, threads=1).manifest.version == "0.1.1"
    weights = [(place.models / NAME / v / "model.onnx").read_bytes() for v in (FIRST, "0.1.1")]
    assert weights[0] != weights[1]
    assert go(place, tools_of(place, gate=gate)) == result and len(gate.asked) == 1


@pytest.mark.usefixtures("untrained")
class TestRun:
    def test_a_candidate_that_the_gate_refuses_reaches_no_registry(self, place):
        place.write_recipe(promote=True)
        result = go(place, tools_of(place, gate=Gate("refuse")))
        assert (result.decision, result.model, result.promoted) == ("refuse", None, False)
        assert place.versions == [FIRST] and current_model(place.models).name == FIRST
        assert result.page is not None

    @pytest.mark.parametrize("promote", [False, True])
    def test_it_is_served_where_the_recipe_says_so(self, place, promote):
        place.write_recipe(promote=promote)
        assert go(place, tools_of(place)).promoted is promote
        assert current_model(place.models).name == ("0.1.1" if promote else FIRST)

    def test_the_gate_is_asked_with_the_frozen_test_set_alone(self, place):
        gate = Gate()
        given = [Kept(corrected(n)) for n in range(3)] + [Kept(corrected(n, "test")) for n in range(3, 6)]
        go(place, tools_of(place, *given, gate=gate))
        names = (place.base / "splits" / "test.txt").read_text(encoding="utf-8").split()
        frozen = [read(place.base / "documents" / name).text for name in names]
        assert gate.asked == [("0.1.1", FIRST, frozen)]

    @pytest.mark.parametrize("step", ["exporting", "gating", "registering"])
    def test_wherever_it_is_stopped_one_model_comes_of_it(self, place, step):
        with pytest.raises(Stopped):
            go(place, tools_of(place), Report(stop_at=step))
        assert place.versions == [FIRST]
        assert go(place, tools_of(place)).decision == "pass"
        assert place.versions == [FIRST, "0.1.1"]

    @pytest.mark.parametrize("line", ["registered", "promoted"])
    def test_a_model_is_not_registered_twice(self, place, line):
        place.write_recipe(promote=True)
        gate = Gate()
        with pytest.raises(Stopped):
            go(place, tools_of(place, gate=gate), Report(stop_at=line))
        result = go(place, tools_of(place, gate=gate))
        assert result.promoted and result.model.version == "0.1.1"
        assert place.versions == [FIRST, "0.1.1"] and len(gate.asked) == 1

    def test_a_number_that_was_taken_meanwhile_is_passed_over(self, place):
        def register(candidate, models, lineage):
            target = models / NAME / "0.1.1"
            if not target.exists():
                shutil.copytree(models / NAME / FIRST, target)
            return register_version(candidate, models, lineage)

        result = go(place, tools_of(place, register=register))
        assert result.model.version == "0.1.2"
        assert read_manifest(place.models / NAME / "0.1.2").version == "0.1.2"

    def test_another_run_in_the_same_folder_begins_anew(self, place):
        with pytest.raises(Stopped):
            go(place, tools_of(place), Report(stop_at="gating"))
        result = go(place, tools_of(place, Kept(corrected(7))), run="run-2")
        assert result.documents.corrected == 1
        lineage = json.loads((place.models / NAME / "0.1.1" / "lineage.json").read_text(encoding="utf-8"))
        assert lineage["run"] == "run-2"

    def test_a_folder_with_other_things_is_left_alone(self, place):
        (place.folder / "work" / "corrected").mkdir(parents=True)
        (place.folder / "work" / "thu.txt").write_text("của tôi", encoding="utf-8")
        with pytest.raises(OutputInvalid):
            go(place, tools_of(place))
        assert (place.folder / "work" / "thu.txt").is_file()

    def test_a_disk_without_room_is_told_before_anything_is_trained(self, place, monkeypatch):
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
        with pytest.raises(OutputUnwritable) as caught:
            go(place, tools_of(place))
        assert caught.value.detail["free"] == 1000 < caught.value.detail["needed"]

    def test_nothing_corrected_is_told(self, place):
        given = [Kept(corrected(1), "begun"), Kept(corrected(2, "test")), Kept(corrected(3, "development"))]
        with pytest.raises(CorrectionsMissing) as caught:
            go(place, tools_of(place, *given))
        counts = caught.value.detail["documents"]["project"]
        assert counts == {"annotated/train": 1, "reviewed/development": 1, "reviewed/test": 1}

    def test_a_registration_that_fails_leaves_nothing(self, place, monkeypatch):
        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("chitieu.registry.register.shutil.copyfile", full)
        with pytest.raises(OutputUnwritable):
            go(place, tools_of(place))
        assert sorted(p.name for p in (place.models / NAME).iterdir()) == [FIRST, "corrections.toml", "encoder.json"]


@pytest.fixture
def version(place):
    def make(*annotations):
        return build(place.base, annotations, place.folder / "versions")

    return make


class TestDraw:
    def test_no_document_of_the_test_split_is_learned_from_or_watched(self, place, version):
        names = {split: {f"sửa {n} {split}" for n in range(9)} for split in ("train", "development", "test")}
        made = version(*(Kept(corrected(n, split)) for split in names for n in range(9)))
        drawn = draw(made, load_recipe(place.recipe))
        assert {d.name for d in drawn.corrected} == names["train"]
        assert {d.name for d in drawn.watched if d.name.startswith("sửa")} == names["development"]
        used = {d.sha256 for d in (*drawn.corrected, *drawn.rehearsed, *drawn.watched)}
        assert used.isdisjoint(i.document for i in made.manifest.documents if i.split == "test")
        assert [d.name for d in drawn.test] == (place.base / "splits" / "test.txt").read_text(encoding="utf-8").split()

    def test_what_is_written_is_what_is_trained_on(self, place):
        with pytest.raises(Stopped):
            go(place, tools_of(place, Kept(corrected(1)), Kept(corrected(1, "test"))), Report(stop_at="training"))
        work = place.folder / "work"
        plan = kept_plan(work)
        assert plan.config.data.train == [str(work / "corrected")] * 2 + [str(work / "rehearsed")]
        (written,) = (work / "corrected").iterdir()
        assert replace(read(written), name="") == replace(corrected(1), name="")
        assert corrected(1, "test").sha256 not in {path.stem for path in work.rglob("*.xml")}
        assert [d.sha256 for d in frozen_documents(work)] == [p.stem for p in (work / "test").iterdir()]

    def test_the_rehearsal_grows_with_the_corrections_and_is_the_same_each_time(self, place, version):
        place.write_recipe(least_rehearsal=1, rehearsal=1.0)
        recipe = load_recipe(place.recipe)
        few, same = (draw(version(Kept(corrected(1))), recipe) for _ in range(2))
        many = draw(version(*(Kept(corrected(n)) for n in range(60))), recipe)
        assert few == same and len(few.rehearsed) == 1 < len(many.rehearsed)
        assert few.rehearsed[0] in many.rehearsed
        assert not {d.sha256 for d in many.rehearsed} & {d.sha256 for d in many.watched}

    def test_a_base_that_is_too_small_is_told(self, place, version):
        place.write_recipe(development=4)
        with pytest.raises(ConfigInvalid, match=r"data\.development"):
            draw(version(Kept(corrected(1))), load_recipe(place.recipe))


class TestRecipe:
    def test_the_projects_own_is_good_and_its_files_are_there(self, root):
        path = root / "models" / "chitieu-vi" / "corrections.toml"
        recipe = load_recipe(path)
        assert (path.parent / recipe.data.base / "splits" / "test.txt").is_file()
        described = json.loads((path.parent / recipe.model.encoder).read_text(encoding="utf-8"))
        manifest = read_manifest(current_model(root / "models"))
        assert described["num_hidden_layers"] == manifest.raw["training"]["config"]["layers"]
        assert recipe.model.promote is False

    @pytest.mark.parametrize(
        ("key", "value", "field"),
        [
            ("oversample", 0, "data.oversample"),
            ("rehearsal", -1, "data.rehearsal"),
            ("bump", '"major"', "model.bump"),
            ("epochs", 0, "optimisation.epochs"),
            ("seed", "x", ""),
        ],
    )
    def test_a_faulty_field_is_named(self, place, key, value, field):
        place.write_recipe(**{key: value})
        with pytest.raises(ConfigInvalid, match=field.replace(".", r"\.") or "TOML"):
            load_recipe(place.recipe)

    def test_a_description_of_the_encoder_that_is_not_there_is_told(self, place):
        place.write_recipe(encoder='"khong-co.json"')
        with pytest.raises(ConfigInvalid, match=r"khong-co\.json"):
            go(place, tools_of(place))


def test_numbers_go_up_from_the_highest(tmp_path):
    for name in ("0.3.0", "0.3.9", "0.3.10", "draft"):
        (tmp_path / name).mkdir()
    assert next_version(tmp_path, "0.3.0", "patch") == "0.3.11"
    assert next_version(tmp_path, "0.3.0", "minor") == "0.4.0"
    assert next_version(tmp_path / "none", "1.2.3", "patch") == "1.2.4"


def test_a_version_is_never_written_over(place):
    before = (place.models / NAME / FIRST / "manifest.json").read_bytes()
    with pytest.raises(ModelExists):
        register_version(place.models / NAME / FIRST, place.models, {})
    assert (place.models / NAME / FIRST / "manifest.json").read_bytes() == before


def test_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.2)
    with alone(tmp_path / "training"), pytest.raises(OutputLocked), alone(tmp_path / "training"):
        pass
    with alone(tmp_path / "training"):
        pass


def test_a_disk_that_is_full_in_the_middle_is_told_and_the_checkpoint_before_stays(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    checkpoint.save_checkpoint(path, {"epoch": 1})

    def full(state, target):
        Path(target).write_bytes(b"half")
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")  # noqa: B904

    monkeypatch.setattr(checkpoint.torch, "save", full)
    with pytest.raises(OutputUnwritable, match="No space left"):
        checkpoint.save_checkpoint(path, {"epoch": 2})
    assert torch.load(path) == {"epoch": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]
