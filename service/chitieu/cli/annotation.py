"""`chitieu export`, `import` and `agreement`: annotated documents in other programs' formats and back, and how far two agree."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chitieu.annotation.offsets import UNITS
from chitieu.errors import AnnotationInvalid, ChitieuError, FileUnreadable

if TYPE_CHECKING:
    from chitieu.annotation.agreement import Agreement
    from chitieu.annotation.document import AnnotatedDocument
    from chitieu.annotation.formats.form import Format
    from chitieu.annotation.offsets import Unit
    from chitieu.cli.main import Commands

NAMES = ("xml", "jsonl", "label-studio", "doccano", "conll", "docbin")
CONFIGURATION = "label-studio-config"
OURS = ("jsonl", "xml")
_MOST_OF_A_NAME = 60  # characters


def add_annotation(commands: Commands) -> None:
    """Describe the commands."""
    export = commands.add_parser(
        "export", help="xuất tài liệu đã gán nhãn / write annotated documents for other programs"
    )
    export.add_argument("files", nargs="*", metavar="FILE", help="tệp hoặc thư mục / files or folders")
    export.add_argument("--format", choices=(*NAMES, CONFIGURATION), required=True)
    export.add_argument(
        "--project",
        metavar="NAME",
        help="tài liệu của một dự án đã lưu, thay cho tệp / those of a stored project, not of files",
    )
    export.add_argument(
        "--at",
        type=_moment,
        metavar="TIME",
        help="như vào lúc ấy, với --project / as of this time: 2026-01-31T17:00+07:00",
    )
    export.add_argument("--done", action="store_true", help="chỉ bản đã xong, với --project / only what is done")

    bring = commands.add_parser("import", help="nhập tài liệu đã gán nhãn / read other programs' annotated documents")
    bring.add_argument("files", nargs="+", metavar="FILE", help="tệp hoặc thư mục / files or folders")
    bring.add_argument("--format", choices=NAMES, help="định dạng vào / what the files are in (default: found out)")
    bring.add_argument("--to", choices=OURS, default=OURS[0], help="định dạng ra / what is written (default: jsonl)")
    bring.add_argument("--text", type=Path, metavar="FILE", help="văn bản UTF-8 mà tệp gán nhãn / the text annotated")
    for command in (export, bring):
        command.add_argument(
            "--offsets", choices=UNITS, help="đơn vị đếm vị trí, doccano và Label Studio / what offsets count"
        )
        command.add_argument("--output", metavar="PATH", help="tệp, hoặc thư mục/ / a file, or a folder/")
    agree = commands.add_parser("agreement", help="hai bản gán nhãn giống nhau đến đâu / how far two annotations agree")
    agree.add_argument("first", metavar="A", help="tệp hoặc thư mục / file or folder")
    agree.add_argument("second", metavar="B")
    agree.add_argument("--json", action="store_true", help="chỉ in JSON / print JSON alone")
    for command, run in ((export, run_export), (bring, run_import), (agree, run_agreement)):
        command.set_defaults(run=run, fail=command.error)


def run_export(args: argparse.Namespace) -> int:
    """Documents of files in another format; one file that fails is named and does not stop the others."""
    from chitieu.annotation.formats.label_studio_config import configuration
    from chitieu.annotation.formats.registry import FORMATS

    if args.format == CONFIGURATION:
        if args.files or args.offsets or args.project:
            args.fail(
                f"--format {CONFIGURATION}: không nhận tệp, dự án hay --offsets / takes neither files, a project nor --offsets"
            )
        _write([("labelstudio_config.xml", configuration())], args.output)
        return 0
    if (args.at or args.done) and not args.project:
        args.fail("--at, --done: chỉ với --project / go with --project only")
    if bool(args.files) == bool(args.project):
        args.fail("cần tệp hoặc --project / needs files, or --project")
    _check_offsets(args)
    if args.project:
        return _finish(args, _of_project(args), FORMATS[args.format], 0)
    documents, failed = _read_all(args, None)
    return _finish(args, documents, FORMATS[args.format], failed)


def run_import(args: argparse.Namespace) -> int:
    """Files of other programs in the project's own formats."""
    from chitieu.annotation.formats.registry import FORMATS

    if args.text and len(_files(args.files)) > 1:
        args.fail("--text: chỉ với một tệp / goes with one file only")
    if args.format:
        _check_offsets(args)
    documents, failed = _read_all(args, args.format, text=args.text, offsets=args.offsets)
    empty = sum(not document.spans for document in documents)
    if empty:
        _say(f"{empty} tài liệu không có nhãn nào / documents hold no span")
    return _finish(args, documents, FORMATS[args.to], failed)


