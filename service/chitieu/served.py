"""The pipeline that a running process serves with, which follows `current.json`: another model takes its place between two texts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from chitieu.errors import ChitieuError
from chitieu.models import current_model, models_root
from chitieu.pipeline import Pipeline, load_pipeline
from chitieu.registry.promote import Load
from chitieu.tagging.encoder import Tagger

log = structlog.get_logger(__name__)
_RETRY_SECONDS = 30.0  # after which a model that could not be loaded is tried again
_JOIN_SECONDS = 10.0
_Signature = tuple[int, int, int]
_NEVER: _Signature = (0, 0, 0)


@dataclass(frozen=True)
class Failure:
    """The current model could not be loaded, and the one before is served still."""

    code: str
    message: str


class ServedPipeline:
    """The pipeline on the current model. Safe to share between threads.

    Whoever begins something takes `pipeline` once and ends with what was taken: that goes when the last of them has let go of it.

    Attributes:
        observers: are told after each change what could not be loaded, or None; in the thread that looked.
    """

    def __init__(self, pipeline: Pipeline, *, root: Path | None = None, load: Load = Tagger) -> None:
        """
        Args:
            root: the folder of models whose `current.json` is followed; None: the pipeline stays.
            load: gives the tagger on the model in a folder.
        """
        self.observers: list[Callable[[Failure | None], None]] = []
        self._pipeline = pipeline
        self._root, self._load = root, load
        self._failure: Failure | None = None
        self._seen: _Signature | None = _NEVER
        self._again = 0.0
        self._looking = threading.Lock()

    @property
    def pipeline(self) -> Pipeline:
        """As it is now."""
        return self._pipeline

    @property
    def root(self) -> Path:
        """The folder of models."""
        return self._root or models_root()

    @property
    def load(self) -> Load:
        """How models are loaded."""
        return self._load

    @property
    def failure(self) -> Failure | None:
        """Why the current model is not the one that is served; None where it is."""
        return self._failure

    def latest(self) -> Pipeline:
        """As it is after a look: for what must not be older than a promotion that somebody has seen already."""
        self.look()
        return self._pipeline

    def look(self) -> None:
        """Put the pipeline on the current model, if that is another now; what cannot be loaded is logged and tried again later.

        Takes no time where `current.json` is as it was; else as long as loading a model, and the others go on meanwhile.
        """
        if self._root is None:
            return
        with self._looking:
            signature = _signature(self._root)
            if signature == self._seen and (self._failure is None or time.monotonic() < self._again):
                return
            failure: Failure | None = None
            try:
                changed = self._follow(self._root)
            except Exception as error:  # whatever a faulty model makes the libraries raise
                code = error.code if isinstance(error, ChitieuError) else "internal"
                failure, changed = Failure(code, str(error)), False
                if signature != self._seen:
                    log.error("model_not_loaded", code=code, serves=self._pipeline.info.version, exc_info=error)
                self._again = time.monotonic() + _RETRY_SECONDS
            changed = changed or failure != self._failure
            self._seen, self._failure = signature, failure
        if changed:
            for observe in self.observers:
                observe(failure)

    def _follow(self, root: Path) -> bool:
        folder = current_model(root)
        before = self._pipeline
        if (folder.parent.name, folder.name) == (before.info.name, before.info.version):
            return False
        after = before.on(self._load(folder))
        after.warm_up()  # before it has observers: what it reads now is nobody's
        after.observers = before.observers
        self._pipeline = after
        log.info("model_changed", before=before.info.model_dump(), model=after.info.model_dump())
        return True


def load_served(*, threads: int | None = None) -> ServedPipeline:
    """On the current model, which is followed from now on. Takes and raises what `load_pipeline` does."""
    return ServedPipeline(load_pipeline(threads=threads), root=models_root(), load=partial(Tagger, threads=threads))


@contextmanager
def following(served: ServedPipeline, seconds: float) -> Iterator[None]:
    """Look every so many seconds, in a thread of its own, until the block ends."""
    stopped = threading.Event()

    def follow() -> None:
        while not stopped.wait(seconds):
            served.look()

    thread = threading.Thread(target=follow, name="follow-model", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(_JOIN_SECONDS)


def _signature(root: Path) -> _Signature | None:
    """What changes with every change of `current.json`."""
    try:
        found = (root / "current.json").stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
