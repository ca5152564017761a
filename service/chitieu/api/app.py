"""The application: routes, pages, errors, and a pipeline loaded before the first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from starlette.datastructures import State
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES

from chitieu import __version__
from chitieu.access.logins import OneAtATime
from chitieu.api import description, errors, observations
from chitieu.api.access.guard import Guard
from chitieu.api.access.headers import SecurityHeaders
from chitieu.api.access.routes import router as access_router
from chitieu.api.aliases import router as aliases_router
from chitieu.api.annotators import router as annotators_router
from chitieu.api.answers import NDJSON
from chitieu.api.batch import router as batch_router
from chitieu.api.bodies import held_bytes
from chitieu.api.docs import router as docs_router
from chitieu.api.documents import router as documents_router
from chitieu.api.following import Following
from chitieu.api.head import HeadAsGet
from chitieu.api.held import HeldBodies
from chitieu.api.indicators import router as indicators_router
from chitieu.api.jobs import router as jobs_router
from chitieu.api.label_studio import router as label_studio_router
from chitieu.api.models import router as models_router
from chitieu.api.parameters import known_parameters
from chitieu.api.pool import Pool
from chitieu.api.projects import router as projects_router
from chitieu.api.readers import FileReaders
from chitieu.api.routes import router
from chitieu.api.series import router as series_router
from chitieu.api.stopping import Stopping
from chitieu.api.tasks import router as tasks_router
from chitieu.api.telemetry.health import Vitals
from chitieu.api.telemetry.health import router as health_router
from chitieu.api.telemetry.metrics import Metrics, multiprocess_folder
from chitieu.api.telemetry.requests import Requests
from chitieu.api.telemetry.tracing import start_tracing
from chitieu.api.training import router as training_router
from chitieu.api.watching import Watchers
from chitieu.api.web import Pages, Web, web_folder
from chitieu.api.web import router as pages_router
from chitieu.api.working import serving
from chitieu.cores import usable_cores
from chitieu.pipeline import Pipeline
from chitieu.served import ServedPipeline, following, load_served
from chitieu.settings import Settings, load_settings
from chitieu.store.database import open_database
from chitieu.store.migrate import migrate
from chitieu.store.sessions import purge_sessions

log = structlog.get_logger(__name__)


async def _close_in_time(state: State) -> None:
    """Give up what is still read when the time is over, so that its clients get an answer before they are cut off."""
    await state.stopping.wait()
    await asyncio.sleep(state.stopping.left)
    state.pool.close()


async def _drain(state: State) -> None:
    await state.pool.drain(state.stopping.left)


def _served(pipeline: Pipeline | ServedPipeline | None, threads: int) -> ServedPipeline:
    if pipeline is None:
        return load_served(threads=threads)
    return ServedPipeline(pipeline) if isinstance(pipeline, Pipeline) else pipeline


def create_app(pipeline: Pipeline | ServedPipeline | None = None, *, settings: Settings | None = None) -> FastAPI:
    """The service. Without settings those of the environment hold.

    Args:
        pipeline: None: the current model is loaded at start-up, and followed. A pipeline alone stays.

    Raises:
        ConfigInvalid: the environment's settings are not valid.
        ProgramMissing: they want traces, and the extra `otel` is not installed.
        ModelMissing, ModelInvalid (at start-up): there is no usable model.
        DatabaseDown, DatabaseInvalid (at start-up): there is no usable database.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Stopping]]:
        state = app.state
        # What is opened first is closed last.
        async with AsyncExitStack() as stack:
            state.database = open_database(state.settings)
            stack.callback(state.database.close)
            stack.push_async_callback(asyncio.to_thread, state.tracing.close)
            state.tracing.watch(state.database)
            await asyncio.to_thread(migrate, state.database)
            await asyncio.to_thread(purge_sessions, state.database)
            state.passwords = OneAtATime()
            stack.callback(state.passwords.close)
            cores = usable_cores(state.settings.threads)
            state.served = served = await asyncio.to_thread(_served, pipeline, cores)
            await asyncio.to_thread(served.pipeline.warm_up)
            stack.enter_context(following(served, state.settings.model_seconds))
            state.readers = FileReaders(seconds=state.settings.request_seconds)
            state.watchers = Watchers()
            state.stopping = Stopping(state.settings.shutdown_seconds)
            state.following = Following(state.database, state.stopping)
            state.pool = Pool(state.settings)
            stack.push_async_callback(_drain, state)
            closing = asyncio.create_task(_close_in_time(state))
            stack.callback(closing.cancel)
            state.vitals = Vitals(served=served, database=state.database, pool=state.pool, metrics=metrics)
            state.pool.observers.append(metrics.text_read)
            # A pipeline may outlive the application; the one that comes after it has its observers.
            observers = served.pipeline.observers
            observers.append(metrics)
            stack.callback(observers.remove, metrics)
            served.observers.append(metrics.model_looked)
            stack.callback(served.observers.remove, metrics.model_looked)
            watch = asyncio.create_task(state.vitals.watch())
            stack.callback(watch.cancel)
            watch_workers = asyncio.create_task(state.vitals.watch_workers())
            stack.callback(watch_workers.cancel)
            await stack.enter_async_context(serving(state))
            stack.callback(state.stopping.begin)
            log.info("ready", model=served.pipeline.info.model_dump())
            yield {"stopping": state.stopping}  # for the connections, which are told first

    app = FastAPI(
        title="chitieu",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=description.operation_id,
        dependencies=[Depends(known_parameters)],
    )
    description.install(app)
    app.state.settings = settings or load_settings()
    app.state.web = web = Web(web_folder())
    metrics = Metrics(multiprocess_folder())
    errors.install(app)
    app.state.tracing = start_tracing(app, app.state.settings)
    # Lines must reach who waits for them as they are written, which compression would hold back.
    app.add_middleware(
        GZipMiddleware,
        minimum_size=2000,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, NDJSON),
    )
    app.add_middleware(HeadAsGet)
    app.add_middleware(HeldBodies, most=held_bytes(app.state.settings))
    app.add_middleware(Guard, settings=app.state.settings, is_of_login=web.is_of_login)
    app.include_router(router)
    app.include_router(models_router)
    app.include_router(batch_router)
    app.include_router(documents_router)
    app.include_router(observations.make_router())
    app.include_router(series_router)
    app.include_router(indicators_router)
    app.include_router(jobs_router)
    app.include_router(annotators_router)
    app.include_router(projects_router)
    app.include_router(tasks_router)
    app.include_router(aliases_router)
    app.include_router(label_studio_router)
    app.include_router(training_router)
    app.include_router(docs_router)
    app.include_router(health_router)
    app.include_router(access_router)
    app.include_router(pages_router)
    app.router.routes.append(Pages(web))
    app.add_middleware(Requests, metrics=metrics)  # outside of all that answers
    app.add_middleware(SecurityHeaders)  # added last: the outermost
    return app
