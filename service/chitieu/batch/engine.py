"""What carries out the work: an engine takes items and gives results as they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """A document to read: its bytes, their SHA-256, and what its names tell of its kind (`md`, `csv`, or nothing)."""

    sha256: str
    hint: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What one table holds of a document: so many rows, packed."""

    rows: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document gave.

    Attributes:
        year, place: of the partition: the last year that the document is about and the code of its place, or `unknown`.
        figures: how many it states.
        parts: by table.
        is_partial: pages were left out that OCR could read.
    """

    year: str
    place: str
    figures: int
    parts: Mapping[str, Part]
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document could not be read: the stable code of an error, the cause in Vietnamese and English."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """An item's end."""

    sha256: str
    hint: str
    outcome: Reading | Failure


class Engine(Protocol):
    """Carries out items, several at a time. Results come in any order; every item that is taken has one, whatever happens to it."""

    def has_room(self) -> bool:
        """Whether an item would be begun soon."""

    def is_idle(self) -> bool:
        """Whether no item is left that has no result."""

    def submit(self, item: Item) -> None:
        """Take an item."""

    def results(self, timeout: float) -> list[Result]:
        """The results that are there, waited for at most ``timeout`` seconds.

        Raises:
            ChitieuError: nothing can be read at all: no model, workers that do not start.
        """

    def close(self) -> None:
        """End at once; items without a result are given up."""
