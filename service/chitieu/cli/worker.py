"""`chitieu worker`: does jobs, apart from the service."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING

from chitieu.cli.numbers import number
from chitieu.settings import Settings, load_settings

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.served import ServedPipeline

_MOST_THREADS = 64


def add_worker(commands: Commands) -> None:
    """Describe the command."""
    worker = commands.add_parser("worker", help="làm các công việc đang chờ / do the jobs that wait")
    worker.add_argument(
        "--threads",
        type=number(1, _MOST_THREADS),
        default=1,
        metavar="N",
        help="số công việc làm cùng lúc / jobs at once (1)",
    )
    worker.set_defaults(run=run_worker)


def run_worker(args: argparse.Namespace) -> int:
    """Do jobs until stopped: SIGTERM or SIGINT."""
    from chitieu.api.telemetry.logs import configure
    from chitieu.served import load_served

    settings = load_settings()
    configure(settings)
    return work(settings, load_served, threads=args.threads)


def work(settings: Settings, load: Callable[[], ServedPipeline], *, threads: int) -> int:
    """Do jobs until the process is told to stop; what is in hand then has `shutdown_seconds`. A second signal ends it at once.

    Raises:
        ModelMissing, ModelInvalid, CatalogueInvalid: see `load_served`.
        DatabaseDown, DatabaseInvalid: there is no usable database.
        OutputUnwritable: no queue can be kept in the data folder.
        AddressTaken: another program has the port of its measures.
    """
    from chitieu.jobs.run import Tools
    from chitieu.jobs.worker import Worker
    from chitieu.served import following
    from chitieu.store.database import open_database
    from chitieu.store.migrate import migrate

    until_told = _signals()
    database = open_database(settings)
    migrate(database)
    served = load()
    served.pipeline.warm_up()
    # A job that is asked for after a promotion is done by the new model, however short ago that was.
    worker = Worker(lambda: Tools(database, served.latest(), settings), threads=threads)
    with ExitStack() as stack:
        stack.enter_context(following(served, settings.model_seconds))
        if settings.worker_metrics_port is not None:
            from chitieu.api.telemetry.worker import measured

            stack.enter_context(measured(served, database, settings.worker_metrics_port))
        worker.start()
        until_told()
        worker.stop(settings.shutdown_seconds)
    database.close()
    if worker.alive:  # a thread that cannot be ended must not keep the process from ending
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0


def _signals() -> Callable[[], None]:
    """From now on the first SIGTERM or SIGINT ends what is returned, called before or after it, and a second ends the process.

    A pipe, since nothing else is sure: a signal that comes just before a thread waits for an event does not end that wait,
    and one that comes while the event's lock is held waits for the lock itself.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)

    def once(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, once)

    def until_told() -> None:
        os.read(reading, 1)

    return until_told
