"""The words of tables' heads, and what they say of a column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from chitieu.text.tables import Cell

BRACKET = re.compile(r"[(\[]([^()\[\]]+)[)\]]")


@cache
def role(name: str) -> str:
    """A pattern of the words with a role in ``table_words.tsv``: alternatives, longest first, any white space between words."""
    lines = resources.files("chitieu.text").joinpath("data/table_words.tsv").read_text(encoding="utf-8").splitlines()
    words = [row["words"] for row in csv.DictReader(lines, delimiter="\t") if row["role"] == name]
    ordered = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(r"\s+".join(map(re.escape, w.split())) for w in ordered) + ")"


def says(name: str, words: str) -> bool:
    """Whether words of a role stand among others."""
    return re.search(rf"(?<!\w){role(name)}(?!\w)", words, re.IGNORECASE) is not None


def heads(name: str, column: Iterable[Cell]) -> bool:
    """Whether one of the cells above a column holds words of a role and no more, brackets aside."""
    pattern = re.compile(rf"{role(name)}[.:]?", re.IGNORECASE)
    return any(pattern.fullmatch(BRACKET.sub("", cell.text).strip()) for cell in column)
