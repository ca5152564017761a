from __future__ import annotations

import math
import random

import pytest

from chitieu.annotation.inline_xml import parse
from chitieu.evaluation.reliability import Outcome, fit, outcomes, reliability
from chitieu.tagging.confidence import Calibration
from fakes import fake_pipeline


def too_sure(name: str, count: int, seed: int) -> list[Outcome]:
    """Outcomes of a tagger whose log odds are twice what they should be."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        odds = rng.gauss(1.0, 1.5)
        truth = 1 / (1 + math.exp(-odds))
        rows.append(Outcome(name, 1 / (1 + math.exp(-2 * odds)), rng.random() < truth))
    return rows


def test_the_curve_undoes_what_was_done():
    slope, intercept = fit(too_sure("UNIT", 6000, 1))["UNIT"]
    assert slope == pytest.approx(0.5, abs=0.06)
    assert intercept == pytest.approx(0.0, abs=0.1)


def test_on_other_outcomes_the_scores_then_mean_what_they_say():
    curves = Calibration(fit(too_sure("UNIT", 4000, 1)))
    fresh = too_sure("UNIT", 4000, 2)
    before = reliability(fresh)["spans"]["error"]
    after = reliability(row._replace(score=curves.score(row.name, row.score)) for row in fresh)["spans"]["error"]
    assert after < 0.02 < before


def test_a_rare_label_takes_the_curve_of_all():
    curves = fit([*too_sure("UNIT", 2000, 1), *too_sure("SHARE", 5, 2), Outcome("of", 0.9, True)])
    assert curves["SHARE"][0] == pytest.approx(curves["UNIT"][0], abs=0.02)
    assert set(curves) == {"UNIT", "SHARE", "of"}


def test_all_right_is_no_trouble():
    slope, intercept = fit([Outcome("PERCENT", 0.999, True)] * 100)["PERCENT"]
    assert math.isfinite(slope) and math.isfinite(intercept)
    assert Calibration({"PERCENT": (slope, intercept)}).score("PERCENT", 0.999) > 0.99


def test_scores_near_certainty_with_a_few_wrong_do_not_run_away():
    rows = [Outcome("of", 0.9999, n % 50 > 0) for n in range(1000)] + [Outcome("of", 0.02, True)]
    slope, intercept = fit(rows)["of"]
    assert abs(slope) < 5 and abs(intercept) < 10
    assert Calibration({"of": (slope, intercept)}).score("of", 0.9999) == pytest.approx(0.98, abs=0.01)


def test_every_answer_is_counted_once():
    document = parse(
        '<ind id="1">Đàn bò</ind> có <qty of="1">8.320</qty> <unit>con</unit>, <chg of="1">tăng <pct>2%</pct></chg>.',
        name="a",
    )
    answer = fake_pipeline().extract(document.text)
    rows = list(outcomes(document, answer))
    names = [r.name for r in rows]
    assert sorted(names) == sorted(
        ["INDICATOR", "QUANTITY", "UNIT", "CHANGE", "PERCENT", "of", "of", "in", "figures", "figures"]
    )
    assert all(r.right for r in rows)


def test_the_table_counts_each_range():
    rows = [Outcome("UNIT", 0.97, True)] * 3 + [Outcome("UNIT", 0.97, False), Outcome("UNIT", 1.0, True)]
    table = reliability(rows)["spans"]
    assert [(b["from"], b["count"], b["right"]) for b in table["bins"]] == [(0.95, 4, 0.75), (0.99, 1, 1.0)]
    assert table["error"] == pytest.approx(0.8 * 0.22, abs=1e-4)
