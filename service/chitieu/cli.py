"""The command line. Exit status: 0 done, 1 some inputs failed (named on standard error), 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu import __version__
from chitieu.errors import AddressTaken, ChitieuError, ConfigInvalid
from chitieu.output.writers import BINARY, FORMATS

if TYPE_CHECKING:
    from chitieu.output.writers import Writer
    from chitieu.pipeline import Pipeline
    from chitieu.text.files.reading import FileText

# A linker fitted on fewer of its lines must not take the place of the one that is served.
_MOST_OF_THE_LINES = 0.95


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="chitieu",
        description="Đọc số liệu trong báo cáo kinh tế - xã hội. / Read the figures of Vietnamese reports.",
    )
    top.add_argument("--version", action="version", version=f"chitieu {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    extract = commands.add_parser(
        "extract", help="đọc tệp / read files: text, HTML, PDF, Word, Excel, … (- is standard input)"
    )
    extract.add_argument("files", nargs="+", metavar="FILE")
    extract.add_argument("--format", choices=FORMATS, default="table")
    extract.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="tệp kết quả, ghi trọn hoặc không ghi / write this file, whole or not at all",
    )
    extract.add_argument("--pretty", action="store_true", help="JSON thụt dòng / indented JSON")
    extract.add_argument(
        "--model", type=Path, metavar="FOLDER", help="thư mục mô hình / model folder (default: current)"
    )

    extract.add_argument(
        "--encoding", metavar="NAME", help="bảng mã của tệp / what the files are written in (default: found out)"
    )

    extract.set_defaults(fail=extract.error)

    serve = commands.add_parser("serve", help="mở dịch vụ / serve the API and the page")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)

    train = commands.add_parser("train", help="huấn luyện / train (needs the extra `train`)")
    train.add_argument("config", type=Path)
    train.add_argument(
        "--out", type=Path, required=True, help="thư mục cho điểm lưu / folder of the checkpoint; goes on from it"
    )
    train.add_argument("--export", metavar="VERSION", help="rồi xuất ONNX / then write models/<name>/VERSION")

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
    return top


def _read(name: str, encoding: str | None) -> FileText:
    from chitieu.text.files.reading import read_bytes, read_file

    if name == "-":
        return read_bytes(sys.stdin.buffer.read(), name="stdin", encoding=encoding)
    return read_file(Path(name), encoding=encoding)


def run_extract(args: argparse.Namespace) -> int:
    """Read files in turn; one that fails is named and does not stop the others. Where none can be read, no file is written."""
    from chitieu.output.destination import seekable, standard_output, whole_file
    from chitieu.output.writers import writer
    from chitieu.pipeline import load_pipeline

    _check_output(args)
    pipeline = load_pipeline(args.model)
    destination = whole_file(args.output) if args.output else standard_output()
    several = len(args.files) > 1
    try:
        with (
            destination as out,
            seekable(out) if args.format in BINARY and not args.output else nullcontext(out) as stream,
        ):
            made = writer(args.format, stream, pretty=args.pretty, several=several)
            failed = _extract_all(args, pipeline, made)
            if args.output and failed == len(args.files):
                raise _NothingRead
    except _NothingRead:
        return 1
    return 1 if failed else 0


class _NothingRead(Exception):
    """No input could be read: what stands at the output's place stays."""


def _check_output(args: argparse.Namespace) -> None:
    """Refuse, as wrong usage, a binary format to a terminal and an output that is one of the inputs."""
    if args.output is None:
        if args.format in BINARY and sys.stdout.isatty():
            args.fail(
                f"--format {args.format}: cần --output TỆP, không in ra màn hình / needs --output FILE, a terminal cannot show it"
            )
    elif any(name != "-" and Path(name).resolve() == args.output.resolve() for name in args.files):
        args.fail(f"--output {args.output}: là một tệp đầu vào / is one of the inputs")


def _extract_all(args: argparse.Namespace, pipeline: Pipeline, made: Writer) -> int:
    """How many inputs failed; all others are in the writer, which is finished."""
    failed = 0
    try:
        for name in args.files:
            try:
                file = _read(name, args.encoding)
                answer = pipeline.extract_file(file, id="stdin" if name == "-" else Path(name).name)
            except ChitieuError as error:
                print(f"chitieu: {name}: {error.code}: {error.message}", file=sys.stderr)
                failed += 1
                continue
            made.add(answer, file.text)
        for message in made.finish():
            print(f"chitieu: {message}", file=sys.stderr)
    except BaseException:
        made.discard()
        raise
    return failed


def _check_free(host: str, port: int) -> None:
    """Raise AddressTaken where nothing can listen, before anything says that it does."""
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise AddressTaken(
            f"Không mở được {host}:{port} (cổng đang được dùng?). / Cannot listen on {host}:{port}: {error.strerror}.",
            host=host,
            port=port,
        ) from error


def run_serve(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    import uvicorn

    from chitieu.api.app import create_app
    from chitieu.models import current_model

    current_model()  # a missing model is told before the port is taken
    _check_free(args.host, args.port)
    where = f"http://{args.host}:{args.port}"
    print(f"chitieu {__version__}: {where}\n", flush=True)
    print(
        f"  curl {where}/v1/extract -H 'Content-Type: text/plain; charset=utf-8' "
        "--data-binary 'Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.'\n",
        flush=True,
    )
    uvicorn.run(create_app(), host=args.host, port=args.port, log_level="warning")
    return 0


def run_train(args: argparse.Namespace) -> int:
    """Train, and export where asked."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    args = parser().parse_args(argv)
    commands = {
        "extract": run_extract,
        "serve": run_serve,
        "train": run_train,
        "fit-links": run_fit_links,
        "evaluate": run_evaluate,
        "calibrate": run_calibrate,
    }
    try:
        return commands[args.command](args)
    except ChitieuError as error:
        print(f"chitieu: {error.code}: {error.message}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"chitieu: cần cài thêm / missing package {error.name}: pip install 'chitieu[train]'", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
