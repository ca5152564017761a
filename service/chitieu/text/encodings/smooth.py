"""From the evidence of each paragraph to one encoding for each: neighbours rarely differ, so the short ones borrow."""

from __future__ import annotations

import math
from collections.abc import Sequence


def posteriors(weights: Sequence[Sequence[float]], prior: Sequence[float], switch: float) -> list[list[float]]:
    """The probability of every encoding for every paragraph (forward-backward over a hidden Markov chain).

    Args:
        weights: for each paragraph the log odds of each encoding.
        prior: log odds of each encoding for the first paragraph, and of being switched to.
        switch: log probability that the next paragraph is in another encoding, negative.
    """
    if not weights:
        return []
    count = range(len(prior))
    top = max(prior)
    start = [math.exp(p - top) for p in prior]
    share = sum(start)
    start = [s / share for s in start]
    jump = math.exp(switch)
    stay = 1 - jump
    likely: list[list[float]] = []
    for row in weights:
        best = max(row)
        likely.append([math.exp(w - best) for w in row])

    forward: list[list[float]] = []
    state = start
    for row in likely:  # the first one's prior is unmoved by a switch
        state = [(stay * state[i] + jump * start[i]) * row[i] for i in count]
        total = sum(state)
        state = [s / total for s in state]
        forward.append(state)

    back = [1.0] * len(prior)
    for at in range(len(weights) - 1, -1, -1):
        ahead, row = forward[at], likely[at]
        joint = [ahead[i] * back[i] for i in count]
        total = sum(joint)
        forward[at] = [j / total for j in joint]
        seen = [back[i] * row[i] for i in count]
        spread = jump * sum([seen[i] * start[i] for i in count])
        back = [stay * s + spread for s in seen]
        total = sum(back)
        back = [b / total for b in back]
    return forward
