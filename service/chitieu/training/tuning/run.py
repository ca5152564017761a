"""One run of tuning from its data to its place in the registry; one that was broken off at any moment goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu import __version__
from chitieu.annotation.document import AnnotatedDocument
from chitieu.errors import ModelExists, OutputInvalid, OutputLocked, OutputUnwritable
from chitieu.output.destination import unwritable, whole_file
from chitieu.tagging.encoder import read_manifest
from chitieu.training.tuning.candidate import describe, development_of, next_version, renumber
from chitieu.training.tuning.plan import (
    Counts,
    Plan,
    draw,
    frozen_documents,
    is_of_a_run,
    kept_plan,
    write_plan,
)
from chitieu.training.tuning.recipe import load_recipe
from chitieu.training.versions.build import build
from chitieu.training.versions.documents import Corrected

Step = Literal["reading", "training", "exporting", "gating", "registering"]
_RESULT, _VERDICT, _RUN, _CANDIDATES, _GATE = "result.json", "verdict.json", "run", "candidate", "gate"
_LOCK_SECONDS = 10.0  # for the process of a worker that was killed to notice and end
_COPIES = 12  # of the weights that the work folder holds at most: two checkpoints with the optimiser's and the average, two exports


class Report(Protocol):
    """Hears how far a run is."""

    def step(self, step: Step, done: int = 0, total: int | None = None) -> None:
        """So much of so much of a step is done; total None: nobody knows of how much."""

    def log(self, line: str) -> None:
        """A line for whoever reads what happened."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says of a candidate: ``told`` is plain JSON, ``page`` an HTML page that shows it, where there is one."""

    decision: Literal["pass", "refuse"]
    told: dict[str, Any]
    page: Path | None = None


Gate = Callable[[Path, Path, Sequence[AnnotatedDocument], Path, Callable[[int, int], None]], Verdict]
"""Measures a candidate's folder against the current model's on documents; takes a folder for its files, and hears how far it is."""
Register = Callable[[Path, Path, dict[str, Any]], Path]
"""Puts a candidate's folder into that of all models, whole or not at all, with its lineage; returns where it is. Raises ModelExists."""
Promote = Callable[[Path, Path], None]
"""Has the model in a folder of the folder of all models served from now on."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run is done with.

    Attributes:
        models: the folder of all models. current: gives the folder of the one that is served.
        annotations: gives what the store has of documents that are annotated.
    """

    models: Path
    current: Callable[[], Path]
    annotations: Callable[[], Sequence[Corrected]]
    gate: Gate
    register: Register
    promote: Promote


