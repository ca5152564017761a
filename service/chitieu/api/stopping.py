"""That the service was told to stop, for those who must know before the last request is answered."""

from __future__ import annotations

import asyncio

from chitieu.errors import ServiceStopping

RETRY_SECONDS = 5  # until there may be a service again


class Stopping:
    """Begins once, when the server is told to stop, and ends no more. To be used from one event loop."""

    def __init__(self, seconds: float) -> None:
        """``seconds`` are those in which what was taken may be finished."""
        self._seconds = seconds
        self._told = asyncio.Event()
        self._end = 0.0

    @property
    def begun(self) -> bool:
        """Whether the service was told."""
        return self._told.is_set()

    @property
    def left(self) -> float:
        """Seconds in which what was taken may still be finished."""
        return max(0.0, self._end - asyncio.get_running_loop().time()) if self.begun else self._seconds

    def begin(self) -> None:
        """Tell all who wait. Telling them again changes nothing."""
        if not self.begun:
            self._end = asyncio.get_running_loop().time() + self._seconds
            self._told.set()

    async def wait(self) -> None:
        """Until the service is told to stop."""
        await self._told.wait()

    async def sleep(self, seconds: float) -> None:
        """For so many seconds, or until the service is told to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._told.wait()
        except TimeoutError:
            pass


def stopping_error() -> ServiceStopping:
    """What is said of work that a service which stops does not do."""
    return ServiceStopping("Dịch vụ đang dừng. / The service is stopping.", retry_after=RETRY_SECONDS)
