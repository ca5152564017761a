"""Run a served model over annotated files, to score it or to put its scores right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import read
from chitieu.contract import Extraction
from chitieu.errors import BadRequest
from chitieu.evaluation.card import write_calibration
from chitieu.evaluation.measures import LABELS, Scores
from chitieu.evaluation.reliability import FIGURES, Outcome, fit, outcomes, reliability
from chitieu.pipeline import load_pipeline


def gold_files(paths: Sequence[Path], *, only: Path | None = None, all_named: bool = False) -> list[Path]:
    """The ``*.xml`` files at ``paths``, sorted within each folder; with ``only``, those whose names that file lists.

    Raises:
        BadRequest: a path is not there, nothing is left, or, with ``all_named``, a name that ``only`` lists is of no file.
    """
    try:
        names = set(only.read_text(encoding="utf-8").split()) if only else None
    except OSError as error:
        raise BadRequest(f"{only}: không đọc được / cannot be read: {error.strerror}") from error
    files = [f for p in paths for f in (sorted(p.glob("*.xml")) if p.is_dir() else [p])]
    missing = [f for f in files if not f.is_file()]
    files = [f for f in files if names is None or f.name in names]
    if missing or not files:
        raise BadRequest(f"không có tài liệu gán nhãn / no annotated document: {(missing or paths)[0]}")
    lost = sorted(names - {f.name for f in files}) if names and all_named else []
    if lost:
        raise BadRequest(f"{only}: không có tệp / no such file: {', '.join(lost)}", files=lost)
    return files


Answered = list[tuple[AnnotatedDocument, Extraction]]


def answer(model: Path | None, files: Sequence[Path], *, calibrated: bool = True) -> Answered:
    """Annotated files with what the model in a folder (None: the current one) says of their texts.

    Raises:
        AnnotationInvalid: faulty gold. ModelMissing, ModelInvalid: no usable model.
    """
    pipeline = load_pipeline(model, calibrated=calibrated)
    documents = [read(path) for path in files]
    return [(document, pipeline.extract(document.text, id=document.name)) for document in documents]


def calibrate(folder: Path, files: Sequence[Path]) -> dict[str, tuple[float, float]]:
    """Fit the curves of a model's scores on annotated files that it was not trained on, and write them into its manifest.

    First those of spans and links on the raw scores, then that of figures, whose scores follow from theirs. Raises what `answer` raises.
    """
    curves = fit(o for o in _outcomes(answer(folder, files, calibrated=False)) if o.name != FIGURES)
    write_calibration(folder, curves, documents=len(files))
    curves |= fit(o for o in _outcomes(answer(folder, files)) if o.name == FIGURES)
    write_calibration(folder, curves, documents=len(files))
    return curves


def _outcomes(answered: Answered) -> Iterator[Outcome]:
    return (outcome for document, extraction in answered for outcome in outcomes(document, extraction))


def reliability_of(answered: Answered) -> dict[str, dict[str, object]]:
    """`reliability` over all documents together."""
    return reliability(_outcomes(answered))


def as_table(scores: Scores) -> str:
    """The measures for eyes."""
    lines = [f"{'label':12} {'strict F1':>9} {'relaxed':>8} {'gold':>6} {'system':>6}"]
    for label in LABELS:
        row = scores.labels[label]
        values = (row[key] if row[key] is not None else "-" for key in ("f1", "relaxed", "gold", "system"))
        lines.append("{:12} {:>9} {:>8} {:>6} {:>6}".format(label, *values))
    skipped = {label.lower() for label in LABELS}
    lines += [
        "",
        *(
            f"{name:12} {value if value is not None else '-':>9}"
            for name, value in scores.rows.items()
            if name not in skipped
        ),
    ]
    return "\n".join(lines)
