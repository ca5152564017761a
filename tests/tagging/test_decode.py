import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from chitieu.tagging.decode import TaggedSpan, WindowScores, choose_governors, constrained_path, decode, nest
from chitieu.tagging.labels import MENTION_TAGS, PHRASE_TAGS


def is_legal(path, tags):
    for before, here in zip([0, *path], path, strict=False):
        name = tags[here]
        if name.startswith("I-") and tags[before] not in (f"B-{name[2:]}", name):
            return False
    return True


@given(npst.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(5)), elements=st.floats(-5, 5, width=32)))
def test_path_is_the_best_legal_one(logits):
    import itertools

    tags = ["O", "B-a", "I-a", "B-b", "I-b"]
    path = constrained_path(logits, tags)
    assert is_legal(path, tags)
    score = sum(float(logits[i, t]) for i, t in enumerate(path))
    best = max(
        sum(float(logits[i, t]) for i, t in enumerate(other))
        for other in itertools.product(range(5), repeat=len(logits))
        if is_legal(list(other), tags)
    )
    assert score == pytest.approx(best, abs=1e-4)


def logits_for(tags, labels, length):
    out = np.zeros((length, len(tags)), dtype=np.float32)
    for at in range(length):
        out[at, tags.index(labels.get(at, "O"))] = 9
    return out


def test_spans_nest_and_find_their_governors():
    # thu(0) đạt 5(2) tỷ(3) đồng(4) , đạt(6) 90(7) %(8) dự(9) toán(10)
    mentions = logits_for(
        MENTION_TAGS,
        {0: "B-INDICATOR", 2: "B-QUANTITY", 3: "B-UNIT", 4: "I-UNIT", 7: "B-PERCENT", 8: "I-PERCENT"},
        11,
    )
    phrases = logits_for(PHRASE_TAGS, {6: "B-ATTAINMENT", **dict.fromkeys(range(7, 11), "I-ATTAINMENT")}, 11)
    governor = np.zeros((2, 11, 12), dtype=np.float32)
    governor[0, [2, 6], 1] = 5
    governor[1, 0, 0] = 5
    spans = decode(mentions, phrases, [WindowScores(0, 0, 11, governor)])
    assert [(s.label, s.first, s.last, s.head) for s in spans] == [
        ("INDICATOR", 0, 1, None),
        ("QUANTITY", 2, 3, 0),
        ("UNIT", 3, 5, None),
        ("ATTAINMENT", 6, 11, 0),
        ("PERCENT", 7, 9, None),
    ]
    assert spans[4].phrase == 3


def test_a_phrase_is_widened_to_hold_a_mention_that_it_cuts():
    spans = nest([TaggedSpan("PERCENT", 3, 6, 1.0)], [TaggedSpan("CHANGE", 1, 5, 1.0)])
    assert [(s.label, s.first, s.last) for s in spans] == [("CHANGE", 1, 6), ("PERCENT", 3, 6)]


def test_indicators_do_not_govern_each_other_in_circles():
    spans = [TaggedSpan("INDICATOR", 0, 1, 1.0), TaggedSpan("INDICATOR", 1, 2, 1.0)]
    governor = np.zeros((2, 2, 3), dtype=np.float32)
    governor[1, 0, 2] = 4
    governor[1, 1, 1] = 5
    choose_governors(spans, [WindowScores(0, 0, 2, governor)])
    assert [s.head for s in spans] == [None, 0]


def test_context_of_a_window_offers_heads_but_no_answers():
    spans = [TaggedSpan("INDICATOR", 0, 1, 1.0), TaggedSpan("QUANTITY", 3, 4, 1.0)]
    first, second = np.zeros((2, 2, 3), dtype=np.float32), np.zeros((2, 4, 5), dtype=np.float32)
    second[0, 3, 1] = 3
    choose_governors(spans, [WindowScores(0, 0, 2, first), WindowScores(0, 2, 4, second)])
    assert spans[1].head == 0
