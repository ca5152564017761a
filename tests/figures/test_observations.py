"""Figures grouped into rows; cases in ``cases/observations.json``: words are looked up in the text, `nth` from 0; a link is an id and its parts (`id | part`)."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from chitieu.catalogue.linker import Linked
from chitieu.contract import CatalogueLink, Figure, Part, Period, Span, Unit
from chitieu.figures.observations import build_observations, reading_form, sentence_around

CASES = json.loads((Path(__file__).parent / "cases" / "observations.json").read_text(encoding="utf-8"))


def find(text: str, words: str, nth: int = 0) -> int:
    at = text.index(words)
    for _ in range(nth):
        at = text.index(words, at + 1)
    return at


def indicator(text: str, id_: str, words: str, wider: str | None, nth: int = 0) -> Span:
    start = find(text, words, nth)
    return Span(id=id_, label="INDICATOR", start=start, end=start + len(words), text=words, score=1.0, in_=wider)


def figure(text: str, given: dict) -> Figure:
    start = find(text, given["find"], given.get("nth", 0))
    unit = factor = None
    if given.get("unit"):
        factor = given.get("factor", "0.01" if given["unit"] == "percent" else "1")
        unit = Unit(text=given["unit"], id=given["unit"], factor=factor, dimension=given.get("dimension", "count"))
    year = given.get("period")
    return Figure(
        id=given["id"],
        start=start,
        end=start + len(given["find"]),
        text=given["find"],
        kind=given["kind"],
        number=given["number"],
        unit=unit,
        value=str(Decimal(given["number"]) * Decimal(factor or 1)),
        indicator=given["of"],
        status=given.get("status", "actual"),
        period=Period(text=f"năm {year}", start=f"{year}-01-01", end=f"{year}-12-31") if year else None,
    )


def entry(id_: str, *parts: tuple[int, Part]) -> Linked:
    return Linked(CatalogueLink(id=id_, name=id_, score=0.9), parts)


def linker_of(links: dict[str, str]):
    known = {key.casefold(): id_ for key, id_ in links.items()}

    def linker(path, *, unit, kind, section, sentence, document):
        id_, *parts = known.get(" > ".join(path).casefold(), "").split(" | ")
        return entry(id_, *((path.index(p), Part(text=p)) for p in parts)) if id_ else None

    return linker


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case):
    text = case["text"]
    spans = [indicator(text, *given) for given in case["indicators"]]
    figures = [figure(text, given) for given in case["figures"]]
    rows, warnings = build_observations(
        text, spans, figures, sections=lambda at: ["A. KẾT QUẢ"], linker=linker_of(case["links"])
    )
    seen = []
    for row, expected in zip(rows, case["rows"], strict=True):
        found = {
            "path": row.indicator.path,
            "id": row.indicator.catalogue.id if row.indicator.catalogue else None,
            "level": row.level,
        }
        found |= {k: getattr(row, k) for k in ("repeats", "changes", "shares", "attainments") if getattr(row, k)}
        if row.status != "actual":
            found["status"] = row.status
        if row.period is not None:
            found["period"] = row.period.start[:4]
        assert row.section == ["A. KẾT QUẢ"]
        assert row.indicator.text == row.indicator.path[-1]
        assert len(row.indicator.spans) == len(row.indicator.path)
        assert found == expected
        seen += [i for i in (row.level, *row.repeats, *row.changes, *row.shares, *row.attainments) if i]
    assert [text[w.start : w.end] for w in warnings] == case.get("warnings", [])
    assert all(w.code == "figure_without_indicator" and "/" in w.message for w in warnings)
    assert sorted(seen) == sorted(f.id for f in figures if f.indicator), "every figure is in one row, once"
    assert [row.id for row in rows] == [f"o{n}" for n in range(1, len(rows) + 1)]


def test_order_of_figures_does_not_matter():
    case = CASES[0]
    spans = [indicator(case["text"], *given) for given in case["indicators"]]
    figures = [figure(case["text"], given) for given in case["figures"]]
    linker = linker_of(case["links"])
    one = build_observations(case["text"], spans, figures, sections=lambda at: (), linker=linker)
    other = build_observations(case["text"], spans, figures[::-1], sections=lambda at: (), linker=linker)
    assert one == other


def test_cycle_of_two_indicators_ends():
    text = "thu và chi 5"
    spans = [indicator(text, "a", "thu", "b"), indicator(text, "b", "chi", "a")]
    given = {"id": "f", "find": "5", "kind": "level", "number": "5", "of": "a"}
    rows, _ = build_observations(text, spans, [figure(text, given)], sections=lambda at: (), linker=linker_of({}))
    assert [row.indicator.path for row in rows] == [["chi", "thu"]]


def test_unit_tells_the_linker_what_is_measured():
    text = "hộ nghèo 7.450 hộ, tỷ lệ 3,1%, giảm 0,4%"
    spans = [indicator(text, "i", "hộ nghèo", None)]
    figures = [
        figure(text, {"id": "f1", "find": "7.450", "kind": "level", "number": "7450", "unit": "household", "of": "i"}),
        figure(text, {"id": "f2", "find": "3,1%", "kind": "level", "number": "3.1", "unit": "percent", "of": "i"}),
        figure(text, {"id": "f3", "find": "0,4%", "kind": "change", "number": "0.4", "unit": "percent", "of": "i"}),
    ]

    def linker(path, *, unit, kind, section, sentence, document):
        if unit is None:
            return None
        return entry("rate" if unit.id == "percent" else "count")

    rows, _ = build_observations(text, spans, figures, sections=lambda at: (), linker=linker)
    assert [(r.indicator.catalogue.id, r.level, r.changes) for r in rows] == [
        ("count", "f1", []),
        ("rate", "f2", ["f3"]),
    ]


def test_parts_of_one_entry_are_rows_of_their_own_and_one_part_under_two_names_is_one_row():
    text = "Xuất khẩu: gạo 12, khu vực III 7, dịch vụ 7, tổng 12"
    words = [("i0", "Xuất khẩu", None), ("i1", "gạo", "i0"), ("i2", "khu vực III", "i0"), ("i3", "dịch vụ", "i0")]
    spans = [indicator(text, *given) for given in words]
    given = [("f1", "12", 0, "i1"), ("f2", "7", 0, "i2"), ("f3", "7", 1, "i3"), ("f4", "12", 1, "i0")]
    figures = [
        figure(text, {"id": id_, "find": found, "nth": nth, "kind": "level", "number": found, "of": of})
        for id_, found, nth, of in given
    ]
    named = {
        "gạo": Part(text="gạo"),
        "khu vực III": Part(text="khu vực III", kind="sector", code="services"),
        "dịch vụ": Part(text="dịch vụ", kind="sector", code="services"),
    }

    def linker(path, *, unit, kind, section, sentence, document):
        assert sentence == text
        return entry("xuat-khau", *((at, named[p]) for at, p in enumerate(path) if p in named))

    rows, _ = build_observations(text, spans, figures, sections=lambda at: (), linker=linker)
    assert [(r.level, r.repeats, [(p.text, p.span) for p in r.indicator.breakdown]) for r in rows] == [
        ("f1", [], [("gạo", "i1")]),
        ("f2", ["f3"], [("khu vực III", "i2")]),
        ("f4", [], []),
    ]


def test_the_sentence_around():
    text = "Một câu. Thu nội địa đạt 5 tỷ đồng. Câu sau."
    at = text.index("Thu")
    assert sentence_around(text, at, at + 11) == "Thu nội địa đạt 5 tỷ đồng"


def test_reading_form():
    assert reading_form(" GRDP \n bình\tquân ") == "GRDP bình quân"


@pytest.mark.parametrize("same_value", [True, False])
def test_ten_thousand_figures_in_two_seconds(same_value):
    text = "Số hộ " + " ".join(f"{n:05}" for n in range(10_000))
    spans = [indicator(text, "i", "Số hộ", None)]
    figures = []
    for n in range(10_000):
        start = 6 + 6 * n
        kind = "change" if n % 3 == 2 else "level"
        number = "7" if same_value else str(n)
        figures.append(
            Figure.model_construct(
                **Figure(
                    id=f"f{n}",
                    start=start,
                    end=start + 5,
                    text=f"{n:05}",
                    kind=kind,
                    number=number,
                    value=number,
                    indicator="i",
                ).__dict__
            )
        )
    begin = time.process_time()
    rows, _ = build_observations(text, spans, figures, sections=lambda at: (), linker=linker_of({}))
    assert time.process_time() - begin < 2
    assert sum(len(r.repeats) + len(r.changes) + (r.level is not None) for r in rows) == 10_000
    assert (len(rows) == 1) == same_value
