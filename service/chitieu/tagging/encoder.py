"""The served encoder: an ONNX session over windows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chitieu.errors import ModelInvalid, ModelMissing
from chitieu.tagging.confidence import read_calibration
from chitieu.tagging.decode import Scores, TaggedSpan, WindowScores, decode
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.tagging.repair import repair
from chitieu.tagging.tokens import EncodedWindow, encode_window, load_tokenizer, special_ids, tokenize
from chitieu.text.passages import Passages

INPUTS = ("ids", "words", "mask")
OUTPUTS = ("mentions", "phrases", "governor")
_BATCH_TOKENS = 1024  # larger batches gain nothing on a CPU and cost memory


@dataclass(frozen=True)
class Manifest:
    """What a model folder says of itself."""

    name: str
    version: str
    core: int
    context: int
    lookahead: int
    raw: dict[str, Any]


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` and check that the files it lists are there and whole in size.

    Raises:
        ModelMissing: no such folder or manifest.
        ModelInvalid: the manifest or a file does not fit.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise ModelMissing(f"{folder}: không có mô hình / no model", path=str(folder))
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        sizes = raw["windows"]
        manifest = Manifest(raw["name"], raw["version"], sizes["core"], sizes["context"], sizes["lookahead"], raw)
        for name, entry in raw["files"].items():
            if (folder / name).stat().st_size != entry["bytes"]:
                raise ModelInvalid(f"{folder / name}: kích thước sai / size differs from the manifest", file=name)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelInvalid(f"{folder}: manifest.json: {error}", path=str(folder)) from error
    return manifest


class Tagger:
    """Tags passages with the model in a folder. The session is built at first use, once, and may be shared by threads."""

    def __init__(self, folder: Path, *, threads: int | None = None, calibrated: bool = True) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.calibration = read_calibration(self.manifest.raw if calibrated else {})
        self._threads = threads or os.cpu_count() or 1

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Windows differ in length: remembering a memory plan for every shape only grows.
        options.enable_mem_pattern = False
        # Weights are stored in eight bits: with this their dequantisation is folded when the file is loaded.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            return onnxruntime.InferenceSession(
                str(self.folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises its own unrelated classes
            raise ModelInvalid(f"{self.folder / 'model.onnx'}: {error}", file="model.onnx") from error

    def warm_up(self) -> None:
        """Load tokenizer and session now rather than with the first text."""
        _ = self._session
        load_tokenizer(self.folder / "tokenizer.json")

    def tag(self, passages: Passages) -> list[TaggedSpan]:
        """All spans of a document over its pieces, in text order, with governors."""
        if not passages.pieces:
            return []
        tokenizer = load_tokenizer(self.folder / "tokenizer.json")
        tokens = tokenize(passages, tokenizer)
        special = special_ids(tokenizer)
        sizes = self.manifest
        encoded = [
            encode_window(tokens, window, special)
            for window in tokens.windows(core=sizes.core, context=sizes.context, lookahead=sizes.lookahead)
        ]
        count = len(passages.pieces)
        mentions = np.zeros((count, len(MENTION_TAGS)), dtype=np.float32)
        phrases = np.zeros((count, len(PHRASE_TAGS)), dtype=np.float32)
        scores: list[WindowScores | None] = [None] * len(encoded)
        for numbers in _batches([len(e.ids) for e in encoded]):
            for number, outputs in zip(numbers, self._run([encoded[n] for n in numbers]), strict=True):
                window, heads = encoded[number].window, encoded[number].heads
                core = heads[window.core_first - window.first : window.core_last - window.first]
                mentions[window.core_first : window.core_last] = outputs[0][core]
                phrases[window.core_first : window.core_last] = outputs[1][core]
                columns = np.concatenate([[0], heads + 1])
                governor = outputs[2][:, heads][:, :, columns]
                scores[number] = WindowScores(window.first, window.core_first, window.core_last, governor)
        spans = decode(mentions, phrases, [s for s in scores if s is not None])
        repaired = repair(spans, passages.reading.text, passages.pieces)
        self.calibration.apply(repaired)
        return repaired

    def _run(self, batch: Sequence[EncodedWindow]) -> Iterator[tuple[Scores, Scores, Scores]]:
        length = max(len(e.ids) for e in batch)
        shape = (len(batch), length)
        ids, words, mask = (np.full(shape, fill, dtype=np.int64) for fill in (1, 0, 0))
        for row, example in enumerate(batch):
            ids[row, : len(example.ids)] = example.ids
            words[row, : len(example.ids)] = example.words
            mask[row, : len(example.ids)] = 1
        feeds: dict[str, NDArray[np.int64]] = dict(zip(INPUTS, (ids, words, mask), strict=True))
        outputs = self._session.run(OUTPUTS, feeds)
        yield from zip(*outputs, strict=True)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in batches of like length, each at most ``_BATCH_TOKENS`` padded tokens."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda n: lengths[n]):
        if batch and lengths[number] * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
