"""What becomes of the jobs that streams follow: one look at the table for all of them, however many they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from chitieu.api.stopping import Stopping
from chitieu.errors import DatabaseDown, DatabaseInvalid
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.jobs import JobRecord

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What the table said of the jobs that are followed.

    Attributes:
        asked: ids of the jobs that were looked for: who joined meanwhile waits for the next look.
        jobs: by id; of those that were looked for, the ones that are not there are forgotten.
        unseen: seconds in which no worker has seen the jobs that wait.
    """

    asked: frozenset[str]
    jobs: dict[str, JobRecord]
    unseen: float


class Following:
    """The looks of one process, as long as anybody follows a job. To be used from one event loop."""

    def __init__(self, database: Database, stopping: Stopping) -> None:
        self._database, self._stopping = database, stopping
        self._followed: Counter[str] = Counter()
        self._task: asyncio.Task[Look | None] | None = None

    @contextmanager
    def follow(self, id: str) -> Iterator[None]:
        """Have the job among those that are looked for."""
        self._followed[id] += 1
        try:
            yield
        finally:
            self._followed[id] -= 1
            if not self._followed[id]:
                del self._followed[id]

    async def look(self) -> Look | None:
        """The next look; None where the service stops before."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        return await asyncio.shield(self._task)  # one who leaves takes it from no other

    async def _look(self) -> Look | None:
        while True:
            await self._stopping.sleep(_LOOK_SECONDS)
            if self._stopping.begun or not self._followed:
                return None
            with suppress(DatabaseDown, DatabaseInvalid):  # the next may reach it
                return await asyncio.to_thread(self._ask, frozenset(self._followed))

    def _ask(self, ids: frozenset[str]) -> Look:
        found = {job.id: job for job in jobs.several(self._database, list(ids))}
        waits = any(job.state == "queued" for job in found.values())
        return Look(ids, found, jobs.waiting_for_worker(self._database) if waits else 0.0)
