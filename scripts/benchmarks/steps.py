"""The whole way over texts, its steps, and the floor beneath it.

The package knows nothing of this: the functions that its pipeline calls are wrapped while a measurement goes on.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chitieu.annotation.inline_xml import read
from chitieu.catalogue.load import Catalogue
from chitieu.pipeline import Pipeline, load_pipeline
from chitieu.settings import Settings, load_settings
from chitieu.text.files.reading import read_file

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "training_data" / "documents"
MIB = 1024 * 1024

# Which names of which module are what step; of those that call each other, each is charged what the inner ones do not take.
WRAPPED = {
    "read": ("chitieu.pipeline:check_text", "chitieu.pipeline:SourceText"),
    "layout": ("chitieu.pipeline:Reading",),
    "segment": ("chitieu.pipeline:read_passages",),
    "tokenise": (
        "chitieu.tagging.encoder:tokenize",
        "chitieu.tagging.encoder:encode_window",
        "chitieu.tagging.tokens:windows",
    ),
    "figures": (
        "chitieu.pipeline:document_period",
        "chitieu.pipeline:find_place",
        "chitieu.pipeline:document_figures",
        "chitieu.pipeline:settle",
    ),
    "observations": ("chitieu.pipeline:build_observations",),
    "link": ("chitieu.pipeline:link",),
    "checks": ("chitieu.pipeline:check",),
    "offsets": ("chitieu.pipeline:to_spans", "chitieu.pipeline:ground", "chitieu.pipeline:ground_notices"),
}
STEPS = (
    "read", "layout", "segment", "tokenise", "encode", "decode",
    "figures", "observations", "link", "checks", "offsets", "serialise", "other",
)  # fmt: skip


class Encoder:
    """The tagger's ONNX session, which remembers what it was given."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.fed: list[tuple[Sequence[str], dict[str, Any]]] = []

    def run(self, outputs: Sequence[str], feeds: dict[str, Any]) -> Any:
        """As the session's own."""
        self.fed.append((outputs, feeds))
        return self._session.run(outputs, feeds)

    def floor(self) -> float:
        """Seconds of the same passes again, with nothing around them."""
        begun = time.perf_counter()
        for outputs, feeds in self.fed:
            self._session.run(outputs, feeds)
        return time.perf_counter() - begun

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Windows and padded tokens of each pass."""
        return [next(iter(feeds.values())).shape for _, feeds in self.fed]


def load(model: Path | None, *, catalogue: Catalogue | None = None) -> tuple[Pipeline, Encoder]:
    """The pipeline, warm, with its encoder's session in sight."""
    import onnxruntime

    pipeline = load_pipeline(model)
    if catalogue is not None:
        pipeline.catalogue = catalogue
    made: list[Encoder] = []
    session = onnxruntime.InferenceSession

    def make(*args: Any, **kwargs: Any) -> Encoder:
        made.append(Encoder(session(*args, **kwargs)))
        return made[-1]

    with patch.object(onnxruntime, "InferenceSession", make):
        pipeline.warm_up()
    (encoder,) = made
    return pipeline, encoder


