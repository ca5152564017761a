"""Threads that read texts: how many at once, who waits, who is turned away, and when a reading is given up."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from chitieu.api.stopping import stopping_error
from chitieu.cores import usable_cores
from chitieu.errors import ServiceBusy, TooSlow
from chitieu.settings import Settings
from chitieu.tagging.encoder import Progress

__all__ = ["GivenUp", "Observer", "Pool", "Progress"]

Result = TypeVar("Result")
Outcome = tuple[Any, BaseException | None]
_RECENT = 50  # texts whose time says how long the next will take
_LONGEST_WAIT = 60  # seconds that anybody is told to wait
_TURNS = 4  # texts that go before one of those that have no hurry


class GivenUp(Exception):
    """Nobody waits for the text any longer: its time is over or its client gone. Ends the work; no caller sees it."""


class Observer(Protocol):
    """Is told of every text that was read: seconds it waited, seconds it was worked on, its length in code points."""

    def __call__(self, *, waited: float, worked: float, characters: int) -> None: ...


class _Text:
    """One text on its way through the pool."""

    def __init__(self, work: Callable[[Progress], Any], characters: int, *, long: bool, patient: bool) -> None:
        self.work = work
        self.characters = characters
        self.long = long
        self.patient = patient
        self.context = contextvars.copy_context()
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Outcome] = self.loop.create_future()
        self.came = self.began = time.monotonic()
        self.on_begin: Callable[[], None] = lambda: None
        self.given_up = False

    def progress(self, done: int, of: int) -> None:
        if self.given_up:
            raise GivenUp(f"{done}/{of}")

    def end(self, result: Any, error: BaseException | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result((result, error))


class Pool:
    """Reads texts in threads. To be used from one event loop.

    Attributes:
        threads: texts that are read at once.
        observers: see `Observer`; called in the event loop.
    """

    def __init__(self, settings: Settings) -> None:
        self.threads = settings.threads or usable_cores()
        self.observers: list[Observer] = []
        self._settings = settings
        # Long texts leave a thread to the others, where there is more than one.
        self._most_long = max(1, self.threads - 1)
        self._lanes: dict[tuple[bool, bool], deque[_Text]] = {
            (patient, long): deque() for patient in (False, True) for long in (False, True)
        }
        self._running: set[_Text] = set()
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._turns = 0
        self._closed = False
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="read-text")

    @property
    def waiting(self) -> int:
        """Texts that wait for a thread."""
        return sum(map(len, self._lanes.values()))

    @property
    def running(self) -> int:
        """Texts that are being read."""
        return len(self._running)

    @property
    def full(self) -> bool:
        """Whether a text in a hurry would be turned away."""
        return self._hurried >= self._settings.room

    @property
    def closed(self) -> bool:
        """Whether nothing new is taken, since the service is stopping."""
        return self._closed

    async def run(
        self,
        work: Callable[[Progress], Result],
        *,
        characters: int,
        wait: bool = False,
    ) -> Result:
        """What ``work`` gives, which is called in a thread of the pool.

        It is given a `Progress` to call now and then (`Pipeline.extract(…, progress=progress)` does): that raises
        `GivenUp` in the thread once nobody waits for the text any longer, because its time was over or the task that
        awaits this was cancelled.

        Args:
            work: the reading; what it raises is raised here.
            characters: the text's length in code points.
            wait: it has no hurry (one of a batch): it is taken however many wait, lets others go first, and its time
                counts from when it is begun.

        Raises:
            ServiceBusy: `settings.room` texts wait already. ServiceStopping: the pool is closed.
            TooSlow: `settings.request_seconds` are over.
        """
        if self._closed:
            raise stopping_error()
        if not wait and self._hurried >= self._settings.room:
            raise self._busy()
        text = _Text(work, characters, long=characters >= self._settings.long_characters, patient=wait)
        limit = self._settings.request_seconds
        timeout = asyncio.timeout(None if wait else limit)
        try:
            async with timeout:
                if wait:
                    text.on_begin = lambda: timeout.reschedule(text.loop.time() + limit)
                self._lanes[text.patient, text.long].append(text)
                self._quiet.clear()
                self._begin_next()
                result, error = await text.outcome
        except TimeoutError:
            if not timeout.expired():
                raise
            raise _too_slow(limit) from None
        finally:
            self._leave(text)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    async def drain(self, seconds: float) -> None:
        """Take nothing new, finish what was taken for so many seconds, and close."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        self.close()

    def close(self) -> None:
        """Take nothing new and give up what is not finished: its callers see `ServiceStopping`."""
        self._closed = True
        left = [*self._running, *(text for lane in self._lanes.values() for text in lane)]
        for lane in self._lanes.values():
            lane.clear()
        for text in left:
            text.given_up = True
            text.end(None, stopping_error())
        self._executor.shutdown(wait=False, cancel_futures=True)

    @property
    def _hurried(self) -> int:
        return len(self._lanes[False, False]) + len(self._lanes[False, True])

    def _busy(self) -> ServiceBusy:
        mean = sum(self._recent) / len(self._recent) if self._recent else 1.0
        seconds = math.ceil(mean * (self.waiting + self.running) / self.threads)
        return ServiceBusy(
            "Nhiều văn bản đang chờ, hãy thử lại sau. / Many texts are waiting, try again later.",
            retry_after=min(max(seconds, 1), _LONGEST_WAIT),
        )

    def _heads(self, *, patient: bool) -> Iterator[_Text]:
        """The first of each lane, where it may begin."""
        if lane := self._lanes[patient, False]:
            yield lane[0]
        if (lane := self._lanes[patient, True]) and sum(text.long for text in self._running) < self._most_long:
            yield lane[0]

    def _next(self) -> _Text | None:
        """Whose turn it is: who came first of those in a hurry, and now and then one of the others."""
        hurried, patient = (
            min(self._heads(patient=patient), key=lambda text: text.came, default=None) for patient in (False, True)
        )
        if hurried is not None and (patient is None or self._turns < _TURNS):
            self._turns += 1
            return hurried
        self._turns = 0
        return patient

    def _begin_next(self) -> None:
        while len(self._running) < self.threads and (text := self._next()) is not None:
            self._lanes[text.patient, text.long].popleft()
            self._running.add(text)
            text.began = time.monotonic()
            text.on_begin()
            self._executor.submit(self._work, text)

    def _work(self, text: _Text) -> None:
        """In a thread: the work itself."""
        result, error = None, None
        try:
            text.progress(0, 0)  # it may have been given up between its turn and now
            result = text.context.run(text.work, text.progress)
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            text.loop.call_soon_threadsafe(self._ended, text, result, error)

    def _ended(self, text: _Text, result: Any, error: BaseException | None) -> None:
        self._running.discard(text)
        worked = time.monotonic() - text.began
        text.end(result, error)
        if not text.given_up:
            self._recent.append(worked)
        self._begin_next()
        self._check_quiet()
        for observe in self.observers:
            observe(waited=text.began - text.came, worked=worked, characters=text.characters)

    def _leave(self, text: _Text) -> None:
        """Nobody waits for it any longer: free its place, or have its thread stop."""
        text.given_up = True
        lane = self._lanes[text.patient, text.long]
        if text in lane:
            lane.remove(text)
            self._check_quiet()

    def _check_quiet(self) -> None:
        if not self._running and not self.waiting:
            self._quiet.set()


def _too_slow(seconds: float) -> TooSlow:
    return TooSlow(
        f"Không đọc xong trong {seconds:g} giây. / The text was not read within {seconds:g} seconds.", seconds=seconds
    )
