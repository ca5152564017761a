"""The log: one form for the project's own lines and those of the libraries, on standard error, with no text of a report in it.

What is read, and what may quote it (messages of exceptions, values of queries, parameters of SQL), is never written, at any level.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from chitieu.api.telemetry.exceptions import trace
from chitieu.settings import Settings

# These say what they do; all other libraries speak from `warning` on, since more would be what they were given.
_HEARD = ("chitieu", "uvicorn")
_FIRST = ("time", "level", "event", "logger", "request")
_HARMLESS = (date, Decimal, Enum, PurePath, UUID)


def configure(settings: Settings) -> None:
    """Send what structlog and the standard library's loggers are told to standard error, as the settings say.

    For the command line, once in a process, before the first line; a call puts itself in the place of the one before.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_messages,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a second call of this function counts too
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, _without_values],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain_values,
                _renderer(settings),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    for name in _HEARD:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers.clear()
        logger.propagate = True
    # Requests are told by `chitieu.api.telemetry.requests`, which knows what must not be told.
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
    logging.raiseExceptions = False  # a line that cannot be written would else be printed with its arguments
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="time")


def _plain(value: Any) -> Any:
    """A value fit for JSON and for eyes: of an object that is not known to be harmless the kind alone."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, _HARMLESS) else f"<{type(value).__name__}>"


def _plain_values(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return {key: line[key] for key in _FIRST if key in line} | {key: _plain(value) for key, value in line.items()}


def _without_messages(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Turn `exc_info` into the trace that holds no messages."""
    told = line.pop("exc_info", None)
    line.pop("stack_info", None)
    error: BaseException | None
    if isinstance(told, BaseException):
        error = told
    elif isinstance(told, tuple):
        error = told[1]
    else:
        error = sys.exc_info()[1] if told else None
    if error is not None:
        line["exception"] = trace(error)
    return line


def _without_values(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """asyncio's own lines go on with the repr of the task and of its exception."""
    if line.get("logger") == "asyncio":
        line["event"] = re.split(r"[\n(<]", str(line["event"]), maxsplit=1)[0].strip()
    return line


def _thread_failed(told: threading.ExceptHookArgs, /) -> None:
    """In the place of Python's own, which prints the exception with its message."""
    if told.exc_value is not None:
        name = told.thread.name if told.thread is not None else None
        structlog.get_logger(__name__).error("thread_failed", thread=name, exc_info=told.exc_value)
