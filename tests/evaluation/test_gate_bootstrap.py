"""The bootstrap against known cases, its invariants, and how often it cries wolf."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.evaluation.gate.bootstrap import difference_of, differences, interval, quotients, resamples, widened

NORMAL = NormalDist()


def compared(current, candidate, *, judged=None, replicas=2000, seed=1):
    weights = resamples(len(current[0]), replicas, seed)
    judged = [True] * current[0].shape[1] if judged is None else judged
    return differences(current, candidate, weights, judged=judged, confidence=0.95, power=0.8)


def test_the_interval_of_many_documents_is_that_of_the_normal_law():
    rng = np.random.default_rng(3)
    of = np.ones((800, 1))
    old, new = (rng.random((800, 1)) < share for share in (0.9, 0.85))
    [found] = compared((old.astype(float), of), (new.astype(float), of), replicas=20_000)
    each = new.astype(float) - old
    error = each.std() / math.sqrt(800)
    assert found.difference == pytest.approx(each.mean())
    assert found.error == pytest.approx(error, rel=0.03)
    assert found.low == pytest.approx(each.mean() - 1.96 * error, abs=0.002)
    assert found.high == pytest.approx(each.mean() + 1.96 * error, abs=0.002)
    # One measure alone: at most, with 95% confidence, is the one-sided bound.
    assert found.highest == pytest.approx(each.mean() + 1.645 * error, abs=0.002)


def test_a_quotient_is_of_sums_and_not_a_mean_of_quotients():
    right, of = np.array([[1.0], [90.0]]), np.array([[10.0], [100.0]])
    assert quotients(np.array([[1.0, 1.0], [2.0, 0.0]]), right, of).ravel().tolist() == [91 / 110, 0.1]


@pytest.mark.parametrize(("documents", "student"), [(5, 2.776), (10, 2.262), (18, 2.110), (31, 2.042), (1001, 1.962)])
def test_few_documents_widen_as_students_t(documents, student):
    wanted = student * math.sqrt(documents / (documents - 1))
    assert widened(NORMAL.inv_cdf(0.975), documents) == pytest.approx(wanted, rel=0.003)


def test_one_document_tells_nothing():
    assert widened(1.96, 1) == math.inf
    assert interval(np.array([-0.2, 0.1, 0.3]), 1, 0.95) == (-0.2, 0.3)
    assert all(map(math.isnan, interval(np.array([math.nan]), 9, 0.95)))


def test_calibration_is_compared_likewise():
    found = difference_of(np.array([0.1, 0.2, math.nan]), np.array([0.3, 0.2, 0.1]), (0.15, 0.25), 10, 0.95)
    assert found.difference == pytest.approx(0.1)
    assert 0.0 <= found.low <= found.high <= 0.2 + 1e-12
    assert found.highest is found.detectable is None


counts = st.integers(5, 25).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), min_size=n, max_size=n) for _ in range(2))
    )
)


def sides(drawn):
    """Of two lists of (right, wrong) two models' counts, one measure."""
    for side in drawn:
        table = np.array(side, dtype=float)
        yield table[:, :1], table.sum(axis=1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(counts, st.integers(2, 9))
def test_invariants(drawn, factor):
    current, candidate = sides(drawn)
    [found] = compared(current, candidate, replicas=500)
    assert [found] == compared(current, candidate, replicas=500) or math.isnan(found.difference)

    [same] = compared(current, current, replicas=500)
    if current[1].any():
        assert (same.difference, same.low, same.high, same.highest, same.detectable) == (0, 0, 0, 0, None)
    else:
        assert math.isnan(same.difference)

    if math.isnan(found.difference):
        assert not current[1].any() or not candidate[1].any()
        return
    assert found.difference == pytest.approx(found.candidate - found.current)
    assert -1 <= found.low <= found.high <= 1
    assert found.highest is not None and found.highest >= found.difference
    # Exchanged models have the mirrored interval.
    [back] = compared(candidate, current, replicas=500)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    # How often each document's counts are told does not matter, only what they are to each other.
    [scaled] = compared(*((factor * right, factor * of) for right, of in (current, candidate)), replicas=500)
    assert (scaled.difference, scaled.low, scaled.high) == pytest.approx((found.difference, found.low, found.high))
    # The order of documents changes no value.
    [turned] = compared(*((right[::-1], of[::-1]) for right, of in (current, candidate)), replicas=500)
    assert (turned.current, turned.candidate) == pytest.approx((found.current, found.candidate))


@settings(max_examples=30, deadline=None)
@given(counts)
def test_what_is_not_judged_moves_no_verdict(drawn):
    current, candidate = sides(drawn)
    doubled = tuple((np.hstack([r, r[::-1]]), np.hstack([of, of[::-1]])) for r, of in (current, candidate))
    alone, other = compared(*doubled, judged=[True, False], replicas=500)
    [wanted] = compared(current, candidate, replicas=500)
    assert alone.highest == pytest.approx(wanted.highest, nan_ok=True)
    assert other.highest is None and other.detectable is None


def simulated(rng, loss: float, documents: int = 18, measures: int = 14):
    """Counts of two models that are right with a chance that varies from document to document; the candidate loses in the first measure."""
    of = rng.integers(5, 30, (documents, measures)).astype(float)
    chance = rng.normal(0.5, 0.06, (documents, measures))
    less = np.zeros(measures)
    less[0] = loss / 2  # around one half, where a loss leaves the spread as it is
    return tuple(
        (rng.binomial(of.astype(int), np.clip(c, 0, 1)).astype(float), of) for c in (chance + less, chance - less)
    )


def refused(found, loss: float = 0.002) -> bool:
    return any(one.difference <= -loss and one.high < 0 and (one.highest or 0.0) < 0 for one in found)


def test_false_alarms_are_rare_and_detectable_losses_are_seen():
    rng = np.random.default_rng(5)
    runs = 150
    equal = [compared(*simulated(rng, 0.0), replicas=1000) for _ in range(runs)]
    assert sum(map(refused, equal)) / runs <= 0.07  # of fourteen measures at once
    detectable = float(np.mean([found[0].detectable for found in equal]))
    assert 0.1 < detectable < 0.25
    seen = [refused(compared(*simulated(rng, detectable), replicas=1000)) for _ in range(runs)]
    assert sum(seen) / runs >= 0.7
