"""Threads that read files: how many at once, who waits, who is turned away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from chitieu.errors import ServiceBusy, TooSlow

Result = TypeVar("Result")


class FileReaders:
    """Threads of their own for reading files: a scan that takes minutes keeps no text waiting, nor a process from ending.

    To be used from one event loop.

    Attributes:
        room: files that are read or wait, at most. One that nobody waits for any longer counts until its thread ends.
    """

    def __init__(self, threads: int = 2, room: int = 16, seconds: float = 120) -> None:
        """``seconds`` is how long a file may wait for a thread."""
        self.room = room
        self._taken = 0
        self._seconds = seconds
        self._turns = asyncio.Semaphore(threads)

    async def run(self, read: Callable[[], Result]) -> Result:
        """What ``read`` gives.

        Raises:
            ServiceBusy: too many files wait already. TooSlow: no thread was free in time.
        """
        if self._taken >= self.room:
            raise ServiceBusy(
                "Đang đọc nhiều tệp, hãy thử lại sau. / Many files are being read, try again later.", retry_after=10
            )
        self._taken += 1
        try:
            await self._turn()
        except BaseException:
            self._taken -= 1
            raise
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Result] = loop.create_future()
        # Threads of an executor are waited for when the process ends; of these, none is.
        threading.Thread(target=self._work, args=(loop, outcome, read), name="read-file", daemon=True).start()
        return await outcome

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._seconds) as timeout:
                await self._turns.acquire()
        except TimeoutError:
            if not timeout.expired():
                raise
            raise TooSlow(
                f"Tệp chờ quá {self._seconds:g} giây; hãy gửi thành công việc (POST /v1/jobs). / "
                f"The file waited for more than {self._seconds:g} seconds; send it as a job (POST /v1/jobs).",
                seconds=self._seconds,
            ) from None

    def _work(
        self, loop: asyncio.AbstractEventLoop, outcome: asyncio.Future[Result], read: Callable[[], Result]
    ) -> None:
        """In a thread: the reading itself."""
        told: Callable[[], None]
        try:
            result = read()
        except BaseException as error:
            failure = error
            told = lambda: outcome.set_exception(failure)  # noqa: E731
        else:
            told = lambda: outcome.set_result(result)  # noqa: E731
        with suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(self._ended, outcome, told)

    def _ended(self, outcome: asyncio.Future[Result], told: Callable[[], None]) -> None:
        self._taken -= 1
        self._turns.release()
        if not outcome.done():
            told()
