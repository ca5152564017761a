"""A tiny random encoder goes the whole way: epochs, checkpoint, resuming, export, serving."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")
pytest.importorskip("onnxscript", reason="needs the extra `train`")

from chitieu.annotation.document import AnnotatedDocument  # noqa: E402
from chitieu.annotation.inline_xml import read  # noqa: E402
from chitieu.errors import ConfigInvalid, ModelExists, ModelInvalid  # noqa: E402
from chitieu.tagging.encoder import Tagger, read_manifest  # noqa: E402
from chitieu.tagging.repair import repair  # noqa: E402
from chitieu.tagging.tokens import load_tokenizer  # noqa: E402
from chitieu.text.passages import read_passages  # noqa: E402
from chitieu.text.reading import Reading  # noqa: E402
from chitieu.text.source import SourceText  # noqa: E402
from chitieu.training import precision  # noqa: E402
from chitieu.training.batches import batches, collate  # noqa: E402
from chitieu.training.config import Config, WindowSizes  # noqa: E402
from chitieu.training.dataset import IGNORED, prepare  # noqa: E402
from chitieu.training.development import tag  # noqa: E402
from chitieu.training.export import export, file_digest, load_checkpoint  # noqa: E402
from chitieu.training.served import served_weights  # noqa: E402
from chitieu.training.train import train  # noqa: E402

pytestmark = pytest.mark.torch
ROOT = Path(__file__).resolve().parents[2]
SIZES = WindowSizes(core=96, context=16, lookahead=8)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, tiny_encoder) -> Path:
    """A folder with a random encoder and two of the project's own documents."""
    root = tmp_path_factory.mktemp("training")
    tiny_encoder(root / "encoder", layers=2)
    (root / "documents").mkdir()
    smallest = sorted((ROOT / "training_data" / "documents").glob("*.xml"), key=lambda p: p.stat().st_size)[:2]
    for path in smallest:
        shutil.copyfile(path, root / "documents" / path.name)
    return root


def make_config(**optimisation) -> Config:
    settings = {
        "seed": 3, "epochs": 1, "batch_tokens": 1024, "encoder_learning_rate": 2e-3, "head_learning_rate": 5e-3,
        "weight_decay": 0.01, "warmup": 0.1, "governor_weight": 0.5, "rewrap": 0.5,
    }  # fmt: skip
    return Config.model_validate(
        {
            "name": "thu",
            "data": {"train": ["documents"], "exclude": [], "development": ["documents"]},
            "encoder": {"base": "encoder", "base_license": "none", "layers": 2},
            "heads": {"governor_width": 16, "dropout": 0.1},
            "windows": SIZES.model_dump(),
            "optimisation": settings | optimisation,
        }
    )


class Stopped(Exception):
    """As if the machine had been switched off."""


def stop_after_an_epoch(line: str) -> None:
    if line.startswith("{"):
        raise Stopped


@pytest.fixture(scope="module")
def trained(workplace) -> tuple[Path, list[str]]:
    """A checkpoint of two epochs, stopped and gone on from between them; and what was logged the second time."""
    out = workplace / "run"
    with pytest.raises(Stopped):
        train(make_config(epochs=2), workplace, out, stop_after_an_epoch)
    lines: list[str] = []
    return train(make_config(epochs=2), workplace, out, lines.append), lines


