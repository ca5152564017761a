"""Period and status of figures against a table made by reading, ``data/context_cases.tsv``.

The rules run on the annotated spans, so that only they are measured. A row names a document, the figure's offsets, the first and
last day it holds for (empty: open or not to be known; ``?``: not judged) and its status; ``also_…`` hold what a careful reader
may as well say, parted by bars. The rules were written on ``half`` a; b was looked at when they stood.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import read
from chitieu.contract import Figure
from gold import gold_figures

TABLE = Path(__file__).parent / "data" / "context_cases.tsv"
Case = dict[str, str]


def cases() -> list[Case]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_figures(document: AnnotatedDocument) -> dict[tuple[int, int], Figure]:
    """Figures by their offsets in the document."""
    return {(f.start, f.end): f for f in gold_figures(document)}


def judged(folders: list[Path], wanted: list[Case]) -> Iterator[tuple[Case, Figure]]:
    files = {path.name: path for folder in folders for path in folder.glob("*.xml")}
    names = dict.fromkeys(case["document"] for case in wanted)
    found = {name: read_figures(read(files[name])) for name in names if name in files}
    for case in wanted:
        if case["document"] in found:
            yield case, found[case["document"]][int(case["start"]), int(case["end"])]


def right_period(case: Case, figure: Figure) -> bool | None:
    if case["period_start"] == "?":
        return None
    days = [f"{case['period_start']}..{case['period_end']}", *filter(None, case["also_period"].split("|"))]
    got = figure.period
    return f"{(got.start if got else None) or ''}..{(got.end if got else None) or ''}" in days


def right_status(case: Case, figure: Figure) -> bool | None:
    return None if case["status"] == "?" else figure.status in [case["status"], *case["also_status"].split("|")]


def score(pairs: Iterator[tuple[Case, Figure]]) -> tuple[Counter[str], list[str]]:
    count: Counter[str] = Counter()
    misses: list[str] = []
    for case, figure in pairs:
        period, status = right_period(case, figure), right_status(case, figure)
        count.update(periods=period is not None, period=bool(period), statuses=status is not None, status=bool(status))
        if period is False or status is False:
            got = figure.period
            misses.append(
                f"{case['document']}:{case['start']} {figure.text!r}"
                + (f" {got.start if got else None}..{got.end if got else None}" if period is False else "")
                + (f" wanted {case['period_start']}..{case['period_end']}" if period is False else "")
                + (f" {figure.status} wanted {case['status']}" if status is False else "")
            )
    return count, misses


def check(count: Counter[str], misses: list[str]) -> None:
    told = "\n".join([str(dict(count)), *misses])
    assert count["status"] >= 0.95 * count["statuses"], told
    assert count["period"] >= 0.90 * count["periods"], told


@pytest.mark.parametrize("half", ["a", "b"])
def test_our_own_documents(root: Path, half: str) -> None:
    wanted = [case for case in cases() if case["half"] == half]
    count, misses = score(judged([root / "training_data" / "documents"], wanted))
    assert count["statuses"] > 300
    check(count, misses)


@pytest.mark.shared
@pytest.mark.parametrize("half", ["a", "b"])
def test_real_documents(shared: Path, half: str) -> None:
    wanted = [case for case in cases() if case["half"] == half]
    count, misses = score(judged([shared / "gold" / "real"], wanted))
    assert count["statuses"] > 100
    check(count, misses)


def test_the_table() -> None:
    table = cases()
    assert len(table) >= 150 and len({case["document"] for case in table}) >= 20
    assert {case["status"] for case in table} == {"actual", "estimate", "target", "?"}
    assert {case["half"] for case in table} == {"a", "b"}
