"""One form for all who log, and nothing in it of what was read."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import warnings
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from chitieu.api.telemetry.exceptions import trace
from chitieu.contract import Place
from chitieu.errors import FileDamaged

SECRET = "lúa-vụ-mùa-Ẩn-Danh"


def test_lines_are_objects_with_time_level_and_event(logged):
    log = logged()
    structlog.get_logger("chitieu.somewhere").info("begun", figures=3, năm="2023 đạt")
    (line,) = log.lines()
    moment = datetime.fromisoformat(line.pop("time"))
    assert moment.utcoffset() == timedelta(0)
    assert line == {"level": "info", "event": "begun", "logger": "chitieu.somewhere", "figures": 3, "năm": "2023 đạt"}
    assert list(log.lines()[0])[:3] == ["time", "level", "event"]
    assert "đạt" in log.getvalue(), "Vietnamese is written as it is"


@pytest.mark.parametrize("name", ["uvicorn.error", "chitieu.x"])
def test_the_standard_librarys_loggers_go_through_the_same_form(logged, name):
    log = logged(log_level="info")
    with structlog.contextvars.bound_contextvars(request="r1"):
        logging.getLogger(name).info("one of %s", 3)
    (line,) = log.lines()
    assert (line["event"], line["level"], line["logger"], line["request"]) == ("one of 3", "info", name, "r1")


def test_libraries_that_only_say_how_they_go_about_it_are_heard_from_warning_on(logged):
    log = logged(log_level="debug")
    for name in ("alembic.runtime.plugins", "alembic.runtime.migration", "huey", "huey.consumer"):
        logging.getLogger(name).info("unheard")
        logging.getLogger(name).warning("heard")
    assert [line["event"] for line in log.lines()] == ["heard"] * 4


def test_levels_hold_for_both(logged):
    log = logged(log_level="warning")
    structlog.get_logger("chitieu.x").info("unheard")
    logging.getLogger("uvicorn.error").info("unheard")
    structlog.get_logger("chitieu.x").warning("heard")
    logging.getLogger("huey").warning("heard")
    assert [line["event"] for line in log.lines()] == ["heard", "heard"]


def test_libraries_that_would_tell_what_they_were_given_are_not_heard_below_warning(logged):
    log = logged(log_level="debug")
    structlog.get_logger("chitieu.x").debug("heard")
    engine = create_engine("sqlite://", echo=None)
    with engine.connect() as connection:
        connection.execute(text("SELECT :words"), {"words": SECRET})
    logging.getLogger("sqlalchemy.engine.Engine").info("parameters %s", SECRET)
    logging.getLogger("httpx").info("GET /v1/indicators?q=%s", SECRET)
    logging.getLogger("uvicorn.access").info('"GET /v1/indicators?q=%s"', SECRET)
    logging.getLogger("python_multipart.multipart").debug(SECRET)
    assert [line["event"] for line in log.lines()] == ["heard"]


def test_a_second_call_takes_the_place_of_the_first(logged):
    logged()
    log = logged(log_level="error")
    structlog.get_logger("chitieu.x").warning("unheard")
    structlog.get_logger("chitieu.x").error("once")
    assert [line["event"] for line in log.lines()] == ["once"]


def test_for_eyes_no_json_is_written(logged):
    log = logged(log_format="console")
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("chitieu.x").exception("failed", place=Place(text=SECRET))
    written = log.getvalue()
    assert "failed" in written and "ValueError" in written and "{" not in written
    assert SECRET not in written
    assert "\x1b" not in written, "colours are for terminals"


def test_values_that_are_no_plain_ones_are_named_by_their_kind_alone(logged):
    log = logged()
    structlog.get_logger("chitieu.x").info(
        "told",
        place=Place(text=SECRET),
        parts=[Place(text=SECRET)],
        file=Path("/a/b"),
        sum=Decimal("1.50"),
        of={1: (2,)},
    )
    (line,) = log.lines()
    assert line["place"] == "<Place>" and line["parts"] == ["<Place>"]
    assert (line["file"], line["sum"], line["of"]) == ("/a/b", "1.50", {"1": [2]})


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_exceptions_are_told_without_their_messages(logged):
    log = logged(log_level="debug")
    for logger in (
        structlog.get_logger("chitieu.x"),
        logging.getLogger("uvicorn.error"),
        logging.getLogger("sqlalchemy.pool"),
    ):
        try:
            try:
                raise KeyError(SECRET)
            except KeyError as inner:
                raise RuntimeError(f"cannot read {SECRET}") from inner
        except RuntimeError:
            logger.exception("failed")
    lines = log.lines()
    assert len(lines) == 3
    for line in lines:
        assert line["exception"].startswith("RuntimeError\n  ")
        assert "because of KeyError" in line["exception"]
        assert "test_logs.py:" in line["exception"] and "in test_exceptions_are_told" in line["exception"]
    assert SECRET not in log.getvalue()


def test_a_trace_keeps_what_says_why_and_quotes_nothing(tmp_path):
    assert trace(raised(FileDamaged(SECRET, file=SECRET))).startswith("chitieu.errors.FileDamaged [file_damaged]\n")
    try:
        (tmp_path / SECRET).read_bytes()
    except OSError as error:
        assert trace(error).startswith("FileNotFoundError [ENOENT]\n")
        assert SECRET not in trace(error)
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        connection.execute(text("SELECT :words FROM missing"), {"words": SECRET})
    told = trace(caught.value)
    assert "sqlalchemy.exc.OperationalError\n" in told and "sqlite3.OperationalError [SQLITE_ERROR]" in told
    assert SECRET not in told


def test_a_trace_of_many_at_once_and_of_one_that_goes_round_ends():
    first, second = raised(ValueError(SECRET)), raised(KeyError(SECRET))
    group = trace(ExceptionGroup(SECRET, [first, second]))
    assert "ExceptionGroup" in group and "ValueError" in group and "KeyError" in group and SECRET not in group
    first.__cause__, second.__cause__ = second, first
    assert trace(first).count("ValueError") == 1

    def deep(n):
        return deep(n + 1)

    try:
        deep(0)
    except RecursionError as error:
        assert len(trace(error).splitlines()) <= 50


def test_what_fails_in_a_thread_or_a_task_is_told_without_its_message(logged):
    log = logged()

    def fail():
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail, name="reader")
    thread.start()
    thread.join()

    async def forget():
        async def failing():
            raise ValueError(SECRET)

        task = asyncio.create_task(failing())
        await asyncio.sleep(0)
        del task
        asyncio.get_running_loop().call_soon(lambda words: 1 / 0, SECRET)
        await asyncio.sleep(0.01)

    asyncio.run(forget(), debug=False)
    (line,) = log.lines("thread_failed")
    assert line["thread"] == "reader" and line["exception"].startswith("ValueError\n")
    told = [line for line in log.lines() if line["logger"] == "asyncio"]
    assert len(told) == 2 and "Task exception was never retrieved" in {line["event"] for line in told}
    assert any(line["event"].startswith("Exception in callback test_what_fails") for line in told)
    assert all("exception" in line for line in told)
    assert SECRET not in log.getvalue()


def test_warnings_of_python_are_lines_too(logged):
    log = logged()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("an old name", stacklevel=1)
    (line,) = log.lines()
    assert line["level"] == "warning" and "an old name" in line["event"]


def test_a_line_that_cannot_be_made_is_not_printed_with_its_values(logged):
    log = logged()
    logging.getLogger("uvicorn.error").warning("%d texts", SECRET)
    assert SECRET not in log.getvalue()


def test_nothing_is_set_up_when_the_package_is_imported():
    code = (
        "import logging, structlog; before = structlog.is_configured(), list(logging.root.handlers)\n"
        "import chitieu.api.app, chitieu.cli, chitieu.api.telemetry.logs\n"
        "assert (structlog.is_configured(), list(logging.root.handlers)) == before == (False, [])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
