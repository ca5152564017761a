"""The application: routes, pages, errors, and a pipeline loaded before the first request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from chitieu.settings import load_settings

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


def create_app(pipeline: Pipeline | None = None) -> FastAPI:
    """The service. Without a pipeline the current model is loaded when the application starts.

    Raises (at start-up):
        ModelMissing, ModelInvalid: there is no usable model.
        ConfigInvalid: the environment's settings are not valid.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.settings = load_settings()
        app.state.pipeline = pipeline or load_pipeline()
        app.state.readers = FileReaders()
        app.state.pipeline.warm_up()
        log.info("ready", model=app.state.pipeline.info.model_dump())
        yield
        app.state.readers.close()

    app = FastAPI(
        title="chitieu",
        version=__version__,
        description="Đọc báo cáo kinh tế - xã hội, trả về từng số liệu kèm chỉ tiêu. / "
        "Reads Vietnamese socio-economic reports and returns every figure with its indicator.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.include_router(router)
    app.include_router(indicators_router)
    app.include_router(docs_router)
    app.router.routes.append(_Page("/", app=StaticFiles(directory=web_folder(), html=True), name="web"))
    return app
