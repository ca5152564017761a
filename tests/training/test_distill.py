"""A student begins as some of its teacher's layers and comes to answer as it does."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")
pytest.importorskip("onnxscript", reason="needs the extra `train`")

from chitieu.errors import ConfigInvalid  # noqa: E402
from chitieu.tagging.tokens import load_tokenizer  # noqa: E402
from chitieu.training.batches import collate  # noqa: E402
from chitieu.training.config import Config, Distillation, WindowSizes  # noqa: E402
from chitieu.training.dataset import IGNORED, prepare  # noqa: E402
from chitieu.training.distill import Distiller, begin_as, load_teacher, unlabelled_windows  # noqa: E402
from chitieu.training.export import export  # noqa: E402
from chitieu.training.model import Extractor  # noqa: E402
from chitieu.training.train import train  # noqa: E402

pytestmark = pytest.mark.torch
ROOT = Path(__file__).resolve().parents[2]
SIZES = WindowSizes(core=96, context=16, lookahead=8)
SENTENCES = [
    f"Diện tích {crop} đạt {n} nghìn ha, bằng {n}% kế hoạch." for n, crop in enumerate(["lúa", "ngô", "sắn", "chè"], 21)
]
TEACHING = {
    "teacher": "served/thay/0.0.1",
    "teacher_layers": 3,
    "layers": [0, 2],
    "sentences": "sentences.tsv",
    "tokens": 300,
    "gold_weight": 0.5,
    "states_weight": 1.0,
}


def make_config(name: str, layers: int, *, epochs: int = 1, teaching: dict | None = None) -> Config:
    settings = {
        "seed": 3, "epochs": epochs, "batch_tokens": 1024, "encoder_learning_rate": 2e-3, "head_learning_rate": 5e-3,
        "weight_decay": 0.01, "warmup": 0.1, "governor_weight": 0.5, "rewrap": 0.5,
    }  # fmt: skip
    return Config.model_validate(
        {
            "name": name,
            "data": {"train": ["documents"], "exclude": [], "development": ["documents"]},
            "encoder": {"base": "encoder", "base_license": "none", "layers": layers},
            "heads": {"governor_width": 16, "dropout": 0.1},
            "windows": SIZES.model_dump(),
            "optimisation": settings,
            "distillation": teaching,
        }
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, tiny_encoder) -> Path:
    """A folder with an encoder, a document, sentences and a teacher that was trained on the document for an epoch."""
    root = tmp_path_factory.mktemp("distilling")
    tiny_encoder(root / "encoder", layers=3)
    (root / "documents").mkdir()
    smallest = min((ROOT / "training_data" / "documents").glob("*.xml"), key=lambda p: p.stat().st_size)
    shutil.copyfile(smallest, root / "documents" / smallest.name)
    (root / "sentences.tsv").write_text("\n".join(["sentence", *SENTENCES]), encoding="utf-8")
    checkpoint = train(make_config("thay", 3), root, root / "teacher", lambda _: None)
    export(checkpoint, root, root / "served" / "thay", version="0.0.1")
    return root


@pytest.fixture
def teacher(workplace) -> Extractor:
    served = workplace / TEACHING["teacher"] / "model.onnx"
    return load_teacher(served, str(workplace / "encoder"), layers=3, governor_width=16)


def student_of(teacher: Extractor, workplace: Path, kept: list[int]) -> Extractor:
    student = Extractor(str(workplace / "encoder"), layers=len(kept), governor_width=16, dropout=0.0)
    begin_as(student, teacher, kept)
    return student


@pytest.fixture
def batch(workplace, document):
    tokenizer = load_tokenizer(workplace / "encoder" / "tokenizer.json")
    return collate(prepare(document, tokenizer, SIZES).examples)


def test_a_student_begins_as_the_layers_that_are_kept(teacher, workplace):
    student = student_of(teacher, workplace, [0, 2])
    own, theirs = student.state_dict(), teacher.state_dict()
    for at, kept in enumerate([0, 2]):
        name = (
            "encoder.encoder.layer.{}.output.dense.weight"
            if "encoder.encoder.layer.0.output.dense.weight" in own
            else "encoder.layer.{}.output.dense.weight"
        )
        assert torch.equal(own[name.format(at)], theirs[name.format(kept)])
    assert torch.equal(own["mentions.weight"], theirs["mentions.weight"])


def test_who_is_the_teacher_has_nothing_to_learn(teacher, workplace, batch):
    settings = Distillation.model_validate(TEACHING | {"layers": [0, 1, 2]})
    same, other = student_of(teacher, workplace, [0, 1, 2]), student_of(teacher, workplace, [2, 1, 0])
    loss, logits = Distiller(teacher, settings)(same.eval(), batch)
    assert loss.item() == pytest.approx(0.0, abs=1e-5)
    assert torch.allclose(logits[0], teacher(batch["ids"], batch["words"], batch["mask"])[0], atol=1e-5)
    assert Distiller(teacher, settings)(other.eval(), batch)[0].item() > 5e-5


def test_windows_of_unlabelled_text_know_no_target(workplace):
    tokenizer = load_tokenizer(workplace / "encoder" / "tokenizer.json")
    windows = unlabelled_windows(SENTENCES, tokenizer, SIZES, tokens=400, rng=random.Random(1))
    assert 400 <= sum(len(w.encoded.ids) for w in windows) < 900
    for window in windows:
        assert (window.mentions == IGNORED).all() and (window.governors == IGNORED).all()


def test_following_brings_the_student_nearer(workplace, batch):
    torch.manual_seed(1)
    sizes = {"governor_width": 16, "dropout": 0.0}
    teacher = Extractor(str(workplace / "encoder"), layers=3, **sizes).eval().requires_grad_(False)
    for weight in teacher.parameters():  # a teacher with opinions: one of random weights says next to nothing
        weight.mul_(3.0)
    student = student_of(teacher, workplace, [0, 2])
    distiller = Distiller(teacher, Distillation.model_validate(TEACHING))
    optimiser = torch.optim.Adam(student.parameters(), lr=1e-3)
    losses = []
    for _ in range(40):
        loss, _logits = distiller(student, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_teacher_is_no_part_of_what_is_kept(workplace, tmp_path):
    state = torch.load(
        train(make_config("tro", 2, teaching=TEACHING), workplace, tmp_path, lambda _: None), weights_only=False
    )
    assert not any("teacher" in name for name in state["model"])
    assert state["config"]["distillation"]["layers"] == [0, 2] and state["epoch"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers": [0]}, "encoder.layers"),
        ({"layers": [0, 3]}, "encoder.layers"),
        ({"teacher": "nobody"}, "no teacher"),
    ],
)
def test_a_teacher_that_does_not_fit_is_told(workplace, tmp_path, change, words):
    with pytest.raises(ConfigInvalid, match=words):
        train(make_config("tro", 2, teaching=TEACHING | change), workplace, tmp_path, lambda _: None)