def test_it_goes_on_from_its_checkpoint(trained):
    checkpoint, lines = trained
    assert lines[0] == "goes on after epoch 1"
    rows = [json.loads(line) for line in (checkpoint.parent / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert all(0 <= row["micro"] <= 1 for row in rows)
    assert not list(checkpoint.parent.glob("*.partial"))


def test_a_finished_run_trains_no_more(trained, workplace):
    checkpoint, _ = trained
    before = file_digest(checkpoint)
    assert train(make_config(epochs=2), workplace, checkpoint.parent, lambda _: None) == checkpoint
    assert file_digest(checkpoint) == before


def test_stopping_changes_neither_data_nor_its_order(trained, workplace, tmp_path):
    checkpoint, _ = trained
    whole = torch.load(train(make_config(epochs=2), workplace, tmp_path, lambda _: None), weights_only=False)
    stopped = torch.load(checkpoint, weights_only=False)
    for key in ("rng", "data", "epoch", "schedule"):
        assert stopped[key] == whole[key], key


def test_every_document_excluded_is_told(workplace, tmp_path):
    names = "\n".join(p.name for p in (workplace / "documents").iterdir())
    (workplace / "all.txt").write_text(names, encoding="utf-8")
    config = make_config()
    config = config.model_copy(update={"data": config.data.model_copy(update={"exclude": ["all.txt"]})})
    with pytest.raises(ConfigInvalid, match="excluded"):
        train(config, workplace, tmp_path, lambda _: None)


def test_a_run_does_not_go_on_under_other_settings(trained, workplace):
    checkpoint, _ = trained
    with pytest.raises(ConfigInvalid, match=r"optimisation\.seed"):
        train(make_config(epochs=2, seed=4), workplace, checkpoint.parent, lambda _: None)


def test_a_version_is_never_written_over(trained, plain, workplace):
    before = file_digest(plain / "model.onnx")
    with pytest.raises(ModelExists, match=r"0\.0\.1"):
        export(trained[0], workplace, plain.parent, version="0.0.1", precision="fp32")
    assert file_digest(plain / "model.onnx") == before


def test_the_average_is_what_is_scored_and_served(workplace, tmp_path):
    config = make_config(averaging=0.9, bfloat16=True)
    state = torch.load(train(config, workplace, tmp_path, lambda _: None), weights_only=False)
    served, last = state["model"]["mentions.weight"], state["trained"]["mentions.weight"]
    assert served.shape == last.shape and not torch.equal(served, last)
    model, _, _ = load_checkpoint(tmp_path / "checkpoint.pt", workplace)
    assert torch.equal(model.mentions.weight, served)
    more = make_config(averaging=0.9, bfloat16=True, epochs=2)
    again = torch.load(train(more, workplace, tmp_path, lambda _: None), weights_only=False)
    assert again["epoch"] == 2 and not torch.equal(again["model"]["mentions.weight"], served)


def test_another_architecture(workplace, tokenizer_path, tmp_path):
    """A base that is no BERT: RoBERTa numbers its positions from the padding on."""
    root = tmp_path / "other"
    shutil.copytree(workplace / "documents", root / "documents")
    vocabulary = json.loads(tokenizer_path.read_text(encoding="utf-8"))["model"]["vocab"]
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 3, "hidden_size": 24, "num_attention_heads": 2, "intermediate_size": 40}
    settings = transformers.XLMRobertaConfig(vocab_size=len(vocabulary) + 8, max_position_embeddings=514, **sizes)
    transformers.XLMRobertaModel(settings, add_pooling_layer=False).save_pretrained(root / "encoder")
    shutil.copyfile(tokenizer_path, root / "encoder" / "tokenizer.json")
    lines: list[str] = []
    checkpoint = train(make_config(epochs=1), root, tmp_path / "run", lines.append)
    folder = export(checkpoint, root, tmp_path / "models", version="1.0.0")
    text = read(min((root / "documents").iterdir())).text[:3000]
    assert isinstance(Tagger(folder, threads=1).tag(read_passages(Reading(SourceText(text)))), list)
    assert json.loads(lines[-1])["epoch"] == 1


def spans_of(tagged):
    return [(s.label, s.first, s.last, s.phrase, s.head) for s in tagged]


@pytest.fixture(scope="module")
def text(workplace) -> str:
    return read(min((workplace / "documents").iterdir())).text[:6000]


@pytest.fixture(scope="module")
def plain(trained, workplace) -> Path:
    """The fp32 model folder."""
    return export(trained[0], workplace, workplace / "models", version="0.0.1", precision="fp32")


def test_fp32_serves_what_torch_says(trained, plain, workplace, text):
    model, config, _ = load_checkpoint(trained[0], workplace)
    prepared = prepare(AnnotatedDocument("x", text, []), load_tokenizer(plain / "tokenizer.json"), config.windows)
    assert len(prepared.examples) > 3
    passages = read_passages(Reading(SourceText(text)))
    want = repair(tag(model, prepared), passages.reading.text, passages.pieces)
    assert want
    assert spans_of(Tagger(plain, threads=1).tag(passages)) == spans_of(want)


@pytest.mark.parametrize("precision", ["int8-weights", "int8"])
def test_eight_bits_are_a_whole_model_folder(trained, plain, workplace, text, tmp_path, precision):
    checkpoint, _ = trained
    folder = export(checkpoint, workplace, tmp_path, version="0.0.2", precision=precision)
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "model.onnx", "tokenizer.json"]
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.version, manifest.core) == ("thu", "0.0.2", SIZES.core)
    assert manifest.raw["precision"] == precision
    assert manifest.raw["training"]["epochs_done"] == 2
    assert (folder / "model.onnx").stat().st_size < 0.5 * (plain / "model.onnx").stat().st_size
    for name, entry in manifest.raw["files"].items():
        assert file_digest(folder / name) == entry["sha256"]
    passages = read_passages(Reading(SourceText(text)))
    spans = Tagger(folder, threads=1).tag(passages)
    assert all(0 <= s.first < s.last <= len(passages.pieces) for s in spans)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.0.2"]
    (folder / "model.onnx").write_bytes(b"cut short")
    with pytest.raises(ModelInvalid):
        Tagger(folder)


