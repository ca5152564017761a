"""The measures of `chitieu worker`, on a port of its own: it has no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from chitieu.api.telemetry.health import standing_of
from chitieu.api.telemetry.metrics import Metrics, Standing
from chitieu.errors import AddressTaken, DatabaseDown, DatabaseInvalid
from chitieu.pipeline import Pipeline
from chitieu.store import jobs
from chitieu.store.database import Database

_HOST = "127.0.0.1"


@contextmanager
def measured(pipeline: Pipeline, database: Database, port: int) -> Iterator[None]:
    """Count what the pipeline reads, and serve it on this port of loopback.

    Raises:
        AddressTaken: another program has the port.
    """

    def standing() -> Standing:
        try:
            return standing_of(pipeline.info, True, jobs.counts(database), jobs.waiting_for_worker(database))
        except (DatabaseDown, DatabaseInvalid):
            return standing_of(pipeline.info, False, None, None)

    metrics = Metrics()
    try:
        server, thread = start_http_server(port, addr=_HOST, registry=metrics.registry(standing))
    except OSError as error:
        raise AddressTaken(
            f"Không mở được {_HOST}:{port} (cổng đang được dùng?). / Cannot listen on {_HOST}:{port}: {error.strerror}.",
            host=_HOST,
            port=port,
        ) from error
    pipeline.observers.append(metrics)
    try:
        yield
    finally:
        pipeline.observers.remove(metrics)
        server.shutdown()
        server.server_close()
        thread.join()
