"""Mentions read by hand, with everything that the linker sees of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chitieu.annotation.inline_xml import read
from chitieu.annotation.spans import gold_spans
from chitieu.catalogue.evidence import Mention, mention
from chitieu.catalogue.tables import invalid, read_table
from chitieu.contract import Figure, Span, Unit
from chitieu.figures.document import document_figures
from chitieu.figures.observations import (
    document_head,
    indicator_path,
    measured_in,
    reading_form,
    sentence_around,
)
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

COLUMNS = ("document", "start", "end", "id", "breakdown", "sure")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mention with the entries that are right for it (none: empty), once for each unit and kind of its figures.

    ``row`` counts the lines of the table: what is of one line is one judgement, ``weight`` its share of it, half of that where
    the reader was not sure.
    """

    document: str
    row: int
    mention: Mention
    ids: frozenset[str]
    weight: float


def read_labelled(table: Path, folders: Sequence[Path], known: Iterable[str]) -> list[Labelled]:
    """The mentions of a table whose documents are in the folders; lines of other documents are passed over.

    Args:
        table: tab-separated, COLUMNS: the file's name without its ending, offsets of the INDICATOR, entries parted by `|` or `none`,
            the part that breaks them down, `yes` or `no`.
        folders: of annotated documents.
        known: ids of the catalogue.

    Raises:
        CatalogueInvalid: a line of the table is faulty, or names no INDICATOR of its document.
        AnnotationInvalid: a document breaks the rules.
    """
    ids = set(known)
    by_document: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in enumerate(read_table(table.name, COLUMNS, table.parent), 2):
        for id_ in row["id"].split("|"):
            if id_ != "none" and id_ not in ids:
                raise invalid(table, line, "id", f"không có chỉ tiêu “{id_}”", f"no indicator “{id_}”")
        by_document.setdefault(row["document"], []).append((line, row))
    out: list[Labelled] = []
    for name, rows in by_document.items():
        path = next((p for f in folders if (p := f / f"{name}.xml").is_file()), None)
        if path is not None:
            out += _of_document(table, path, rows)
    return out


def _of_document(table: Path, path: Path, rows: Sequence[tuple[int, dict[str, str]]]) -> list[Labelled]:
    seen = _Document(path)
    out: list[Labelled] = []
    for line, row in rows:
        span = seen.indicators.get((row["start"], row["end"]))
        if span is None:
            raise invalid(table, line, "start", "không có chỉ tiêu ở đó", "no INDICATOR is there")
        found = seen.mentions(span)
        ids = frozenset(row["id"].split("|")) - {"none"}
        share = (1.0 if row["sure"] == "yes" else 0.5) / max(1, len(found))
        out += [Labelled(path.stem, line, one, ids, share) for one in found]
    return out


class _Document:
    """One annotated document up to its figures."""

    def __init__(self, path: Path) -> None:
        document = read(path)
        reading = Reading(SourceText(document.text))
        spans = gold_spans(document, reading)
        figures, self.sections = document_figures(reading, spans)
        self.text = reading.text
        self.spans = {s.id: s for s in spans}
        self.indicators = {
            (str(g.start), str(g.end)): self.spans[f"s{n}"]
            for n, g in enumerate(document.spans)
            if g.label == "INDICATOR" and f"s{n}" in self.spans
        }
        self.figures: dict[str, list[Figure]] = {}
        for figure in figures:
            if figure.indicator is not None:
                self.figures.setdefault(figure.indicator, []).append(figure)

    def mentions(self, span: Span) -> list[Mention]:
        """One for each unit and kind of the span's figures, as observations ask for them."""
        path = [reading_form(s.text) for s in indicator_path(span, self.spans)]
        section = list(self.sections(span.start))
        sentence, head = sentence_around(self.text, span.start, span.end), document_head(self.text)
        asked: dict[tuple[object, ...], tuple[str, Unit | None]] = {}
        for figure in self.figures.get(span.id, ()):
            unit = measured_in(figure)
            asked.setdefault((figure.kind, unit and (unit.text, unit.id, unit.dimension)), (figure.kind, unit))
        made = (
            mention(path, unit=u, kind=kind, section=section, sentence=sentence, document=head)
            for kind, u in asked.values()
        )
        return [one for one in made if one is not None]
