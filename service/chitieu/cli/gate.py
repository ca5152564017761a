"""`chitieu gate`: whether a candidate model may be served. Exit status: 0 it may, 1 it may not or could not be judged, 2 wrong usage."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.errors import BadRequest

if TYPE_CHECKING:
    from chitieu.cli.main import Commands

_STAGES = {"memory": "đo bộ nhớ / memory", "reading": "đọc / reading"}


def add_gate(commands: Commands) -> None:
    """Describe the command."""
    gate = commands.add_parser(
        "gate", help="so mô hình mới với mô hình đang dùng / compare a candidate with the current model: pass or refuse"
    )
    gate.add_argument("candidate", type=Path, help="thư mục mô hình mới / folder of the candidate")
    gate.add_argument(
        "--current", type=Path, metavar="FOLDER", help="so với mô hình này / compare with (default: the current model)"
    )
    gate.add_argument(
        "--documents",
        nargs="+",
        type=Path,
        metavar="GOLD",
        help="tệp XML gán nhãn hoặc thư mục / annotated XML files or folders (default: the test split of training_data)",
    )
    gate.add_argument("--only", type=Path, metavar="LIST", help="chỉ những tên trong tệp / only names in this file")
    gate.add_argument("--limits", type=Path, metavar="TOML", help="giới hạn khác / other limits (docs/gate.md)")
    gate.add_argument("--out", type=Path, metavar="DIR", help="nơi ghi / where gate.json and gate.html are written")
    gate.set_defaults(run=run_gate)


def run_gate(args: argparse.Namespace) -> int:
    """Judge, write, and print the tables."""
    from tqdm import tqdm

    from chitieu.annotation.inline_xml import read
    from chitieu.evaluation.gate.limits import load_limits
    from chitieu.evaluation.gate.run import gate
    from chitieu.evaluation.gate.table import as_text
    from chitieu.evaluation.gate.writing import write
    from chitieu.evaluation.run import gold_files
    from chitieu.models import current_model

    limits = load_limits(args.limits)
    current = args.current or current_model()
    paths, only = (args.documents, args.only) if args.documents else _frozen(args.only)
    documents = [read(path) for path in gold_files(paths, only=only, all_named=True)]
    with tqdm(disable=None, leave=False, file=sys.stderr) as bar:

        def tell(stage: str, done: int, of: int) -> None:
            bar.set_description(_STAGES[stage], refresh=False)
            bar.total, bar.n = of, done
            bar.update(0)

        report = gate(args.candidate, current, documents, limits=limits, progress=tell)
    written = write(report, args.out) if args.out else []
    print(as_text(report))
    for path in written:
        print(path, file=sys.stderr)
    return 0 if report.decision == "pass" else 1


def _frozen(only: Path | None) -> tuple[list[Path], Path]:
    """The project's own test documents, and the list that names them."""
    from chitieu.models import models_root

    data = models_root().parent / "training_data"
    names = only or data / "splits" / "test.txt"
    if not names.is_file() or not (data / "documents").is_dir():
        raise BadRequest(f"{data}: không có bộ kiểm tra, hãy nêu --documents / no test set, name --documents")
    return [data / "documents"], names
