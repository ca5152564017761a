"""A report as files: `gate.json`, `gate.html`."""

from __future__ import annotations

from pathlib import Path

from chitieu.errors import OutputUnwritable
from chitieu.evaluation.gate.page import page
from chitieu.evaluation.gate.report import GateReport

JSON, HTML = "gate.json", "gate.html"


def write(report: GateReport, folder: Path) -> list[Path]:
    """Write both, each whole or not at all; returns where.

    Raises:
        OutputUnwritable: no permission, no space.
    """
    contents = {JSON: report.model_dump_json(indent=1) + "\n", HTML: page(report)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            partial = folder / f"{name}.partial"
            partial.write_text(content, encoding="utf-8")
            partial.replace(folder / name)
    except OSError as error:
        raise OutputUnwritable(
            f"{folder}: không ghi được / cannot be written: {error.strerror}", file=str(folder), cause=str(error)
        ) from error
    return [folder / name for name in contents]