def test_training_goes_on_from_the_weights_of_a_served_model(trained, plain, workplace, tmp_path):
    model, _, _ = load_checkpoint(trained[0], workplace)
    eight = export(trained[0], workplace, tmp_path, version="0.0.3", precision="int8-weights")
    for folder, slack in ((plain, 1e-6), (eight, 0.01)):
        found = served_weights(folder / "model.onnx", model.state_dict())
        for name, weight in model.state_dict().items():
            assert (found[name] - weight).abs().max() <= slack * max(1.0, float(weight.abs().max())), name
    config = make_config(epochs=1)
    config = config.model_copy(update={"encoder": config.encoder.model_copy(update={"start": str(plain)})})
    train(config, workplace, tmp_path / "on", lambda _: None)
    train(make_config(epochs=1), workplace, tmp_path / "afresh", lambda _: None)
    on, afresh = (json.loads((tmp_path / name / "log.jsonl").read_text(encoding="utf-8")) for name in ("on", "afresh"))
    assert on["loss"] < 0.9 * afresh["loss"]


def test_a_model_to_go_on_from_that_is_not_there(workplace, tmp_path):
    config = make_config()
    config = config.model_copy(update={"encoder": config.encoder.model_copy(update={"start": "models/none"})})
    with pytest.raises(ConfigInvalid, match="none"):
        train(config, workplace, tmp_path, lambda _: None)


def test_weights_of_a_model_that_is_built_otherwise_are_refused(plain, workplace):
    other = {"mentions.weight": torch.zeros(3, 3)}
    with pytest.raises(ModelInvalid, match=r"mentions\.weight"):
        served_weights(plain / "model.onnx", other)


def test_the_manifest_tells_nothing_of_this_machine(plain, workplace):
    assert str(workplace) not in (plain / "manifest.json").read_text(encoding="utf-8")


def test_collate_spreads_targets_to_first_tokens(document, tokenizer):
    examples = prepare(document, tokenizer, WindowSizes(core=40, context=12, lookahead=6)).examples
    batch = collate(examples)
    for row, example in enumerate(examples):
        heads, size = example.encoded.heads, len(example.encoded.ids)
        assert batch["mask"][row].sum() == size
        assert batch["ids"][row, :size].tolist() == example.encoded.ids.tolist()
        assert batch["heads"][row].nonzero().flatten().tolist() == heads.tolist()
        assert batch["mentions"][row, heads].tolist() == example.mentions.tolist()
        assert (batch["mentions"][row] != IGNORED).sum() == len(heads)
        for relation in (0, 1):
            for piece, target in enumerate(example.governors[relation]):
                got = int(batch["governors"][row, relation, heads[piece]])
                assert got == (1 + heads[target - 1] if target > 0 else target)


def test_batches_hold_every_window_once_and_fit(document, tokenizer):
    examples = prepare(document, tokenizer, WindowSizes(core=16, context=4, lookahead=2)).examples * 6
    got = batches(examples, 120, random.Random(0))
    assert sorted(id(e) for batch in got for e in batch) == sorted(id(e) for e in examples)
    assert len(got) > 3
    for batch in got:
        assert len(batch) == 1 or max(len(e.encoded.ids) for e in batch) * len(batch) <= 120


def test_sixteen_bits_only_where_the_processor_has_them(monkeypatch):
    said: list[str] = []
    for at_hand in (False, True):
        monkeypatch.setattr(precision, "has_bfloat16", lambda at_hand=at_hand: at_hand)
        precision.note_precision(True, said.append)
        with precision.products(True):
            product = torch.ones(2, 2) @ torch.ones(2, 2)
        assert product.dtype == (torch.bfloat16 if at_hand else torch.float32)
    assert len(said) == 1 and "AMX" in said[0]