class Named(BaseModel):
    """A model's name and version."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str


class Result(BaseModel):
    """What came of a run.

    Attributes:
        model: what was registered; None where the gate refused it. promoted: whether it is served now.
        data, recipe: SHA-256 of the data set version and of the recipe.
        development: scores of the last epoch on the documents that were watched. gate: what the gate says. page: its page, HTML.
    """

    model_config = ConfigDict(frozen=True)

    decision: Literal["pass", "refuse"]
    model: Named | None
    promoted: bool
    parent: Named
    data: str
    recipe: str
    documents: Counts
    development: dict[str, float]
    gate: dict[str, Any]
    page: str | None = None


def tune(recipe: Path, work: Path, versions: Path, tools: Tools, report: Report, *, run: str) -> Result:
    """Make the next model from corrections; what is in ``work`` of the same run before is gone on from.

    Args:
        recipe: TOML file. work: folder of the run alone, made where it is missing. versions: folder of data set versions.
        run: names the run in the lineage, so that one that is broken off after it registered its model does not do so twice.

    Raises:
        ConfigInvalid: a faulty recipe, base or data set version. CorrectionsMissing, DataLeak: nothing fit to be learned from.
        ModelMissing, ModelInvalid: the current model cannot be gone on from.
        OutputInvalid: the work folder holds other things. OutputUnwritable: it cannot be written, or the disk is full.
    """
    done = _kept_result(work)
    if done is not None:
        return done
    plan = kept_plan(work)
    if plan is None or plan.run != run:
        plan = _planned(recipe, work, versions, tools, report, run)
    else:
        report.log(f"goes on with the documents of data set version {plan.data[:16]}")
    candidate = _trained(plan, work, tools, report)
    verdict = _judged(plan, candidate, work, tools, report)
    scores = development_of(candidate)
    made, promoted = None, False
    if verdict.decision == "pass":
        report.step("registering")
        made = _registered(plan, candidate, work / _GATE, verdict, tools)
        report.log(f"registered as {made.parent.name} {made.name}")
        if plan.recipe.model.promote:
            tools.promote(made, tools.models)
            promoted = True
            report.log("promoted")
    result = Result(
        decision=verdict.decision,
        model=Named(name=plan.name, version=made.name) if made is not None else None,
        promoted=promoted,
        parent=Named(name=plan.name, version=plan.parent),
        data=plan.data,
        recipe=plan.recipe.sha256,
        documents=plan.counts,
        development=scores,
        gate=verdict.told,
        page=verdict.page.read_text(encoding="utf-8") if verdict.page is not None else None,
    )
    with whole_file(work / _RESULT) as stream:
        stream.write(result.model_dump_json().encode())
    return result


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds a folder's lock, so that one training at a time works there.

    Raises:
        OutputLocked: another does. OutputUnwritable: the system refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise unwritable(str(folder), error) from error
    try:
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise OutputLocked(
                        f"Một lần huấn luyện khác đang chạy trong {folder}. / Another training is running in {folder}.",
                        file=str(folder),
                    ) from error
                time.sleep(0.1)
        yield
    finally:
        os.close(handle)


def _planned(recipe: Path, work: Path, versions: Path, tools: Tools, report: Report, run: str) -> Plan:
    report.step("reading")
    settings = load_recipe(recipe)
    parent = tools.current()
    if work.is_dir() and any(work.iterdir()) and not is_of_a_run(work):
        raise OutputInvalid(
            f"{work}: thư mục có nội dung khác, hãy chọn thư mục mới. / {work}: holds other things, name a new folder.",
            file=str(work),
        )
    beside = recipe.resolve().parent
    version = build(beside / settings.data.base, tools.annotations(), versions, log=report.log)
    report.log(f"data set version {version.manifest.version}: {json.dumps(version.manifest.counts())}")
    drawn = draw(version, settings)
    _check_room(work, parent)
    plan = write_plan(work, run=run, parent=parent, recipe=settings, beside=beside, version=version, drawn=drawn)
    report.log(f"from {plan.name} {plan.parent}: {plan.counts.model_dump_json()}")
    return plan


def _check_room(work: Path, parent: Path) -> None:
    """
    Raises:
        OutputUnwritable: the disk has no room for what the run will write.
    """
    folder = next(path for path in (work, *work.parents) if path.is_dir())
    model = (parent / "model.onnx").stat().st_size * (1 if read_manifest(parent).raw["precision"] == "fp32" else 4)
    needed, free = _COPIES * model, shutil.disk_usage(folder).free
    if free < needed:
        raise OutputUnwritable(
            f"Ổ đĩa của {folder} còn {free >> 20} MiB, huấn luyện cần {needed >> 20} MiB. / "
            f"The disk of {folder} has {free >> 20} MiB left, training needs {needed >> 20} MiB.",
            file=str(folder),
            cause="no space",
            free=free,
            needed=needed,
        )


def _trained(plan: Plan, work: Path, tools: Tools, report: Report) -> Path:
    """The candidate's folder."""
    exported = sorted((work / _CANDIDATES).glob("*/manifest.json"))
    parent = tools.models / plan.name / plan.parent
    if not exported:
        # Only now: whoever is told that there is nothing to learn from needs no torch for it.
        from chitieu.training.export import export
        from chitieu.training.train import train

        report.step("training")
        checkpoint = train(
            plan.config,
            parent.parent,
            work / _RUN,
            report.log,
            progress=lambda done, total: report.step("training", done, total),
        )
        report.step("exporting")
        version = next_version(parent.parent, plan.parent, plan.recipe.model.bump)
        precision = read_manifest(parent).raw["precision"]
        exported = [
            export(checkpoint, parent.parent, work / _CANDIDATES, version=version, precision=precision)
            / "manifest.json"
        ]
    candidate = exported[0].parent
    describe(candidate, parent, plan)
    return candidate


def _judged(plan: Plan, candidate: Path, work: Path, tools: Tools, report: Report) -> Verdict:
    """What the gate says, asked once a run: after a model was promoted it would be measured against itself."""
    kept = work / _VERDICT
    if kept.is_file():
        told = json.loads(kept.read_text(encoding="utf-8"))
        return Verdict(told["decision"], told["told"], Path(told["page"]) if told["page"] else None)
    report.step("gating")
    folder = work / _GATE
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    current = tools.current()
    verdict = tools.gate(
        candidate, current, frozen_documents(work), folder, lambda done, total: report.step("gating", done, total)
    )
    report.log(f"gate, against {current.parent.name} {current.name}: {verdict.decision}")
    with whole_file(kept) as stream:
        page = str(verdict.page) if verdict.page is not None else None
        stream.write(json.dumps({"decision": verdict.decision, "told": verdict.told, "page": page}).encode())
    return verdict


def _registered(plan: Plan, candidate: Path, gate: Path, verdict: Verdict, tools: Tools) -> Path:
    """Where the candidate is among all models, under the next number that is free, with what the gate wrote."""
    versions = tools.models / plan.name
    for file in sorted(versions.glob("*/lineage.json")):
        if _run_of(file) == plan.run:
            return file.parent
    for file in gate.iterdir():
        shutil.copyfile(file, candidate / file.name)
    lineage = {
        "run": plan.run,
        "parent": {"name": plan.name, "version": plan.parent},
        "data": plan.data,
        "recipe": plan.recipe.sha256,
        "code": __version__,
        "documents": plan.counts.model_dump(),
        "metrics": {"development": development_of(candidate), "gate": verdict.told},
    }
    while True:
        try:
            return tools.register(candidate, tools.models, lineage)
        except ModelExists:
            candidate = renumber(candidate, next_version(versions, candidate.name, plan.recipe.model.bump))


def _run_of(lineage: Path) -> Any:
    try:
        return json.loads(lineage.read_text(encoding="utf-8")).get("run")
    except (OSError, ValueError, AttributeError):
        return None


def _kept_result(work: Path) -> Result | None:
    try:
        return Result.model_validate_json((work / _RESULT).read_bytes())
    except (OSError, ValidationError):
        return None
