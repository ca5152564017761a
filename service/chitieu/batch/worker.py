"""The process that reads documents one after another, for `chitieu.batch.local`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from chitieu.errors import ChitieuError

_GRACE = 2.0  # seconds to end what was started, then the process ends itself
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker needs: plain values, as it is another process, and may be on another machine.

    Attributes:
        pipeline: ``package.module:function`` that takes the model's folder and ``threads`` and gives a pipeline.
        model: folder of the model; None: the current one.
        settings: fields of `Settings`.
        pack: `chitieu.batch.reading.Pack`.
        threads: of the model.
        key, layout: the run's `chitieu.batch.key.reading_key` and what it was made with; no key: nothing is compared.
    """

    pipeline: str
    model: Path | None
    settings: dict[str, Any]
    pack: str
    threads: int = 1
    key: str = ""
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A worker that cannot read anything: the code of an error, its message."""

    code: str
    message: str


def work(plan: Plan, pipe: Connection) -> None:
    """Load the model, say so (None), then answer every item with a `Result` until the pipe is closed; `Unfit` ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's interrupt is the parent's affair
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.dup2(2, 1)  # what libraries print is no part of the run's own words
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    # Behind the line above, as libraries look at it when they are loaded.
    from chitieu.batch.key import check_key
    from chitieu.batch.reading import call, packer, read_item
    from chitieu.settings import Settings

    try:
        settings = Settings(**plan.settings)
        pipeline = call(plan.pipeline, plan.model, threads=plan.threads)
        if plan.key:
            check_key(plan.key, pipeline, settings, plan.layout)
        pipeline.warm_up()
        pack = packer(plan.pack)  # type: ignore[arg-type]
        pipe.send(None)
        while True:
            item = pipe.recv()
            pipe.send(read_item(item, pipeline, settings, pack))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except ChitieuError as error:
        pipe.send(Unfit(error.code, error.message))


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # Raised in the main thread, it ends what reads an untrusted file for it, too.
    raise SystemExit(1)


def end_with_parent() -> None:
    """Wait for the parent's end, then end this process: where the parent is killed nobody else does."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)
