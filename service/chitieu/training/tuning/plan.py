"""What one run of tuning does, settled at its beginning and kept in its work folder: a run that goes on does the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.formats.inline_xml import as_xml
from chitieu.annotation.inline_xml import read
from chitieu.errors import ConfigInvalid, CorrectionsMissing, ModelInvalid
from chitieu.output.destination import unwritable, whole_file
from chitieu.tagging.encoder import read_manifest
from chitieu.training.config import Config
from chitieu.training.tuning.recipe import Recipe
from chitieu.training.versions.build import DataVersion

_MARK = ".chitieu-training"  # first in the folder of a run: whatever else is there may be thrown away
_PLAN, _CORRECTED, _REHEARSED, _WATCHED, _TEST = "plan.json", "corrected", "rehearsed", "watched", "test"


class Counts(BaseModel):
    """How many documents take part: corrected and base ones that are learned from, those that are watched, those of the frozen test set."""

    model_config = ConfigDict(frozen=True)

    corrected: int
    rehearsed: int
    watched: int
    test: int


class Plan(BaseModel):
    """The settings of a run. Paths in `config` are absolute, but for the parent, which is its version.

    ``names`` are those of the test set's documents, by their SHA-256.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    name: str
    parent: str
    data: str
    recipe: Recipe
    counts: Counts
    config: Config
    names: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Drawn:
    """The documents of a run."""

    corrected: Sequence[AnnotatedDocument]
    rehearsed: Sequence[AnnotatedDocument]
    watched: Sequence[AnnotatedDocument]
    test: Sequence[AnnotatedDocument]


def draw(version: DataVersion, recipe: Recipe) -> Drawn:
    """The documents that a recipe takes of a version. None of the test split is learned from or watched, whoever made it.

    The test set is the base's alone: what decides must not move with what is corrected, or faulty corrections would judge themselves.

    Raises:
        CorrectionsMissing: too few corrected documents were reviewed. ConfigInvalid: too few base documents.
    """
    data = recipe.data
    corrected = version.reviewed("train", base=False)
    if len(corrected) < data.least_corrected:
        raise CorrectionsMissing(
            f"Mới có {len(corrected)} tài liệu đã sửa xong thuộc phần huấn luyện, cần {data.least_corrected}. / "
            f"{len(corrected)} corrected documents of the training split are done, {data.least_corrected} are needed.",
            documents=version.manifest.counts(),
            needed=data.least_corrected,
        )
    base = sorted(version.reviewed("train", base=True), key=lambda d: _lot(d, data.seed))
    if len(base) <= data.development:
        raise ConfigInvalid(
            f"data.development: chỉ có {len(base)} tài liệu gốc để huấn luyện / there are only {len(base)} base documents",
            field="data.development",
        )
    watched, left = base[: data.development], base[data.development :]
    wanted = max(data.least_rehearsal, data.rehearsal * data.oversample * sum(len(d.text) for d in corrected))
    return Drawn(
        corrected=corrected,
        rehearsed=list(_until(left, wanted)),
        watched=[
            *version.reviewed("development", base=False),
            *version.reviewed("development", base=True),
            *watched,
        ],
        test=version.reviewed("test", base=True),
    )


def _lot(document: AnnotatedDocument, seed: int) -> str:
    return hashlib.sha256(f"{seed} {document.sha256}".encode()).hexdigest()


def _until(documents: Iterable[AnnotatedDocument], characters: float) -> Iterable[AnnotatedDocument]:
    total = 0
    for document in documents:
        if total >= characters:
            return
        yield document
        total += len(document.text)


def write_plan(
    work: Path, *, run: str, parent: Path, recipe: Recipe, beside: Path, version: DataVersion, drawn: Drawn
) -> Plan:
    """Write the documents and the plan of a run into its work folder; the plan comes last, so that where it is all is.

    Args:
        parent: the served model that tuning goes on from.
        beside: the folder that paths of the recipe start from.

    Raises:
        ModelMissing, ModelInvalid: the parent cannot be gone on from. ConfigInvalid: no description of its encoder.
        OutputUnwritable: the system refuses, or the disk is full.
    """
    manifest = read_manifest(parent)
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, mode=0o700)
        (work / _MARK).touch()
        for folder, documents in (
            (_CORRECTED, drawn.corrected),
            (_REHEARSED, drawn.rehearsed),
            (_WATCHED, drawn.watched),
            (_TEST, drawn.test),
        ):
            (work / folder).mkdir()
            for document in documents:
                (work / folder / f"{document.sha256}.xml").write_bytes(as_xml(document).encode())
        (work / "base").mkdir()
        shutil.copyfile(parent / "tokenizer.json", work / "base" / "tokenizer.json")
    except OSError as error:
        raise unwritable(str(work), error) from error
    _copy_encoder(beside / recipe.model.encoder, work / "base" / "config.json")
    plan = Plan(
        run=run,
        name=manifest.name,
        parent=manifest.version,
        data=version.manifest.version,
        recipe=recipe,
        counts=Counts(
            corrected=len(drawn.corrected),
            rehearsed=len(drawn.rehearsed),
            watched=len(drawn.watched),
            test=len(drawn.test),
        ),
        config=_config(work, manifest.raw, recipe, rehearses=bool(drawn.rehearsed)),
        names={document.sha256: document.name for document in drawn.test},
    )
    with whole_file(work / _PLAN) as stream:
        stream.write(plan.model_dump_json(indent=1).encode())
    return plan


def is_of_a_run(work: Path) -> bool:
    """Whether a folder was made for a run, however far that came."""
    return (work / _MARK).is_file()


def kept_plan(work: Path) -> Plan | None:
    """The plan of a run that was begun here; None where there is none that holds."""
    try:
        return Plan.model_validate_json((work / _PLAN).read_bytes())
    except (OSError, ValidationError):
        return None


def frozen_documents(work: Path) -> list[AnnotatedDocument]:
    """The frozen test set of a run."""
    plan = kept_plan(work)
    names = plan.names if plan is not None else {}
    documents = [read(path) for path in sorted((work / _TEST).glob("*.xml"))]
    return [replace(document, name=names.get(document.sha256, document.name)) for document in documents]


def _copy_encoder(source: Path, target: Path) -> None:
    try:
        described: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigInvalid(
            f"{source}: không có mô tả bộ mã hóa / no description of the encoder: {error}", file=str(source)
        ) from error
    with whole_file(target) as stream:
        stream.write(json.dumps(described).encode())


def _config(work: Path, manifest: dict[str, Any], recipe: Recipe, *, rehearses: bool) -> Config:
    """What the training loop is told: built as the parent is, on the documents of the run."""
    try:
        trained = manifest["training"]["config"]
        corrected = [str(work / _CORRECTED)] * recipe.data.oversample
        return Config.model_validate(
            {
                "name": manifest["name"],
                "data": {
                    "train": [*corrected, *([str(work / _REHEARSED)] if rehearses else [])],
                    "exclude": [],
                    "development": [str(work / _WATCHED)],
                },
                "encoder": {
                    "base": str(work / "base"),
                    "base_name": manifest["base"]["name"],
                    "base_license": manifest["base"]["license"],
                    "layers": trained["layers"],
                    "start": manifest["version"],
                },
                "heads": trained["heads"],
                "windows": manifest["windows"],
                "optimisation": recipe.optimisation.model_dump(),
            }
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise ModelInvalid(
            f"{manifest['name']} {manifest['version']}: bản kê thiếu thông tin để huấn luyện tiếp / "
            f"the manifest lacks what going on from it needs: {error}",
        ) from error