def run_agreement(args: argparse.Namespace) -> int:
    """Print the table of agreement and, last, its JSON. Documents are matched by name, or the one of A with the one of B."""
    from chitieu.annotation.agreement import agreement

    sides = [list(_documents(_files([path]), None)) for path in (args.first, args.second)]
    found = agreement(_pairs(*sides))
    if not args.json:
        print(_table(found))
    print(json.dumps(_as_json(found)))
    return 0


def _check_offsets(args: argparse.Namespace) -> None:
    from chitieu.annotation.formats.registry import FORMATS

    if args.offsets and FORMATS[args.format].offsets is None:
        args.fail(f"--offsets: không dùng với {args.format} / does not go with {args.format}")


def _moment(written: str) -> datetime:
    """A time; without a zone it is this machine's."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{written}: 2026-01-31, 2026-01-31T17:00+07:00") from error


def _of_project(args: argparse.Namespace) -> list[AnnotatedDocument]:
    from chitieu.cli.accounts import opened_store
    from chitieu.store.corrections import exported
    from chitieu.store.projects import project_named
    from chitieu.store.tasks import Person

    whole = Person("", "admin")  # whoever has the database has all of it
    with opened_store() as (database, _, by):
        project = project_named(database, args.project)
        documents = exported(database, project.id, at=args.at, done=args.done, person=whole, by=by)
    if not documents:
        _say(f"{args.project}: chưa có tài liệu nào / no documents")
    return documents


def _say(message: str) -> None:
    print(f"chitieu: {message}", file=sys.stderr)


def _files(names: Sequence[str]) -> list[Path]:
    """The files, and of folders those whose names end as a format's do, sorted within each."""
    from chitieu.annotation.formats.registry import FORMATS

    suffixes = {one.suffix for one in FORMATS.values()}
    return [
        file
        for path in map(Path, names)
        for file in (sorted(p for p in path.iterdir() if p.suffix in suffixes) if path.is_dir() else [path])
    ]


def _read_all(
    args: argparse.Namespace, format: str | None, *, text: Path | None = None, offsets: Unit | None = None
) -> tuple[list[AnnotatedDocument], int]:
    """All documents, and how many files failed; each that does is named."""
    documents: list[AnnotatedDocument] = []
    failed = 0
    files = _files(args.files)
    if not files:
        raise FileUnreadable(f"{args.files[0]}: không có tệp gán nhãn / no annotated file", file=args.files[0])
    for path in files:
        try:
            documents += _documents([path], format, text=text, offsets=offsets)
        except ChitieuError as error:
            _say(f"{path}: {error.code}: {error.message}")
            failed += 1
    return documents, failed


def _documents(
    files: Sequence[Path], format: str | None, *, text: Path | None = None, offsets: Unit | None = None
) -> Iterator[AnnotatedDocument]:
    from chitieu.annotation.formats.form import Origin
    from chitieu.annotation.formats.registry import FORMATS, guess
    from chitieu.annotation.inline_xml import decoded

    for path in files:
        data = _bytes(path)
        given = decoded(_bytes(text), text.name) if text else None
        found = FORMATS[format or guess(data, path.name)]
        yield from found.read(data, Origin(path.name, given, offsets))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise FileUnreadable(
            f"Không đọc được {path.name}: {why}. / {path.name} cannot be read: {why}.", file=path.name, cause=why
        ) from error


