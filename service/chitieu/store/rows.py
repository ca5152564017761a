"""From an answer to the columns of the tables, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from chitieu import __version__
from chitieu.asked import place_keys
from chitieu.contract import Extraction, Observation, Place
from chitieu.output.columns import Cell
from chitieu.output.table import plain
from chitieu.output.values import table
from chitieu.store.search import words_of


def document_values(answer: Extraction, now: datetime) -> dict[str, Any]:
    """The columns of a document that its reading gives; ``now`` is when that was."""
    document, model = answer.document, answer.model
    place, period = document.place, document.period
    place_name = (place.name or place.text) if place is not None else None
    key, plain_key = place_keys(place_name)
    bare = answer.model_copy(update={"document": document.model_copy(update={"text": None})})
    return {
        "name": document.id,
        "name_words": words_of([document.id]),
        "text_sha256": document.sha256,
        "file_sha256": document.file_sha256,
        "kind": document.kind,
        "length": document.length,
        "place_code": place.code if place is not None else None,
        "place_name": place_name,
        "place_key": key,
        "place_plain": plain_key,
        "period_text": period.text if period is not None else None,
        "period_start": _day(period.start) if period is not None else None,
        "period_end": _day(period.end) if period is not None else None,
        "model_name": model.name,
        "model_version": model.version,
        "catalogue_version": model.catalogue,
        "software_version": __version__,
        "figures": len(answer.figures),
        "answer": zlib.compress(bare.model_dump_json().encode()),
        "read_at": now,
    }


def observation_values(answer: Extraction) -> Iterator[dict[str, Any]]:
    """The columns of a document's observations, in text order; the answer holds its text."""
    for number, (cells, seen) in enumerate(zip(table("observations", answer), answer.observations, strict=True)):
        code, name = _place_of(seen, answer.document.place)
        key, plain_key = place_keys(name)
        names = [str(cells["catalogue_name"] or ""), *reversed(seen.indicator.path)]
        yield {
            "number": number,
            "indicator_id": cells["catalogue_id"],
            "indicator": cells["indicator"] or "",
            "words": words_of(names),
            "place_code": code,
            "place_name": name,
            "place_key": key,
            "place_plain": plain_key,
            "period_start": cells["period_start"],
            "period_end": cells["period_end"],
            "status": cells["status"],
            "cells": {column: _as_json(cell) for column, cell in cells.items() if cell is not None},
        }


def _place_of(seen: Observation, of_document: Place | None) -> tuple[str | None, str | None]:
    """Code and name of the place of a row: the narrowest that it is broken down by, else the document's."""
    part = next((p for p in reversed(seen.indicator.breakdown) if p.kind == "place"), None)
    if part is not None:
        return part.code, part.name or part.text
    return (of_document.code, of_document.name or of_document.text) if of_document is not None else (None, None)


def _as_json(cell: Cell) -> str | int | None:
    return cell if cell is None or isinstance(cell, int) else plain(cell)


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written is not None else None


def unpacked(answer: bytes, text: str) -> Extraction:
    """The answer of a document, with its text."""
    read = Extraction.model_validate_json(zlib.decompress(answer))
    read.document.text = text
    return read
