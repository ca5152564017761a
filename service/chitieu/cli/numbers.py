"""Numbers as arguments of commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number(least: int, most: int) -> Callable[[str], int]:
    """What `add_argument` takes as ``type`` for whole numbers from ``least`` to ``most``; others are wrong usage."""

    def read(word: str) -> int:
        try:
            found = int(word)
        except ValueError:
            found = least - 1
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"{least}…{most}")
        return found

    return read
