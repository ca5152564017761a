"""The worker inside the service: begun with it, polite to its clients, ended with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.datastructures import State

from chitieu.api.pool import Pool
from chitieu.api.stopping import Stopping
from chitieu.jobs.queue import Queue
from chitieu.jobs.run import Tools
from chitieu.jobs.worker import Worker
from chitieu.settings import Settings

_LONGEST_PAUSE, _PAUSE = 1.0, 0.02  # seconds


@asynccontextmanager
async def serving(state: State) -> AsyncIterator[None]:
    """Have the application's queue, and a worker where the settings want one inside; told to stop, it gives its job back."""
    settings: Settings = state.settings
    state.queue = await asyncio.to_thread(Queue, settings)
    if settings.jobs == "apart":
        yield
        return

    def tools() -> Tools:
        return Tools(state.database, state.served.latest(), settings)

    worker = await asyncio.to_thread(lambda: Worker(tools, pause=polite(state.pool)))
    worker.start()
    stopped = asyncio.create_task(_stop(worker, state.stopping))
    try:
        yield
    finally:
        state.stopping.begin()
        await stopped


async def _stop(worker: Worker, stopping: Stopping) -> None:
    """Requests are finished, a job is not: it is kept in the table, and begun again."""
    await stopping.wait()
    await asyncio.to_thread(worker.stop, 0)


def polite(pool: Pool) -> Callable[[], None]:
    """A pause that lets texts go first whose clients wait, up to a second each time."""

    def pause() -> None:
        end = time.monotonic() + _LONGEST_PAUSE
        while (pool.waiting or pool.running >= pool.threads) and time.monotonic() < end:
            time.sleep(_PAUSE)

    return pause
