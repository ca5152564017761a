"""A document's bytes to what the output keeps of it. What a worker does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any, Literal, cast

from chitieu.batch.engine import Failure, Item, Reading, Result
from chitieu.contract import Extraction
from chitieu.errors import ChitieuError, ModelInvalid, ModelMissing
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.text.files.kinds import TextKind, tell_kind
from chitieu.text.files.reading import FileText, read_bytes

Pack = Literal["tables", "answer"]
Packer = Callable[[Extraction, FileText, int], Reading]
_UNREAD = ("ocr_missing", "pages_without_text", "pages_unmapped")
_NAME = "\x1ftệp"  # stands for the name in messages, from which it is taken out: one document has many


def hint_of(name: str) -> str:
    """What a name tells of a text's kind: `md`, `csv`, or nothing."""
    kind = tell_kind(b"-", name)
    return kind if kind in ("md", "csv") else ""


def call(name: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function by its name, ``package.module:function``."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)(*args, **kwargs)


def packer(pack: Pack) -> Packer:
    """What makes the parts that the output keeps."""
    if pack == "tables":
        from chitieu.batch.tables import pack_tables

        return pack_tables
    from chitieu.batch.stored import pack_answer

    return pack_answer


def read_item(item: Item, pipeline: Pipeline, settings: Settings, pack: Packer) -> Result:
    """Read a document; whatever it does short of ending the process is an outcome.

    Raises:
        ModelMissing, ModelInvalid: no document can be read.
    """
    hint = cast(TextKind, item.hint) if item.hint else None
    outcome: Reading | Failure
    try:
        file = read_bytes(item.data, name=_NAME, settings=settings, kind_hint=hint)
        answer = pipeline.extract_file(file, id=item.sha256)
        outcome = pack(answer, file, len(item.data))
        if any(notice.code in _UNREAD for notice in file.notices):
            outcome = replace(outcome, is_partial=True)
    except (ModelMissing, ModelInvalid):
        raise
    except ChitieuError as error:
        outcome = Failure(error.code, _nameless(error.message))
    except MemoryError:
        outcome = Failure("file_too_costly", "cần quá nhiều bộ nhớ. / reading it takes too much memory.")
    except Exception as error:  # a fault of ours in one document of many must not cost the others
        what = f"{type(error).__name__}: {error}"[:300]
        outcome = Failure("internal", f"lỗi chương trình ({what}). / a fault of the program ({what}).")
    return Result(item.sha256, item.hint, outcome)


def _nameless(message: str) -> str:
    return message.replace(f"{_NAME}: ", "").replace(f"{_NAME}, ", "").replace(_NAME, "")
