"""Both models over the same documents, in turn, so that what the machine does besides falls on either alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chitieu.annotation.document import AnnotatedDocument
from chitieu.contract import Extraction
from chitieu.pipeline import Pipeline

Told = Callable[[int, int], None]  # readings done, readings of all
_CURRENT, _CANDIDATE = 0, 1


@dataclass(frozen=True)
class Readings:
    """Answers of the current model and of the candidate, and seconds: rounds x documents x (current, candidate)."""

    answers: tuple[list[Extraction], list[Extraction]]
    seconds: NDArray[np.float64]


def read_both(
    current: Pipeline, candidate: Pipeline, documents: Sequence[AnnotatedDocument], rounds: int, told: Told
) -> Readings:
    """Read every document with both, ``rounds`` times; who goes first changes each time.

    ``told`` is called before every pass of an encoder and after each reading; what it raises ends the reading.
    """
    sides = (current, candidate)
    for pipeline in sides:
        pipeline.warm_up()
    of = rounds * len(documents) * len(sides)
    done = 0
    answers: tuple[list[Extraction], list[Extraction]] = ([], [])
    seconds = np.zeros((rounds, len(documents), len(sides)))

    def look(_done: int, _of: int) -> None:
        told(done, of)

    for turn in range(rounds):
        for at, document in enumerate(documents):
            for side in (_CURRENT, _CANDIDATE) if (turn + at) % 2 == 0 else (_CANDIDATE, _CURRENT):
                begun = time.perf_counter()
                answer = sides[side].extract(document.text, id=document.name, progress=look)
                seconds[turn, at, side] = time.perf_counter() - begun
                if turn == 0:
                    answers[side].append(answer)
                done += 1
                told(done, of)
    return Readings(answers, seconds)
