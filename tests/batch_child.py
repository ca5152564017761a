"""`chitieu batch` as a process to be killed: a fake pipeline, and an output that is written all the time.

python batch_child.py ENGINE PIPELINE WORKERS ARCHIVE OUT
"""

from __future__ import annotations

import sys

import batch_runs
import chitieu.batch.dataset


def main() -> int:
    """Run; returns the exit status of the command."""
    engine, pipeline, workers, archive, out = sys.argv[1:]
    chitieu.batch.dataset._PAUSE = 0.1
    chitieu.batch.dataset._SHARE = 0.0
    report = batch_runs.batch(archive, out=out, engine=engine, pipeline=pipeline, workers=int(workers))
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
