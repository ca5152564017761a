"""From mentions read by hand to the linker's two files.

The scorer has to learn from evidence as it will be: of documents that the rest was not fitted on. So the mentions are parted by document
into folds, and those of each fold see a model of meaning, and counts of entries, that come from the other folds alone.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from chitieu.catalogue.evidence import FEATURES, Candidate, candidates
from chitieu.catalogue.fold import fold
from chitieu.catalogue.index import build_index
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.meaning import MODEL, Meaning, Senses
from chitieu.catalogue.scorer import WEIGHTS, Weights
from chitieu.errors import ConfigInvalid
from chitieu.training.links.drills import drills
from chitieu.training.links.meaning import examples_of, fit_meaning, names_as_examples
from chitieu.training.links.mentions import Labelled
from chitieu.training.links.scorer import fit_scorer
from chitieu.training.links.vectors import Vectors, word_vectors

FOLDS = 4
THRESHOLD = 0.4
_USUAL = 60  # mentions of an entry that is as usual as can be


def sentences_in(path: Path) -> Iterator[str]:
    """The folded lines of a text, of a table its last column; `.gz` is unpacked.

    Raises:
        ConfigInvalid: it cannot be read.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                yield fold(line.rstrip("\n").rsplit("\t", 1)[-1])
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: không đọc được / cannot be read: {error}", path=str(path)) from error


def names_of(catalogue: Catalogue) -> list[str]:
    """All names, folded."""
    return [fold(i.name_vi) for i in catalogue.indicators] + [fold(a.alias) for a in catalogue.aliases]


def often(labelled: Iterable[Labelled]) -> dict[str, float]:
    """How usual each entry is among mentions, 0 to 1, on a scale of logarithms."""
    counts: dict[str, float] = defaultdict(float)
    rows = {one.row: one.ids for one in labelled}
    for ids in rows.values():
        for id_ in ids:
            counts[id_] += 1 / len(ids)
    return {id_: round(min(1.0, math.log1p(n) / math.log(_USUAL)), 3) for id_, n in counts.items()}


def fit_links(
    labelled: Sequence[Labelled], catalogue: Catalogue, vectors: Vectors, *, seed: int = 0
) -> tuple[Meaning, Weights]:
    """The two models, fitted on all mentions."""
    position = {i.id: at for at, i in enumerate(catalogue.indicators)}
    names = names_as_examples(catalogue, seed)
    folds: dict[int, list[Labelled]] = defaultdict(list)
    for one in (*labelled, *drills(catalogue, seed)):
        folds[crc32(one.document.encode()) % FOLDS].append(one)
    seen: list[Labelled] = []
    found: list[list[Candidate]] = []
    for held_out in folds.values():
        names_held = {one.document for one in held_out}
        rest = [one for one in labelled if one.document not in names_held]
        model = fit_meaning([*examples_of(rest, position), *names], catalogue, vectors, seed=seed)
        seen += held_out
        found += candidates_of(held_out, catalogue, model, often(rest))
    kept = [at for at, some in enumerate(found) if some]
    weights = fit_scorer(
        [seen[at] for at in kept],
        [found[at] for at in kept],
        often=often(labelled),
        threshold=THRESHOLD,
        seed=seed,
    )
    model = fit_meaning([*examples_of(labelled, position), *names], catalogue, vectors, seed=seed)
    return model, weights


def candidates_of(
    labelled: Sequence[Labelled], catalogue: Catalogue, model: Meaning, usual: dict[str, float]
) -> list[list[Candidate]]:
    """What the linker weighs for each mention under a model of meaning."""
    index, senses = build_index(catalogue), Senses(model, catalogue)
    return [candidates(index, one.mention, usual, senses.log_probabilities(one.mention.fields)) for one in labelled]


def save(model: Meaning, weights: Weights, folder: Path) -> None:
    """Write both files, each whole or not at all: vectors in 8 bits with a scale for each, the rest in 16."""
    scales = np.maximum(np.abs(model.vectors).max(axis=1), 1e-9) / 127
    words = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    part = folder / f"{MODEL.name}.partial"
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            vocabulary=np.array("\n".join(words)),
            vectors=np.round(model.vectors / scales[:, None]).astype(np.int8),
            scales=scales.astype(np.float16),
            weights=model.weights.astype(np.float16),
            turns=model.turns.astype(np.float16),
            ids=np.array("\n".join(model.ids)),
            entries=model.entries.astype(np.float16),
            none=model.none.astype(np.float32),
            none_bias=np.float32(model.none_bias),
            sharpness=np.float32(model.sharpness),
        )
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MODEL.name)
    raw = {
        "features": list(FEATURES),
        "direct": weights.direct.round(4).tolist(),
        "bias": round(weights.bias, 4),
        "hidden": weights.hidden.round(4).tolist(),
        "hidden_bias": weights.hidden_bias.round(4).tolist(),
        "out": weights.out.round(4).tolist(),
        "threshold": weights.threshold,
        "often": dict(sorted(weights.often.items())),
    }
    part = folder / f"{WEIGHTS.name}.partial"
    with part.open("w", encoding="utf-8") as file:
        json.dump(raw, file, ensure_ascii=False, indent=0)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / WEIGHTS.name)


def vectors_from(paths: Sequence[Path], catalogue: Catalogue) -> Vectors:
    """Vectors of the sentences in files and of the catalogue's names. Raises what `sentences_in` raises."""
    return word_vectors((s for p in paths for s in sentences_in(p)), names_of(catalogue))
