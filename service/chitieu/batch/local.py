"""The engine of one machine: a process for each document that is read at a time.

Each process has a pipe of its own. A pool with one queue for all, as the well-known ones have it, is left with half a message or a lock
that nobody holds when a process is killed in the wrong moment; here that moment costs one process and one try of one document.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from chitieu.batch.engine import Failure, Item, Result
from chitieu.batch.worker import Plan, Unfit, work
from chitieu.errors import ChitieuError, ModelInvalid, ModelMissing, WorkersDiffer, WorkersLost

_MOST_BAD_STARTS = 3
_GRACE = 3.0  # seconds that a process has to end by itself


@dataclass(slots=True)
class _Task:
    item: Item
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    task: _Task | None = None
    deadline: float = field(default=0.0)


class LocalEngine:
    """Reads documents in ``workers`` processes. One that dies, or is ended because it took too long, is replaced."""

    def __init__(self, plan: Plan, *, workers: int, seconds: float, attempts: int) -> None:
        """
        Args:
            seconds: that one document may take.
            attempts: how often a document is begun whose process died: the one that the system ends for lack of memory is not always
                the one that is to blame.
        """
        self._plan = plan
        self._count = workers
        self._seconds = seconds
        self._attempts = attempts
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._waiting: deque[_Task] = deque()
        self._bad_starts = 0

    def has_room(self) -> bool:
        """One waits besides those that are read, so that no process has to."""
        return len(self._waiting) + sum(w.task is not None for w in self._workers) <= self._count

    def is_idle(self) -> bool:
        return not self._waiting and all(w.task is None for w in self._workers)

    def submit(self, item: Item) -> None:
        self._waiting.append(_Task(item))
        self._deal()

    def results(self, timeout: float) -> list[Result]:
        """
        Raises:
            WorkersLost: processes die before they are ready.
            ModelMissing, ModelInvalid, WorkersDiffer: as a process says.
        """
        now = time.monotonic()
        deadlines = [w.deadline for w in self._workers if w.task is not None]
        timeout = max(0.0, min([timeout, *(deadline - now for deadline in deadlines)]))
        told = set(wait([w.pipe for w in self._workers], timeout))
        out: list[Result] = []
        for worker in list(self._workers):
            if worker.pipe in told:
                out += self._hear(worker)
            elif worker.task is not None and time.monotonic() >= worker.deadline:
                out.append(_failed(worker.task, _too_slow(self._seconds)))
                self._dismiss(worker)
        self._deal()
        return out

    def close(self) -> None:
        self._waiting.clear()
        for worker in self._workers:
            worker.process.terminate()
        for worker in list(self._workers):
            self._dismiss(worker)

    def _deal(self) -> None:
        """Give what waits to those who are ready, and start as many more as there is work for."""
        free = [w for w in self._workers if w.is_ready and w.task is None]
        while self._waiting and free:
            worker, task = free.pop(), self._waiting.popleft()
            task.tries += 1
            worker.task, worker.deadline = task, time.monotonic() + self._seconds
            try:
                worker.pipe.send(task.item)
            except OSError:  # it is dead, as its pipe will say
                continue
        coming = sum(not w.is_ready for w in self._workers)
        for _ in range(min(self._count - len(self._workers), len(self._waiting) - coming)):
            self._start()

    def _start(self) -> None:
        pipe, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(self._plan, theirs), name="chitieu-batch", daemon=True)
        process.start()
        theirs.close()  # so that its end is seen here
        self._workers.append(_Worker(process, pipe))

    def _hear(self, worker: _Worker) -> Iterator[Result]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if isinstance(message, Unfit):
            raise unfit(message)
        if message is None:
            worker.is_ready, self._bad_starts = True, 0
        else:
            worker.task = None
            yield message

    def _bury(self, worker: _Worker) -> Iterator[Result]:
        """A process has died: its document is tried again, or told as failed."""
        self._dismiss(worker)
        why = ending(worker.process.exitcode)
        if worker.task is None:
            self._bad_starts += not worker.is_ready
            if self._bad_starts >= _MOST_BAD_STARTS:
                raise WorkersLost(
                    f"Tiến trình đọc không khởi động được ({why}). / The processes that read do not start ({why}).",
                    cause=why,
                )
        elif worker.task.tries < self._attempts:
            self._waiting.appendleft(worker.task)
        else:
            yield _failed(worker.task, crashed(worker.task.tries, why))

    def _dismiss(self, worker: _Worker) -> None:
        """End a process and forget it."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.terminate()
        worker.process.join(_GRACE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def ending(code: int | None) -> str:
    """How a process ended, by its exit code."""
    if code is None or code >= 0:
        return f"{code}"
    name = signal.Signals(-code).name
    return f"{name}, hết bộ nhớ? / out of memory?" if -code == signal.SIGKILL else name


def _failed(task: _Task, failure: Failure) -> Result:
    return Result(task.item.sha256, task.item.hint, failure)


def _too_slow(seconds: float) -> Failure:
    return Failure("file_too_costly", f"đọc quá {seconds:g} giây. / reading it takes more than {seconds:g} s.")


def unfit(told: Unfit) -> ChitieuError:
    """The error that a worker told of."""
    for kind in (ModelMissing, WorkersDiffer, WorkersLost):
        if told.code == kind.code:
            return kind(told.message, cause=told.code)
    return ModelInvalid(told.message, cause=told.code)


def crashed(tries: int, why: str) -> Failure:
    """What is told of a document whose reader died so often."""
    return Failure(
        "file_too_costly",
        f"tiến trình đọc dừng đột ngột {tries} lần ({why}). / its reader stopped suddenly {tries} times ({why}).",
    )
