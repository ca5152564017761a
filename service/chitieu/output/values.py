"""From an answer to the rows of the tables: typed values by column name, None where nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from chitieu.contract import Check, Extraction, Figure, Observation, Period
from chitieu.output.check_words import say
from chitieu.output.columns import Cell, Row, TableName, columns
from chitieu.output.context import Context, members, one_line


def table(name: TableName, answer: Extraction) -> list[Row]:
    """The rows of a table, each with every column of its definition, in that order.

    Text is composed (NFC) and on one line; numbers are `Decimal` with the digits of the answer.
    """
    context = Context(answer)
    names = [column.name for column in columns(name)]
    if name == "observations":
        return [{n: OBSERVATIONS[n](view) for n in names} for view in observations(context)]
    if name == "figures":
        return [{n: FIGURES[n](figure, context) for n in names} for figure in answer.figures]
    return [{n: CHECKS[n](view) for n in names} for view in (CheckView(c, context) for c in failed_first(answer))]


def failed_first(answer: Extraction) -> list[Check]:
    """The checks in the order of their table: what does not agree before what does, each in the order of the answer."""
    return sorted(answer.checks, key=lambda check: check.ok)


def _text(value: str | None) -> str | None:
    return (one_line(value) or None) if value is not None else None


def _number(value: str | None) -> Decimal | None:
    return Decimal(value) if value is not None else None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value is not None else None


def _listed(values: Sequence[str], between: str = "; ") -> str | None:
    return between.join(v for v in values if v) or None


def _unit_id(figure: Figure | None) -> str | None:
    return figure.known_unit.id if figure is not None and figure.known_unit is not None else None


class ObservationView:
    """An observation with its figures: the level, and the first of each kind of phrase."""

    def __init__(self, row: Observation, context: Context) -> None:
        self.row = row
        self.context = context
        self.document = context.answer.document
        self.level = context.figures[row.level] if row.level else None
        self.change = context.figures[row.changes[0]] if row.changes else None
        self.share = context.figures[row.shares[0]] if row.shares else None
        self.attainment = context.figures[row.attainments[0]] if row.attainments else None
        self.first: Figure | None = next(iter(context.some(members(row))), None)
        self.unit = self.level.known_unit if self.level is not None else None
        self.link = row.indicator.catalogue

    def phrases(self, ids: Sequence[str]) -> str | None:
        return _listed([self.context.phrase(f) for f in self.context.some(ids)])

    @cached_property
    def checks(self) -> list[Check]:
        """The checks that use any figure of the row, each once."""
        found = {id(c): c for i in members(self.row) for c in self.context.checks_of.get(i, ())}
        return list(found.values())

    @cached_property
    def sentence(self) -> tuple[int, int] | None:
        return self.context.sentence(self.first.start, self.first.end) if self.first is not None else None

    @property
    def share_of(self) -> str | None:
        """The whole of the first share: the words behind its number, else the next wider indicator."""
        if self.share is None:
            return None
        phrase = self.context.spans.get(self.share.phrase or "")
        printed = one_line(self.share.text)  # empty where the figure is a sign that counts as white space
        if phrase is not None and printed:
            behind = one_line(phrase.text).partition(printed)[2].strip(" ,;")
            if behind:
                return behind
        path = self.context.path(self.share)
        return path[-2] if len(path) > 1 else None


def observations(context: Context) -> list[ObservationView]:
    """All observations of an answer, in text order."""
    return [ObservationView(row, context) for row in context.answer.observations]


def _of_level(read: Callable[[Figure], Cell]) -> Callable[[ObservationView], Cell]:
    return lambda v: read(v.level) if v.level is not None else None


def _of_change(read: Callable[[Figure], Cell]) -> Callable[[ObservationView], Cell]:
    return lambda v: read(v.change) if v.change is not None else None


def _of_attainment(read: Callable[[Figure], Cell]) -> Callable[[ObservationView], Cell]:
    return lambda v: read(v.attainment) if v.attainment is not None else None


def _base_period(figure: Figure) -> Period | None:
    return figure.base.period if figure.base is not None else None


def _base_start(figure: Figure) -> date | None:
    period = _base_period(figure)
    return _day(period.start) if period is not None else None


def _base_end(figure: Figure) -> date | None:
    period = _base_period(figure)
    return _day(period.end) if period is not None else None


def _place_name(view: ObservationView) -> str | None:
    place = view.document.place
    return _text(place.name or place.text) if place is not None else None


def _breakdown_code(view: ObservationView) -> str | None:
    return next((p.code for p in reversed(view.row.indicator.breakdown) if p.kind == "place" and p.code), None)


def _more(ids: Sequence[str]) -> int:
    return max(0, len(ids) - 1)


OBSERVATIONS: dict[str, Callable[[ObservationView], Cell]] = {
    "document": lambda v: v.document.id,
    "section": lambda v: _listed([one_line(s) for s in v.row.section], " / "),
    "indicator": lambda v: _listed([one_line(p) for p in v.row.indicator.path], " > "),
    "catalogue_id": lambda v: v.link.id if v.link else None,
    "catalogue_name": lambda v: v.link.name if v.link else None,
    "period": lambda v: _text(v.row.period.text) if v.row.period else None,
    "period_start": lambda v: _day(v.row.period.start) if v.row.period else None,
    "period_end": lambda v: _day(v.row.period.end) if v.row.period else None,
    "status": lambda v: v.row.status,
    "level": _of_level(lambda f: _text(f.text)),
    "unit": lambda v: _text(v.unit.text) if v.unit else None,
    "value": _of_level(lambda f: _number(f.value)),
    "value_unit": lambda v: _unit_id(v.level),
    "changes": lambda v: v.phrases(v.row.changes),
    "shares": lambda v: v.phrases(v.row.shares),
    "attainments": lambda v: v.phrases(v.row.attainments),
    "start": lambda v: v.first.start if v.first else None,
    "end": lambda v: v.first.end if v.first else None,
    "observation": lambda v: v.row.id,
    "place_code": lambda v: v.document.place.code if v.document.place else None,
    "place_name": _place_name,
    "document_period": lambda v: _text(v.document.period.text) if v.document.period else None,
    "document_period_start": lambda v: _day(v.document.period.start) if v.document.period else None,
    "document_period_end": lambda v: _day(v.document.period.end) if v.document.period else None,
    "catalogue_code": lambda v: v.link.code if v.link else None,
    "catalogue_score": lambda v: Decimal(str(v.link.score)) if v.link else None,
    "breakdown": lambda v: _listed([one_line(p.text) for p in v.row.indicator.breakdown], " > "),
    "breakdown_kind": lambda v: _listed([p.kind for p in v.row.indicator.breakdown], " > "),
    "breakdown_code": _breakdown_code,
    "number": _of_level(lambda f: _number(f.number)),
    "upper": _of_level(lambda f: _number(f.upper)),
    "denominator": _of_level(lambda f: _number(f.denominator)),
    "form": _of_level(lambda f: f.form),
    "bound": _of_level(lambda f: f.bound),
    "unit_factor": lambda v: _number(v.unit.factor) if v.unit else None,
    "unit_dimension": lambda v: v.unit.dimension if v.unit else None,
    "value_upper": _of_level(lambda f: _number(f.value_upper)),
    "change_direction": _of_change(lambda f: f.direction),
    "change_measure": _of_change(lambda f: f.measure),
    "change_value": _of_change(lambda f: _number(f.value)),
    "change_unit": lambda v: _unit_id(v.change),
    "change_ratio": _of_change(lambda f: _number(f.ratio)),
    "change_bound": _of_change(lambda f: f.bound),
    "change_base": _of_change(lambda f: _text(f.base.text) if f.base else None),
    "change_base_kind": _of_change(lambda f: f.base.kind if f.base else None),
    "change_base_start": _of_change(_base_start),
    "change_base_end": _of_change(_base_end),
    "changes_more": lambda v: _more(v.row.changes),
    "share_value": lambda v: _number(v.share.value) if v.share else None,
    "share_of": lambda v: v.share_of,
    "shares_more": lambda v: _more(v.row.shares),
    "attainment_direction": _of_attainment(lambda f: f.direction),
    "attainment_measure": _of_attainment(lambda f: f.measure),
    "attainment_value": _of_attainment(lambda f: _number(f.value)),
    "attainment_unit": lambda v: _unit_id(v.attainment),
    "attainment_ratio": _of_attainment(lambda f: _number(f.ratio)),
    "attainment_reference": _of_attainment(lambda f: _text(f.reference.text) if f.reference else None),
    "attainment_reference_kind": _of_attainment(lambda f: f.reference.kind if f.reference else None),
    "attainment_issuer": _of_attainment(lambda f: _text(f.reference.issuer) if f.reference else None),
    "implied_target": _of_attainment(lambda f: _number(f.implied_target.value) if f.implied_target else None),
    "implied_target_unit": _of_attainment(lambda f: f.implied_target.unit if f.implied_target else None),
    "attainments_more": lambda v: _more(v.row.attainments),
    "repeats": lambda v: len(v.row.repeats),
    "score": lambda v: Decimal(str(v.first.score)) if v.first else None,
    "checks": lambda v: len(v.checks),
    "checks_failed": lambda v: sum(not c.ok for c in v.checks),
    "page": lambda v: v.context.page(v.first.start) if v.first else None,
    "sentence": lambda v: _text(v.context.text[slice(*v.sentence)]) if v.sentence and v.context.text else None,
    "sentence_start": lambda v: v.sentence[0] if v.sentence else None,
    "sentence_end": lambda v: v.sentence[1] if v.sentence else None,
    "model": lambda v: f"{v.context.answer.model.name} {v.context.answer.model.version}",
    "catalogue_version": lambda v: v.context.answer.model.catalogue,
    "document_sha256": lambda v: v.document.sha256,
}

FIGURES: dict[str, Callable[[Figure, Context], Cell]] = {
    "document": lambda f, c: c.answer.document.id,
    "figure": lambda f, c: f.id,
    "observation": lambda f, c: c.row_of.get(f.id),
    "indicator": lambda f, c: _listed(c.path(f), " > "),
    "kind": lambda f, c: f.kind,
    "text": lambda f, c: _text(f.text),
    "number": lambda f, c: _number(f.number),
    "unit": lambda f, c: _text(f.known_unit.text) if f.known_unit else None,
    "phrase": lambda f, c: c.phrase(f) if f.phrase else None,
    "period": lambda f, c: _text(f.period.text) if f.period else None,
    "period_start": lambda f, c: _day(f.period.start) if f.period else None,
    "period_end": lambda f, c: _day(f.period.end) if f.period else None,
    "status": lambda f, c: f.status,
    "form": lambda f, c: f.form,
    "bound": lambda f, c: f.bound,
    "upper": lambda f, c: _number(f.upper),
    "denominator": lambda f, c: _number(f.denominator),
    "value": lambda f, c: _number(f.value),
    "value_upper": lambda f, c: _number(f.value_upper),
    "value_unit": lambda f, c: _unit_id(f),
    "unit_factor": lambda f, c: _number(f.known_unit.factor) if f.known_unit else None,
    "direction": lambda f, c: f.direction,
    "measure": lambda f, c: f.measure,
    "ratio": lambda f, c: _number(f.ratio),
    "reference": lambda f, c: _compared_with(f)[0],
    "reference_kind": lambda f, c: _compared_with(f)[1],
    "implied_target": lambda f, c: _number(f.implied_target.value) if f.implied_target else None,
    "implied_target_unit": lambda f, c: f.implied_target.unit if f.implied_target else None,
    "settled_by": lambda f, c: _listed([one_line(o.text) for o in c.some(f.settled_by)]),
    "score": lambda f, c: Decimal(str(f.score)),
    "page": lambda f, c: c.page(f.start),
    "start": lambda f, c: f.start,
    "end": lambda f, c: f.end,
}


def _compared_with(figure: Figure) -> tuple[str | None, str | None]:
    other = figure.reference or figure.base
    return (_text(other.text), other.kind) if other is not None else (None, None)


class CheckView:
    """A check with its figures and its words."""

    def __init__(self, check: Check, context: Context) -> None:
        self.check = check
        self.context = context
        self.figures = context.some(check.figures)
        self.said = say(check, context)


CHECKS: dict[str, Callable[[CheckView], Cell]] = {
    "document": lambda v: v.context.answer.document.id,
    "agrees": lambda v: "yes" if v.check.ok else "no",
    "kind": lambda v: v.check.kind,
    "indicator": lambda v: _listed(v.context.path(v.figures[0]), " > ") if v.figures else None,
    "stated": lambda v: v.said.stated,
    "relation": lambda v: v.check.relation,
    "computed": lambda v: v.said.computed,
    "figures": lambda v: _listed([v.context.phrase(f) for f in v.figures]),
    "words": lambda v: v.said.sentence,
    "stated_value": lambda v: Decimal(v.check.stated),
    "computed_value": lambda v: Decimal(v.check.computed),
    "figure_ids": lambda v: _listed(v.check.figures, " "),
    "page": lambda v: v.context.page(min(f.start for f in v.figures)) if v.figures else None,
    "start": lambda v: min((f.start for f in v.figures), default=None),
    "end": lambda v: max((f.end for f in v.figures), default=None),
}
