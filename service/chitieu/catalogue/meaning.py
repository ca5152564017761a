"""What a mention is about, by the words it uses and those around it: how likely each entry of the catalogue is.

Words and pairs of neighbouring words have vectors. A mention's parts (its own words, the nearest wider subject, the subjects above, the
unit, the headings, the sentence, how the document begins) are each the weighted mean of theirs, turned by a matrix of their own, and
added up; an entry is a direction in that space. So `lãi` is near `lợi nhuận`, and `thu` of a customs office near what such offices
collect, though no name says so. Fitted by `chitieu fit-links`.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import Catalogue
from chitieu.catalogue.tables import DATA
from chitieu.errors import CatalogueInvalid

MODEL = DATA / "link_words.npz"
FIELDS = ("leaf", "nearest", "above", "unit", "section", "sentence", "document")
MOST_UNITS = 40
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Meaning:
    """The fitted model.

    ``vectors`` (units, size) and ``weights`` (units,) of the ``vocabulary``; ``turns`` (fields, size, size), each field's share in it;
    ``entries`` (ids, size) of unit length; ``none`` (size,) and ``none_bias``: how likely it is that no entry fits; ``sharpness``.
    """

    vocabulary: dict[str, int]
    vectors: Array
    weights: Array
    turns: Array
    ids: tuple[str, ...]
    entries: Array
    none: Array
    none_bias: float
    sharpness: float


def load_meaning(path: Path = MODEL) -> Meaning:
    """The model in a file; read once.

    Raises:
        CatalogueInvalid: the file is missing or is no such model.
    """
    return _load(path)


@lru_cache(maxsize=2)
def _load(path: Path) -> Meaning:
    try:
        with np.load(path, allow_pickle=False) as raw:
            return Meaning(
                vocabulary={word: at for at, word in enumerate(str(raw["vocabulary"]).split("\n"))},
                vectors=raw["vectors"].astype(np.float32) * raw["scales"][:, None].astype(np.float32),
                weights=raw["weights"].astype(np.float32),
                turns=raw["turns"].astype(np.float32),
                ids=tuple(str(raw["ids"]).split("\n")),
                entries=raw["entries"].astype(np.float32),
                none=raw["none"].astype(np.float32),
                none_bias=float(raw["none_bias"]),
                sharpness=float(raw["sharpness"]),
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise CatalogueInvalid(
            f"Mô hình liên kết không đọc được. / The model of links cannot be read: {error}.", file=path.name
        ) from error


def units_in(text: str, vocabulary: dict[str, int]) -> list[int]:
    """The known words and pairs of neighbouring words of a folded text, in order, at most MOST_UNITS."""
    words = text.split()
    found = []
    for at, word in enumerate(words):
        one = vocabulary.get(word)
        if one is not None:
            found.append(one)
        pair = vocabulary.get(f"{word} {words[at + 1]}") if at + 1 < len(words) else None
        if pair is not None:
            found.append(pair)
    return found[:MOST_UNITS]


def fields_of(path: Sequence[str], unit: str, section: Sequence[str], sentence: str, document: str) -> tuple[str, ...]:
    """The texts of FIELDS, folded, of a folded path and its surroundings."""
    return (
        path[-1],
        path[-2] if len(path) > 1 else "",
        " ".join(path[:-2]),
        unit,
        " ".join(map(fold, section[-2:])),
        fold(sentence),
        fold(document),
    )


def _mean(model: Meaning, units: Iterable[int]) -> Array:
    at = list(units)
    total: Array = model.weights[at] @ model.vectors[at]
    return total / (np.linalg.norm(total) + np.float32(1e-4))


class Senses:
    """The directions of one catalogue's entries: as fitted, of others (an office's own) as their names have it."""

    def __init__(self, model: Meaning, catalogue: Catalogue) -> None:
        fitted = {id_: at for at, id_ in enumerate(model.ids)}
        self.model = model
        self.ids = tuple(i.id for i in catalogue.indicators)
        names: dict[str, list[str]] = {}
        for entry in catalogue.indicators:
            if entry.id not in fitted or entry.id in catalogue.own:
                names[entry.id] = [entry.name_vi]
        for alias in catalogue.aliases:
            if alias.id in names:
                names[alias.id].append(alias.alias)
        rows = []
        for id_ in self.ids:
            if id_ in names:
                row = np.sum(
                    [model.turns[0] @ _mean(model, units_in(fold(n), model.vocabulary)) for n in names[id_]], 0
                )
                rows.append(row / (np.linalg.norm(row) + 1e-6))
            else:
                rows.append(model.entries[fitted[id_]])
        self.entries: Array = np.array(rows, dtype=np.float32).reshape(len(self.ids), model.vectors.shape[1])

    def log_probabilities(self, fields: Sequence[str]) -> Array:
        """Natural logarithms of the probabilities of the entries, in the catalogue's order, and last of none."""
        model = self.model
        total = np.zeros(model.vectors.shape[1], dtype=np.float32)
        for turn, text in zip(model.turns, fields, strict=True):
            units = units_in(text, model.vocabulary)
            if units:
                total += turn @ _mean(model, units)
        total /= np.linalg.norm(total) + 1e-9
        none = model.none_bias + float(model.none @ total)
        scores = np.append(self.entries @ total, np.float32(none)) * model.sharpness
        scores -= scores.max()
        out: Array = scores - np.log(np.exp(scores).sum())
        return out


@lru_cache(maxsize=4)
def senses(catalogue: Catalogue) -> Senses:
    """The senses of a catalogue under the served model; made once for each."""
    return Senses(load_meaning(), catalogue)
