"""Models that fail in known ways, over documents that `fakes.FakeTagger` reads without a fault: for tests of the gate."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import parse
from chitieu.catalogue.load import load_catalogue
from chitieu.contract import Extraction
from chitieu.evaluation.gate.limits import Limits, load_limits
from chitieu.evaluation.gate.report import GateReport
from chitieu.evaluation.gate.run import Contestant, judge
from chitieu.evaluation.gate.served import Identity
from chitieu.pipeline import Pipeline
from chitieu.tagging.decode import TaggedSpan
from chitieu.tagging.encoder import Progress, Tagger
from chitieu.text.passages import Passages
from fakes import FakeTagger

Spoil = Callable[[list[TaggedSpan], Passages], list[TaggedSpan]]

LINE = (
    '<ind id="{n}1">Đàn bò</ind> có <qty of="{n}1">{a}</qty> <unit>con</unit>, '
    '<chg of="{n}1">tăng <pct>{b}%</pct></chg>.\n'
    '<ind id="{n}2">Thu ngân sách</ind> <att of="{n}2">đạt <pct>{c}%</pct> dự toán</att>, '
    '<shr of="{n}2">chiếm <pct>{d}%</pct></shr>.\n'
    '<ind id="{n}3">Diện tích lúa</ind> đạt <qty of="{n}3">{e}</qty> <unit>ha</unit>.\n'
)


def documents(count: int = 12, lines: int = 2) -> list[AnnotatedDocument]:
    """Documents of their own numbers."""
    rng = random.Random(1)
    out = []
    for number in range(count):
        xml = "".join(
            LINE.format(
                n=n, a=rng.randint(100, 900), b=rng.randint(1, 60), c=rng.randint(60, 99), d=rng.randint(1, 60),
                e=rng.randint(100, 900),
            )
            for n in range(lines)
        )  # fmt: skip
        out.append(parse(xml, f"tai-lieu-{number:02}.xml"))
    return out


class SpoiltTagger(FakeTagger):
    """The spans of the fake tagger, less or otherwise."""

    def __init__(self, spoil: Spoil) -> None:
        super().__init__()
        self._spoil = spoil

    def tag(self, passages: Passages, *, progress: Progress | None = None) -> list[TaggedSpan]:
        return self._spoil(super().tag(passages, progress=progress), passages)


class Remembering(Pipeline):
    """Reads a text once, and takes a while to tell what it knows already."""

    known: dict[str, Extraction]
    seconds = 0.0

    def extract(self, text: str, **options: Any) -> Extraction:
        time.sleep(self.seconds)
        if text not in self.known:
            self.known[text] = super().extract(text, **options)
        return self.known[text]


_FAULTLESS: dict[str, Extraction] = {}


def without(spans: Sequence[TaggedSpan], gone: Callable[[TaggedSpan], bool]) -> list[TaggedSpan]:
    """The spans less some; heads and phrases name places in the list."""
    kept = [at for at, span in enumerate(spans) if not gone(span)]
    places = {old: new for new, old in enumerate(kept)}
    out = []
    for at in kept:
        span = spans[at]
        span.head = places.get(span.head) if span.head is not None else None
        span.phrase = places.get(span.phrase) if span.phrase is not None else None
        out.append(span)
    return out


def nothing(spans: list[TaggedSpan], _passages: Passages) -> list[TaggedSpan]:
    return spans


def losing(label: str, share: float, seed: int = 0) -> Spoil:
    """Misses a span of this label by chance, always the same ones."""

    def spoil(spans: list[TaggedSpan], passages: Passages) -> list[TaggedSpan]:
        rng = random.Random(f"{seed} {passages.reading.text}")
        return without(spans, lambda span: span.label == label and rng.random() < share)

    return spoil


class Shifted(Remembering):
    """Answers whose first span begins a character too late."""

    def extract(self, text: str, **options: Any) -> Extraction:
        answer = super().extract(text, **options).model_copy(deep=True)
        answer.spans[0].start += 1
        return answer


def contestant(
    spoil: Spoil = nothing,
    *,
    version: str = "1.0.0",
    seconds: float = 0.0,
    kind: type[Remembering] = Remembering,
) -> Contestant:
    """A model that is ready to read."""
    pipeline = kind(cast(Tagger, SpoiltTagger(spoil)), load_catalogue())
    pipeline.known, pipeline.seconds = _FAULTLESS if spoil is nothing else {}, seconds
    return Contestant(Identity("fake", version, version, 30_000_000), pipeline, 300.0)


def fair(**sections: dict[str, object]) -> Limits:
    """The project's limits with some changed; of speed none, since a fake that knows its answers reads in no time."""
    changed = {"speed": {"ratio": 1e9, "rounds": 1}, "regression": {"replicas": 2000}} | sections
    limits = load_limits()
    return limits.model_copy(
        update={name: getattr(limits, name).model_copy(update=values) for name, values in changed.items()}
    )


def judged(
    candidate: Contestant, current: Contestant | None = None, *, count: int = 12, limits: Limits | None = None
) -> GateReport:
    """What the gate says of a candidate, by default against a model without a fault."""
    return judge(
        current or contestant(version="0.9.0"), candidate, documents(count), limits=limits or fair(), progress=silent
    )


def silent(_stage: str, _done: int, _of: int) -> None:
    pass
