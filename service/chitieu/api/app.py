"""The application: routes, pages, errors, and a pipeline loaded before the first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.routing import Match, Mount
from starlette.types import Scope

from chitieu import __version__
from chitieu.api import errors
from chitieu.api.bodies import FileReaders
from chitieu.api.docs import router as docs_router
from chitieu.api.indicators import router as indicators_router
from chitieu.api.routes import router
from chitieu.pipeline import Pipeline, load_pipeline
from chitieu.settings import Settings, load_settings
from chitieu.store.database import open_database
from chitieu.store.migrate import migrate

log = structlog.get_logger(__name__)


def web_folder() -> Path:
    """The page's files: inside the package where it was installed from a wheel, beside it in the project."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "web"
    return installed if installed.is_dir() else package.parent / "web"


class _Page(Mount):
    """Everything but the API's own paths, whose wrong methods would else be taken for missing files."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith("/v1/") else super().matches(scope)


def create_app(pipeline: Pipeline | None = None, *, settings: Settings | None = None) -> FastAPI:
    """The service. Without a pipeline the current model is loaded at start-up, without settings those of the environment hold.

    Raises:
        ConfigInvalid: the environment's settings are not valid.
        ModelMissing, ModelInvalid (at start-up): there is no usable model.
        DatabaseDown, DatabaseInvalid (at start-up): there is no usable database.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        # What is opened first is closed last.
        async with AsyncExitStack() as stack:
            state.database = open_database(state.settings)
            stack.callback(state.database.close)
            await asyncio.to_thread(migrate, state.database)
            state.pipeline = pipeline or await asyncio.to_thread(load_pipeline)
            await asyncio.to_thread(state.pipeline.warm_up)
            state.readers = FileReaders()
            stack.callback(state.readers.close)
            log.info("ready", model=state.pipeline.info.model_dump())
            yield

    app = FastAPI(
        title="chitieu",
        version=__version__,
        description="Đọc báo cáo kinh tế - xã hội, trả về từng số liệu kèm chỉ tiêu. / "
        "Reads Vietnamese socio-economic reports and returns every figure with its indicator.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings or load_settings()
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.include_router(router)
    app.include_router(indicators_router)
    app.include_router(docs_router)
    app.router.routes.append(_Page("/", app=StaticFiles(directory=web_folder(), html=True), name="web"))
    return app
