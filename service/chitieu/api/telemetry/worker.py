"""The measures of `chitieu worker`, on a port of its own: it has no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from chitieu.api.telemetry.health import standing_of
from chitieu.api.telemetry.metrics import Metrics, Standing
from chitieu.errors import AddressTaken, DatabaseDown, DatabaseInvalid
from chitieu.served import ServedPipeline
from chitieu.store import jobs
from chitieu.store.database import Database

_HOST = "127.0.0.1"


@contextmanager
def measured(served: ServedPipeline, database: Database, port: int) -> Iterator[None]:
    """Count what is read, and serve it on this port of loopback.

    Raises:
        AddressTaken: another program has the port.
    """

    def standing() -> Standing:
        info = served.pipeline.info
        try:
            return standing_of(info, True, jobs.counts(database), jobs.waiting_for_worker(database))
        except (DatabaseDown, DatabaseInvalid):
            return standing_of(info, False, None, None)

    metrics = Metrics()
    try:
        server, thread = start_http_server(port, addr=_HOST, registry=metrics.registry(standing))
    except OSError as error:
        raise AddressTaken(
            f"Không mở được {_HOST}:{port} (cổng đang được dùng?). / Cannot listen on {_HOST}:{port}: {error.strerror}.",
            host=_HOST,
            port=port,
        ) from error
    served.pipeline.observers.append(metrics)
    served.observers.append(metrics.model_looked)
    try:
        yield
    finally:
        served.observers.remove(metrics.model_looked)
        served.pipeline.observers.remove(metrics)
        server.shutdown()
        server.server_close()
        thread.join()
