"""What tests share: the annotated texts beside the project, if they are there, and one pipeline."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory):
    """No test writes into the user's own data."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHITIEU_DATA", str(folder))
        yield folder


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
