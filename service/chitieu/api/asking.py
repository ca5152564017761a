"""From what was sent to a job that has it read."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from chitieu import __version__
from chitieu.api.bodies import Sent, Upload
from chitieu.contract import Encoding, ModelInfo
from chitieu.errors import EmptyText
from chitieu.jobs.extract import Options
from chitieu.pipeline import check_period, check_text
from chitieu.store.documents import document_id
from chitieu.text.files.kinds import tell_kind
from chitieu.text.files.raw import ReadFailure
from chitieu.text.files.reading import FileText, to_error


def work_of(sent: Sent, limit: int) -> tuple[Options, bytes]:
    """What was sent as a job's settings and body. What is quickly seen to be of no use is refused.

    Args:
        limit: code points of a text at most.

    Raises:
        EmptyText, TextTooLong, NotText, BadEncoding: see `check_text`. BadRequest: see `check_period` and `document_id`.
        FileUnsupported, FileEncrypted: what a file's first bytes tell.
    """
    content: Literal["text", "decoded", "file"]
    more: dict[str, Any] = {}
    match sent.content:
        case Upload() as file:
            content, body = "file", file.data
            more = {"name": file.name, "encoding": file.encoding, "hint": file.hint}
            if not body:
                raise EmptyText("Tệp rỗng. / The file is empty.")
            try:
                tell_kind(body, file.name, file.hint)
            except ReadFailure as failure:
                raise to_error(failure, file.name or "(tệp không tên / unnamed file)") from failure
        case FileText() as decoded:
            content, body = "decoded", check_text(decoded.text, limit=limit).encode("utf-8")
            parts = [Encoding(start=p.start, end=p.end, encoding=p.encoding, score=p.score) for p in decoded.encodings]
            more = {"file_sha256": decoded.sha256, "encodings": parts}
        case text:
            content, body = "text", check_text(text, limit=limit).encode("utf-8")
    if sent.period is not None:
        check_period(sent.period)
    if sent.store:
        document_id("", name=sent.id, file_sha256=None, period=sent.period, place=sent.place)
    options = Options(
        content=content,
        id=sent.id,
        period=sent.period,
        place=sent.place,
        with_text=sent.with_text,
        store=sent.store,
        **more,
    )
    return options, body


def key_of(name: str, model: ModelInfo, options: Options, body: bytes) -> str:
    """The same for what is the same job: who asks, which software and model read, how, and what; 64 hexadecimal digits."""
    head = [name, __version__, model.model_dump(), options.model_dump(mode="json")]
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    digest.update(hashlib.sha256(body).digest())
    return digest.hexdigest()
