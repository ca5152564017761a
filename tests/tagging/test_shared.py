from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from chitieu.tagging.shared import SharedEncoder, padded

WAIT = 20


def window(length, name):
    return SimpleNamespace(ids=np.zeros(length, dtype=np.int64), name=name)


class Encoder:
    """Stands for the session: notes every pass, and holds the first until it is told to go on."""

    def __init__(self):
        self.passes: list[list[str]] = []
        self.began, self.go_on = threading.Event(), threading.Event()
        self.fails = False

    def __call__(self, batch):
        self.passes.append([w.name for w in batch])
        self.began.set()
        assert self.go_on.wait(WAIT)
        if self.fails:
            raise ValueError("no more memory")
        return [(w.name, w.name, w.name) for w in batch]


@pytest.fixture
def encoder():
    made = Encoder()
    yield made
    made.go_on.set()


@pytest.fixture
def callers():
    with ThreadPoolExecutor(12) as threads:
        yield threads


def read(shared, windows):
    return {number: outputs[0] for number, outputs in shared.read(windows)}


def waiting(shared, count):
    """Wait until so many callers have windows that no pass has taken."""
    for _ in range(WAIT * 1000):
        if len(shared._callers) == count:
            return
        threading.Event().wait(0.001)
    raise AssertionError(f"{len(shared._callers)} wait, not {count}")


def held(shared, encoder, callers):
    """A caller whose pass is running."""
    first = callers.submit(read, shared, [window(400, "first")])
    assert encoder.began.wait(WAIT)
    return first


def test_one_caller_waits_for_nobody(encoder):
    encoder.go_on.set()
    shared = SharedEncoder(encoder)
    assert read(shared, [window(400, "a"), window(30, "b")]) == {0: "a", 1: "b"}
    assert encoder.passes == [["a"], ["b"]]


def test_no_windows_are_no_pass(encoder):
    assert read(SharedEncoder(encoder), []) == {}
    assert encoder.passes == []


def test_who_comes_during_a_pass_shares_the_next(encoder, callers):
    shared = SharedEncoder(encoder)
    told = []
    shared.observers.append(lambda **of: told.append(of))
    first = held(shared, encoder, callers)
    others = [callers.submit(read, shared, [window(60 + n, f"w{n}")]) for n in range(4)]
    waiting(shared, 4)
    encoder.go_on.set()
    assert first.result(WAIT) == {0: "first"}
    assert [o.result(WAIT) for o in others] == [{0: f"w{n}"} for n in range(4)]
    assert [sorted(p) for p in encoder.passes] == [["first"], ["w0", "w1", "w2", "w3"]]
    assert [(t["windows"], t["callers"]) for t in told] == [(1, 1), (4, 4)]


def test_windows_of_unlike_length_are_not_padded_to_go_together(encoder, callers):
    shared = SharedEncoder(encoder)
    first = held(shared, encoder, callers)
    others = []
    for count, length in enumerate((40, 48, 120), 1):
        others.append(callers.submit(read, shared, [window(length, str(length))]))
        waiting(shared, count)
    encoder.go_on.set()
    for other in (first, *others):
        other.result(WAIT)
    assert [sorted(p) for p in encoder.passes[1:]] == [["40", "48"], ["120"]]


def test_a_pass_is_no_longer_than_its_limit(encoder, callers):
    shared = SharedEncoder(encoder)
    first = held(shared, encoder, callers)
    others = [callers.submit(read, shared, [window(128, str(n))]) for n in range(9)]
    waiting(shared, 9)
    encoder.go_on.set()
    for other in (first, *others):
        other.result(WAIT)
    assert [len(p) for p in encoder.passes] == [1, 4, 4, 1]


def test_a_short_text_is_not_stuck_behind_a_long_one(encoder, callers):
    shared = SharedEncoder(encoder)
    long = callers.submit(read, shared, [window(400, f"long{n}") for n in range(30)])
    assert encoder.began.wait(WAIT)
    short = callers.submit(read, shared, [window(400, "short1"), window(300, "short2")])
    waiting(shared, 2)
    encoder.go_on.set()
    assert short.result(WAIT) == {0: "short1", 1: "short2"}
    assert len(long.result(WAIT)) == 30
    order = [p[0] for p in encoder.passes]
    assert max(order.index("short1"), order.index("short2")) <= 4


def test_a_long_text_goes_on_however_many_short_ones_come(encoder, callers):
    shared = SharedEncoder(encoder)
    first = held(shared, encoder, callers)
    long = callers.submit(read, shared, [window(400, f"long{n}") for n in range(3)])
    waiting(shared, 1)
    shorts = [callers.submit(read, shared, [window(300, "short")]) for _ in range(9)]
    waiting(shared, 10)
    encoder.go_on.set()
    for other in (first, long, *shorts):
        other.result(WAIT)
    order = [p[0] for p in encoder.passes[1:]]
    assert [at for at, name in enumerate(order) if name != "short"] == [3, 7, 11]


def test_the_failure_of_a_pass_goes_to_everyone_in_it_and_to_nobody_else(encoder, callers):
    encoder.fails = True
    shared = SharedEncoder(encoder)
    first = held(shared, encoder, callers)
    others = [callers.submit(read, shared, [window(64, "a"), window(65, "b")]) for _ in range(3)]
    waiting(shared, 3)
    encoder.go_on.set()
    for failed in (first, *others):
        with pytest.raises(ValueError, match="no more memory"):
            failed.result(WAIT)
    encoder.fails = False
    assert read(shared, [window(64, "after")]) == {0: "after"}


def test_a_caller_that_gives_up_leaves_no_windows_behind(encoder):
    encoder.go_on.set()
    shared = SharedEncoder(encoder)
    reading = shared.read([window(400, str(n)) for n in range(9)])
    next(reading)
    reading.close()
    assert read(shared, [window(400, "next")]) == {0: "next"}
    assert encoder.passes == [["0"], ["next"]]


def test_as_many_passes_run_at_once_as_may(encoder, callers):
    shared = SharedEncoder(encoder, passes=2)
    running = [callers.submit(read, shared, [window(400, str(n))]) for n in range(3)]
    waiting(shared, 1)
    assert len(encoder.passes) == 2
    encoder.go_on.set()
    for caller in running:
        caller.result(WAIT)
    assert len(encoder.passes) == 3


@pytest.mark.parametrize(("length", "want"), [(1, 8), (8, 8), (9, 16), (465, 472)])
def test_padded(length, want):
    assert padded(length) == want
