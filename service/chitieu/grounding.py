"""From offsets in the reading to those of the text as sent: the last step before an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from chitieu.contract import Figure, Notice, Period, Place, Span, TableUnit, TextRange
from chitieu.text.reading import Reading

Grounded = TypeVar("Grounded", Span, Figure)
Told = TypeVar("Told", Period, Place)


def ground(items: Sequence[Grounded], reading: Reading) -> list[Grounded]:
    """Spans or figures with offsets and words of the source, in its order."""
    out: list[Grounded] = []
    for item in items:
        update = _grounded(item, reading)
        if isinstance(item, Figure) and item.table_unit is not None:
            update["table_unit"] = item.table_unit.model_copy(update=_grounded(item.table_unit, reading))
        out.append(item.model_copy(update=update))
    return sorted(out, key=lambda item: (item.start, -item.end))


def _grounded(item: Span | Figure | TableUnit, reading: Reading) -> dict[str, object]:
    start, end = reading.to_source(item.start, item.end)
    return {"start": start, "end": end, "text": reading.source.text[start:end]}


def ground_notices(notices: Sequence[Notice], reading: Reading) -> list[Notice]:
    """Notices with offsets of the source, in their order; those about no place stay as they are."""
    out: list[Notice] = []
    for notice in notices:
        if notice.start is not None and notice.end is not None:
            start, end = reading.to_source(notice.start, notice.end)
            notice = notice.model_copy(update={"start": start, "end": end})
        out.append(notice)
    return out


def ground_told(told: Told | None, reading: Reading) -> Told | None:
    """A document's period or place with the source's offsets of what it was read from."""
    if told is None or told.read_from is None:
        return told
    start, end = reading.to_source(told.read_from.start, told.read_from.end)
    return told.model_copy(update={"read_from": TextRange(start=start, end=end)})
