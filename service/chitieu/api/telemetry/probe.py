"""A question to something that may not answer: asked seldom, waited for briefly, with one thread for each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Probe(Generic[Value]):
    """What a function that blocks gives, for many who ask at once; of one event loop.

    While it does not come back, whoever asks gets ``otherwise`` and nothing is asked anew, so that a database that hangs takes
    one thread, and none of those that serve.
    """

    def __init__(
        self, ask: Callable[[], Value], *, otherwise: Value, fresh_seconds: float = 2.0, patience_seconds: float = 2.0
    ) -> None:
        """``ask`` runs in a thread of its own; what it raises counts as ``otherwise``."""
        self._ask = ask
        self._otherwise = otherwise
        self._fresh, self._patience = fresh_seconds, patience_seconds
        self._known: tuple[float, Value] | None = None
        self._asked: Future[Value] | None = None

    async def value(self) -> Value:
        """The value, at most ``fresh_seconds`` old, after at most ``patience_seconds``."""
        if self._known is not None and monotonic() - self._known[0] < self._fresh:
            return self._known[1]
        if self._asked is None:
            self._asked = Future()
            # A daemon: a process that is to end does not wait for a database that hangs.
            threading.Thread(target=self._run, args=(self._asked,), name="probe", daemon=True).start()
        asked = self._asked
        await asyncio.wait([asyncio.wrap_future(asked)], timeout=self._patience)
        if not asked.done():
            return self._otherwise
        value = asked.result()
        if self._asked is asked:
            self._asked, self._known = None, (monotonic(), value)
        return value

    def _run(self, asked: Future[Value]) -> None:
        try:
            value = self._ask()
        except BaseException:
            value = self._otherwise
        asked.set_result(value)
