"""The engine of several machines: a Ray cluster, driven from a process of its own.

Where the whole cluster goes away Ray ends its driver at once and without a word; and it takes signals, exceptions and standard output for
itself. All of that stays in the process of `chitieu.batch.cluster_driver`.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from chitieu.batch.cluster_driver import Call, End, Pool, Step, drive, likeness, lost, unreachable
from chitieu.batch.engine import Item, Result
from chitieu.batch.local import ending
from chitieu.batch.worker import Plan
from chitieu.errors import ClusterLost, ClusterUnreachable, ProgramMissing

_LOAD_SECONDS = 60.0  # to start the process and load Ray
_SILENCE = 30.0  # seconds without a word of the driver, which has one every second
_GRACE = 15.0  # seconds that it has to end its readers


class ClusterEngine:
    """Reads documents on every core of a Ray cluster. Machines may come and go."""

    def __init__(
        self,
        plan: Plan,
        *,
        workers: int | None,
        seconds: float,
        attempts: int,
        address: str | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """
        Args:
            workers: documents that are read at once; None: as many as the cluster has cores.
            seconds: that one document may take.
            attempts: how often a document is begun whose process died, and on how many machines that are lost.
            address: ``host:port`` of the cluster's head; None: by ``RAY_ADDRESS``, else the cluster that runs on this machine, else
                this machine alone.
            say: takes a line for whoever waits.

        Raises:
            ProgramMissing: the extra `ray` is not installed.
            ClusterUnreachable: no cluster there.
        """
        if find_spec("ray") is None:
            raise ProgramMissing(
                "Cần cài thêm / needed: pip install 'chitieu[ray]'.", program="ray", install="chitieu[ray]"
            )
        self._sizes: dict[tuple[str, str], int] = {}  # bytes of what has no result yet, by document and hint
        self._address = address or os.environ.get("RAY_ADDRESS") or None
        here = likeness(str(plan.settings.get("soffice", "soffice")))
        call = Call(plan, workers, seconds, attempts, self._address, here)
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=drive, args=(call, theirs), name="chitieu-ray", daemon=True)
        self._process.start()
        theirs.close()  # so that its end is seen here
        try:
            self._pool = self._begin(say)
        except BaseException:
            self._end(0)
            raise
        self._heard = time.monotonic()

    def has_room(self) -> bool:
        """One waits besides those that are read, so that no reader has to."""
        return len(self._sizes) <= self._pool.readers and (
            not self._sizes or sum(self._sizes.values()) < self._pool.most_held
        )

    def is_idle(self) -> bool:
        return not self._sizes

    def submit(self, item: Item) -> None:
        self._sizes[item.sha256, item.hint] = len(item.data)
        with suppress(OSError):  # it is dead, as its pipe will say
            self._pipe.send(item)

    def results(self, timeout: float) -> list[Result]:
        """
        Raises:
            ClusterLost: the head, or this machine's part of the cluster, is gone.
            WorkersLost: no machine gives a reader that starts.
            WorkersDiffer: a machine has another version, model or other programs.
            ModelMissing, ModelInvalid: as a machine says.
        """
        out: list[Result] = []
        try:
            while self._pipe.poll(0 if out else timeout):
                message = self._hear()
                self._heard = time.monotonic()
                if isinstance(message, Result):
                    del self._sizes[message.sha256, message.hint]
                    out.append(message)
                elif isinstance(message, Pool):
                    self._pool, timeout = message, 0
        except (EOFError, OSError) as error:
            raise lost(self._ended()) from error
        if not out and time.monotonic() - self._heard > _SILENCE:
            self._process.kill()
            raise lost(f"Ray im lặng {_SILENCE:g} giây / silent for {_SILENCE:g} s")
        return out

    def close(self) -> None:
        self._end(_GRACE)

    def _begin(self, say: Callable[[str], None]) -> Pool:
        """Wait until the driver is part of the cluster."""
        seconds = _LOAD_SECONDS
        try:
            while self._pipe.poll(seconds):
                message = self._hear()
                if isinstance(message, Pool):
                    return message
                if isinstance(message, Step):
                    seconds = message.seconds
                    if message.line:
                        say(message.line)
        except (EOFError, OSError) as error:
            raise self._unreached(self._ended()) from error
        raise self._unreached(f"sau {seconds:g} giây chưa trả lời như Ray / no answer as Ray gives it in {seconds:g} s")

    def _hear(self) -> Any:
        message = self._pipe.recv()
        if isinstance(message, End):
            if message.kind is ClusterLost:
                self._process.kill()  # it would wait for what is not there any more
            raise message.kind(message.message, **message.detail)
        return message

    def _ended(self) -> str:
        self._process.join(_GRACE)
        return f"Ray dừng / Ray ended: {ending(self._process.exitcode)}"

    def _unreached(self, cause: str) -> ClusterUnreachable:
        return unreachable(self._address or "auto", cause)

    def _end(self, seconds: float) -> None:
        self._pipe.close()
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
