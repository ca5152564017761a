"""The manifest of a data set version: hashes and splits, no text; its own hash is the version's name."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu.errors import ConfigInvalid
from chitieu.output.destination import unwritable, whole_file
from chitieu.training.versions.documents import Split, State, annotation_sha256
from chitieu.training.versions.splits import Placed

FORMAT = "chitieu-data/1"
_NAME_LENGTH = 64


class Item(BaseModel):
    """A document: digests of its text and of its annotation, and where both came from (``base:FILE``, ``project:ID``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str
    annotation: str
    state: State
    split: Split
    source: str


class Manifest(BaseModel):
    """A version: its documents, in the order of their digests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = FORMAT
    documents: tuple[Item, ...]

    def written(self) -> bytes:
        """As the file has it: the same documents give the same bytes."""
        return (json.dumps(self.model_dump(), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @property
    def version(self) -> str:
        """SHA-256 of the file: the name of the version."""
        return hashlib.sha256(self.written()).hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """How many documents there are in each state and split, of the base and of corrections."""
        found = Counter((i.source.partition(":")[0], i.state, i.split) for i in self.documents)
        out: dict[str, dict[str, int]] = {}
        for (source, state, split), number in sorted(found.items()):
            out.setdefault(source, {})[f"{state}/{split}"] = number
        return out


def manifest_of(documents: Iterable[Placed]) -> Manifest:
    """The manifest of documents that have their splits."""
    items = (
        Item(
            document=one.source.document.sha256,
            annotation=annotation_sha256(one.source.document),
            state=one.source.state,
            split=one.split,
            source=one.source.where,
        )
        for one in documents
    )
    return Manifest(documents=tuple(sorted(items, key=lambda i: i.document)))


def save(manifest: Manifest, folder: Path) -> Path:
    """Write ``folder/VERSION.json``, whole or not at all; one that is there is left alone. Returns its path.

    Raises:
        OutputUnwritable: the system refuses.
    """
    path = folder / f"{manifest.version}.json"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise unwritable(str(folder), error) from error
    with whole_file(path) as stream:
        stream.write(manifest.written())
    return path


def read(path: Path) -> Manifest:
    """A version that was saved.

    Raises:
        ConfigInvalid: it cannot be read, or is not what its name says.
    """
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise _damaged(path, str(error).splitlines()[0]) from error
    if manifest.version != path.stem:
        raise _damaged(path, "SHA-256")
    return manifest


def splits_before(folder: Path) -> dict[str, Split]:
    """The split of every document that a version in the folder has.

    Raises:
        ConfigInvalid: a version is damaged: which documents were trained on would not be known.
    """
    found: dict[str, Split] = {}
    for path in sorted(folder.glob("*.json")):
        if len(path.stem) == _NAME_LENGTH:
            found |= {item.document: item.split for item in read(path).documents}
    return found


def _damaged(path: Path, why: str) -> ConfigInvalid:
    return ConfigInvalid(f"{path}: phiên bản dữ liệu hỏng / a damaged data set version: {why}", file=str(path))
