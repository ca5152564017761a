"""What tests share: the annotated texts beside the project, if they are there, and one pipeline."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


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
