"""How time and memory grow with the number of documents, the length of a text and the size of the catalogue."""

from __future__ import annotations

import csv
import itertools
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

from benchmarks.steps import MIB, fresh, load, measure, measure_fresh, mixed, text_of

_PARTS = ("", "ở thành thị", "ở nông thôn", "khu vực nhà nước", "ngoài nhà nước", "của nữ", "của hộ nghèo")


@dataclass(frozen=True)
class Row:
    """One size: what of it was measured, in seconds and MiB."""

    size: int
    measured: dict[str, float | None]


def exponent(rows: Sequence[Row], name: str) -> float | None:
    """The power of the size that a measure grows with, by least squares of the logarithms; None where too little was measured."""
    points = [(row.size, value) for row in rows if (value := row.measured.get(name)) is not None and value > 0]
    if len(points) < 2:
        return None
    sizes, values = zip(*((math.log(size), math.log(value)) for size, value in points), strict=True)
    return linear_regression(sizes, values).slope


def by_length(model: Path | None, lengths: Sequence[int], folder: Path) -> list[Row]:
    """A text of each length, each in a process of its own that is warm: the whole way, its steps, memory."""
    rows = []
    for length in lengths:
        path = folder / f"{length}.txt"
        path.write_text(text_of(length), encoding="utf-8")
        run, _, peak = fresh(measure_fresh, model, path, length)
        rows.append(Row(length, {"whole": run.whole, **run.steps, "MiB": peak}))
    return rows


def by_documents(counts: Sequence[int], workers: int, folder: Path, *, model: Path | None) -> list[Row]:
    """`chitieu batch` over so many different documents: seconds with its start, seconds of processors, memory of all processes."""
    import psutil

    rows = []
    for count in counts:
        archive, out = folder / f"{count}", folder / f"{count}-{workers}-out"
        archive.mkdir(exist_ok=True)
        for number, text in enumerate(mixed(count), 1):
            (archive / f"{number}.txt").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "chitieu", "batch", archive, "--out", out, "--workers", str(workers)]
        begun, before = time.perf_counter(), os.times()
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(
                [*map(str, command), *(("--model", str(model)) if model else ())], stdout=told, stderr=told
            )
            most = 0.0
            while process.poll() is None:
                most = max(most, _resident(psutil.Process(process.pid)))
                time.sleep(0.1)
            if process.returncode:
                told.seek(0)
                raise SystemExit(told.read().decode())
        after = os.times()
        cpu = after.children_user - before.children_user + after.children_system - before.children_system
        rows.append(Row(count, {"whole": time.perf_counter() - begun, "processor": cpu, "MiB": most}))
    return rows


def _resident(process: object) -> float:
    """MiB of a process and of those that it started; pages that they share count for each."""
    import psutil

    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total / MIB


def by_catalogue(model: Path | None, counts: Sequence[int], path: Path, folder: Path) -> list[Row]:
    """An office's catalogue of so many entries in place of the project's: reading it, its index, linking a text, memory."""
    rows = []
    for count in counts:
        table = folder / f"catalogue-{count}.tsv"
        _write_catalogue(table, count)
        measured, _, peak = fresh(_with_catalogue, model, table, path)
        rows.append(Row(count, {**measured, "MiB": peak}))
    return rows


def _with_catalogue(model: Path | None, table: Path, path: Path) -> dict[str, float]:
    from chitieu.catalogue.index import build_index
    from chitieu.catalogue.own import with_own

    begun = time.perf_counter()
    catalogue = with_own(table, "replace")
    read = time.perf_counter()
    build_index(catalogue)
    indexed = time.perf_counter()
    pipeline, encoder = load(model, catalogue=catalogue)
    measure(pipeline, encoder, [path])
    run = measure(pipeline, encoder, [path])
    return {"load": read - begun, "index": indexed - read, "link": run.steps["link"], "whole": run.whole}


def _write_catalogue(path: Path, count: int) -> None:
    """Entries by names of the project's catalogue, alone and with a part that they are broken down by."""
    from chitieu.catalogue.fold import fold
    from chitieu.catalogue.load import load_catalogue

    project = load_catalogue()
    names = {
        fold(name): name for name in (*(i.name_vi for i in project.indicators), *(a.alias for a in project.aliases))
    }
    known = list(names.values())
    random.Random(1).shuffle(known)  # nosec B311: an order, the same each time
    made = (f"{name} {part}".strip() for part in _PARTS for name in known)
    different = itertools.islice({fold(name): name for name in made}.values(), count)
    with path.open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle, delimiter="\t")
        table.writerow(("id", "name_vi"))
        written = 0
        for written, name in enumerate(different, 1):
            table.writerow((f"muc-{written}", name))
    if written < count:
        raise SystemExit(f"no more than {written} entries can be made")
