"""Masked words: what is hidden, what is learnt, what a run keeps of it."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from chitieu.errors import ConfigInvalid  # noqa: E402
from chitieu.tagging.tokens import load_tokenizer  # noqa: E402
from chitieu.training.config import Pretraining, WindowSizes  # noqa: E402
from chitieu.training.dataset import IGNORED  # noqa: E402
from chitieu.training.dropout import PooledDropout, pool_dropout  # noqa: E402
from chitieu.training.model import Extractor  # noqa: E402
from chitieu.training.pretrain import (  # noqa: E402
    encode_sentence,
    lettered_tokens,
    mask_words,
    pretrain,
    read_sentences,
)

pytestmark = pytest.mark.torch
SIZES = WindowSizes(core=96, context=16, lookahead=8)
SENTENCES = [
    f"Sản lượng {crop} của huyện đạt {n} nghìn tấn, tăng {n}% so với năm trước."
    for n, crop in enumerate(["lúa", "ngô", "khoai", "sắn", "lạc", "mía", "chè", "cà phê"], 11)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory, tiny_encoder):
    return tiny_encoder(tmp_path_factory.mktemp("base"), layers=1)


def settings(**changes) -> Pretraining:
    made = {"sentences": "s.tsv", "seed": 1, "steps": 60, "batch_tokens": 256, "learning_rate": 3e-3, "rate": 0.2}
    return Pretraining.model_validate(made | changes)


def test_whole_words_are_hidden_and_numbers_stay(tokenizer_path):
    tokenizer = load_tokenizer(tokenizer_path)
    lettered = lettered_tokens(tokenizer, tokenizer.get_vocab_size())
    encoded = encode_sentence(SENTENCES[-1], tokenizer, SIZES)
    rng = random.Random(5)
    hidden = 0
    for _ in range(200):
        ids, targets = mask_words(encoded, lettered, 3, 0.3, rng)
        at = np.flatnonzero(targets != IGNORED)
        hidden += len(at)
        assert (targets[at] == encoded.ids[at]).all() and (
            ids[targets == IGNORED] == encoded.ids[targets == IGNORED]
        ).all()
        for n in at:  # a word is hidden from its first token to its last
            inside = encoded.words[n] == 2
            assert not inside or targets[n - 1] != IGNORED
            if n + 1 < len(ids) and encoded.words[n + 1] == 2:
                assert targets[n + 1] != IGNORED
        assert not any(
            ch.isdigit() for n in at if encoded.words[n] == 1 for ch in tokenizer.id_to_token(int(encoded.ids[n]))
        )
    assert hidden > 200


def test_it_learns_to_fill_in(base):
    model = Extractor(str(base), layers=1, governor_width=8, dropout=0.1)
    heads = model.mentions.weight.clone()
    lines: list[str] = []
    pretrain(model, SENTENCES, load_tokenizer(base / "tokenizer.json"), SIZES, settings(steps=150), lines.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in lines]
    assert losses[-1] < 0.7 * losses[0]
    assert torch.equal(model.mentions.weight, heads)


def test_sentences_are_the_last_column(tmp_path):
    plain = tmp_path / "s.tsv"
    plain.write_text("plan\tsentence\n1\tThu đạt 5 tỷ.\n0\t \n0\tChi 3 tỷ.\n", encoding="utf-8")
    assert read_sentences(plain) == ["Thu đạt 5 tỷ.", "Chi 3 tỷ."]
    packed = tmp_path / "s.tsv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_sentences(packed) == read_sentences(plain)


@pytest.mark.parametrize("content", [None, b"plan\tsentence\n", b"\xff\xfe\x00", b"a\tb\n\xff"])
def test_faulty_sentences_are_told(tmp_path, content):
    path = tmp_path / "s.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigInvalid, match=r"s\.tsv"):
        read_sentences(path)


def test_a_truncated_archive_is_told(tmp_path):
    path = tmp_path / "s.tsv.gz"
    path.write_bytes(gzip.compress(("s\n" + "Thu đạt 5 tỷ.\n" * 99).encode())[:-12])
    with pytest.raises(ConfigInvalid, match=r"s\.tsv\.gz"):
        read_sentences(path)


def test_pooled_dropout_drops_as_much_and_keeps_the_mean(base):
    torch.manual_seed(0)
    layer = PooledDropout(0.25)
    states = torch.ones(400, 500)
    out = layer(states)
    assert (out == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(layer.eval()(states), states)
    model = Extractor(str(base), layers=1, governor_width=8, dropout=0.1)
    pool_dropout(model)
    assert not [m for m in model.modules() if isinstance(m, torch.nn.Dropout) and m.p > 0]
