"""From what both models answered to the quantities of the report: measures, calibration, speed, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from chitieu.annotation.document import AnnotatedDocument
from chitieu.catalogue.tables import read_table
from chitieu.contract import Extraction
from chitieu.evaluation.gate.bootstrap import Array, Difference, difference_of, differences, interval, resamples
from chitieu.evaluation.gate.limits import DATA, Limits, Regression
from chitieu.evaluation.gate.report import Comparison, DocumentResult, SpeedRatio, Verdict
from chitieu.evaluation.measures import LABELS, Counts, counted
from chitieu.evaluation.reliability import binned, calibration_error, kind_of, outcomes

MEASURES = ("micro", *(label.lower() for label in LABELS), "value", "value_unit", "complete", "link", "ind_in")
CALIBRATIONS = ("spans", "links", "figures")
_COLUMNS = ("name", "title_vi", "title_en")


@cache
def titles() -> dict[str, dict[str, str]]:
    """What each measure is called: ``title_vi``, ``title_en``."""
    return {row["name"]: row for row in read_table("measures.tsv", _COLUMNS, DATA)}


@dataclass(frozen=True)
class Scored:
    """One model's counts, a document each; ``bins``: documents x calibrations x ranges of scores x `binned`'s three."""

    counts: list[Counts]
    bins: Array

    @property
    def arrays(self) -> tuple[Array, Array]:
        """What is right, and of how much: documents x measures each."""
        parts = [[counts.parts()[name] for name in MEASURES] for counts in self.counts]
        table = np.array(parts, dtype=np.float64).reshape(len(parts), len(MEASURES), 2)
        return table[..., 0], table[..., 1]


def scored(documents: Sequence[AnnotatedDocument], answers: Sequence[Extraction]) -> Scored:
    """Hold the answers of a model against the gold."""
    pairs = list(zip(documents, answers, strict=True))
    bins = [_binned(document, answer) for document, answer in pairs]
    return Scored([counted(document, answer) for document, answer in pairs], np.array(bins))


def _binned(document: AnnotatedDocument, answer: Extraction) -> list[Array]:
    found = list(outcomes(document, answer))
    return [binned(o for o in found if kind_of(o.name) == kind) for kind in CALIBRATIONS]


def compare(current: Scored, candidate: Scored, limits: Limits) -> tuple[list[Comparison], list[Comparison]]:
    """Measures, then calibration."""
    rule = limits.regression
    weights = resamples(len(current.counts), rule.replicas, rule.seed)
    old, new = current.arrays, candidate.arrays
    gold = _gold(current.counts, candidate.counts)
    speaking = ((old[1] + new[1]) > 0).sum(axis=0).tolist()
    judged = [n >= rule.documents and gold[m] >= rule.items for m, n in zip(MEASURES, speaking, strict=True)]
    found = differences(old, new, weights, judged=judged, confidence=rule.confidence, power=rule.power)
    measures = [
        _comparison(name, gold[name], documents, difference, _verdict(difference, rule))
        for name, documents, difference in zip(MEASURES, speaking, found, strict=True)
    ]
    return measures, [
        _calibration(at, name, current, candidate, weights, limits) for at, name in enumerate(CALIBRATIONS)
    ]


def _gold(*sides: Sequence[Counts]) -> dict[str, int]:
    """How much there is to get right: gold spans, gold figures; of links those that can be judged, of spans that either model has found."""
    totals = []
    for side in sides:
        total = Counts()
        for counts in side:
            total.add(counts)
        totals.append(total)
    first = totals[0]
    out = {label.lower(): first.spans["gold", label] for label in LABELS}
    out["micro"] = sum(out.values())
    out |= dict.fromkeys(("value", "value_unit", "complete"), first.figures["gold"])
    return out | {name: min(total.parts()[name][1] for total in totals) for name in ("link", "ind_in")}


def _verdict(found: Difference, rule: Regression) -> Verdict:
    if found.highest is None or math.isnan(found.difference):
        return "not_judged"
    if found.difference <= -rule.loss and found.high < 0:
        return "worse" if found.highest < 0 else "doubtful"
    return "better" if found.low > 0 else "same"


def _comparison(
    name: str, gold: int, documents: int, found: Difference, verdict: Verdict, prefix: str = ""
) -> Comparison:
    told = titles()[prefix + name]
    return Comparison(
        name=name,
        title_vi=told["title_vi"],
        title_en=told["title_en"],
        gold=gold,
        documents=documents,
        current=_rounded(found.current),
        candidate=_rounded(found.candidate),
        difference=_rounded(found.difference),
        low=_rounded(found.low),
        high=_rounded(found.high),
        highest=_rounded(found.highest),
        detectable=_rounded(found.detectable),
        verdict=verdict,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 5)


def _calibration(at: int, name: str, current: Scored, candidate: Scored, weights: Array, limits: Limits) -> Comparison:
    """Of an error more is worse."""
    sides = [side.bins[:, at] for side in (current, candidate)]
    drawn = [calibration_error(np.tensordot(weights, bins, axes=1)) for bins in sides]
    points = [float(calibration_error(bins.sum(axis=0))) for bins in sides]
    counts = [bins[:, :, 0].sum(axis=1) for bins in sides]
    documents = int(((counts[0] + counts[1]) > 0).sum())
    found = difference_of(drawn[0], drawn[1], (points[0], points[1]), documents, limits.regression.confidence)
    verdict: Verdict
    if math.isnan(found.difference) or documents < limits.regression.documents:
        verdict = "not_judged"
    elif found.difference > limits.calibration.error and found.low > 0:
        verdict = "worse"
    else:
        verdict = "better" if found.high < 0 else "same"
    return _comparison(name, int(min(count.sum() for count in counts)), documents, found, verdict, "calibration_")


def speed(seconds: Array, limits: Limits) -> SpeedRatio:
    """Of seconds, rounds x documents x (current, candidate): the median over documents of the median over rounds of their ratio."""
    ratios = np.median(seconds[..., 1] / seconds[..., 0], axis=0)
    rng = np.random.default_rng(limits.regression.seed)
    drawn = np.median(rng.choice(ratios, size=(limits.regression.replicas, len(ratios))), axis=1)
    low, high = interval(drawn, len(ratios), limits.regression.confidence)
    return SpeedRatio(ratio=round(float(np.median(ratios)), 3), low=round(low, 3), high=round(high, 3))


def by_document(
    documents: Sequence[AnnotatedDocument], current: Scored, candidate: Scored, seconds: Array
) -> list[DocumentResult]:
    """Every document by itself."""
    out: list[DocumentResult] = []
    typical = np.median(seconds, axis=0)
    for at, document in enumerate(documents):
        old, new = current.counts[at], candidate.counts[at]
        before, after = old.parts(), new.parts()
        out.append(
            DocumentResult(
                name=document.name,
                sha256=document.sha256,
                characters=len(document.text),
                measures={name: (*before[name], *after[name]) for name in MEASURES},
                errors=(_errors(old), _errors(new)),
                worse=[name for name in MEASURES if added_errors((*before[name], *after[name])) > 0],
                seconds=(round(float(typical[at, 0]), 4), round(float(typical[at, 1]), 4)),
            )
        )
    return out


def added_errors(measure: tuple[int, int, int, int]) -> int:
    """How many more errors the candidate makes, of a measure of `DocumentResult`."""
    old_right, old_of, new_right, new_of = measure
    return (new_of - new_right) - (old_of - old_right)


def _errors(counts: Counts) -> int:
    right, of = counts.parts()["micro"]
    return of - right + counts.figures["gold"] - counts.figures["complete"]
