"""The job `extract`: read a text or a file, keep the answer, and the document where that was asked."""

from __future__ import annotations

import zlib
from functools import partial
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chitieu.contract import Encoding, Extraction, Period, Place
from chitieu.jobs.hold import Hold
from chitieu.jobs.run import Outcome, Tools
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.documents import document_id, save, stored_answer
from chitieu.store.jobs import Work
from chitieu.tagging.encoder import Progress
from chitieu.text.encodings import EncodedPart, decode_fonts
from chitieu.text.files.kinds import TextKind
from chitieu.text.files.reading import FileText, read_bytes

KIND = "extract"


class Options(BaseModel):
    """How to read a job's body.

    Attributes:
        content: what the body is: a ``text`` in UTF-8, one that was ``decoded`` from an older encoding (then ``file_sha256`` and
            ``encodings`` say of what), or the bytes of a ``file`` (then ``name``, ``encoding`` and ``hint`` help to read them).
        id: the document's name.
        period, place: what the sender knows of it.
        with_text: whether the answer returns the text; that of a file always does.
        store: whether the document is kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    content: Literal["text", "decoded", "file"]
    id: str | None = None
    period: Period | None = None
    place: Place | None = None
    with_text: bool = False
    store: bool = False
    name: str = ""
    encoding: str | None = None
    hint: TextKind | None = None
    file_sha256: str | None = None
    encodings: tuple[Encoding, ...] = ()


class Kept(BaseModel):
    """What is kept of an answer: the answer as it was asked for, and the text that its offsets count in."""

    model_config = ConfigDict(frozen=True)

    answer: Extraction
    text: str

    def pack(self) -> bytes:
        """As few bytes, for `unpack`."""
        return zlib.compress(self.model_dump_json().encode())

    @classmethod
    def unpack(cls, data: bytes) -> Kept:
        return cls.model_validate_json(zlib.decompress(data))


def extract(work: Work, tools: Tools, hold: Hold) -> Outcome:
    """Read what a job was sent, with `Options` as its settings; the answer is `Kept`.

    Raises:
        ChitieuError: as `read_bytes` and `Pipeline.extract`.
        JobLost, Interrupted: see `Hold`.
    """
    options = Options.model_validate(work.settings)
    hold.report("reading")
    sent = _read(options, work.body, tools.settings)
    kept_as = _document_id(options, sent) if options.store else None
    hold.report("extracting")
    answer = None
    if kept_as is not None:
        answer = hold.insist(partial(stored_answer, tools.database, kept_as, model=tools.pipeline.info))
    if answer is None:
        answer = _extracted(sent, options, tools.pipeline, lambda done, total: hold.report("extracting", done, total))
        if kept_as is not None:
            hold.report("storing")
            hold.insist(partial(_store, work, tools.database, answer, _text(sent), kept_as))
    if isinstance(sent, str) and not options.with_text:
        answer.document.text = None
    answer.document.stored = kept_as
    return Outcome(Kept(answer=answer, text=_text(sent)).pack(), document_id=kept_as)


def _extracted(sent: str | FileText, options: Options, pipeline: Pipeline, progress: Progress) -> Extraction:
    name, period, place = options.id, options.period, options.place
    if isinstance(sent, FileText):
        return pipeline.extract_file(sent, id=name, period=period, place=place, progress=progress)
    with_text = options.with_text
    return pipeline.extract(sent, id=name, period=period, place=place, with_text=with_text, progress=progress)


def _document_id(options: Options, sent: str | FileText) -> str:
    return document_id(
        sha256(_text(sent).encode("utf-8")).hexdigest(),
        name=options.id,
        file_sha256=sent.sha256 if isinstance(sent, FileText) else None,
        period=options.period,
        place=options.place,
    )


def _store(work: Work, database: Database, answer: Extraction, text: str, id: str) -> None:
    save(database, answer, text, id=id, by=By(work.asked_by), job=work.id)


def _text(sent: str | FileText) -> str:
    return sent.text if isinstance(sent, FileText) else sent


def _read(options: Options, body: bytes, settings: Settings) -> str | FileText:
    """The text of a body, or the file that it is or was decoded from."""
    if options.content == "file":
        return read_bytes(body, name=options.name, encoding=options.encoding, kind_hint=options.hint, settings=settings)
    text = body.decode("utf-8")
    if options.content == "decoded":
        parts = tuple(EncodedPart(p.start, p.end, p.encoding, p.score) for p in options.encodings)
        return FileText(text, "txt", options.file_sha256 or sha256(body).hexdigest(), encodings=parts)
    decoded = decode_fonts(text)
    return (
        text
        if decoded.text == text
        else FileText(decoded.text, "txt", sha256(body).hexdigest(), encodings=decoded.parts)
    )
