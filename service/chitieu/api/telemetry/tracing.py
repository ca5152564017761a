"""Traces by OpenTelemetry, where the settings want them: requests, files, texts, writes to the database, and nothing that was read.

Nothing of OpenTelemetry is loaded otherwise. Where traces go, its own `OTEL_…` variables say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from sqlalchemy import Connection, event

from chitieu import __version__
from chitieu.api.telemetry.requests import route_of
from chitieu.errors import ProgramMissing
from chitieu.settings import Settings
from chitieu.store.database import Database

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

_UNTRACED = "/healthz$,/readyz$,/metrics$"
_SECRET_HEADERS = ["authorization", "cookie", "set-cookie", "x-csrf-token"]
# What the instrumentation fills with the path and the query as they were sent.
_AS_SENT = ("http.target", "http.url", "url.path", "url.query", "url.full")
_SPAN = "chitieu_span"


class Tracing:
    """Spans, or nothing where there is no tracer."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._provider = provider
        self._tracer: Tracer | None = None if provider is None else provider.get_tracer("chitieu", __version__)

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[None]:
        """A span around the block, inside that of the request; of what the block raises it keeps the kind."""
        if self._tracer is None:
            yield
            return
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                _blame(span, type(error).__name__)
                raise

    def watch(self, database: Database) -> None:
        """Give each transaction that writes a span."""
        if self._tracer is None:
            return
        tracer, engine, system = self._tracer, database.engine, database.url.get_backend_name()

        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get("chitieu_writes"):
                connection.info[_SPAN] = tracer.start_span("database write", attributes={"db.system.name": system})

        def commit(connection: Connection) -> None:
            span: Span | None = connection.info.pop(_SPAN, None)
            if span is not None:
                span.end()

        def rollback(connection: Connection) -> None:
            span: Span | None = connection.info.pop(_SPAN, None)
            if span is not None:
                _blame(span, "rolled back")
                span.end()

        # The first of all that are told: SQLite waits for its lock in another's.
        event.listen(engine, "begin", begin, insert=True)
        event.listen(engine, "commit", commit)
        event.listen(engine, "rollback", rollback)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def start_tracing(app: FastAPI, settings: Settings) -> Tracing:
    """Have an application's requests traced, if the settings want that; to be called before the first of them.

    Raises:
        ProgramMissing: they do, and the extra `otel` is not installed.
    """
    if not settings.otel:
        return Tracing()
    try:
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.metrics import NoOpMeterProvider
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = otlp_exporter()
    except ModuleNotFoundError as error:
        raise ProgramMissing(
            "Cần cài thêm / needed: pip install 'chitieu[otel]'.", program="opentelemetry", install="chitieu[otel]"
        ) from error
    provider = TracerProvider(resource=Resource.create(_named()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        excluded_urls=_UNTRACED,
        exclude_spans=["receive", "send"],
        server_request_hook=_without_what_was_sent,
        http_capture_headers_sanitize_fields=_SECRET_HEADERS,
    )
    return Tracing(provider)


def otlp_exporter() -> SpanExporter:
    """Sends spans to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, by HTTP."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _named() -> dict[str, str]:
    """What the service calls itself, where the environment does not say."""
    told = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {"service.version": __version__} | ({} if told else {"service.name": "chitieu"})


def _without_what_was_sent(span: Span, scope: dict[str, Any]) -> None:
    attributes = getattr(span, "attributes", None) or {}
    route = attributes.get("http.route") or route_of(scope)
    for name in _AS_SENT:
        if name in attributes:
            span.set_attribute(name, route)


def _blame(span: Span, kind: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))
