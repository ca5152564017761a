"""A worker's hold on the job that it does: signs of life, progress, and when to let go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

import structlog

from chitieu.errors import DatabaseDown, DatabaseInvalid
from chitieu.store import jobs
from chitieu.store.database import Database

log = structlog.get_logger(__name__)
FAULTS = (DatabaseDown, DatabaseInvalid)  # that pass, or that somebody repairs
_REPORT_SECONDS = 1.0
_SIGNS_A_LEASE = 4
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
Result = TypeVar("Result")


class JobLost(Exception):
    """The job is this worker's no more: cancelled, forgotten, or taken over by another. What came of it is of no use."""


class Interrupted(Exception):
    """The worker is to end now; another should begin the job again."""


class Hold:
    """Begins when entered: a thread gives signs of life until it is left, however long a step says nothing."""

    def __init__(
        self,
        database: Database,
        id: str,
        worker: str,
        *,
        lease_seconds: float,
        stop: threading.Event,
        pause: Callable[[], None] | None = None,
    ) -> None:
        """
        Args:
            worker: the name that the job was claimed with.
            stop: set when the job must be let go at once.
            pause: called at each report; may wait, to let what is more urgent pass.
        """
        self._database, self._id, self._worker = database, id, worker
        self._stop, self._pause = stop, pause
        self._every = lease_seconds / _SIGNS_A_LEASE
        self._lost, self._left = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._give_signs, name=f"hold-{id[:8]}", daemon=True)
        self._step: str | None = None
        self._next = 0.0

    def __enter__(self) -> Hold:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._left.set()
        self._thread.join(self._every)

    def report(self, step: str, done: int = 0, total: int | None = None) -> None:
        """Tell how far the job is; written when a step begins and ends, and between at most once a second.

        Args:
            done, total: so much of so much of the step; total None where nobody knows of how much.

        Raises:
            JobLost, Interrupted: the work is to be broken off.
        """
        self._check()
        if self._pause is not None:
            self._pause()
        if step == self._step and done != total and time.monotonic() < self._next:
            return
        self._step, self._next = step, time.monotonic() + _REPORT_SECONDS
        try:
            ours = jobs.progress(self._database, self._id, self._worker, step, done, total)
        except FAULTS as error:
            log.warning("job_not_reported", job=self._id, cause=error.detail.get("cause"))
            return
        if not ours:
            self._lost.set()
            raise JobLost

    def note(self, told: str) -> None:
        """Keep what the job has told so far, for whoever waits for it; where that cannot be, the work goes on without."""
        try:
            jobs.note(self._database, self._id, self._worker, told)
        except FAULTS as error:
            log.warning("job_not_noted", job=self._id, cause=error.detail.get("cause"))

    def insist(self, change: Callable[[], Result]) -> Result:
        """What ``change`` of the database gives; tried again for as long as the database is not to be had.

        Raises:
            JobLost, Interrupted: there is no use in trying, or no time.
        """
        wait = _FIRST_WAIT
        while True:
            try:
                return change()
            except FAULTS as error:
                log.warning("job_waits_for_database", job=self._id, cause=error.detail.get("cause"))
            self._stop.wait(wait)
            self._check()
            wait = min(2 * wait, _LONGEST_WAIT)

    def give_back(self) -> None:
        """Let another begin the job again, as if it had not been begun; whatever it is at here, nothing comes of it."""
        self._lost.set()
        try:
            ours = jobs.give_back(self._database, self._id, self._worker)
        except FAULTS as error:
            log.warning("job_not_given_back", job=self._id, cause=error.detail.get("cause"))  # the lease will end
            return
        if ours:
            log.info("job_given_back", job=self._id)

    def _check(self) -> None:
        if self._lost.is_set():
            raise JobLost
        if self._stop.is_set():
            raise Interrupted

    def _give_signs(self) -> None:
        while not self._left.wait(self._every):
            try:
                ours = jobs.renew(self._database, self._id, self._worker)
            except FAULTS as error:
                log.warning("job_not_renewed", job=self._id, cause=error.detail.get("cause"))
                continue
            except Exception as error:  # without signs another would take the job, too
                log.error("job_not_renewed", job=self._id, exc_info=error)
                continue
            if not ours:
                self._lost.set()
                return
