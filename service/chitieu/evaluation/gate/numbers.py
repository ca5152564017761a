"""Numbers of the gate as people read them, with as many decimals as the others beside them."""

from __future__ import annotations

MINUS = "−"
_SWAPPED = str.maketrans(",.", ".,")


def in_english(value: float, places: int, *, sign: bool = False) -> str:
    """`1,234.5`; with ``sign`` also the plus."""
    shown = f"{abs(value):,.{places}f}"
    if not any(digit in shown for digit in "123456789"):
        return shown
    return (MINUS if value < 0 else "+" if sign else "") + shown


def in_vietnamese(value: float, places: int, *, sign: bool = False) -> str:
    """`1.234,5`."""
    return in_english(value, places, sign=sign).translate(_SWAPPED)
