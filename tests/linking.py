"""How the linker does on mentions read by hand: gold spans in, the catalogue entry of each mention's row out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chitieu.annotation.inline_xml import read
from chitieu.annotation.spans import gold_spans
from chitieu.catalogue.linker import link
from chitieu.catalogue.load import Catalogue
from chitieu.figures.document import document_figures
from chitieu.figures.observations import build_observations
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

TABLE = Path(__file__).parent / "catalogue" / "data" / "links.tsv"


@dataclass(frozen=True)
class Mention:
    """One row: an INDICATOR by document and offsets, the entries that are right (none: ``frozenset()``)."""

    document: str
    start: int
    end: int
    ids: frozenset[str]
    sure: bool


def mentions() -> list[Mention]:
    """The rows that are held against the linker: those of a mention that a figure is of."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Mention(
            row["document"],
            int(row["start"]),
            int(row["end"]),
            frozenset(row["id"].split("|")) - {"none"},
            row["sure"] == "yes",
        )
        for row in rows
        if "head only" not in row["note"]
    ]


def linked(path: Path, catalogue: Catalogue) -> dict[tuple[int, int], set[str]]:
    """The entries that each INDICATOR of a document with a row of its own was linked to, by its offsets."""
    document = read(path)
    reading = Reading(SourceText(document.text))
    spans = gold_spans(document, reading)
    figures, sections = document_figures(reading, spans)
    observations, _ = build_observations(
        reading.text, spans, figures, sections=sections, linker=partial(link, catalogue=catalogue)
    )
    of_span: dict[str, set[str]] = {}
    for observation in observations:
        entry = observation.indicator.catalogue
        for span in observation.indicator.spans:
            of_span.setdefault(span, set()).update({entry.id} if entry else set())
    gold = {f"s{n}": (s.start, s.end) for n, s in enumerate(document.spans)}
    return {gold[span]: ids for span, ids in of_span.items()}


def judged(folders: Sequence[Path], catalogue: Catalogue) -> Iterator[tuple[Mention, set[str] | None]]:
    """Each mention with the entries that it was linked to; None where it has no row or its document is not there."""
    known: dict[str, dict[tuple[int, int], set[str]]] = {}
    for mention in mentions():
        if mention.document not in known:
            path = next((p for f in folders if (p := f / f"{mention.document}.xml").is_file()), None)
            known[mention.document] = linked(path, catalogue) if path else {}
        yield mention, known[mention.document].get((mention.start, mention.end))
