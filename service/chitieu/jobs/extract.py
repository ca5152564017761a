"""The job `extract`: read a text or a file, keep the answer, and the document where that was asked."""

from __future__ import annotations

import zlib
from functools import partial
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chitieu.content import Content, as_asked, as_unicode, extracted, text_of
from chitieu.contract import Encoding, Extraction, Period, Place
from chitieu.jobs.hold import Hold
from chitieu.jobs.run import Outcome, Tools
from chitieu.settings import Settings
from chitieu.store.audit import By
from chitieu.store.database import Database
from chitieu.store.documents import document_id, save, stored_answer
from chitieu.store.jobs import Work
from chitieu.text.encodings import EncodedPart
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
    total = 0

    def progress(done: int, of: int) -> None:
        nonlocal total
        total = of
        hold.report("extracting", done, of)

    answer = None
    if kept_as is not None:
        answer = hold.insist(partial(stored_answer, tools.database, kept_as, model=tools.pipeline.info))
    if answer is None:
        answer = extracted(
            tools.pipeline,
            sent,
            id=options.id,
            period=options.period,
            place=options.place,
            with_text=options.with_text,
            progress=progress,
        )
        if kept_as is not None:
            hold.report("storing", total, total or None)  # what is done does not become undone
            hold.insist(partial(_store, work, tools.database, answer, text_of(sent), kept_as))
    as_asked(answer, with_text=options.with_text)
    answer.document.stored = kept_as
    return Outcome(Kept(answer=answer, text=text_of(sent)).pack(), document_id=kept_as)


def _document_id(options: Options, sent: Content) -> str:
    return document_id(
        sha256(text_of(sent).encode("utf-8")).hexdigest(),
        name=options.id,
        file_sha256=sent.sha256 if isinstance(sent, FileText) else None,
        period=options.period,
        place=options.place,
    )


def _store(work: Work, database: Database, answer: Extraction, text: str, id: str) -> None:
    save(database, answer, text, id=id, by=By(work.asked_by), job=work.id)


def _read(options: Options, body: bytes, settings: Settings) -> Content:
    """The text of a body, or the file that it is or was decoded from."""
    if options.content == "file":
        return read_bytes(body, name=options.name, encoding=options.encoding, kind_hint=options.hint, settings=settings)
    text = body.decode("utf-8")
    if options.content == "decoded":
        parts = tuple(EncodedPart(p.start, p.end, p.encoding, p.score) for p in options.encodings)
        return FileText(text, "txt", options.file_sha256 or sha256(body).hexdigest(), encodings=parts)
    return as_unicode(text)
