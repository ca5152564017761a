"""Other programs that read the same text. Each is optional: none is a dependency of the package."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.steps import DOCUMENTS, ROOT, Encoder, measure
from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import read
from chitieu.contract import Extraction, Figure, Span
from chitieu.cores import usable_cores
from chitieu.evaluation.measures import score
from chitieu.pipeline import Pipeline

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = "Tổng thu ngân sách đạt 16 tỷ đồng."


@dataclass(frozen=True)
class Value:
    """A number that a peer read, as a decimal string, and where."""

    start: int
    end: int
    number: str


Reader = Callable[[str], Sequence[Value]]


@dataclass(frozen=True)
class Peer:
    """Another program: which modules it needs, what loads it, and whether it reads values."""

    name: str
    modules: tuple[str, ...]
    load: Callable[[Sequence[tuple[int, int]]], Reader]
    values: bool = False

    @property
    def missing(self) -> list[str]:
        return [module for module in self.modules if find_spec(module) is None]


def _regular_expression(_: object) -> Reader:
    def read_values(text: str) -> list[Value]:
        return [
            Value(m.start(), m.end(), m[0].replace(".", "").replace(",", ".", 1).replace(",", ""))
            for m in _NUMBER.finditer(text)
        ]

    return read_values


def _quantulum(_: object) -> Reader:
    from quantulum3 import parser

    def read_values(text: str) -> list[Value]:
        return [Value(*found.span, repr(found.value)) for found in parser.parse(text)]

    return read_values


def _nothing(call: Callable[[str], Any]) -> Reader:
    def run(text: str) -> list[Value]:
        call(text)
        return []

    return run


def _word_tokenize(_: object) -> Reader:
    from underthesea import word_tokenize

    return _nothing(word_tokenize)


def _ner(_: object) -> Reader:
    from underthesea import ner

    return _nothing(ner)


def _spacy(_: object) -> Reader:
    import spacy

    return _nothing(spacy.blank("vi"))


def _phobert_sized(shapes: Sequence[tuple[int, int]]) -> Reader:
    """An encoder of 12 layers of 768, over as many tokens as the package's own read; what its weights are does not matter to time."""
    import numpy as np
    import onnxruntime
    import torch
    from transformers import RobertaConfig, RobertaModel

    settings = RobertaConfig(vocab_size=1000, max_position_embeddings=600, attn_implementation="eager")
    model = RobertaModel(settings, add_pooling_layer=False).eval()
    ids = torch.randint(4, 1000, (2, 24))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=512)
        torch.onnx.export(
            model,
            (ids, torch.ones_like(ids)),
            path,
            input_names=["ids", "mask"],
            output_names=["states"],
            dynamic_shapes=({0: batch, 1: length},) * 2,
            opset_version=18,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cores()
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(_: str) -> list[Value]:
        for shape in shapes:
            ones = np.full(shape, 5, dtype=np.int64)
            session.run(["states"], {"ids": ones, "mask": np.ones_like(ones)})
        return []

    return run


PEERS = (
    Peer("regular expression", (), _regular_expression, values=True),
    Peer("quantulum3", ("quantulum3",), _quantulum, values=True),
    Peer("underthesea word_tokenize", ("underthesea",), _word_tokenize),
    Peer("underthesea ner", ("underthesea",), _ner),
    Peer("spaCy vi, pyvi", ("spacy", "pyvi"), _spacy),
    Peer("PhoBERT-sized encoder", ("torch", "transformers", "onnx", "onnxscript"), _phobert_sized),
)


@dataclass(frozen=True)
class Found:
    """What was measured of a peer: seconds and how often those of the whole way of the package, each run; or why it was not."""

    name: str
    seconds: list[float]
    ratios: list[float]
    value_f1: float | None = None
    note: str | None = None


def compare(
    pipeline: Pipeline, encoder: Encoder, path: Path, *, names: Sequence[str], repeats: int, documents: int
) -> list[Found]:
    """Each peer on a text, in turns with the package itself; the first row is the package."""
    text = path.read_text(encoding="utf-8")
    gold = unseen(documents)
    first = [measure(pipeline, encoder, [path]).whole for _ in range(repeats)]
    shapes = encoder.shapes
    own = ((document, pipeline.extract(document.text)) for document in gold)
    out = [Found("chitieu", first, [1.0] * repeats, _value_f1(own))]
    for peer in (peer for peer in PEERS if peer.name in names):
        if peer.missing:
            out.append(Found(peer.name, [], [], note=f"not installed: {', '.join(peer.missing)}"))
            continue
        try:
            reader = peer.load(shapes)
            reader(_SENTENCE)
            pairs = [(measure(pipeline, encoder, [path]).whole, _seconds(reader, text)) for _ in range(repeats)]
            value = _value_f1((one, as_answer(one.text, reader(one.text))) for one in gold) if peer.values else None
        except (
            Exception
        ) as error:  # of whatever kind a program raises that is not ours: the others are measured all the same
            out.append(Found(peer.name, [], [], note=f"failed: {type(error).__name__}: {error}"))
            continue
        out.append(Found(peer.name, [its for _, its in pairs], [its / ours for ours, its in pairs], value))
    return out


def _seconds(reader: Reader, text: str) -> float:
    begun = time.perf_counter()
    reader(text)
    return time.perf_counter() - begun


def unseen(count: int) -> list[AnnotatedDocument]:
    """Annotated documents that the served model was not trained on."""
    names = (ROOT / "training_data" / "splits" / "test.txt").read_text(encoding="utf-8").split()
    return [read(DOCUMENTS / name) for name in names[:count]]


def as_answer(text: str, values: Iterable[Value]) -> Extraction:
    """A peer's values as the package would answer them, so that one measure fits both."""
    spans, figures = [], []
    for number, value in enumerate(values, 1):
        words = text[value.start : value.end]
        label = "PERCENT" if "%" in words else "QUANTITY"
        place = {"start": value.start, "end": value.end, "text": words}
        spans.append(Span.model_construct(id=f"s{number}", label=label, score=1.0, **place))
        figures.append(Figure.model_construct(id=f"f{number}", kind="level", number=value.number, **place))
    return Extraction.model_construct(spans=spans, figures=figures, observations=[], checks=[], warnings=[])


def _value_f1(pairs: Iterable[tuple[AnnotatedDocument, Extraction]]) -> float | None:
    return score(pairs).rows["value"]
