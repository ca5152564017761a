"""One encoder for many callers: windows that wait while a pass is running are read together in the next.

There is no thread of its own and no delay: whoever finds the encoder free runs the next pass, for all who wait.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from chitieu.tagging.decode import Scores
from chitieu.tagging.tokens import EncodedWindow

Outputs = tuple[Scores, Scores, Scores]
Run = Callable[[Sequence[EncodedWindow]], Sequence[Outputs]]
# Measured: in one pass, short windows gain by company up to here (a third at 32 tokens, a tenth at 128), long ones nothing.
_PASS_TOKENS = 512
# A pass costs as much as some ten tokens more, so that windows are padded by no more than this to go together.
_LIKE = 16
_PATIENCE = 3  # passes in which a caller lets those with less to read go first
_STEP = 8


def padded(length: int) -> int:
    """The length that a window of so many tokens is padded to at least.

    At multiples of eight its scores are the same to the last bit, whatever it is read with; between them the products'
    last columns are computed in another order.
    """
    return -(-length // _STEP) * _STEP


class PassObserver(Protocol):
    """Is told of every pass: how many windows it read, of how many callers, in how many seconds."""

    def __call__(self, *, windows: int, callers: int, seconds: float) -> None: ...


class _Caller:
    """Who waits for windows to be read."""

    def __init__(self, windows: Sequence[EncodedWindow]) -> None:
        self.lengths = [padded(len(window.ids)) for window in windows]
        self.windows = windows
        self.pending = list(range(len(windows)))
        self.ready: deque[tuple[int, Outputs]] = deque()
        self.failure: BaseException | None = None
        self.passed_over = 0


_Taken = tuple[_Caller, int]


class SharedEncoder:
    """Reads windows for any number of threads.

    Attributes:
        observers: see `PassObserver`; called in the thread that ran the pass.
    """

    def __init__(self, run: Run, *, passes: int = 1) -> None:
        """
        Args:
            run: one pass of the encoder; gives the scores of each window. It is called by ``passes`` threads at most.
        """
        self.observers: list[PassObserver] = []
        self._run = run
        self._passes = passes
        self._running = 0
        self._changed = threading.Condition()
        self._callers: list[_Caller] = []  # who has windows that no pass has taken yet, first come first

    def read(self, windows: Sequence[EncodedWindow]) -> Generator[tuple[int, Outputs], None, None]:
        """The windows' scores as they come, each with its place in ``windows``. To be closed where it is not read to its end.

        Raises whatever the pass that took one of them raised.
        """
        caller = _Caller(windows)
        with self._changed:
            self._callers.append(caller)
        try:
            for _ in windows:
                yield self._next(caller)
        finally:
            with self._changed:
                self._forget(caller)

    def _next(self, caller: _Caller) -> tuple[int, Outputs]:
        while True:
            with self._changed:
                while not (caller.failure or caller.ready or (self._running < self._passes and self._callers)):
                    self._changed.wait()
                if caller.failure:
                    raise caller.failure
                if caller.ready:
                    return caller.ready.popleft()
                taken = self._take()
                self._running += 1
            self._pass(taken)

    def _take(self) -> list[_Taken]:
        """The windows of the next pass: the first of whose turn it is, and those that go well with it."""
        first = next((caller for caller in self._callers if caller.passed_over >= _PATIENCE), None)
        # Who has least left goes first, and is done soon.
        first = first or min(self._callers, key=lambda caller: len(caller.pending))
        for caller in self._callers:
            caller.passed_over += 1
        taken = [(first, first.pending[0])]
        own = first.lengths[first.pending[0]]
        if own <= _PASS_TOKENS // 2:
            waiting = [(caller.lengths[n], caller, n) for caller in self._callers for n in caller.pending]
            longest = max(length for length, _, _ in waiting if length <= own + _LIKE)
            like = [one for one in waiting if longest - _LIKE <= one[0] <= longest and one[1:] != taken[0]]
            like.sort(key=lambda one: longest - one[0])
            taken += [(caller, number) for _, caller, number in like[: max(0, _PASS_TOKENS // longest - 1)]]
        for caller, number in taken:
            caller.passed_over = 0
            caller.pending.remove(number)
            if not caller.pending:
                self._forget(caller)
        return taken

    def _pass(self, taken: Sequence[_Taken]) -> None:
        """Run a pass; its failure is that of every caller in it."""
        begun = time.perf_counter()
        outputs: Sequence[Outputs] = ()
        failure: BaseException | None = None
        try:
            outputs = self._run([caller.windows[number] for caller, number in taken])
        except BaseException as error:
            failure = error
        seconds = time.perf_counter() - begun
        with self._changed:
            self._running -= 1
            if failure is None:
                for (caller, number), scores in zip(taken, outputs, strict=True):
                    caller.ready.append((number, scores))
            else:
                for caller, _ in taken:
                    caller.failure = failure
                    self._forget(caller)
            self._changed.notify_all()
        for observe in self.observers:
            observe(windows=len(taken), callers=len({id(caller) for caller, _ in taken}), seconds=seconds)

    def _forget(self, caller: _Caller) -> None:
        caller.pending = []
        if caller in self._callers:
            self._callers.remove(caller)
