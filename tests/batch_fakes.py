"""Pipelines for the worker processes of a batch, named as ``batch_fakes:function``.

``BATCH_TEST`` names a folder in which they leave word of what they read.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from chitieu.errors import ModelInvalid, ModelMissing
from chitieu.pipeline import Pipeline
from chitieu.text.passages import Passages
from fakes import fake_pipeline


def pipeline(*_: Any, **__: Any) -> Pipeline:
    """The real way from bytes to tables, but for the tagger."""
    return fake_pipeline()


def telling(*_: Any, **__: Any) -> Pipeline:
    """Writes a line for each text that it reads."""
    return _with(_tell)


def slow(*_: Any, **__: Any) -> Pipeline:
    """Takes a fiftieth of a second for each text, and as long as the file `hold` is there; tells."""

    def reading(text: str) -> None:
        time.sleep(0.02)
        while (Path(os.environ["BATCH_TEST"]) / "hold").exists():
            time.sleep(0.05)
        _tell(text)

    return _with(reading)


def touchy(*_: Any, **__: Any) -> Pipeline:
    """Does what a text says: ends its process, hangs, fails."""
    return _with(_obey)


def dead(*_: Any, **kwargs: Any) -> Pipeline:
    """Ends a worker before it is ready; the run itself may ask what model it is."""
    if "batch" in sys.argv[-1] or os.environ.get("BATCH_TEST_DEAD") == str(os.getppid()):
        os._exit(7)
    os.environ["BATCH_TEST_DEAD"] = str(os.getpid())
    return fake_pipeline()


def unfit(*_: Any, **__: Any) -> Pipeline:
    """A model that does not load when the first text is read."""

    def reading(_text: str) -> None:
        raise ModelInvalid("hỏng / broken")

    return _with(reading)


def of_this_machine(model: Path | None = None, **_: Any) -> Pipeline:
    """Of the version that this machine's environment names; a model in a folder is where ``BATCH_TEST_HOME`` is this process alone."""
    if model is not None and os.environ.get("BATCH_TEST_HOME") != str(os.getpid()):
        raise ModelMissing(f"{model}: không có mô hình / no model")
    made = fake_pipeline()
    version = os.environ.get("BATCH_TEST_VERSION", "0.0.0")
    made.tagger.manifest = replace(made.tagger.manifest, version=version)
    return made


def read_texts(folder: Path) -> list[str]:
    """The texts that were read, as their digests, in order."""
    path = folder / "read"
    return path.read_text().split() if path.exists() else []


def _with(reading: Any) -> Pipeline:
    made = fake_pipeline()
    tag = made.tagger.tag

    def tagging(passages: Passages, **kwargs: Any) -> Any:
        text = passages.reading.source.text
        if "16 tỷ đồng" not in text:  # of the warming up
            reading(text)
        return tag(passages, **kwargs)

    made.tagger.tag = tagging  # type: ignore[method-assign]
    return made


def _tell(text: str) -> None:
    with (Path(os.environ["BATCH_TEST"]) / "read").open("a") as out:
        out.write(sha256(text.encode()).hexdigest() + "\n")


def _obey(text: str) -> None:
    _tell(text)
    if "CHẾT MỘT LẦN" in text:
        seen = Path(os.environ["BATCH_TEST"]) / "died"
        if not seen.exists():
            seen.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    elif "CHẾT" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    elif "TREO" in text:
        time.sleep(3600)
    elif "NỔ" in text:
        raise RuntimeError("nổ")
    elif "HẾT BỘ NHỚ" in text:
        raise MemoryError
