"""A faulty configuration is refused with the name of the field at fault."""

from __future__ import annotations

import pytest

from chitieu.errors import ConfigInvalid
from chitieu.training.config import load_config

GOOD = """
name = "thu-nghiem"
[data]
train = ["documents"]
exclude = []
development = ["documents"]
[encoder]
base = "encoder"
base_license = "MIT"
layers = 2
[heads]
governor_width = 16
dropout = 0.1
[windows]
core = 64
context = 16
lookahead = 8
[optimisation]
seed = 1
epochs = 1
batch_tokens = 512
encoder_learning_rate = 1e-4
head_learning_rate = 5e-4
weight_decay = 0.01
warmup = 0.1
governor_weight = 0.5
rewrap = 0.3
"""


@pytest.fixture
def write(tmp_path):
    def made(text):
        path = tmp_path / "train.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return made


def test_a_good_one_is_read(write):
    config = load_config(write(GOOD))
    assert (config.name, config.windows.core, config.data.development_names) == ("thu-nghiem", 64, None)


def test_the_projects_own_is_good(root):
    assert load_config(root / "models" / "chitieu-vi" / "train.toml").name == "chitieu-vi"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("layers = 2\n", "", "encoder.layers"),
        ("layers = 2", "layers = 0", "encoder.layers"),
        ("epochs = 1", "epochs = 'nhiều'", "optimisation.epochs"),
        ("dropout = 0.1", "dropout = 1.0", "heads.dropout"),
        ("rewrap = 0.3", "rewrap = 1.5", "optimisation.rewrap"),
        ("seed = 1", "seed = 1\nsede = 2", "optimisation.sede"),
        ('train = ["documents"]', "train = []", "data.train"),
        ("core = 64", "core = 4000", "windows.core"),
        ("warmup = 0.1", "warmup = -1", "optimisation.warmup"),
        ('name = "thu-nghiem"', 'name = "../../x"', "name"),
        ('name = "thu-nghiem"\n', "", "name"),
    ],
)
def test_a_faulty_field_is_named(write, old, new, field):
    assert old in GOOD
    with pytest.raises(ConfigInvalid) as caught:
        load_config(write(GOOD.replace(old, new)))
    assert f": {field}: " in caught.value.message
    assert caught.value.body()["error"]["code"] == "config_invalid"


def test_no_toml(write):
    with pytest.raises(ConfigInvalid, match="TOML"):
        load_config(write("name = "))


def test_bytes_that_are_no_utf_8(write):
    path = write(GOOD)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigInvalid, match="TOML"):
        load_config(path)


def test_not_there(tmp_path):
    with pytest.raises(ConfigInvalid, match=r"khong-co\.toml"):
        load_config(tmp_path / "khong-co.toml")
