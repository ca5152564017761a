"""How many known figures an output has. The truth is a file of JSON lines, as `scripts/make_archive.py` writes it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.dataset

_COLUMNS = ["document", "number", "kind", "unit", "catalogue_id", "start", "end"]


def recall(output: Path, truth: Path) -> dict[str, dict[str, float | int]]:
    """The share of known figures that stand in an output, for all files, for each kind of file and each kind of figure.

    A figure is ``found`` where its document has a row of its number that no other known figure has taken; where its place in the text is
    known, at that place. ``kind``, ``unit`` and ``indicator`` (null where the text leaves it open) are the shares of all for which that is
    right, too, ``right`` those for which all three are.
    """
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    table = pyarrow.dataset.dataset(output / "figures", format="parquet").to_table(columns=_COLUMNS)
    for row in table.to_pylist():
        rows[row["document"]].append(row)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for line in truth.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        left = list(rows.get(told["sha256"], ()))
        for figure in told["figures"]:
            found = _match(figure, left)
            if found is not None:
                left.remove(found)
            right = _right(figure, found)
            for group in (
                "all",
                f"file {told['kind']} {told.get('encoding') or ''}".strip(),
                f"figure {figure['kind']}",
            ):
                counts[group]["figures"] += 1
                counts[group].update({aspect: int(is_right) for aspect, is_right in right.items()})
    return {group: _shares(counts[group]) for group in sorted(counts)}


def _match(figure: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The row of a figure: of its number, at its place; of several the one of which most is right."""
    fitting = [
        row
        for row in rows
        if row["number"] is not None
        and row["number"] == Decimal(figure["number"])
        and (figure["start"] is None or row["start"] <= figure["start"] < row["end"])
    ]
    return max(fitting, key=lambda row: sum(_right(figure, row).values()), default=None)


def _right(figure: Mapping[str, Any], row: Mapping[str, Any] | None) -> dict[str, bool]:
    if row is None:
        return dict.fromkeys(("found", "kind", "unit", "indicator", "right"), False)
    unit = " ".join((row["unit"] or "").split())
    right = {
        "kind": row["kind"] == figure["kind"],
        "unit": unit == figure["unit"],
        "indicator": figure["indicator"] in (None, row["catalogue_id"]),
    }
    return {"found": True, **right, "right": all(right.values())}


def _shares(counts: Counter[str]) -> dict[str, float | int]:
    total = counts["figures"]
    return {"figures": total} | {
        name: round(counts[name] / total, 4) for name in ("found", "kind", "unit", "indicator", "right")
    }
