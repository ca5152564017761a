"""A log that is written for one test, and the process's own put back after it."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading

import pytest
import structlog

from chitieu.api.telemetry import logs
from chitieu.settings import Settings


class Log(io.StringIO):
    """What was logged, read as the lines of JSON that it should be."""

    def lines(self, event: str | None = None) -> list[dict]:
        read = [json.loads(line) for line in self.getvalue().splitlines()]
        return [line for line in read if event is None or line["event"] == event]


@pytest.fixture
def logged(monkeypatch):
    """A function that takes settings, sends the log where it returns, and leaves no trace in other tests."""
    names = ("", "chitieu", "uvicorn", "uvicorn.access", "huey", "alembic", "py.warnings")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, logger.level, logger.propagate, [*logger.handlers]) for logger in loggers]
    own, hook, raising = structlog.get_config(), threading.excepthook, logging.raiseExceptions

    def begin(**settings) -> Log:
        log = Log()
        monkeypatch.setattr(sys, "stderr", log)
        logs.configure(Settings(**settings))
        return log

    yield begin
    logging.captureWarnings(False)
    threading.excepthook, logging.raiseExceptions = hook, raising
    structlog.configure(**own)
    for logger, level, propagate, handlers in before:
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers
