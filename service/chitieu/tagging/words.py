"""The word lists of the rules behind the model."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources


def _read(name: str) -> list[str]:
    return resources.files("chitieu.tagging").joinpath(f"data/{name}").read_text(encoding="utf-8").splitlines()


@cache
def role(name: str) -> str:
    """A pattern of the words with a role in ``phrase_words.tsv``: alternatives, longest first, any white space between words."""
    rows = csv.DictReader(_read("phrase_words.tsv"), delimiter="\t")
    return _either(row["words"] for row in rows if row["role"] == name)


@cache
def unit_words() -> re.Pattern[str]:
    """Whole words that complete a bare magnitude."""
    lines = [line for line in _read("unit_words.txt") if line and not line.startswith("#")]
    return re.compile(rf"\s+(?:{_either(lines)})(?![\w])", re.IGNORECASE)


@cache
def magnitudes() -> re.Pattern[str]:
    """A unit that is nothing but magnitude words."""
    return re.compile(r"(?:nghìn|ngàn|vạn|triệu|tỷ|tỉ)(?:\s+(?:nghìn|ngàn|triệu|tỷ|tỉ))*", re.IGNORECASE)


def _either(phrases: Iterable[str]) -> str:
    words = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(r"\s+".join(map(re.escape, w.split())) for w in words) + ")"
