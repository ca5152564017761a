"""`chitieu train`, `fit-links`, `evaluate` and `calibrate`: what makes models and measures them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.errors import ConfigInvalid

if TYPE_CHECKING:
    from chitieu.cli.main import Commands

# A linker fitted on fewer of its lines must not take the place of the one that is served.
_MOST_OF_THE_LINES = 0.95


def add_training(commands: Commands) -> None:
    """Describe the commands."""
    train = commands.add_parser("train", help="huấn luyện / train (needs the extra `train`)")
    train.add_argument("config", type=Path, nargs="?", help="cấu hình TOML / the configuration")
    train.add_argument("--out", type=Path, help="thư mục cho điểm lưu / folder of the checkpoint; goes on from it")
    train.add_argument("--export", metavar="VERSION", help="rồi xuất ONNX / then write models/<name>/VERSION")
    train.add_argument(
        "--from-corrections",
        action="store_true",
        help="huấn luyện tiếp mô hình đang dùng từ những gì đã sửa / go on from the served model with what was corrected",
    )
    train.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="công thức, với --from-corrections / the recipe (default: corrections.toml beside the model's versions)",
    )
    train.add_argument("--events", action="store_true", help=argparse.SUPPRESS)  # what the job `train` reads
    train.add_argument("--run", dest="run_id", help=argparse.SUPPRESS)  # its id
    train.set_defaults(fail=train.error)

    links = commands.add_parser(
        "fit-links", help="huấn luyện liên kết chỉ tiêu / fit the linker (needs the extra `train`)"
    )
    links.add_argument("table", type=Path, help="bảng chỉ tiêu đã gán tay / table of mentions read by hand")
    links.add_argument(
        "documents", nargs="+", type=Path, metavar="FOLDER", help="thư mục tài liệu gán nhãn / annotated"
    )
    links.add_argument(
        "--sentences",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="câu văn / running text, a sentence a line",
    )
    links.add_argument("--out", type=Path, metavar="FOLDER", help="nơi ghi / where to (default: the catalogue's data)")

    evaluate = commands.add_parser("evaluate", help="chấm điểm / score a model against annotated files")
    calibrate = commands.add_parser(
        "calibrate", help="chỉnh độ tin cậy / fit a model's scores on annotated files and write them into its manifest"
    )
    for command in (evaluate, calibrate):
        command.add_argument("model", help="thư mục mô hình, hoặc current / a model folder, or `current`")
        command.add_argument(
            "gold", nargs="+", type=Path, help="tệp XML gán nhãn hoặc thư mục / annotated XML files or folders"
        )
        command.add_argument(
            "--only", type=Path, metavar="LIST", help="chỉ những tên trong tệp / only names in this file"
        )
    evaluate.add_argument("--json", action="store_true", help="chỉ in JSON / print JSON alone")
    evaluate.add_argument(
        "--record", metavar="NAME", help="ghi vào bản kê và thẻ mô hình / put it into manifest and card"
    )
    for command, run in (
        (train, run_train),
        (links, run_fit_links),
        (evaluate, run_evaluate),
        (calibrate, run_calibrate),
    ):
        command.set_defaults(run=run)


def run_train(args: argparse.Namespace) -> int:
    """Train, and export where asked."""
    if args.from_corrections:
        if args.config or args.export:
            args.fail(
                "--from-corrections: không nhận cấu hình hay --export / takes neither a configuration nor --export"
            )
        from chitieu.cli.tuning import run_tuning

        return run_tuning(args)
    if args.config is None or args.out is None or args.recipe:
        args.fail("cần CONFIG và --out, hoặc --from-corrections / needs CONFIG and --out, or --from-corrections")
    from chitieu.models import models_root
    from chitieu.training.config import load_config
    from chitieu.training.export import check_new, export
    from chitieu.training.train import train

    config = load_config(args.config)
    root = args.config.resolve().parent
    if args.export:
        check_new(models_root() / config.name, args.export)
    checkpoint = train(config, root, args.out, lambda line: print(line, flush=True))
    if args.export:
        print(export(checkpoint, root, models_root() / config.name, version=args.export))
    return 0


def run_evaluate(args: argparse.Namespace) -> int:
    """Print the table of measures and, last, their JSON."""
    from chitieu.evaluation.card import record
    from chitieu.evaluation.links import links_by_distance
    from chitieu.evaluation.measures import score
    from chitieu.evaluation.run import answer, as_table, gold_files, reliability_of
    from chitieu.models import current_model

    folder = current_model() if args.model == "current" else Path(args.model)
    files = gold_files(args.gold, only=args.only)
    answered = answer(folder, files)
    scores = score(answered)
    if args.record:
        record(
            folder,
            args.record,
            len(files),
            scores=scores.rows,
            labels=scores.labels,
            reliability=reliability_of(answered),
            links=links_by_distance(answered),
        )
    if not args.json:
        print(as_table(scores))
    print(json.dumps({**scores.rows, "labels": scores.labels}, ensure_ascii=False))
    return 0


def run_calibrate(args: argparse.Namespace) -> int:
    """Fit the scores of a model and print the curves."""
    from chitieu.evaluation.run import calibrate, gold_files
    from chitieu.models import current_model

    folder = current_model() if args.model == "current" else Path(args.model)
    print(json.dumps(calibrate(folder, gold_files(args.gold, only=args.only))))
    return 0


def run_fit_links(args: argparse.Namespace) -> int:
    """Fit the linker and write its files."""
    from chitieu.catalogue.load import load_catalogue
    from chitieu.catalogue.tables import DATA
    from chitieu.training.links.mentions import read_labelled
    from chitieu.training.links.run import fit_links, save, vectors_from

    catalogue = load_catalogue()
    labelled = read_labelled(args.table, args.documents, [i.id for i in catalogue.indicators])
    lines = len(args.table.read_text(encoding="utf-8").splitlines()) - 1
    found = len({one.row for one in labelled})
    print(f"{found}/{lines} dòng có tài liệu / lines whose document is there", file=sys.stderr)
    if args.out is None and found < _MOST_OF_THE_LINES * lines:
        raise ConfigInvalid(
            "Thiếu tài liệu, kết quả sẽ kém bản đang dùng; hãy ghi ra chỗ khác bằng --out. / "
            "Documents are missing, the result would be worse than what is served; write it elsewhere with --out."
        )
    save(*fit_links(labelled, catalogue, vectors_from(args.sentences, catalogue)), args.out or DATA)
    return 0