@dataclass
class Watch:
    """Seconds of each step, without those of the steps inside it."""

    seconds: Counter[str] = field(default_factory=Counter)
    _inner: list[float] = field(default_factory=lambda: [0.0])

    def timed(self, step: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, charged to a step."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            begun = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                seconds = time.perf_counter() - begun
                self.seconds[step] += seconds - self._inner.pop()
                self._inner[-1] += seconds

        return run

    @contextmanager
    def on(self, pipeline: Pipeline, encoder: Encoder) -> Iterator[None]:
        """Watch a pipeline meanwhile. A name that the package no longer has is an AttributeError."""
        with ExitStack() as stack:
            for step, names in WRAPPED.items():
                for module, name in (one.split(":") for one in names):
                    owner = import_module(module)
                    stack.enter_context(patch.object(owner, name, self.timed(step, getattr(owner, name))))
            for step, one, name in (("decode", pipeline.tagger, "tag"), ("encode", encoder, "run")):
                stack.enter_context(patch.object(one, name, self.timed(step, getattr(one, name))))
            yield


@dataclass(frozen=True)
class Run:
    """One reading of files: seconds of the whole, of each step (which add up to it), and of the bare encoder."""

    whole: float
    steps: dict[str, float]
    floor: float
    characters: int


def measure(pipeline: Pipeline, encoder: Encoder, paths: Sequence[Path], *, settings: Settings | None = None) -> Run:
    """From files to JSON, once."""
    watch, characters = Watch(), 0
    encoder.fed.clear()
    with watch.on(pipeline, encoder):
        begun = time.perf_counter()
        for path in paths:
            file = watch.timed("read", read_file)(path, settings=settings)
            answer = pipeline.extract_file(file, id=path.name)
            watch.timed("serialise", answer.model_dump_json)(by_alias=True)
            characters += len(file.text)
        whole = time.perf_counter() - begun
    watch.seconds["other"] = whole - sum(watch.seconds.values())
    return Run(whole, {step: watch.seconds[step] for step in STEPS}, encoder.floor(), characters)


def fresh(function: Callable[..., Any], *args: Any) -> tuple[Any, float, float | None]:
    """Call a function in a process of its own: what it gives, seconds from the start of that process, its most resident MiB."""
    begun = time.perf_counter()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        result, peak = pool.submit(_with_peak, function, args).result()
        return result, time.perf_counter() - begun, peak


def _with_peak(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, float | None]:
    result = function(*args)
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # not Linux
        return result, None
    return result, int(told.split("VmHWM:")[1].split()[0]) / 1024


def answer_files(model: Path | None, paths: Sequence[Path]) -> None:
    """What a new process does until its answer is there."""
    pipeline = load_pipeline(model)
    for path in paths:
        pipeline.extract_file(read_file(path), id=path.name).model_dump_json(by_alias=True)


def measure_fresh(model: Path | None, path: Path, limit: int) -> Run:
    """`measure` in a new process, after the model is warm, of a text of up to so many characters."""
    settings = load_settings().model_copy(update={"max_characters": limit, "max_file_bytes": 8 * limit})
    pipeline, encoder = load(model)
    pipeline.limit = limit
    return measure(pipeline, encoder, [path], settings=settings)


def mixed(count: int) -> list[str]:
    """Texts of so many annotated documents, of all kinds, in one order each time."""
    paths = sorted(DOCUMENTS.glob("*.xml"))
    random.Random(1).shuffle(paths)  # nosec B311: an order, the same each time
    return [read(path).text for path in paths[:count]]


def text_of(length: int) -> str:
    """A text of so many characters, of annotated documents one after the other, as often as it takes."""
    texts = mixed(1000)
    whole = "\n\n".join(texts)
    return (whole * (length // len(whole) + 1))[:length]


def matrix_rate(size: int = 1536) -> float:
    """GFLOP/s of a product of matrices of 32 bits, the best of several: what the processor can do at most."""
    import numpy as np

    one = np.random.default_rng(1).random((size, size), dtype=np.float32)
    best = 0.0
    for _ in range(8):
        begun = time.perf_counter()
        one @ one
        best = max(best, 2 * size**3 / (time.perf_counter() - begun) / 1e9)
    return best


def operations(model: Path, shapes: Sequence[tuple[int, int]]) -> float:
    """Floating-point operations of the encoder's matrix products over passes of so many windows and tokens.

    Raises:
        ImportError: `onnx` is not there (extra `train`).
    """
    import onnx

    graph = onnx.load(str(model)).graph
    stored = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    sizes = {weight.name: list(weight.dims) for weight in graph.initializer}
    weights = 0
    for node in graph.node:
        if node.op_type == "MatMul":
            dims = sizes.get(stored.get(node.input[1], node.input[1]), [])
            weights += dims[0] * dims[1] if len(dims) == 2 else 0
    width = max((dims for dims in sizes.values() if len(dims) == 2), key=lambda dims: dims[0] * dims[1])[1]
    layers = sum(node.op_type == "Softmax" for node in graph.node)
    # Each layer multiplies queries with keys and their weights with values: 2 · 2 · length · width for each token.
    return sum(count * length * (2 * weights + 4 * layers * length * width) for count, length in shapes)
