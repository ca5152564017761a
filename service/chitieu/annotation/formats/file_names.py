"""Names for the files of several documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from chitieu.annotation.document import AnnotatedDocument

MOST_OF_A_NAME = 60  # characters; a file's name holds 255 bytes, and one may take four


def file_names(documents: Sequence[AnnotatedDocument], suffix: str) -> list[str]:
    """A file name for each document, of its own name and no two alike."""
    names: list[str] = []
    taken: set[str] = set()
    for document in documents:
        last = re.split(r"[/\\]", document.name)[-1]
        stem = re.sub(r"[^\w.\- ]", "_", Path(last).stem).strip(". ")[:MOST_OF_A_NAME] or "document"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name + suffix)
    return names
