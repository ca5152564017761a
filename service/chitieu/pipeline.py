"""The whole way: a text in, an `Extraction` out. Each step is a function from one plain type to the next."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from chitieu.catalogue.linker import link
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.own import catalogue_of
from chitieu.catalogue.places import find_place
from chitieu.contract import (
    Document,
    Encoding,
    Extraction,
    Label,
    ModelInfo,
    Notice,
    Page,
    Period,
    Place,
    Span,
)
from chitieu.errors import BadEncoding, BadRequest, EmptyText, NotText, TextTooLong
from chitieu.figures.checks import check
from chitieu.figures.document import document_figures
from chitieu.figures.observations import build_observations
from chitieu.figures.periods import document_period
from chitieu.figures.settle import settle
from chitieu.grounding import ground, ground_notices, ground_told
from chitieu.models import current_model
from chitieu.settings import MAX_CHARACTERS, load_settings
from chitieu.tagging.decode import TaggedSpan, relation
from chitieu.tagging.encoder import Progress, Tagger
from chitieu.text.files.reading import FileText
from chitieu.text.passages import Passages, read_passages
from chitieu.text.reading import Reading
from chitieu.text.source import SourceText

_BINARY_SHARE = 0.1
_MOST_MARKS = 500
_SURE = 0.8  # of an encoding: below, the answer warns


def check_text(text: str, *, limit: int = MAX_CHARACTERS) -> str:
    """The text itself, if it is one that can be read.

    Raises:
        EmptyText: nothing but white space.
        TextTooLong: more than ``limit`` code points.
        BadEncoding: lone surrogates, which no encoding can write.
        NotText: a NUL, a tenth of it control characters, or hundreds of combining marks in a run.
    """
    if len(text) > limit:
        raise TextTooLong(
            f"Văn bản dài {len(text)} ký tự, tối đa {limit}. / The text has {len(text)} characters, the limit is {limit}.",
            length=len(text),
            limit=limit,
        )
    if not text.strip():
        raise EmptyText("Văn bản trống. / The text is empty.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadEncoding(
            f"Ký tự không hợp lệ ở vị trí {error.start}. / A lone surrogate at {error.start} is no character.",
            position=error.start,
        ) from error
    if _marks_in_a_run(text) > _MOST_MARKS:
        raise NotText(
            f"Quá {_MOST_MARKS} dấu liền nhau, không phải văn bản. / More than {_MOST_MARKS} combining marks in a run are no text."
        )
    control = sum(text.count(chr(code)) for code in (*range(9), *range(14, 32), 127))
    if "\0" in text or control > _BINARY_SHARE * len(text):
        raise NotText("Dữ liệu nhị phân, không phải văn bản. / Binary data, not text.", control_characters=control)
    return text


def _marks_in_a_run(text: str) -> int:
    """The longest run of combining marks: normalising one takes time that grows with its square."""
    longest = run = 0
    for char in text:
        run = run + 1 if char > "\u02ff" and unicodedata.combining(char) else 0
        longest = max(longest, run)
    return longest


def check_period(period: Period) -> Period:
    """The period itself, if its days are ISO 8601 dates from 1900 to 2100, the first not after the last.

    Raises:
        BadRequest: they are not.
    """
    try:
        days = [date.fromisoformat(day) for day in (period.start, period.end) if day is not None and len(day) == 10]
    except ValueError:
        days = []
    given = sum(day is not None for day in (period.start, period.end))
    if len(days) != given or days != sorted(days) or not all(1900 <= day.year <= 2100 for day in days):
        raise BadRequest(
            "Kỳ báo cáo phải có ngày dạng 2023-01-31. / The days of `period` must be dates like 2023-01-31, the first not after the last.",
            start=period.start,
            end=period.end,
        )
    return period


def to_spans(passages: Passages, tagged: Sequence[TaggedSpan]) -> list[Span]:
    """Contract spans, offsets in the reading, in its order; ids ``s1, s2, …``."""
    out: list[Span] = []
    for number, span in enumerate(tagged):
        start, end = passages.pieces[span.first].start, passages.pieces[span.last - 1].end
        head = f"s{span.head + 1}" if span.head is not None else None
        is_indicator = span.label == "INDICATOR"
        out.append(
            Span.model_construct(
                id=f"s{number + 1}",
                label=cast(Label, span.label),
                start=start,
                end=end,
                text=passages.reading.text[start:end],
                score=round(span.score, 4),
                link_score=round(span.head_score, 4) if relation(span) is not None else None,
                of=None if is_indicator else head,
                in_=head if is_indicator else None,
            )
        )
    return out


def _is_doubtful(part: Encoding) -> bool:
    return part.score < _SURE


def _doubt(part: Encoding) -> Notice:
    return Notice(
        code="encoding_unsure",
        message=f"Không chắc đoạn này viết bằng bảng mã {part.encoding} ({part.score:.2f}). / "
        f"It is not sure that this part was in {part.encoding} ({part.score:.2f}).",
        start=part.start,
        end=part.end,
    )


class Observer(Protocol):
    """Is told what a pipeline does, in the thread that does it."""

    def passed(self, windows: int) -> None:
        """The encoder has read so many windows at once."""

    def answer_made(self, answer: Extraction) -> None:
        """A text or file was read."""


class Pipeline:
    """Tagger, catalogue and rules put together; safe to share between threads.

    Attributes:
        observers: see `Observer`.
    """

    def __init__(self, tagger: Tagger, catalogue: Catalogue, *, limit: int = MAX_CHARACTERS) -> None:
        """``limit``: code points of a text at most."""
        self.tagger = tagger
        self.catalogue = catalogue
        self.limit = limit
        self.observers: list[Observer] = []

    @property
    def info(self) -> ModelInfo:
        manifest = self.tagger.manifest
        return ModelInfo(name=manifest.name, version=manifest.version, catalogue=self.catalogue.version)

    def on(self, tagger: Tagger) -> Pipeline:
        """One on another model, with the same catalogue and limit, and no observers."""
        return Pipeline(tagger, self.catalogue, limit=self.limit)

    def warm_up(self) -> None:
        """Load everything that the first text would have to wait for."""
        self.extract("Tổng thu ngân sách đạt 16 tỷ đồng.")

    def extract(
        self,
        text: str,
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        with_text: bool = False,
        wrapped: bool = True,
        progress: Progress | None = None,
    ) -> Extraction:
        """Every figure of a text. ``period`` and ``place`` are hints that go before what the text itself says.

        ``wrapped``: its lines may be those of a page; else each is a paragraph. ``progress`` is told how many windows
        of how many are read; what it raises ends the reading.

        Raises:
            EmptyText, TextTooLong, BadEncoding, NotText: see `check_text`.
            BadRequest: see `check_period`.
            ModelInvalid: the model's files do not load.
        """
        answer = self._answer(
            text, id=id, period=period, place=place, with_text=with_text, wrapped=wrapped, progress=progress
        )
        self._tell(answer)
        return answer

    def extract_file(
        self,
        file: FileText,
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        progress: Progress | None = None,
    ) -> Extraction:
        """Every figure of a file's text, which the answer returns. Takes and raises what `extract` does."""
        answer = self._answer(
            file.text, id=id, period=period, place=place, with_text=True, wrapped=file.wrapped, progress=progress
        )
        document = answer.document
        document.kind, document.file_sha256 = file.kind, file.sha256
        document.pages = [Page(number=p.number, start=p.start, end=p.end) for p in file.pages] or None
        document.encodings = [
            Encoding(start=p.start, end=p.end, encoding=p.encoding, score=round(p.score, 4)) for p in file.encodings
        ]
        answer.warnings = [*file.notices, *map(_doubt, filter(_is_doubtful, document.encodings)), *answer.warnings]
        self._tell(answer)
        return answer

    def _answer(
        self,
        text: str,
        *,
        id: str | None,
        period: Period | None,
        place: Place | None,
        with_text: bool,
        wrapped: bool,
        progress: Progress | None,
    ) -> Extraction:
        if period is not None:
            check_period(period)
        passages = read_passages(Reading(SourceText(check_text(text, limit=self.limit)), wrapped=wrapped))
        tagged = self.tagger.tag(passages, progress=self._watched(progress))
        return self.assemble(passages, tagged, id=id, period=period, place=place, with_text=with_text)

    def _watched(self, progress: Progress | None) -> Progress | None:
        """The same, and observers are told of each pass."""
        if not self.observers:
            return progress
        before = 0

        def tell(done: int, of: int) -> None:
            nonlocal before
            if done > before:
                for observer in self.observers:
                    observer.passed(done - before)
                before = done
            if progress is not None:
                progress(done, of)

        return tell

    def _tell(self, answer: Extraction) -> None:
        for observer in self.observers:
            observer.answer_made(answer)

    def assemble(
        self,
        passages: Passages,
        tagged: Sequence[TaggedSpan],
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        with_text: bool = False,
    ) -> Extraction:
        """The way from tagged spans on."""
        spans = to_spans(passages, tagged)
        return self.answer_of(passages.reading, spans, id=id, period=period, place=place, with_text=with_text)

    def answer_of(
        self,
        reading: Reading,
        spans: Sequence[Span],
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        with_text: bool = False,
    ) -> Extraction:
        """The way from spans on, whoever marked them; they are in text order, with offsets in the reading."""
        source = reading.source
        period = period or document_period(reading.text)
        place = place or find_place(reading.text, period=period)
        figures, sections = document_figures(reading, spans, period=period)
        for figure in figures:
            figure.score = round(self.tagger.calibration.score("figures", figure.score), 4)
        linker = partial(link, catalogue=self.catalogue)
        figures = settle(reading.text, spans, figures)
        observations, warnings = build_observations(reading.text, spans, figures, sections=sections, linker=linker)
        checks = check(reading.text, spans, figures, observations)
        return Extraction(
            document=Document(
                id=id or str(uuid.uuid4()),
                sha256=source.digest,
                length=len(source),
                place=ground_told(place, reading),
                period=ground_told(period, reading),
                text=source.text if with_text else None,
            ),
            model=self.info,
            spans=ground(spans, reading),
            figures=ground(figures, reading),
            observations=observations,
            checks=checks,
            warnings=ground_notices(warnings, reading),
        )


def load_pipeline(model: Path | None = None, *, threads: int | None = None, calibrated: bool = True) -> Pipeline:
    """The pipeline on the model in a folder, or on the current one; not ``calibrated``: with the model's raw scores.

    Raises:
        ModelMissing, ModelInvalid: no usable model there.
        ConfigInvalid: the environment's settings are not valid.
        CatalogueInvalid: the office's own catalogue breaks its schema.
    """
    settings = load_settings()
    catalogue = catalogue_of(settings.catalogue, settings.catalogue_mode, settings.aliases)
    tagger = Tagger(model or current_model(), threads=threads, calibrated=calibrated)
    return Pipeline(tagger, catalogue, limit=settings.max_characters)
