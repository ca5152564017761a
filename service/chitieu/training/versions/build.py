"""A data set version put together: base documents and corrections, each in its split, checked for leaks, under a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chitieu.annotation.document import AnnotatedDocument
from chitieu.training.versions.documents import Corrected, Split, base_documents, corrected_documents
from chitieu.training.versions.manifest import Manifest, manifest_of, save, splits_before
from chitieu.training.versions.splits import Placed, placed


@dataclass(frozen=True, slots=True)
class DataVersion:
    """A version with its documents at hand."""

    manifest: Manifest
    documents: tuple[Placed, ...]

    def reviewed(self, split: Split, *, base: bool) -> list[AnnotatedDocument]:
        """The documents of a split that were reviewed, of the base or of corrections, in the order of their digests."""
        chosen = (
            one.source.document
            for one in self.documents
            if one.split == split and one.source.state == "reviewed" and one.source.is_base == base
        )
        return sorted(chosen, key=lambda document: document.sha256)


def build(
    base: Path, annotations: Iterable[Corrected], versions: Path, *, log: Callable[[str], None] = lambda _: None
) -> DataVersion:
    """The version of what there is now, kept in ``versions``; the same documents and annotations are the same version.

    Args:
        base: folder with ``documents/`` and ``splits/``.
        annotations: of the store.
        versions: folder of manifests, which also says where documents were before.

    Raises:
        ConfigInvalid, AnnotationInvalid: a faulty base, or a damaged earlier version. DataLeak: see `placed`.
        OutputUnwritable: the manifest cannot be written.
    """
    corrected, left_out = corrected_documents(annotations)
    for why in left_out:
        log(f"left out: {why}")
    documents = placed(base_documents(base), corrected, splits_before(versions))
    manifest = manifest_of(documents)
    save(manifest, versions)
    return DataVersion(manifest, tuple(documents))
