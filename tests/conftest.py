"""What tests share: the annotated texts beside the project, if they are there, and one pipeline."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory):
    """No test writes into the user's own data, and none but those of logins has to log in."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHITIEU_DATA", str(folder))
        patch.setenv("CHITIEU_LOGIN", "open")
        patch.setenv("CHITIEU_ALLOWED_HOSTS", "testserver")  # what the test client calls itself
        yield folder


@pytest.fixture(scope="module", autouse=True)
def little_to_look_through():
    """What the modules before have left, catalogues and models, is not gone over by every collection of garbage from here on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of annotated real texts; tests that need it are skipped where it is not."""
    if not (SHARED / "gold").is_dir():
        pytest.skip("needs the annotated texts of ../shared/gold")
    return SHARED


@pytest.fixture(scope="session")
def pipeline():
    """The served model's pipeline."""
    from chitieu.pipeline import load_pipeline

    return load_pipeline(
        ROOT / "models" / os.environ["CHITIEU_TEST_MODEL"] if "CHITIEU_TEST_MODEL" in os.environ else None
    )


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of the tests' own (`postgres.Server`), or the test is skipped."""
    import postgres

    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    programs = postgres.programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's server programs (initdb): `make test-all` installs them")
    server = postgres.Server(programs)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """Where a fresh database with this version's tables is: a SQLite file, then PostgreSQL."""
    from sqlalchemy import URL

    from chitieu.store.database import Database
    from chitieu.store.migrate import migrate

    if request.param == "postgresql":
        with request.getfixturevalue("postgres").new_database() as url:
            yield url
        return
    url = URL.create("sqlite", database=str(tmp_path / "chitieu.db"))
    made = Database(url)
    migrate(made)
    made.close()
    yield url


@pytest.fixture
def database(database_url):
    """A fresh database of either engine, open."""
    from chitieu.store.database import Database

    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def built_pages(request):
    """Tests marked `pages` are skipped where the pages were not built, but where all must be."""
    if request.node.get_closest_marker("pages") is None or (ROOT / "service/web/dist/.vite/manifest.json").is_file():
        return
    if os.environ.get("CI"):
        pytest.fail("the pages have not been built: `make web`")
    pytest.skip("needs the built pages: `make web`")


# Nothing of the browser's own goes out.
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    """Chromium, or the test is skipped."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs Chromium: `make test-all` installs it")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra `dev`")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice, or the test is skipped."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice: `make test-all` installs it")
    return program
