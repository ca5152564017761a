"""A client of the service; the tagger is a fake, all the rest is real."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from fakes import fake_pipeline


@pytest.fixture(scope="session")
def client():
    with TestClient(create_app(fake_pipeline()), raise_server_exceptions=False) as made:
        yield made
