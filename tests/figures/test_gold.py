"""Every figure of the annotated real texts, read from the gold spans: value and unit as the project's measures want them."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import read
from gold import gold_figures

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def measure(shared: Path) -> ModuleType:
    """The measures that stand beside the annotated texts."""
    path = shared / "tools" / "measure.py"
    if not path.is_file():
        pytest.skip("needs ../shared/tools/measure.py")
    spec = importlib.util.spec_from_file_location("shared_measure", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def gold_of(document: AnnotatedDocument) -> list[dict[str, object]]:
    """The spans as the measures take them."""
    out: list[dict[str, object]] = []
    for span in document.spans:
        row: dict[str, object] = {"label": span.label, "start": span.start, "end": span.end}
        if span.label == "INDICATOR":
            row["id"] = span.id
        if span.head is not None:
            row["in" if span.label == "INDICATOR" else "of"] = document.spans[span.head].id
        out.append(row)
    return out


def test_values_and_units_of_the_annotated_texts(shared: Path, measure: ModuleType) -> None:
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for path in [*sorted((shared / "gold" / "real").glob("*.xml")), shared / "gold" / "seed.xml"]:
        document = read(path)
        figures = {(f.start, f.end): f for f in gold_figures(document)}
        for gold in measure.gold_figures(document.text, gold_of(document)):
            figure = figures[gold["start"], gold["end"]].model_dump()
            value, unit = measure.right_value(figure, gold["readings"]), measure.right_unit(figure, gold)
            change = gold["kind"] == "change" and gold["verb"].startswith(("tăng ", "giảm "))
            up = "up" if gold["verb"].startswith("tăng") else "down"
            count.update(
                figures=1,
                value=value,
                unit=unit,
                kind=figure["kind"] == gold["kind"],
                changes=change,
                direction=change and figure["direction"] == up,
            )
            if not (value and unit):
                wrong.append(f"{path.name}:{gold['start']} {figure['text']!r} {figure['number']} {figure['unit']}")
    assert count["figures"] > 10_000
    for name, of in (("value", "figures"), ("unit", "figures"), ("kind", "figures"), ("direction", "changes")):
        assert count[name] >= 0.99 * count[of], (name, count, wrong[:20])
