"""A run: what is found goes to the engine, what comes back is kept, and the output is made from what is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from chitieu.batch.engine import Engine, Failure, Item, Result
from chitieu.batch.entries import Entry, Fault, Selection
from chitieu.batch.found import Ahead, Found, look
from chitieu.batch.key import limits_key, reading_key
from chitieu.batch.local import LocalEngine
from chitieu.batch.output import Output, output
from chitieu.batch.progress import Progress
from chitieu.batch.reading import call
from chitieu.batch.storage import storage
from chitieu.batch.walk import walk
from chitieu.batch.work import Totals, Work
from chitieu.batch.worker import Plan
from chitieu.cores import usable_cores
from chitieu.errors import ChitieuError
from chitieu.settings import Settings

PIPELINE = "chitieu.pipeline:load_pipeline"
_PASSING = ("program_missing",)  # what another day may have mended without a word
_SECRET = {"database_url", "database_password_file", "admin_password_file"}
_MOST_TOLD = 1000  # failures that a report names
_QUICK, _SLOW = 0.02, 0.25  # seconds that are waited for results: with something else to do, and without


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do.

    Attributes:
        archives: folders, ZIP files, files, addresses of fsspec.
        out: a folder, or the URL of a database.
        limit: files of the archives that are looked at, in order; None: all.
        workers: documents that are read at once; None: as many as there are cores, of this machine or of the cluster.
        retry_errors: try again what failed before, and scans that were read in part.
        engine: one of `ENGINES`.
        ray_address: of the cluster that the engine `ray` uses; None: what the environment says, or one of this machine.
        model: folder of the model; None: the current one.
        pipeline: ``module:function`` that loads it.
    """

    archives: tuple[str, ...]
    out: str
    selection: Selection = field(default_factory=Selection)
    limit: int | None = None
    workers: int | None = None
    retry_errors: bool = False
    engine: str = "local"
    ray_address: str | None = None
    model: Path | None = None
    pipeline: str = PIPELINE


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be read, and why."""

    name: str
    code: str
    message: str


@dataclass(slots=True)
class Report:
    """How a run went.

    Attributes:
        files: looked at.
        read: documents that were read now.
        before: files whose documents had been read before, or under another name.
        failed: how many documents and files could not be read, now or before; ``failures`` names the first of them.
        totals: of the whole output.
        interrupted: it was told to stop.
    """

    files: int = 0
    read: int = 0
    before: int = 0
    failed: int = 0
    failures: list[Failed] = field(default_factory=list)
    totals: Totals | None = None
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(slots=True)
class Forecast:
    """What a run would do: files it would look at, documents it would read, their bytes, and what it could not look into."""

    files: int = 0
    to_read: int = 0
    bytes: int = 0
    before: int = 0
    failures: list[Failed] = field(default_factory=list)


def run(options: Options, settings: Settings, *, progress: Progress, stop: threading.Event) -> Report:
    """Read what is not read yet and bring the output up to date; ``stop`` ends it early with what is done.

    Raises:
        ChitieuError: nothing can be read or written: no model, another run's output, a full disk, a database that is down. What was
            done is kept, and the next run goes on from there.
    """
    begun = time.monotonic()
    out = output(options.out, settings)
    with closing(out):
        key = _key(options, settings, out)
        out.prepare()
        with closing(Work(out.work_file, key=key, limits=limits_key(settings))) as work:
            out.begin(work)
            work.forget_failures(everything=options.retry_errors, passing=_PASSING)
            if options.selection == Selection() and options.limit is None:
                for folder in _folders(options.archives):
                    work.forget_failed_names(folder)  # those that are still there are found again
            report = _Run(options, settings, out, work, progress, stop).all()
            out.write(work)
            report.totals = work.totals()
    report.seconds = time.monotonic() - begun
    return report


def forecast(options: Options, settings: Settings) -> Forecast:
    """What `run` would do; changes nothing. Raises what `run` raises."""
    out = output(options.out, settings)
    told = Forecast()
    seen: set[str] = set()
    with closing(out):
        key = _key(options, settings, out)
        path = out.work_file if out.work_file.exists() else None
        with closing(Work(path, key=key, limits=limits_key(settings))) as work:
            for entry in _entries(options, settings, out):
                found = look(entry, work) if isinstance(entry, Entry) else entry
                told.files += 1
                if isinstance(found, Fault):
                    told.failures.append(Failed(found.name, found.error.code, found.error.message))
                elif found.data is None or found.sha256 in seen:
                    told.before += 1
                else:
                    told.to_read += 1
                    told.bytes += found.size
                    seen.add(found.sha256)
    return told


def _key(options: Options, settings: Settings, out: Output) -> str:
    pipeline = call(options.pipeline, options.model, threads=1)
    return reading_key(pipeline, settings, out.layout)


def _entries(options: Options, settings: Settings, out: Output) -> Iterator[Entry | Fault]:
    walks = (
        walk(address, selection=options.selection, settings=settings, without=out.folder)
        for address in options.archives
    )
    return islice(chain.from_iterable(walks), options.limit)


def _local(plan: Plan, options: Options, settings: Settings, _say: Callable[[str], None]) -> Engine:
    cores = usable_cores()
    workers = options.workers or cores
    plan = replace(plan, threads=max(1, cores // workers))
    return LocalEngine(plan, workers=workers, seconds=settings.batch_seconds, attempts=settings.job_attempts)


def _ray(plan: Plan, options: Options, settings: Settings, say: Callable[[str], None]) -> Engine:
    from chitieu.batch.cluster import ClusterEngine

    return ClusterEngine(
        plan,
        workers=options.workers,
        seconds=settings.batch_seconds,
        attempts=settings.job_attempts,
        address=options.ray_address,
        say=say,
    )


ENGINES: dict[str, Callable[[Plan, Options, Settings, Callable[[str], None]], Engine]] = {"local": _local, "ray": _ray}


def _folders(archives: Sequence[str]) -> Iterator[str]:
    for place in map(storage, archives):
        root = place.root()
        if root is not None and root.kind == "folder":
            yield place.address


def _engine(options: Options, settings: Settings, out: Output, key: str, say: Callable[[str], None]) -> Engine:
    plan = Plan(
        pipeline=options.pipeline,
        model=options.model and options.model.resolve(),
        settings=settings.model_dump(exclude=_SECRET),
        pack=out.pack,
        key=key,
        layout=out.layout,
    )
    return ENGINES[options.engine](plan, options, settings, say)


class _Writer:
    """Writes the output from time to time, in a thread of its own."""

    def __init__(self, out: Output, work: Work) -> None:
        self._out = out
        self._work = work
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="chitieu-write", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what went wrong."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        last = 0.0
        while not self._over.wait(self._out.pause(last)):
            begun = time.monotonic()
            try:
                self._out.write(self._work)
            except Exception as error:  # told to the main thread
                self._error = error
                return
            last = time.monotonic() - begun


class _Run:
    """One run over the archives."""

    def __init__(
        self, options: Options, settings: Settings, out: Output, work: Work, progress: Progress, stop: threading.Event
    ) -> None:
        self._options = options
        self._settings = settings
        self._out = out
        self._work = work
        self._progress = progress
        self._stop = stop
        self._report = Report()
        self._reading: dict[tuple[str, str], list[str]] = {}  # names by document and hint
        self._failed: set[str] = set()
        self._is_first = True

    def all(self) -> Report:
        """Everything that is to be read; the report lacks what is known only at the end."""
        engine = _engine(self._options, self._settings, self._out, self._work.key, self._progress.say)
        writer = _Writer(self._out, self._work)
        try:
            self._count()
            self._pass(engine, writer, None)
            tried: set[tuple[str, str]] = set()
            while not self._stop.is_set() and (wanted := set(self._work.unread()) - tried):
                # A name that came late tells another kind of text than the one that was read.
                self._pass(engine, writer, wanted)
                tried |= wanted
        finally:
            engine.close()
            writer.close()
        writer.check()
        self._report.interrupted = self._stop.is_set()
        return self._report

    def _count(self) -> None:
        """Tell the progress how many files there are, as soon as it is known."""

        def counting() -> None:
            total = 0
            with suppress(ChitieuError):  # the run itself tells
                for _ in _entries(self._options, self._settings, self._out):
                    total += 1
                    if self._stop.is_set():
                        return
                self._progress.count(total)

        threading.Thread(target=counting, name="chitieu-count", daemon=True).start()

    def _pass(self, engine: Engine, writer: _Writer, only: set[tuple[str, str]] | None) -> None:
        """Go over the archives; ``only``: archive and name of what has been found before and is wanted again."""
        self._is_first = only is None
        entries = _entries(self._options, self._settings, self._out)
        wanted = (entry for entry in entries if only is None or (entry.archive, entry.name) in only)
        ahead = Ahead(look(entry, self._work) if isinstance(entry, Entry) else entry for entry in wanted)
        try:
            while not self._stop.is_set():
                writer.check()
                is_over = self._feed(engine, ahead)
                if is_over and engine.is_idle():
                    return
                for result in engine.results(_SLOW if is_over or not engine.has_room() else _QUICK):
                    self._keep(result)
                self._progress.tick()
        finally:
            ahead.close()

    def _feed(self, engine: Engine, ahead: Ahead) -> bool:
        """Give the engine what it has room for; whether there is nothing more."""
        while engine.has_room() and not self._stop.is_set():
            found = ahead.take(_SLOW if engine.is_idle() else 0)
            if found is None:
                return ahead.is_over()
            self._take(found, engine)
        return ahead.is_over()

    def _take(self, found: Found | Fault, engine: Engine) -> None:
        self._report.files += self._is_first
        if isinstance(found, Fault):
            self._work.note_fault(found)
            self._fail(f"{found.archive}\0{found.name}", found.name, found.error.code, found.error.message)
            self._advance(failed=True)
            return
        self._work.note(found.archive, found.name, sha256=found.sha256, size=found.size, stamp=found.stamp)
        hint = self._work.hint(found.sha256)
        outcome = self._work.outcome(found.sha256, hint)
        names = self._reading.get((found.sha256, hint))
        if outcome is None and names is not None:
            names.append(found.name)
            self._report.before += 1
        elif outcome is None and found.data is not None:
            self._reading[found.sha256, hint] = [found.name]
            engine.submit(Item(found.sha256, hint, found.data))
        else:
            self._report.before += 1
            if isinstance(outcome, Failure):
                self._fail(found.sha256, found.name, outcome.code, outcome.message)
            self._advance(failed=isinstance(outcome, Failure))

    def _keep(self, result: Result) -> None:
        self._work.put(result)
        names = self._reading.pop((result.sha256, result.hint))
        self._report.read += 1
        failed = isinstance(result.outcome, Failure)
        if isinstance(result.outcome, Failure):
            self._fail(result.sha256, min(names), result.outcome.code, result.outcome.message)
        for _ in names:
            self._advance(failed=failed)

    def _advance(self, *, failed: bool) -> None:
        if self._is_first:
            self._progress.advance(failed=failed)

    def _fail(self, what: str, name: str, code: str, message: str) -> None:
        if what not in self._failed:
            self._failed.add(what)
            self._report.failed += 1
            if len(self._report.failures) < _MOST_TOLD:
                self._report.failures.append(Failed(name, code, message))