def _finish(args: argparse.Namespace, documents: Sequence[AnnotatedDocument], format: Format, failed: int) -> int:
    """Write the documents and tell what they lost; where no file could be read, nothing is written."""
    from chitieu.annotation.formats.registry import losses

    if not documents:
        return 1
    lost = losses(documents, format)
    if lost:
        told = ", ".join(f"{part} {number}" for part, number in sorted(lost.items()))
        _say(f"{format.name} không giữ được / cannot hold: {told}")
    if format.binary and not args.output and sys.stdout.isatty():
        args.fail(
            f"--format {format.name}: cần --output TỆP, không in ra màn hình / needs --output FILE, a terminal cannot show it"
        )
    parts = _parts(args, documents, format)
    inputs = {path.resolve() for path in _files(args.files)}
    for target in _targets(parts, args.output) if args.output else ():
        if target.resolve() in inputs:
            args.fail(f"--output {target}: là một tệp đầu vào / is one of the inputs")
    _write(parts, args.output)
    return 1 if failed else 0


def _parts(args: argparse.Namespace, documents: Sequence[AnnotatedDocument], format: Format) -> list[tuple[str, bytes]]:
    """The files to be written: one for all, or in a folder one for each document."""
    offsets = args.offsets if format.offsets else None
    if args.output and _is_folder(args.output):
        from chitieu.annotation.formats.file_names import file_names

        names = file_names(documents, format.suffix)
        return [(name, format.write([one], offsets)) for name, one in zip(names, documents, strict=True)]
    if format.single and len(documents) > 1:
        args.fail(f"{len(documents)} tài liệu: cần --output THƯ_MỤC/ / documents need --output FOLDER/")
    return [("", format.write(documents, offsets))]


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def _targets(parts: Sequence[tuple[str, bytes]], output: str) -> list[Path]:
    return [Path(output) / name for name, _ in parts] if _is_folder(output) else [Path(output)]


def _write(parts: Sequence[tuple[str, bytes]], output: str | None) -> None:
    """To standard output, a file, or a folder: a file is there whole or not at all, and so is a folder that was not there before."""
    from chitieu.output.destination import standard_output, whole_file

    if output is None:
        with standard_output() as stream:
            stream.write(parts[0][1])
    elif _is_folder(output) and not Path(output).is_dir():
        _write_folder(Path(output), parts)
    else:
        for target, (_, data) in zip(_targets(parts, output), parts, strict=True):
            with whole_file(target) as stream:
                stream.write(data)


def _write_folder(folder: Path, parts: Sequence[tuple[str, bytes]]) -> None:
    """A new folder, which takes its name when all is in it."""
    from chitieu.output.destination import unwritable, whole_file

    partial = folder.with_name(f".{folder.name[:_MOST_OF_A_NAME]}.{os.getpid()}.partial")
    try:
        partial.mkdir()
        for name, data in parts:
            with whole_file(partial / name) as stream:
                stream.write(data)
        partial.replace(folder)
    except OSError as error:
        raise unwritable(str(folder), error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _pairs(
    first: Sequence[AnnotatedDocument], second: Sequence[AnnotatedDocument]
) -> list[tuple[AnnotatedDocument, AnnotatedDocument]]:
    if len(first) == len(second) == 1:
        return [(first[0], second[0])]
    names = [{Path(document.name).stem: document for document in side} for side in (first, second)]
    alone = names[0].keys() ^ names[1].keys()
    if alone:
        raise AnnotationInvalid(
            f"{min(alone)}: chỉ có ở một bên / on one side only",
            problems=[f"{name}: one side only" for name in sorted(alone)],
        )
    return [(names[0][name], names[1][name]) for name in sorted(names[0])]


def _as_json(found: Agreement) -> dict[str, object]:
    links = {name: {**asdict(one), "accuracy": one.accuracy} for name, one in (("of", found.of), ("in", found.within))}
    return {"spans": {label: asdict(row) for label, row in found.spans.items()}, **links}


def _table(found: Agreement) -> str:
    def told(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    lines = [f"{'label':12} {'A':>6} {'B':>6} {'strict F1':>9} {'relaxed':>8}"]
    for label, row in found.spans.items():
        lines.append(f"{label:12} {row.first:>6} {row.second:>6} {told(row.strict):>9} {told(row.relaxed):>8}")
    for name, links in (("of", found.of), ("in", found.within)):
        lines.append(f"{name:12} {links.shared:>6} {links.same:>6} {told(links.accuracy):>9}")
    return "\n".join(lines)
