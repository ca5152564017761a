"""Cases of the tests in this folder: TSV files with a header; `\\n` in a cell stands for a line break."""

from __future__ import annotations

import csv
from pathlib import Path


def load(name: str) -> list[dict[str, str]]:
    text = (Path(__file__).parent / "cases" / name).read_text(encoding="utf-8")
    lines = text.rstrip("\n").split("\n")  # not splitlines: a cell may hold a narrow or no-break space
    return [
        {key: value.replace("\\n", "\n") for key, value in row.items()}
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
