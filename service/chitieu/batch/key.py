"""What a reading follows from, besides the document's bytes."""

from __future__ import annotations

import hashlib
import json

from chitieu import __version__
from chitieu.errors import WorkersDiffer
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings

# Settings by which the same bytes give another answer, or a failure in its place.
_CHANGING = ("max_file_bytes", "max_characters", "max_pages", "max_unpacked_bytes", "ocr", "max_ocr_pages")
# Settings by which a costly document may yet be read.
_LIMITS = (
    "read_seconds", "read_memory_mb", "ocr_seconds_per_page", "ocr_seconds", "ocr_memory_mb",
    "office_seconds", "office_memory_mb", "batch_seconds",
)  # fmt: skip


def reading_key(pipeline: Pipeline, settings: Settings, layout: str) -> str:
    """Software, model, catalogue, settings and ``layout`` (what is kept of a reading) as one text: equal where results are."""
    manifest = json.dumps(pipeline.tagger.manifest.raw, sort_keys=True)
    values = {
        "software": __version__,
        "model": [pipeline.info.name, pipeline.info.version, hashlib.sha256(manifest.encode()).hexdigest()],
        "catalogue": pipeline.info.catalogue,
        "settings": {name: getattr(settings, name) for name in _CHANGING},
        "layout": layout,
    }
    return json.dumps(values, sort_keys=True)


def check_key(key: str, pipeline: Pipeline, settings: Settings, layout: str) -> None:
    """Refuse to read where results would be others than those that ``key`` stands for.

    Raises:
        WorkersDiffer: this process has other software, another model, catalogue or settings.
    """
    found = reading_key(pipeline, settings, layout)
    if found != key:
        here, run = json.loads(found), json.loads(key)
        raise differing({name: (str(here.get(name)), str(run[name])) for name in run if here.get(name) != run[name]})


def differing(differences: dict[str, tuple[str, str]], where: str = "") -> WorkersDiffer:
    """The error; ``differences``: by name, what is there and what the run has."""
    told = "; ".join(f"{name}: {there} ≠ {here}" for name, (there, here) in differences.items())
    place = f"{where}: " if where else ""
    return WorkersDiffer(
        f"{place}Nơi đọc khác nơi chạy lệnh ({told}). / What reads is not what the run has ({told}).",
        differences=differences,
    )


def limits_key(settings: Settings) -> str:
    """The limits of time and memory as one text."""
    return json.dumps({name: getattr(settings, name) for name in _LIMITS}, sort_keys=True)
