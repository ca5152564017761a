"""A pipeline that takes its time, for tests of what happens meanwhile; run as a program, a worker or a service with it."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import cast

from chitieu.catalogue.load import load_catalogue
from chitieu.pipeline import Pipeline
from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.encoder import Progress, Tagger
from chitieu.text.passages import Passages
from fakes import FakeTagger

QUICK = "Tổng thu ngân sách đạt 16 tỷ đồng."  # what a pipeline warms up with


class SlowTagger(FakeTagger):
    """Takes so many steps of so many seconds for each text, or until `go` is set.

    Attributes:
        read: the texts that were begun.
        silent: whether it reports nothing while it waits.
    """

    def __init__(self, steps: int, seconds: float, *, notes: Path | None = None, silent: bool = False) -> None:
        super().__init__()
        self.steps, self.seconds, self.notes, self.silent = steps, seconds, notes, silent
        self.read: list[str] = []
        self.go = threading.Event()

    def tag(self, passages: Passages, *, progress: Progress | None = None) -> list[TaggedSpan]:
        text = passages.reading.text
        if text != QUICK:
            self.read.append(text)
            if self.notes is not None:
                with self.notes.open("a", encoding="utf-8") as notes:
                    notes.write(f"{os.getpid()} {text}\n")
            for step in range(self.steps):
                if progress is not None and not self.silent:
                    progress(step, self.steps)
                if self.go.wait(self.seconds):
                    break
            if progress is not None:
                progress(self.steps, self.steps)
        return super().tag(passages)


def slow_pipeline(steps: int = 600, seconds: float = 0.05, **more) -> Pipeline:
    """A pipeline whose tagger is a `SlowTagger`."""
    return Pipeline(cast(Tagger, SlowTagger(steps, seconds, **more)), load_catalogue())


def main() -> int:
    """`worker` or `serve PORT`, with the settings of the environment."""
    asked = argparse.ArgumentParser()
    asked.add_argument("what", choices=("worker", "serve"))
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--steps", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=0.0)
    asked.add_argument("--silent", action="store_true")
    asked.add_argument("--notes", type=Path)
    asked.add_argument("--threads", type=int, default=1)
    args = asked.parse_args()
    pipeline = slow_pipeline(args.steps, args.seconds, notes=args.notes, silent=args.silent)
    if args.what == "worker":
        from chitieu.cli.worker import work
        from chitieu.served import ServedPipeline
        from chitieu.settings import load_settings

        return work(load_settings(), lambda: ServedPipeline(pipeline), threads=args.threads)
    import uvicorn

    from chitieu.api.app import create_app
    from chitieu.api.protocol import Limits

    limits = Limits(header_seconds=10, body_seconds=60, connections=100)
    app = create_app(pipeline)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=args.port,
        log_level="warning",
        http=limits.as_http(),
        timeout_graceful_shutdown=app.state.settings.shutdown_seconds + 5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
