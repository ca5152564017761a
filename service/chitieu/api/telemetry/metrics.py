"""Measures in the form that Prometheus reads. Each application has its own; those of several processes are added up from files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass

from chitieu.contract import Extraction
from chitieu.served import Failure

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_WINDOWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
_CHARACTERS = (500, 2_000, 10_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)


@dataclass(frozen=True)
class Standing:
    """What is asked for when measures are read.

    Attributes:
        info: name to value, of what is served: versions.
        jobs: how many there are in each state; None where the database does not say.
        waiting_for_worker: seconds in which no worker has seen those that wait; None likewise.
    """

    info: Mapping[str, str]
    database_up: bool
    jobs: Mapping[str, int] | None = None
    waiting_for_worker: float | None = None


class Metrics:
    """All measures of one application. Safe to share between threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: where the processes of one service keep theirs, `PROMETHEUS_MULTIPROC_DIR`; None where there is one process."""
        self._folder = folder
        self._registry = registry = CollectorRegistry()
        self.in_flight = Gauge(
            "chitieu_requests_in_flight",
            "Requests that are being answered",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.waiting = Gauge(
            "chitieu_texts_waiting", "Texts that wait to be read", registry=registry, multiprocess_mode="livesum"
        )
        self.running = Gauge(
            "chitieu_texts_running", "Texts that are being read", registry=registry, multiprocess_mode="livesum"
        )
        self.waited = Histogram(
            "chitieu_text_wait_seconds", "How long texts waited to be read", buckets=_SECONDS, registry=registry
        )
        self.read_seconds = Histogram(
            "chitieu_text_seconds", "How long reading a text took", buckets=_SECONDS, registry=registry
        )
        self.passes = Histogram(
            "chitieu_encoder_pass_windows",
            "Windows of text in each pass of the encoder",
            buckets=_WINDOWS,
            registry=registry,
        )
        self.characters = Histogram(
            "chitieu_text_characters", "Characters of the texts that were read", buckets=_CHARACTERS, registry=registry
        )
        self.figures = Counter("chitieu_figures", "Figures that were read", registry=registry)
        self.files = Counter("chitieu_files", "Files that were read, by kind", ["kind"], registry=registry)
        self._model_behind = Gauge(
            "chitieu_model_behind",
            "1 where the current model could not be loaded, and the one before is served still",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._errors = Counter("chitieu_errors", "Errors answered, by code", ["code"], registry=registry)
        self._requests = Counter(
            "chitieu_requests", "Requests answered", ["route", "method", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "chitieu_request_seconds",
            "From a request's head to the end of its answer",
            ["route", "method"],
            buckets=_SECONDS,
            registry=registry,
        )

    def answered(self, route: str, method: str, status: int, seconds: float, *, error: str | None = None) -> None:
        """Count one answer; ``route`` is a template, never the path as it was asked for, ``error`` a stable code."""
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route, method).observe(seconds)
        if error is not None:
            self._errors.labels(error).inc()

    def text_read(self, *, waited: float, worked: float, characters: int) -> None:
        """Count one text that was read; see `chitieu.api.pool.Observer`."""
        self.waited.observe(waited)
        self.read_seconds.observe(worked)
        self.characters.observe(characters)

    def passed(self, windows: int) -> None:
        """Count one pass of the encoder; see `chitieu.pipeline.Observer`."""
        self.passes.observe(windows)

    def answer_made(self, answer: Extraction) -> None:
        """Count what a text or file gave; see `chitieu.pipeline.Observer`."""
        self.figures.inc(len(answer.figures))
        if answer.document.kind is not None:
            self.files.labels(answer.document.kind).inc()

    def model_looked(self, failure: Failure | None) -> None:
        """Keep whether the current model is served; see `chitieu.served.ServedPipeline`."""
        self._model_behind.set(failure is not None)

    def page(self, standing: Standing, accept: str = "") -> tuple[bytes, str]:
        """All measures and their media type, in the form of an `Accept` header, else in Prometheus's text form."""
        encode, media = choose_encoder(accept)
        return encode(_Whole(lambda: [*self._kept(), *_standing(standing), *self._processes()])), media

    def registry(self, standing: Callable[[], Standing]) -> CollectorRegistry:
        """All measures, for a server of prometheus_client's own; ``standing`` is asked each time they are read."""
        whole = CollectorRegistry()
        whole.register(_Whole(lambda: [*self._kept(), *_standing(standing()), *self._processes()]))
        return whole

    def _kept(self) -> Iterable[Metric]:
        if self._folder is None:
            return self._registry.collect()
        for pid in _pids(self._folder):
            if not _lives(pid):
                mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
        return MultiProcessCollector(None, str(self._folder)).collect()  # type: ignore[no-untyped-call, no-any-return]

    def _processes(self) -> Iterator[Metric]:
        """Memory, time and files of this process, or of each of the service's."""
        if self._folder is None:
            yield from ProcessCollector(registry=None).collect()
            return
        families: dict[str, Metric] = {}
        for pid in filter(_lives, _pids(self._folder)):
            for metric in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                family = families.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    family.add_sample(sample.name, sample.labels | {"pid": str(pid)}, sample.value)
        yield from families.values()


def multiprocess_folder() -> Path | None:
    """Where prometheus-client keeps the measures of several processes; None where it keeps those of one in memory.

    It decides that when it is imported: the variable has to be there before.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(folder) if folder and ValueClass._multiprocess else None


class _Whole(Collector):
    def __init__(self, metrics: Callable[[], list[Metric]]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        for metric in self._metrics():
            # When each series began: one more line for every other, which several processes do not have.
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _standing(standing: Standing) -> Iterator[Metric]:
    info = GaugeMetricFamily("chitieu_info", "What is served; always 1", labels=list(standing.info))
    info.add_metric(list(standing.info.values()), 1)
    yield info
    yield GaugeMetricFamily(
        "chitieu_database_up", "Whether the database answers", value=1 if standing.database_up else 0
    )
    if standing.jobs is not None:
        jobs = GaugeMetricFamily("chitieu_jobs", "Jobs that are kept, by state", labels=["state"])
        for state, count in standing.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
    if standing.waiting_for_worker is not None:
        yield GaugeMetricFamily(
            "chitieu_jobs_waiting_for_worker_seconds",
            "For how long no worker has seen the jobs that wait; 0 where none waits",
            value=standing.waiting_for_worker,
        )


def _pids(folder: Path) -> list[int]:
    names = (path.stem.rpartition("_")[2] for path in folder.glob("*.db"))
    return sorted({int(name) for name in names if name.isdigit()})


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
