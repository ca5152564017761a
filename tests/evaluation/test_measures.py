"""Our measures against the reference implementation, and against small cases counted by hand."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import parse, read
from chitieu.contract import Document, Extraction, Figure, ModelInfo, Span, Unit
from chitieu.evaluation.measures import LABELS, gold_figures, score
from chitieu.evaluation.readings import readings

FIGURES = ("QUANTITY", "PERCENT")


def extraction(text: str, spans: list[Span], figures: list[Figure]) -> Extraction:
    return Extraction(
        document=Document(id="x", sha256="0" * 64, length=len(text)),
        model=ModelInfo(name="hand", version="0", catalogue="0"),
        spans=spans,
        figures=figures,
        observations=[],
        checks=[],
        warnings=[],
    )


def perfect(document: AnnotatedDocument) -> tuple[list[Span], list[Figure]]:
    """What a faultless system would answer."""
    text = document.text
    spans = []
    for n, s in enumerate(document.spans):
        head = f"s{s.head}" if s.head is not None else None
        is_indicator = s.label == "INDICATOR"
        links = {"in_": head} if is_indicator else {"of": head}
        spans.append(
            Span(
                id=f"s{n}",
                label=s.label,  # type: ignore[arg-type]
                start=s.start,
                end=s.end,
                text=text[s.start : s.end],
                score=1,
                **links,
            )
        )
    at = {(s.start, s.end, s.label): n for n, s in enumerate(document.spans)}
    figures = []
    for n, gold in enumerate(gold_figures(document)):
        values = sorted(gold.readings) if gold.readings else []
        percent = gold.label == "PERCENT"
        unit = Unit(text="%", id=gold.unit) if percent else Unit(text=gold.unit) if gold.unit else None
        head = at[gold.indicator.start, gold.indicator.end, "INDICATOR"] if gold.indicator else None
        figures.append(
            Figure(
                id=f"f{n}",
                start=gold.start,
                end=gold.end,
                text=text[gold.start : gold.end],
                kind=gold.kind,  # type: ignore[arg-type]
                number=f"{values[0]:f}" if values else None,
                unit=unit,
                indicator=f"s{head}" if head is not None else None,
                direction="up" if gold.verb.startswith("tăng") else "down" if gold.verb.startswith("giảm") else None,
            )
        )
    return spans, figures


def perturbed(document: AnnotatedDocument, rng: random.Random) -> Extraction:
    """A system's answer with every kind of mistake in it; ``text`` is sometimes wrong on purpose."""
    text = document.text
    spans, figures = perfect(document)
    indicators = [s.id for s in spans if s.label == "INDICATOR"]
    moved: dict[tuple[int, int], tuple[int, int] | None] = {}
    kept: list[Span] = []
    for span in spans:
        before = (span.start, span.end)
        change: dict[str, Any] = {}
        if rng.random() < 0.1:
            if span.label in FIGURES:
                moved[before] = None
            continue
        if rng.random() < 0.15:
            start = max(0, span.start + rng.choice((-2, -1, 0, 1)))
            end = min(len(text), max(start + 1, span.end + rng.choice((-1, 0, 2))))
            change = {"start": start, "end": end, "text": text[start:end]}
        if rng.random() < 0.05:
            change["label"] = rng.choice(LABELS)
        if rng.random() < 0.1 and indicators:
            name = "in_" if span.label == "INDICATOR" else "of"
            change[name] = rng.choice([*indicators, None])
        made = span.model_copy(update=change)
        if span.label in FIGURES:
            moved[before] = (made.start, made.end)
        kept.append(made)
    out: list[Figure] = []
    for figure in figures:
        at = moved[figure.start, figure.end]
        if at is None or rng.random() < 0.03:
            continue
        change = {"start": at[0], "end": at[1], "text": text[at[0] : at[1]]}
        if rng.random() < 0.1:
            change["kind"] = rng.choice(("level", "change", "share", "attainment"))
        if rng.random() < 0.1:
            change["number"] = rng.choice((None, "7", "không rõ", (figure.number or "") + "5"))
        if rng.random() < 0.1:
            change["unit"] = rng.choice((None, Unit(text="tấn", id="tonne"), Unit(text="%", id="permille")))
        if rng.random() < 0.15:
            change["indicator"] = rng.choice([*indicators, "s99999", None])
        if rng.random() < 0.15:
            change["direction"] = rng.choice(("up", "down", None))
        if rng.random() < 0.02:
            change["text"] = "sai"
        out.append(figure.model_copy(update=change))
    return extraction(text, kept, out)


