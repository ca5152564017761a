from __future__ import annotations

import pytest

from chitieu.errors import ModelInvalid
from chitieu.tagging.confidence import Calibration, read_calibration
from chitieu.tagging.decode import TaggedSpan


def test_a_curve_turns_raw_scores_into_its_own():
    calibration = Calibration({"UNIT": (0.5, 0.0)})
    assert calibration.score("UNIT", 0.5) == 0.5
    assert calibration.score("UNIT", 0.9) == pytest.approx(0.75)  # the odds of nine become three
    assert calibration.score("PERIOD", 0.9) == 0.9


def test_raw_scores_of_nothing_and_of_certainty_stay_finite():
    calibration = Calibration({"UNIT": (2.0, 1.0)})
    assert 0 <= calibration.score("UNIT", 0.0) < 0.01
    assert 0.99 < calibration.score("UNIT", 1.0) <= 1
    assert Calibration({"UNIT": (1e6, 0.0)}).score("UNIT", 0.0) < 1e-9


def test_spans_and_links_have_curves_of_their_own():
    spans = [TaggedSpan("INDICATOR", 0, 1, 0.9, head_score=0.9), TaggedSpan("UNIT", 1, 2, 0.9, head_score=0.0)]
    Calibration({"INDICATOR": (0.5, 0.0), "in": (0.0, 0.0)}).apply(spans)
    assert spans[0].score == pytest.approx(0.75) and spans[0].head_score == 0.5
    assert spans[1].score == 0.9 and spans[1].head_score == 0.0


def test_a_manifest_without_one_changes_nothing():
    assert read_calibration({}).score("UNIT", 0.3) == 0.3


@pytest.mark.parametrize("raw", [{"curves": {"UNIT": [1]}}, {"curves": None}, [], {"curves": {"UNIT": ["a", 1]}}])
def test_a_faulty_one_is_told(raw):
    with pytest.raises(ModelInvalid, match="calibration"):
        read_calibration({"calibration": raw})
