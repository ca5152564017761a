"""The served encoder: an ONNX session over windows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chitieu.cores import usable_cores
from chitieu.errors import ModelInvalid, ModelMissing
from chitieu.tagging.confidence import read_calibration
from chitieu.tagging.decode import TaggedSpan, WindowScores, decode
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS
from chitieu.tagging.repair import repair
from chitieu.tagging.shared import Outputs, PassObserver, SharedEncoder, padded
from chitieu.tagging.tokens import EncodedWindow, encode_window, load_tokenizer, special_ids, tokenize
from chitieu.text.passages import Passages

INPUTS = ("ids", "words", "mask")
OUTPUTS = ("mentions", "phrases", "governor")
Progress = Callable[[int, int], None]  # windows read, windows of all


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


class _Encoder:
    """The files of a model, loaded at first use, once; shared by threads.

    Apart from `Tagger`, so that nothing of a model refers to what refers to it: its memory is free with the last reading that uses it.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Tokenizer] | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """Raises ModelInvalid where the files do not load."""
        return self._files[1]

    def run(self, batch: Sequence[EncodedWindow]) -> list[Outputs]:
        """One pass: the scores of each window, one row a token."""
        shape = (len(batch), padded(max(len(e.ids) for e in batch)))
        ids, words, mask = (np.full(shape, fill, dtype=np.int64) for fill in (1, 0, 0))
        for row, example in enumerate(batch):
            ids[row, : len(example.ids)] = example.ids
            words[row, : len(example.ids)] = example.words
            mask[row, : len(example.ids)] = 1
        feeds: dict[str, NDArray[np.int64]] = dict(zip(INPUTS, (ids, words, mask), strict=True))
        session = self._files[0]
        return list(zip(*session.run(OUTPUTS, feeds), strict=True))

    @property
    def _files(self) -> tuple[Any, Tokenizer]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._session(), load_tokenizer(self._folder / "tokenizer.json")
            return self._loaded

    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Threads that wait for their next part spin so long: not at all makes a lone text slower, the default of a
        # millisecond keeps the core from the texts that are in Python just then.
        options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
        options.log_severity_level = 3
        # Windows differ in length: remembering a memory plan for every shape only grows.
        options.enable_mem_pattern = False
        # Weights are stored in eight bits: with this their dequantisation is folded when the file is loaded.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            return onnxruntime.InferenceSession(
                str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises its own unrelated classes
            raise ModelInvalid(f"{self._folder / 'model.onnx'}: {error}", file="model.onnx") from error


class Tagger:
    """Tags passages with the model in a folder. The session is built at first use, once, and may be shared by threads."""

    def __init__(self, folder: Path, *, threads: int | None = None, calibrated: bool = True) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.calibration = read_calibration(self.manifest.raw if calibrated else {})
        threads = threads or usable_cores()
        self._encoder = _Encoder(folder, threads)
        # Measured on two cores: two passes that share them read a tenth more than one that has both, and more gain nothing.
        self._shared = SharedEncoder(self._encoder.run, passes=min(threads, max(2, threads // 2)))

    @property
    def pass_observers(self) -> list[PassObserver]:
        """Who is told of every pass of the encoder."""
        return self._shared.observers

    def warm_up(self) -> None:
        """Load tokenizer and session now rather than with the first text."""
        _ = self._encoder.tokenizer

    def tag(self, passages: Passages, *, progress: Progress | None = None) -> list[TaggedSpan]:
        """All spans of a document over its pieces, in text order, with governors.

        ``progress`` is called before the first pass of the encoder and after each, in this thread; what it raises ends
        the reading.
        """
        if not passages.pieces:
            return []
        tokenizer = self._encoder.tokenizer
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
        tell = progress or _silent
        tell(0, len(encoded))
        with closing(self._shared.read(encoded)) as read:
            for done, (number, outputs) in enumerate(read, 1):
                window, heads = encoded[number].window, encoded[number].heads
                core = heads[window.core_first - window.first : window.core_last - window.first]
                mentions[window.core_first : window.core_last] = outputs[0][core]
                phrases[window.core_first : window.core_last] = outputs[1][core]
                columns = np.concatenate([[0], heads + 1])
                governor = outputs[2][:, heads][:, :, columns]
                scores[number] = WindowScores(window.first, window.core_first, window.core_last, governor)
                tell(done, len(encoded))
        spans = decode(mentions, phrases, [s for s in scores if s is not None])
        repaired = repair(spans, passages.reading.text, passages.pieces)
        self.calibration.apply(repaired)
        return repaired


def _silent(_done: int, _of: int) -> None:
    pass
