"""`python -m chitieu.evaluation.gate.peak FOLDER`: read the texts of a JSON list with a model; writes the most MiB that were resident."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chitieu.pipeline import load_pipeline

_STATUS = Path("/proc/self/status")


def peak_mib(status: Path = _STATUS) -> float | None:
    """What this process had resident at most; None where there is no ``/proc``.

    Not the number of `getrusage`, which begins with what the parent had.
    """
    try:
        told = status.read_text(encoding="ascii")
    except OSError:
        return None
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Read, then tell."""
    pipeline = load_pipeline(Path(sys.argv[1]))
    for text in json.load(sys.stdin):
        pipeline.extract(text)
    json.dump(peak_mib(), sys.stdout)


if __name__ == "__main__":
    main()
