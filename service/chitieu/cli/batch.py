"""`chitieu batch`: whole archives into one table."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from chitieu.cli.numbers import number
from chitieu.errors import ChitieuError

if TYPE_CHECKING:
    from chitieu.batch.progress import Progress
    from chitieu.cli.main import Commands

PIPELINE = "chitieu.pipeline:load_pipeline"
_MOST_FILES = 1_000_000_000
_MOST_WORKERS = 1024


def add_batch(commands: Commands) -> None:
    """Describe the command."""
    batch = commands.add_parser(
        "batch",
        help="đọc cả kho báo cáo thành một bảng / read whole archives into one table",
        description="Đọc mọi tệp của các thư mục, tệp ZIP và địa chỉ fsspec, mỗi tài liệu một lần; chạy lại thì đọc tiếp. / "
        "Read every file of folders, ZIP files and addresses of fsspec, each document once; run again, it goes on.",
        epilog="0: đọc hết / all read; 1: có tệp lỗi / some failed; 2: sai cách gọi / wrong usage; "
        "130, 143: bị dừng / interrupted.",
    )
    batch.add_argument(
        "archives", nargs="+", metavar="ARCHIVE", help="thư mục, ZIP, tệp, s3://… / folder, ZIP, file, address"
    )
    batch.add_argument(
        "--out",
        required=True,
        metavar="DIR_OR_DATABASE_URL",
        help="thư mục bảng Parquet, hoặc postgresql://…, sqlite:///… / folder of the Parquet data set, or a database",
    )
    batch.add_argument(
        "--since", type=_moment, metavar="DATE", help="chỉ tệp sửa từ ngày này / only files changed since: 2024-01-31"
    )
    batch.add_argument("--match", metavar="GLOB", help="chỉ tệp có tên như vậy / only files named so: '*.docx'")
    batch.add_argument(
        "--limit", type=number(1, _MOST_FILES), metavar="N", help="chỉ N tệp đầu / only the first N files"
    )
    batch.add_argument(
        "--workers",
        type=number(1, _MOST_WORKERS),
        metavar="N",
        help="số tài liệu đọc cùng lúc / documents read at once (default: cores)",
    )
    batch.add_argument("--dry-run", action="store_true", help="chỉ cho biết sẽ làm gì / only say what would be done")
    batch.add_argument("--retry-errors", action="store_true", help="thử lại tệp lỗi / try again what failed before")
    batch.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="nơi chạy / what runs it (default: local)"
    )
    batch.add_argument(
        "--ray-address",
        metavar="HOST:PORT",
        help="cụm Ray / the Ray cluster (default: RAY_ADDRESS, or one that runs here)",
    )
    batch.add_argument("--model", type=Path, metavar="FOLDER", help="thư mục mô hình / model folder (default: current)")
    batch.set_defaults(run=run_batch, fail=batch.error)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()  # of this machine's zone where it names none
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: cần ngày như 2024-01-31 / needs a date like {date(2024, 1, 31)}"
        ) from None


def run_batch(args: argparse.Namespace) -> int:
    """Run, then say what came of it."""
    from chitieu.batch.entries import Selection
    from chitieu.batch.progress import Progress
    from chitieu.batch.run import Options, forecast, run
    from chitieu.batch.summary import forecast_told, report_told
    from chitieu.settings import load_settings

    if args.ray_address and args.engine != "ray":
        args.fail("--ray-address: chỉ dùng với / only with --engine ray")
    _check_addresses(args)
    settings = load_settings()
    options = Options(
        archives=tuple(args.archives),
        out=args.out,
        selection=Selection(args.since, args.match),
        limit=args.limit,
        workers=args.workers,
        retry_errors=args.retry_errors,
        engine=args.engine,
        ray_address=args.ray_address,
        model=args.model,
        pipeline=PIPELINE,
    )
    if args.dry_run:
        told = forecast(options, settings)
        print(forecast_told(told))
        return 1 if told.failures else 0
    progress = Progress()
    with _stopping(progress) as stop:
        try:
            report = run(options, settings, progress=progress, stop=stop.event)
        except KeyboardInterrupt:  # the second; what is done is kept
            return 128 + signal.SIGINT
        finally:
            progress.close()
    print(report_told(report, options.out))
    if report.interrupted:
        return 128 + stop.signal
    return 1 if report.failed else 0


def _check_addresses(args: argparse.Namespace) -> None:
    """Refuse, as wrong usage, what is no archive, or no output."""
    from chitieu.batch.output import is_database
    from chitieu.batch.storage import storage
    from chitieu.errors import BadRequest

    if "://" in args.out and not is_database(args.out):
        args.fail(f"--out {args.out}: cần thư mục hoặc cơ sở dữ liệu / needs a folder or a database")
    for address in args.archives:
        try:
            is_there = storage(address).root() is not None
        except BadRequest as error:
            args.fail(f"{address}: {error.message}")
        except ChitieuError:
            raise
        except Exception as error:  # storages raise errors of their own
            args.fail(f"{address}: không mở được / cannot be opened: {error}")
        else:
            if not is_there:
                args.fail(f"{address}: không có / there is none")


class _Stop:
    """Whether the run was told to stop, and by which signal."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.signal = signal.SIGINT


@contextmanager
def _stopping(progress: Progress) -> Iterator[_Stop]:
    """Ctrl-C and SIGTERM end the run with what is done; a second one ends it at once."""
    stop = _Stop()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def told(number: int, _frame: FrameType | None) -> None:
        stop.signal = signal.Signals(number)
        stop.event.set()
        for one in signals:
            signal.signal(one, before[one])

    for one in signals:
        signal.signal(one, told)
    try:
        yield stop
    finally:
        for one in signals:
            signal.signal(one, before[one])
