"""A worker: threads that take jobs from the queue, and a sweep that puts there what it should hold."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from huey.consumer import BaseProcess, Consumer

from chitieu.errors import JobUnknown
from chitieu.jobs import extract as extracting
from chitieu.jobs import train as training
from chitieu.jobs.hold import FAULTS, Hold
from chitieu.jobs.queue import Queue
from chitieu.jobs.run import Kind, Tools, run
from chitieu.store import jobs

log = structlog.get_logger(__name__)
KINDS: Mapping[str, Kind] = {extracting.KIND: extracting.extract, training.KIND: training.train}
# These take hours: one at a time in a thread of its own, so that the others do not wait for it.
_APART = frozenset({training.KIND})
_LONGEST_POLL = 1.0  # seconds until an idle thread looks into the queue again
_LONGEST_SWEEP = 15.0  # seconds between two sweeps, at most
_PURGE_SECONDS = 600.0
UNSEEN_SECONDS = 2 * _LONGEST_SWEEP + 5.0  # after which jobs that wait and were swept by nobody have no worker
_LET_GO_SECONDS = 2.0  # for jobs that are told to let go


class Worker:
    """Does jobs until it is stopped. Several, in one process or many, share a queue; each job is done once.

    Attributes:
        name: of host and process, for logs.
    """

    def __init__(
        self,
        tools: Tools | Callable[[], Tools],
        *,
        threads: int = 1,
        kinds: Mapping[str, Kind] = KINDS,
        pause: Callable[[], None] | None = None,
    ) -> None:
        """
        Args:
            tools: what jobs are done with; a function is asked before each, and when the worker starts.
            threads: jobs that are done at once.
            kinds: what to do, by the kind of job.
            pause: called whenever a job reports; may wait a little, to let what is more urgent pass.

        Raises:
            ConfigInvalid, OutputUnwritable: see `Queue`.
        """
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._tools = tools if callable(tools) else lambda: tools
        self._kinds, self._pause = kinds, pause
        known = self._tools()
        self._database, self._settings = known.database, known.settings
        self._let_go = threading.Event()
        self._holds: set[Hold] = set()
        self._apart: threading.Thread | None = None
        self._starting = threading.Lock()
        self._queue = Queue(self._settings, work=self._run)
        self._queue.huey.on_shutdown(name="close")(self._queue.close)  # of each thread's connection
        self._purged = -_PURGE_SECONDS
        self._consumer = _Consumer(
            self._queue.huey,
            sweep=self._sweep,
            seconds=min(_LONGEST_SWEEP, self._settings.job_lease_seconds / 3),
            workers=threads,
            max_delay=_LONGEST_POLL,
        )

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._consumer.start()
        log.info("worker_started", worker=self.name, threads=self._consumer.workers)

    def stop(self, seconds: float) -> None:
        """Take nothing new, finish for so many seconds what was taken, and give back to the queue what is not finished then."""
        self._consumer.shutdown_timeout = seconds
        if seconds > 0:
            self._consumer.stop(graceful=True)
        else:
            self._consumer.stop()
        self._let_go.set()
        # Not left to the jobs: one that reads a scan looks up rarely.
        for hold in tuple(self._holds):
            hold.give_back()
        self._consumer.join(_LET_GO_SECONDS)
        if self._apart is not None:
            self._apart.join(_LET_GO_SECONDS)
        left = self._consumer.alive + self._is_apart
        log.info("worker_stopped", worker=self.name, unfinished=left)

    @property
    def alive(self) -> bool:
        """Whether a thread is still at a job that was given back: reading a scan, say. Nothing comes of it."""
        return self._consumer.alive > 0 or self._is_apart

    @property
    def _is_apart(self) -> bool:
        return self._apart is not None and self._apart.is_alive()

    def _run(self, id: str) -> None:
        try:
            kind = jobs.get(self._database, id).kind
        except (JobUnknown, *FAULTS):  # a sweep queues it again, if it is there
            return
        if kind not in _APART:
            self._do(id)
            return
        with self._starting:
            # Where there is one already, this one waits: a sweep queues it again.
            if not self._is_apart and not self._let_go.is_set():
                self._apart = threading.Thread(target=self._do, args=(id,), name="apart", daemon=True)
                self._apart.start()

    def _do(self, id: str) -> None:
        run(
            id,
            tools=self._tools(),
            kinds=self._kinds,
            worker=self.name,
            stop=self._let_go,
            holds=self._holds,
            pause=self._pause,
        )

    def _sweep(self) -> None:
        settings, database = self._settings, self._database
        try:
            ids = jobs.stalled(database, lease_seconds=settings.job_lease_seconds, attempts=settings.job_attempts)
            if ids:
                jobs.look(database)
            waiting = self._queue.waiting() if ids else set()
            for job in ids:
                if waiting is not None and job not in waiting:
                    self._queue.put(job)
            database.tidy()
            if time.monotonic() - self._purged >= _PURGE_SECONDS:
                jobs.purge(database, settings.job_days)
                self._purged = time.monotonic()
        except FAULTS as error:
            log.warning("sweep_failed", cause=error.detail.get("cause"))
        except Exception as error:  # the next may go well, and without sweeps lost jobs stay lost
            log.error("sweep_failed", exc_info=error)


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    """Huey's consumer without its signal handlers, which are the program's affair, and with a sweep in place of its clock."""

    def __init__(self, huey: Any, *, sweep: Callable[[], None], seconds: float, **options: Any) -> None:
        self._sweep, self._seconds = sweep, seconds
        super().__init__(huey, **options)

    @property
    def alive(self) -> int:
        """Threads that have not ended."""
        return sum(thread.is_alive() for _, thread in self.worker_threads)

    def join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for _, thread in self.worker_threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _create_scheduler(self) -> BaseProcess:
        return _Sweeper(self.huey, self.stop_flag, self._sweep, self.check_worker_health, self._seconds)

    def _set_signal_handlers(self) -> None:
        pass


class _Sweeper(BaseProcess):  # type: ignore[misc]
    """Sweeps at once, and then every so many seconds; sees, too, that the threads live."""

    process_name = "Sweeper"

    def __init__(
        self,
        huey: Any,
        stop_flag: threading.Event,
        sweep: Callable[[], None],
        restart_dead: Callable[[], object],
        seconds: float,
    ) -> None:
        super().__init__(huey, stop_flag)
        self._sweep, self._restart_dead, self._seconds = sweep, restart_dead, seconds

    def loop(self, now: Any = None) -> None:
        self._sweep()
        if not self.stop_flag.wait(self._seconds):
            self._restart_dead()
