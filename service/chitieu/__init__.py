"""chitieu: every figure of a Vietnamese socio-economic report, linked to its indicator.

>>> import chitieu
>>> nlp = chitieu.load()                  # a spaCy pipeline
>>> doc = nlp("Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.")
>>> doc._.figures[0].value
'7215000000000'
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

__version__ = "0.6.0"
__all__ = ["__version__", "load"]


def load(model: str | Path | None = None) -> Language:
    """The spaCy pipeline on the model in a folder, or on the current one.

    Raises:
        chitieu.errors.ModelMissing, chitieu.errors.ModelInvalid: no usable model there.
    """
    from chitieu.spacy_language import load_language

    return load_language(Path(model) if model is not None else None)
