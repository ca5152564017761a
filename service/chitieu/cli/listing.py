"""Lists of commands: columns, and moments in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def moment(at: datetime | None) -> str:
    """A moment in the time of this machine; nothing for None."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns. What could play with the terminal is shown as its escape."""
    shown = [list(heads), *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in shown) for at in range(len(heads))]
    for row in shown:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _plain(cell: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cell)
