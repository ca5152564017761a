"""What a format is: how it is read and written, and what of a document it can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.offsets import Unit

Part = Literal["name", "place", "period", "notes", "links", "entry", "alias", "score", "state"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of bytes beside themselves: the file's name, the text that they annotate, and how they count offsets."""

    name: str = ""
    text: str | None = None
    offsets: Unit | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A format of annotated documents.

    ``holds``: the parts of a document, beyond text, labels and offsets, that it can hold. ``single``: a file is one document.
    ``offsets``: what it counts offsets in unless told otherwise; None where that cannot be chosen.
    ``read`` raises AnnotationInvalid for what is not of this format or breaks the annotation rules.
    """

    name: str
    suffix: str
    holds: frozenset[Part]
    read: Callable[[bytes, Origin], list[AnnotatedDocument]]
    write: Callable[[Sequence[AnnotatedDocument], Unit | None], bytes]
    offsets: Unit | None = None
    single: bool = False
    binary: bool = False
