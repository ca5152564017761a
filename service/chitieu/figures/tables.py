"""The package's phrase lists: TSV files with a header, edited by hand."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``data/<name>.tsv``, columns by header; quotes are plain characters."""
    text = resources.files("chitieu.figures").joinpath(f"data/{name}.tsv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def either(phrases: Iterable[str]) -> str:
    """A pattern of any of the phrases as whole words, longest first, any white space between words."""
    ordered = sorted(phrases, key=len, reverse=True)
    return r"(?<!\w)(?:" + "|".join(r"\s+".join(map(re.escape, p.split())) for p in ordered) + r")(?!\w)"