def reference(shared: Path) -> ModuleType:
    path = shared / "tools" / "measure.py"
    if not path.is_file():
        pytest.skip("needs ../shared/tools/measure.py")
    spec = importlib.util.spec_from_file_location("reference_measure", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    before = sys.path[:]
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def gold_for_reference(module: ModuleType, path: Path) -> tuple[str, list[dict[str, Any]]]:
    text, spans, problems = module.parse(path.read_text(encoding="utf-8"))
    assert not problems
    return text, [dict(start=s.start, end=s.end, label=s.label, **s.attributes) for s in spans]


def as_json(answer: Extraction) -> dict[str, Any]:
    out: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return out


@pytest.mark.shared
@pytest.mark.parametrize("seed", range(4))
def test_every_measure_equals_the_reference(shared, seed):
    module = reference(shared)
    rng = random.Random(seed)
    paths = [shared / "gold" / "seed.xml", *rng.sample(sorted((shared / "gold" / "real").glob("*.xml")), 4)]
    ours, theirs = [], []
    for path in paths:
        document = read(path)
        text, gold = gold_for_reference(module, path)
        assert text == document.text
        answer = perturbed(document, rng)
        ours.append((document, answer))
        theirs.append((text, gold, as_json(answer)))
    rows, labels = module.score(theirs)
    got = score(ours)
    assert rows["figures"] > 100
    assert 0.3 < rows["complete"] < 0.95
    assert {k: got.rows[k] for k in rows} == rows
    for label, row in labels.items():
        assert {k: got.labels[label][k] for k in row} == row, label


@pytest.mark.shared
def test_a_perfect_answer_scores_one_in_both(shared):
    module = reference(shared)
    path = shared / "gold" / "seed.xml"
    document = read(path)
    text, gold = gold_for_reference(module, path)
    answer = extraction(text, *perfect(document))
    rows, _ = module.score([(text, gold, as_json(answer))])
    got = score([(document, answer)]).rows
    assert {k: got[k] for k in rows} == rows
    assert got["micro"] == got["found"] == got["link"] == got["ind_in"] == 1
    assert got["bad_offsets"] == 0


@pytest.mark.shared
def test_readings_equal_the_reference(shared):
    module = reference(shared)
    units = ("", "tỷ đồng", "triệu đồng", "nghìn tấn")
    cases = {("một trong năm", ""), ("rưỡi", ""), ("hai mươi", ""), ("825 tỷ 776", "triệu đồng"), ("1 2", ""), ("", "")}
    for path in sorted((shared / "gold" / "real").glob("*.xml"))[::5]:
        document = read(path)
        cases |= {(document.text[f.start : f.end], f.unit) for f in gold_figures(document)}
    rng = random.Random(7)
    cases |= {
        ("".join(rng.choice("0123456789.,-– âm/") for _ in range(rng.randint(1, 9))), rng.choice(units))
        for _ in range(3000)
    }
    assert len(cases) > 3000
    assert {c: readings(*c) for c in cases} == {c: module.readings(*c) for c in cases}


XML = (
    '<ind id="1">Thu ngân sách</ind> đạt <qty of="1">7.215</qty> <unit>tỷ đồng</unit>, '
    '<att of="1">bằng <pct>81,4%</pct> dự toán</att>, <chg of="1">tăng <pct>6,2%</pct></chg>; '
    '<ind id="2" in="1">thu nội địa</ind> <att of="2">đạt chỉ tiêu</att>.'
)


@pytest.fixture
def gold():
    return parse(XML, "tay.xml")


def test_by_hand_all_right(gold):
    rows = score([(gold, extraction(gold.text, *perfect(gold)))]).rows
    wanted = ("micro", "relaxed", "found", "value", "value_unit", "kind", "complete", "link", "att_link", "ind_in")
    assert {rows[name] for name in (*wanted, "direction")} == {1.0}
    assert (rows["figures"], rows["bad_offsets"]) == (3, 0)


def test_by_hand_one_mistake_of_each_kind(gold):
    spans, figures = perfect(gold)
    spans = [s for s in spans if s.label != "UNIT"]  # one of nine spans is missed
    spans[0] = spans[0].model_copy(update={"end": spans[0].end - 4, "text": "Thu ngân"})  # one is cut short
    figures[0] = figures[0].model_copy(update={"number": "7.215"})  # thousands taken for decimals
    figures[1] = figures[1].model_copy(update={"kind": "change", "indicator": None})
    figures[2] = figures[2].model_copy(update={"direction": "down"})
    scores = score([(gold, extraction(gold.text, spans, figures))])
    rows = scores.rows
    assert rows["micro"] == round(2 * 7 / (9 + 8), 4)
    assert rows["relaxed"] == round((8 + 8) / (9 + 8), 4)
    assert (rows["found"], rows["value"], rows["kind"]) == (1.0, round(2 / 3, 4), round(2 / 3, 4))
    assert rows["link"] == round(2 / 3, 4)
    assert rows["complete"] == round(1 / 3, 4)
    assert rows["direction"] == 0.0
    assert (rows["unit"], rows["indicator"]) == (0.0, 0.5)
    assert rows["ind_in"] == 1.0  # of the one indicator that was found exactly
    assert scores.labels["INDICATOR"] == {"f1": 0.5, "relaxed": 1.0, "gold": 2, "system": 2}


def test_by_hand_a_wrong_offset_is_counted(gold):
    spans, figures = perfect(gold)
    figures[0] = figures[0].model_copy(update={"text": "7215"})
    assert score([(gold, extraction(gold.text, spans, figures))]).rows["bad_offsets"] == 1


def test_nothing_to_measure_is_none_and_not_zero():
    document = parse("Không có gì.", "trong.xml")
    rows = score([(document, extraction(document.text, [], []))]).rows
    assert rows["micro"] is None
    assert rows["complete"] is None
    assert rows["figures"] == 0


@pytest.mark.parametrize(
    ("printed", "unit", "wanted"),
    [
        ("12.450", "ha", ["12450"]),
        ("61,5", "tạ/ha", ["61.5"]),
        ("33,056", "", ["33056", "33.056"]),
        ("0.118", "", ["0.118", "118"]),
        ("âm 2,4%", "percent", ["-2.4"]),
        ("40 - 45", "", ["40"]),
        ("310 tỷ 45", "triệu đồng", ["310045"]),
        ("rưỡi", "", ["1.5"]),
        ("1 .200", "", None),
        ("hàng trăm", "", None),
    ],
)
def test_readings_by_hand(printed, unit, wanted):
    got = readings(printed, unit)
    assert (None if got is None else sorted(f"{v:f}" for v in got)) == (None if wanted is None else sorted(wanted))
