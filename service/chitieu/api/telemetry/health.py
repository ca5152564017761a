"""Whether the service lives, whether it can take work, and its measures."""

from __future__ import annotations

import asyncio
from platform import python_version
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from chitieu import __version__
from chitieu.api.faults import errors_of
from chitieu.api.pool import Pool
from chitieu.api.schemas import Health
from chitieu.api.telemetry.metrics import Metrics, Standing
from chitieu.api.telemetry.probe import Probe
from chitieu.contract import ModelInfo
from chitieu.errors import NotReady
from chitieu.jobs.worker import UNSEEN_SECONDS
from chitieu.served import ServedPipeline
from chitieu.store import jobs
from chitieu.store.database import Database
from chitieu.store.tables import JOB_STATES

log = structlog.get_logger(__name__)
router = APIRouter(tags=["service"])
_SAMPLE_SECONDS = 1.0
_WORKERS_SECONDS = 10.0


class Readiness(BaseModel):
    """Every part of the service is ready; where one is not, the answer is the error `not_ready`."""

    status: Literal["ready"] = "ready"
    parts: dict[str, str] = Field(
        description="Từng phần: `model`, `database`, `queue` / each part", examples=[{"database": "ok"}]
    )


class Vitals:
    """What is asked of the parts of a running service, of one event loop; a part that hangs holds up nobody.

    Attributes:
        metrics: its measures.
    """

    def __init__(self, *, served: ServedPipeline, database: Database, pool: Pool, metrics: Metrics) -> None:
        self.metrics = metrics
        self._served = served
        self._pool = pool
        self._database = Probe(lambda: _answers(database), otherwise=False)
        self._jobs: Probe[dict[str, int] | None] = Probe(
            lambda: jobs.counts(database), otherwise=None, fresh_seconds=10.0
        )
        self._unseen: Probe[float | None] = Probe(
            lambda: jobs.waiting_for_worker(database), otherwise=None, fresh_seconds=10.0
        )
        self._warned = False

    async def parts(self) -> dict[str, str]:
        """Each part of the service with `ok`, or why it can take no work: `down`, `full`, `stopping`."""
        queue = "stopping" if self._pool.closed else "full" if self._pool.full else "ok"
        return {"model": "ok", "database": "ok" if await self._database.value() else "down", "queue": queue}

    async def measures(self, accept: str) -> tuple[bytes, str]:
        """All measures and their media type."""
        self._sample()
        up = await self._database.value()
        counted = await self._jobs.value() if up else None
        unseen = await self._unseen.value() if up else None
        return self.metrics.page(standing_of(self._served.pipeline.info, up, counted, unseen), accept)

    async def watch(self) -> None:
        """Keep the measures of the queue up to date for the other processes that may be asked, until cancelled."""
        while True:
            self._sample()
            await asyncio.sleep(_SAMPLE_SECONDS)

    async def watch_workers(self) -> None:
        """Tell the log when jobs wait and no worker sees them, once each time, until cancelled."""
        while True:
            seconds = await self._unseen.value()
            if seconds is not None:
                if seconds > UNSEEN_SECONDS and not self._warned:
                    log.warning("no_worker", seconds=round(seconds))
                self._warned = seconds > UNSEEN_SECONDS
            await asyncio.sleep(_WORKERS_SECONDS)

    def _sample(self) -> None:
        self.metrics.waiting.set(self._pool.waiting)
        self.metrics.running.set(self._pool.running)


def standing_of(model: ModelInfo, up: bool, counted: dict[str, int] | None, unseen: float | None) -> Standing:
    """What stands in the measures besides what was counted; see `Standing`."""
    info = {
        "version": __version__,
        "python": python_version(),
        "model": model.name,
        "model_version": model.version,
        "catalogue": model.catalogue,
    }
    by_state = None if counted is None else {state: counted.get(state, 0) for state in JOB_STATES}
    return Standing(info, up, by_state, unseen)


def _answers(database: Database) -> bool:
    with database.read() as session:
        session.execute(text("SELECT version_num FROM alembic_version")).one()
    return True


@router.get("/healthz", summary="Còn sống không / is it alive")
async def healthz() -> Health:
    """The process lives and has its model. Answered at once, whatever it is doing."""
    return Health(status="ok", version=__version__)


@router.get("/readyz", summary="Nhận việc được không / can it take work", responses=errors_of(NotReady))
async def readyz(request: Request) -> Readiness:
    """Whether the database answers and there is room for a text; else 503, and `detail` says which part is not ready."""
    vitals: Vitals = request.app.state.vitals
    parts = await vitals.parts()
    if any(state != "ok" for state in parts.values()):
        words = ", ".join(f"{part}: {state}" for part, state in parts.items() if state != "ok")
        raise NotReady(f"Dịch vụ chưa sẵn sàng ({words}). / The service is not ready ({words}).", parts=parts)
    return Readiness(parts=parts)


@router.get(
    "/metrics",
    summary="Số đo cho Prometheus / measures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """Requests, texts, files, jobs, memory: in the text form of Prometheus, or in OpenMetrics where that is asked for."""
    vitals: Vitals = request.app.state.vitals
    page, media = await vitals.measures(accept)
    return Response(page, headers={"Content-Type": media})
