"""The pages as Vite built them: which files a page needs, and what is answered where they were not built."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send

from chitieu.api.access.guard import LOGIN_PAGE, asks_for_page
from chitieu.api.access.who import Actor, needs
from chitieu.api.html import el
from chitieu.errors import PagesMissing

ASSETS = "/assets/"  # names in it hold a hash of what they name: what is under one never changes
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Web:
    """The folder that Vite wrote. It may be written anew while the service runs, so each question is answered from the disk."""

    folder: Path

    @property
    def is_built(self) -> bool:
        return bool(self._manifest())

    def files(self, entry: str) -> list[str]:
        """Paths of the scripts, the entry's own first, and styles that an entry of the manifest needs; none where nothing is built."""
        manifest, found, waiting = self._manifest(), [], [entry]
        met: set[str] = set()
        while waiting:
            name = waiting.pop(0)
            if name in met or name not in manifest:
                continue
            met.add(name)
            chunk = manifest[name]
            found += [f"/{file}" for file in (chunk["file"], *chunk.get("css", ()), *chunk.get("assets", ()))]
            waiting += chunk.get("imports", ())
        return list(dict.fromkeys(found))

    def is_of_login(self, path: str) -> bool:
        """Whether a path is a file of the login page, which who is not known may have."""
        return path.startswith(ASSETS) and path in self.files("login.html")

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / ".vite" / "manifest.json"
        try:
            return _read(path, path.stat().st_mtime_ns)
        except OSError:
            return {}


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[str, Any]:
    """The manifest as it was at a moment of change."""
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return manifest


def web_folder() -> Path:
    """The built pages: inside the package where it was installed from a wheel, in the project else."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "web"
    return installed if installed.is_dir() else package.parent / "web" / "dist"


def missing(scope: Scope) -> Response:
    """What a browser is shown where the pages are not there.

    Raises:
        PagesMissing: a program asks.
    """
    error = PagesMissing(
        "Giao diện chưa được dựng: chạy `make web` trong thư mục của dự án. API vẫn hoạt động. / "
        "The pages have not been built: run `make web` in the project's folder. The API works."
    )
    if not asks_for_page(scope):
        raise error
    vietnamese, english = error.message.split(" / ")
    head = el("head", el("meta", charset="utf-8"), el("title", "chitieu"))
    body = el("body", el("h1", "chitieu"), el("p", vietnamese), el("p", english, lang="en"), _to_docs())
    return HTMLResponse(f"<!doctype html>\n{el('html', head, body, lang='vi')}", status_code=error.status)


def _to_docs() -> str:
    return el("p", el("a", "API", href="/docs"))


def _page(request: Request, name: str) -> Response:
    web: Web = request.app.state.web
    if not web.is_built:
        return missing(request.scope)
    return FileResponse(web.folder / name, media_type="text/html")


@router.get(LOGIN_PAGE)
def login_page(request: Request) -> Response:
    """The page on which to log in."""
    return _page(request, "login.html")


@router.get("/series")
def series_page(request: Request) -> Response:
    """The page of an indicator over the years."""
    return _page(request, "series.html")


@router.get("/annotate")
def annotators_page(request: Request, _: Annotated[Actor, Depends(needs("annotator"))]) -> Response:
    """The page of the annotators' tasks."""
    return _page(request, "annotate.html")


class Pages(Mount):
    """The first page and the files of all; not the API's own paths, whose wrong methods would else be taken for missing files."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._files = StaticFiles(directory=web.folder, html=True, check_dir=False)
        super().__init__("/", app=self._answer, name="web")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].startswith("/v1/"):
            return Match.NONE, {}
        match, found = super().matches(scope)
        # Logs and measures know the requests for files by it.
        return match, {**found, "endpoint": self._files} if match is not Match.NONE else found

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._web.is_built:
            await self._files(scope, receive, send)
        else:
            await missing(scope)(scope, receive, send)
