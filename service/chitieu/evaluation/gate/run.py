"""The gate itself: whether a candidate may be served in the current model's place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chitieu.annotation.document import AnnotatedDocument
from chitieu.contract import Extraction
from chitieu.errors import BadRequest
from chitieu.evaluation.gate.changes import view
from chitieu.evaluation.gate.comparing import by_document, compare, scored, speed
from chitieu.evaluation.gate.deciding import notices, reasons
from chitieu.evaluation.gate.limits import Limits, load_limits
from chitieu.evaluation.gate.offsets import violations
from chitieu.evaluation.gate.reading import read_both
from chitieu.evaluation.gate.report import GateReport, OffsetFault, Side, TestSet
from chitieu.evaluation.gate.served import Identity, identity, peak_memory
from chitieu.evaluation.measures import gold_figures
from chitieu.pipeline import Pipeline, load_pipeline

Progress = Callable[[str, int, int], None]  # `memory` or `reading`, steps done, steps of all
_FAULTS_TOLD = 20


@dataclass(frozen=True)
class Contestant:
    """A model that is ready to read, and what was measured of it in a process of its own."""

    identity: Identity
    pipeline: Pipeline
    peak_mib: float | None


def gate(
    candidate: Path,
    current: Path,
    documents: Sequence[AnnotatedDocument],
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> GateReport:
    """Compare the served files in two folders on documents that neither was trained on.

    ``limits``: None are the project's own. ``progress`` is called several times a second; what it raises ends the work and
    leaves nothing behind.

    Raises:
        BadRequest: no document, or two with one text.
        ModelMissing, ModelInvalid: a folder holds no usable model.
        ConfigInvalid, CatalogueInvalid: see `load_pipeline`.
    """
    limits = limits or load_limits()
    tell = progress or _silent
    _check(documents)
    folders = (current, candidate)
    identities = [identity(folder) for folder in folders]
    longest = sorted((d.text for d in documents), key=len, reverse=True)[: limits.memory.documents]
    peaks = [
        peak_memory(folder, longest, partial(tell, "memory", done, len(folders))) for done, folder in enumerate(folders)
    ]
    served, other = (
        Contestant(known, load_pipeline(folder), peak)
        for known, folder, peak in zip(identities, folders, peaks, strict=True)
    )
    return judge(served, other, documents, limits=limits, progress=tell)


def judge(
    current: Contestant,
    candidate: Contestant,
    documents: Sequence[AnnotatedDocument],
    *,
    limits: Limits,
    progress: Progress,
) -> GateReport:
    """The same of models that are ready to read; raises what ``progress`` raises, and BadRequest as `gate` does."""
    _check(documents)
    read = read_both(
        current.pipeline,
        candidate.pipeline,
        documents,
        limits.speed.rounds,
        lambda done, of: progress("reading", done, of),
    )
    old_answers, new_answers = read.answers
    before, after = scored(documents, old_answers), scored(documents, new_answers)
    measures, calibration = compare(before, after, limits)
    ratio = speed(read.seconds, limits)
    results = by_document(documents, before, after, read.seconds)
    old = _side(current, documents, old_answers, read.seconds[..., 0])
    new = _side(candidate, documents, new_answers, read.seconds[..., 1])
    against = list(reasons(old, new, measures, calibration, ratio, results, limits))
    blamed = {name for reason in against for name in reason.documents}
    shown = [
        at
        for at, result in enumerate(results)
        if result.errors[1] > result.errors[0] or (result.name in blamed and result.worse)
    ]
    shown.sort(key=lambda at: results[at].errors[0] - results[at].errors[1])
    return GateReport(
        decision="refuse" if against else "pass",
        reasons=against,
        notices=list(notices(old, new, measures, results, limits)),
        created=datetime.now(UTC).replace(microsecond=0),
        current=old,
        candidate=new,
        test_set=described(documents),
        measures=measures,
        calibration=calibration,
        speed=ratio,
        documents=results,
        limits=limits,
        views=[view(documents[at], old_answers[at], new_answers[at]) for at in shown],
    )


def _check(documents: Sequence[AnnotatedDocument]) -> None:
    """Refuse what chance cannot be computed of: each document must be one draw."""
    if not documents:
        raise BadRequest("Không có tài liệu kiểm tra. / There are no test documents.")
    seen: dict[str, str] = {}
    for document in documents:
        if document.sha256 in seen:
            other = seen[document.sha256]
            raise BadRequest(
                f"{other} và {document.name} là một văn bản. / {other} and {document.name} are one text.",
                documents=[other, document.name],
            )
        seen[document.sha256] = document.name


def described(documents: Sequence[AnnotatedDocument]) -> TestSet:
    """What the documents are, whatever their order, names and format."""
    told = sorted(
        json.dumps([d.sha256, [[s.label, s.start, s.end, s.head, s.phrase] for s in d.spans]]) for d in documents
    )
    return TestSet(
        documents=len(documents),
        characters=sum(len(d.text) for d in documents),
        spans=sum(len(d.spans) for d in documents),
        figures=sum(len(gold_figures(d)) for d in documents),
        sha256=hashlib.sha256("\n".join(told).encode()).hexdigest(),
    )


def _side(
    contestant: Contestant,
    documents: Sequence[AnnotatedDocument],
    answers: Sequence[Extraction],
    seconds: NDArray[np.float64],
) -> Side:
    faults = [
        OffsetFault(document=document.name, fault=v.fault, id=v.id, start=v.start, end=v.end)
        for document, answer in zip(documents, answers, strict=True)
        for v in violations(document.text, answer)
    ]
    known = contestant.identity
    return Side(
        name=known.name,
        version=known.version,
        sha256=known.sha256,
        bytes=known.bytes,
        seconds=round(float(np.median(seconds.sum(axis=1))), 3),
        peak_mib=None if contestant.peak_mib is None else round(contestant.peak_mib, 1),
        offset_faults=len(faults),
        first_offset_faults=faults[:_FAULTS_TOLD],
    )


def _silent(_stage: str, _done: int, _of: int) -> None:
    pass
