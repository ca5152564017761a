"""The service on a port of loopback, in a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from chitieu.api.app import create_app
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings


@contextmanager
def served(pipeline: Pipeline, settings: Settings | None = None) -> Iterator[tuple[str, FastAPI]]:
    """Its address, http://127.0.0.1:…, and its application."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    app = create_app(pipeline, settings=settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "it did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", app
    finally:
        server.should_exit = True
        thread.join(20)
