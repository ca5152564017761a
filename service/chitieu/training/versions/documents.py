"""Documents that a data set version is made of: those of the project, and those that people corrected in the service."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from chitieu.annotation.document import AnnotatedDocument
from chitieu.errors import AnnotationInvalid, ConfigInvalid
from chitieu.training.dataset import find_documents, load, names_in

Split = Literal["train", "development", "test"]
State = Literal["raw", "annotated", "reviewed"]
SPLITS: tuple[Split, ...] = ("train", "development", "test")
_STATES: dict[str, State] = {"open": "raw", "begun": "annotated", "done": "reviewed", "adjudicated": "reviewed"}


@dataclass(frozen=True, slots=True)
class Source:
    """A document with what is known of it before it has its split.

    Attributes:
        where: ``base:FILE`` or ``project:ID``; no text and no person's name.
        split: that of a base document, which its file's list says; None: to be found.
    """

    document: AnnotatedDocument
    state: State
    where: str
    split: Split | None = None

    @property
    def is_base(self) -> bool:
        """Whether it is the project's own."""
        return self.where.startswith("base:")


class Corrected(Protocol):
    """What a store gives of a document that is, or is to be, annotated; see `chitieu.store.corrections.standing`."""

    @property
    def project(self) -> str:
        """Id of the project."""

    @property
    def state(self) -> str:
        """Of its task: open, begun, done, adjudicated."""

    def document(self) -> AnnotatedDocument:
        """The annotation as it stands. Raises AnnotationInvalid where what it began with broke the rules."""


def annotation_sha256(document: AnnotatedDocument) -> str:
    """Of the spans as a model learns them; who made them, ids and scores do not count."""
    spans = [[s.label, s.start, s.end, s.head, s.phrase] for s in document.spans]
    return hashlib.sha256(json.dumps(spans, separators=(",", ":")).encode()).hexdigest()


def base_documents(folder: Path) -> list[Source]:
    """The documents of ``folder/documents`` with the splits that ``folder/splits/*.txt`` name; those in no list are trained on.

    Raises:
        ConfigInvalid: no documents, no list of the test split, or a list names what is not there. AnnotationInvalid: a faulty document.
    """
    paths = find_documents([folder / "documents"])
    splits: dict[str, Split] = {}
    for split in SPLITS[1:]:
        names = folder / "splits" / f"{split}.txt"
        if split == "test" or names.exists():
            splits |= dict.fromkeys(names_in(names), split)
    unknown = splits.keys() - {path.name for path in paths}
    if unknown or "test" not in splits.values():
        told = ", ".join(sorted(unknown)) or "test.txt"
        raise ConfigInvalid(
            f"{folder / 'splits'}: không có tài liệu / no such document: {told}", documents=sorted(unknown)
        )
    return [
        Source(document, "reviewed", f"base:{document.name}", splits.get(document.name, "train"))
        for document in load(paths)
    ]


def corrected_documents(annotations: Iterable[Corrected]) -> tuple[list[Source], list[str]]:
    """What people corrected, in the order in which it was given; and what is left out, as its beginning broke the rules of annotation.

    Of a text that several projects have, that which is furthest counts, of equals the later one.
    """
    found: dict[str, Source] = {}
    left_out: list[str] = []
    for one in annotations:
        try:
            document = one.document()
        except AnnotationInvalid as error:
            left_out.append(error.message)
            continue
        source = Source(document, _STATES[one.state], f"project:{one.project}")
        before = found.get(document.sha256)
        if before is None or _rank(source) >= _rank(before):
            found[document.sha256] = source
    return list(found.values()), left_out


def _rank(source: Source) -> int:
    return ("raw", "annotated", "reviewed").index(source.state)


def reviewed(sources: Iterable[Source]) -> Iterator[Source]:
    """Those that a model may learn from or be measured on."""
    return (source for source in sources if source.state == "reviewed")
