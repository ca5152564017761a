"""Registered versions in MLflow, too, for those who compare their models there. The registry needs nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from chitieu.errors import ProgramMissing
from chitieu.registry.describe import describe
from chitieu.registry.register import Mirror
from chitieu.registry.versions import Version, find
from chitieu.settings import Settings

log = structlog.get_logger(__name__)
_LONGEST_VALUE = 6000  # characters of a parameter that MLflow takes


def mirror_of(settings: Settings) -> Mirror | None:
    """What `register` is to be given: tells MLflow of a version where the settings name one. It waits as long as MLflow's client does.

    A version that MLflow does not take is logged (`not_mirrored`), and registered all the same.

    Raises:
        ProgramMissing: the settings name an MLflow, and its client (extra `mlflow`) is not installed.
    """
    if settings.mlflow_uri is None:
        return None
    try:
        import mlflow
    except ImportError as error:
        raise ProgramMissing(
            "CHITIEU_MLFLOW_URI cần gói mlflow: pip install 'chitieu[mlflow]'. / "
            "CHITIEU_MLFLOW_URI needs the package mlflow: pip install 'chitieu[mlflow]'.",
            program="mlflow",
            install="chitieu[mlflow]",
        ) from error
    uri = settings.mlflow_uri.get_secret_value()

    def mirror(folder: Path) -> None:
        try:
            _log(mlflow, uri, find(folder.parent.parent, f"{folder.parent.name}/{folder.name}"))
        except Exception as error:  # of any of the libraries that a store of MLflow's needs
            log.warning("not_mirrored", model=folder.parent.name, version=folder.name, exc_info=error)
        else:
            log.info("mirrored", model=folder.parent.name, version=folder.name)

    return mirror


def _log(mlflow: Any, uri: str, version: Version) -> None:
    told = describe(version)
    parameters = dict(_flat(told.training, "training")) | {"precision": told.precision, "base": told.base}
    metrics = {
        f"{name}.{measure}": value for name, one in told.evaluation.items() for measure, value in one.scores.items()
    }
    tags: dict[str, Any] = {"version": told.version, "sha256": told.sha256}
    if told.lineage is not None:
        lineage = told.lineage.model_dump(mode="json", exclude={"metrics"})
        tags |= {f"lineage.{key}": value for key, value in _flat(lineage)}
        metrics |= {
            f"lineage.{key}": value
            for key, value in _flat(told.lineage.metrics)
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(told.name)
    with mlflow.start_run(run_name=version.label):
        mlflow.set_tags({key: str(value) for key, value in tags.items() if value is not None})
        mlflow.log_params({key: str(value)[:_LONGEST_VALUE] for key, value in parameters.items() if value is not None})
        mlflow.log_metrics(metrics)
        mlflow.log_artifacts(str(version.folder))


def _flat(told: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in told.items():
        where = f"{place}.{key}" if place else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, where)
        else:
            yield where, value
