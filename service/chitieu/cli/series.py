"""`chitieu series`: an indicator over the years, as a table, CSV, JSON or a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, get_args

from chitieu.contract import Status
from chitieu.errors import BadRequest, IndicatorAmbiguous, IndicatorUnknown, ProgramMissing
from chitieu.series.answer import Frequency, SeriesAnswer

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.series.query import Query
    from chitieu.series.rows import Row
    from chitieu.settings import Settings

FORMATS = ("table", "csv", "json", "png", "svg")
_PICTURES = ("png", "svg")
_TIME = "2019, 2019-06, 2019-Q3, 2019-H1, 2019-06-30"


def add_series(commands: Commands) -> None:
    """Describe the command."""
    series = commands.add_parser(
        "series",
        help="một chỉ tiêu qua các năm, từ mọi tài liệu / an indicator over the years, from every document",
        epilog="0: xong / done; 1: không có số liệu, hoặc lỗi / no such values, or an error; 2: sai cách gọi / wrong usage.",
    )
    series.add_argument(
        "--indicator", required=True, metavar="NAME", help="tên, mã số hoặc mã của chỉ tiêu / name, official code or id"
    )
    series.add_argument("--place", metavar="NAME", help="tên hoặc mã địa phương / name or code (default: every place)")
    series.add_argument(
        "--data",
        metavar="DIR_OR_DATABASE_URL",
        help="kết quả của chitieu batch, hoặc postgresql://…, sqlite:///… / output of chitieu batch, or a database "
        "(default: the service's database)",
    )
    series.add_argument("--from", dest="first", metavar="TIME", help=f"từ / from: {_TIME}")
    series.add_argument("--to", dest="last", metavar="TIME", help="đến hết / to the end of")
    series.add_argument("--status", choices=get_args(Status), help="chỉ loại này / only these")
    series.add_argument(
        "--breakdown", metavar="WORDS", help="các chữ của một phần, all: mọi phần / words of a part, all: every part"
    )
    series.add_argument("--frequency", choices=get_args(Frequency), help="chỉ loại kỳ này / only such periods")
    series.add_argument("--format", choices=FORMATS, default="table")
    series.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="tệp kết quả, ghi trọn hoặc không ghi / write this file, whole or not at all",
    )
    series.set_defaults(run=run_series, fail=series.error)


def run_series(args: argparse.Namespace) -> int:
    """Read, put in order, write. Without any value nothing is written to a file, and the status is 1."""
    from chitieu.catalogue.own import catalogue_of
    from chitieu.series.build import series_of
    from chitieu.series.query import indicator_named, query_of
    from chitieu.settings import load_settings

    if args.format == "png" and args.output is None and sys.stdout.isatty():
        args.fail(
            "--format png: cần --output TỆP, không in ra màn hình / needs --output FILE, a terminal cannot show it"
        )
    try:
        query = query_of(
            place=args.place,
            first=args.first,
            last=args.last,
            status=args.status,
            breakdown=args.breakdown,
            frequency=args.frequency,
        )
    except BadRequest as error:
        args.fail(error.message)
    settings = load_settings()
    catalogue = catalogue_of(settings.catalogue, settings.catalogue_mode, settings.aliases)
    try:
        indicator = indicator_named(catalogue, args.indicator)
    except (IndicatorAmbiguous, IndicatorUnknown) as error:
        _tell(error)
        return 1
    answer = series_of(catalogue, indicator, _rows(args.data, settings, indicator.id, query), query)
    if answer.series or args.output is None:
        _write(args, answer)
    if not answer.series:
        print(
            f"chitieu: {indicator.name_vi}: không có số liệu nào như vậy / no document states such a value",
            file=sys.stderr,
        )
        return 1
    return 0


def _tell(error: IndicatorAmbiguous | IndicatorUnknown) -> None:
    print(f"chitieu: {error.code}: {error.message}", file=sys.stderr)
    for one in error.detail.get("suggestions", []):
        print(f"  {one['id']}: {one['name_vi']}", file=sys.stderr)


def _rows(data: str | None, settings: Settings, indicator: str, query: Query) -> list[Row]:
    """The rows of the place that ``data`` names; None: the service's database."""
    from pydantic import SecretStr

    from chitieu.batch.output import is_database
    from chitieu.store.database import open_database

    if data is not None and not is_database(data):
        from chitieu.batch.series import rows_of as in_data_set

        return in_data_set(Path(data), indicator, query)
    from chitieu.store.series import rows_of as in_database

    if data is not None:
        settings = settings.model_copy(update={"database_url": SecretStr(data)})
    database = open_database(settings)
    try:
        return in_database(database, indicator, query)
    finally:
        database.close()


def _write(args: argparse.Namespace, answer: SeriesAnswer) -> None:
    from chitieu.output.destination import standard_output, whole_file
    from chitieu.series.table import to_csv, to_screen

    if args.format in _PICTURES:
        _check_charts()
    destination = whole_file(args.output) if args.output is not None else standard_output()
    with destination as stream:
        if args.format in _PICTURES:
            _draw(answer, stream, args.format)
        elif args.format == "json":
            stream.write(answer.model_dump_json().encode() + b"\n")
        else:
            stream.write((to_csv if args.format == "csv" else to_screen)(answer).encode())


def _check_charts() -> None:
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise ProgramMissing(
            f"Vẽ biểu đồ cần gói {error.name}: pip install 'chitieu[charts]'. / "
            f"Charts need the package {error.name}: pip install 'chitieu[charts]'.",
            program=error.name,
            install="chitieu[charts]",
        ) from error


def _draw(answer: SeriesAnswer, stream: BinaryIO, format: str) -> None:
    from chitieu.series.chart import MOST_PANELS, draw

    draw(answer, stream, "png" if format == "png" else "svg")
    left = len(answer.series) - MOST_PANELS
    if left > 0:
        print(f"chitieu: {left} chuỗi không vẽ / {left} series are not drawn", file=sys.stderr)
