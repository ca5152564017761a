"""MLflow as a mirror, with a client that writes down what it is told."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType

import pytest
from structlog.testing import capture_logs

from chitieu.errors import ProgramMissing
from chitieu.registry.mirror import mirror_of
from chitieu.registry.register import register
from chitieu.settings import Settings
from registered import model_folder

EVALUATION = {"test": {"documents": 3, "scores": {"micro": 0.9}}}
LINEAGE = {"data": "a" * 64, "parent": {"name": "fake", "version": "0.9.0"}, "metrics": {"development": {"micro": 0.8}}}


class Client(ModuleType):
    """The functions of `mlflow` that are used."""

    def __init__(self):
        super().__init__("mlflow")
        self.told, self.fails = {}, False

    def __getattr__(self, name):
        if name not in ("set_tracking_uri", "set_experiment", "set_tags", "log_params", "log_metrics", "log_artifacts"):
            raise AttributeError(name)
        return lambda what: self.told.__setitem__(name, what)

    @contextmanager
    def start_run(self, run_name):
        if self.fails:
            raise ConnectionError("no route to the host")
        self.told["run"] = run_name
        yield


@pytest.fixture
def client(monkeypatch):
    made = Client()
    monkeypatch.setitem(sys.modules, "mlflow", made)
    return made


@pytest.fixture
def settings():
    return Settings(mlflow_uri="http://mlflow.example.vn")


@pytest.fixture
def source(tmp_path):
    training = {"config": {"optimisation": {"epochs": 6}}, "epochs_done": 6}
    return model_folder(tmp_path / "made", "1.0.0", training=training, evaluation=EVALUATION, precision="fp32")


def test_a_version_that_is_registered_is_told_with_all_that_is_known(client, settings, source, tmp_path):
    made = register(source, tmp_path / "models", LINEAGE, by="lan", mirror=mirror_of(settings))
    told = client.told
    assert (told["set_tracking_uri"], told["set_experiment"], told["run"]) == (
        "http://mlflow.example.vn",
        "fake",
        "fake/1.0.0",
    )
    assert told["log_params"] == {
        "training.config.optimisation.epochs": "6",
        "training.epochs_done": "6",
        "precision": "fp32",
    }
    assert told["log_metrics"] == {"test.micro": 0.9, "lineage.development.micro": 0.8}
    assert told["set_tags"]["lineage.data"] == "a" * 64 and told["set_tags"]["lineage.parent.version"] == "0.9.0"
    assert told["set_tags"]["lineage.made_by"] == "lan"
    assert told["log_artifacts"] == str(made)


def test_a_mirror_that_fails_is_logged_and_the_version_stands(client, settings, source, tmp_path):
    client.fails = True
    with capture_logs() as logs:
        made = register(source, tmp_path / "models", mirror=mirror_of(settings))
    assert made.is_dir()
    assert [(one["event"], one["version"]) for one in logs] == [("not_mirrored", "1.0.0")]


def test_without_the_setting_there_is_no_mirror(client):
    assert mirror_of(Settings()) is None
    assert client.told == {}


def test_without_the_package_it_is_told_before_anything_is_registered(monkeypatch, settings):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ProgramMissing) as caught:
        mirror_of(settings)
    assert caught.value.detail["install"] == "chitieu[mlflow]"
