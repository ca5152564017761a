#!/usr/bin/env python3
"""Measures how fast the package reads, step by step, against the bare encoder, other programs and larger inputs.

    python scripts/benchmark.py                          # three texts: seconds, share of each step, memory, start
    python scripts/benchmark.py --peers                  # the same, and other programs (extra `peers`; `train` for one)
    python scripts/benchmark.py --growth --texts         # how time and memory grow
    python scripts/benchmark.py --json measured.json     # the same as JSON: docs/performance.md says what is in it

Machines are noisy: what holds are ratios, for their two sides are measured one right after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import growth, peers, steps
from chitieu.cores import usable_cores
from chitieu.models import current_model

REPORT = steps.ROOT.parent / "shared" / "gold" / "seed.txt"
REPORT_LENGTH, SHORT_LENGTH = 55_000, 2_000
TEXTS = ("report", "short", "documents")


def told(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table for eyes and for the documentation: the first column is words, the others are numbers."""
    told(f"| {' | '.join(head)} |")
    told("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        told(f"| {' | '.join(row)} |")
    told()


def write_texts(names: Sequence[str], documents: int, folder: Path) -> dict[str, list[Path]]:
    """The texts that are read, as files."""
    texts = {
        "report": lambda: [REPORT.read_text(encoding="utf-8") if REPORT.is_file() else steps.text_of(REPORT_LENGTH)],
        "short": lambda: [steps.text_of(SHORT_LENGTH)],
        "documents": lambda: steps.mixed(documents),
    }
    out: dict[str, list[Path]] = {}
    for name in names:
        out[name] = []
        for number, text in enumerate(texts[name](), 1):
            path = folder / f"{name}-{number}.txt"
            path.write_text(text, encoding="utf-8")
            out[name].append(path)
    return out


def measure_texts(model: Path, texts: dict[str, list[Path]], repeats: int, rate: float) -> list[dict[str, Any]]:
    """Each text several times, after one reading that is not counted, and once by a fresh process."""
    starts = {name: steps.fresh(steps.answer_files, model, paths)[1:] for name, paths in texts.items()}
    pipeline, encoder = steps.load(model)
    out = []
    for name, paths in texts.items():
        first = steps.measure(pipeline, encoder, paths)
        runs = [steps.measure(pipeline, encoder, paths) for _ in range(repeats)]
        whole, floor = median(run.whole for run in runs), median(run.floor for run in runs)
        try:
            gflops = steps.operations(model / "model.onnx", encoder.shapes) / floor / 1e9
        except ImportError:
            gflops = None
        out.append(
            {
                "name": name,
                "documents": len(paths),
                "characters": first.characters,
                "tokens": sum(count * length for count, length in encoder.shapes),
                "seconds": whole,
                "first_seconds": first.whole,
                "characters_per_second": first.characters / whole,
                "steps": {
                    step: {
                        "seconds": median(run.steps[step] for run in runs),
                        "share": median(run.steps[step] / run.whole for run in runs),
                    }
                    for step in steps.STEPS
                },
                "floor_seconds": floor,
                "to_floor": median(run.whole / run.floor for run in runs),
                "to_floor_and_segment": median(run.whole / (run.floor + run.steps["segment"]) for run in runs),
                "encoder_gflops": gflops,
                "encoder_of_matrix_rate": gflops and gflops / rate,
                "first_answer_seconds": starts[name][0],
                "peak_mib": starts[name][1],
                "runs": [asdict(run) for run in runs],
            }
        )
    return out


def show_texts(measured: Sequence[dict[str, Any]]) -> None:
    """The table of texts, and that of steps."""

    def number(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    head = ("", *(f"{one['name']}" for one in measured))
    rows = [
        ("characters (documents)", lambda one: f"{one['characters']:,} ({one['documents']})"),
        ("seconds, warm", lambda one: f"{one['seconds']:.2f}"),
        ("characters a second", lambda one: f"{one['characters_per_second']:,.0f}"),
        ("the bare encoder, seconds", lambda one: f"{one['floor_seconds']:.2f}"),
        ("whole / encoder", lambda one: f"{one['to_floor']:.2f}"),
        ("whole / (encoder + segmentation)", lambda one: f"{one['to_floor_and_segment']:.2f}"),
        ("encoder, GFLOP/s", lambda one: number(one["encoder_gflops"], ".0f")),
        ("of the matrix rate", lambda one: number(one["encoder_of_matrix_rate"], ".0%")),
        ("fresh process to its answer, seconds", lambda one: f"{one['first_answer_seconds']:.1f}"),
        ("its most memory, MiB", lambda one: number(one["peak_mib"], ".0f")),
    ]
    table(head, [(name, *map(cell, measured)) for name, cell in rows])
    table(
        ("share of the time", *head[1:]),
        [(step, *(f"{one['steps'][step]['share']:.1%}" for one in measured)) for step in steps.STEPS],
    )


def show_peers(found: Sequence[peers.Found]) -> None:
    """The table of peers."""
    rows = []
    for one in found:
        value = "–" if one.value_f1 is None else f"{one.value_f1:.3f}"
        if one.note:
            rows.append((f"{one.name} ({one.note})", "–", "–", "–"))
        else:
            rows.append((one.name, f"{median(one.seconds):.3f}", f"{median(one.ratios):.2f}", value))
    table(("", "seconds", "/ chitieu", "value F1"), rows)


def show_growth(name: str, rows: Sequence[growth.Row]) -> None:
    """A table of growth: a row a size, in the last the exponents."""
    columns = list(rows[0].measured)

    def cell(value: float | None) -> str:
        return "–" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"

    powers = [growth.exponent(rows, column) for column in columns]
    shown = [(f"{row.size:,}", *(cell(row.measured[column]) for column in columns)) for row in rows]
    shown.append(("grows with the power", *("–" if power is None else f"{power:.2f}" for power in powers)))
    table((name, *columns), shown)


def measure_growth(model: Path, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All that was asked for, told as it comes."""
    found: dict[str, list[growth.Row]] = {}
    if args.lengths:
        found["characters"] = growth.by_length(model, args.lengths, folder)
        show_growth("characters", found["characters"])
    if args.entries:
        path = folder / "linked.txt"
        path.write_text(steps.text_of(10_000), encoding="utf-8")
        found["entries of the catalogue"] = growth.by_catalogue(model, args.entries, path, folder)
        show_growth("entries of the catalogue", found["entries of the catalogue"])
    for workers in (1, 2) if args.counts else ():
        name = f"documents, workers: {workers}"
        found[name] = growth.by_documents(args.counts, workers, folder, model=model)
        show_growth(name, found[name])
    return {
        name: {
            "rows": [asdict(row) for row in rows],
            "exponents": {column: growth.exponent(rows, column) for column in rows[0].measured},
        }
        for name, rows in found.items()
    }


def _arguments() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there, too")
    arguments.add_argument("--model", type=Path, metavar="FOLDER", help="another model than the current one")
    arguments.add_argument("--texts", nargs="*", choices=TEXTS, default=TEXTS, help="which texts; none: leave them out")
    arguments.add_argument("--documents", type=int, default=20, metavar="N", help="mixed documents (default 20)")
    arguments.add_argument("--repeats", type=int, default=5, metavar="N", help="readings of each text (default 5)")
    arguments.add_argument(
        "--peers", nargs="*", choices=[peer.name for peer in peers.PEERS], metavar="NAME",
        help=f"compare with other programs: all, or some of {', '.join(peer.name for peer in peers.PEERS)}",
    )  # fmt: skip
    arguments.add_argument("--peers-text", choices=TEXTS[:2], default="short", help="what they read (default short)")
    arguments.add_argument("--growth", action="store_true", help="measure how time and memory grow: takes long")
    arguments.add_argument("--lengths", type=int, nargs="*", default=[10**n for n in range(3, 8)], metavar="CHARACTERS")
    arguments.add_argument("--counts", type=int, nargs="*", default=[1, 10, 100], metavar="DOCUMENTS")
    arguments.add_argument("--entries", type=int, nargs="*", default=[500, 5_000, 50_000], metavar="OF_A_CATALOGUE")
    return arguments


def main() -> int:
    """Measure, print, write."""
    args = _arguments().parse_args()
    model = args.model or current_model()
    rate = steps.matrix_rate()
    out: dict[str, Any] = {
        "machine": {
            "processor": platform.machine(),
            "cores": usable_cores(),
            "python": platform.python_version(),
            "matrix_gflops": rate,
            "load_before": os.getloadavg()[0],
        },
        "model": {"name": model.parent.name, "version": model.name},
    }
    told(
        f"{usable_cores()} cores, {rate:.0f} GFLOP/s of a product of matrices; load average of the machine: {os.getloadavg()[0]:.2f}"
    )
    told()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.texts:
            texts = write_texts(args.texts, args.documents, folder)
            out["texts"] = measure_texts(model, texts, args.repeats, rate)
            show_texts(out["texts"])
        if args.peers is not None:
            names = args.peers or [peer.name for peer in peers.PEERS]
            (path,) = write_texts([args.peers_text], 0, folder)[args.peers_text]
            pipeline, encoder = steps.load(model)
            found = peers.compare(pipeline, encoder, path, names=names, repeats=args.repeats, documents=args.documents)
            show_peers(found)
            out["peers"] = {"text": args.peers_text, "found": [asdict(one) for one in found]}
        if args.growth:
            out["growth"] = measure_growth(model, args, folder)
    out["machine"]["load_after"] = os.getloadavg()[0]
    if args.json:
        partial = args.json.with_name(f".{args.json.name}.partial")
        partial.write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
