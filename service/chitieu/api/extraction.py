"""From what was sent to its answer: read in the pool, kept where that was asked, and not read again where it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request

from chitieu.api.access.who import Actor
from chitieu.api.bodies import Sent, Upload
from chitieu.api.pool import Pool, Progress
from chitieu.api.readers import FileReaders
from chitieu.api.telemetry.tracing import Tracing
from chitieu.content import Content, as_asked, as_unicode, extracted, text_of
from chitieu.contract import Extraction
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store import documents
from chitieu.store.audit import By
from chitieu.store.by_file import texts_of_file
from chitieu.store.database import Database
from chitieu.text.files.reading import FileText


@dataclass(frozen=True, slots=True)
class Tools:
    """What texts are read with."""

    pipeline: Pipeline
    pool: Pool
    readers: FileReaders
    database: Database
    settings: Settings
    tracing: Tracing


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a text.

    Attributes:
        extraction: as it was asked for: with its text or without.
        text: what its offsets count in.
        known: whether it was in the store already.
    """

    extraction: Extraction
    text: str
    known: bool = False


def get_tools(request: Request) -> Tools:
    """The application's, opened at start-up."""
    state = request.app.state
    return Tools(state.served.pipeline, state.pool, state.readers, state.database, state.settings, state.tracing)


async def answered(sent: Sent, tools: Tools, actor: Actor, *, patient: bool = False) -> Answer:
    """The answer to what was sent.

    Args:
        actor: who asks; must be allowed to store, if it is to be stored.
        patient: see `Pool.run`.

    Raises:
        ServiceBusy, TooSlow: see `Pool.run`.
        ChitieuError: as `read_bytes` and `Pipeline.extract`.
        BadRequest: a name that cannot be stored. DatabaseDown, DatabaseInvalid: it is to be stored and cannot be.
    """
    if not sent.store:
        content = await _read(sent.content, tools)
        extraction, text = await _extracted(sent, content, tools, patient=patient)
        return Answer(extraction, text)
    known = await asyncio.to_thread(_known, sent, tools)
    if known is None:
        content = await _read(sent.content, tools)
        if isinstance(content, FileText):
            known = await asyncio.to_thread(_kept, sent, tools, _digest(content.text), content.sha256)
        if known is None:
            extraction, text = await _extracted(sent, content, tools, patient=patient)
            await asyncio.to_thread(_store, sent, tools, actor, extraction, text)
            return Answer(extraction, text)
    text = known.document.text or ""
    as_asked(known, with_text=sent.with_text)
    return Answer(known, text, known=True)


async def _read(content: Content | Upload, tools: Tools) -> Content:
    if isinstance(content, Upload):
        with tools.tracing.span("read file", bytes=len(content.data)):
            return await tools.readers.run(lambda: content.read(tools.settings))
    return content


async def _extracted(sent: Sent, content: Content, tools: Tools, *, patient: bool) -> tuple[Extraction, str]:
    def work(progress: Progress) -> tuple[Extraction, str]:
        read = as_unicode(content) if isinstance(content, str) else content
        extraction = extracted(
            tools.pipeline,
            read,
            id=sent.id,
            period=sent.period,
            place=sent.place,
            with_text=sent.with_text,
            progress=progress,
        )
        return extraction, text_of(read)

    characters = len(text_of(content))

    def traced(progress: Progress) -> tuple[Extraction, str]:
        with tools.tracing.span("extract", characters=characters):
            return work(progress)

    return await tools.pool.run(traced, characters=characters, wait=patient)


def _known(sent: Sent, tools: Tools) -> Extraction | None:
    """The stored answer to what was sent, told by its bytes alone. Raises BadRequest for what could not be stored."""
    _id(sent, "", None)
    if isinstance(sent.content, FileText):
        return _kept(sent, tools, _digest(sent.content.text), sent.content.sha256)
    digest = sent.content_sha256
    if isinstance(sent.content, str):
        known = _kept(sent, tools, digest, None)
        if known is not None:
            return known
    elif sent.content.encoding or sent.content.hint:
        return None  # who says how to read a file may want it read otherwise than before
    found = (_kept(sent, tools, text, digest) for text in texts_of_file(tools.database, digest))
    return next((answer for answer in found if answer is not None), None)


def _kept(sent: Sent, tools: Tools, text_sha256: str, file_sha256: str | None) -> Extraction | None:
    known = _id(sent, text_sha256, file_sha256)
    answer = documents.stored_answer(tools.database, known, model=tools.pipeline.info)
    if answer is not None:
        answer.document.stored = known
    return answer


def _store(sent: Sent, tools: Tools, actor: Actor, extraction: Extraction, text: str) -> None:
    """Keep an answer, which says where from then on."""
    document = extraction.document
    new = _id(sent, document.sha256, document.file_sha256)
    by = By(actor.name, actor.address, actor.request)
    documents.save(tools.database, extraction, text, id=new, by=by)
    document.stored = new


def _id(sent: Sent, text_sha256: str, file_sha256: str | None) -> str:
    return documents.document_id(
        text_sha256, name=sent.id, file_sha256=file_sha256, period=sent.period, place=sent.place
    )


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
