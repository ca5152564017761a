"""`chitieu train --from-corrections`: the next model from what people corrected, told for eyes or for the job that asked for it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.errors import ChitieuError, ProgramMissing, TrainingFailed

if TYPE_CHECKING:
    from chitieu.annotation.document import AnnotatedDocument
    from chitieu.settings import Settings
    from chitieu.training.tuning.plan import Plan
    from chitieu.training.tuning.run import Report, Result, Step, Tools, Verdict

_NICE = 10  # whoever waits for an answer comes first
_NO_MEMORY = "can't allocate memory"  # torch's words


def run_tuning(args: argparse.Namespace) -> int:
    """Tune, and say how far it is; returns the exit status."""
    report = _Events() if args.events else _Lines()
    if args.events:
        _end_with_the_parent()
        os.nice(_NICE)
    try:
        result = _tuned(args, report)
    except Exception as error:
        told = _told(error)
        if told is None or not args.events:
            raise error if told is None else told from error
        report.error(told)
        return 1
    report.result(result)
    return 0


def default_tools(models: Path, annotations: Callable[[], Sequence[Any]]) -> Tools:
    """What a run is done with: the store's annotations, the gate, the registry."""
    from chitieu.models import current_model
    from chitieu.training.tuning.run import Tools

    return Tools(
        models=models,
        current=lambda: current_model(models),
        annotations=annotations,
        gate=ask_gate,
        register=register_version,
        promote=promote_version,
    )


def _check_registry(models: Path, settings: Settings) -> None:
    """Raises now what would be found out after hours of training.

    Raises:
        OutputLocked, OutputUnwritable: nothing can be registered. ProgramMissing: the mirror's package is not installed.
    """
    from chitieu.registry.lock import locked
    from chitieu.registry.mirror import mirror_of

    mirror_of(settings)
    with locked(models):
        pass


def _tuned(args: argparse.Namespace, report: Report) -> Result:
    from chitieu.cli.accounts import opened_store
    from chitieu.models import current_model, models_root
    from chitieu.store.corrections import standing
    from chitieu.training.tuning.plan import kept_plan
    from chitieu.training.tuning.recipe import FILE
    from chitieu.training.tuning.run import alone, tune

    with opened_store() as (database, settings, _):
        _check_registry(models_root(), settings)
        own = _folder(settings)
        work: Path = args.out or own / "cli"  # apart from those of jobs, which tidy up among themselves
        recipe: Path = args.recipe or current_model().parent / FILE
        with alone(own):
            plan = kept_plan(work)
            run = args.run_id or (plan.run if plan is not None and _goes_on(plan, recipe) else secrets.token_hex(16))
            tools = default_tools(models_root(), lambda: standing(database))
            result = tune(recipe, work, own / "versions", tools, report, run=run)
            if args.out is None:  # of a job, whoever asked for it takes the result first
                shutil.rmtree(work, ignore_errors=True)
    return result


def _goes_on(plan: Plan, recipe: Path) -> bool:
    """Whether a run that was broken off is of this recipe, and of the model that is served."""
    from chitieu.models import current_model
    from chitieu.training.tuning.recipe import load_recipe

    return plan.recipe.sha256 == load_recipe(recipe).sha256 and plan.parent == current_model().name


def _folder(settings: Settings) -> Path:
    return settings.data_folder / "training"


def ask_gate(
    candidate: Path,
    current: Path,
    documents: Sequence[AnnotatedDocument],
    folder: Path,
    progress: Callable[[int, int], None],
) -> Verdict:
    """What the gate says, whose report and page are written to a folder."""
    from chitieu.evaluation.gate.run import gate
    from chitieu.evaluation.gate.writing import HTML, write
    from chitieu.training.tuning.run import Verdict

    report = gate(candidate, current, documents, progress=lambda _stage, done, of: progress(done, of))
    write(report, folder)
    return Verdict(report.decision, report.model_dump(mode="json", exclude={"documents"}), folder / HTML)


def register_version(candidate: Path, models: Path, lineage: dict[str, Any]) -> Path:
    """Put a candidate with its card into the registry.

    Raises:
        ModelExists: there is such a version. See `chitieu.registry.register`.
    """
    from chitieu.cli.who import at_the_command_line
    from chitieu.evaluation.card import card
    from chitieu.output.destination import whole_file
    from chitieu.registry.mirror import mirror_of
    from chitieu.registry.register import register
    from chitieu.settings import load_settings
    from chitieu.tagging.encoder import read_manifest

    with whole_file(candidate / "CARD.md") as stream:
        stream.write(card(read_manifest(candidate).raw).encode())
    return register(candidate, models, lineage, by=at_the_command_line(), mirror=mirror_of(load_settings()))


def promote_version(model: Path, models: Path) -> None:
    """Have a registered version served. Raises: see `chitieu.registry.promote`."""
    from chitieu.cli.who import at_the_command_line
    from chitieu.registry.promote import promote

    promote(models, model.parent.name, model.name, at_the_command_line())


def _told(error: Exception) -> ChitieuError | None:
    """The error that a user is told; None of a fault of the software."""
    if isinstance(error, ChitieuError):
        return error
    if isinstance(error, ModuleNotFoundError):
        return ProgramMissing(
            f"Huấn luyện cần gói {error.name}: pip install 'chitieu[train]'. / "
            f"Training needs the package {error.name}: pip install 'chitieu[train]'.",
            program=error.name,
            install="chitieu[train]",
        )
    if isinstance(error, MemoryError) or _NO_MEMORY in str(error):
        return TrainingFailed("Huấn luyện hết bộ nhớ. / The training ran out of memory.", cause="memory")
    if isinstance(error, OSError):
        from chitieu.output.destination import unwritable

        return unwritable(error.filename or "?", error)
    return None


class _Lines:
    """For eyes: a line for each step, and what the training says."""

    def __init__(self) -> None:
        self._step = ""

    def step(self, step: Step, done: int = 0, total: int | None = None) -> None:
        if step != self._step:
            print(f"== {step}", flush=True)
        self._step = step

    def log(self, line: str) -> None:
        print(line, flush=True)

    def result(self, result: Result) -> None:
        print(result.model_dump_json(exclude={"page"}), flush=True)

    def error(self, error: ChitieuError) -> None:
        raise error


class _Events:
    """For the job that asked: `step`, `result` and `error` as JSON, a line each, on standard output; all else on standard error."""

    def step(self, step: Step, done: int = 0, total: int | None = None) -> None:
        self._tell({"step": step, "done": done, "total": total})

    def log(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def result(self, result: Result) -> None:
        self._tell({"result": result.model_dump(mode="json")})

    def error(self, error: ChitieuError) -> None:
        body = {"code": error.code, "message": error.message, "detail": error.detail, "status": error.status}
        self._tell({"error": body})

    def _tell(self, event: dict[str, Any]) -> None:
        print(json.dumps(event, ensure_ascii=False), flush=True)


def _end_with_the_parent() -> None:
    """End this process when the one that asked is gone: standard input comes to its end then, however that one died."""

    def wait() -> None:
        while os.read(0, 4096):  # not by sys.stdin, whose lock a thread must not hold when the interpreter ends
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
