"""A pipeline that counts what it reads, and an application with a database of its own."""

from __future__ import annotations

from contextlib import contextmanager

from fastapi.testclient import TestClient

from chitieu.api.app import create_app
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from fakes import FakeTagger


class CountingTagger(FakeTagger):
    """Counts the texts that it was given; `gate` may hold them up."""

    def __init__(self):
        super().__init__()
        self.read = 0
        self.gate = None

    def tag(self, passages, *, progress=None):
        self.read += 1
        while self.gate is not None and not self.gate.wait(0.02):
            if progress is not None:
                progress(0, 1)
        return super().tag(passages, progress=progress)


@contextmanager
def counted(folder, **settings):
    """A client of an application without a login, and its tagger, which has read nothing yet."""
    from chitieu.catalogue.load import load_catalogue

    tagger = CountingTagger()
    made = create_app(Pipeline(tagger, load_catalogue()), settings=Settings(data=folder, **settings))
    with TestClient(made, raise_server_exceptions=False) as client:
        tagger.read = 0  # the first text warms it up
        yield client, tagger
