"""`chitieu extract`: files in, a table, JSON or another format out."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.errors import ChitieuError
from chitieu.output.writers import BINARY, FORMATS

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.output.writers import Writer
    from chitieu.pipeline import Pipeline
    from chitieu.text.files.reading import FileText


def add_extract(commands: Commands) -> None:
    """Describe the command."""
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

    extract.set_defaults(run=run_extract, fail=extract.error)


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
